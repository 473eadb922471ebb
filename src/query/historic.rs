//! The document of `history`: figures over time. Fields may be added, never renamed.

use super::answer::api_version;
use super::{CapabilityStatus, Completeness, Count, Interval, LatencyMs, Range, WorstHop};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answer to `history`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// [`super::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// Whose figures.
    pub capability: String,
    /// What it is about: from the first point to the end of the last. It begins later than asked, where nothing is kept from before.
    pub range: Range,
    /// Length of a point; the first and the last may be cut by the range.
    pub step_seconds: u64,
    /// In the order of time, without a hole: those without executions, too.
    pub points: Vec<HistoryPoint>,
    /// Whether any count is weighted.
    pub estimated: bool,
    /// What else must be known to read it; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The status of a capability over a stretch of time. Everything is as in [`CapabilityStatus`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the status")]
pub struct HistoryPoint {
    /// First moment, RFC 3339, UTC.
    pub from: String,
    /// First moment after it.
    pub to: String,
    pub executions: Count,
    pub ok: Count,
    pub failed: Count,
    pub rejected: Count,
    pub abandoned: Count,
    pub incomplete: Count,
    pub slow: Count,
    pub success_rate: Option<f64>,
    pub success_rate_low: Option<f64>,
    pub success_rate_high: Option<f64>,
    pub latency_ms: LatencyMs,
    pub absorbed: BTreeMap<String, Count>,
    pub worst_hop: Option<WorstHop>,
    #[serde(default)]
    pub completeness: Completeness,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<BTreeMap<String, u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<BTreeMap<String, Interval>>,
    /// Who is to blame for most of `failed`, most first; at most six. What they do not add up to is of others.
    #[serde(default)]
    pub hops: Vec<HistoryHop>,
    /// How durations of ok executions are spread, shortest first; empty unless asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub durations: Vec<DurationBucket>,
}

/// Who is to blame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct HistoryHop {
    /// Hop, or `(caller)` or `(unknown)`.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// Failed executions blamed on it.
    pub failures: Count,
}

/// Durations from `from_ms` to less than `to_ms`. An octave is four buckets, in all answers the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct DurationBucket {
    /// Milliseconds.
    pub from_ms: f64,
    /// Milliseconds.
    pub to_ms: f64,
    /// How many.
    pub executions: Count,
}

impl HistoryPoint {
    /// What a status says, as a point of this stretch. The one place where the two are held together.
    pub(crate) fn of_status(range: Range, it: CapabilityStatus) -> Self {
        Self {
            from: range.from,
            to: range.to,
            executions: it.executions,
            ok: it.ok,
            failed: it.failed,
            rejected: it.rejected,
            abandoned: it.abandoned,
            incomplete: it.incomplete,
            slow: it.slow,
            success_rate: it.success_rate,
            success_rate_low: it.success_rate_low,
            success_rate_high: it.success_rate_high,
            latency_ms: it.latency_ms,
            absorbed: it.absorbed,
            worst_hop: it.worst_hop,
            completeness: it.completeness,
            sampled: it.sampled,
            intervals: it.intervals,
            hops: Vec::new(),
            durations: Vec::new(),
        }
    }
}
