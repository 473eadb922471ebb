//! Good and bad by cells of one length, the last so many.

use super::Counts;
use crate::measure::Tally;
use std::ops::Range;

/// What was seen in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Seen {
    good: u64,
    bad: u64,
}

/// By how much the weights of a cell exceed 1, and how unsure that makes it, for good and bad ([`Tally::units`], [`Tally::excess`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Over {
    good: u64,
    bad: u64,
    good_excess: u64,
    bad_excess: u64,
}

/// Cells by number: moment / length. A cell that is too old for the ring is forgotten when a newer one takes its place.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    /// Nanoseconds of a cell.
    pub(super) cell_ns: u64,
    /// Number after that of the newest cell; 0 while there is none.
    end: u64,
    seen: Box<[Seen]>,
    /// Most spans are not sampled: then this takes no room.
    over: Option<Box<[Over]>>,
}

impl Ring {
    pub(super) fn new(cell_ns: u64, cells: u64) -> Self {
        Self { cell_ns, end: 0, seen: vec![Seen::default(); cells as usize].into(), over: None }
    }

    /// Bytes that it takes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.seen) + self.over.as_deref().map_or(0, size_of_val)
    }

    fn place(&self, cell: u64) -> usize {
        (cell % self.seen.len() as u64) as usize
    }

    /// Adds to the cell in which this moment lies, unless that is forgotten.
    pub(super) fn add(&mut self, moment_ns: u64, counts: &Counts) {
        let cell = moment_ns / self.cell_ns;
        self.make_room(cell);
        if cell.saturating_add(self.seen.len() as u64) < self.end {
            return;
        }
        let place = self.place(cell);
        let there = &mut self.seen[place];
        there.good = there.good.saturating_add(counts.good.raw);
        there.bad = there.bad.saturating_add(counts.bad.raw);
        if counts.good.is_weighted() || counts.bad.is_weighted() {
            let cells = self.seen.len();
            let over = self.over.get_or_insert_with(|| vec![Over::default(); cells].into());
            over[place].add(counts);
        }
    }

    fn make_room(&mut self, cell: u64) {
        if cell < self.end {
            return;
        }
        let oldest = cell.saturating_sub(self.seen.len() as u64 - 1);
        for fresh in self.end.max(oldest)..=cell {
            let place = self.place(fresh);
            self.seen[place] = Seen::default();
            if let Some(over) = &mut self.over {
                over[place] = Over::default();
            }
        }
        self.end = cell + 1;
    }

    /// The sum of the cells with these numbers, as far as they are remembered.
    pub(super) fn sum(&self, cells: Range<u64>) -> Counts {
        let oldest = self.end.saturating_sub(self.seen.len() as u64);
        let (mut seen, mut over) = (Seen::default(), Over::default());
        for cell in cells.start.max(oldest)..cells.end.min(self.end) {
            let place = self.place(cell);
            seen.good = seen.good.saturating_add(self.seen[place].good);
            seen.bad = seen.bad.saturating_add(self.seen[place].bad);
            if let Some(there) = &self.over {
                over.merge(&there[place]);
            }
        }
        let tally = |raw: u64, over: u64, excess| Tally { units: (u128::from(raw) << 16) + u128::from(over), raw, excess };
        Counts { good: tally(seen.good, over.good, over.good_excess), bad: tally(seen.bad, over.bad, over.bad_excess) }
    }
}

impl Over {
    fn add(&mut self, counts: &Counts) {
        let over = |tally: &Tally| {
            let over = tally.units.saturating_sub(u128::from(tally.raw) << 16);
            u64::try_from(over).unwrap_or(u64::MAX)
        };
        self.merge(&Self {
            good: over(&counts.good),
            bad: over(&counts.bad),
            good_excess: counts.good.excess,
            bad_excess: counts.bad.excess,
        });
    }

    fn merge(&mut self, other: &Self) {
        self.good = self.good.saturating_add(other.good);
        self.bad = self.bad.saturating_add(other.bad);
        self.good_excess = self.good_excess.saturating_add(other.good_excess);
        self.bad_excess = self.bad_excess.saturating_add(other.bad_excess);
    }
}
