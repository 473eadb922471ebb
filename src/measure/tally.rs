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
    /// How unsure the weighted count is: sum of w (w - 1), in units of 2^-12, each rounded up. Where every thing was kept by chance
    /// with a probability of 1/w, it is the variance of the weighted count; and what the square of the weights exceeds the weights by
    /// tells how many things of equal weight would be as good as these (Kish). 0 where all weights are 1. At its end, beyond what a million sampled things of weight
    /// 65,536 make, it stays there, and nothing is sure.
    pub excess: u64,
}

/// The unit of [`Tally::excess`].
const EXCESS_UNIT: f64 = 4096.0;

impl Tally {
    /// What was counted, if nothing more is known of its weights than their sum: as if all were equal.
    pub fn of_equal_weights(units: u128, raw: u64) -> Self {
        let over = units.saturating_sub(u128::from(raw) << 16);
        let each = if raw == 0 { 0.0 } else { units_to_count(units) / raw as f64 };
        Self { units, raw, excess: (each * units_to_count(over) * EXCESS_UNIT).ceil() as u64 }
    }

    /// Counts `times` things, each of this weight.
    pub fn add(&mut self, weight: Weight, times: u64) {
        self.units = self.units.saturating_add(u128::from(weight.units()).saturating_mul(u128::from(times)));
        self.raw = self.raw.saturating_add(times);
        if weight != Weight::ONE {
            // Things of one execution come or stay away together: their number counts squared.
            let (w, times) = (weight.as_f64(), times as f64);
            // A float that is too large becomes the largest integer.
            self.excess = self.excess.saturating_add((times * times * w * (w - 1.0) * EXCESS_UNIT).ceil() as u64);
        }
    }

    /// Variance of the weighted count; infinite where that is not known any more.
    pub fn variance(&self) -> f64 {
        if self.excess == u64::MAX { f64::INFINITY } else { self.excess as f64 / EXCESS_UNIT }
    }

    /// Of how many things of equal weight a share would be as sure as of these (Kish: the square of the sum of weights, by the sum of
    /// their squares). The number seen where all weights are equal, never more than that, and never less than one if there is one.
    pub fn effective(&self) -> f64 {
        let (sum, raw) = (self.count(), self.raw as f64);
        if self.excess == 0 || sum <= 0.0 {
            return raw;
        }
        // Rounding must not make fifty things of equal weight forty-nine and a bit.
        let kish = sum * sum / (sum + self.variance());
        if (raw - kish).abs() < raw * 1e-3 { raw } else { kish.clamp(raw.min(1.0), raw) }
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
        self.excess = self.excess.saturating_add(other.excess);
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
    fn things_of_equal_weight_are_as_good_as_they_are_many_and_of_unequal_weight_less() {
        let of = |weights: &[(u64, u64)]| {
            let mut tally = Tally::default();
            for (threshold, times) in weights {
                (0..*times).for_each(|_| tally.add(Weight::from_threshold(threshold << 48), 1));
            }
            tally
        };
        assert_eq!((of(&[(0, 50)]).effective(), of(&[(0, 50)]).variance()), (50.0, 0.0));
        assert_eq!((of(&[(0xf0, 50)]).effective(), of(&[(0xf0, 50)]).variance()), (50.0, 50.0 * 16.0 * 15.0));
        assert_eq!(of(&[(0x55, 7)]).effective(), 7.0);
        // Ten of weight 1 beside ten of weight 16: 170 squared by 2570.
        let mixed = of(&[(0, 10), (0xf0, 10)]);
        assert!((mixed.effective() - 170.0 * 170.0 / 2570.0).abs() < 1e-9, "{}", mixed.effective());
        assert_eq!(of(&[]).effective(), 0.0);
    }

    #[test]
    fn weights_beyond_all_bounds_leave_nothing_sure() {
        let mut tally = Tally::default();
        (0..9).for_each(|_| tally.add(Weight::from_threshold((1 << 56) - 1), 1));
        assert_eq!((tally.effective(), tally.variance()), (1.0, f64::INFINITY));
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
