//! Running sums against a list of all that was added.

use super::*;
use crate::catalogue::Calendar;
use crate::measure::{SLICE_NS, Tally};
use crate::model::Weight;
use proptest::prelude::*;

const LENGTHS: [(u64, u64); 7] = [
    (5 * MINUTE_NS, SLICE_NS),
    (30 * MINUTE_NS, MINUTE_NS),
    (HOUR_NS, MINUTE_NS),
    (2 * HOUR_NS, 6 * MINUTE_NS),
    (6 * HOUR_NS, 6 * MINUTE_NS),
    (DAY_NS, HOUR_NS),
    (3 * DAY_NS, HOUR_NS),
];

/// A Monday, with some hours, minutes and seconds.
const BEGIN_NS: u64 = 1_791_194_473_000_000_000 - 1_791_194_473_000_000_000 % SLICE_NS;

fn part(good: u64, bad: u64, weighted: bool) -> Counts {
    let weight = if weighted { Weight::from_threshold(0xa0 << 48) } else { Weight::ONE };
    let tally = |times| {
        let mut tally = Tally::default();
        (0..times).for_each(|_| tally.add(weight, 1));
        tally
    };
    Counts { good: tally(good), bad: tally(bad) }
}

/// The sum of all that lies in a window that begins with a whole cell.
fn naive(added: &[(u64, Counts)], from_ns: u64, cell_ns: u64, until_ns: u64) -> Counts {
    let mut counts = Counts::default();
    let from_ns = from_ns.div_ceil(cell_ns) * cell_ns;
    for (_, part) in added.iter().filter(|(slice_ns, _)| (from_ns..until_ns).contains(slice_ns)) {
        counts += *part;
    }
    counts
}

fn period() -> impl Strategy<Value = (Period, u64)> {
    prop_oneof![
        Just((Period::Rolling(7 * DAY_NS), 3 * HOUR_NS)),
        Just((Period::Rolling(30 * DAY_NS), 12 * HOUR_NS)),
        Just((Period::Rolling(90 * DAY_NS), 36 * HOUR_NS)),
        Just((Period::Calendar(Calendar::Month), 12 * HOUR_NS)),
        Just((Period::Calendar(Calendar::Quarter), DAY_NS)),
    ]
}

/// How far time goes on before a part comes, and how late the part is: seconds to weeks.
fn steps() -> impl Strategy<Value = Vec<(u64, u64, u64, u64, bool)>> {
    let time = || (0u32..22, 0u64..1 << 22).prop_map(|(bits, any)| any >> bits);
    prop::collection::vec((time(), time(), 0u64..50, 0u64..5, prop::bool::weighted(0.1)), 1..150)
}

proptest! {
    #[test]
    fn sums_of_all_windows_are_those_of_a_list((period, cell_ns) in period(), steps in steps(), back in 0u64..30) {
        let mut sums = Sums::new(period);
        let (mut added, mut newest_ns) = (Vec::new(), BEGIN_NS);
        for (on_s, late_s, good, bad, weighted) in steps {
            newest_ns += on_s / 10 * SLICE_NS;
            let slice_ns = newest_ns.saturating_sub(late_s / 10 * SLICE_NS);
            let part = part(good, bad, weighted);
            sums.add(slice_ns, &part);
            added.push((slice_ns, part));
            let newest_ns = added.iter().filter(|(_, part)| *part != Counts::default()).map(|(slice_ns, _)| *slice_ns).max();
            let until_ns = newest_ns.unwrap_or(BEGIN_NS) + SLICE_NS - back * SLICE_NS;
            for (length_ns, cell_ns) in LENGTHS {
                prop_assert_eq!(sums.over(length_ns, until_ns), naive(&added, until_ns - length_ns, cell_ns, until_ns), "{}", length_ns);
            }
            let from_ns = period.so_far(until_ns).start;
            prop_assert_eq!(sums.in_period(until_ns), naive(&added, from_ns, cell_ns, until_ns));
        }
    }
}

#[test]
fn ten_thousand_objectives_have_room() {
    for period in [Period::Rolling(7 * DAY_NS), Period::default(), Period::Calendar(Calendar::Quarter)] {
        let mut sums = Sums::new(period);
        sums.add(BEGIN_NS, &part(1, 1, false));
        assert!(sums.bytes() <= 6_500, "{} bytes", sums.bytes());
        sums.add(BEGIN_NS, &part(1, 1, true));
        assert!(sums.bytes() <= 19_500, "{} bytes", sums.bytes());
    }
}

#[test]
fn what_was_added_first_is_known_also_if_it_comes_late() {
    let mut sums = Sums::new(Period::default());
    assert_eq!(sums.since_ns(), None);
    sums.add(BEGIN_NS, &part(1, 0, false));
    sums.add(BEGIN_NS - SLICE_NS, &part(1, 0, false));
    sums.add(BEGIN_NS - DAY_NS, &part(0, 0, false));
    assert_eq!(sums.since_ns(), Some(BEGIN_NS - SLICE_NS));
}
