//! The whole document, from verdicts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::super::listing::Listed;
use super::super::tests::{Office, office};
use super::super::{Answers, By, Count, Flow, FlowQuestion, HopsQuestion, Level, Range};
use super::gathered::Gathered;
use super::told::flow;
use crate::measure::testing::{World, verdict};
use crate::measure::{Calls, Window};
use crate::model::{CallerUse, Cause, HopUse, SlowBlame, Verdict};
use proptest::prelude::*;

const WEB: usize = 0;
const BOOKING: usize = 1;
const PRICING: usize = 2;
const PAYMENT: usize = 3;
const CARD: usize = 4;

/// An execution in which these hops called each other, `None` being the customer.
fn execution(world: &World, trace: u128, calls: &[(Option<usize>, usize)]) -> Verdict {
    let mut uses: Vec<HopUse> = Vec::new();
    for (from, to) in calls {
        let at = uses.iter().position(|one| one.hop == world.hop(*to)).unwrap_or_else(|| {
            uses.push(HopUse::new(world.hop(*to)));
            uses.len() - 1
        });
        uses[at].calls += 1;
        uses[at].latencies_ns.push(1_000_000);
        if let Some(from) = from {
            uses[at].callers.push(CallerUse { calls: 1, ..CallerUse::new(world.hop(*from)) });
        }
    }
    Verdict { hops: uses, ..world.ok(trace) }
}

fn mark(world: &World, verdict: &mut Verdict, way: &[usize], mark: fn(&mut CallerUse)) {
    for pair in way.windows(2) {
        let usage = verdict.hops.iter_mut().find(|one| one.hop == world.hop(pair[1])).unwrap();
        usage.callers.iter_mut().filter(|caller| caller.hop == world.hop(pair[0])).for_each(mark);
    }
}

/// The same, failed by the last hop of this way.
fn failed(world: &World, trace: u128, calls: &[(Option<usize>, usize)], way: &[usize]) -> Verdict {
    let blamed = world.failed(trace, world.hop(*way.last().unwrap()), Cause::Unreachable);
    let mut verdict = Verdict { hops: execution(world, trace, calls).hops, ..blamed };
    mark(world, &mut verdict, way, |caller| caller.failed = true);
    verdict
}

const BY_BOOKING: &[(Option<usize>, usize)] = &[(None, WEB), (Some(WEB), BOOKING), (Some(BOOKING), CARD)];
const BY_PAYMENT: &[(Option<usize>, usize)] = &[(None, WEB), (Some(WEB), PAYMENT), (Some(PAYMENT), CARD)];

/// Booking is more used, payment fails more. Once pricing fails, once the customer's request is wrong.
fn day(world: &World) -> Vec<Verdict> {
    let mut all: Vec<Verdict> = (0..6).map(|at| execution(world, at, BY_BOOKING)).collect();
    all.push(failed(world, 10, BY_BOOKING, &[WEB, BOOKING, CARD]));
    all.extend([11, 12].map(|at| failed(world, at, BY_PAYMENT, &[WEB, PAYMENT, CARD])));
    all.push(failed(world, 13, &[(None, WEB), (Some(WEB), PRICING)], &[WEB, PRICING]));
    all.push(Verdict {
        hops: execution(world, 14, &[(None, WEB)]).hops,
        ..world.failed(14, crate::model::Hops::CALLER, Cause::CallerError)
    });
    let mut slow = execution(world, 15, BY_PAYMENT);
    (slow.slow, slow.slow_blame) = (true, Some(SlowBlame { hop: world.hop(PAYMENT), cause: Cause::SelfTime }));
    mark(world, &mut slow, &[WEB, PAYMENT], |caller| caller.slow = true);
    all.push(slow);
    all
}

fn asked(office: &Office) -> Flow {
    office.desk.flow(&FlowQuestion { capability: "book-flight".into(), between: None }).unwrap()
}

/// `web op0 > booking op0: calls/executions/failures/slow`, with the customer's name left out.
fn told(flow: &Flow) -> Vec<String> {
    let name = |at: u32| flow.nodes[at as usize].hop.clone();
    let line = |edge: &super::FlowEdge| {
        let from = edge.from.map_or(String::new(), name);
        let numbers = [edge.calls, edge.executions, edge.failures, edge.slow].map(|count| count.0.to_string()).join("/");
        format!("{from} > {}: {numbers}", name(edge.to))
    };
    flow.edges.iter().map(line).collect()
}

const DAY: [&str; 6] = [
    " > web op0: 12/12/4/1",
    "web op0 > booking op0: 7/7/1/0",
    "web op0 > payment op0: 3/3/2/1",
    "web op0 > pricing op0: 1/1/1/0",
    "booking op0 > card-network: 7/7/1/0",
    "payment op0 > card-network: 3/3/2/0",
];

