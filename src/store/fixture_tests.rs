//! Stores as older versions left them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::block::load::Load;
use super::tests::*;
use super::*;
use crate::measure::SLICE_NS;
use crate::measure::testing::{START_NS, World};
use crate::model::{Cause, Fate, Fates, TraceId, Verdict, Weight};

/// What was put into the fixtures: in each of 3 slices, a minute apart, 2 executions that are ok, one that failed at `card-network` for
/// `timeout_no_server` (in the last slice with weight 2) of `book-flight`, and one ok of `search`.
fn executions(world: &World) -> Vec<Verdict> {
    let mut all = Vec::new();
    for slice in 0..3 {
        let end_ns = START_NS + slice * 6 * SLICE_NS + 5;
        let trace = u128::from(slice) * 10;
        all.extend([1, 2].map(|at| Verdict { end_ns, ..world.ok(trace + at) }));
        let weight = if slice == 2 { Weight::from_threshold(0x8 << 52) } else { Weight::ONE };
        all.push(Verdict { end_ns, weight, ..world.failed(trace + 3, world.hop(4), Cause::TimeoutNoServer) });
        all.push(Verdict { end_ns, capability: world.capabilities[2], ..world.ok(trace + 4) });
    }
    all
}

fn progress() -> Progress {
    Progress { partition: 2, epoch: 4, resume_offset: 90, next_offset: 100, time_ns: 0, closed: vec![TraceId(77)] }
}

fn fill(store: &Store, world: &World) {
    let windows = counted(world, &executions(world));
    let line = |slice: u64, sample: bool| KeptLine {
        trace: TraceId(u128::from(slice) * 10 + 3),
        key: Key { slice_ns: START_NS + slice * 6 * SLICE_NS, capability: world.capabilities[0] },
        entry: crate::model::SpanId(7),
        sample,
        text: format!("{{\"slice\":{slice}}}"),
    };
    let mut fates = Fates::default();
    fates[Fate::Measured] = 12;
    fates[Fate::Unmatched] = 5;
    let typo = world.names.intern(b"bok-flight");
    let commit = Commit {
        corrections: &[],
        windows: &windows,
        progress: &[progress()],
        fates,
        unknown_capabilities: &[(typo, 6)],
        lines: &[line(0, true), line(1, true), line(2, false)],
        map: None,
    };
    store.commit(&commit).unwrap();
}

/// What is in the fixtures, whoever wrote them.
fn assert_all_is_there(store: &Store, world: &World) {
    let mut told = Vec::new();
    store
        .read(0..u64::MAX, None, &mut |key, window| {
            let card = window.hops.get(&world.hop(4)).and_then(|figures| figures.trouble.as_ref());
            let failures = card.map_or((0, 0.0, vec![]), |trouble| {
                let (cause, failures) = &trouble.failures[0];
                assert_eq!((*cause, trouble.failures.len()), (Cause::TimeoutNoServer, 1));
                (failures.count.raw, failures.count.count(), failures.samples.clone())
            });
            let (calls, ok) = (window.hops[&world.hop(0)].calls.raw, window.durations.histogram.units() >> 16);
            assert_eq!(window.durations.largest(), Some(100_000_000));
            let slice = (key.slice_ns - START_NS) / SLICE_NS;
            told.push((slice, world.names.text(key.capability).to_owned(), calls, ok, failures));
        })
        .unwrap();
    let flight = |slice, failed, trace| (slice, "book-flight".to_owned(), 3, 2, (1, failed, vec![TraceId(trace)]));
    let search = |slice| (slice, "search".to_owned(), 1, 1, (0, 0.0, vec![]));
    assert_eq!(told, [flight(0, 1.0, 3), search(0), flight(6, 1.0, 13), search(6), flight(12, 2.0, 23), search(12)]);
    let lines = [3, 13, 23].map(|trace| store.lines(TraceId(trace)).unwrap());
    assert_eq!(lines, [0, 1, 2].map(|slice| vec![format!("{{\"slice\":{slice}}}")]));
    let fates = store.fates().unwrap();
    assert_eq!((fates[Fate::Measured], fates[Fate::Unmatched], fates.received()), (12, 5, 17));
    assert_eq!(store.unknown_capabilities().unwrap(), [("bok-flight".to_owned(), 6)].into());
    if store.format == super::tables::FORMAT {
        assert_eq!(store.progress().unwrap(), [progress()]);
    }
    assert_eq!(store.map().unwrap(), "the map");
    assert_eq!(store.extent().unwrap(), Some(START_NS..START_NS + 13 * SLICE_NS));
}

