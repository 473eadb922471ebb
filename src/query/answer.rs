//! The documents of spec 4.2. Fields may be added, never renamed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `apiVersion` of every document.
pub const API_VERSION: &str = "steelthread/v1";

pub(super) fn api_version() -> String {
    API_VERSION.into()
}

/// A count. Weighted counts may be fractions; whole ones are written as integers.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Count(pub f64);

impl Serialize for Count {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < 9e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self)
    }
}

/// Where the true count behind a weighted one lies in at least 95 of 100 cases (spec 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct Interval {
    /// Not less than this.
    pub low: Count,
    /// Not more than this; `null` if nobody can say.
    pub high: Option<Count>,
}

/// The time that an answer is about: `from` belongs to it, `to` does not. RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Range {
    /// First moment.
    pub from: String,
    /// First moment after it.
    pub to: String,
}

/// Percentiles, milliseconds; `null` where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct LatencyMs {
    /// Median.
    pub p50: Option<f64>,
    /// 90 %.
    pub p90: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// Answer to `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// [`API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// What it is about.
    pub range: Range,
    /// In the order of the map.
    pub capabilities: Vec<CapabilityStatus>,
    /// Spans received since the start (server), or in the recording (store, files), by fate.
    pub spans: Spans,
    /// Whether any count is weighted.
    pub estimated: bool,
    /// Values of `steelthread.capability` that are not in the map, with how many spans carried them (at most 100 values).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown_capabilities: BTreeMap<String, u64>,
}

/// Spans by fate; `received` is the sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Spans {
    /// All.
    pub received: u64,
    /// By fate, all nine always there.
    pub fates: BTreeMap<String, u64>,
}

/// How a capability is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Keeps its objectives.
    Ok,
    /// Misses an objective.
    Degraded,
    /// Most attempts that could succeed fail, or far more than the objective allows.
    Failing,
    /// No execution in the range.
    NoData,
    /// Too few executions to say.
    TooFew,
}

/// A capability in `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapabilityStatus {
    /// From the map.
    pub id: String,
    /// From the map.
    pub title: String,
    /// From the map.
    pub owner: Option<String>,
    /// How it is doing.
    pub state: State,
    /// Sum of the five outcomes.
    pub executions: Count,
    /// Served.
    pub ok: Count,
    /// Not served.
    pub failed: Count,
    /// Refused as wrong.
    pub rejected: Count,
    /// Left.
    pub abandoned: Count,
    /// Entry never came.
    pub incomplete: Count,
    /// Of the ok ones: over the latency limit.
    pub slow: Count,
    /// ok / (ok + failed), 0 to 1; `null` without either.
    pub success_rate: Option<f64>,
    /// Lower Wilson 95 % bound.
    pub success_rate_low: Option<f64>,
    /// Upper Wilson 95 % bound.
    pub success_rate_high: Option<f64>,
    /// Duration of ok executions.
    pub latency_ms: LatencyMs,
    /// Errors that the customer did not notice: `masked_retry`, `suppressed`, `async_error`.
    pub absorbed: BTreeMap<String, Count>,
    /// The hop with the most failures; `null` without failures.
    pub worst_hop: Option<WorstHop>,
    /// From the map.
    pub objectives: Vec<ObjectiveStatus>,
    /// Value lost; `null` where the map gives no value.
    pub lost_value: Option<LostValue>,
    /// Unweighted counts, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<BTreeMap<String, u64>>,
    /// In which range the weighted counts are known, by the names of `sampled`, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<BTreeMap<String, Interval>>,
    /// Executions counted in the window of receipt, because their own time was over 5 minutes off; absent if there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skewed: u64,
    /// Why it is empty, in a sentence; absent if it is not, or if it is not known what arrives (in a store).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_empty: Option<String>,
    /// How complete the spans were on which the counts stand.
    #[serde(default)]
    pub completeness: super::Completeness,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Where most failures end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorstHop {
    /// Hop.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// Failures blamed on it.
    pub failures: Count,
    /// Of all failures, 0 to 1.
    pub share: f64,
    /// Who supplies it, from the map; absent if nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
}

/// An objective in `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveStatus {
    /// From the map.
    pub id: String,
    /// `availability` or `latency`.
    pub kind: String,
    /// 0 to 1.
    pub target: f64,
    /// The limit of one of latency, milliseconds; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_ms: Option<f64>,
    /// 0 to 1; `null` without data.
    pub actual: Option<f64>,
    /// Lower Wilson 95 % bound.
    #[serde(default)]
    pub actual_low: Option<f64>,
    /// Upper Wilson 95 % bound.
    #[serde(default)]
    pub actual_high: Option<f64>,
    /// Share of the budget that is left in the range asked about; negative when overdrawn; `null` without data.
    pub budget_left: Option<f64>,
    /// Burn rates by window; empty until there is enough history to tell.
    pub burn: BTreeMap<String, f64>,
    /// Executions that keep it.
    #[serde(default)]
    pub good: Count,
    /// Executions that break it.
    #[serde(default)]
    pub bad: Count,
}

/// Money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostValue {
    /// Decimal, as text.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// Answer to `hops`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HopsAnswer {
    /// [`API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// Whose hops; `null`: all capabilities.
    pub capability: Option<String>,
    /// `hop` or `service`.
    pub level: Level,
    /// What it is about.
    pub range: Range,
    /// In the order asked for.
    pub hops: Vec<HopRow>,
    /// Failures that no hop caused.
    pub buckets: Buckets,
    /// Failed executions: sum of `failures` of the hops, and the buckets.
    pub failed: Count,
    /// Whether any count is weighted.
    pub estimated: bool,
    /// Unweighted `failed`, `caller` and `unknown`, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<BTreeMap<String, u64>>,
    /// In which range the weighted counts are known, by the names of `sampled`, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<BTreeMap<String, Interval>>,
}