#[test]
fn failures_come_to_the_customer_by_the_way_on_which_they_were_seen() {
    let office = office(None);
    office.record(&day(&office.world));
    let flow = asked(&office);
    assert_eq!(told(&flow), DAY);
    assert_eq!((flow.executions.0, flow.failed.0, flow.slow.0, flow.sampled.0), (12.0, 5.0, 1.0, 12.0));
    assert_eq!((flow.buckets.caller, flow.buckets.unknown, flow.note), (Count(1.0), Count(0.0), None));
    let card = flow.nodes.last().unwrap();
    assert_eq!(
        (card.hop.as_str(), card.layer, card.external, card.cause.as_deref()),
        ("card-network", 2, true, Some("unreachable"))
    );
    assert_eq!((card.failures.0, card.through.0, card.failure_share), (3.0, 0.0, Some(0.6)));
    let web = &flow.nodes[0];
    assert_eq!((web.operation.as_deref(), web.layer, web.share, web.through.0), (Some("op0"), 0, Some(1.0), 4.0));
}

#[test]
fn who_calls_back_is_left_out_and_told() {
    let office = office(None);
    let calls = [BY_BOOKING, &[(Some(CARD), BOOKING), (Some(BOOKING), BOOKING)]].concat();
    office.record(&[failed(&office.world, 1, &calls, &[WEB, BOOKING, CARD, BOOKING])]);
    let flow = asked(&office);
    assert_eq!(told(&flow), [" > web op0: 1/1/1/0", "web op0 > booking op0: 1/1/1/0", "booking op0 > card-network: 1/1/0/0"]);
    let back: Vec<_> = flow.left_out.iter().map(|back| (back.from, back.to, back.calls.0)).collect();
    assert_eq!(back, [(1, 1, 1.0), (2, 1, 1.0)]);
}

#[test]
fn a_queue_is_whom_nobody_waits_for_and_who_sends_no_spans() {
    let office = office(None);
    let mut verdict = execution(&office.world, 1, BY_BOOKING);
    verdict.hops.iter_mut().flat_map(|one| &mut one.callers).for_each(|caller| caller.asynchronous = 1);
    office.record(&[verdict]);
    let flow = asked(&office);
    let told: Vec<_> = flow.edges.iter().map(|edge| (edge.asynchronous, flow.nodes[edge.to as usize].queue)).collect();
    assert_eq!(told, [(false, false), (true, false), (true, true)]);
}

#[test]
fn a_second_entry_takes_what_did_not_come_by_the_first() {
    let office = office(None);
    let world = &office.world;
    let direct: &[(Option<usize>, usize)] = &[(None, BOOKING), (Some(BOOKING), CARD)];
    let mut all: Vec<Verdict> = (0..5).map(|at| execution(world, at, BY_BOOKING)).collect();
    all.extend((10..13).map(|at| failed(world, at, direct, &[BOOKING, CARD])));
    office.record(&all);
    let expected = [
        " > booking op0: 3/3/3/0",
        " > web op0: 5/5/0/0",
        "web op0 > booking op0: 5/5/0/0",
        "booking op0 > card-network: 8/8/3/0",
    ];
    let mut told = told(&asked(&office));
    told[..2].sort();
    assert_eq!(told, expected);
}

/// All windows of the first capability, changed.
fn changed(office: &Office, change: fn(&mut Calls) -> bool) -> Flow {
    let mut gathered = Gathered::default();
    office.keeper.read_since_start(None, &mut |capability, window: &Window| {
        if capability == office.world.capabilities[0] {
            let mut window = window.clone();
            window.hops.values_mut().for_each(|figures| figures.callers.retain_mut(|(_, calls)| change(calls)));
            gathered.add(&window);
        }
    });
    let capability = crate::catalogue::Capability { id: "book-flight".into(), ..Default::default() };
    let one = Listed { name: office.world.capabilities[0], capability };
    flow(&one, Range::default(), &gathered, &office.world.names, &office.world.hops)
}

#[test]
fn windows_of_early_versions_tell_calls_or_only_hops() {
    let office = office(None);
    office.record(&day(&office.world));
    let only_calls = changed(&office, |calls| {
        *calls = Calls { calls: calls.calls, gap: calls.gap, ..Calls::default() };
        true
    });
    // Three failures at the card network, which was called seven times by booking and three times by payment.
    let mut expected = DAY.map(str::to_owned);
    expected[1] = "web op0 > booking op0: 7/7/2/0".into();
    expected[2] = "web op0 > payment op0: 3/3/1/1".into();
    expected[4] = "booking op0 > card-network: 7/7/2/0".into();
    expected[5] = "payment op0 > card-network: 3/3/1/0".into();
    assert_eq!((told(&only_calls), only_calls.sampled.0), (expected.to_vec(), 0.0));
    assert!(only_calls.note.unwrap().contains("not counted yet when 12 of 12 executions were kept"));
    let only_hops = changed(&office, |_| false);
    let hanging = [
        " > web op0: 12/12/4/1",
        "web op0 > booking op0: 7/7/0/0",
        "web op0 > card-network: 10/10/3/0",
        "web op0 > payment op0: 3/3/0/1",
        "web op0 > pricing op0: 1/1/1/0",
    ];
    assert_eq!((told(&only_hops), only_hops.sampled.0), (hanging.map(str::to_owned).to_vec(), 0.0));
    assert!(only_hops.note.unwrap().starts_with("who called whom was not counted yet"));
}

