#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::testing::{START_NS, World, verdict};
use super::*;
use crate::model::{Cause, Fate, Fates, Hop, HopUse, Hops, Normal, Outcome, SectionKind, TraceId, Verdict, Weight};
use proptest::prelude::*;
use std::collections::HashSet;

fn all(windows: &Windows) -> Vec<(Key, Window)> {
    windows.take_closed(u64::MAX)
}

fn merged(windows: &Windows) -> Window {
    let mut sum = Window::default();
    windows.visit(|_, window| sum.merge(window));
    sum
}

/// Units of the verdicts for which this holds.
fn count(verdicts: &[Verdict], mut holds: impl FnMut(&Verdict) -> bool) -> u128 {
    verdicts.iter().filter(|one| holds(one)).map(|one| u128::from(one.weight.units())).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn neither_order_nor_splitting_changes_a_window(
        (verdicts, shuffled) in prop::collection::vec(verdict(), 0..60).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        parts in 1usize..5,
    ) {
        let world = World::default();
        let together = world.windows();
        verdicts.iter().for_each(|one| together.record(one));
        let split: Vec<Windows> = (0..parts).map(|_| world.windows()).collect();
        for (at, one) in shuffled.iter().enumerate() {
            split[at % parts].record(one);
        }
        let joined = world.windows();
        for part in split.iter().rev() {
            all(part).into_iter().for_each(|(key, window)| joined.put_back(key, window));
        }
        prop_assert_eq!(all(&together), all(&joined));
    }

    #[test]
    fn failures_over_all_hops_are_the_failed_executions(verdicts in prop::collection::vec(verdict(), 0..60), limit in 0usize..12) {
        let world = World::default();
        let windows = world.windows_within(SeriesLimits { hops_per_capability: limit, series: 1000 });
        verdicts.iter().for_each(|one| windows.record(one));
        windows.visit(|_, window| {
            let mut sum = Tally::default();
            window.hops.values().filter_map(|figures| figures.trouble.as_ref()).for_each(|trouble| sum += trouble.failed());
            assert_eq!(sum, window.outcome(Outcome::Failed));
            let named = window.hops.keys().filter(|hop| hop.0 > Hops::OTHER.0).count();
            assert!(named <= limit, "{named} hops, although {limit} are allowed");
        });
    }

    #[test]
    fn executions_of_a_service_are_those_that_called_any_of_its_hops(verdicts in prop::collection::vec(verdict(), 0..60)) {
        let world = World::default();
        let windows = world.windows();
        verdicts.iter().for_each(|one| windows.record(one));
        let window = merged(&windows);
        for service in world.known.iter().map(|hop| world.hops.get(*hop).service).collect::<HashSet<_>>() {
            let mut share = window.joint.get(&service).cloned().unwrap_or_default();
            window.hops.iter().filter(|(hop, _)| world.hops.get(**hop).service == service).for_each(|(_, one)| share.merge(&one.alone));
            let of = |usage: &HopUse| world.hops.get(usage.hop).service == service;
            let called = |one: &Verdict| one.hops.iter().any(|usage| of(usage) && usage.calls > 0);
            let erred = |one: &Verdict| one.hops.iter().any(|usage| of(usage) && usage.errors > 0);
            prop_assert_eq!(share.executions.units, count(&verdicts, called));
            prop_assert_eq!(share.with_error.units, count(&verdicts, erred));
            prop_assert_eq!(share.ok_with_error.units, count(&verdicts, |one| erred(one) && one.outcome == Outcome::Ok));
            prop_assert_eq!(share.missing.units, count(&verdicts, |one| one.hops.iter().any(|usage| of(usage) && usage.missing > 0)));
            let longest = verdicts.iter().map(|one| one.hops.iter().filter(|usage| of(usage)).map(|usage| usage.critical_path_ns).sum::<u64>());
            prop_assert_eq!(share.critical_path.max, longest.max().unwrap_or(0));
        }
    }

    #[test]
    fn a_hop_counts_each_execution_once(verdicts in prop::collection::vec(verdict(), 0..60)) {
        let world = World::default();
        let windows = world.windows();
        verdicts.iter().for_each(|one| windows.record(one));
        let window = merged(&windows);
        for hop in &world.known {
            let share = window.hops.get(hop).map(HopFigures::share).unwrap_or_default();
            let called = |one: &Verdict| one.hops.iter().any(|usage| usage.hop == *hop && usage.calls > 0);
            prop_assert_eq!(share.executions.units, count(&verdicts, called));
            prop_assert_eq!(share.ok_units, count(&verdicts, |one| called(one) && one.outcome == Outcome::Ok));
        }
        prop_assert_eq!(window.executions().units, count(&verdicts, |_| true));
        prop_assert_eq!(window.slow.units, count(&verdicts, |one| one.slow && one.outcome == Outcome::Ok));
    }
}

