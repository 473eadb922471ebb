//! How many executions one seen execution stands for (spec 3.5).

/// A sampling weight: fixed point with 16 binary digits, so that sums are exact and do not depend on their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u64);

impl Weight {
    /// Not sampled.
    pub const ONE: Self = Self(1 << 16);

    /// From a rejection threshold T of 56 bits (W3C tracestate `ot=th:…`): `1 / (1 - T / 2^56)`; [`Weight::ONE`] where T is no threshold.
    pub fn from_threshold(threshold: u64) -> Self {
        const RANGE: u64 = 1 << 56;
        if threshold >= RANGE {
            return Self::ONE;
        }
        let weight = RANGE as f64 / (RANGE - threshold) as f64;
        Self((weight * 65536.0).round() as u64)
    }

    /// In units of 2^-16.
    pub fn units(self) -> u64 {
        self.0
    }

    /// As a number.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 65536.0
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_becomes_the_weight_of_the_specification() {
        assert_eq!(Weight::from_threshold(0), Weight::ONE);
        assert_eq!(Weight::from_threshold(0x8 << 52).as_f64(), 2.0);
        assert_eq!(Weight::from_threshold(0xf << 52).as_f64(), 16.0);
        assert_eq!(Weight::from_threshold(1 << 56), Weight::ONE);
    }
}
