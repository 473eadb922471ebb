//! How durations are spread, in buckets wide enough for a picture.
//!
//! Buckets are made of whole groups of those in which durations are kept for long, so that a range tells the same when it has become old.

use super::{Count, DurationBucket};
use crate::measure::{Spread, group_begins_at, group_of, units_to_count};
use std::collections::BTreeMap;

/// Kept are 16 groups an octave; a picture shows four.
const GROUPS_TOGETHER: u16 = 4;

/// The shortest first; without those that are empty.
pub(super) fn buckets(spread: &Spread) -> Vec<DurationBucket> {
    let mut sums: BTreeMap<u16, u128> = BTreeMap::new();
    for (bucket, units) in spread.histogram.buckets() {
        let sum = sums.entry(group_of(bucket) / GROUPS_TOGETHER).or_default();
        *sum = sum.saturating_add(units);
    }
    let border_ms = |together: u16| group_begins_at(together.saturating_mul(GROUPS_TOGETHER)) as f64 / 1e6;
    let told = |(together, units): (u16, u128)| DurationBucket {
        from_ms: border_ms(together),
        to_ms: border_ms(together.saturating_add(1)),
        executions: Count(units_to_count(units)),
    };
    sums.into_iter().map(told).collect()
}
