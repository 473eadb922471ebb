//! How values are spread: a sparse histogram with exact sum and maximum beside it.
//!
//! Buckets are log-linear. A value below 64 has a bucket of its own. A larger one lies in an octave `[2^e, 2^(e+1))`, which is cut
//! into 64 buckets of width `2^(e-6)`:
//!
//! ```text
//! bucket(v) = v                                             v < 64
//! bucket(v) = 64 * (e - 5) + (v >> (e - 6)) - 64            e = floor(log2 v)
//! ```
//!
//! A bucket is told as its middle, so the error is at most half a width: `2^(e-7) / 2^e = 1/128`, less than 0.8 % of the value.
//! The road not taken: `hdrhistogram` while counting. It is dense, 13 kB to 94 kB each; most windows hold a few dozen values, and
//! there are a handful of histograms for each hop and each ten seconds.

use crate::model::Weight;
use std::collections::BTreeMap;

/// A count takes the lower 48 bits of a slot; one more than the bucket takes the upper 16.
const COUNT_BITS: u32 = 48;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Weighted counts by bucket. Merging is exact, and does not depend on the order.
///
/// A small hash table: the slot of a bucket is its number, cut to the size of the table, or the next free one. Neighbours in value
/// are neighbours in the table, so there is hardly ever a second look; counting touches one place whatever the spread of values.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// A power of two of them, or none. Zero is free.
    slots: Box<[u64]>,
    used: u32,
    /// What was counted of the value 0, beside what its slot says. Hops that were not waited for spend no time, which is what most
    /// executions say of most hops: that is counted without a look at the slots, which lie elsewhere.
    zeros: u64,
    /// What counts have above 48 bits; hardly ever there.
    high: Option<Box<High>>,
}

#[derive(Debug, Clone, Default)]
struct High(BTreeMap<u16, u64>);

/// The bucket of a value.
#[inline]
pub fn bucket_of(value: u64) -> u16 {
    if value < 64 {
        return value as u16;
    }
    let octave = value.ilog2();
    (64 * (octave - 5) + (value >> (octave - 6)) as u32 - 64) as u16
}

/// The middle of a bucket.
pub fn middle_of(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < 64 {
        return bucket;
    }
    let octave = bucket / 64 + 5;
    if octave > 63 {
        return u64::MAX;
    }
    let width = 1u64 << (octave - 6);
    let low = (64 + bucket % 64) * width;
    low + width / 2
}

impl Histogram {
    /// Nothing counted, with room for so many buckets.
    pub fn with_room_for(buckets: usize) -> Self {
        let slots = if buckets == 0 { 0 } else { (buckets * 4).div_ceil(3).next_power_of_two().max(4) };
        Self { slots: vec![0; slots].into_boxed_slice(), ..Self::default() }
    }

    /// Of whole counts by bucket, each bucket once, in any order.
    pub fn of_counts(counts: &[(u16, u64)]) -> Self {
        let mut histogram = Self::with_room_for(counts.len());
        let last = histogram.slots.len().wrapping_sub(1);
        for (bucket, count) in counts {
            if count >> 32 > 0 {
                histogram.add(*bucket, u128::from(*count) << 16);
                continue;
            }
            let mut at = usize::from(*bucket) & last;
            while histogram.slots[at] != 0 {
                at = (at + 1) & last;
            }
            histogram.slots[at] = ((u64::from(*bucket) + 1) << COUNT_BITS) | (count << 16);
            histogram.used += 1;
        }
        histogram
    }

    /// Counts a value, `units` times 2^-16.
    ///
    /// Most buckets are there, where they should be, and with room in their count. That much is looked at in place.
    #[inline]
    pub fn record(&mut self, value: u64, units: u64) {
        if value == 0 && self.add_zeros(units) {
            return;
        }
        let bucket = bucket_of(value);
        let last = self.slots.len().wrapping_sub(1);
        match self.slots.get_mut(usize::from(bucket) & last) {
            Some(slot) if *slot >> COUNT_BITS == u64::from(bucket) + 1 && units <= COUNT_MASK - (*slot & COUNT_MASK) => {
                *slot += units;
            }
            _ => self.add(bucket, u128::from(units)),
        }
    }

    /// Adds to a bucket.
    #[inline(never)]
    pub fn add(&mut self, bucket: u16, units: u128) {
        if bucket == 0 && u64::try_from(units).is_ok_and(|units| self.add_zeros(units)) {
            return;
        }
        let at = self.slot_of(bucket);
        let slot = &mut self.slots[at];
        let sum = (*slot & COUNT_MASK) + (units as u64 & COUNT_MASK);
        *slot = ((u64::from(bucket) + 1) << COUNT_BITS) | (sum & COUNT_MASK);
        let high = ((units >> COUNT_BITS) as u64).saturating_add(sum >> COUNT_BITS);
        if high > 0 {
            self.add_high(bucket, high);
        }
    }

