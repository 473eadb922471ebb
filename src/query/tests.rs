#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::catalogue::{Capability, Objective, ObjectiveKind, ValueRule};
use crate::measure::testing::{START_NS, World, verdict};
use crate::measure::{Ledger, Recent, SLICE_NS, Windows};
use crate::model::{
    Absorbed, AbsorbedKind, Cause, Fate, Fates, HopId, HopUse, Hops, Outcome, SectionKind, SlowBlame, SpanId, TraceId, Verdict,
    Weight,
};
use crate::store::{Beside, Keeper, Store};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// The capabilities of [`World`]; the first has objectives and a value.
fn capabilities() -> Vec<Capability> {
    let one = |id: &str| Capability { id: id.into(), title: format!("Title of {id}"), ..Capability::default() };
    let objective = |id: &str, target, kind| Objective { id: id.into(), target, kind, window_ns: None, calendar: None };
    let value = ValueRule {
        per_execution: Some("41.50".parse().unwrap()),
        currency: "EUR".into(),
        from_attribute: None,
        recovered_share: "0.35".parse().unwrap(),
    };
    let objectives = vec![
        objective("available", 0.9, ObjectiveKind::Availability),
        objective("fast", 0.5, ObjectiveKind::Latency { under_ns: 50_000_000 }),
    ];
    vec![
        Capability { owner: Some("team-booking".into()), value: Some(value), objectives, ..one("book-flight") },
        one("pay"),
        one("search"),
    ]
}

pub(super) struct Office {
    pub(super) world: World,
    windows: Arc<Windows>,
    pub(super) keeper: Arc<Keeper>,
    ledger: Arc<Ledger>,
    recent: Arc<Recent>,
    pub(super) desk: Desk,
}

/// A desk over what is counted and, with a folder, what is kept in it.
pub(super) fn office(folder: Option<&Path>) -> Office {
    let world = World::default();
    let windows = Arc::new(world.windows());
    let store = folder.map(|folder| Store::create(folder, "", world.names.clone(), world.hops.clone()).unwrap());
    let keeper = Arc::new(Keeper::new(windows.clone(), store));
    let (ledger, recent) = (Arc::new(Ledger::default()), Arc::new(Recent::default()));
    let (names, hops) = (world.names.clone(), world.hops.clone());
    let desk = Desk::new(&capabilities(), names, hops, keeper.clone(), Some(ledger.clone()), Some(recent.clone()));
    Office { world, windows, keeper, ledger, recent, desk }
}

impl Office {
    pub(super) fn record(&self, verdicts: &[Verdict]) {
        for one in verdicts {
            self.windows.record(one);
            self.recent.record(one);
        }
    }

    pub(super) fn keep(&self) {
        let beside =
            Beside { fates: self.ledger.fates(), unknown_capabilities: self.ledger.unknown_capabilities(), ..Beside::default() };
        let line_of = |verdict: &Verdict| verdict_json(verdict, &self.world.names, &self.world.hops);
        self.keeper.keep(|windows| (windows.take_closed(u64::MAX), beside), &self.recent, &line_of).unwrap();
    }

    fn status(&self) -> CapabilityStatus {
        self.desk.status(&StatusQuestion::default()).unwrap().capabilities.remove(0)
    }

    fn rows(&self, by: By, level: Level) -> HopsAnswer {
        let capability = Some("book-flight".to_string());
        self.desk.hops(&HopsQuestion { capability, between: None, by, level }).unwrap()
    }
}

