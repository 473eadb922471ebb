//! When the rules hold, read from sums over the whole list: every window exact, no states, nothing shared with the crate.

use super::traffic::Slice;
use super::{DAY, HOUR, SLICE, TARGETS};
use std::ops::Range;

/// Sums of all slices before a position.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    failed: u64,
    ok: u64,
    late: u64,
}

pub struct Naive(Vec<Before>);

/// Long and short window in seconds, factor: for a period of 30 days.
pub const TIERS: [(u64, u64, f64); 5] =
    [(HOUR, 300, 14.4), (6 * HOUR, 1800, 6.0), (DAY, 2 * HOUR, 3.0), (3 * DAY, 6 * HOUR, 1.0), (15 * DAY, 3 * DAY, 1.0)];

impl Naive {
    pub fn new(slices: &[Slice]) -> Self {
        let mut sums = vec![Before::default()];
        for slice in slices {
            let last = sums[sums.len() - 1];
            sums.push(Before {
                failed: last.failed + u64::from(slice.failed),
                ok: last.ok + u64::from(slice.ok),
                late: last.late + u64::from(slice.late),
            });
        }
        Self(sums)
    }

    fn between(&self, from: u64, to: u64) -> Before {
        let (from, to) = (self.0[(from / SLICE) as usize], self.0[(to / SLICE) as usize]);
        Before { failed: to.failed - from.failed, ok: to.ok - from.ok, late: to.late - from.late }
    }

    /// Good and bad executions by an objective.
    pub fn counts(&self, objective: usize, from: u64, to: u64) -> (u64, u64) {
        let sum = self.between(from, to);
        if objective == 0 { (sum.ok, sum.failed) } else { (sum.ok - sum.late, sum.late) }
    }

    /// Whether a tier of an objective fires at this moment.
    fn fires(&self, objective: usize, tier: usize, at: u64, since: u64) -> bool {
        let (long, short, factor) = TIERS[tier];
        let most = factor * (1.0 - TARGETS[objective]);
        let of = |length: u64| {
            let (good, bad) = self.counts(objective, at.saturating_sub(length), at);
            // What was told already counts as if it had been good.
            let (_, untold) = self.counts(objective, at.saturating_sub(length).max(since.min(at)), at);
            (good + bad - untold, untold)
        };
        let ((good, bad), (short_good, short_bad)) = (of(long), of(short));
        let rate = |good: u64, bad: u64| if good + bad == 0 { 0.0 } else { bad as f64 / (good + bad) as f64 };
        bad >= 3 && rate(good, bad) >= most && rate(short_good, short_bad) >= most && low(good, bad) > most
    }

    /// Whether a tier of an objective fires at this moment.
    pub fn holds(&self, at: u64) -> bool {
        (0..TIERS.len()).any(|tier| self.fires(0, tier, at, 0) || self.fires(1, tier, at, 0))
    }

    /// The first moment in this time at which a tier fires that did not fire at its start, and which one. `told`: objectives of which a ticket lasts already; another one would
    /// tell nothing new. What lies before `since` was told already.
    pub fn first(&self, time: Range<u64>, told: [bool; 2], since: u64) -> Option<(u64, usize, usize)> {
        let end = time.end.min((self.0.len() as u64 - 1) * SLICE);
        let all = (0..TIERS.len()).flat_map(|tier| [(0, tier), (1, tier)]);
        let fresh: Vec<(usize, usize)> = all
            .filter(|(objective, tier)| (*tier < 2 || !told[*objective]) && !self.fires(*objective, *tier, time.start, since))
            .collect();
        (time.start + SLICE..=end).step_by(SLICE as usize).find_map(|at| {
            let fires = fresh.iter().find(|(objective, tier)| self.fires(*objective, *tier, at, since));
            fires.map(|(objective, tier)| (at, *objective, *tier))
        })
    }

    /// The first moment at which silence since the last execution before `since` is sure: in each of the four weeks before, thirty came in the same stretch.
    pub fn silence_is_sure(&self, since: u64, until: u64) -> Option<u64> {
        let all = |from: u64, to: u64| {
            let sum = self.between(from, to);
            sum.ok + sum.failed
        };
        let last =
            (0..since).rev().step_by(SLICE as usize).map(|at| at / SLICE * SLICE).find(|at| all(*at, at + SLICE) > 0)? + SLICE;
        let weeks: Vec<u64> = (1..=4).map(|week| week * 7 * DAY).filter(|back| *back <= last).collect();
        let until = until.min((self.0.len() as u64 - 1) * SLICE);
        (since..until)
            .step_by(SLICE as usize)
            .find(|at| weeks.len() >= 2 && weeks.iter().all(|back| all(last - back, at - back) >= 30))
    }
}

/// Lower Wilson 95 % bound, written as the root of its equation: the smallest p with |bad - n p| = 1.96 sqrt(n p (1 - p)).
fn low(good: u64, bad: u64) -> f64 {
    let (n, z) = ((good + bad) as f64, 1.959_963_984_540_054_f64);
    let (a, b, c) = (n * n + n * z * z, -(2.0 * n * bad as f64 + n * z * z), (bad * bad) as f64);
    (-b - (b * b - 4.0 * a * c).max(0.0).sqrt()) / (2.0 * a)
}
