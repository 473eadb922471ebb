//! The documents of `flow`: who calls whom in a capability, how many executions go each way, and on which way failures come back to the
//! customer. Fields may be added, never renamed.

mod acyclic;
mod gathered;
mod graph;
mod latest;
mod strands;
mod told;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod told_tests;

use super::answer::api_version;
use super::{Buckets, Count, LatencyMs, LostValue, MeanMs, Range};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answer to `flow`.
///
/// What holds of it: failures on the edges that leave the customer, and the two buckets, add up to `failed`. At each node, what comes in by
/// its edges is what is blamed on it and what goes on from it; the same of slow executions. No edge leads back: nodes stand in an order in
/// which callers come before those they call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// [`super::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// What it is about.
    pub range: Range,
    /// Id from the map.
    pub capability: String,
    /// From the map.
    pub title: String,
    /// The customer's word from the map.
    pub customer: Option<String>,
    /// All executions.
    pub executions: Count,
    /// Failed executions.
    pub failed: Count,
    /// Executions whose slowness is blamed on a hop.
    pub slow: Count,
    /// Executions of which it is known who called whom, and by which way failures came. Less than `executions` where windows were kept by a
    /// version that did not count that: of the others only calls are known; of the oldest nothing, and then all hops hang at the first one.
    pub sampled: Count,
    /// Hops, callers before those they call; as `hops` tells them.
    pub nodes: Vec<FlowNode>,
    /// Who calls whom: those of the customer first, then in the order of callers and of those they call.
    pub edges: Vec<FlowEdge>,
    /// Calls that lead back to a hop nearer to the customer (or are of a hop by itself): they would make a circle, and no strand runs along them.
    pub left_out: Vec<FlowBack>,
    /// Failures that no hop caused: they end at the customer.
    pub buckets: Buckets,
    /// Whether any count is weighted.
    pub estimated: bool,
    /// What must be known about it, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A hop in a flow. Counts are those of `hops`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct FlowNode {
    /// Hop.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// What of its name is not its service; `null` where the map names it.
    pub operation: Option<String>,
    /// It sends no spans of its own.
    pub external: bool,
    /// Nobody waits for its answer, and it sends no spans of its own.
    pub queue: bool,
    /// From the map.
    pub supplier: Option<String>,
    /// The longest way to it from the customer, in edges: 0 for whom the customer calls.
    pub layer: u32,
    /// Executions in which it was called.
    pub executions: Count,
    /// Of all executions, 0 to 1; `null` without any.
    pub share: Option<f64>,
    /// All calls.
    pub calls: Count,
    /// Calls of class error.
    pub errors: Count,
    /// Failed executions blamed on it.
    pub failures: Count,
    /// Of all failures, 0 to 1; `null` without failures.
    pub failure_share: Option<f64>,
    /// The most frequent cause of its failures; `null` without any.
    pub cause: Option<String>,
    /// Failures by cause.
    pub causes: BTreeMap<String, Count>,
    /// Failures that come by it from hops further on.
    pub through: Count,
    /// It has errors, and failures come by it that end elsewhere: it passes errors on.
    pub passes_on: bool,
    /// Errors here that the customer did not notice, of all kinds.
    pub absorbed: Count,
    /// Attempts after a failed attempt.
    pub retries: Count,
    /// Executions in which it was expected and absent.
    pub missing: Count,
    /// Slow executions blamed on it.
    pub slow_blamed: Count,
    /// Duration of its calls.
    pub latency_ms: LatencyMs,
    /// Own work on the critical path.
    #[serde(default)]
    pub self_ms: MeanMs,
    /// Between caller and it, on the critical path.
    #[serde(default)]
    pub edge_gap_ms: MeanMs,
    /// Value lost by failures blamed on it; `null` where the map gives no value.
    pub lost_value: Option<LostValue>,
}

/// Calls of a hop by another, or by the customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct FlowEdge {
    /// Position of the caller in `nodes`; `null`: the customer.
    pub from: Option<u32>,
    /// Position in `nodes` of whom it calls.
    pub to: u32,
    /// How many calls; 0 where only the map, or nothing at all, says that it is called from here.
    pub calls: Count,
    /// Executions with such a call. Where only calls were counted: at most so many.
    pub executions: Count,
    /// Of all executions, 0 to 1; `null` without any.
    pub share: Option<f64>,
    /// The caller does not wait for it.
    #[serde(rename = "async")]
    pub asynchronous: bool,
    /// Failed executions that are blamed on `to`, or further on, and reach the customer by this edge.
    pub failures: Count,
    /// Slow executions that are blamed on `to`, or further on, by this edge.
    pub slow: Count,
}

/// Calls that are not drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct FlowBack {
    /// Position of the caller in `nodes`.
    pub from: u32,
    /// Position in `nodes` of whom it calls.
    pub to: u32,
    /// How many calls.
    pub calls: Count,
}