    /// False if so many cannot be counted here: then they are counted in the slot, which has no end.
    #[inline]
    fn add_zeros(&mut self, units: u64) -> bool {
        let sum = self.zeros.checked_add(units);
        self.zeros = sum.unwrap_or(self.zeros);
        sum.is_some()
    }

    #[cold]
    fn add_high(&mut self, bucket: u16, high: u64) {
        let above = self.high.get_or_insert_default().0.entry(bucket).or_default();
        *above = above.saturating_add(high);
    }

    /// Where the bucket is, or where it is to be.
    fn slot_of(&mut self, bucket: u16) -> usize {
        let wanted = u64::from(bucket) + 1;
        // At least a quarter of the slots is free, so the search ends.
        if let Some(last) = self.slots.len().checked_sub(1) {
            let mut at = usize::from(bucket) & last;
            loop {
                match self.slots[at] {
                    0 if self.has_room() => {
                        self.used += 1;
                        return at;
                    }
                    0 => break,
                    slot if slot >> COUNT_BITS == wanted => return at,
                    _ => at = (at + 1) & last,
                }
            }
        }
        self.grow();
        self.slot_of(bucket)
    }

    fn has_room(&self) -> bool {
        (self.used as usize + 1) * 4 <= self.slots.len() * 3
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![0; (self.slots.len() * 2).max(4)].into_boxed_slice();
        let old = std::mem::replace(&mut self.slots, larger);
        let last = self.slots.len() - 1;
        for slot in old.into_iter().filter(|slot| *slot != 0) {
            let mut at = ((slot >> COUNT_BITS) - 1) as usize & last;
            while self.slots[at] != 0 {
                at = (at + 1) & last;
            }
            self.slots[at] = slot;
        }
    }

    /// Adds all of another histogram.
    pub fn merge(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        self.add(0, other.zeros.into());
        for slot in other.slots.iter().filter(|slot| **slot != 0) {
            let (bucket, units) = other.counted(*slot);
            self.add(bucket, units);
        }
    }

    fn counted(&self, slot: u64) -> (u16, u128) {
        let bucket = ((slot >> COUNT_BITS) - 1) as u16;
        let above = self.high.as_ref().and_then(|high| high.0.get(&bucket)).copied().unwrap_or(0);
        (bucket, (u128::from(above) << COUNT_BITS) | u128::from(slot & COUNT_MASK))
    }

    /// Buckets with their counts in units of 2^-16, ascending.
    pub fn buckets(&self) -> Vec<(u16, u128)> {
        let mut buckets: Vec<_> = self.slots.iter().filter(|slot| **slot != 0).map(|slot| self.counted(*slot)).collect();
        buckets.sort_unstable_by_key(|(bucket, _)| *bucket);
        match buckets.first_mut() {
            Some((0, units)) => *units = units.saturating_add(self.zeros.into()),
            _ if self.zeros > 0 => buckets.insert(0, (0, self.zeros.into())),
            _ => {}
        }
        buckets
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.used == 0 && self.zeros == 0
    }

    /// All that was counted, in units of 2^-16.
    pub fn units(&self) -> u128 {
        let counted = self.slots.iter().filter(|slot| **slot != 0).map(|slot| self.counted(*slot).1);
        counted.fold(self.zeros.into(), u128::saturating_add)
    }

    /// For each of these parts of all, ascending and in thousandths: the middle of the bucket in which the smallest value lies that at
    /// least so many do not exceed. `None` where nothing was counted.
    pub fn percentiles<const N: usize>(&self, permilles: [u32; N]) -> [Option<u64>; N] {
        let all = self.units();
        let buckets = self.buckets();
        let (mut seen, mut next) = (0u128, buckets.iter().peekable());
        permilles.map(|permille| {
            let rank = (all / 1000 * u128::from(permille) + (all % 1000 * u128::from(permille)).div_ceil(1000)).max(1);
            while let Some((bucket, units)) = next.peek() {
                if seen.saturating_add(*units) >= rank {
                    return Some(middle_of(*bucket));
                }
                seen = seen.saturating_add(*units);
                next.next();
            }
            None
        })
    }
}

/// Where slots lie follows from the order of counting; what was counted does not.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.buckets() == other.buckets()
    }
}

impl Eq for Histogram {}

/// Values of a kind: histogram, exact sum and exact maximum. Nanoseconds in this house.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spread {
    /// By bucket.
    pub histogram: Histogram,
    /// Sum of value times weight, in units of 2^-16.
    pub sum: u128,
    /// Largest value.
    pub max: u64,
}

