//! The map as the other rooms see it: resolved, immutable.

use super::compile::Compiled;
use super::entry::EntryRule;
use crate::model::{FactId, Kind, Shape, Tags, Value};
use std::fmt;
use std::sync::Arc;

/// What is wrong with a map: one line a problem, `FILE:LINE:COLUMN: what is wrong; what to write instead`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// Whose attributes a test looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// `attributes.<key>`.
    Span,
    /// `resource.<key>`.
    Resource,
}

/// What else a test can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// `service`: `service.name`.
    Service,
    /// `namespace`: `service.namespace`.
    Namespace,
    /// `name`: the span's name.
    Name,
    /// `peer`: any name of the peer.
    Peer,
}

/// What the map says of 4xx at the entry (spec 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallerErrors {
    /// Counted apart.
    #[default]
    Reject,
    /// A failure.
    Fail,
    /// Served.
    Ok,
}

/// How often a hop is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expect {
    /// Its absence fails the execution.
    Always,
    /// Absence is remarkable.
    #[default]
    Usually,
    /// Absence is normal.
    Optional,
}

/// What is promised.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// Unique in its capability or hop.
    pub id: String,
    /// Share of good executions, 0 to 1.
    pub target: f64,
    /// Availability, or latency with a limit.
    pub kind: ObjectiveKind,
    /// Nanoseconds; `None` where the map gives none, or a calendar's.
    pub window_ns: Option<u64>,
    /// Where the window is one of the calendar.
    pub calendar: Option<Calendar>,
}

/// A stretch of time in which work was announced: it is left out of budgets, which say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// First moment, nanoseconds since 1970; the start of a slice of ten seconds.
    pub from_ns: u64,
    /// First moment after it; likewise.
    pub to_ns: u64,
    /// What was done.
    pub reason: String,
}

/// Windows of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Calendar {
    /// `window: month`.
    Month,
    /// `window: quarter`.
    Quarter,
}

impl Calendar {
    /// As the map writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// What an objective is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectiveKind {
    /// ok / (ok + failed).
    Availability,
    /// Share of ok executions that take at most this many nanoseconds.
    Latency {
        /// The limit; exactly at it is good.
        under_ns: u64,
    },
}

impl ObjectiveKind {
    /// As answers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Latency { .. } => "latency",
        }
    }
}

/// What an execution is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueRule {
    /// Per execution; `None` where it only comes from the attribute.
    pub per_execution: Option<rust_decimal::Decimal>,
    /// ISO 4217.
    pub currency: String,
    /// Attribute of the trace that carries the value.
    pub from_attribute: Option<String>,
    /// Share of lost executions that come back later, 0 to 1.
    pub recovered_share: rust_decimal::Decimal,
}

/// A way into a capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Unique in its capability.
    pub id: String,
}

/// A hop that the map names.
#[derive(Debug, Clone, PartialEq)]
pub struct HopRule {
    /// Unique in its capability.
    pub id: String,
    /// It sends no spans of its own.
    pub external: bool,
    /// From the map.
    pub supplier: Option<String>,
    /// From the map.
    pub failure_domain: Option<String>,
    /// How often it is expected.
    pub expect: Expect,
    /// Who should have called it: ids of mapped hops, names of automatic hops, or services.
    pub called_by: Vec<String>,
    /// `async: required`: an asynchronous step that counts.
    pub async_required: bool,
    /// From the map.
    pub objectives: Vec<Objective>,
    /// The text of the matcher's `service` where it is one literal: how the hop's service is called when it sends no span.
    pub literal_service: Option<String>,
}

/// Something the business does for a customer. Its number is its position in [`Catalogue::capabilities`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Capability {
    /// Unique.
    pub id: String,
    /// As written, else the id.
    pub title: String,
    /// From the map.
    pub owner: Option<String>,
    /// From the map.
    pub customer: Option<String>,
    /// Who may see it; `None`: everyone.
    pub audience: Option<Vec<String>>,
    /// From the map.
    pub value: Option<ValueRule>,
    /// In map order.
    pub threads: Vec<Thread>,
    /// From the map.
    pub caller_errors: CallerErrors,
    /// In map order.
    pub hops: Vec<HopRule>,
    /// In map order.
    pub objectives: Vec<Objective>,
    /// Those of the map that are about it, in map order; shared with the others that they are about.
    pub maintenance: Vec<Arc<Maintenance>>,
}

