//! Differences from what is normal, as the parts of this room hand them to each other.

use crate::model::{Hop, TraceId};
use crate::query::{EvidenceLine, ExplainKind};

/// Findings of one sort: only these can be weighed against each other directly.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// How bad it is: about the share of executions that were spoilt.
    pub magnitude: f64,
    /// Whose doing.
    pub found: Vec<Found>,
}

/// A difference, charged to a hop.
#[derive(Debug)]
pub(super) struct Found {
    /// To this one.
    pub hop: Hop,
    /// Against others in the group.
    pub size: f64,
    pub kind: ExplainKind,
    pub evidence: Vec<EvidenceLine>,
    pub traces: Vec<TraceId>,
}

impl Found {
    /// An empty finding.
    pub fn new(hop: Hop, kind: ExplainKind) -> Self {
        Self { hop, size: 0.0, kind, evidence: Vec::new(), traces: Vec::new() }
    }
}

/// A reason in words.
pub(super) fn line(kind: &str, text: String, value: f64, normal: Option<f64>) -> EvidenceLine {
    let tidy = |number: f64| (number * 1e6).round() / 1e6;
    EvidenceLine { kind: kind.into(), text, value: tidy(value), normal: normal.map(tidy) }
}

/// Milliseconds for people.
pub(super) fn ms(nanoseconds: f64) -> String {
    let three = |number: f64| match number {
        _ if number <= 0.0 => "0".to_string(),
        _ if number < 9.995 => format!("{number:.2}"),
        _ if number < 99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    };
    let ms = nanoseconds / 1e6;
    if ms < 999.5 { format!("{} ms", three(ms)) } else { format!("{} s", three(ms / 1000.0)) }
}

/// A share for people: never rounded to nothing or to all.
pub(super) fn percent(share: f64) -> String {
    let rounded = (share * 1000.0).round() / 10.0;
    match rounded {
        _ if share > 0.0 && rounded <= 0.0 => "under 0.1%".into(),
        _ if share < 1.0 && rounded >= 100.0 => "over 99.9%".into(),
        _ => format!("{rounded:.1}%"),
    }
}
