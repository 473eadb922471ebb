//! When a budget is gone, and when there is one again.

use super::watched::Series;
use crate::objective::{budget, surely_burns};

/// This share of a budget must be there before it is said that there is one again: with each failure that leaves a rolling period a little comes
/// back, and is gone with the next.
const BACK: f64 = 0.05;

/// Whether more was lost than may be. Of a young period that is said only where it is no chance: after the first hour of a month, three failures
/// are too many of what there was, and little of what is to come.
pub(super) fn is_gone(series: &Series, until_ns: u64) -> bool {
    let counts = series.sums.in_period(until_ns);
    let min_failures = series.rules[0].min_failures;
    if counts.bad.raw < min_failures || !budget(&counts, series.target, None).is_gone() {
        return false;
    }
    let period = series.sums.period();
    let since_ns = series.sums.since_ns().unwrap_or(until_ns).max(period.so_far(until_ns).start);
    until_ns.saturating_sub(since_ns) >= period.length_ns() / 4 || surely_burns(&counts, 1.0, series.target, min_failures)
}

/// Whether there is a budget again.
pub(super) fn is_over(series: &Series, until_ns: u64) -> bool {
    let told = budget(&series.sums.in_period(until_ns), series.target, None);
    told.left_share.map_or(told.used == 0.0, |left| left >= BACK)
}