#[test]
fn an_execution_counts_in_the_slice_of_its_end() {
    let world = World::default();
    let windows = world.windows();
    windows.record(&Verdict { end_ns: START_NS + SLICE_NS - 1, ..world.ok(1) });
    windows.record(&Verdict { end_ns: START_NS + SLICE_NS, ..world.ok(2) });
    let slices: Vec<u64> = all(&windows).iter().map(|(key, _)| key.slice_ns).collect();
    assert_eq!(slices, [START_NS, START_NS + SLICE_NS]);
}

#[test]
fn an_execution_over_five_minutes_off_counts_where_it_was_received_and_is_flagged() {
    let world = World::default();
    let windows = world.windows();
    let verdict = world.ok(1);
    windows.record_received(&verdict, verdict.end_ns + MOST_SKEW_NS);
    windows.record_received(&verdict, verdict.end_ns + MOST_SKEW_NS + 1);
    let told: Vec<_> = all(&windows).iter().map(|(key, window)| (key.slice_ns - START_NS, window.skewed)).collect();
    assert_eq!(told, [(0, 0), (MOST_SKEW_NS, 1)]);
}

#[test]
fn only_closed_windows_are_taken_and_late_executions_open_a_new_one() {
    let world = World::default();
    let windows = world.windows();
    windows.record(&world.ok(1));
    assert!(windows.take_closed(START_NS + SLICE_NS - 1).is_empty());
    assert_eq!(windows.closed_between(START_NS, START_NS + SLICE_NS).len(), 1);
    assert!(windows.closed_between(START_NS + SLICE_NS, u64::MAX).is_empty());
    assert_eq!(windows.take_closed(START_NS + SLICE_NS).len(), 1);
    assert!(windows.is_empty());
    windows.record(&world.ok(2));
    assert_eq!(windows.len(), 1);
}

#[test]
fn an_execution_exactly_at_the_limit_is_fast() {
    let world = World::default();
    let windows = world.windows();
    for duration_ns in [49_999_999, 50_000_000, 50_000_001] {
        windows.record(&Verdict { duration_ns, ..world.ok(1) });
    }
    let limits = merged(&windows).limits;
    assert_eq!((limits[0].under_ns, limits[0].good.raw, limits[0].all.raw), (50_000_000, 2, 3));
    assert_eq!((limits[1].under_ns, limits[1].good.raw), (1_000_000_000, 3));
}

#[test]
fn samples_are_the_smallest_trace_ids_of_hop_and_cause() {
    let world = World::default();
    let windows = world.windows();
    for trace in [9, 3, 7, 3, 1, 8] {
        windows.record(&world.failed(trace, world.hop(2), Cause::Unreachable));
    }
    let samples: Vec<TraceId> = merged(&windows).samples().collect();
    assert_eq!(samples, [1, 3, 7].map(TraceId));
}