/// A store with windows of every length, loose and packed: 70 days of an execution an hour, which fails at `card-network` at midnight.
fn fill_years(store: &Store, world: &World) {
    for day in 0..70 {
        let of_hour = |hour: u64| {
            let end_ns = (20_000 * 24 + day * 24 + hour) * 3_600_000_000_000;
            let trace = u128::from(day * 24 + hour + 1);
            match hour {
                0 => Verdict { end_ns, ..world.failed(trace, world.hop(4), Cause::Unreachable) },
                _ => Verdict { end_ns, ..world.ok(trace) },
            }
        };
        let windows = counted(world, &(0..24).map(of_hour).collect::<Vec<_>>());
        store.commit(&Commit { windows: &windows, ..Commit::default() }).unwrap();
    }
    let retention = Retention { slices_ns: 172_800_000_000_000, minutes_ns: 10 * 86_400_000_000_000, ..Retention::default() };
    store.roll(u64::MAX, &retention).unwrap();
    // Late: beside what is packed.
    let late = Verdict { end_ns: 20_068 * 86_400_000_000_000, ..world.ok(9_000) };
    store.commit(&Commit { windows: &counted(world, &[late]), ..Commit::default() }).unwrap();
}

fn assert_years_are_there(store: &Store, world: &World) {
    let (from_ns, day_ns) = (20_000 * 86_400_000_000_000, 86_400_000_000_000);
    for at_most_ns in [SLICE_NS, 60_000_000_000, 3_600_000_000_000, day_ns] {
        let mut days = [(0, 0, 0); 70];
        let range = from_ns..from_ns + 70 * day_ns;
        store
            .read_by(range, Some(world.capabilities[0]), Look { at_most_ns, totals: false }, &mut |kept, window| {
                let card = window.hops.get(&world.hop(4)).and_then(|figures| figures.trouble.as_ref());
                let day = &mut days[((kept.slice_ns - from_ns) / day_ns) as usize];
                day.0 += window.executions().raw;
                day.1 += window.durations.histogram.units() >> 16;
                day.2 += card.map_or(0, |trouble| trouble.failed().raw);
            })
            .unwrap();
        for (day, figures) in days.into_iter().enumerate() {
            let late = u64::from(day == 68);
            assert_eq!(figures, (24 + late, u128::from(23 + late), 1), "day {day} in windows of {at_most_ns} ns");
        }
    }
    let sizes = store.sizes().unwrap();
    assert!(sizes.iter().all(|size| size.loose > 0 && size.blocks > 0), "{sizes:?}");
}

/// Hours of a capability with thirty hops, whose blocks are too long for one piece: two days of them packed, and an hour loose.
fn long_hours(world: &World) -> Vec<(u64, Window)> {
    Load { per_minute: 1.0, gaps: true, paired: false }.windows(world, HOUR_NS, 49)
}

const HOUR_NS: u64 = 3_600_000_000_000;

fn fill_long(store: &Store, world: &World) {
    let key = |slice_ns: u64| Key { slice_ns, capability: world.capabilities[0] };
    let windows: Vec<(Key, Window)> = long_hours(world).into_iter().map(|(start_ns, window)| (key(start_ns), window)).collect();
    store.commit(&Commit { windows: &windows, ..Commit::default() }).unwrap();
    store.roll(u64::MAX, &Retention { slices_ns: 0, minutes_ns: 0, ..Retention::default() }).unwrap();
}