/// All that can be asked about figures, as text.
fn everything(desk: &Desk) -> String {
    let mut said = serde_json::to_string(&desk.status(&StatusQuestion::default()).unwrap()).unwrap();
    for capability in [None, Some("book-flight".to_string()), Some("pay".into())] {
        for level in [Level::Hop, Level::Service] {
            for by in [By::Failures, By::Latency, By::Cost, By::Resilience] {
                let question = HopsQuestion { capability: capability.clone(), between: None, by, level };
                said += &serde_json::to_string(&desk.hops(&question).unwrap()).unwrap();
            }
        }
        let Some(capability) = capability else { continue };
        said += &serde_json::to_string(&desk.flow(&FlowQuestion { capability, between: None }).unwrap()).unwrap();
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn answers_are_the_same_live_kept_and_between_in_any_order(
        (verdicts, shuffled) in prop::collection::vec(verdict(), 1..40).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        a_commit in 1usize..20,
    ) {
        let live = office(None);
        live.record(&verdicts);
        let folder = tempfile::tempdir().unwrap();
        let mixed = office(Some(folder.path()));
        for some in shuffled.chunks(a_commit) {
            mixed.keep();
            mixed.record(some);
        }
        let expected = everything(&live.desk);
        prop_assert_eq!(&everything(&mixed.desk), &expected);
        mixed.keep();
        prop_assert_eq!(&everything(&mixed.desk), &expected);
        drop(mixed);
        prop_assert_eq!(&everything(&office(Some(folder.path())).desk), &expected);
    }

    #[test]
    fn failures_of_rows_and_buckets_are_the_failed_executions_and_cost_what_they_cost(verdicts in prop::collection::vec(verdict(), 0..60)) {
        let office = office(None);
        office.record(&verdicts);
        let status = office.status();
        for level in [Level::Hop, Level::Service] {
            let answer = office.rows(By::Failures, level);
            let in_rows: f64 = answer.hops.iter().map(|row| row.failures.0).sum();
            prop_assert_eq!(in_rows + answer.buckets.caller.0 + answer.buckets.unknown.0, answer.failed.0);
            prop_assert_eq!(answer.failed, status.failed);
            let by_cause: f64 = answer.hops.iter().flat_map(|row| row.causes.values()).map(|count| count.0).sum();
            prop_assert_eq!(by_cause, in_rows);
            if let Some(sampled) = &answer.sampled {
                let raw: u64 = answer.hops.iter().map(|row| row.sampled.as_ref().unwrap()["failures"]).sum();
                prop_assert_eq!(raw + sampled["caller"] + sampled["unknown"], sampled["failed"]);
            }
            if answer.buckets == Buckets::default() && !answer.hops.is_empty() {
                let amount = |lost: &Option<LostValue>| lost.as_ref().unwrap().amount.parse::<rust_decimal::Decimal>().unwrap();
                let sum: rust_decimal::Decimal = answer.hops.iter().map(|row| amount(&row.lost_value)).sum();
                prop_assert_eq!(sum, amount(&status.lost_value));
            }
        }
    }

    #[test]
    fn executions_at_service_level_are_a_plain_count(verdicts in prop::collection::vec(verdict(), 0..60)) {
        let office = office(None);
        office.record(&verdicts);
        let (names, hops) = (&office.world.names, &office.world.hops);
        let mine: Vec<&Verdict> = verdicts.iter().filter(|one| one.capability == office.world.capabilities[0]).collect();
        for row in office.rows(By::Failures, Level::Service).hops {
            let of = |usage: &&HopUse| names.text(hops.get(usage.hop).service) == row.hop;
            let with = |holds: fn(&HopUse) -> bool| -> f64 {
                mine.iter().filter(|one| one.hops.iter().filter(of).any(holds)).map(|one| one.weight.as_f64()).sum()
            };
            prop_assert_eq!(row.executions.0, with(|usage| usage.calls > 0));
            prop_assert_eq!(row.missing.0, with(|usage| usage.missing > 0));
            let calls: f64 = mine.iter().flat_map(|one| one.hops.iter().filter(of).map(|usage| f64::from(usage.calls) * one.weight.as_f64())).sum();
            prop_assert_eq!(row.calls.0, calls);
        }
    }
}

/// A small history with something of everything: 12 ok, 3 failed, 1 rejected.
pub(super) fn history(world: &World) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = (1..=12).map(|trace| world.ok(trace)).collect();
    verdicts[0].slow = true;
    verdicts[0].slow_blame = Some(SlowBlame { hop: world.hop(1), cause: Cause::EdgeGap });
    verdicts[1].duration_ns = 40_000_000;
    let mut pricing = HopUse::new(world.hop(2));
    (pricing.calls, pricing.errors, pricing.retries) = (2, 1, 1);
    (pricing.critical_path_ns, pricing.self_ns, pricing.edge_gap_ns) = (30_000_000, 20_000_000, 10_000_000);
    pricing.latencies_ns = vec![5_000_000, 20_000_000];
    verdicts[2].hops.push(pricing);
    verdicts[2].absorbed = vec![Absorbed { hop: world.hop(2), kind: AbsorbedKind::MaskedRetry }];
    verdicts.push(world.failed(21, world.hop(4), Cause::TimeoutNoServer));
    verdicts.push(world.failed(22, world.hop(4), Cause::TimeoutNoServer));
    verdicts.push(world.failed(23, Hops::CALLER, Cause::CallerError));
    verdicts.push(Verdict { outcome: Outcome::Rejected, ..world.ok(31) });
    verdicts
}

