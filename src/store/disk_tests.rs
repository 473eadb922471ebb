//! Power cuts, full disks, copies, and windows that come when theirs are packed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::levels::LEVELS;
use super::levels_tests::{BEGIN_NS, BRIEF, DAY_NS, HOUR_NS, SECOND_NS, coarse, days, on, sums};
use super::tests::{all, counted, create, open};
use super::*;
use crate::measure::Recent;
use crate::measure::testing::{World, verdict};
use crate::model::{TraceId, Verdict};
use proptest::prelude::*;
use redb::{Database, ReadableDatabase, TableHandle};
use std::io;

fn everything(store: &Store) -> std::collections::BTreeMap<Name, Window> {
    coarse(&sums(store, 0..u64::MAX, None, Look::default()))
}

fn summed(list: &[(Key, Window)]) -> std::collections::BTreeMap<Name, Window> {
    let mut sums = std::collections::BTreeMap::<Name, Window>::new();
    list.iter().for_each(|(key, window)| sums.entry(key.capability).or_default().merge(window));
    coarse(&sums)
}

/// Executions in the first minutes of a day.
fn early(world: &World, day: u64, traces: std::ops::Range<u128>) -> Vec<(Key, Window)> {
    let end_ns = BEGIN_NS + day * DAY_NS + 90 * SECOND_NS;
    counted(world, &traces.map(|trace| Verdict { end_ns, ..world.ok(trace) }).collect::<Vec<_>>())
}

fn loose(store: &Store) -> Vec<u64> {
    store.sizes().unwrap().iter().map(|size| size.loose).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_power_cut_leaves_each_commit_whole_or_not_at_all_and_keeps_what_was_acknowledged(
        steps in prop::collection::vec((prop::collection::vec((verdict(), 0u64..3 * 86_400), 1..4), any::<bool>(), 1u64..60), 4..12),
        seed: u64,
    ) {
        let (world, disk) = (World::default(), SimulatedDisk::default());
        let mut store = on(&disk, &world);
        let (mut now_ns, mut list, mut cuts) = (BEGIN_NS, Vec::new(), 0);
        for (at, (verdicts, roll, changes)) in steps.into_iter().enumerate() {
            now_ns += 9 * HOUR_NS;
            let aged = verdicts.into_iter().map(|(one, age)| Verdict { end_ns: now_ns - age * SECOND_NS, ..one });
            let windows = counted(&world, &aged.collect::<Vec<_>>());
            disk.cut_power_after(changes);
            let committed = store.commit(&Commit { windows: &windows, ..Commit::default() });
            let with_these = [&list[..], &windows[..]].concat();
            if committed.is_ok() {
                list = with_these.clone();
                if roll {
                    let _ = store.roll(now_ns, &BRIEF);
                }
            }
            drop(store);
            disk.power_up(seed.wrapping_add(at as u64));
            store = on(&disk, &world);
            let found = everything(&store);
            if committed.is_err() && found == summed(&with_these) {
                // It was safe before the answer came.
                list = with_these;
            }
            cuts += u32::from(committed.is_err());
            prop_assert_eq!(&found, &summed(&list), "after {} cuts", cuts);
        }
        store.roll(now_ns, &BRIEF).unwrap();
        prop_assert_eq!(everything(&store), summed(&list));
    }
}

#[test]
fn a_full_disk_is_told_and_takes_nothing_away() {
    let (world, disk) = (World::default(), SimulatedDisk::default());
    let store = on(&disk, &world);
    days(&store, &world, 1);
    let before = everything(&store);
    disk.limit(Some(disk.bytes()));
    let told = (1..100).find_map(|_| {
        let verdicts =
            (0..3_000).map(|slice| Verdict { end_ns: BEGIN_NS + DAY_NS + slice * 10 * SECOND_NS, ..world.ok(slice.into()) });
        let windows = counted(&world, &verdicts.collect::<Vec<_>>());
        store.commit(&Commit { windows: &windows, ..Commit::default() }).err()
    });
    let told = told.unwrap().to_string();
    assert!(told.contains("no storage space; make room on its disk"), "{told}");
    drop(store);
    let store = on(&disk, &world);
    assert_eq!(everything(&store), before);
    disk.limit(None);
    store.commit(&Commit { windows: &early(&world, 1, 1..2), ..Commit::default() }).unwrap();
    assert!(store.roll(u64::MAX, &BRIEF).unwrap().done);
}

