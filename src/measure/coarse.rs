//! Histograms with wider buckets, for slices of time that are kept long.
//!
//! An octave has 64 buckets; coarsened it has 16 groups: the eight groups of its lower part join three buckets each, the eight of
//! the upper part five. As many as by joining four each, but a group of odd size has a bucket in its very middle, which stands for
//! it: so a percentile is at most 2.5 of 88 widths off, 2.9 %, where the second of four would be off by up to 3.8 %. Values below 64
//! stay as they are. Coarse buckets are buckets: coarse and fine histograms merge, and coarsening before or after makes no difference.

use super::{Histogram, HopFigures, Share, Spread, Window};

/// Groups of an octave.
const GROUPS: u16 = 16;

/// Buckets of an octave before the groups become wider.
const LOWER: u16 = 24;

/// The group of a bucket: ascending with it, without gaps.
pub fn group_of(bucket: u16) -> u16 {
    if bucket < 64 {
        return bucket;
    }
    let (octave, at) = (bucket / 64 - 1, bucket % 64);
    64 + octave * GROUPS + if at < LOWER { at / 3 } else { 8 + (at - LOWER) / 5 }
}

/// The bucket that stands for a group: its middle one.
pub fn bucket_of_group(group: u16) -> u16 {
    if group < 64 {
        return group;
    }
    let (octave, at) = ((group - 64) / GROUPS, (group - 64) % GROUPS);
    (octave + 1) * 64 + if at < 8 { at * 3 + 1 } else { LOWER + (at - 8) * 5 + 2 }
}

/// The smallest value of a group; of one behind the last the largest there is.
pub fn group_begins_at(group: u16) -> u64 {
    if group < 64 {
        return u64::from(group);
    }
    let (octave, at) = (u64::from((group - 64) / GROUPS), u64::from((group - 64) % GROUPS));
    let bucket = if at < 8 { at * 3 } else { u64::from(LOWER) + (at - 8) * 5 };
    // The first octave with groups is that of 64: its buckets are one wide.
    if octave > 57 { u64::MAX } else { (64 + bucket) << octave }
}

impl Histogram {
    fn coarsened(&self) -> Self {
        let buckets = self.buckets();
        let mut coarse = Self::with_room_for(buckets.len());
        for (bucket, units) in buckets {
            coarse.add(bucket_of_group(group_of(bucket)), units);
        }
        coarse
    }
}

impl Spread {
    fn coarsened(&self) -> Self {
        Self { histogram: self.histogram.coarsened(), ..*self }
    }
}

impl Share {
    fn coarsened(&self) -> Self {
        Self {
            critical_path: self.critical_path.coarsened(),
            self_time: self.self_time.coarsened(),
            edge_gap: self.edge_gap.coarsened(),
            ..*self
        }
    }
}

impl HopFigures {
    fn coarsened(&self) -> Self {
        Self {
            calls: self.calls,
            latency: self.latency.coarsened(),
            alone: self.alone.coarsened(),
            several: self.several.as_deref().map(|share| Box::new(share.coarsened())),
            trouble: self.trouble.clone(),
            callers: self.callers.clone(),
            slowest: self.slowest,
        }
    }
}

impl Window {
    /// The same counts, sums and largest values, with 16 histogram buckets an octave instead of 64: a percentile is then at most
    /// 2.9 % off instead of 0.8 %.
    pub fn coarsened(&self) -> Self {
        Self {
            outcomes: self.outcomes,
            slow: self.slow,
            absorbed: self.absorbed,
            durations: self.durations.coarsened(),
            limits: self.limits.clone(),
            critical_path: self.critical_path,
            skewed: self.skewed,
            late: self.late,
            orphans: self.orphans,
            orphaned: self.orphaned,
            corrected: self.corrected,
            hops: self.hops.iter().map(|(hop, figures)| (*hop, figures.coarsened())).collect(),
            joint: self.joint.iter().map(|(service, share)| (*service, share.coarsened())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::measure::testing::{World, verdict};
    use crate::measure::{bucket_of, middle_of};
    use crate::model::Weight;
    use proptest::prelude::*;

    fn window(verdicts: &[crate::model::Verdict]) -> Window {
        let windows = World::default().windows();
        verdicts.iter().for_each(|verdict| windows.record(verdict));
        let mut all = Window::default();
        windows.visit(|_, window| all.merge(window));
        all
    }

    #[test]
    fn groups_cover_all_buckets_in_order_and_are_stood_for_by_one_of_their_own() {
        for bucket in 0..=bucket_of(u64::MAX) {
            let group = group_of(bucket);
            assert_eq!(group_of(bucket_of_group(group)), group, "bucket {bucket}");
            let next = group_of(bucket + 1);
            assert!(next == group || next == group + 1, "bucket {bucket}");
        }
        assert_eq!(group_of(128 + 63) - group_of(128), 15, "sixteen groups an octave");
    }

    #[test]
    fn a_group_begins_where_the_one_before_ends() {
        assert_eq!([0, 63, 64, 65, 71, 72, 80].map(group_begins_at), [0, 63, 64, 67, 85, 88, 128]);
        for value in (0..4000).chain([u64::MAX / 3, u64::MAX]) {
            let group = group_of(bucket_of(value));
            assert!(group_begins_at(group) <= value, "{value}");
            assert!(value < group_begins_at(group + 1) || value == u64::MAX, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_coarse_bucket_is_told_at_most_three_percent_off(value: u64) {
            let told = middle_of(bucket_of_group(group_of(bucket_of(value))));
            prop_assert!(told.abs_diff(value) as f64 <= 0.029 * value as f64, "{value} told as {told}");
        }

        #[test]
        fn coarsening_keeps_counts_sums_and_largest_values(values in prop::collection::vec(any::<u64>(), 1..200)) {
            let mut fine = Spread::default();
            values.iter().for_each(|value| fine.record(*value, Weight::ONE));
            let coarse = fine.coarsened();
            prop_assert_eq!((coarse.histogram.units(), coarse.sum, coarse.max), (fine.histogram.units(), fine.sum, fine.max));
        }

        #[test]
        fn coarsening_twice_is_coarsening_once(verdicts in prop::collection::vec(verdict(), 0..20)) {
            let coarse = window(&verdicts).coarsened();
            prop_assert_eq!(coarse.coarsened(), coarse);
        }

        #[test]
        fn coarsening_before_merging_is_coarsening_after(left in prop::collection::vec(verdict(), 0..20), right in prop::collection::vec(verdict(), 0..20)) {
            let (left, right) = (window(&left), window(&right));
            let mut fine = left.clone();
            fine.merge(&right);
            let mut coarse = left.coarsened();
            coarse.merge(&right.coarsened());
            prop_assert_eq!(&fine.coarsened(), &coarse);
            let mut mixed = left.coarsened();
            mixed.merge(&right);
            prop_assert_eq!(&mixed.coarsened(), &coarse);
        }
    }
}