pub(super) fn golden(name: &str, expected: &str, answer: &impl serde::Serialize) {
    let told = serde_json::to_string_pretty(answer).unwrap();
    assert_eq!(told.trim(), expected.trim(), "{name} is not as it was");
}

#[test]
fn the_documents_are_those_of_the_specification() {
    let office = office(None);
    office.record(&history(&office.world));
    let mut fates = Fates::default();
    (fates[Fate::Measured], fates[Fate::Late]) = (40, 2);
    office.ledger.received(&fates);
    let question = StatusQuestion { capability: Some("book-flight".into()), between: None };
    golden("status", include_str!("golden/status.json"), &office.desk.status(&question).unwrap());
    golden("hops", include_str!("golden/hops.json"), &office.rows(By::Failures, Level::Hop));
}

#[test]
fn a_verdict_line_is_that_of_the_specification() {
    let world = World::default();
    let mut verdict = world.failed(0xabc, world.hop(4), Cause::TimeoutNoServer);
    verdict.slow = true;
    verdict.slow_blame = Some(SlowBlame { hop: world.hop(1), cause: Cause::Queue });
    verdict.absorbed = vec![Absorbed { hop: world.hop(2), kind: AbsorbedKind::Suppressed }];
    verdict.critical_path[0].kind = SectionKind::Gap;
    verdict.duration_ns = 1_234_567;
    assert_eq!(
        verdict_json(&verdict, &world.names, &world.hops),
        concat!(
            r#"{"trace_id":"00000000000000000000000000000abc","capability":"book-flight","thread":null,"#,
            r#""entry_span_id":"0000000000000007","outcome":"failed","slow":true,"duration_ms":1.234567,"weight":1.0,"#,
            r#""blame":{"hop":"card-network","service":"card-network","cause":"timeout_no_server","confidence":"high","#,
            r#""span_id":"0000000000000009","rule":"B5"},"suspects":[{"hop":"card-network","service":"card-network"}],"#,
            r#""slow_blame":{"hop":"booking op0","service":"booking","cause":"queue"},"#,
            r#""absorbed":[{"hop":"pricing op0","service":"pricing","kind":"suppressed"}],"#,
            r#""critical_path":[{"span_id":"0000000000000007","hop":"web op0","service":"web","#,
            r#""start_ns":1791194400000000000,"end_ns":1791194400100000000,"kind":"gap"}]}"#,
        )
    );
    let incomplete = Verdict { outcome: Outcome::Incomplete, entry_span_id: SpanId::NONE, ..world.ok(1) };
    let line = verdict_line(&incomplete, &world.names, &world.hops);
    assert_eq!((line.entry_span_id, line.blame, line.slow_blame), (None, None, None));
}

/// Status of so many ok and failed executions, each ok one taking this long.
fn status_of(ok: u128, failed: u128, duration_ns: u64) -> CapabilityStatus {
    let office = office(None);
    for trace in 1..=ok {
        office.record(&[Verdict { duration_ns, ..office.world.ok(trace) }]);
    }
    for trace in 1..=failed {
        office.record(&[office.world.failed(trace, office.world.hop(0), Cause::AppError)]);
    }
    office.status()
}