#[test]
fn what_the_system_refuses_is_told_with_what_to_do() {
    let folder = std::path::Path::new("here");
    let told = |kind: io::ErrorKind| StoreError::io(folder, &kind.into()).to_string();
    assert!(
        told(io::ErrorKind::PermissionDenied).ends_with("give the user who runs steelthread the right to read and write there")
    );
    assert!(told(io::ErrorKind::ReadOnlyFilesystem).ends_with("name a folder that can be written"));
    assert!(told(io::ErrorKind::StorageFull).ends_with("make room on its disk"));
}

#[test]
fn what_comes_late_lies_beside_its_block_until_the_store_is_compacted() {
    let (world, disk) = (World::default(), SimulatedDisk::default());
    let mut store = on(&disk, &world);
    days(&store, &world, 2);
    store.roll(u64::MAX, &Retention::default()).unwrap();
    let before = loose(&store);
    assert!(before[0] <= 60 && before[1] <= 60 && before[2] <= 24, "{before:?}");
    let second = early(&world, 0, 7..9);
    store.commit(&Commit { windows: &second, ..Commit::default() }).unwrap();
    store.roll(u64::MAX, &Retention::default()).unwrap();
    // The day itself was never packed, so it is not one more there.
    assert_eq!(loose(&store), [before[0] + 1, before[1] + 1, before[2] + 1, before[3]]);
    let minute = BEGIN_NS + 60 * SECOND_NS..BEGIN_NS + 120 * SECOND_NS;
    let figures = |store: &Store| {
        let looks = [10, 60, 3_600].map(|seconds| Look { at_most_ns: seconds * SECOND_NS, totals: seconds == 60 });
        let executions = |look| sums(store, minute.clone(), None, look)[&world.capabilities[0]].executions().raw;
        (looks.map(executions), everything(store))
    };
    let beside = figures(&store);
    assert_eq!(beside.0, [3, 3, 3]);
    let compacted = store.compact(&mut |_| ()).unwrap();
    assert_eq!(compacted.packed, 3);
    assert_eq!((loose(&store), figures(&store)), (before, beside));
}

#[test]
fn what_is_older_than_short_windows_goes_only_to_longer_ones() {
    let (world, disk) = (World::default(), SimulatedDisk::default());
    let store = on(&disk, &world);
    days(&store, &world, 9);
    store.roll(u64::MAX, &BRIEF).unwrap();
    let before = loose(&store);
    store.commit(&Commit { windows: &early(&world, 1, 1..4), ..Commit::default() }).unwrap();
    assert_eq!(loose(&store), before);
    let day = BEGIN_NS + DAY_NS..BEGIN_NS + 2 * DAY_NS;
    assert_eq!(sums(&store, day, None, Look::default())[&world.capabilities[0]].executions().raw, 1_443);
    // Ten years before anything.
    let ancient = counted(&world, &[Verdict { end_ns: BEGIN_NS - 3_650 * DAY_NS, ..world.ok(1) }]);
    store.commit(&Commit { windows: &ancient, ..Commit::default() }).unwrap();
    assert_eq!(loose(&store)[3], before[3] + 1);
    assert_eq!(store.extent().unwrap().unwrap().start, BEGIN_NS - 3_650 * DAY_NS);
    store.roll(u64::MAX, &BRIEF).unwrap();
    assert_eq!(store.extent().unwrap().unwrap().start, BEGIN_NS);
}

#[test]
fn a_change_reaches_a_window_at_every_level_packed_or_loose() {
    let (world, disk) = (World::default(), SimulatedDisk::default());
    let store = on(&disk, &world);
    days(&store, &world, 2);
    let skew = |hours: u64| {
        let key = Key { slice_ns: BEGIN_NS + hours * HOUR_NS, capability: world.capabilities[0] };
        let mut changed = false;
        store
            .writing(|transaction| {
                changed = store.change(transaction, key, &|window| {
                    window.skewed += 1;
                    true
                })?;
                Ok(())
            })
            .unwrap();
        let of = |at_most_ns| sums(&store, 0..u64::MAX, None, Look { at_most_ns, totals: true })[&world.capabilities[0]].skewed;
        (changed, [10, 60, 3_600, 86_400].map(|seconds| of(seconds * SECOND_NS)))
    };
    assert_eq!(skew(3), (true, [1; 4]));
    store.roll(u64::MAX, &Retention::default()).unwrap();
    assert_eq!(skew(3), (true, [2; 4]));
    // One part of this minute is packed, the other one came late.
    store.commit(&Commit { windows: &early(&world, 0, 7..9), ..Commit::default() }).unwrap();
    assert_eq!(skew(0), (true, [3; 4]));
    assert_eq!(skew(47), (true, [4; 4]));
    assert_eq!(skew(70), (false, [4; 4]));
}

