//! A server ends at any moment, and another one goes on where the last commit stands: the counts are those of a run without an end.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::Limits;
use super::pipeline::{Backing, Pipeline, Place};
use super::replaying::Rereading;
use super::source::Source;
use super::swap_tests::{SECOND, START, bench, judge_all, message, one, parse, span};
use crate::journal::simulated::SimulatedDisk as JournalDisk;
use crate::journal::{Durability, Journal, Opening};
use crate::query::{Answers, HopsQuestion, StatusQuestion};
use crate::serve::Encoding;
use crate::store::{SimulatedDisk as StoreDisk, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What happens after a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    Commit,
    Crash,
}

/// Half seconds of log time since the message before; spans by trace, number, and whether it fails; what happens then.
type Steps = Vec<(u64, Vec<(u64, u64, bool)>, Then)>;

fn steps() -> impl Strategy<Value = Steps> {
    let span = (1u64..15, 1u64..5, prop::bool::weighted(0.2));
    let then = prop_oneof![4 => Just(Then::Nothing), 3 => Just(Then::Commit), 2 => Just(Then::Crash)];
    prop::collection::vec((0u64..10, prop::collection::vec(span, 1..12), then), 1..30)
}

thread_local! {
    /// The clock of the machine.
    static NOW_NS: Cell<u64> = const { Cell::new(START) };
}

fn now_ns() -> u64 {
    NOW_NS.get()
}

fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits { quiet: seconds(2), max_age: seconds(10), no_entry: seconds(15), ..Limits::default() }
}

/// A server that has read its journal again.
fn start(folder: &Path, forgetful: bool) -> Pipeline {
    let opening = Opening { segment_bytes: 4096, ..Opening::default() };
    let pipeline = Pipeline::with_backing(parse(&one("pay")), limits(), |map, names, hops| {
        let mut backing = Backing::open(Place::Journaled(folder, opening), map, names, hops)?;
        if forgetful {
            backing.behind.closed.clear();
        }
        Ok(backing)
    });
    replayed(pipeline.unwrap())
}

fn replayed(pipeline: Pipeline) -> Pipeline {
    let behind = pipeline.behind.lock().unwrap().take().unwrap();
    let replayed = pipeline.replay(&behind, &AtomicBool::new(false), &Rereading::default(), now_ns);
    assert!(replayed.damages.is_empty(), "{:?}", replayed.damages);
    pipeline
}

/// Until it is this late by the log.
fn wait(pipeline: &Pipeline, until_ns: u64) {
    loop {
        let left_ns = until_ns.saturating_sub(pipeline.source.log().time_ns(now_ns()));
        if left_ns == 0 {
            break;
        }
        let held_ns = pipeline.source.journal().map_or(0, |journal| journal.held_ns());
        NOW_NS.set(now_ns() + (held_ns + left_ns).min(SECOND / 4));
    }
    // As by the judges, who look at traces as they were a moment ago: of this one, something may be on its way.
    judge_all(pipeline, Some(until_ns - 1), &mut bench());
}

/// All that can be asked after these steps, crashes left out or not.
fn told(steps: &Steps, crashes: bool, forgetful: bool) -> String {
    NOW_NS.set(START);
    let folder = tempfile::tempdir().unwrap();
    let (mut pipeline, mut time_ns) = (start(folder.path(), forgetful), START);
    for (wait_for, spans, then) in steps {
        time_ns += wait_for * SECOND / 2;
        wait(&pipeline, time_ns);
        let spans: Vec<_> = spans.iter().map(|(trace, number, failing)| span(*trace, *number, *failing)).collect();
        pipeline.take(&message(&spans), Encoding::Protobuf, now_ns()).unwrap();
        match then {
            Then::Commit => pipeline.keep_closed(now_ns()).unwrap(),
            Then::Crash if crashes => {
                drop(pipeline);
                pipeline = start(folder.path(), forgetful);
            }
            _ => {}
        }
    }
    (1..=60).for_each(|second| wait(&pipeline, time_ns + second * SECOND));
    pipeline.keep(u64::MAX, now_ns()).unwrap();
    let fates = pipeline.keeper.store().unwrap().fates().unwrap();
    format!("{}\n{fates:?}", figures(&pipeline, true))
}

/// All figures; also of when spans came, if that is wanted.
fn figures(pipeline: &Pipeline, arrival: bool) -> String {
    let answers = pipeline.desk();
    let mut capabilities = answers.status(&StatusQuestion::default()).unwrap().capabilities;
    let mut hops = answers.hops(&HopsQuestion::default()).unwrap();
    if !arrival {
        capabilities.iter_mut().for_each(|one| (one.completeness.late, one.skewed) = (0, 0));
        hops.range = crate::query::Range::default();
    }
    format!("{}\n{}", serde_json::to_string(&capabilities).unwrap(), serde_json::to_string(&hops).unwrap())
}

