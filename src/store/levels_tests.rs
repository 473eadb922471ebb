//! Windows of all lengths against a plain list of what was counted.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::levels::{LEVELS, MARKS, Marks, floor};
use super::tests::{counted, nothing};
use super::*;
use crate::measure::SLICE_NS;
use crate::measure::testing::{World, verdict};
use crate::model::{Name, Verdict};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

const SECOND_NS: u64 = 1_000_000_000;
const HOUR_NS: u64 = 3_600 * SECOND_NS;
const DAY_NS: u64 = 24 * HOUR_NS;
/// A midnight.
const BEGIN_NS: u64 = 20_000 * DAY_NS;

/// Windows that are old after hours, so that a few days hold all ages.
const BRIEF: Retention =
    Retention { slices_ns: 2 * HOUR_NS, minutes_ns: 9 * HOUR_NS, hours_ns: 3 * DAY_NS, days_ns: 2_000 * DAY_NS };

fn on(disk: &SimulatedDisk, world: &World) -> Store {
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

type Sums = BTreeMap<Name, Window>;

fn sums(store: &Store, range: Range<u64>, only: Option<Name>, look: Look) -> Sums {
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

/// Only what answers about capabilities are made of.
fn totals(mut sums: Sums) -> Sums {
    for window in sums.values_mut() {
        window.joint.clear();
        window.hops.retain(|_, figures| {
            let mut failures = figures.trouble.take();
            if let Some(failures) = &mut failures {
                **failures = crate::measure::Trouble { failures: std::mem::take(&mut failures.failures), ..Default::default() };
            }
            *figures = crate::measure::HopFigures { trouble: failures, ..Default::default() };
            figures.trouble.as_ref().is_some_and(|trouble| !trouble.failures.is_empty())
        });
    }
    sums
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
}

fn act() -> impl Strategy<Value = Act> {
    let ages = prop_oneof![3 => 0u64..3_600, 1 => 0u64..20 * 86_400];
    prop_oneof![
        4 => prop::collection::vec((verdict(), ages), 1..5).prop_map(Act::Commit),
        3 => (0u64..2 * 86_400).prop_map(Act::Wait),
        3 => prop_oneof![Just(u64::MAX), 1u64..4].prop_map(Act::Roll),
        1 => Just(Act::Reopen),
    ]
}

fn question() -> impl Strategy<Value = (Range<u64>, Look)> {
    let moment = || prop_oneof![2 => 0u64..40 * 86_400, 1 => (0u64..40).prop_map(|day| day * 86_400)];
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
                    store.commit(&Commit { windows: &windows, ..nothing() }).unwrap();
                    list.extend(windows);
                }
                Act::Wait(seconds) => now_ns += seconds * SECOND_NS,
                Act::Roll(most) => drop(store.roll_some(now_ns, &BRIEF, most).unwrap()),
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
            prop_assert_eq!(&sums(&store, range.clone(), None, look), &expected);
            for capability in &world.capabilities {
                let one: Sums = expected.iter().filter(|(name, _)| *name == capability).map(|(name, sum)| (*name, sum.clone())).collect();
                prop_assert_eq!(&sums(&store, range.clone(), Some(*capability), look), &one);
            }
        }
        if let Some(extent) = store.extent().unwrap() {
            let (all, everything) = (sums(&store, extent, None, Look::default()), sums(&store, 0..u64::MAX, None, Look::default()));
            prop_assert_eq!(&all, &everything);
            prop_assert_eq!(&all, &by_the_book(&list, &(0..u64::MAX), &marks));
        } else {
            prop_assert!(list.is_empty());
        }
    }
}
