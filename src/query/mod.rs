//! Questions and answers: the numbers of spec 4.2, from what is measured live and what is kept, merged.
//!
//! An answer is a function of merged windows and the map, and of nothing else. The same question has the same answer whether it is
//! put to a running server, a store folder, or an analysis that has just ended, because all three are a [`Desk`] over a
//! [`crate::store::Keeper`]. A range holds the slices of ten seconds that *start* in it: `from` belongs to it, `to` does not, and the
//! answer tells the range as it was asked. Without a range it is about everything there is, and tells from the start of the first slice
//! to the end of the last.
//!
//! Counts are weighted; where a weight is not 1, `estimated` says so, and the counts really seen stand under `sampled`. Shares are made
//! from weighted counts, their intervals from the number really seen. The sum of failures over the rows of `hops`, and the buckets
//! beside them, is `failed`, exactly: they are the same integers, summed two ways.

mod alerts;
mod annotation;
mod answer;
mod blamed;
mod budget;
mod budgeted;
mod completeness;
mod desk;
mod durations;
mod estimate;
mod explain;
mod explained;
mod figured;
mod flow;
mod gate;
mod historic;
mod history;
mod hops;
mod incident;
mod incidents;
mod line;
mod listing;
mod matching;
mod money;
mod pieces;
mod question;
mod range;
mod stats;
mod status;
mod stretches;
mod traffic;
mod tree;

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod incident_tests;
#[cfg(test)]
mod tests;

pub use alerts::{AlertLine, Alerts, Watching};
pub use annotation::{AnnotationKind, AnnotationLine, Annotations, NewAnnotation};
pub use answer::*;
pub use budgeted::{BudgetAnswer, Decision, Excluded, GateAnswer, Lately, MaintenanceLine, ObjectiveBudget, Spender};
pub use completeness::Completeness;
pub use desk::Desk;
pub use explained::{EvidenceLine, ExplainKind, Explanation, Suspect};
pub use figured::INCIDENT_FIGURES;
pub use flow::{Flow, FlowBack, FlowEdge, FlowNode};
pub use historic::{DurationBucket, History, HistoryHop, HistoryPoint};
pub use history::{length_text, parse_step};
pub use incident::{IncidentHop, IncidentLine, IncidentPeak, IncidentPoint, IncidentsAnswer};
pub use incidents::{INCIDENTS, indicator_of};
pub use line::{verdict_json, verdict_line};
pub use listing::Listing;
pub use matching::{
    ArrivingSpans, CapabilityMatching, Empty, EntryMatching, FailedTest, Matching, NearSpan, Nearly, Sources, UnmatchedRoot,
    UnmatchedTraces, WhyNot, WhyNotEntry, why_not, why_not_told,
};
pub use question::*;
pub use range::{moment_text, parse_length, parse_moment, parse_range};
pub use tree::{TreeLine, verdict_with_tree};
