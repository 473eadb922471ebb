//! Which stretches of time a budget is made of: its window, without announced work, and of that what is of late.

use crate::catalogue::Maintenance;
use std::ops::Range;
use std::sync::Arc;

const DAY_NS: u64 = 86_400_000_000_000;

/// What a stretch counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The window.
    Kept,
    /// The window, and the rate of late.
    Lately,
    /// Nothing: work was announced.
    Excluded,
}

/// A window in pieces, in the order of time and without a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pieces {
    pub(super) range: Range<u64>,
    pub(super) list: Vec<(Range<u64>, Part)>,
    /// The announced work in it.
    pub(super) maintenance: Vec<Arc<Maintenance>>,
}

impl Pieces {
    /// Of late is the last day.
    pub(super) fn new(range: Range<u64>, maintenance: &[Arc<Maintenance>]) -> Self {
        let within = |one: &&Arc<Maintenance>| one.from_ns < range.end && one.to_ns > range.start;
        let maintenance: Vec<Arc<Maintenance>> = maintenance.iter().filter(within).cloned().collect();
        let mut work: Vec<Range<u64>> =
            maintenance.iter().map(|one| one.from_ns.max(range.start)..one.to_ns.min(range.end)).collect();
        work.sort_unstable_by_key(|one| one.start);
        let mut list = Vec::with_capacity(2 * work.len() + 2);
        let mut at_ns = range.start;
        for one in work {
            push(&mut list, at_ns..one.start, range.end);
            let from_ns = at_ns.max(one.start);
            if from_ns < one.end {
                list.push((from_ns..one.end, Part::Excluded));
            }
            at_ns = at_ns.max(one.end);
        }
        push(&mut list, at_ns..range.end, range.end);
        Self { range, list, maintenance }
    }

    /// How long what counts for the rate of late is, nanoseconds.
    pub(super) fn lately_ns(&self) -> u64 {
        self.list.iter().filter(|(_, part)| *part == Part::Lately).map(|(range, _)| range.end - range.start).sum()
    }
}

/// Adds a stretch without work, parted where the last day begins.
fn push(list: &mut Vec<(Range<u64>, Part)>, stretch: Range<u64>, end_ns: u64) {
    let day_ns = end_ns.saturating_sub(DAY_NS).clamp(stretch.start, stretch.end.max(stretch.start));
    for (range, part) in [(stretch.start..day_ns, Part::Kept), (day_ns..stretch.end, Part::Lately)] {
        if range.start < range.end {
            list.push((range, part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn work(from_ns: u64, to_ns: u64) -> Arc<Maintenance> {
        Arc::new(Maintenance { from_ns, to_ns, reason: String::new() })
    }

    #[test]
    fn a_window_is_parted_at_announced_work_and_where_the_last_day_begins() {
        let pieces = Pieces::new(
            DAY_NS..4 * DAY_NS,
            &[work(0, DAY_NS + 5), work(2 * DAY_NS, 2 * DAY_NS + 9), work(9 * DAY_NS, 10 * DAY_NS)],
        );
        let expected = [
            (DAY_NS..DAY_NS + 5, Part::Excluded),
            (DAY_NS + 5..2 * DAY_NS, Part::Kept),
            (2 * DAY_NS..2 * DAY_NS + 9, Part::Excluded),
            (2 * DAY_NS + 9..3 * DAY_NS, Part::Kept),
            (3 * DAY_NS..4 * DAY_NS, Part::Lately),
        ];
        assert_eq!((pieces.list.as_slice(), pieces.maintenance.len(), pieces.lately_ns()), (&expected[..], 2, DAY_NS));
    }

    proptest! {
        #[test]
        fn each_moment_of_a_window_lies_in_one_piece_that_is_what_it_should_be(
            start in 0..4 * DAY_NS, length in 1..3 * DAY_NS, works in prop::collection::vec((0..6 * DAY_NS, 1..2 * DAY_NS), 0..6),
        ) {
            let range = start..start + length;
            let works: Vec<_> = works.into_iter().map(|(from, length)| work(from, from + length)).collect();
            let pieces = Pieces::new(range.clone(), &works);
            let mut at = range.start;
            for (piece, part) in &pieces.list {
                prop_assert_eq!(piece.start, at);
                prop_assert!(piece.end > piece.start);
                at = piece.end;
                for moment in [piece.start, piece.end - 1] {
                    let expected = if works.iter().any(|one| (one.from_ns..one.to_ns).contains(&moment)) {
                        Part::Excluded
                    } else if moment + DAY_NS >= range.end {
                        Part::Lately
                    } else {
                        Part::Kept
                    };
                    prop_assert_eq!(*part, expected);
                }
            }
            prop_assert_eq!(at, range.end);
        }
    }
}