#[test]
fn a_correction_moves_the_end_and_keeps_the_sums() {
    // Blamed on pricing, but marked on the way to the card network: counts decide.
    let office = office(None);
    let mut moved = failed(&office.world, 1, BY_PAYMENT, &[WEB, PAYMENT, CARD]);
    moved.hops.extend(execution(&office.world, 1, &[(Some(WEB), PRICING)]).hops);
    moved.blame = office.world.failed(1, office.world.hop(PRICING), Cause::AppError).blame;
    office.record(&[moved]);
    let told = told(&asked(&office));
    assert_eq!(
        told[1..],
        ["web op0 > payment op0: 1/1/0/0", "web op0 > pricing op0: 1/1/1/0", "payment op0 > card-network: 1/1/0/0"]
    );
}

#[test]
fn nothing_is_a_flow_too() {
    let office = office(None);
    let flow = asked(&office);
    assert!(flow.nodes.is_empty() && flow.edges.is_empty() && flow.note.unwrap().starts_with("no execution"));
    let question = FlowQuestion { capability: "nope".into(), between: None };
    assert!(office.desk.flow(&question).unwrap_err().to_string().contains("there are: book-flight, pay, search"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_was_counted_adds_up_at_each_node_and_at_the_customer(verdicts in prop::collection::vec(verdict(), 0..40)) {
        let office = office(None);
        office.record(&verdicts);
        let flow = asked(&office);
        let sum = |of: fn(&super::FlowEdge) -> Count, is: &dyn Fn(&super::FlowEdge) -> bool| -> f64 {
            flow.edges.iter().filter(|edge| is(edge)).map(|edge| of(edge).0).sum()
        };
        let [failures, slow]: [fn(&super::FlowEdge) -> Count; 2] = [|edge| edge.failures, |edge| edge.slow];
        for (at, node) in flow.nodes.iter().enumerate() {
            let at = at as u32;
            prop_assert_eq!(sum(failures, &|edge| edge.from == Some(at)), node.through.0);
            prop_assert_eq!(sum(failures, &|edge| edge.to == at), node.failures.0 + node.through.0);
            prop_assert_eq!(sum(slow, &|edge| edge.to == at), node.slow_blamed.0 + sum(slow, &|edge| edge.from == Some(at)));
        }
        let buckets = flow.buckets.caller.0 + flow.buckets.unknown.0;
        prop_assert_eq!(sum(failures, &|edge| edge.from.is_none()) + buckets, flow.failed.0);
        prop_assert_eq!(sum(slow, &|edge| edge.from.is_none()), flow.slow.0);
        for edge in &flow.edges {
            prop_assert!(edge.from.is_none_or(|from| from < edge.to));
            prop_assert!(edge.failures.0 >= 0.0 && edge.slow.0 >= 0.0 && edge.executions.0 <= flow.executions.0);
        }
        let mut pairs: Vec<_> = flow.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let number = pairs.len();
        pairs.dedup();
        prop_assert!(pairs.is_sorted() && pairs.len() == number);
    }

    #[test]
    fn nodes_are_the_rows_of_hops(verdicts in prop::collection::vec(verdict(), 0..40)) {
        let office = office(None);
        office.record(&verdicts);
        let question = HopsQuestion { capability: Some("book-flight".into()), between: None, by: By::Failures, level: Level::Hop };
        let mut rows: Vec<_> = office.desk.hops(&question).unwrap().hops.into_iter()
            .map(|row| (row.hop, row.service, row.executions, row.calls, row.errors, row.failures, row.slow_blamed, row.missing))
            .collect();
        let mut nodes: Vec<_> = asked(&office).nodes.into_iter()
            .map(|node| (node.hop, node.service, node.executions, node.calls, node.errors, node.failures, node.slow_blamed, node.missing))
            .collect();
        // Who only calls has no row.
        nodes.retain(|node| node.3.0 > 0.0 || rows.iter().any(|row| (&row.0, &row.1) == (&node.0, &node.1)));
        rows.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        nodes.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        prop_assert_eq!(nodes, rows);
    }
}
