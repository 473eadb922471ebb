//! How many executions a capability usually has, and when silence is no chance any more.
//!
//! Traffic has days and weeks. What is usual for a stretch of time is what came in the same stretch one, two, three and four weeks ago, and while
//! fewer than two of these are known, on the days before. Of these the smallest counts, because a false alarm on each holiday teaches people to look away.
//! Silence is sure when half of that would still have made fifteen executions: were traffic only half of what is usual, so long a gap would
//! come by chance once in three million times. The road not taken: the mean rate of the last hours, which sounds the alarm every evening.

use crate::objective::{DAY_NS, MINUTE_NS};

/// Where a few executions come in an hour, in which part of it they usually come decides by half an hour when silence is sure: so hours would be too long.
const CELL_NS: u64 = 15 * MINUTE_NS;
/// Cells that are remembered: four weeks and the one that runs, and some for what is ahead.
const CELLS: u64 = 4 * 7 * 24 * 4 + 5;
const WEEK_NS: u64 = 7 * DAY_NS;
/// So many usual executions must be missing. With half of them by chance none comes in one of 3,000,000 cases.
pub(super) const SURE: f64 = 30.0;

/// Executions by quarter of an hour: 5.3 KB. What is more than 65,535 is that many: thirty are enough to be missed.
#[derive(Debug, Clone)]
pub(super) struct Usual {
    cells: Box<[u16]>,
    /// Number after that of the newest cell; 0 while there is none.
    end: u64,
    /// Start of the first slice.
    since_ns: u64,
    /// End of the last slice.
    last_ns: u64,
}

impl Default for Usual {
    fn default() -> Self {
        Self { cells: vec![0; CELLS as usize].into(), end: 0, since_ns: u64::MAX, last_ns: 0 }
    }
}

impl Usual {
    /// Adds executions of a slice, however late they come. Those of a longer one are taken to have come evenly.
    pub(super) fn add(&mut self, slice_ns: u64, slice_length_ns: u64, executions: u64) {
        if executions == 0 {
            return;
        }
        self.since_ns = self.since_ns.min(slice_ns);
        self.last_ns = self.last_ns.max(slice_ns.saturating_add(slice_length_ns));
        let (first, cells) = (slice_ns / CELL_NS, slice_length_ns.div_ceil(CELL_NS).clamp(1, CELLS));
        let executions = executions.min(u64::from(u16::MAX) * cells);
        for at in 0..cells {
            // Shares add up: none is lost by rounding.
            let share = executions * (at + 1) / cells - executions * at / cells;
            self.add_to(first + at, share);
        }
    }

    fn add_to(&mut self, cell: u64, executions: u64) {
        if cell >= self.end {
            for fresh in self.end.max((cell + 1).saturating_sub(CELLS))..=cell {
                self.cells[(fresh % CELLS) as usize] = 0;
            }
            self.end = cell + 1;
        }
        if cell + CELLS >= self.end {
            let there = &mut self.cells[(cell % CELLS) as usize];
            *there = there.saturating_add(u16::try_from(executions).unwrap_or(u16::MAX));
        }
    }

    /// End of the last slice with an execution; 0 if there was none.
    pub(super) fn last_ns(&self) -> u64 {
        self.last_ns
    }

    fn cell(&self, cell: u64) -> f64 {
        let known = cell < self.end && cell + CELLS >= self.end;
        if known { f64::from(self.cells[(cell % CELLS) as usize]) } else { 0.0 }
    }

    /// Executions between two moments, as if those of a cell had come evenly.
    fn between(&self, from_ns: u64, to_ns: u64) -> f64 {
        let mut sum = 0.0;
        for cell in from_ns / CELL_NS..=to_ns / CELL_NS {
            let (start_ns, end_ns) = (cell * CELL_NS, (cell + 1) * CELL_NS);
            let part_ns = to_ns.min(end_ns).saturating_sub(from_ns.max(start_ns));
            sum += self.cell(cell) * part_ns as f64 / CELL_NS as f64;
        }
        sum
    }

    /// The fewest that came in the same stretch so many times this long ago, and of how many such stretches all is known.
    fn fewest(&self, from_ns: u64, to_ns: u64, back_ns: u64, times: u64) -> (usize, f64) {
        let oldest_ns = self.since_ns.max(self.end.saturating_sub(CELLS) * CELL_NS);
        let shifted = (1..=times).map_while(|time| Some((from_ns.checked_sub(time * back_ns)?, to_ns - time * back_ns)));
        let known: Vec<f64> = shifted
            .filter(|(from_ns, to_ns)| *from_ns >= oldest_ns && to_ns - from_ns <= back_ns)
            .map(|(from_ns, to_ns)| self.between(from_ns, to_ns))
            .collect();
        (known.len(), known.into_iter().fold(f64::INFINITY, f64::min))
    }

    /// How many executions would usually have come between these moments; `None` while too little is known.
    pub(super) fn expected(&self, from_ns: u64, to_ns: u64) -> Option<f64> {
        let weeks = self.fewest(from_ns, to_ns, WEEK_NS, 4);
        let (known, fewest) = if weeks.0 >= 2 { weeks } else { self.fewest(from_ns, to_ns, DAY_NS, 7) };
        (known >= 2).then_some(fewest)
    }

    /// Whether it is no chance that nothing came between these moments.
    pub(super) fn is_missed(&self, from_ns: u64, to_ns: u64) -> bool {
        from_ns < to_ns && self.expected(from_ns, to_ns).is_some_and(|expected| expected >= SURE)
    }
}
