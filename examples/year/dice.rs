//! Chance from a seed (SplitMix64).

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low)
    }

    /// How many of things that come independently, so many in the mean (Knuth, in steps of at most 30).
    pub fn poisson(&mut self, mut mean: f64) -> u64 {
        let mut sum = 0;
        while mean > 0.0 {
            let step = mean.min(30.0);
            mean -= step;
            let (limit, mut product) = ((-step).exp(), self.share());
            while product > limit {
                sum += 1;
                product *= self.share();
            }
        }
        sum
    }

    /// How many of so many, each with this chance.
    pub fn of(&mut self, many: u64, chance: f64) -> u64 {
        if chance <= 0.0 { 0 } else { (0..many).filter(|_| self.share() < chance).count() as u64 }
    }
}
