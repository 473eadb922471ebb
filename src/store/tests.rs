#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::tables::{ABOUT, FILE};
use super::*;
use crate::measure::testing::{START_NS, World, verdict};
use crate::measure::{Key, Recent, SLICE_NS, Windows};
use crate::model::{Cause, Fate, Fates, Hop, HopUse, TraceId, Verdict, Weight};
use proptest::prelude::*;
use redb::Database;
use std::path::Path;
use std::sync::Arc;

pub(super) fn open(folder: &Path, world: &World) -> Result<Store, StoreError> {
    Store::open(folder, world.names.clone(), world.hops.clone())
}

pub(super) fn create(folder: &Path, world: &World) -> Store {
    Store::create(folder, "the map", world.names.clone(), world.hops.clone()).unwrap()
}

pub(super) fn all(store: &Store) -> Vec<(Key, Window)> {
    let mut all = Vec::new();
    store.read(0..u64::MAX, None, &mut |key, window| all.push((key, window.clone()))).unwrap();
    all
}

pub(super) fn counted(world: &World, verdicts: &[Verdict]) -> Vec<(Key, Window)> {
    let windows = world.windows();
    verdicts.iter().for_each(|one| windows.record(one));
    windows.take_closed(u64::MAX)
}

pub(super) fn said(result: Result<Store, StoreError>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn verdicts_in_any_order_and_any_number_of_commits_read_back_the_same(
        (verdicts, shuffled) in prop::collection::vec(verdict(), 1..40).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        a_commit in 1usize..40,
    ) {
        let world = World::default();
        let folder = tempfile::tempdir().unwrap();
        for some in shuffled.chunks(a_commit) {
            // Each commit by another run: the store is closed and opened again.
            let store = create(folder.path(), &world);
            store.commit(&Commit { windows: &counted(&world, some), ..Commit::default() }).unwrap();
        }
        let expected = counted(&world, &verdicts);
        prop_assert_eq!(&all(&open(folder.path(), &world).unwrap()), &expected);
    }
}

#[test]
fn names_and_hops_are_found_again_by_text_whatever_their_numbers() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path(), &world);
    store
        .commit(&Commit { windows: &counted(&world, &[world.failed(5, world.hop(4), Cause::Unreachable)]), ..Commit::default() })
        .unwrap();
    drop(store);
    let (names, hops) = (Arc::new(crate::model::Names::default()), Arc::new(crate::model::Hops::default()));
    names.intern(b"something else");
    let store = Store::open(folder.path(), names.clone(), hops.clone()).unwrap();
    let (key, window) = all(&store).remove(0);
    assert_eq!(names.text(key.capability), "book-flight");
    let card = hops.intern(Hop { hop: names.intern(b"card-network"), service: names.intern(b"card-network"), external: true });
    assert_eq!(window.hops[&card].trouble.as_ref().unwrap().failures[0].1.samples, [TraceId(5)]);
}

#[test]
fn a_range_holds_the_slices_that_start_in_it_in_the_order_of_time() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path(), &world);
    let verdicts = [3, 1, 0, 2].map(|at| Verdict { end_ns: START_NS + at * SLICE_NS, ..world.ok(1) });
    store.commit(&Commit { windows: &counted(&world, &verdicts), ..Commit::default() }).unwrap();
    let slices = |range: std::ops::Range<u64>| {
        let mut slices = Vec::new();
        store.read(range, None, &mut |key, _| slices.push((key.slice_ns - START_NS) / SLICE_NS)).unwrap();
        slices
    };
    assert_eq!(slices(0..u64::MAX), [0, 1, 2, 3]);
    assert_eq!(slices(START_NS + 1..START_NS + 3 * SLICE_NS), [1, 2]);
    assert_eq!(slices(START_NS + SLICE_NS..START_NS + SLICE_NS + 1), [1]);
    let backwards = std::ops::Range { start: START_NS + 1, end: START_NS };
    assert!(slices(backwards).is_empty());
    assert_eq!(store.extent().unwrap(), Some(START_NS..START_NS + 4 * SLICE_NS));
    let mut other = 0;
    store.read(0..u64::MAX, Some(world.capabilities[1]), &mut |_, _| other += 1).unwrap();
    assert_eq!(other, 0);
}