#[test]
fn hops_beyond_the_limit_are_one_hop_that_counts_an_execution_once() {
    let world = World::default();
    let windows = world.windows_within(SeriesLimits { hops_per_capability: 1, series: 10 });
    let mut verdict = world.ok(1);
    for number in [1, 2, 3] {
        let mut usage = HopUse::new(world.hop(number));
        (usage.calls, usage.errors) = (2, 1);
        verdict.hops.push(usage);
    }
    windows.record(&verdict);
    let window = merged(&windows);
    let other = &window.hops[&Hops::OTHER];
    assert_eq!((other.calls.raw, other.share().executions.raw, other.share().with_error.raw), (6, 1, 1));
    assert!(window.joint.is_empty());
}

#[test]
fn what_is_normal_is_the_mean_of_ok_executions_that_called_the_hop() {
    let world = World::default();
    let windows = world.windows();
    for trace in 0..10 {
        windows.record(&world.ok(trace));
        windows.record(&world.failed(trace, world.hop(0), Cause::AppError));
    }
    let mut gap = HopUse::new(world.hop(0));
    (gap.calls, gap.critical_path_ns, gap.edge_gap_ns) = (1, 110, 110);
    windows.record(&Verdict { hops: vec![gap], ..world.ok(11) });
    let baseline = Baseline::default();
    baseline.learn(&all(&windows));
    let normal = |number: usize, kind| baseline.normal_ns(world.capabilities[0], world.hop(number), kind);
    assert_eq!(normal(0, SectionKind::SelfTime), Some(1_000_000_000.0 / 11.0));
    assert_eq!(normal(0, SectionKind::Queue), Some(10.0));
    assert_eq!(normal(1, SectionKind::SelfTime), None);
    assert_eq!(baseline.normal_ns(world.capabilities[1], world.hop(0), SectionKind::SelfTime), None);
}

#[test]
fn a_window_weighs_half_after_the_half_life_and_too_few_executions_are_no_norm() {
    let world = World::default();
    let baseline = Baseline::default();
    let learn = |age_ns: u64, self_ns: u64, times: u128| {
        let windows = world.windows();
        for trace in 0..times {
            let mut verdict = Verdict { end_ns: START_NS + 2 * HALF_LIFE_NS - age_ns, ..world.ok(trace) };
            verdict.hops[0].self_ns = self_ns;
            windows.record(&verdict);
        }
        baseline.learn(&all(&windows));
        baseline.normal_ns(world.capabilities[0], world.hop(0), SectionKind::SelfTime)
    };
    assert_eq!(learn(HALF_LIFE_NS, 300, 9), None);
    assert_eq!(learn(HALF_LIFE_NS, 300, 11), Some(300.0));
    assert_eq!(learn(0, 600, 10), Some(450.0));
    assert_eq!(learn(HALF_LIFE_NS, 0, 20), Some(300.0), "an old window that comes late weighs less, too");
}

#[test]
fn the_baseline_forgets_the_hops_not_seen_for_longest() {
    let world = World::default();
    let windows = world.windows();
    for number in 0..3 {
        let mut verdict = Verdict { end_ns: START_NS + number as u64 * SLICE_NS, ..world.ok(1) };
        verdict.hops[0].hop = world.hop(number);
        (0..10).for_each(|_| windows.record(&verdict));
    }
    let baseline = Baseline::new(2);
    baseline.learn(&all(&windows));
    let known = |number| baseline.normal_ns(world.capabilities[0], world.hop(number), SectionKind::SelfTime).is_some();
    assert_eq!([known(0), known(1), known(2)], [false, true, true]);
}

/// The same, so many slices later.
fn later(verdict: Verdict, slices: u128) -> Verdict {
    Verdict { end_ns: verdict.end_ns + slices as u64 * SLICE_NS, ..verdict }
}

#[test]
fn a_flood_of_ok_executions_pushes_out_no_failed_one() {
    let world = World::default();
    let recent = Recent::new(8, usize::MAX);
    recent.record(&world.failed(1, world.hop(0), Cause::AppError));
    recent.record(&later(Verdict { slow: true, ..world.ok(2) }, 1));
    (100..200).for_each(|trace| recent.record(&later(world.ok(trace), trace)));
    assert_eq!(recent.len(), 4);
    assert_eq!(recent.of_trace(TraceId(1))[0].outcome, Outcome::Failed);
    assert_eq!(recent.of_trace(TraceId(2)).len(), 1);
    assert!(recent.of_trace(TraceId(197)).is_empty());
    assert_eq!(recent.of_trace(TraceId(199)).len(), 1);
}

