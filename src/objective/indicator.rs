//! What is good and what is bad by an objective.

use crate::catalogue::{Objective, ObjectiveKind};
use crate::measure::{Tally, Window, wilson};
use crate::model::{Hops, Name, Outcome};
use std::ops::AddAssign;

/// How much was good, and how much was not. Adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Kept the promise.
    pub good: Tally,
    /// Broke it.
    pub bad: Tally,
}

impl Counts {
    /// Both.
    pub fn all(&self) -> Tally {
        let mut all = self.good;
        all += self.bad;
        all
    }

    /// As many, but only so many of them bad.
    pub fn but_only(&self, bad: Tally) -> Self {
        Self { good: without(self.all(), bad), bad }
    }

    /// Share of the bad, weighted; `None` without data.
    pub fn error_rate(&self) -> Option<f64> {
        let all = self.all().units;
        (all > 0).then(|| self.bad.units as f64 / all as f64)
    }

    /// Lower Wilson 95 % bound of the share of the bad; 0 without data.
    pub fn surely_bad(&self) -> f64 {
        let bounds = self.error_rate().and_then(|rate| wilson(rate, self.all().effective()));
        bounds.map_or(0.0, |(low, _)| low)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.good += other.good;
        self.bad += other.bad;
    }
}

/// Which counts of a window an objective is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indicator {
    /// Executions of the capability: served or not, in time or not.
    Capability(ObjectiveKind),
    /// Calls of a hop that the map names: without and with an error.
    HopCalls {
        /// Its id in the map. Where spans of several services are this hop, they are taken together.
        hop: Name,
    },
    /// Executions that were decided about: not rejected, and rejected.
    Rejected,
}

impl Indicator {
    /// Of an objective of a capability.
    pub fn of_capability(objective: &Objective) -> Self {
        Self::Capability(objective.kind)
    }

    /// Of an objective of a hop. `None` for latency: calls are not counted against a limit when they come in, and a share that is read from a histogram
    /// would be a guess (spec 5.1).
    pub fn of_hop(objective: &Objective, hop: Name) -> Option<Self> {
        match objective.kind {
            ObjectiveKind::Availability => Some(Self::HopCalls { hop }),
            ObjectiveKind::Latency { .. } => None,
        }
    }

    /// Good and bad in this window, which may be a part of one: the counts of parts add up.
    pub fn counts(&self, window: &Window, hops: &Hops) -> Counts {
        match *self {
            Self::Capability(ObjectiveKind::Availability) => {
                Counts { good: window.outcome(Outcome::Ok), bad: window.outcome(Outcome::Failed) }
            }
            Self::Capability(ObjectiveKind::Latency { under_ns }) => {
                let limit = window.limits.iter().find(|limit| limit.under_ns == under_ns).copied().unwrap_or_default();
                Counts { good: limit.good, bad: without(limit.all, limit.good) }
            }
            Self::HopCalls { hop } => calls(window, hop, hops),
            Self::Rejected => {
                let mut good = window.outcome(Outcome::Ok);
                good += window.outcome(Outcome::Failed);
                Counts { good, bad: window.outcome(Outcome::Rejected) }
            }
        }
    }
}

fn calls(window: &Window, hop: Name, hops: &Hops) -> Counts {
    let mut counts = Counts::default();
    for (_, figures) in window.hops.iter().filter(|(id, _)| hops.get(**id).hop == hop) {
        let errors = figures.trouble.as_ref().map_or_else(Tally::default, |trouble| trouble.errors);
        counts += Counts { good: without(figures.calls, errors), bad: errors };
    }
    counts
}

fn without(all: Tally, part: Tally) -> Tally {
    Tally {
        units: all.units.saturating_sub(part.units),
        raw: all.raw.saturating_sub(part.raw),
        excess: all.excess.saturating_sub(part.excess),
    }
}