/// Failures that no hop caused.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct Buckets {
    /// The customer's own request was wrong.
    pub caller: Count,
    /// Nobody can be named.
    pub unknown: Count,
}

/// A mean, a percentile and a share of critical-path time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct CriticalPathMs {
    /// Milliseconds per execution in which the hop was called.
    pub mean: Option<f64>,
    /// 95 % of these executions spend at most this, milliseconds.
    pub p95: Option<f64>,
    /// Of all critical-path time in the capability, 0 to 1.
    pub share: Option<f64>,
}

/// A mean and a percentile, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct MeanMs {
    /// Per execution in which the hop was called.
    pub mean: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
}

/// A hop, or a service, in `hops`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct HopRow {
    /// Hop; the service at level `service`.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// It sends no spans of its own.
    pub external: bool,
    /// Executions in which it was called.
    pub executions: Count,
    /// All calls.
    pub calls: Count,
    /// Calls of class error.
    pub errors: Count,
    /// Failed executions blamed on it.
    pub failures: Count,
    /// Of all failures, 0 to 1; `null` without failures.
    pub failure_share: Option<f64>,
    /// Lower Wilson 95 % bound.
    #[serde(default)]
    pub failure_share_low: Option<f64>,
    /// Upper Wilson 95 % bound.
    #[serde(default)]
    pub failure_share_high: Option<f64>,
    /// Failures by cause.
    pub causes: BTreeMap<String, Count>,
    /// Slow executions blamed on it.
    pub slow_blamed: Count,
    /// Absorbed errors by kind.
    pub absorbed: BTreeMap<String, Count>,
    /// Attempts after a failed attempt.
    pub retries: Count,
    /// P(execution ok | the hop had an error), 0 to 1; `null` where it had none.
    pub resilience: Option<f64>,
    /// Lower Wilson 95 % bound.
    #[serde(default)]
    pub resilience_low: Option<f64>,
    /// Upper Wilson 95 % bound.
    #[serde(default)]
    pub resilience_high: Option<f64>,
    /// Duration of its calls.
    pub latency_ms: LatencyMs,
    /// Time on the critical path.
    pub critical_path_ms: CriticalPathMs,
    /// Own work on the critical path.
    pub self_ms: MeanMs,
    /// Between caller and it, on the critical path.
    pub edge_gap_ms: MeanMs,
    /// Executions in which it was expected and absent.
    pub missing: Count,
    /// Value lost by failures blamed on it; `null` where the map gives no value.
    pub lost_value: Option<LostValue>,
    /// Unweighted counts, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<BTreeMap<String, u64>>,
    /// In which range the weighted counts are known, by the names of `sampled`, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<BTreeMap<String, Interval>>,
}

/// A verdict line (`--verdicts`), and the answer to `trace`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerdictLine {
    /// Lower-case hex.
    pub trace_id: String,
    /// From the map.
    pub capability: String,
    /// From the map.
    pub thread: Option<String>,
    /// Lower-case hex; `null` if the entry span never came.
    pub entry_span_id: Option<String>,
    /// `ok`, `failed`, `rejected`, `abandoned`, `incomplete`.
    pub outcome: String,
    /// Over the latency limit.
    pub slow: bool,
    /// Milliseconds.
    pub duration_ms: f64,
    /// How many executions it stands for.
    pub weight: f64,
    /// `null` unless failed.
    pub blame: Option<BlameLine>,
    /// Best first.
    pub suspects: Vec<HopLine>,
    /// `null` unless slow.
    pub slow_blame: Option<SlowBlameLine>,
    /// Errors that did not matter.
    pub absorbed: Vec<AbsorbedLine>,
    /// In the order of time.
    pub critical_path: Vec<SectionLine>,
    /// The culprit is another one than at first, because spans came late; absent if not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub corrected: bool,
    /// Who called whom, callers before those they call. Only in answers to `trace`; lines of `--verdicts` are without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tree: Vec<super::TreeLine>,
}

/// Who is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the verdict")]
pub struct BlameLine {
    pub hop: String,
    pub service: String,
    pub cause: String,
    pub confidence: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The span at which the descent ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// Rule of spec 2 that decided, such as `B5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// A hop by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the verdict")]
pub struct HopLine {
    pub hop: String,
    pub service: String,
}

/// Who made it slow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the verdict")]
pub struct SlowBlameLine {
    pub hop: String,
    pub service: String,
    pub cause: String,
}

/// An absorbed error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the verdict")]
pub struct AbsorbedLine {
    pub hop: String,
    pub service: String,
    pub kind: String,
}

/// A stretch of the critical path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the verdict")]
pub struct SectionLine {
    pub span_id: String,
    pub hop: String,
    pub service: String,
    pub start_ns: u64,
    pub end_ns: u64,
    pub kind: String,
}

/// Answer to `trace`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceAnswer {
    /// [`API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// One per execution in the trace.
    pub verdicts: Vec<VerdictLine>,
}

/// At which level hops are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Each hop for itself.
    #[default]
    Hop,
    /// All hops of a service together.
    Service,
}