#[test]
fn what_was_not_committed_is_not_there() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path(), &world);
    let one = counted(&world, &[world.ok(1)]);
    store.commit(&Commit { windows: &one, ..Commit::default() }).unwrap();
    let stopped = store.writing(|transaction| {
        store.put_windows(transaction, &counted(&world, &[world.ok(2)]))?;
        Err(StoreError::NoStore(folder.path().into()).into())
    });
    assert!(stopped.is_err());
    drop(store);
    assert_eq!(all(&open(folder.path(), &world).unwrap()), one);
}

#[test]
fn a_commit_of_an_old_epoch_changes_nothing_and_says_so() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path(), &world);
    let progress = |epoch, resume_offset| Progress {
        partition: 3,
        epoch,
        resume_offset,
        next_offset: resume_offset + 1,
        time_ns: 5,
        closed: vec![TraceId(7), TraceId(8)],
    };
    let (one, two) = (counted(&world, &[world.ok(1)]), counted(&world, &[world.ok(2)]));
    let mut fates = Fates::default();
    fates[Fate::Measured] = 4;
    store.commit(&Commit { windows: &one, progress: &[progress(2, 100)], fates, ..Commit::default() }).unwrap();
    fates[Fate::Measured] = 9;
    let refused = store.commit(&Commit { windows: &two, progress: &[progress(1, 200)], fates, ..Commit::default() });
    assert_eq!(
        refused.unwrap_err().to_string(),
        "partition 3 is owned by epoch 2 now, and this is epoch 1: nothing was written; stop this one"
    );
    assert_eq!(all(&store), one);
    assert_eq!(store.progress().unwrap(), [progress(2, 100)]);
    assert_eq!(store.fates().unwrap()[Fate::Measured], 4);
    let next = Progress { closed: vec![TraceId(9)], ..progress(2, 300) };
    store.commit(&Commit { windows: &two, progress: &[next], fates, ..Commit::default() }).unwrap();
    let expected = Progress { closed: vec![TraceId(7), TraceId(8), TraceId(9)], ..progress(2, 300) };
    assert_eq!(store.progress().unwrap(), [expected]);
}

#[test]
fn closed_traces_are_remembered_while_their_spans_may_be_read_again_and_for_twenty_minutes() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path(), &world);
    let minutes = |minutes: u64| START_NS + minutes * 60_000_000_000;
    let remembered = |trace, resume_offset, next_offset, time_ns| {
        let closed = vec![TraceId(trace)];
        let progress = Progress { partition: 0, epoch: 1, resume_offset, next_offset, time_ns, closed };
        store.commit(&Commit { progress: &[progress], ..Commit::default() }).unwrap();
        store.progress().unwrap().remove(0).closed.iter().map(|trace| trace.0).collect::<Vec<_>>()
    };
    assert_eq!(remembered(1, 0, 10, minutes(0)), [1]);
    // Nothing came, and another trace was closed.
    assert_eq!(remembered(2, 5, 10, minutes(1)), [1, 2]);
    // Long ago, but a trace that is still open holds the log.
    assert_eq!(remembered(3, 5, 20, minutes(40)), [1, 2, 3]);
    assert_eq!(remembered(4, 10, 30, minutes(41)), [3, 4]);
    assert_eq!(remembered(5, 40, 40, minutes(59)), [3, 4, 5]);
    assert_eq!(remembered(6, 40, 50, minutes(61)), [4, 5, 6]);
}

#[test]
fn books_of_a_run_stand_on_top_of_those_of_earlier_runs() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let typo = world.names.intern(b"bok-flight");
    let mut fates = Fates::default();
    for run in 1..=2 {
        let store = create(folder.path(), &world);
        for spans in [5, 10] {
            fates[Fate::Unmatched] = spans;
            store.commit(&Commit { fates, unknown_capabilities: &[(typo, spans)], ..Commit::default() }).unwrap();
        }
        assert_eq!(store.fates().unwrap()[Fate::Unmatched], 10 * run);
        assert_eq!(store.unknown_capabilities().unwrap()["bok-flight"], 10 * run);
    }
    assert_eq!(open(folder.path(), &world).unwrap().map().unwrap(), "the map");
}

