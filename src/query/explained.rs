//! The document of `explain` (spec 4.2). Fields may be added, never renamed.

use super::answer::api_version;
use super::{Count, Level, Range};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was out of the ordinary (spec 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainKind {
    /// A hop failed.
    HopFailure,
    /// A hop worked longer than it normally does.
    HopSlow,
    /// The way to a hop and back took longer.
    Edge,
    /// Calls that are normally made were not.
    MissingStep,
    /// More requests than normal were refused as wrong.
    Caller,
    /// Many more, or many fewer executions than normal.
    Traffic,
    /// Worse as a whole, and no hop by itself is.
    SystemAccident,
    /// No difference from what is normal that is statistically sure.
    NothingUnusual,
}

impl ExplainKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::HopFailure,
        Self::HopSlow,
        Self::Edge,
        Self::MissingStep,
        Self::Caller,
        Self::Traffic,
        Self::SystemAccident,
        Self::NothingUnusual,
    ];

    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HopFailure => "hop_failure",
            Self::HopSlow => "hop_slow",
            Self::Edge => "edge",
            Self::MissingStep => "missing_step",
            Self::Caller => "caller",
            Self::Traffic => "traffic",
            Self::SystemAccident => "system_accident",
            Self::NothingUnusual => "nothing_unusual",
        }
    }
}

/// Answer to `explain`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// [`super::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// Its id.
    pub capability: String,
    /// Summed at which level.
    pub level: Level,
    /// What is explained.
    pub range: Range,
    /// What it is compared with; the range is left out of it.
    pub baseline: Range,
    /// What was out of the ordinary.
    pub kind: ExplainKind,
    /// Best first; empty if nothing was.
    pub suspects: Vec<Suspect>,
    /// Executions in the range.
    pub executions: Count,
    /// Executions in the baseline.
    pub baseline_executions: Count,
    /// Whether any count is weighted.
    #[serde(default)]
    pub estimated: bool,
    /// Unweighted counts, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<BTreeMap<String, u64>>,
    /// What whoever reads this must know about how it came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A hop, or a service, that may be the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Name of the hop; at service level the service.
    pub hop: String,
    /// Service, or peer.
    pub service: String,
    /// How much speaks for it: about the share of executions that it has spoilt. An execution that failed counts three times.
    pub score: f64,
    /// Its part of the excess that decided the kind, 0 to 1. Over all suspects the parts of one excess are at most 1.
    pub share: f64,
    /// What speaks for it, strongest first.
    pub evidence: Vec<EvidenceLine>,
    /// A few executions in which it shows; may be empty.
    pub trace_ids: Vec<String>,
}

/// One reason to suspect a hop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceLine {
    /// `failures`, `new_cause`, `absorbed`, `self_time`, `edge_gap`, `starved_caller`, `calls`, `vanished`, `rejected`,
    /// `executions`, `duration`.
    pub kind: String,
    /// A sentence with numbers.
    pub text: String,
    /// The number that the sentence is about: milliseconds, a share of 0 to 1, or calls per execution.
    pub value: f64,
    /// What it is normally; `null` if there is nothing to compare with.
    pub normal: Option<f64>,
}
