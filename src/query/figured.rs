//! Figures of incidents that are over, kept as they were then.
//!
//! Windows become longer with the years: of an incident of ten minutes there is one day to read when four hundred of them have passed. What an incident cost
//! stands in reports by then, so its figures are kept beside it, a few kilobytes each. Its timeline is not: that is made of what windows there are,
//! and says so where it does not add up any more.

use super::incidents::span;
use super::{Between, Desk, IncidentLine, QueryError, moment_text};
use crate::alert::Incident;
use serde::{Deserialize, Serialize};

/// Names under which the store keeps the figures of those that are over; the id follows.
pub const INCIDENT_FIGURES: &str = "incident_figures/";

/// What is told of an incident, and whether any count of it is weighted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Figured {
    pub(super) line: IncidentLine,
    pub(super) weighted: bool,
}

/// What is kept: figures, and the stretch that they are of.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    from_ns: u64,
    to_ns: u64,
    figured: Figured,
}

impl Figured {
    /// These figures, with the timeline of now.
    pub(super) fn with_timeline(self, now: Self) -> Self {
        let (line, now) = (self.line, now.line);
        let differs = (now.executions, now.lost, now.slow, now.broken) != (line.executions, line.lost, line.slow, line.broken);
        let about_time = "the timeline is made of longer windows than these figures, and does not add up to them";
        let about_time = differs.then(|| about_time.to_owned());
        let note = [line.note.clone(), about_time].into_iter().flatten().reduce(|one, other| format!("{one}; {other}"));
        Self { line: IncidentLine { timeline: now.timeline, step_seconds: now.step_seconds, note, ..line }, ..self }
    }
}

impl Desk {
    /// The text that keeps the figures of an incident as they are now; `None` where there is nothing to keep: it goes on, its capability is gone
    /// from the map, or only longer windows are left of it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn figures_to_keep(&self, one: &Incident) -> Result<Option<String>, QueryError> {
        let listed = self.listing.now();
        let of = listed.iter().find(|listed| listed.capability.id == one.capability);
        let Some(of) = of.filter(|_| one.resolved_ns.is_some()) else { return Ok(None) };
        let Between { from_ns, to_ns } = span(one, 0);
        let summed = self.summed(one, of, to_ns)?;
        if summed.coarse.is_some() {
            return Ok(None);
        }
        let weighted = summed.is_weighted();
        let figured = Figured { line: self.told_incident(one, Some(of), Some(summed), false), weighted };
        Ok(serde_json::to_string(&Kept { from_ns, to_ns, figured }).ok())
    }

    /// What is kept of the figures of this one, if it is over and they are of its stretch.
    pub(super) fn kept_figures(&self, one: &Incident) -> Result<Option<Figured>, QueryError> {
        let Some(store) = self.keeper.store().filter(|_| one.settled && one.resolved_ns.is_some()) else { return Ok(None) };
        let text = store.text(&format!("{INCIDENT_FIGURES}{}", one.id))?;
        let Between { from_ns, to_ns } = span(one, 0);
        let kept = serde_json::from_str::<Kept>(&text).ok().filter(|kept| (kept.from_ns, kept.to_ns) == (from_ns, to_ns));
        // When its last alert ended is remembered elsewhere.
        Ok(kept.map(|Kept { figured, .. }| {
            let line = IncidentLine { resolved: one.resolved_ns.map(moment_text), ..figured.line };
            Figured { line, ..figured }
        }))
    }
}