#[test]
fn lines_of_samples_stay_as_long_as_minutes_and_others_as_long_as_slices() {
    let (world, disk) = (World::default(), SimulatedDisk::default());
    let store = on(&disk, &world);
    let line = |trace: u128, hours: u64, sample| KeptLine {
        trace: TraceId(trace),
        key: Key { slice_ns: BEGIN_NS + hours * HOUR_NS, capability: world.capabilities[0] },
        entry: SpanId(1),
        sample,
        text: "line".into(),
    };
    let lines = [line(1, 0, true), line(2, 0, false), line(3, 20, true), line(4, 20, false), line(5, 23, false)];
    store.commit(&Commit { lines: &lines, ..Commit::default() }).unwrap();
    days(&store, &world, 1);
    store.roll(u64::MAX, &BRIEF).unwrap();
    let kept = [1, 2, 3, 4, 5].map(|trace| store.lines(TraceId(trace)).unwrap().len());
    assert_eq!(kept, [0, 0, 1, 0, 1]);
}

#[test]
fn a_copy_is_the_whole_store_of_one_moment_and_never_written_over_anything() {
    let world = World::default();
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = create(folder.path(), &world);
    days(&store, &world, 2);
    store.roll(u64::MAX, &BRIEF).unwrap();
    let (copy, before) = (other.path().join(super::tables::FILE), all(&store));
    std::fs::write(other.path().join("steelthread.redb.part"), "what a crash has left").unwrap();
    store.backup(&copy).unwrap();
    store.commit(&Commit { windows: &early(&world, 2, 1..3), ..Commit::default() }).unwrap();
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 1);
    let told = store.backup(&copy).unwrap_err().to_string();
    assert!(told.ends_with("it is there already; name a new file, or remove this one first"), "{told}");
    let told = store.backup(&other.path().join("nowhere/copy")).unwrap_err().to_string();
    assert!(told.contains("a backup cannot be written to") && told.contains("nowhere/copy"), "{told}");
    assert_eq!(all(&open(other.path(), &world).unwrap()), before);
    drop(store);
    let tables = |path: &std::path::Path| {
        let database = Database::open(path).unwrap();
        let read = database.begin_read().unwrap();
        let mut names: Vec<String> = read.list_tables().unwrap().map(|table| table.name().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(tables(&copy), tables(&folder.path().join(super::tables::FILE)));
    assert!(tables(&copy).len() > 3 * LEVELS.len());
}

/// Also where the disk has written all of a commit, and fails then.
#[test]
fn an_execution_counts_once_at_whatever_change_the_disk_fails_and_whatever_of_it_is_there_afterwards() {
    let mut there_all_the_same = 0;
    for (changes, seed) in (1..25).flat_map(|changes| (0..4).map(move |seed| (changes, seed))) {
        let (world, disk) = (World::default(), SimulatedDisk::default());
        let mut store = on(&disk, &world);
        let comes_back = disk.clone();
        store.again_on(move || {
            comes_back.power_up(seed);
            comes_back.connect()
        });
        let windows = std::sync::Arc::new(world.windows());
        let keeper = Keeper::new(windows.clone(), Some(store));
        for commit in 1..4 {
            windows.record(&world.ok(commit));
            if commit == 2 {
                disk.cut_power_after(changes);
            }
            let progress = vec![crate::journal::Progress { epoch: 1, time_ns: commit as u64, ..Default::default() }];
            let beside = Beside { progress, ..Beside::default() };
            let kept = keeper.keep(|windows| (windows.take_closed(u64::MAX), beside), &Recent::default(), &|_| String::new());
            let mut executions = 0;
            keeper.read(0..u64::MAX, None, &mut |_, window| executions += window.executions().raw).unwrap();
            assert_eq!(u128::from(executions), commit, "commit {commit}, cut after {changes}, {seed}: {:?}", kept.is_ok());
            there_all_the_same += u32::from(commit == 2 && kept.is_ok() && disk.was_cut());
        }
    }
    assert!(there_all_the_same > 0);
}
