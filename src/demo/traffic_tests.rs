//! The plans, read again from the spans alone: what the shop says of an execution must be what its spans show.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::super::script::{Fault, scenarios};
use super::super::sketch::PlannedSpan;
use super::super::truth::{Ending, Tally};
use super::*;
use opentelemetry::trace::SpanKind;
use std::time::Duration;

fn traffic(scenario: &str, seconds: u64, seed: u64) -> Traffic {
    Traffic::new(Script::new(scenario, Duration::from_secs(seconds)).unwrap(), seed, 40)
}

fn attribute(span: &PlannedSpan, key: &str) -> Option<String> {
    span.attributes.iter().find(|one| one.key.as_str() == key).map(|one| one.value.to_string())
}

/// The spans below a span, first to last.
fn children(plan: &Plan, parent: usize) -> Vec<usize> {
    (0..plan.spans.len()).filter(|span| plan.spans[*span].parent == Some(parent)).collect()
}

/// Who answers a client span, by name.
fn hop(span: &PlannedSpan) -> &'static str {
    match attribute(span, "server.address").as_deref() {
        Some("api.cardnet.example") => "card-network",
        _ if span.kind == SpanKind::Server => span.service.name(),
        _ => "recommendations",
    }
}

/// Follows errors from a span down to where they began, the last failed call of each span first.
fn descend(plan: &Plan, from: usize) -> usize {
    let mut at = from;
    while let Some(child) = children(plan, at).into_iter().rev().find(|child| plan.spans[*child].error.is_some()) {
        at = child;
    }
    at
}

/// What the spans show: ending, and hop and kind of an absorbed error.
fn read(plan: &Plan) -> (Ending, Option<(&'static str, &'static str)>) {
    let entry = &plan.spans[0];
    if entry.error.is_some() {
        let leaf = &plan.spans[descend(plan, 0)];
        let cause = match (leaf.kind.clone(), attribute(leaf, "error.type").as_deref()) {
            (SpanKind::Server, _) => "app_error",
            (_, Some("timeout")) => "timeout_no_server",
            _ => "dependency_error",
        };
        return (Ending::Failed { hop: hop(leaf), cause }, None);
    }
    let errored = (0..plan.spans.len()).find(|span| plan.spans[*span].error.is_some());
    let absorbed = errored.map(|span| {
        let parent = plan.spans[span].parent.unwrap();
        let retried =
            children(plan, parent).into_iter().any(|other| attribute(&plan.spans[other], "http.request.resend_count").is_some());
        (hop(&plan.spans[descend(plan, span)]), if retried { "masked_retry" } else { "suppressed" })
    });
    let status = attribute(entry, "http.response.status_code").unwrap();
    (if status.starts_with('4') { Ending::Rejected } else { Ending::Ok }, absorbed)
}

#[test]
fn what_the_shop_says_it_made_is_what_the_spans_show() {
    for scenario in scenarios() {
        for arrival in traffic(scenario, 30, 5) {
            let made = &arrival.plan.made;
            assert_eq!((made.ending, made.absorbed), read(&arrival.plan), "{scenario}: {:#?}", arrival.plan);
        }
    }
}

#[test]
fn parents_come_before_their_children_and_synchronous_children_lie_within_them() {
    for arrival in traffic("all", 60, 1) {
        let spans = &arrival.plan.spans;
        assert!(spans[0].parent.is_none() && spans[0].start_us == 0 && spans[0].kind == SpanKind::Server);
        for (number, span) in spans.iter().enumerate().skip(1) {
            let parent = span.parent.unwrap();
            assert!(parent < number && span.start_us < span.end_us, "{span:?}");
            let within = spans[parent].start_us <= span.start_us && span.end_us <= spans[parent].end_us;
            assert_eq!(within, span.kind != SpanKind::Consumer, "{span:?}");
            let crosses = spans[parent].service != span.service;
            assert_eq!(crosses, matches!(span.kind, SpanKind::Server | SpanKind::Consumer), "{span:?}");
        }
    }
}

#[test]
fn only_the_network_is_slow_when_inventory_is_slow() {
    let limit = |plan: &Plan| if plan.made.capability == "checkout" { 800_000 } else { 400_000 };
    let mut slow = 0;
    for arrival in traffic("slow-inventory", 30, 3) {
        let plan = &arrival.plan;
        assert_eq!(plan.made.slow_by.is_some(), plan.spans[0].end_us > limit(plan));
        let server = plan.spans.iter().find(|span| span.service.name() == "inventory" && span.kind == SpanKind::Server);
        let Some(server) = server else { continue };
        let client = &plan.spans[server.parent.unwrap()];
        assert!(server.end_us - server.start_us < 30_000);
        let on_the_way = (client.end_us - client.start_us) - (server.end_us - server.start_us);
        assert_eq!(on_the_way >= 900_000, plan.made.slow_by == Some("inventory"), "{plan:#?}");
        slow += u64::from(plan.made.slow_by.is_some());
    }
    assert!(slow > 100, "{slow}");
}

#[test]
fn without_a_fault_nothing_comes_near_a_limit() {
    for arrival in traffic("calm", 120, 9) {
        let limit = if arrival.plan.made.capability == "checkout" { 800_000 } else { 400_000 };
        assert!(arrival.plan.spans[0].end_us < limit / 2, "{:#?}", arrival.plan);
        assert!(arrival.plan.made.slow_by.is_none() && !matches!(arrival.plan.made.ending, Ending::Failed { .. }));
    }
}

#[test]
fn even_ten_seconds_show_every_fault_and_each_has_its_own_guilty_hop() {
    let script = Script::new("default", Duration::from_secs(10)).unwrap();
    let mut tallies = vec![Tally::default(); script.phases.len()];
    for arrival in Traffic::new(script.clone(), 42, 40) {
        tallies[arrival.phase].add(&arrival.plan.made);
    }
    for (phase, tally) in script.phases.iter().zip(&tallies) {
        let failed: Vec<&str> = tally.failures.keys().map(|(_, hop, _)| *hop).collect();
        match phase.fault {
            Fault::Calm => assert!(failed.is_empty() && tally.absorbed.is_empty() && tally.slow.is_empty()),
            Fault::CardNetwork => assert!(failed.len() == 2 && failed.iter().all(|hop| *hop == "card-network"), "{tally:?}"),
            Fault::Pricing => assert!(failed.len() == 2 && failed.iter().all(|hop| *hop == "pricing"), "{tally:?}"),
            Fault::SlowInventory => assert!(failed.is_empty() && tally.slow.len() == 2, "{tally:?}"),
            Fault::Recommendations => assert!(failed.is_empty() && tally.absorbed.len() == 1, "{tally:?}"),
            Fault::Retries => assert!(failed.is_empty() && tally.absorbed.len() == 1, "{tally:?}"),
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_executions_and_another_one_others() {
    let first: Vec<Arrival> = traffic("all", 10, 1).collect();
    assert_eq!(first, traffic("all", 10, 1).collect::<Vec<_>>());
    assert_ne!(first, traffic("all", 10, 2).collect::<Vec<_>>());
    assert!((350..450).contains(&first.len()), "{}", first.len());
    assert!(first.windows(2).all(|two| two[0].at_us < two[1].at_us));
}
