//! How many times as fast as it may a budget goes.

use super::{Counts, Tier};

/// With fewer failures than this in the long window, no burn rate is taken for sure.
pub const MIN_FAILURES: u64 = 3;

/// Error rate by the rate that is allowed: at 1 the objective is just kept. `None` without data; infinite where nothing may fail and
/// something did.
pub fn burn_rate(counts: &Counts, target: f64) -> Option<f64> {
    let rate = counts.error_rate()?;
    let allowed = 1.0 - target;
    Some(if allowed > 0.0 {
        rate / allowed
    } else if rate > 0.0 {
        f64::INFINITY
    } else {
        0.0
    })
}

/// Whether it burns at this factor or more, and not by chance: the lower Wilson 95 % bound of the error rate is over what the factor
/// allows, and so many failures were seen.
pub fn surely_burns(counts: &Counts, factor: f64, target: f64, min_failures: u64) -> bool {
    counts.bad.raw >= min_failures.max(1) && counts.surely_bad() > factor * (1.0 - target)
}

/// How a tier stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BurnState {
    /// Neither window burns.
    Acceptable,
    /// Only the short one does: it has just begun.
    Increasing,
    /// Both do.
    Critical,
    /// Only the long one does: it has stopped.
    Recovering,
}

impl BurnState {
    /// From what the two windows do.
    pub fn of(long_burns: bool, short_burns: bool) -> Self {
        match (long_burns, short_burns) {
            (false, false) => Self::Acceptable,
            (false, true) => Self::Increasing,
            (true, true) => Self::Critical,
            (true, false) => Self::Recovering,
        }
    }

    /// As answers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acceptable => "acceptable",
            Self::Increasing => "increasing",
            Self::Critical => "critical",
            Self::Recovering => "recovering",
        }
    }
}

impl Tier {
    /// Whether these counts burn at the factor or more.
    pub fn burns(&self, counts: &Counts, target: f64) -> bool {
        burn_rate(counts, target).is_some_and(|burn| burn >= self.factor)
    }

    /// The state, by the counts of the long and of the short window.
    pub fn state(&self, long: &Counts, short: &Counts, target: f64) -> BurnState {
        BurnState::of(self.burns(long, target), self.burns(short, target))
    }

    /// Whether somebody is to be told: both windows burn, and the long one surely does.
    pub fn fires(&self, long: &Counts, short: &Counts, target: f64, min_failures: u64) -> bool {
        self.state(long, short, target) == BurnState::Critical && surely_burns(long, self.factor, target, min_failures)
    }
}
