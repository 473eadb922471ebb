//! Windows of all lengths against a plain list of what was counted.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::levels::{LEVELS, MARKS, Marks, floor};
use super::tests::counted;
use super::*;
use crate::measure::SLICE_NS;
use crate::measure::testing::{World, verdict};
use crate::model::{Name, Verdict};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

pub(super) const SECOND_NS: u64 = 1_000_000_000;
pub(super) const HOUR_NS: u64 = 3_600 * SECOND_NS;
pub(super) const DAY_NS: u64 = 24 * HOUR_NS;
/// A midnight.
pub(super) const BEGIN_NS: u64 = 20_000 * DAY_NS;

/// Windows that are old after hours, so that a few days hold all ages.
pub(super) const BRIEF: Retention =
    Retention { slices_ns: 2 * HOUR_NS, minutes_ns: 9 * HOUR_NS, hours_ns: 3 * DAY_NS, days_ns: 2_000 * DAY_NS };

pub(super) fn on(disk: &SimulatedDisk, world: &World) -> Store {
    Store::with_backend(disk.connect(), world.names.clone(), world.hops.clone()).unwrap()
}

fn marks(store: &Store) -> Marks {
    let mut marks = Marks::default();
    store
        .reading(|transaction| {
            marks = Marks::read(&transaction.open_table(MARKS)?)?;
            Ok(())
        })
        .unwrap();
    marks
}

pub(super) type Sums = BTreeMap<Name, Window>;

pub(super) fn sums(store: &Store, range: Range<u64>, only: Option<Name>, look: Look) -> Sums {
    let mut sums = Sums::new();
    let mut last = BTreeMap::new();
    store
        .read_by(range.clone(), only, look, &mut |kept, window| {
            assert!(range.contains(&kept.slice_ns) && kept.slice_ns % kept.length_ns == 0, "{kept:?} of {range:?}");
            assert!(
                last.insert(kept.capability, kept.end_ns()).is_none_or(|end| end <= kept.slice_ns),
                "{kept:?} comes too late"
            );
            sums.entry(kept.capability).or_default().merge(window);
        })
        .unwrap();
    sums
}

/// With histograms as they are in longer windows.
pub(super) fn coarse(sums: &Sums) -> Sums {
    sums.iter().map(|(name, sum)| (*name, sum.coarsened())).collect()
}

/// Only what answers about capabilities are made of.
fn totals(mut sums: Sums) -> Sums {
    for window in sums.values_mut() {
        window.joint.clear();
        window.hops.retain(|_, figures| {
            let mut failures = figures.trouble.take();
            if let Some(failures) = &mut failures {
                failures.failures.iter_mut().for_each(|(_, failures)| failures.samples.clear());
                **failures = crate::measure::Trouble { failures: std::mem::take(&mut failures.failures), ..Default::default() };
            }
            *figures = crate::measure::HopFigures { trouble: failures, ..Default::default() };
            figures.trouble.as_ref().is_some_and(|trouble| !trouble.failures.is_empty())
        });
    }
    sums
}

/// What an answer is made of.
fn asked(store: &Store, range: Range<u64>, only: Option<Name>, look: Look) -> Sums {
    let sums = coarse(&sums(store, range, only, look));
    if look.totals { totals(sums) } else { sums }
}

/// The sums of a range by the book: each slice starts where the shortest window that still holds it does.
fn by_the_book(list: &[(Key, Window)], range: &Range<u64>, marks: &Marks) -> Sums {
    let mut sums = Sums::new();
    for (key, window) in list {
        let level = (0..3).find(|level| key.slice_ns >= marks.dropped[*level]).unwrap_or(3);
        if range.contains(&floor(key.slice_ns, LEVELS[level].length_ns)) {
            sums.entry(key.capability).or_default().merge(window);
        }
    }
    sums
}

#[derive(Debug, Clone)]
enum Act {
    /// Executions that end so many seconds before now, or in the last hour.
    Commit(Vec<(Verdict, u64)>),
    /// Time goes on, seconds.
    Wait(u64),
    Roll(u64),
    Reopen,
    Compact,
}

fn act() -> impl Strategy<Value = Act> {
    let ages = prop_oneof![3 => 0u64..3_600, 1 => 0u64..20 * 86_400];
    prop_oneof![
        4 => prop::collection::vec((verdict(), ages), 1..5).prop_map(Act::Commit),
        3 => (0u64..2 * 86_400).prop_map(Act::Wait),
        3 => prop_oneof![Just(u64::MAX), 1u64..4].prop_map(Act::Roll),
        1 => (0u64..40 * 86_400).prop_map(Act::Wait),
        1 => Just(Act::Reopen),
        1 => Just(Act::Compact),
    ]
}