fn assert_long_is_there(store: &Store, world: &World) {
    let expected: Vec<(u64, u64, usize)> = long_hours(world)
        .iter()
        .map(|(start_ns, window)| (start_ns / HOUR_NS, window.executions().raw, window.hops.len()))
        .collect();
    let mut told = Vec::new();
    let look = Look { at_most_ns: HOUR_NS, totals: false };
    store
        .read_by(0..u64::MAX, Some(world.capabilities[0]), look, &mut |kept, window| {
            assert!(window.hops.values().all(|figures| figures.latency.histogram.units() >> 16 == u128::from(figures.calls.raw)));
            told.push((kept.slice_ns / HOUR_NS, window.executions().raw, window.hops.len()));
        })
        .unwrap();
    assert_eq!(told, expected);
    let pieces = store
        .reading(|transaction| Ok(redb::ReadableTableMetadata::len(&transaction.open_table(super::levels::LEVELS[2].pieces)?)?))
        .unwrap();
    assert!(pieces >= 2, "{pieces} pieces");
}

/// Of each window: executions of all callers, and failures that came by their calls.
fn ways(windows: impl Iterator<Item = (u64, Window)>) -> Vec<(u64, u64, u64)> {
    let of_window = |(start_ns, window): (u64, Window)| {
        let mut sum = (start_ns / HOUR_NS, 0, 0);
        for (_, calls) in window.hops.values().flat_map(|figures| &figures.callers) {
            sum.1 += calls.executions.raw;
            sum.2 += calls.ways.as_ref().map_or(0, |ways| ways.failures.raw);
        }
        sum
    };
    windows.map(of_window).collect()
}

/// A day of hours packed, and an hour loose, with calls by which failures came.
fn hours_with_ways(world: &World) -> Vec<(u64, Window)> {
    Load { per_minute: 0.3, gaps: true, paired: false }.windows(world, HOUR_NS, 25)
}

fn fill_ways(store: &Store, world: &World) {
    let key = |slice_ns: u64| Key { slice_ns, capability: world.capabilities[0] };
    let windows: Vec<(Key, Window)> =
        hours_with_ways(world).into_iter().map(|(start_ns, window)| (key(start_ns), window)).collect();
    store.commit(&Commit { windows: &windows, ..Commit::default() }).unwrap();
    store.roll(u64::MAX, &Retention { slices_ns: 0, minutes_ns: 0, ..Retention::default() }).unwrap();
}

fn assert_ways_are_there(store: &Store, world: &World) {
    let expected = ways(hours_with_ways(world).into_iter());
    assert!(expected.iter().all(|(_, executions, _)| *executions > 0) && expected.iter().any(|(_, _, failures)| *failures > 0));
    let mut told = Vec::new();
    let look = Look { at_most_ns: HOUR_NS, totals: false };
    let mut take = |kept: Kept, window: &Window| told.push((kept.slice_ns, window.clone()));
    store.read_by(0..u64::MAX, Some(world.capabilities[0]), look, &mut take).unwrap();
    assert_eq!(ways(told.into_iter()), expected);
}

/// A folder with a store as it was written.
fn left_behind(packed: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(super::tables::FILE), zstd::decode_all(packed).unwrap()).unwrap();
    folder
}

/// Written by the code of format 1, before 0.1 was out. Keep it and this test for ever: stores of users look like this.
const FORMAT_1: &[u8] = include_bytes!("fixtures/format_1.redb.zst");
/// Written by the code that made format 2. Keep both and their test for ever: stores of users look like this.
const FORMAT_2: &[u8] = include_bytes!("fixtures/format_2.redb.zst");
const FORMAT_2_YEARS: &[u8] = include_bytes!("fixtures/format_2_years.redb.zst");
/// Written by the code that made format 3. Keep them and their test for ever: stores of users look like this.
const FORMAT_3_YEARS: &[u8] = include_bytes!("fixtures/format_3_years.redb.zst");
const FORMAT_3_LONG: &[u8] = include_bytes!("fixtures/format_3_long.redb.zst");
/// The same format; the code that first counted by which calls failures come wrote it. Keep it and its test for ever.
const FORMAT_3_WAYS: &[u8] = include_bytes!("fixtures/format_3_ways.redb.zst");