#[test]
fn lines_are_found_by_trace_and_are_bounded_for_each_window() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path(), &world);
    let key = Key { slice_ns: START_NS, capability: world.capabilities[0] };
    let line = |trace: u128, entry, sample| {
        let text = format!("{{\"trace\":{trace},\"entry\":{entry}}}");
        KeptLine { trace: TraceId(trace), key, entry: crate::model::SpanId(entry), sample, text }
    };
    let lines: Vec<KeptLine> =
        (1..500).flat_map(|trace| [line(trace, 1, trace % 2 == 0), line(trace, 2, trace % 2 == 0)]).collect();
    store.commit(&Commit { lines: &lines, ..Commit::default() }).unwrap();
    store.commit(&Commit { lines: &lines, ..Commit::default() }).unwrap();
    assert_eq!(store.lines(TraceId(2)).unwrap(), [r#"{"trace":2,"entry":1}"#, r#"{"trace":2,"entry":2}"#]);
    let kept = |odd: u128| (0..250).map(|at| store.lines(TraceId(2 * at + odd)).unwrap().len()).sum::<usize>();
    assert_eq!((kept(0), kept(1)), (30, 3));
}

#[test]
fn a_second_one_is_told_who_has_the_store() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let _store = create(folder.path(), &world);
    let second = said(open(folder.path(), &world));
    assert!(
        second.ends_with("is in use by another steelthread; ask the server instead (--server URL), or stop it first"),
        "{second}"
    );
    let third = said(Store::create(folder.path(), "", world.names.clone(), world.hops.clone()));
    assert_eq!(second, third);
}

#[test]
fn what_is_no_store_is_told_so() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let expected =
        format!("there is no store in '{}'; name the folder that was given to analyze or serve as --store", missing.display());
    assert_eq!(said(open(&missing, &world)), expected);
    assert!(said(open(folder.path(), &world)).starts_with("there is no store in"));
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let expected = format!("'{}' is not a folder; name the folder of a store", file.display());
    assert_eq!(said(open(&file, &world)), expected);
    assert_eq!(said(Store::create(&file, "", world.names.clone(), world.hops.clone())), expected);
    std::fs::write(folder.path().join(FILE), "this is no database, whatever its name says").unwrap();
    let told = said(open(folder.path(), &world));
    assert!(told.contains("is damaged") && told.contains("restore it from a copy"), "{told}");
}

#[test]
fn a_file_that_was_cut_off_is_damaged_and_an_empty_one_is_begun_anew() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    create(folder.path(), &world).commit(&Commit { windows: &counted(&world, &[world.ok(1)]), ..Commit::default() }).unwrap();
    let file = folder.path().join(FILE);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(said(open(folder.path(), &world)).contains("is damaged"));
    std::fs::write(&file, "").unwrap();
    assert!(said(open(folder.path(), &world)).contains("is damaged"));
    assert!(all(&create(folder.path(), &world)).is_empty());
}

