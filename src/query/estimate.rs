//! How sure weighted counts are (spec 3.5).
//!
//! A thing that was kept with the probability 1/w counts w. The weighted count N' is then right on average, and its variance is
//! N (w - 1), where N is the count that nobody has seen. The interval holds every N for which N' is within 1.96 standard deviations:
//! the same turn of thought that leads to Wilson's interval for shares. It needs no N' that is near N, is never negative, and is never
//! below what was really seen. Because a count of sampled things moves in steps of w, half a step is given at both ends (Yates); so
//! the interval holds the true count in at least 95 of 100 cases, and not just under that.
//!
//! Unequal weights: (w - 1) is the mean over the things seen, each by its weight; it is what [`Tally::variance`] makes of them. Where
//! nothing was seen there are no weights to take the mean of: those of all executions of the answer stand in, so that "none was seen
//! among those that were kept" is not told as "there was none".

use super::{Count, Interval};
use crate::measure::{Tally, Z};
use std::collections::BTreeMap;

/// By how much the weights exceed 1, in the mean of the things counted.
fn over_one(tally: Tally) -> Option<f64> {
    (tally.raw > 0).then(|| tally.variance() / tally.count())
}

/// Interval (95 %) of a weighted count. `all`: what else was counted, for its weights.
pub(super) fn interval(tally: Tally, all: Tally) -> Interval {
    let over = over_one(tally).or_else(|| over_one(all)).unwrap_or(0.0);
    let (count, seen) = (tally.count(), tally.raw as f64);
    if !over.is_finite() {
        return Interval { low: Count(seen), high: None };
    }
    let half_a_step = if over > 0.0 { (1.0 + over) / 2.0 } else { 0.0 };
    let width = Z * Z * over;
    let spread = |middle: f64| (middle * width + width * width / 4.0).max(0.0).sqrt();
    let (lower, upper) = ((count - half_a_step).max(0.0), count + half_a_step);
    let low = (lower + width / 2.0 - spread(lower)).max(seen);
    let high = (upper + width / 2.0 + spread(upper)).max(low);
    // Counts are whole: what lies between is none.
    Interval { low: Count(low.ceil().min(count)), high: Some(Count(high.floor().max(count))) }
}

/// Intervals by name.
pub(super) fn intervals(counts: impl IntoIterator<Item = (String, Tally)>, all: Tally) -> BTreeMap<String, Interval> {
    counts.into_iter().map(|(name, tally)| (name, interval(tally, all))).collect()
}

/// Unweighted counts by name.
pub(super) fn seen(counts: impl IntoIterator<Item = (String, Tally)>) -> BTreeMap<String, u64> {
    counts.into_iter().map(|(name, tally)| (name, tally.raw)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::model::Weight;

    fn tally(threshold: u64, times: u64) -> Tally {
        let mut tally = Tally::default();
        (0..times).for_each(|_| tally.add(Weight::from_threshold(threshold), 1));
        tally
    }

    const SIXTEENTH: u64 = 0xf0 << 48;

    fn bounds(tally: Tally, all: Tally) -> (f64, f64) {
        let interval = interval(tally, all);
        (interval.low.0, interval.high.unwrap().0)
    }

    #[test]
    fn what_was_not_sampled_is_known() {
        assert_eq!(bounds(tally(0, 12), tally(0, 100)), (12.0, 12.0));
        assert_eq!(bounds(tally(0, 12), tally(SIXTEENTH, 100)), (12.0, 12.0));
    }

    #[test]
    fn the_bounds_are_the_counts_from_which_so_many_are_seen_by_chance_in_one_case_of_twenty() {
        // 100 seen of one in 16. At both bounds the count expected differs from 100 by half and 1.96 deviations.
        let (low, high) = bounds(tally(SIXTEENTH, 100), Tally::default());
        for (bound, sign) in [(low, -1.0), (high, 1.0)] {
            let (mean, deviation) = (bound / 16.0, (bound / 16.0 * 15.0 / 16.0_f64).sqrt());
            assert!((mean - sign * 0.5 - 100.0 - sign * Z * deviation).abs() < 0.07, "{bound}");
        }
    }

    #[test]
    fn of_what_was_not_seen_there_may_be_some_and_of_what_was_seen_there_is_at_least_that() {
        assert_eq!(bounds(tally(0, 0), tally(SIXTEENTH, 100)), (0.0, 72.0));
        let (low, high) = bounds(tally(SIXTEENTH, 1), Tally::default());
        assert!((1.0..3.0).contains(&low) && high > 80.0, "{low} {high}");
        let unsure = interval(tally((1 << 56) - 1, 3), Tally::default());
        assert_eq!((unsure.low, unsure.high), (Count(3.0), None));
    }
}