impl Capability {
    /// Smallest limit of its latency objectives, nanoseconds: over it an execution is slow.
    pub fn slow_over_ns(&self) -> Option<u64> {
        let limits = self.objectives.iter().filter_map(|objective| match objective.kind {
            ObjectiveKind::Latency { under_ns } => Some(under_ns),
            ObjectiveKind::Availability => None,
        });
        limits.min()
    }
}

/// The map, compiled.
#[derive(Debug, Default)]
pub struct Catalogue {
    capabilities: Vec<Capability>,
    compiled: Compiled,
    text: String,
    /// Of the capabilities as written, in the same order.
    digests: Vec<u64>,
}

impl Catalogue {
    pub(super) fn new(capabilities: Vec<Capability>, compiled: Compiled, text: &str, digests: Vec<u64>) -> Self {
        Self { capabilities, compiled, text: text.to_owned(), digests }
    }

    /// Of each capability, a number for how it is written.
    pub(super) fn digests(&self) -> &[u64] {
        &self.digests
    }

    /// In map order.
    pub fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// Position of the capability with this id.
    pub fn position(&self, id: &str) -> Option<u32> {
        self.compiled.position(id)
    }

    /// As read, for keeping beside the figures.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Entry rules of a capability, test by test, in map order.
    pub fn entries(&self, capability: u32) -> &[EntryRule] {
        self.compiled.entries(capability)
    }

    /// Positions in [`Catalogue::keys`] of the span attributes that entry rules make tests on, ascending.
    pub fn entry_keys(&self) -> &[u32] {
        self.compiled.entry_keys()
    }

    /// Attribute keys that the map makes tests on, each once.
    pub fn keys(&self, scope: Scope) -> &[String] {
        self.compiled.facts.keys(scope)
    }

    /// Adds the facts that hold for key number `key` of [`Catalogue::keys`] with this value; `None`: the attribute is absent.
    /// Each is added once, in no order. A value that is an array, a map, bytes or empty is present and has no text: it meets
    /// `{exists: true}` and `*`, and nothing else.
    pub fn facts_of_attribute(&self, scope: Scope, key: usize, value: Option<&Value<'_>>, facts: &mut Vec<FactId>) {
        self.compiled.facts.of_attribute(scope, key, value, facts);
    }

    /// Adds the facts that hold for a field with these texts; each once, in no order. All fields but the peer have one text; a
    /// peer has as many as it has names, without port, and none if it is unknown. A service that is absent has the text
    /// `unknown_service`, a namespace that is absent has none.
    pub fn facts_of_field(&self, field: Field, texts: &[&str], facts: &mut Vec<FactId>) {
        self.compiled.facts.of_field(field, texts, facts);
    }

    /// Whether any test is made on the names of peers.
    pub fn tests_peers(&self) -> bool {
        self.compiled.facts.tests_peers()
    }

    /// What follows from the facts for a span of this kind. `facts` is sorted and has each fact once. `claimed`: values of
    /// `steelthread.capability` and `steelthread.thread` on the span.
    pub fn tags_of(&self, kind: Kind, facts: &[FactId], claimed: Option<(&str, Option<&str>)>) -> Tags {
        self.compiled.tags(&self.capabilities, kind, facts, claimed)
    }

    /// H1: position in `capability.hops` of the first hop whose matcher holds for spans of this shape.
    pub fn hop_of(&self, capability: u32, shape: &Shape) -> Option<usize> {
        self.compiled.hop_of(capability, shape.kind, &shape.facts)
    }

    /// H2: position in `capability.hops` of the first hop whose matcher's `service` meets this text. A matcher that is tried on
    /// the asking side only (`peer`, `kind: client`) names the caller's service, and is left out.
    pub fn hop_of_service(&self, capability: u32, service: &str) -> Option<usize> {
        self.compiled.hop_of_service(capability, service)
    }

    /// E6: capabilities of which some mapped hop matches spans of this shape by H1, ascending.
    pub fn capabilities_with_hop(&self, shape: &Shape) -> Vec<u32> {
        self.compiled.capabilities_with_hop(shape.kind, &shape.facts)
    }
}