#[test]
fn a_store_of_a_newer_format_is_refused_by_its_number() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    drop(create(folder.path(), &world));
    let database = Database::open(folder.path().join(FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(ABOUT).unwrap().insert("format", 4).unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert!(said(open(folder.path(), &world)).ends_with("is in format 4, and this steelthread reads up to 3; use a newer one"));
}

fn a_full_window(world: &World) -> Window {
    let mut verdict = world.failed(0xabc, world.hop(4), Cause::TimeoutNoServer);
    verdict.weight = Weight::from_threshold(0x8 << 52);
    verdict.slow = true;
    verdict.slow_blame = Some(crate::model::SlowBlame { hop: world.hop(1), cause: Cause::Queue });
    verdict.absorbed = vec![crate::model::Absorbed { hop: world.hop(2), kind: crate::model::AbsorbedKind::Suppressed }];
    verdict.hops.push(HopUse { calls: 2, errors: 1, retries: 1, latencies_ns: vec![5, 70], ..HopUse::new(world.hop(5)) });
    verdict.hops.push(HopUse { missing: 1, ..HopUse::new(world.hop(3)) });
    let windows = counted(world, &[verdict, world.ok(1)]);
    windows.into_iter().next().unwrap().1
}

/// Bytes as format 1 wrote them first. They must be read for ever.
const FORMAT_1: &str = include_str!("format_1.hex");

#[test]
fn a_window_that_format_1_wrote_is_still_read() {
    let world = World::default();
    let bytes: Vec<u8> = FORMAT_1.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    let mut expected = a_full_window(&world);
    // Kept since 0.2; what was written before is read without it.
    for figures in expected.hops.values_mut() {
        figures.slowest = None;
        // So is how unequal weights are; those of one execution are equal.
        figures.calls = crate::measure::Tally::of_equal_weights(figures.calls.units, figures.calls.raw);
    }
    assert_eq!(record::decode(&bytes, &world.names, &world.hops).unwrap(), expected);
}

#[test]
fn bytes_that_are_no_window_are_refused_and_never_panic() {
    let world = World::default();
    let bytes = record::encode(&a_full_window(&world), &world.names, &world.hops);
    for cut in 0..bytes.len() {
        let _ = record::decode(&bytes[..cut], &world.names, &world.hops);
        let mut flipped = bytes.clone();
        flipped[cut] ^= 0x55;
        let _ = record::decode(&flipped, &world.names, &world.hops);
    }
    assert!(record::decode(&[], &world.names, &world.hops).is_err());
    assert!(matches!(record::decode(&[2], &world.names, &world.hops), Err(record::Unreadable::Newer(2))));
}

#[test]
fn what_is_old_is_forgotten_with_its_lines() {
    let world = World::default();
    let store = Store::in_memory(world.names.clone(), world.hops.clone()).unwrap();
    let key = |at: u64| Key { slice_ns: START_NS + at * SLICE_NS, capability: world.capabilities[0] };
    let line = |at: u64| KeptLine {
        trace: TraceId(9),
        key: key(at),
        entry: crate::model::SpanId(1),
        sample: true,
        text: at.to_string(),
    };
    let verdicts = [0, 1, 2].map(|at| Verdict { end_ns: START_NS + at * SLICE_NS, ..world.ok(1) });
    let lines = [line(0), line(1), line(2)];
    store.commit(&Commit { windows: &counted(&world, &verdicts), lines: &lines, ..Commit::default() }).unwrap();
    store.forget_before(START_NS + SLICE_NS).unwrap();
    assert_eq!(all(&store), counted(&world, &verdicts[1..]));
    assert_eq!(store.lines(TraceId(9)).unwrap(), ["1", "2"]);
}

fn keeper(world: &World, folder: &Path) -> (Arc<Windows>, Keeper) {
    let windows = Arc::new(world.windows());
    (windows.clone(), Keeper::new(windows, Some(create(folder, world))))
}

/// A cut of all windows, and of this.
fn all_of(beside: Beside) -> impl FnOnce(&Windows) -> (Vec<(Key, Window)>, Beside) {
    |windows| (windows.take_closed(u64::MAX), beside)
}

fn seen(keeper: &Keeper) -> (u64, usize) {
    let (mut executions, mut windows) = (0, 0);
    keeper
        .read(0..u64::MAX, None, &mut |_, window| {
            executions += window.executions().raw;
            windows += 1;
        })
        .unwrap();
    (executions, windows)
}

#[test]
fn an_execution_counts_once_whether_its_window_is_live_or_kept_or_both() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let (windows, keeper) = keeper(&world, folder.path());
    windows.record(&world.ok(1));
    assert_eq!(seen(&keeper), (1, 1));
    let recent = Recent::default();
    let moved = keeper.keep(all_of(Beside::default()), &recent, &|_| String::new()).unwrap();
    assert_eq!((moved.len(), windows.len(), seen(&keeper)), (1, 0, (1, 1)));
    windows.record(&world.ok(2));
    assert_eq!(seen(&keeper), (2, 2));
    keeper.keep(all_of(Beside::default()), &recent, &|_| String::new()).unwrap();
    assert_eq!(seen(&keeper), (2, 1));
    assert_eq!(keeper.extent().unwrap(), Some(START_NS..START_NS + SLICE_NS));
}

#[test]
fn a_reader_never_sees_an_execution_vanish_while_windows_move() {
    let world = World::default();
    let windows = Arc::new(world.windows());
    let store = Store::in_memory(world.names.clone(), world.hops.clone()).unwrap();
    let keeper = Keeper::new(windows.clone(), Some(store));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for trace in 1..=300 {
                windows.record(&world.ok(trace));
                if trace % 3 == 0 {
                    keeper.keep(all_of(Beside::default()), &Recent::default(), &|_| String::new()).unwrap();
                }
            }
        });
        let mut before = 0;
        while !writer.is_finished() {
            let now = seen(&keeper).0;
            assert!(now >= before, "{before} were there, and now {now}");
            before = now;
        }
    });
    assert_eq!(seen(&keeper), (300, 1));
}