/// In CI as many as take a few seconds.
fn cases() -> u32 {
    std::env::var("STEELTHREAD_CASES").map_or(40, |cases| cases.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn whatever_was_acknowledged_counts_once_however_often_a_server_ends(steps in steps()) {
        prop_assert_eq!(told(&steps, true, false), told(&steps, false, false));
    }
}

#[test]
fn without_the_ids_of_closed_traces_executions_would_count_twice() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let wrong = (0..40).filter(|_| {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        told(&steps, true, true) != told(&steps, false, false)
    });
    let wrong = wrong.count();
    assert!(wrong >= 10, "only {wrong} of 40 runs were wrong");
}

/// Disks that forget what was not synced.
#[derive(Default)]
struct Disks {
    journal: JournalDisk,
    store: StoreDisk,
}

/// A server that has read its journal again.
fn start_on(disks: &Disks) -> Pipeline {
    let pipeline = Pipeline::with_backing(parse(&one("pay")), limits(), |_, names, hops| {
        let store = Store::with_backend(disks.store.connect(), names.clone(), hops.clone()).unwrap();
        let progress = store.progress().unwrap().pop().unwrap_or_default();
        let (at_least, time_at_least_ns) = (progress.next_offset, progress.time_ns);
        let opening =
            Opening { durability: Durability::Fsync, segment_bytes: 4096, at_least, time_at_least_ns, ..Opening::default() };
        let (journal, found) = Journal::open_on(Arc::new(disks.journal.clone()), opening).unwrap();
        let (source, behind) = Source::of(Arc::new(journal), found, progress);
        Ok(Backing { store: Some(store), only_in_memory: false, source, behind })
    });
    let pipeline = pipeline.unwrap();
    let behind = pipeline.behind.lock().unwrap().take().unwrap();
    // What was lost was never acknowledged: the sender has it still.
    pipeline.replay(&behind, &AtomicBool::new(false), &Rereading::default(), now_ns);
    pipeline
}

/// So many messages come at about one time; then there is a pause in which all of them are acknowledged and their traces end.
const AT_ONE_TIME: u64 = 4;

/// The figures after these steps, by a sender that sends again, whether it was lost or not, whatever was not acknowledged. With power
/// cuts or without; a power cut comes before, in the middle of or after a commit. What the spans of a trace say does not hang on their
/// order, and they come again before their trace ends: so the figures must be the same.
fn told_through_power_cuts(steps: &Steps, seed: Option<u64>) -> String {
    NOW_NS.set(START);
    let disks = Disks::default();
    let (mut pipeline, mut time_ns) = (start_on(&disks), START);
    let mut sent: Vec<(u64, Vec<u8>)> = Vec::new();
    for (at, (wait_for, spans, then)) in (0..).zip(steps) {
        time_ns += if at % AT_ONE_TIME == 0 { 16 * SECOND } else { wait_for * SECOND / 40 };
        wait(&pipeline, time_ns);
        let named = spans.iter().map(|(trace, number, _)| (trace + at / AT_ONE_TIME * 16, *number));
        let spans: Vec<_> = named.map(|(trace, number)| span(trace, number, (trace + number) % 5 == 0)).collect();
        let message = message(&spans);
        let offset = pipeline.take(&message, Encoding::Protobuf, now_ns()).unwrap().offset;
        sent.push((offset, message));
        match (then, seed) {
            (Then::Nothing, _) => {}
            (Then::Commit, _) => pipeline.keep_closed(now_ns()).unwrap(),
            (Then::Crash, None) => {}
            (Then::Crash, Some(seed)) => {
                if (seed + at) % 3 > 0 {
                    disks.store.cut_power_after((seed + at) % 40);
                    let _ = pipeline.keep_closed(now_ns());
                }
                sent.retain(|(offset, _)| !pipeline.source.journal().unwrap().synced(*offset));
                disks.journal.cut_power(seed + at);
                drop(pipeline);
                disks.store.power_up(seed + at);
                pipeline = start_on(&disks);
                wait(&pipeline, time_ns);
                for (offset, message) in &mut sent {
                    *offset = pipeline.take(message, Encoding::Protobuf, now_ns()).unwrap().offset;
                }
            }
        }
        if at % AT_ONE_TIME == AT_ONE_TIME - 1 || wait_for % 3 == 0 {
            pipeline.source.sync().unwrap();
            sent.clear();
        }
    }
    (1..=60).for_each(|second| wait(&pipeline, time_ns + second * SECOND));
    pipeline.keep(u64::MAX, now_ns()).unwrap();
    figures(&pipeline, false)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn whatever_was_acknowledged_survives_power_cuts_and_counts_once(steps in steps(), seed in 0u64..1000) {
        prop_assert_eq!(told_through_power_cuts(&steps, Some(seed)), told_through_power_cuts(&steps, None));
    }
}