#[test]
fn the_newest_slice_takes_a_sixth_of_the_room_and_older_ones_what_there_is() {
    let world = World::default();
    let recent = Recent::new(48, usize::MAX);
    (1..100).for_each(|trace| recent.record(&world.ok(trace)));
    assert_eq!(recent.len(), 2);
    recent.record(&later(world.ok(100), 1));
    (101..200).for_each(|trace| recent.record(&world.ok(trace)));
    assert_eq!(recent.len(), 12);
    (201..300).for_each(|trace| recent.record(&world.failed(trace, world.hop(0), Cause::AppError)));
    assert_eq!(recent.len(), 12 + 6);
}

#[test]
fn recent_verdicts_keep_within_their_bytes_and_hold_all_executions_of_a_trace() {
    let world = World::default();
    let recent = Recent::new(1_000_000, 100_000);
    for trace in 1..1000 {
        recent.record(&world.failed(trace, world.hop(0), Cause::AppError));
        recent.record(&world.failed(trace, world.hop(1), Cause::AppError));
    }
    assert!((100..400).contains(&recent.len()), "{} are there", recent.len());
    let culprits: Vec<_> = recent.of_trace(TraceId(999)).iter().map(|one| one.blame.unwrap().hop).collect();
    assert_eq!(culprits, [world.hop(0), world.hop(1)]);
    assert_eq!(recent.all().len(), recent.len());
}

#[test]
fn spans_received_are_the_sum_of_their_fates_even_if_they_are_judged_before_they_are_booked() {
    let ledger = Ledger::default();
    let fates = |pairs: &[(Fate, u64)]| {
        let mut fates = Fates::default();
        pairs.iter().for_each(|(fate, spans)| fates[*fate] += spans);
        fates
    };
    ledger.received(&fates(&[(Fate::InFlight, 5), (Fate::Malformed, 1)]));
    ledger.moved(&fates(&[(Fate::Measured, 7)]));
    assert_eq!(ledger.fates(), fates(&[(Fate::Measured, 7), (Fate::Malformed, 1)]));
    ledger.received(&fates(&[(Fate::InFlight, 4)]));
    assert_eq!(ledger.fates(), fates(&[(Fate::Measured, 7), (Fate::Malformed, 1), (Fate::InFlight, 2)]));
}

#[test]
fn unknown_capabilities_beyond_a_hundred_are_other() {
    let world = World::default();
    let ledger = Ledger::default();
    for at in 0..150 {
        ledger.unknown_capability(world.names.intern(format!("typo-{at}").as_bytes()), 2);
    }
    let told = ledger.unknown_capabilities();
    let other: u64 = told.iter().filter(|(name, _)| world.names.text(*name) == "(other)").map(|(_, spans)| *spans).sum();
    assert_eq!((told.len(), other), (MOST_UNKNOWN_CAPABILITIES + 1, 100));
}

#[test]
fn a_failure_without_blame_is_counted_as_unknown() {
    let world = World::default();
    let windows = world.windows();
    windows.record(&Verdict { blame: None, weight: Weight::ONE, ..world.failed(1, world.hop(0), Cause::AppError) });
    assert_eq!(merged(&windows).hops[&Hops::UNKNOWN].trouble.as_ref().unwrap().failed().raw, 1);
}

#[test]
fn a_hop_that_only_names_its_service_like_another_is_of_the_same_service() {
    let world = World::default();
    let service = world.hops.get(world.hop(0)).service;
    let outside = world.hops.intern(Hop { hop: service, service, external: true });
    let windows = world.windows();
    let mut verdict = world.ok(1);
    verdict.hops.push(HopUse { calls: 1, ..HopUse::new(outside) });
    windows.record(&verdict);
    assert_eq!(merged(&windows).joint[&service].executions.raw, 1);
}