#[test]
fn a_store_of_format_1_is_asked_as_it_is_and_written_to_only_once_it_is_upgraded() {
    let world = World::default();
    let folder = left_behind(FORMAT_1);
    for _ in 0..2 {
        let store = open(folder.path(), &world).unwrap();
        assert_all_is_there(&store, &world);
        let told = store.commit(&Commit::default()).unwrap_err().to_string();
        assert!(told.ends_with("is in format 1: it can be asked, but not written to; serve --store or analyze --store bring it to format 3 when they open it"), "{told}");
        assert_eq!(store.longest_ns(&(0..u64::MAX)).unwrap(), SLICE_NS);
    }
    assert_all_is_there(&create(folder.path(), &world), &world);
    assert_all_is_there(&open(folder.path(), &world).unwrap(), &world);
    let store = create(folder.path(), &world);
    store.roll(u64::MAX, &Retention { slices_ns: 0, minutes_ns: 0, ..Retention::default() }).unwrap();
    store.commit(&Commit { windows: &counted(&world, &executions(&world)), ..Commit::default() }).unwrap();
    let mut executions = 0;
    store.read(0..u64::MAX, None, &mut |_, window| executions += window.executions().raw).unwrap();
    assert_eq!(executions, 24);
}

#[test]
fn a_store_of_format_2_is_read_for_ever() {
    let world = World::default();
    let folder = left_behind(FORMAT_2);
    assert_all_is_there(&open(folder.path(), &world).unwrap(), &world);
    assert_all_is_there(&create(folder.path(), &world), &world);
    let folder = left_behind(FORMAT_2_YEARS);
    assert_years_are_there(&open(folder.path(), &world).unwrap(), &world);
    let mut store = create(folder.path(), &world);
    store.roll(u64::MAX, &Retention::default()).unwrap();
    store.compact(&mut |_| ()).unwrap();
    store.commit(&Commit::default()).unwrap();
    drop(store);
    let store = open(folder.path(), &world).unwrap();
    assert_eq!(store.extent().unwrap().unwrap().start, 20_000 * 86_400_000_000_000);
}

#[test]
fn a_store_of_format_2_is_asked_as_it_is_and_written_to_only_once_it_is_upgraded() {
    let world = World::default();
    let folder = left_behind(FORMAT_2_YEARS);
    let store = open(folder.path(), &world).unwrap();
    let told = store.commit(&Commit::default()).unwrap_err().to_string();
    assert!(told.contains("is in format 2: it can be asked, but not written to"), "{told}");
    assert!(store.sizes().unwrap().iter().all(|size| size.blocks > 0));
    drop(store);
    assert_years_are_there(&create(folder.path(), &world), &world);
    let store = open(folder.path(), &world).unwrap();
    assert_years_are_there(&store, &world);
    store.commit(&Commit::default()).unwrap();
}

#[test]
fn a_store_of_format_3_is_read_for_ever() {
    let world = World::default();
    let folder = left_behind(FORMAT_3_YEARS);
    assert_years_are_there(&open(folder.path(), &world).unwrap(), &world);
    assert_years_are_there(&create(folder.path(), &world), &world);
    let folder = left_behind(FORMAT_3_LONG);
    assert_long_is_there(&open(folder.path(), &world).unwrap(), &world);
    assert_long_is_there(&create(folder.path(), &world), &world);
    let folder = left_behind(FORMAT_3_WAYS);
    assert_ways_are_there(&open(folder.path(), &world).unwrap(), &world);
    assert_ways_are_there(&create(folder.path(), &world), &world);
}

#[test]
fn what_is_written_today_is_what_the_fixtures_hold() {
    let world = World::default();
    let folder = tempfile::tempdir().unwrap();
    fill(&create(folder.path(), &world), &world);
    assert_all_is_there(&open(folder.path(), &world).unwrap(), &world);
    let folder = tempfile::tempdir().unwrap();
    fill_years(&create(folder.path(), &world), &world);
    assert_years_are_there(&open(folder.path(), &world).unwrap(), &world);
    let folder = tempfile::tempdir().unwrap();
    fill_long(&create(folder.path(), &world), &world);
    assert_long_is_there(&open(folder.path(), &world).unwrap(), &world);
    let folder = tempfile::tempdir().unwrap();
    fill_ways(&create(folder.path(), &world), &world);
    assert_ways_are_there(&open(folder.path(), &world).unwrap(), &world);
}
