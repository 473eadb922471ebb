//! Shares and how sure they are.

use super::LatencyMs;
use crate::measure::{Spread, Tally, wilson};

/// `part` of `all`; `None` of nothing.
pub(super) fn share(part: u128, all: u128) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

/// The share of good ones, weighted, with its interval. The interval is as wide as the number of cases really seen makes it:
/// a case that stands for many is one case, and cases of unequal weight are as good as fewer equal ones.
pub(super) fn rate(good: Tally, bad: Tally) -> Option<(f64, f64, f64)> {
    let mut all = good;
    all += bad;
    share_of(good, all)
}

/// The share of a part, weighted, with its interval.
pub(super) fn share_of(part: Tally, all: Tally) -> Option<(f64, f64, f64)> {
    let share = share(part.units, all.units)?;
    let (low, high) = wilson(share, all.effective())?;
    Some((share, low, high))
}

/// The two bounds of a share with its interval.
pub(super) fn bounds(share: Option<(f64, f64, f64)>) -> (Option<f64>, Option<f64>) {
    share.map(|(_, low, high)| (low, high)).unzip()
}

/// From nanoseconds.
pub(super) fn milliseconds(nanoseconds: f64) -> f64 {
    nanoseconds / 1e6
}

/// The percentiles that answers tell.
pub(super) fn latency(spread: &Spread) -> LatencyMs {
    let told = |value: Option<u64>| value.map(|value| milliseconds(value as f64));
    let [p50, p90, p95, p99] = spread.percentiles([500, 900, 950, 990]).map(told);
    LatencyMs { p50, p90, p95, p99, max: told(spread.largest()) }
}