fn question() -> impl Strategy<Value = (Range<u64>, Look)> {
    let moment = || prop_oneof![2 => 0u64..40 * 86_400, 2 => (0u64..40).prop_map(|day| day * 86_400), 1 => 0u64..160 * 86_400, 1 => (0u64..160).prop_map(|day| day * 86_400)];
    let at_most = prop_oneof![Just(0), Just(SLICE_NS), Just(60 * SECOND_NS), Just(HOUR_NS), Just(DAY_NS), Just(u64::MAX)];
    (moment(), moment(), at_most, any::<bool>()).prop_map(|(one, other, at_most_ns, totals)| {
        let at = |seconds: u64| BEGIN_NS - 20 * DAY_NS + seconds * SECOND_NS;
        (at(one.min(other))..at(one.max(other)), Look { at_most_ns, totals })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_range_looked_at_in_any_way_has_the_sums_of_a_plain_list(
        acts in prop::collection::vec(act(), 1..25),
        questions in prop::collection::vec(question(), 12),
    ) {
        let (world, disk) = (World::default(), SimulatedDisk::default());
        let mut store = on(&disk, &world);
        let (mut now_ns, mut list) = (BEGIN_NS, Vec::new());
        for act in acts {
            match act {
                Act::Commit(verdicts) => {
                    let aged = verdicts.into_iter().map(|(one, age)| Verdict { end_ns: now_ns - age * SECOND_NS, ..one });
                    let windows = counted(&world, &aged.collect::<Vec<_>>());
                    store.commit(&Commit { windows: &windows, ..Commit::default() }).unwrap();
                    list.extend(windows);
                }
                Act::Wait(seconds) => now_ns += seconds * SECOND_NS,
                Act::Roll(most) => drop(store.roll_some(now_ns, &BRIEF, most).unwrap()),
                Act::Compact => drop(store.compact(&mut |_| ()).unwrap()),
                Act::Reopen => {
                    drop(store);
                    store = on(&disk, &world);
                }
            }
        }
        let marks = marks(&store);
        for (range, look) in questions {
            let mut expected = by_the_book(&list, &range, &marks);
            if look.totals {
                expected = totals(expected);
            }
            expected = coarse(&expected);
            prop_assert_eq!(&asked(&store, range.clone(), None, look), &expected);
            for capability in &world.capabilities {
                let one: Sums = expected.iter().filter(|(name, _)| *name == capability).map(|(name, sum)| (*name, sum.clone())).collect();
                prop_assert_eq!(&asked(&store, range.clone(), Some(*capability), look), &one);
            }
        }
        if let Some(extent) = store.extent().unwrap() {
            let (all, everything) = (sums(&store, extent, None, Look::default()), sums(&store, 0..u64::MAX, None, Look::default()));
            prop_assert_eq!(coarse(&all), coarse(&everything));
            prop_assert_eq!(coarse(&all), coarse(&by_the_book(&list, &(0..u64::MAX), &marks)));
        } else {
            prop_assert!(list.is_empty());
        }
    }
}

/// A store with an execution of a capability each minute of these days, and its figures in short.
pub(super) fn days(store: &Store, world: &World, days: u64) {
    for day in 0..days {
        let at = |minute: u64| BEGIN_NS + day * DAY_NS + minute * 60 * SECOND_NS;
        let verdicts: Vec<Verdict> = (0..1_440).map(|minute| Verdict { end_ns: at(minute), ..world.ok(1) }).collect();
        store.commit(&Commit { windows: &counted(world, &verdicts), ..Commit::default() }).unwrap();
    }
}

/// How many windows of which length are shown of a range.
fn lengths(store: &Store, range: Range<u64>, at_most_ns: u64) -> BTreeMap<u64, u64> {
    let mut lengths = BTreeMap::new();
    store
        .read_by(range, None, Look { at_most_ns, totals: true }, &mut |kept, _| {
            *lengths.entry(kept.length_ns / SECOND_NS).or_default() += 1
        })
        .unwrap();
    lengths
}

#[test]
fn windows_become_longer_with_age_and_end_with_their_retention() {
    let (world, disk) = (World::default(), SimulatedDisk::default());
    let store = on(&disk, &world);
    days(&store, &world, 5);
    let (end_ns, all) = (BEGIN_NS + 5 * DAY_NS, 0..u64::MAX);
    assert_eq!(lengths(&store, all.clone(), u64::MAX), [(10, 7_200)].into());
    assert!(store.roll(u64::MAX, &BRIEF).unwrap().done);
    // The newest slice ends 50 s before midnight. Slices go by the hour, as do minutes; hours go by the day.
    assert_eq!(lengths(&store, all.clone(), 0), [(10, 3 * 60), (60, 7 * 60), (3_600, 3 * 24 + 14), (86_400, 1)].into());
    // What is younger than a quarter of an hour is not summed up.
    assert_eq!(lengths(&store, all.clone(), u64::MAX), [(10, 16), (60, 44), (3_600, 23), (86_400, 4)].into());
    assert_eq!(lengths(&store, BEGIN_NS + 1..end_ns, HOUR_NS)[&3_600], 3 * 24 + 23);
    assert_eq!(store.extent().unwrap(), Some(BEGIN_NS..end_ns - 50 * SECOND_NS));
    let again = store.roll(u64::MAX, &BRIEF).unwrap();
    assert_eq!((again.transactions, again.done), (0, true));
}
