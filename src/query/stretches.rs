//! What an explanation compares: the windows of its range and of its baseline, no finer than the time asks for.
//!
//! Two days are looked at in slices of ten seconds. A longer time is looked at in windows of which at least 48 make it up: so a question
//! about a quarter of a year is as quick as one about a day. What is old is kept in longer windows anyway.

use super::explain::Blocks;
use super::{Between, Desk, QueryError};
use crate::measure::SLICE_NS;
use crate::model::Name;
use crate::store::Look;
use std::ops::Range;

/// As long as this, nanoseconds, every slice is looked at.
const FINE_NS: u64 = 2 * 24 * 3_600_000_000_000;

/// The fewest windows that a longer time is made of.
const FEWEST: u64 = 48;

fn at_most_ns(range: &Range<u64>) -> u64 {
    let length_ns = range.end.saturating_sub(range.start);
    if length_ns <= FINE_NS { SLICE_NS } else { length_ns / FEWEST }
}

/// The lengths that windows of a store have.
const LENGTHS_NS: [u64; 4] = [SLICE_NS, 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000];

impl Desk {
    /// The length of most windows of this range, or of its longest.
    fn resolution_ns(&self, range: &Range<u64>) -> Result<u64, QueryError> {
        let may_ns = at_most_ns(range);
        let longest_ns = LENGTHS_NS.into_iter().filter(|length| *length <= may_ns).max().unwrap_or(SLICE_NS);
        Ok(longest_ns.max(self.keeper.longest_ns(range)?))
    }

    /// What there is of a capability in the range, and in the baseline without the range. Blocks of the range only tell how many
    /// executions there were at a time; those of the baseline tell what is normal, so they are as short as its windows.
    pub(super) fn compared(
        &self,
        capability: Option<Name>,
        range: Between,
        baseline: Between,
    ) -> Result<(Blocks, Blocks), QueryError> {
        let (range, baseline) = (range.from_ns..range.to_ns, baseline.from_ns..baseline.to_ns);
        let lengths_ns = (self.resolution_ns(&range)?, self.resolution_ns(&baseline)?);
        // How many executions there are in a time can only be compared if times are counted in the same lengths.
        let common_ns = lengths_ns.0.max(lengths_ns.1);
        let (mut now, mut normal) = (Blocks::new(common_ns, common_ns), Blocks::new(lengths_ns.1, common_ns));
        let look = |range: &Range<u64>| Look { at_most_ns: at_most_ns(range), totals: false };
        self.keeper.read_by(range.clone(), capability, look(&range), &mut |kept, window| now.add(kept, window))?;
        // The range is left out of what it is compared with: so are the windows that it cuts, because a fault may have begun in them.
        let before = baseline.start..baseline.end.min(range.start);
        let after = baseline.start.max(range.end)..baseline.end;
        for part in [before, after] {
            self.keeper.read_by(part, capability, look(&baseline), &mut |kept, window| {
                if kept.end_ns() <= range.start || kept.slice_ns >= range.end {
                    normal.add(kept, window);
                }
            })?;
        }
        Ok((now, normal))
    }
}