#[test]
fn the_state_follows_from_rates_and_how_sure_they_are() {
    let fast = 1_000_000;
    assert_eq!(status_of(0, 0, fast).state, State::NoData);
    assert_eq!(status_of(0, 1, fast).state, State::TooFew);
    assert_eq!(status_of(0, 4, fast).state, State::Failing, "four of four is surely most of them");
    assert_eq!(status_of(9, 0, fast).state, State::TooFew);
    assert_eq!(status_of(10, 0, fast).state, State::Ok);
    assert_eq!(status_of(90, 10, fast).state, State::Ok, "exactly the target");
    assert_eq!(status_of(89, 11, fast).state, State::Degraded);
    assert_eq!(status_of(49, 51, fast).state, State::Failing);
    assert_eq!(status_of(20, 0, 50_000_001).state, State::Degraded, "too slow");
}

#[test]
fn only_rejected_executions_are_too_few_and_have_no_rate() {
    let office = office(None);
    office.record(&[Verdict { outcome: Outcome::Rejected, ..office.world.ok(1) }]);
    let status = office.status();
    assert_eq!((status.state, status.success_rate, status.success_rate_low), (State::TooFew, None, None));
    assert_eq!(status.latency_ms, LatencyMs::default());
    assert_eq!((status.objectives[0].actual, status.objectives[0].budget_left), (None, None));
}

#[test]
fn a_capability_that_burns_its_budget_surely_is_failing() {
    let mut strict = capabilities();
    strict[0].objectives[0].target = 0.999;
    let office = office(None);
    let desk = |office: &Office| {
        Desk::new(&strict, office.world.names.clone(), office.world.hops.clone(), office.keeper.clone(), None, None)
    };
    (1..=97).for_each(|trace| office.record(&[Verdict { duration_ns: 1, ..office.world.ok(trace) }]));
    let state = |office: &Office| desk(office).status(&StatusQuestion::default()).unwrap().capabilities[0].state;
    (1..=2).for_each(|trace| office.record(&[office.world.failed(trace, office.world.hop(0), Cause::AppError)]));
    assert_eq!(state(&office), State::Degraded, "two failures are no proof");
    (1..=8).for_each(|trace| office.record(&[office.world.failed(trace, office.world.hop(0), Cause::AppError)]));
    assert_eq!(state(&office), State::Failing);
}

#[test]
fn an_objective_tells_what_is_left_of_its_budget() {
    let status = status_of(95, 5, 50_000_000);
    let left = |at: usize| status.objectives[at].budget_left.unwrap();
    assert!((left(0) - 0.5).abs() < 1e-9, "5 of 10 allowed failures are used");
    assert_eq!((status.objectives[1].actual, left(1)), (Some(1.0), 1.0));
    assert!((status_of(80, 20, 1).objectives[0].budget_left.unwrap() + 1.0).abs() < 1e-9, "overdrawn by as much again");
}

#[test]
fn the_worst_hop_is_the_first_by_name_among_equals_and_never_a_bucket() {
    let office = office(None);
    let failed = |trace, hop: HopId| office.world.failed(trace, hop, Cause::AppError);
    let hops = [Hops::CALLER, Hops::CALLER, Hops::UNKNOWN, office.world.hop(3), office.world.hop(1)];
    hops.iter().enumerate().for_each(|(at, hop)| office.record(&[failed(at as u128 + 1, *hop)]));
    let worst = office.status().worst_hop.unwrap();
    assert_eq!((worst.hop.as_str(), worst.failures, worst.share), ("booking op0", Count(1.0), 0.2));
}

#[test]
fn rows_come_in_the_order_asked_for() {
    let office = office(None);
    office.record(&history(&office.world));
    let order = |by| office.rows(by, Level::Hop).hops.into_iter().map(|row| row.hop).collect::<Vec<_>>();
    assert_eq!(order(By::Failures), ["card-network", "booking op0", "pricing op0", "web op0"]);
    assert_eq!(order(By::Cost), ["card-network", "booking op0", "pricing op0", "web op0"]);
    assert_eq!(order(By::Latency), ["web op0", "pricing op0", "card-network", "booking op0"]);
    assert_eq!(order(By::Resilience), ["pricing op0", "card-network", "booking op0", "web op0"]);
}

