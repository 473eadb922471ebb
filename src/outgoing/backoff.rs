//! How long to wait before the next attempt.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// However long a receiver wants it, a message is not held back longer.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// Waits that double, each made shorter or longer by chance, so that those who failed together do not come back together.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
    chance: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// The first wait comes next.
    pub fn new() -> Self {
        Self::up_to(LONGEST)
    }

    /// No usual wait is longer than this and a half.
    pub fn up_to(longest: Duration) -> Self {
        Self { next: FIRST, longest, chance: RandomState::new().build_hasher().finish() }
    }

    /// The next wait: at least what the receiver asked for, else half to one and a half of 1 s, 2 s, 4 s … 30 s.
    pub fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let usual = self.next;
        self.next = (usual * 2).min(self.longest);
        let share = self.chance();
        match asked {
            Some(asked) => asked.min(LONGEST_ASKED).mul_f64(1.0 + share / 10.0),
            None => usual.mul_f64(0.5 + share),
        }
    }

    /// From 0 to 1; xorshift.
    fn chance(&mut self) -> f64 {
        self.chance = (self.chance ^ (self.chance << 13)).max(1);
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_thirty_seconds_and_are_not_all_alike() {
        let waits = |_| {
            let mut backoff = Backoff::new();
            [(); 9].map(|()| backoff.wait(None).as_secs_f64())
        };
        let many: Vec<[f64; 9]> = (0..100).map(waits).collect();
        for (at, usual) in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0].into_iter().enumerate() {
            assert!(many.iter().all(|waits| (usual * 0.5..=usual * 1.5).contains(&waits[at])), "wait {at}");
            assert!(many.iter().any(|waits| waits[at] < usual) && many.iter().any(|waits| waits[at] > usual), "wait {at}");
        }
    }

    #[test]
    fn what_a_receiver_asks_for_is_waited_at_least_but_not_for_ever() {
        let mut backoff = Backoff::new();
        let asked = Duration::from_secs(7);
        assert!((asked..asked.mul_f64(1.11)).contains(&backoff.wait(Some(asked))));
        assert!(backoff.wait(Some(Duration::from_secs(1 << 40))) < Duration::from_secs(400));
    }
}