impl Spread {
    /// Counts a value.
    #[inline]
    pub fn record(&mut self, value: u64, weight: Weight) {
        self.histogram.record(value, weight.units());
        self.sum = self.sum.saturating_add(u128::from(value) * u128::from(weight.units()));
        self.max = self.max.max(value);
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.histogram.merge(&other.histogram);
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// For each of these parts of all, ascending and in thousandths: the value that so many do not exceed, with an error of at most
    /// 0.8 %; never over the maximum.
    pub fn percentiles<const N: usize>(&self, permilles: [u32; N]) -> [Option<u64>; N] {
        self.histogram.percentiles(permilles).map(|found| found.map(|value| value.min(self.max)))
    }

    /// Mean value, exact.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum as f64 / self.histogram.units() as f64)
    }

    /// Largest value.
    pub fn largest(&self) -> Option<u64> {
        (!self.is_empty()).then_some(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Spread {
        let mut spread = Spread::default();
        for value in values {
            spread.record(*value, Weight::ONE);
        }
        spread
    }

    proptest! {
        #[test]
        fn a_bucket_is_at_most_one_percent_off(value: u64) {
            let told = middle_of(bucket_of(value));
            prop_assert!(told.abs_diff(value) as f64 <= 0.01 * value as f64, "{value} told as {told}");
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_values(mut values in prop::collection::vec(0u64..10_000_000_000, 1..200), permille in 1u32..=1000) {
            let spread = of(&values);
            values.sort_unstable();
            let rank = (values.len() * permille as usize).div_ceil(1000).max(1);
            let exact = values[rank - 1] as f64;
            let told = spread.percentiles([permille])[0].map(|told| told as f64);
            prop_assert!(told.is_some_and(|told| (told - exact).abs() <= 0.01 * exact), "{told:?} for {exact}");
            prop_assert_eq!(spread.mean(), Some(values.iter().sum::<u64>() as f64 * 65536.0 / (values.len() as f64 * 65536.0)));
            prop_assert_eq!(spread.largest(), values.last().copied());
        }

        #[test]
        fn merging_is_the_same_as_counting_together(left: Vec<u64>, right: Vec<u64>) {
            let mut merged = of(&left);
            merged.merge(&of(&right));
            let mut other_way = of(&right);
            other_way.merge(&of(&left));
            prop_assert_eq!(&merged, &of(&[left, right].concat()));
            prop_assert_eq!(&merged, &other_way);
        }
    }

    #[test]
    fn counts_above_48_bits_are_exact_in_whatever_order_they_come() {
        let mut one = Histogram::default();
        let mut two = Histogram::default();
        for units in [u64::MAX, 1, (1 << 48) - 1, u64::MAX] {
            one.record(7, units);
        }
        for units in [(1 << 48) - 1, u64::MAX, u64::MAX, 1] {
            two.record(7, units);
        }
        assert_eq!(one, two);
        assert_eq!(one.units(), 2 * u128::from(u64::MAX) + (1 << 48));
    }

    #[test]
    fn zeros_are_the_same_whether_they_were_counted_or_read() {
        let counted = of(&[0, 0, 7]).histogram;
        let read = Histogram::of_counts(&[(0, 2), (7, 1)]);
        assert_eq!(counted, read);
        let (mut one, mut other) = (counted.clone(), read.clone());
        one.merge(&read);
        other.merge(&counted);
        assert_eq!((one.buckets(), one.units()), (vec![(0, 4 << 16), (7, 2 << 16)], 6 << 16));
        assert_eq!(one, other);
        assert_eq!((of(&[0]).histogram.is_empty(), Histogram::default().is_empty()), (false, true));
    }

    #[test]
    fn zeros_have_no_end() {
        let mut zeros = Histogram::default();
        (0..3).for_each(|_| zeros.record(0, u64::MAX));
        assert_eq!(zeros.buckets(), [(0, 3 * u128::from(u64::MAX))]);
    }

    #[test]
    fn several_percentiles_are_those_asked_for_one_by_one() {
        let spread = of(&(1..=1000).map(|at| at * 1_000_000).collect::<Vec<_>>());
        let one_by_one = [500, 500, 900, 999, 1000].map(|permille| spread.percentiles([permille])[0]);
        assert_eq!(spread.percentiles([500, 500, 900, 999, 1000]), one_by_one);
    }

    #[test]
    fn nothing_measured_has_no_percentile_and_no_mean() {
        let spread = Spread::default();
        assert_eq!((spread.percentiles([500, 990]), spread.mean(), spread.largest()), ([None, None], None, None));
    }

    #[test]
    fn buckets_cover_all_numbers_without_a_gap() {
        for octave in 6..64 {
            let edge = 1u64 << octave;
            assert_eq!(bucket_of(edge), bucket_of(edge - 1) + 1, "at 2^{octave}");
        }
        assert_eq!(bucket_of(u64::MAX), 3775);
    }
}
