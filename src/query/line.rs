//! A verdict as one line of JSON.

use super::stats::milliseconds;
use super::{AbsorbedLine, BlameLine, HopLine, SectionLine, SlowBlameLine, VerdictLine, verdict_with_tree};
use crate::model::{Blame, HopId, Hops, Names, SpanId, Verdict};

/// The document of a verdict (spec 4.2).
pub fn verdict_line(verdict: &Verdict, names: &Names, hops: &Hops) -> VerdictLine {
    let by_name = |id: HopId| {
        let hop = hops.get(id);
        HopLine { hop: names.text(hop.hop).into(), service: names.text(hop.service).into() }
    };
    let slow_blame = verdict.slow_blame.map(|slow| {
        let HopLine { hop, service } = by_name(slow.hop);
        SlowBlameLine { hop, service, cause: slow.cause.as_str().into() }
    });
    let absorbed = verdict.absorbed.iter().map(|absorbed| {
        let HopLine { hop, service } = by_name(absorbed.hop);
        AbsorbedLine { hop, service, kind: absorbed.kind.as_str().into() }
    });
    let critical_path = verdict.critical_path.iter().map(|section| {
        let HopLine { hop, service } = by_name(section.hop);
        let (start_ns, end_ns, kind) = (section.start_ns, section.end_ns, section.kind.as_str().into());
        SectionLine { span_id: section.span.to_string(), hop, service, start_ns, end_ns, kind }
    });
    VerdictLine {
        trace_id: verdict.trace_id.to_string(),
        capability: names.text(verdict.capability).into(),
        thread: (!verdict.thread.is_empty()).then(|| names.text(verdict.thread).into()),
        entry_span_id: span_text(verdict.entry_span_id),
        outcome: verdict.outcome.as_str().into(),
        slow: verdict.slow,
        duration_ms: milliseconds(verdict.duration_ns as f64),
        weight: verdict.weight.as_f64(),
        blame: verdict.blame.map(|blame| blame_line(&blame, by_name(blame.hop))),
        suspects: verdict.suspects.iter().map(|hop| by_name(*hop)).collect(),
        slow_blame,
        absorbed: absorbed.collect(),
        critical_path: critical_path.collect(),
        corrected: verdict.corrected,
        tree: Vec::new(),
    }
}

/// The line with its tree as text, without a line feed: as a store keeps it.
pub fn verdict_json(verdict: &Verdict, names: &Names, hops: &Hops) -> String {
    // Text, numbers and lists: nothing in it can fail to be written.
    serde_json::to_string(&verdict_with_tree(verdict, names, hops)).unwrap_or_default()
}

fn blame_line(blame: &Blame, HopLine { hop, service }: HopLine) -> BlameLine {
    BlameLine {
        hop,
        service,
        cause: blame.cause.as_str().into(),
        confidence: blame.confidence.as_str().into(),
        evidence: blame.evidence.map(|evidence| evidence.as_str().into()),
        span_id: span_text(blame.span),
        rule: (blame.rule > 0).then(|| format!("B{}", blame.rule)),
    }
}

fn span_text(span: SpanId) -> Option<String> {
    (span != SpanId::NONE).then(|| span.to_string())
}
