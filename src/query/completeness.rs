//! How complete the spans were.

use super::Count;
use super::status::{count, tidy};
use crate::measure::Window;
use crate::model::Outcome;
use serde::{Deserialize, Serialize};

/// How complete the spans were on which counts stand. Nothing of it is hidden in the counts: late spans change none of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Completeness {
    /// Spans of the capability that came after their execution was judged, as far as a span alone tells whose it is.
    pub late: u64,
    /// Spans whose parent never came; where they hang in their execution is a guess.
    pub orphan: u64,
    /// Executions with at least one such span.
    pub orphaned: Count,
    /// Executions whose entry span never came.
    pub incomplete: Count,
    /// Failed executions whose culprit was named anew when late spans came.
    pub corrected: Count,
    /// Mean weight of an execution: how many each one that was seen stands for; 1 without sampling.
    pub weight: f64,
}

impl Default for Completeness {
    /// Everything came.
    fn default() -> Self {
        let none = Count::default();
        Self { late: 0, orphan: 0, orphaned: none, incomplete: none, corrected: none, weight: 1.0 }
    }
}

impl Completeness {
    /// Whether nothing was late, lost or corrected.
    pub fn is_whole(&self) -> bool {
        let Self { late, orphan, incomplete, corrected, .. } = self;
        *late == 0 && *orphan == 0 && incomplete.0 == 0.0 && corrected.0 == 0.0
    }
}

/// How complete the spans were on which the counts of this window stand.
pub(super) fn completeness(window: &Window) -> Completeness {
    let executions = window.executions();
    Completeness {
        late: window.late,
        orphan: window.orphans,
        orphaned: count(window.orphaned),
        incomplete: count(window.outcome(Outcome::Incomplete)),
        corrected: count(window.corrected),
        weight: if executions.raw == 0 { 1.0 } else { tidy(executions.count() / executions.raw as f64) },
    }
}
