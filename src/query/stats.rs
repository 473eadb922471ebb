//! Shares and how sure they are.

use super::LatencyMs;
use super::estimate::Z;
use crate::measure::{Spread, Tally};

/// Wilson interval (95 %) of a share, 0 to 1, seen in so many cases; `None` without cases. Cases of unequal weight are as good as
/// [`Tally::effective`] says.
pub(super) fn wilson(share: f64, cases: f64) -> Option<(f64, f64)> {
    if cases <= 0.0 {
        return None;
    }
    let n = cases;
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).max(0.0).sqrt();
    let (middle, scale) = (share + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    // At the ends the bounds are exact; rounding must not make 100 % a little less.
    let low = if share <= 0.0 { 0.0 } else { ((middle - spread) / scale).clamp(0.0, 1.0) };
    let high = if share >= 1.0 { 1.0 } else { ((middle + spread) / scale).clamp(0.0, 1.0) };
    Some((low, high))
}

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn wilson_bounds_are_those_of_the_specification() {
        let percent = |failed: u64, seen: u64| {
            let (low, high) = wilson(failed as f64 / seen as f64, seen as f64).unwrap();
            (format!("{:.2}", 100.0 * low), format!("{:.2}", 100.0 * high))
        };
        assert_eq!(percent(1, 10), ("1.79".into(), "40.42".into()));
        assert_eq!(percent(14, 1000), ("0.84".into(), "2.34".into()));
        assert_eq!(wilson(0.5, 0.0), None);
    }

    #[test]
    fn bounds_stay_between_nothing_and_all() {
        assert_eq!(wilson(0.0, 3.0).unwrap().0, 0.0);
        assert_eq!(wilson(1.0, 3.0).unwrap().1, 1.0);
    }
}
