//! The document of `incidents` (spec 5.4). Fields may be added, never renamed.

use super::answer::api_version;
use super::{AnnotationLine, Count, LostValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answer to `incidents`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentsAnswer {
    /// [`super::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// The last one first.
    pub incidents: Vec<IncidentLine>,
    /// How many older ones are kept and not told.
    pub more: u64,
    /// Whether any count is weighted.
    pub estimated: bool,
}

/// A stretch of time in which a capability broke an objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentLine {
    /// What it is asked for by. Stays the same.
    pub id: String,
    /// Id of the capability.
    pub capability: String,
    /// Id of the objective, of a hop's `hop/objective`.
    pub objective: String,
    /// The most urgent tier that told it, such as `1h/5m`.
    pub tier: String,
    /// `page` or `ticket`.
    pub severity: String,
    /// As it was when it was detected; empty if nobody is named.
    pub owner: String,
    /// `open` or `over`.
    pub state: String,
    /// The start of the first broken window, RFC 3339.
    pub start: String,
    /// When its first alert began.
    pub detected: String,
    /// Where most was broken; `null` where nothing is counted.
    pub peak: Option<IncidentPeak>,
    /// The end of the last broken window; `null` while it goes on.
    pub recovered: Option<String>,
    /// When its last alert ended; `null` while it goes on.
    pub resolved: Option<String>,
    /// Executions from its start until it recovered.
    pub executions: Count,
    /// Executions by outcome; those that were slow stand in `slow`.
    pub outcomes: BTreeMap<String, Count>,
    /// Executions that failed.
    pub lost: Count,
    /// Of all executions, 0 to 1; `null` without any.
    pub lost_share: Option<f64>,
    /// Executions that were served, but slow.
    pub slow: Count,
    /// What those that failed were worth; `null` where the map names no value.
    pub lost_value: Option<LostValue>,
    /// What its objective counts: executions, or calls of a hop.
    pub counted: Count,
    /// How many of them broke it.
    pub broken: Count,
    /// Of what it counts, 0 to 1; `null` without any.
    pub broken_share: Option<f64>,
    /// Who is to blame, most first.
    pub hops: Vec<IncidentHop>,
    /// `yes` if no hop broke an objective of its own, `no` if one did, `unknown` where hops have none, or the one that is most to blame has none.
    pub system_accident: String,
    /// Objectives of hops that were broken, as `hop/objective`.
    pub hop_objectives_broken: Vec<String>,
    /// Length of a point of the timeline; the first and the last may be cut.
    pub step_seconds: u64,
    /// From start to end without a hole; empty in a list of incidents.
    pub timeline: Vec<IncidentPoint>,
    /// What was done from an hour before its start until its end, to this capability or to all.
    #[serde(default)]
    pub annotations: Vec<AnnotationLine>,
    /// What else must be known to read it; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The point of the timeline at which most was broken; the first of equals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentPeak {
    /// First moment, RFC 3339.
    pub from: String,
    /// First moment after it.
    pub to: String,
    /// How many broke the objective.
    pub broken: Count,
    /// Of what it counts, 0 to 1.
    pub broken_share: Option<f64>,
}

/// Who is to blame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentHop {
    /// Hop, or `(caller)` or `(unknown)`.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// Executions that failed because of it.
    pub lost: Count,
    /// Executions that were slow because of it.
    pub slow: Count,
    /// Of all that is blamed on anybody, 0 to 1: of the slow ones where the objective is one of latency, else of those that failed.
    pub share: f64,
}

/// A stretch of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentPoint {
    /// First moment, RFC 3339.
    pub from: String,
    /// First moment after it.
    pub to: String,
    /// Executions.
    pub executions: Count,
    /// Those that failed.
    pub lost: Count,
    /// Those that were served, but slow.
    pub slow: Count,
    /// How many broke the objective.
    pub broken: Count,
    /// Who is to blame, most first.
    pub hops: Vec<IncidentHop>,
}
