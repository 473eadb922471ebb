//! From documents to the charts of them.

use super::chart::{Burn, Failures, FailuresPoint, Heat, HeatColumn, Marker, MarkerKind, Spent};
use super::words;
use crate::query::{AnnotationLine, History, HistoryPoint, IncidentLine, ObjectiveBudget, parse_length};
use jiff::{Span, Timestamp, tz::TimeZone};

/// What is named where most hops are left out of a point.
const OTHERS: &str = "others";

/// Milliseconds since 1970 of a moment of a document; 0 if it is none.
fn ms(moment: &str) -> i64 {
    moment.parse::<Timestamp>().map_or(0, Timestamp::as_millisecond)
}

/// `09:24`, for the words at a line.
fn clock(moment: &str) -> &str {
    moment.split_once('T').and_then(|(_, clock)| clock.get(..5)).unwrap_or_default()
}

/// What was done to the system, as lines through a chart.
pub(super) fn changes(annotations: &[AnnotationLine]) -> Vec<Marker> {
    let line = |one: &AnnotationLine| {
        let text: String = one.text.chars().take(200).collect();
        Marker { at_ms: ms(&one.from), words: format!("{} {text}", one.kind), kind: MarkerKind::Change }
    };
    annotations.iter().map(line).collect()
}

/// Failed share by guilty hop over a history.
pub(super) fn failures(history: &History, markers: Vec<Marker>) -> Failures {
    Failures { word: "failed".into(), points: history.points.iter().map(failed).collect(), markers }
}

fn failed(point: &HistoryPoint) -> FailuresPoint {
    FailuresPoint { from_ms: ms(&point.from), to_ms: ms(&point.to), executions: point.executions.0, hops: blamed(point, 1.0) }
}

/// Who is to blame at a point, in parts of `whole`; what is not named is of others.
fn blamed(point: &HistoryPoint, whole: f64) -> Vec<(String, f64)> {
    let named: f64 = point.hops.iter().map(|hop| hop.failures.0).sum();
    let rest = point.failed.0 - named;
    let hops = point.hops.iter().map(|hop| (hop.hop.clone(), hop.failures.0 / whole));
    hops.chain((rest > 1e-9).then(|| (OTHERS.to_owned(), rest / whole))).collect()
}

/// The failures of an incident by guilty hop, with what happened when. `around` is the history of its capability with some time before and after;
/// where it broke an objective of latency, only its own time is known.
pub(super) fn incident(one: &IncidentLine, around: Option<&History>) -> Failures {
    let slow: f64 = one.hops.iter().map(|hop| hop.slow.0).sum();
    let lost: f64 = one.hops.iter().map(|hop| hop.lost.0).sum();
    let mut markers = changes(&one.annotations);
    let mut mark = |moment: &str, word: &str, kind| {
        markers.push(Marker { at_ms: ms(moment), words: format!("{word} {}", clock(moment)), kind });
    };
    mark(&one.start, "began", MarkerKind::Began);
    mark(&one.detected, if one.severity == "page" { "paged" } else { "told" }, MarkerKind::Paged);
    if let Some(recovered) = &one.recovered {
        mark(recovered, "over", MarkerKind::Over);
    }
    match around {
        Some(around) if lost >= slow && !around.points.is_empty() => failures(around, markers),
        _ => Failures { word: if slow > lost { "slow" } else { "failed" }.into(), points: own(one, slow > lost), markers },
    }
}

fn own(one: &IncidentLine, slow: bool) -> Vec<FailuresPoint> {
    let points = one.timeline.iter().map(|point| FailuresPoint {
        from_ms: ms(&point.from),
        to_ms: ms(&point.to),
        executions: point.executions.0,
        hops: point.hops.iter().map(|hop| (hop.hop.clone(), if slow { hop.slow.0 } else { hop.lost.0 })).collect(),
    });
    points.collect()
}

/// What was left of a budget over its window, from the history of its capability over the same time. `None` where that does not tell who spent it:
/// of hops, and where nothing is allowed.
pub(super) fn burn(budget: &ObjectiveBudget, history: &History) -> Option<Burn> {
    if budget.hop.is_some() || budget.allowed.0 <= 0.0 || history.points.is_empty() {
        return None;
    }
    let allowed = budget.allowed.0;
    let is_availability = budget.kind == "availability";
    let excluded = budget.excluded.iter().flat_map(|excluded| &excluded.maintenance);
    let excluded: Vec<(i64, i64)> = excluded.map(|one| (ms(&one.from), ms(&one.to))).collect();
    let spent = history.points.iter().map(|point| {
        let (from_ms, to_ms) = (ms(&point.from), ms(&point.to));
        // A point that lies in announced work spends nothing.
        let counts = !excluded.iter().any(|(from, to)| *from <= from_ms && to_ms <= *to);
        let by = match (counts, is_availability) {
            (false, _) => Vec::new(),
            (true, true) => blamed(point, allowed),
            (true, false) => vec![("slow".to_owned(), point.slow.0 / allowed)],
        };
        Spent { from_ms, to_ms, by }
    });
    let (from_ms, now_ms) = (ms(&budget.range.from), ms(&budget.range.to));
    Some(Burn {
        from_ms,
        to_ms: end_of(&budget.window, from_ms).unwrap_or(now_ms).max(now_ms),
        now_ms,
        spent: spent.collect(),
        left: budget.left_share,
        gone_ms: budget.gone_at.as_deref().map(ms),
    })
}

/// Where a window of the calendar ends that began then; one that rolls ends now.
fn end_of(window: &str, from_ms: i64) -> Option<i64> {
    if parse_length(window).is_ok() {
        return None;
    }
    let months = match window {
        "month" => 1,
        "quarter" => 3,
        "year" => 12,
        _ => return None,
    };
    let from = Timestamp::from_millisecond(from_ms).ok()?.to_zoned_datetime(TimeZone::UTC);
    from.checked_add(Span::new().months(months)).ok().map(|end| end.timestamp().as_millisecond())
}

/// How long executions took over a history, beside the limit of the capability.
pub(super) fn heat(history: &History, limit_ms: Option<f64>) -> Heat {
    let column = |point: &HistoryPoint| HeatColumn {
        from_ms: ms(&point.from),
        to_ms: ms(&point.to),
        buckets: point.durations.iter().map(|bucket| (bucket.from_ms, bucket.to_ms, bucket.executions.0)).collect(),
        p50_ms: point.latency_ms.p50,
        p95_ms: point.latency_ms.p95,
    };
    Heat { columns: history.points.iter().map(column).collect(), limit_ms }
}

/// How long a point is, in words.
pub(super) fn step(history: &History) -> String {
    words::lasting(history.step_seconds as f64)
}