#[test]
fn the_absence_of_a_mapped_hop_is_told_in_the_row_of_its_calls() {
    let office = office(None);
    let world = &office.world;
    let card = |service: &str| {
        let (hop, service) = (world.names.intern(b"card"), world.names.intern(service.as_bytes()));
        world.hops.intern(crate::model::Hop { hop, service, external: true })
    };
    let called = HopUse { calls: 1, latencies_ns: vec![5], ..HopUse::new(card("pay.example:443")) };
    let absent = HopUse { missing: 1, ..HopUse::new(card("card")) };
    let with = |trace, usage: HopUse| Verdict { hops: vec![usage], ..world.ok(trace) };
    office.record(&[with(1, called.clone()), with(2, absent.clone()), with(3, absent)]);
    for level in [Level::Hop, Level::Service] {
        let rows = office.rows(By::Failures, level).hops;
        let told: Vec<_> = rows.iter().map(|row| (row.service.as_str(), row.calls.0, row.missing.0)).collect();
        assert_eq!(told, [("pay.example:443", 1.0, 2.0)]);
    }
}

#[test]
fn weighted_counts_are_told_as_estimated_with_what_was_seen_beside() {
    let office = office(None);
    let weight = Weight::from_threshold(0x8 << 52);
    office.record(&[Verdict { weight, ..office.world.ok(1) }, office.world.failed(2, office.world.hop(0), Cause::AppError)]);
    let all = office.desk.status(&StatusQuestion::default()).unwrap();
    let status = &all.capabilities[0];
    assert!(all.estimated);
    assert_eq!((status.executions, status.ok, status.failed), (Count(3.0), Count(2.0), Count(1.0)));
    let sampled = status.sampled.as_ref().unwrap();
    assert_eq!((sampled["executions"], sampled["ok"], sampled["failed"], sampled["slow"]), (2, 1, 1, 0));
    let half = crate::measure::wilson(2.0 / 3.0, 9.0 / 5.0).unwrap();
    assert_eq!((status.success_rate_low, status.success_rate_high), (Some(half.0), Some(half.1)));
    assert!(all.capabilities[1].sampled.is_none());
    let intervals = status.intervals.as_ref().unwrap();
    assert_eq!((intervals["failed"].low, intervals["failed"].high), (Count(1.0), Some(Count(1.0))), "all failures were kept");
    assert!(intervals["ok"].low <= Count(2.0) && intervals["ok"].high > Some(Count(2.0)));
    let question = ExplainQuestion { capability: "book-flight".into(), ..ExplainQuestion::default() };
    let why = office.desk.explain(&question).unwrap();
    assert_eq!((why.executions, why.estimated, why.sampled.unwrap()["executions"]), (Count(3.0), true, 2));
    assert!(why.note.unwrap().ends_with("the sentences count the executions that were seen"));
}

#[test]
fn a_range_holds_the_slices_that_start_in_it_and_is_told_as_asked() {
    let office = office(None);
    (0..4).for_each(|at| office.record(&[Verdict { end_ns: START_NS + at * SLICE_NS, ..office.world.ok(1) }]));
    let between = Between { from_ns: START_NS + 1, to_ns: START_NS + 2 * SLICE_NS + 1 };
    let told = office.desk.status(&StatusQuestion { capability: None, between: Some(between) }).unwrap();
    assert_eq!(told.capabilities[0].executions, Count(2.0));
    assert_eq!(told.range, Range { from: "2026-10-05T10:00:00.000000001Z".into(), to: "2026-10-05T10:00:20.000000001Z".into() });
    let all = office.desk.status(&StatusQuestion::default()).unwrap().range;
    assert_eq!(all, Range { from: "2026-10-05T10:00:00Z".into(), to: "2026-10-05T10:00:40Z".into() });
}

