#![allow(clippy::unwrap_used)]

use super::testing::{World, verdict};
use super::{Correction, Culprit, Recent, SLICE_NS, Window};
use crate::model::{Cause, Outcome, TraceId, Verdict, Weight};
use proptest::prelude::*;

fn merged(world: &World, verdicts: &[Verdict]) -> Window {
    let windows = world.windows();
    verdicts.iter().for_each(|one| windows.record(one));
    let mut sum = Window::default();
    windows.visit(|_, window| sum.merge(window));
    sum
}

fn failed(window: &Window) -> (u128, u64) {
    let troubles = window.hops.values().filter_map(|figures| figures.trouble.as_ref());
    let counts = troubles.map(|trouble| trouble.failed());
    counts.fold((0, 0), |sum, count| (sum.0 + count.units, sum.1 + count.raw))
}

fn correction(verdict: &Verdict, to: Culprit) -> Correction {
    let blame = verdict.blame.unwrap();
    let from = Culprit { hop: blame.hop, cause: blame.cause };
    Correction { from, to, weight: verdict.weight, trace: verdict.trace_id, again: false }
}

proptest! {
    /// Counted under the one and then corrected, or counted under the other at once: but for the corrections the same, to the last unit.
    #[test]
    fn a_corrected_failure_is_counted_as_if_it_had_been_judged_so(
        verdicts in prop::collection::vec(verdict(), 1..30),
        to in (0usize..10, 0usize..12),
    ) {
        let world = World::default();
        let to = Culprit { hop: world.hop(to.0), cause: Cause::ALL[to.1] };
        let mut right = verdicts.clone();
        for one in right.iter_mut().filter(|one| one.outcome == Outcome::Failed && one.trace_id.0 % 2 == 0) {
            let blame = one.blame.as_mut().unwrap();
            (blame.hop, blame.cause) = (to.hop, to.cause);
        }
        let (mut corrected, right) = (merged(&world, &verdicts), merged(&world, &right));
        let before = failed(&corrected);
        for one in verdicts.iter().filter(|one| one.outcome == Outcome::Failed && one.trace_id.0 % 2 == 0) {
            prop_assert!(corrected.correct(&correction(one, to)));
            prop_assert_eq!(failed(&corrected), before);
        }
        corrected.corrected = Default::default();
        // A sample that has gone cannot be filled up from those that were left out.
        let mut right = right;
        for window in [&mut corrected, &mut right] {
            let troubles = window.hops.values_mut().filter_map(|figures| figures.trouble.as_mut());
            troubles.flat_map(|trouble| &mut trouble.failures).for_each(|(_, failures)| failures.samples.clear());
        }
        prop_assert_eq!(corrected, right);
    }
}

#[test]
fn a_failure_that_is_not_there_changes_nothing() {
    let world = World::default();
    let mut window = merged(&world, &[world.failed(1, world.hop(0), Cause::Unreachable), world.ok(2)]);
    let before = window.clone();
    let there = world.failed(1, world.hop(0), Cause::Unreachable);
    let to = Culprit { hop: world.hop(5), cause: Cause::AppError };
    let heavy = Verdict { weight: Weight::from_threshold(0x8 << 52), ..there.clone() };
    for other in [world.failed(1, world.hop(1), Cause::Unreachable), world.failed(1, world.hop(0), Cause::AppError), heavy] {
        assert!(!window.correct(&correction(&other, to)));
        assert_eq!(window, before);
    }
    assert!(window.correct(&correction(&there, to)));
    assert!(!window.correct(&correction(&there, to)));
    let failures = &window.hops[&world.hop(5)].trouble.as_ref().unwrap().failures;
    assert_eq!((failures.len(), failures[0].0, &failures[0].1.samples[..]), (1, Cause::AppError, &[TraceId(1)][..]));
    assert_eq!(window.corrected.raw, 1);
}

#[test]
fn a_recent_verdict_is_replaced_by_the_corrected_one_and_its_bytes_with_it() {
    let world = World::default();
    let recent = Recent::new(80, 40_000);
    let first = world.failed(1, world.hop(0), Cause::Unreachable);
    recent.record(&first);
    let other = Verdict { entry_span_id: crate::model::SpanId(99), ..first.clone() };
    recent.record(&other);
    let suspects = vec![world.hop(3); 1000];
    recent.replace(&Verdict { corrected: true, suspects, ..world.failed(1, world.hop(3), Cause::AppError) });
    let told: Vec<_> = recent.of_trace(TraceId(1)).iter().map(|one| (one.entry_span_id.0, one.corrected)).collect();
    assert_eq!((told, recent.len()), (vec![(7, true), (99, false)], 2));
    // Its bytes count: it goes before the room for others is over.
    for trace in 2..5 {
        recent.record(&Verdict { suspects: vec![world.hop(0); 5000], ..world.failed(trace, world.hop(0), Cause::AppError) });
    }
    assert!(recent.of_trace(TraceId(1)).is_empty());
    // One that is not there is kept like any other.
    let late = Verdict { corrected: true, end_ns: first.end_ns - SLICE_NS, ..first };
    recent.replace(&late);
    assert!(recent.of_trace(TraceId(1))[0].corrected);
}
