//! Why is it empty: what arrives, what matches, what nearly matches and which test fails (spec 1, promise 6).
//!
//! Spans of one shape meet the same tests of the map, so it is shapes that are asked and not spans: which tests of an entry rule hold
//! is read from the facts that a shape carries already. What comes nearest to a rule is the shape that fails the fewest of its
//! tests; among those, one whose text differs from what is wanted by a letter or two, for that is how people err; then one that is
//! not yet an entry of something else; then the one that came most often. A shape of which nothing holds but the kind comes near to
//! everything, and so to nothing.
//!
//! Values of attributes are not kept, but for those of the first span of a shape: they are told as what one span had.
//!
//! The road not taken: keeping spans that failed to match. They are nearly all spans, and most are right not to match.

mod asked;
mod document;
mod nearly;
mod seen;
#[cfg(test)]
mod tests;
mod why;
mod why_not;

pub use document::{
    ArrivingSpans, CapabilityMatching, EntryMatching, FailedTest, Matching, NearSpan, Nearly, UnmatchedRoot, UnmatchedTraces,
    WhyNot, WhyNotEntry,
};
pub(super) use seen::Seen;
pub use seen::Sources;
pub use why::Empty;
pub use why_not::{why_not, why_not_told};

use super::moment_text;
use crate::measure::Arrived;
use crate::model::{Names, Shape};
use nearly::nearly;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Kinds of spans that are listed; the others are counted.
const MOST_ARRIVING: usize = 50;

/// How a shape is called, as in a map.
fn called(shape: &Shape, names: &Names) -> String {
    format!("service='{}' kind={} name='{}'", names.text(shape.service), shape.kind.as_str(), names.text(shape.name))
}

/// What arrives, most first, and how many more there are.
fn arriving(seen: &Seen<'_>) -> (Vec<ArrivingSpans>, u64) {
    let mut groups: HashMap<_, (Arrived, Vec<u32>)> = HashMap::new();
    for (shape, row) in seen.shapes() {
        let group = groups
            .entry((shape.service, shape.kind, shape.name))
            .or_insert_with(|| (Arrived { spans: 0, roots: 0, ..*row }, Vec::new()));
        group.0.spans += row.spans;
        group.0.roots += row.roots;
        group.0.last_ns = group.0.last_ns.max(row.last_ns);
        for (capability, _) in &shape.tags.entries {
            if !group.1.contains(capability) {
                group.1.push(*capability);
            }
        }
    }
    let mut list: Vec<_> = groups.into_iter().collect();
    list.sort_unstable_by_key(|((service, kind, name), (row, _))| {
        (Reverse(row.spans), seen.text(*service), *kind, seen.text(*name))
    });
    let more = list.len().saturating_sub(MOST_ARRIVING) as u64;
    let told = list.into_iter().take(MOST_ARRIVING).map(|((service, kind, name), (row, entries))| ArrivingSpans {
        service: seen.text(service).into(),
        kind: kind.as_str().into(),
        name: seen.text(name).into(),
        spans: row.spans,
        roots: row.roots,
        entry_of: entries.into_iter().map(|at| seen.capability(at)).collect(),
        example_trace_id: row.example.to_string(),
        last_seen: moment_text(row.last_ns),
    });
    (told.collect(), more)
}

/// Complete traces that are in no execution.
fn unmatched(seen: &Seen<'_>) -> UnmatchedTraces {
    let all = seen.in_no_execution();
    let mut groups: HashMap<_, (u64, _)> = HashMap::new();
    for (shape, (traces, example)) in &all.roots {
        let shape = seen.shape(*shape);
        groups.entry((shape.service, shape.kind, shape.name)).or_insert((0, *example)).0 += traces;
    }
    let mut list: Vec<_> = groups.into_iter().collect();
    list.sort_unstable_by_key(|((service, kind, name), (traces, _))| {
        (Reverse(*traces), seen.text(*service), *kind, seen.text(*name))
    });
    let roots = list.into_iter().take(MOST_ARRIVING).map(|((service, kind, name), (traces, example))| UnmatchedRoot {
        service: seen.text(service).into(),
        kind: kind.as_str().into(),
        name: seen.text(name).into(),
        traces,
        example_trace_id: example.to_string(),
    });
    UnmatchedTraces { traces: all.traces, roots: roots.collect() }
}

/// How the entry rules of a capability fare, without what is counted of it.
fn entries(seen: &Seen<'_>, capability: u32) -> CapabilityMatching {
    let rules = seen.catalogue().entries(capability);
    let threads = seen.threads(capability);
    let mut last_ns = None;
    let told = rules.iter().map(|rule| {
        let (matched, last) = seen.matched(rule);
        last_ns = last_ns.max(last);
        EntryMatching {
            thread: threads.get(rule.thread as usize).cloned().unwrap_or_default(),
            rule: rule.words(),
            line: rule.line,
            matched,
            nearly: if matched > 0 { Vec::new() } else { nearly(seen, rule, capability) },
        }
    });
    let entries = told.collect();
    let (tagged, last_tagged) = seen.tagged(capability);
    CapabilityMatching {
        id: seen.capability(capability),
        title: String::new(),
        executions: super::Count(0.0),
        sampled: None,
        last_matched: last_ns.max(last_tagged).map(moment_text),
        tagged,
        why: None,
        entries,
    }
}
