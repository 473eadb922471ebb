//! Another culprit for an execution that is counted already (spec 3.2): one count moves from hop to hop, and no sum changes.

use super::hop::{HopFigures, Trouble};
use super::{Tally, Window};
use crate::model::{Cause, HopId, TraceId, Weight};

/// Whom a failure is counted under. Hops as they are counted: `(other)` where there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Culprit {
    /// The hop.
    pub hop: HopId,
    /// Why.
    pub cause: Cause,
}

/// What is corrected in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// Whom the failure is counted under.
    pub from: Culprit,
    /// Whom it is to be counted under.
    pub to: Culprit,
    /// How many executions it stands for.
    pub weight: Weight,
    /// Its trace.
    pub trace: TraceId,
    /// This execution was corrected before, and counts as corrected already.
    pub again: bool,
}

impl Window {
    /// Moves one failure, with its trace if that is a sample, and counts the correction. Where the failure is not found nothing
    /// changes, and the answer is `false`.
    pub fn correct(&mut self, correction: &Correction) -> bool {
        let Correction { from, to, weight, trace, again } = *correction;
        if !self.take_failure(from, weight, trace) {
            return false;
        }
        let failures = self.hops.entry(to.hop).or_default().trouble().failures_mut(to.cause);
        failures.count.add(weight, 1);
        failures.sample(trace);
        if !again {
            self.corrected.add(weight, 1);
        }
        true
    }

    /// What has nothing left is taken out, so that the window is the same as if the failure had never been counted there.
    fn take_failure(&mut self, from: Culprit, weight: Weight, trace: TraceId) -> bool {
        let Some(figures) = self.hops.get_mut(&from.hop) else { return false };
        let Some(trouble) = figures.trouble.as_deref_mut() else { return false };
        let Ok(at) = trouble.failures.binary_search_by_key(&from.cause, |(cause, _)| *cause) else { return false };
        let failures = &mut trouble.failures[at].1;
        if !failures.count.take(weight) {
            return false;
        }
        failures.samples.retain(|sample| *sample != trace);
        if failures.count.is_zero() {
            trouble.failures.remove(at);
        }
        if *trouble == Trouble::default() {
            figures.trouble = None;
        }
        if *figures == HopFigures::default() {
            self.hops.remove(&from.hop);
        }
        true
    }
}

impl Tally {
    /// Takes back one thing of this weight. `false` where it cannot be among those counted; nothing changes then.
    fn take(&mut self, weight: Weight) -> bool {
        let mut one = Self::default();
        one.add(weight, 1);
        let (Some(units), Some(raw)) = (self.units.checked_sub(one.units), self.raw.checked_sub(1)) else { return false };
        // Weights are never less than 1: what would be left is none of this sum.
        if units < u128::from(raw) << 16 || (raw == 0 && units > 0) {
            return false;
        }
        // Beyond the end of the number range it is not known any more what is in it.
        let excess = if self.excess == u64::MAX { u64::MAX } else { self.excess.saturating_sub(one.excess) };
        *self = Self { units, raw, excess: if raw == 0 { 0 } else { excess } };
        true
    }
}
