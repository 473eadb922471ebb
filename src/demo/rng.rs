//! Numbers that look random and are the same for the same seed (SplitMix64): the demo must be repeatable, not unpredictable.

/// A source of numbers.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low).saturating_add(1);
        low + self.next() % width.max(1)
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.between(0, 99) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_bounds() {
        let (mut one, mut other) = (Rng::new(7), Rng::new(7));
        for _ in 0..1000 {
            let number = one.between(3, 9);
            assert!((3..=9).contains(&number));
            assert_eq!(number, other.between(3, 9));
        }
        assert_ne!(Rng::new(1).next(), Rng::new(2).next());
        assert!(Rng::new(5).between(4, 4) == 4);
    }

    #[test]
    fn a_chance_of_a_quarter_comes_true_in_about_a_quarter() {
        let mut rng = Rng::new(11);
        let came_true = (0..10_000).filter(|_| rng.chance(25)).count();
        assert!((2300..2700).contains(&came_true), "{came_true}");
    }
}
