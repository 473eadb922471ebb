//! The documents of `matching` and `trace --why-not`. Fields may be added, never renamed.

use crate::query::answer::api_version;
use crate::query::{Count, Spans};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answer to `matching`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Matching {
    /// [`crate::query::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// Spans received since the start, by fate.
    pub spans: Spans,
    /// What arrived since the start, most first; bounded.
    pub arriving: Vec<ArrivingSpans>,
    /// Further services, kinds and names.
    pub arriving_more: u64,
    /// In the order of the map; bounded where all are asked about.
    pub capabilities: Vec<CapabilityMatching>,
    /// Further capabilities: ask about them one by one.
    pub capabilities_more: u64,
    /// Values of `steelthread.capability` that are not in the map, with how many spans carried them.
    pub unknown_capabilities: BTreeMap<String, u64>,
    /// Complete traces in no execution.
    pub unmatched: UnmatchedTraces,
    /// Whether executions are weighted, because spans were sampled before they came. All other counts here are of what arrived.
    #[serde(default)]
    pub estimated: bool,
}

/// Spans of one service, kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivingSpans {
    /// `service.name`.
    pub service: String,
    /// `server`, `client`, ….
    pub kind: String,
    /// Span name.
    pub name: String,
    /// How many.
    pub spans: u64,
    /// Of them, without a parent.
    pub roots: u64,
    /// Capabilities of which some of them are entries.
    pub entry_of: Vec<String>,
    /// Of late.
    pub example_trace_id: String,
    /// RFC 3339, UTC.
    pub last_seen: String,
}

/// How the entry rules of a capability fare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapabilityMatching {
    /// From the map.
    pub id: String,
    /// From the map.
    pub title: String,
    /// Counted in all that is kept.
    pub executions: Count,
    /// Unweighted `executions`, where `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<BTreeMap<String, u64>>,
    /// When a span last matched; RFC 3339, UTC; `null`: never since the start.
    pub last_matched: Option<String>,
    /// Spans that named it by `steelthread.capability` and met none of its rules.
    pub tagged: u64,
    /// Why it has no executions, in a sentence; `null` if it has.
    pub why: Option<String>,
    /// In map order.
    pub entries: Vec<EntryMatching>,
}

/// How an entry rule fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryMatching {
    /// Its thread.
    pub thread: String,
    /// In words.
    pub rule: String,
    /// Where it is written in the map, from 1.
    pub line: u32,
    /// Spans that met it since the start.
    pub matched: u64,
    /// What came nearest, nearest first, if nothing met it.
    pub nearly: Vec<Nearly>,
}

/// Spans that nearly met a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearly {
    /// How they are called, as in a map.
    pub what: String,
    /// `service.name`.
    pub service: String,
    /// `server`, `client`, ….
    pub kind: String,
    /// Span name.
    pub name: String,
    /// How many.
    pub spans: u64,
    /// Of late.
    pub example_trace_id: String,
    /// Tests that hold, by their keys.
    pub holds: Vec<String>,
    /// Tests that fail.
    pub fails: Vec<FailedTest>,
}

/// A test that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedTest {
    /// As in the map, such as `name` or `attributes.http.route`.
    pub key: String,
    /// In words, such as `'POST /bookings'`.
    pub wanted: String,
    /// What one of the spans had, in words; `null`: not kept.
    pub found: Option<String>,
}

/// Complete traces in no execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct UnmatchedTraces {
    /// Since the start.
    pub traces: u64,
    /// What they began with, most first; bounded.
    pub roots: Vec<UnmatchedRoot>,
}

/// What traces in no execution began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedRoot {
    /// `service.name`.
    pub service: String,
    /// `server`, `client`, ….
    pub kind: String,
    /// Span name.
    pub name: String,
    /// How many.
    pub traces: u64,
    /// Of late.
    pub example_trace_id: String,
}

/// Answer to `trace --why-not`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyNot {
    /// [`crate::query::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// Lower-case hex.
    pub trace_id: String,
    /// Its id.
    pub capability: String,
    /// The answer in a sentence.
    pub said: String,
    /// Spans of the trace that were looked at; 0 where none are kept.
    pub spans: u64,
    /// One per entry rule; empty where no spans are kept.
    pub entries: Vec<WhyNotEntry>,
}

/// An entry rule and the span that comes nearest to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyNotEntry {
    /// Its thread.
    pub thread: String,
    /// In words.
    pub rule: String,
    /// Where it is written in the map, from 1.
    pub line: u32,
    /// Spans that meet it.
    pub matched: Vec<String>,
    /// The span that comes nearest, if none meets it.
    pub nearest: Option<NearSpan>,
}

/// A span that comes near to a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearSpan {
    /// Lower-case hex.
    pub span_id: String,
    /// How it is called, as in a map.
    pub what: String,
    /// Tests that hold, by their keys.
    pub holds: Vec<String>,
    /// Tests that fail.
    pub fails: Vec<FailedTest>,
}
