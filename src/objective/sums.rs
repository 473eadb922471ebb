//! Good and bad of one objective over all the lengths of time that somebody asks for, as windows come in.
//!
//! Alerts look at windows of five minutes to three days, and at the period of the objective, again and again. So what comes in is added
//! to cells of five lengths, and a window is a sum of some sixty cells: long ones first, shorter ones for what is left at its newer
//! end. At its older end a window begins with a whole cell, so it may be up to a sixtieth (the two hours: a twentieth, the day: a
//! twenty-fourth) shorter than asked for, and never longer: a window that is too long would tell later than promised. The road not
//! taken: a share of the cell at the older end, which makes fractions of whole things, and moves them.
//!
//! What comes late is added where it belongs, so that sums do not depend on the order in which windows come.

use super::ring::Ring;
use super::{Counts, DAY_NS, HOUR_NS, MINUTE_NS, Period};
use crate::catalogue::Calendar;
use crate::measure::{MOST_SKEW_NS, SLICE_NS};

/// Length of a cell, and of the longest window that is summed from such cells; nanoseconds.
const LEVELS: [(u64, u64); 4] =
    [(SLICE_NS, 5 * MINUTE_NS), (MINUTE_NS, HOUR_NS), (6 * MINUTE_NS, 6 * HOUR_NS), (HOUR_NS, 3 * DAY_NS)];

/// Cells of the period, at most about so many.
const CELLS_OF_PERIOD: u64 = 60;

/// Running sums of an objective: 5.5 KB; where spans are sampled three times that.
#[derive(Debug, Clone)]
pub struct Sums {
    rings: [Ring; 5],
    period: Period,
    since_ns: u64,
}

impl Sums {
    /// Nothing yet. Remembers three days, and the period.
    pub fn new(period: Period) -> Self {
        let (cell_ns, cells) = of_period(period);
        let with_lead = |cell_ns: u64, cells: u64| Ring::new(cell_ns, cells + MOST_SKEW_NS / cell_ns + 2);
        let coarser = |level: usize| LEVELS.get(level + 1).map_or(cell_ns, |(cell_ns, _)| *cell_ns);
        let rings: [Ring; 4] = std::array::from_fn(|level| {
            let (own_ns, longest_ns) = LEVELS[level];
            with_lead(own_ns, longest_ns.max(coarser(level)) / own_ns)
        });
        let [one, two, three, four] = rings;
        Self { rings: [one, two, three, four, with_lead(cell_ns, cells)], period, since_ns: u64::MAX }
    }

    /// Adds what was counted in the slice that begins at this moment, or a part of it. What lies further back than is remembered is left
    /// out of the shorter windows, in which it would not be any more.
    pub fn add(&mut self, slice_ns: u64, counts: &Counts) {
        if counts.good.is_zero() && counts.bad.is_zero() {
            return;
        }
        self.since_ns = self.since_ns.min(slice_ns);
        for ring in &mut self.rings {
            ring.add(slice_ns, counts);
        }
    }

    /// Good and bad in the last so many nanoseconds before a moment that is a multiple of ten seconds. The moment lies at most five minutes before
    /// the newest that was added. More than three days are told as far as the period remembers them.
    pub fn over(&self, length_ns: u64, until_ns: u64) -> Counts {
        let level = LEVELS.iter().position(|(_, longest_ns)| length_ns <= *longest_ns).unwrap_or(LEVELS.len());
        self.sum(level, until_ns.saturating_sub(length_ns), until_ns)
    }

    /// Good and bad in what is past of the period at this moment.
    pub fn in_period(&self, until_ns: u64) -> Counts {
        match self.period {
            Period::Rolling(length_ns) => self.over(length_ns, until_ns),
            Period::Calendar(_) => self.sum(LEVELS.len(), self.period.so_far(until_ns).start, until_ns),
        }
    }

    /// The period it was made for.
    pub fn period(&self) -> Period {
        self.period
    }

    /// Start of the earliest slice that was added; `None` if there is none.
    pub fn since_ns(&self) -> Option<u64> {
        (self.since_ns < u64::MAX).then_some(self.since_ns)
    }

    /// Bytes that it takes, all told.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.rings.iter().map(Ring::bytes).sum::<usize>()
    }

    /// From the first whole cell on, in cells of this level, and then of each shorter one.
    fn sum(&self, level: usize, from_ns: u64, until_ns: u64) -> Counts {
        let mut counts = Counts::default();
        let mut at_ns = from_ns.next_multiple_of(self.rings[level].cell_ns);
        for ring in self.rings[..=level].iter().rev() {
            let cells = at_ns / ring.cell_ns..until_ns / ring.cell_ns;
            if !cells.is_empty() {
                at_ns = cells.end * ring.cell_ns;
                counts += ring.sum(cells);
            }
        }
        counts
    }
}

/// Length of a cell of the period, and how many of them it holds. Months and quarters begin with a day, so with a cell.
fn of_period(period: Period) -> (u64, u64) {
    match period {
        Period::Calendar(Calendar::Month) => (DAY_NS / 2, 62),
        Period::Calendar(Calendar::Quarter) => (DAY_NS, 92),
        Period::Rolling(length_ns) => {
            let cell_ns = (length_ns / CELLS_OF_PERIOD).next_multiple_of(HOUR_NS).max(HOUR_NS);
            (cell_ns, length_ns.div_ceil(cell_ns))
        }
    }
}
