//! Why a trace holds no execution of a capability: which span comes nearest to each entry rule.

use super::nearly::{failed, fails, far};
use super::seen::is_entry;
use super::{NearSpan, WhyNot, WhyNotEntry, called};
use crate::catalogue::{Catalogue, EntryRule};
use crate::model::{Names, Shape, SpanId, TraceId};
use crate::query::API_VERSION;

/// Holds the spans of a trace against the entry rules of a capability (its position in the catalogue).
pub fn why_not(catalogue: &Catalogue, names: &Names, capability: u32, trace: TraceId, spans: &[(SpanId, &Shape)]) -> WhyNot {
    let known = catalogue.capabilities().get(capability as usize);
    let id = known.map_or("", |one| one.id.as_str());
    let threads = known.map_or(&[][..], |one| &one.threads);
    let told = catalogue.entries(capability).iter().map(|rule| WhyNotEntry {
        thread: threads.get(rule.thread as usize).map_or_else(String::new, |thread| thread.id.clone()),
        rule: rule.words(),
        line: rule.line,
        matched: met(rule, spans).map(|span| span.to_string()).collect(),
        nearest: if met(rule, spans).next().is_some() { None } else { nearest(rule, capability, spans, catalogue, names) },
    });
    let entries: Vec<WhyNotEntry> = told.collect();
    WhyNot {
        api_version: API_VERSION.into(),
        trace_id: trace.to_string(),
        capability: id.into(),
        said: said(id, capability, spans, &entries),
        spans: spans.len() as u64,
        entries,
    }
}

/// What can be said where no spans are kept.
pub fn why_not_told(trace: TraceId, capability: &str, said: String) -> WhyNot {
    let (api_version, trace_id) = (API_VERSION.into(), trace.to_string());
    WhyNot { api_version, trace_id, capability: capability.into(), said, spans: 0, entries: Vec::new() }
}

fn met<'a>(rule: &'a EntryRule, spans: &'a [(SpanId, &Shape)]) -> impl Iterator<Item = SpanId> + 'a {
    let meets = |shape: &Shape| rule.tests.iter().all(|test| test.holds(shape.kind, &shape.facts));
    spans.iter().filter(move |(_, shape)| meets(shape)).map(|(span, _)| *span)
}

/// Where nothing holds of any span, whichever fails the fewest tests.
fn nearest(
    rule: &EntryRule,
    capability: u32,
    spans: &[(SpanId, &Shape)],
    catalogue: &Catalogue,
    names: &Names,
) -> Option<NearSpan> {
    let all_failing = |shape: &Shape| {
        let failing = rule.tests.iter().enumerate().filter(|(_, test)| !test.holds(shape.kind, &shape.facts));
        failing.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let ranked = spans.iter().map(|(span, shape)| {
        let failing = all_failing(shape);
        let somewhat = fails(rule, shape).is_some();
        ((far(rule, &failing, shape, capability, catalogue, names), !somewhat), *span, *shape, failing)
    });
    let (_, span, shape, failing) = ranked.min_by_key(|(far, ..)| *far)?;
    let holding = rule.tests.iter().enumerate().filter(|(at, _)| !failing.contains(at));
    Some(NearSpan {
        span_id: span.to_string(),
        what: called(shape, names),
        holds: holding.map(|(_, test)| test.on.key()).collect(),
        fails: failing.iter().map(|at| failed(&rule.tests[*at], shape, catalogue, names)).collect(),
    })
}

fn said(id: &str, capability: u32, spans: &[(SpanId, &Shape)], entries: &[WhyNotEntry]) -> String {
    if spans.is_empty() {
        return "no span of this trace is in what was read".into();
    }
    let mut found = spans.iter().filter(|(_, shape)| is_entry(shape, capability)).peekable();
    if let Some((span, _)) = found.peek() {
        let ignored = found.clone().all(|(_, shape)| shape.tags.ignored.contains(&capability));
        return if ignored {
            format!("span {span} is an entry of {id}, but ignored_when of the map holds for it: it is in no count")
        } else {
            format!("it does hold one: span {span} is an entry of {id}")
        };
    }
    match entries.len() {
        0 => format!("the map gives {id} no entry rule, and no span of the trace carries steelthread.capability='{id}'"),
        1 => format!("no span of this trace meets the entry rule of {id}"),
        rules => format!("no span of this trace meets one of the {rules} entry rules of {id}"),
    }
}