#[test]
fn windows_that_cannot_be_kept_are_counted_on_in_memory() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let (windows, keeper) = keeper(&world, folder.path());
    let epoch = |epoch| Beside { progress: vec![Progress { epoch, ..Progress::default() }], ..Beside::default() };
    keeper.keep(all_of(epoch(5)), &Recent::default(), &|_| String::new()).unwrap();
    windows.record(&world.ok(1));
    assert!(keeper.keep(all_of(epoch(4)), &Recent::default(), &|_| String::new()).is_err());
    assert_eq!((windows.len(), seen(&keeper)), (1, (1, 1)));
}

#[test]
fn verdicts_of_sampled_failures_are_kept_with_their_window_and_a_few_others() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let (windows, keeper) = keeper(&world, folder.path());
    let recent = Recent::default();
    let verdicts =
        (100..120).map(|trace| world.ok(trace)).chain((1..20).map(|at| world.failed(at, world.hop(0), Cause::AppError)));
    verdicts.for_each(|one| {
        windows.record(&one);
        recent.record(&one);
    });
    keeper.keep(all_of(Beside::default()), &recent, &|verdict| verdict.outcome.as_str().into()).unwrap();
    let kept: Vec<u128> = (0..200).filter(|trace| !keeper.store().unwrap().lines(TraceId(*trace)).unwrap().is_empty()).collect();
    assert_eq!(kept, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn without_a_store_old_windows_are_dropped() {
    let world = World::default();
    let windows = Arc::new(world.windows());
    let keeper = Keeper::new(windows.clone(), None);
    windows.record(&world.ok(1));
    windows.record(&Verdict { end_ns: START_NS + SLICE_NS, ..world.ok(2) });
    keeper
        .keep(|windows| (windows.take_closed(START_NS + SLICE_NS), Beside::default()), &Recent::default(), &|_| String::new())
        .unwrap();
    assert_eq!(seen(&keeper), (1, 1));
}

#[test]
fn what_a_window_says_of_its_completeness_is_read_back_and_a_correction_is_part_of_the_commit() {
    use crate::measure::{Correction, Culprit};
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path(), &world);
    let verdict = Verdict { orphans: 3, ..world.failed(5, world.hop(0), Cause::Unreachable) };
    let windows = world.windows();
    windows.record(&verdict);
    let key = Key::at(verdict.end_ns, verdict.capability);
    windows.record_late(key, 4);
    let (from, to) =
        (Culprit { hop: world.hop(0), cause: Cause::Unreachable }, Culprit { hop: world.hop(4), cause: Cause::AppError });
    let correction = Correction { from, to, weight: Weight::ONE, trace: TraceId(5), again: false };
    let line = |key| CorrectedLine { key, entry: verdict.entry_span_id, correction, text: "corrected".into() };
    let lines = [KeptLine { trace: TraceId(5), key, entry: verdict.entry_span_id, sample: true, text: "first".into() }];
    // One whose window is not there; the right one; and the same again, which finds nothing any more.
    let elsewhere = Key { slice_ns: key.slice_ns + SLICE_NS, ..key };
    let corrections = [line(elsewhere), line(key), line(key)];
    let windows = windows.take_closed(u64::MAX);
    let commit = Commit { windows: &windows, lines: &lines, corrections: &corrections, ..Commit::default() };
    assert_eq!(store.commit(&commit).unwrap(), [1]);
    drop(store);

    let store = open(folder.path(), &world).unwrap();
    let kept = all(&store);
    let window = &kept[0].1;
    assert_eq!((kept.len(), window.late, window.orphans, window.orphaned.raw, window.corrected.raw), (1, 4, 3, 1, 1));
    assert_eq!(window.hops[&world.hop(4)].trouble.as_ref().unwrap().failed().raw, 1);
    assert!(window.hops[&world.hop(0)].trouble.is_none());
    assert_eq!(store.lines(TraceId(5)).unwrap(), ["corrected"]);
}