#[test]
fn what_was_counted_since_the_start_only_grows_whatever_is_kept_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut office = office(Some(folder.path()));
    office.record(&[office.world.ok(1)]);
    office.keep();
    office.record(&[office.world.ok(2), office.world.failed(3, office.world.hop(1), Cause::AppError)]);
    office.keeper.store().unwrap().forget_before(u64::MAX).unwrap();
    assert_eq!(office.status().executions, Count(2.0));
    office.desk = office.desk.since_start();
    assert_eq!((office.status().executions, office.status().failed), (Count(3.0), Count(1.0)));
    office.keep();
    assert_eq!(office.rows(By::Failures, Level::Hop).failed, Count(1.0));
    assert_eq!(office.status().executions, Count(3.0));
}

#[test]
fn a_capability_that_is_not_in_the_map_is_refused_with_those_that_are() {
    let office = office(None);
    let question = StatusQuestion { capability: Some("book-fligth".into()), between: None };
    let told = office.desk.status(&question).unwrap_err().to_string();
    assert_eq!(told, "there is no capability 'book-fligth' in the map; there are: book-flight, pay, search");
}

#[test]
fn all_capabilities_together_sum_their_hops_and_costs() {
    let office = office(None);
    let mut other = office.world.failed(1, office.world.hop(4), Cause::Unreachable);
    other.capability = office.world.capabilities[1];
    office.record(&[office.world.failed(2, office.world.hop(4), Cause::TimeoutNoServer), other]);
    let answer = office.desk.hops(&HopsQuestion::default()).unwrap();
    let row = answer.hops.iter().find(|row| row.hop == "card-network").unwrap();
    assert_eq!((row.failures, row.causes.len(), answer.failed), (Count(2.0), 2, Count(2.0)));
    assert_eq!(row.lost_value.as_ref().unwrap().amount, "26.98", "only one of the two capabilities has a value");
    assert_eq!(answer.capability, None);
}

#[test]
fn a_trace_is_found_among_the_recent_ones_and_in_the_store_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let desk = office(Some(folder.path()));
    let world = &desk.world;
    desk.record(&[world.failed(5, world.hop(0), Cause::AppError), Verdict { entry_span_id: SpanId(8), ..world.ok(5) }]);
    desk.keep();
    assert_eq!(desk.desk.trace(TraceId(5)).unwrap().verdicts.len(), 2);
    let before = desk.desk.trace(TraceId(5)).unwrap().verdicts;
    drop(desk);
    let later = office(Some(folder.path()));
    let mut after = later.desk.trace(TraceId(5)).unwrap().verdicts;
    after.sort_by(|one, other| one.entry_span_id.cmp(&other.entry_span_id));
    assert_eq!(after, before);
    assert_eq!(later.desk.trace(TraceId(6)), Err(QueryError::NoSuchTrace(TraceId(6))));
}

#[test]
fn spans_and_unknown_capabilities_are_those_of_the_books_or_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let running = office(Some(folder.path()));
    let mut fates = Fates::default();
    (fates[Fate::Measured], fates[Fate::Unmatched]) = (3, 4);
    running.ledger.received(&fates);
    running.ledger.unknown_capability(running.world.names.intern(b"bok-flight"), 4);
    running.keep();
    let live = running.desk.status(&StatusQuestion::default()).unwrap();
    drop(running);
    let later = office(Some(folder.path()));
    let (names, hops) = (later.world.names.clone(), later.world.hops.clone());
    let kept =
        Desk::new(&capabilities(), names, hops, later.keeper.clone(), None, None).status(&StatusQuestion::default()).unwrap();
    assert_eq!((live.spans.received, live.spans.fates["unmatched"], live.spans.fates.len()), (7, 4, 9));
    assert_eq!((&kept.spans, &kept.unknown_capabilities), (&live.spans, &live.unknown_capabilities));
    assert_eq!(live.unknown_capabilities["bok-flight"], 4);
    assert_eq!(later.desk.status(&StatusQuestion::default()).unwrap().spans.received, 0, "a server counts from its start");
}
