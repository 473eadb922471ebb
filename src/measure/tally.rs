//! Weighted counts that add up exactly.

use crate::model::Weight;
use std::ops::AddAssign;

/// How often something was counted: weighted, in units of 2^-16 (see [`Weight`]), and as it was seen.
///
/// Sums are integers, so they do not depend on the order of adding. At the end of the number range they stay there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Sum of weights, in units of 2^-16.
    pub units: u128,
    /// Number of things seen.
    pub raw: u64,
}

impl Tally {
    /// Counts `times` things, each of this weight.
    pub fn add(&mut self, weight: Weight, times: u64) {
        self.units = self.units.saturating_add(u128::from(weight.units()).saturating_mul(u128::from(times)));
        self.raw = self.raw.saturating_add(times);
    }

    /// The weighted count.
    pub fn count(&self) -> f64 {
        units_to_count(self.units)
    }

    /// Whether nothing was counted.
    pub fn is_zero(&self) -> bool {
        self.raw == 0 && self.units == 0
    }

    /// Whether something was counted with a weight other than 1. Weights are never less than 1, so the sum tells.
    pub fn is_weighted(&self) -> bool {
        self.units != u128::from(self.raw) << 16
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.units = self.units.saturating_add(other.units);
        self.raw = self.raw.saturating_add(other.raw);
    }
}

/// From units of 2^-16 to a number of things.
pub fn units_to_count(units: u128) -> f64 {
    units as f64 / 65536.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_beside_the_things_seen() {
        let mut tally = Tally::default();
        tally.add(Weight::ONE, 3);
        assert!(!tally.is_weighted());
        tally.add(Weight::from_threshold(0x8 << 52), 1);
        assert_eq!((tally.count(), tally.raw), (5.0, 4));
        assert!(tally.is_weighted());
    }

    #[test]
    fn the_largest_weight_is_counted_beside_others_without_loss() {
        let mut tally = Tally::default();
        for _ in 0..4 {
            tally.add(Weight::from_threshold((1 << 56) - 1), 1);
        }
        tally.add(Weight::ONE, 1);
        assert_eq!(tally.units, 4 * u128::from(Weight::from_threshold((1 << 56) - 1).units()) + 65536);
    }
}
