//! What is conserved, whatever comes: spans, executions and failures, from the tagger to the answers.
//!
//! Spans are drawn from few ids and few names, so that they share ids, contradict each other, make cycles and lose their parents; their
//! times are small numbers, zeros and the end of the range. Some are sent twice, some not at all, and their order is any.

use crate::hostile_traces::hostile::door::{Door, Judged, NOW_NS, Span};
use proptest::prelude::*;
use std::collections::HashSet;
use std::time::Duration;
use steelthread::judge::SkewLimit;
use steelthread::model::{Fate, Verdict};
use steelthread::query::{Answers, HopsQuestion, StatusQuestion, verdict_with_tree};

const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    threads: [{id: web, entry: {service: shop, kind: server, name: buy}}]
    outcome: {failed_when: [{attributes: {order: declined}}], ignored_when: [{attributes: {probe: \"yes\"}}]}
    hops:
      - {id: basket, match: {service: cart}, expect: always, called_by: [shop]}
      - {id: pack, match: {service: worker}, async: required}
    objectives: [{id: fast, target: 99%, under: 0.00001ms}]
  - id: pay
    threads: [{id: card, entry: {service: shop, name: pay}}, {id: cart, entry: {service: cart, kind: server}}]
    outcome: {caller_errors: fail}
    hops: [{id: basket, match: {service: cart}}, {id: base, external: true, match: {peer: db}}]
";

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![12 => (0..60u64).prop_map(|ns| NOW_NS + ns), 1 => Just(0), 1 => Just(u64::MAX), 1 => any::<u64>()]
}

fn text() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let one = prop_oneof![
        Just(("http.response.status_code", "503")),
        Just(("http.response.status_code", "404")),
        Just(("http.response.status_code", "499")),
        Just(("rpc.response.status_code", "DEADLINE_EXCEEDED")),
        Just(("error.type", "timeout")),
        Just(("error.type", "connection refused")),
        Just(("server.address", "cart")),
        Just(("server.address", "db")),
        Just(("order", "declined")),
        Just(("probe", "yes")),
        Just(("http.request.resend_count", "1")),
    ];
    prop::collection::btree_map(Just(()).prop_flat_map(|()| 0..3u8), one, 0..3)
        .prop_map(|some| some.into_values().map(|(key, text)| (key, text.to_owned())).collect())
}

fn span() -> impl Strategy<Value = Span> {
    // A few ids for all; 0 is malformed as an id and none as a parent, and 90 never came.
    let ids = (prop_oneof![30 => 1..20u64, 1 => Just(0)], prop_oneof![12 => 1..20u64, 4 => Just(0), 1 => Just(90u64)]);
    let link = prop_oneof![5 => Just(0u64), 1 => 1..20u64];
    let names =
        (prop::sample::select(vec!["shop", "shop", "cart", "worker"]), prop::sample::select(vec!["do", "do", "buy", "pay"]));
    (ids, link, 0..7i32, names, (time(), time()), 0..3i32, text()).prop_map(
        |((id, parent), link, kind, (service, name), (start, end), status, text)| {
            let (service, name) = (service.to_owned(), name.to_owned());
            Span { id, parent, link, kind, service, name, start, end, status, text }
        },
    )
}

/// Traces: spans in some order, of which some come again and some never.
fn traces() -> impl Strategy<Value = Vec<Vec<Span>>> {
    let trace = prop::collection::vec(span(), 1..24).prop_flat_map(|spans| {
        let again = prop::collection::vec(prop::sample::select(spans.clone()), 0..6);
        let lost = prop::collection::vec(prop::bool::weighted(0.1), spans.len());
        (Just(spans), again, lost).prop_flat_map(|(spans, again, lost)| {
            let left = spans.into_iter().zip(lost).filter(|(_, lost)| !lost).map(|(span, _)| span);
            Just(left.chain(again).collect::<Vec<Span>>()).prop_shuffle()
        })
    });
    prop::collection::vec(trace, 1..5)
}

/// A verdict as text, with all that it says: hops by name, the tree, and what only counting needs.
fn said(door: &Door, verdict: &Verdict) -> String {
    let line = verdict_with_tree(verdict, &door.names, &door.hops);
    let name = |hop| door.names.text(door.hops.get(hop).hop).to_owned();
    let uses: Vec<String> = verdict
        .hops
        .iter()
        .map(|one| {
            format!(
                "{} {:?}",
                name(one.hop),
                (one.calls, one.errors, one.retries, one.missing, one.self_ns, one.edge_gap_ns, &one.latencies_ns)
            )
        })
        .collect();
    format!("{} {uses:?}", serde_json::to_string(&line).unwrap())
}

/// The fates of these spans, the verdicts about them and all answers add up. `sent`: spans of all traces.
fn add_up(door: &Door, all: &[Judged], sent: usize) -> Result<(), TestCaseError> {
    let fates = door.ledger.fates();
    prop_assert_eq!(fates.received(), sent as u64);
    prop_assert_eq!(fates.iter().map(|(_, spans)| spans).sum::<u64>(), sent as u64);
    prop_assert_eq!(fates[Fate::InFlight], 0);
    let verdicts: Vec<&Verdict> = all.iter().flat_map(|judged| &judged.verdicts).collect();
    let desk = door.desk();
    let status = desk.status(&StatusQuestion::default()).unwrap();
    let mut failed_in_all = 0.0;
    for one in &status.capabilities {
        let of_one = || verdicts.iter().filter(|verdict| door.names.text(verdict.capability) == one.id);
        let number = |count: &steelthread::query::Count| serde_json::to_value(count).unwrap().as_f64().unwrap();
        let outcomes = [&one.ok, &one.failed, &one.rejected, &one.abandoned, &one.incomplete].map(number);
        prop_assert_eq!(number(&one.executions), outcomes.iter().sum::<f64>());
        prop_assert_eq!(number(&one.executions), of_one().count() as f64);
        prop_assert_eq!(number(&one.failed), of_one().filter(|verdict| verdict.blame.is_some()).count() as f64);
        let question = HopsQuestion { capability: Some(one.id.clone()), ..HopsQuestion::default() };
        let hops = desk.hops(&question).unwrap();
        let blamed: f64 = hops.hops.iter().map(|row| number(&row.failures)).sum();
        let buckets = number(&hops.buckets.caller) + number(&hops.buckets.unknown);
        prop_assert_eq!(blamed + buckets, number(&one.failed));
        prop_assert_eq!(number(&hops.failed), number(&one.failed));
        for row in &hops.hops {
            prop_assert_eq!(row.causes.values().map(number).sum::<f64>(), number(&row.failures));
        }
        failed_in_all += number(&one.failed);
    }
    let all_hops = desk.hops(&HopsQuestion::default()).unwrap();
    prop_assert_eq!(serde_json::to_value(all_hops.failed).unwrap().as_f64().unwrap(), failed_in_all);
    Ok(())
}

/// Sends all traces through a new door.
fn send(traces: &[Vec<Span>], skew: bool) -> (Door, Vec<Judged>) {
    let mut door = Door::new(MAP, 10_000);
    door.skew = skew.then(|| SkewLimit::new(Duration::from_nanos(30)));
    let all = (1..).zip(traces).map(|(number, spans)| door.send_as(number, spans, true)).collect();
    (door, all)
}

/// The first of each id and kind: which of two spans with one id and kind counts is what the order of arrival does decide (E5).
fn distinct(spans: &[Span]) -> Vec<Span> {
    let mut seen = HashSet::new();
    // Kinds 0 and 6 are read as INTERNAL.
    let kind = |span: &Span| if (2..=5).contains(&span.kind) { span.kind } else { 1 };
    spans.iter().filter(|span| span.id == 0 || seen.insert((span.id, kind(span)))).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn spans_executions_and_failures_add_up_whatever_comes(traces in traces(), late in any::<bool>(), skew in any::<bool>()) {
        let (mut door, mut all) = send(&traces, skew);
        let mut sent: usize = traces.iter().map(Vec::len).sum();
        if late {
            all.push(door.send_as(1, &traces[0], true));
            sent += traces[0].len();
            let malformed = traces[0].iter().filter(|span| span.id == 0).count();
            // Of a trace of which no span could be read nothing was judged, so nothing is late.
            prop_assert_eq!(door.ledger.fates()[Fate::Late] as usize, traces[0].len() - malformed);
        }
        add_up(&door, &all, sent)?;
    }

    /// But for which of two that contradict each other came first, it does not matter when a span comes: neither for a verdict, to the
    /// letter, nor for a count.
    #[test]
    fn the_order_of_arrival_changes_no_verdict_and_no_answer(
        (one, other) in traces().prop_flat_map(|traces| {
            let once: Vec<Vec<Span>> = traces.iter().map(|spans| distinct(spans)).collect();
            let shuffled: Vec<_> = once.iter().map(|spans| Just(spans.clone()).prop_shuffle()).collect();
            (Just(once), shuffled)
        }),
        skew in any::<bool>(),
    ) {
        let ((door, all), (other_door, others)) = (send(&one, skew), send(&other, skew));
        for (judged, other) in all.iter().zip(&others) {
            prop_assert_eq!(judged.fates, other.fates);
            let said: Vec<String> = judged.verdicts.iter().map(|verdict| said(&door, verdict)).collect();
            let others: Vec<String> = other.verdicts.iter().map(|verdict| self::said(&other_door, verdict)).collect();
            prop_assert_eq!(said, others);
        }
        let answers = |door: &Door| {
            let desk = door.desk();
            let (status, hops) = (desk.status(&StatusQuestion::default()), desk.hops(&HopsQuestion::default()));
            (serde_json::to_value(status.unwrap()).unwrap(), serde_json::to_value(hops.unwrap()).unwrap())
        };
        prop_assert_eq!(answers(&door), answers(&other_door));
    }
}
