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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Count, HistoryHop, IncidentHop, IncidentPoint};
    use serde_json::json;

    fn point(minute: u32, failed: f64, hops: &[(&str, f64)]) -> serde_json::Value {
        let hop =
            |(hop, failures): &(&str, f64)| HistoryHop { hop: (*hop).into(), service: String::new(), failures: Count(*failures) };
        let hops: Vec<HistoryHop> = hops.iter().map(hop).collect();
        json!({
            "from": format!("2026-11-24T09:{minute:02}:00Z"), "to": format!("2026-11-24T09:{:02}:00Z", minute + 1),
            "executions": 100, "ok": 100.0 - failed, "failed": failed, "rejected": 0, "abandoned": 0, "incomplete": 0, "slow": 7,
            "success_rate": null, "success_rate_low": null, "success_rate_high": null,
            "latency_ms": {"p50": 10.0, "p90": null, "p95": 20.0, "p99": null, "max": null}, "absorbed": {}, "worst_hop": null, "hops": hops,
        })
    }

    fn history(points: &[serde_json::Value]) -> History {
        serde_json::from_value(json!({
            "capability": "book-flight", "range": {"from": "2026-11-24T09:00:00Z", "to": "2026-11-24T09:02:00Z"},
            "step_seconds": 60, "points": points, "estimated": false,
        }))
        .unwrap()
    }

    fn budget(kind: &str, window: &str) -> ObjectiveBudget {
        serde_json::from_value(json!({
            "capability": "book-flight", "hop": null, "objective": "available", "kind": kind, "target": 0.9, "window": window,
            "range": {"from": "2026-11-01T00:00:00Z", "to": "2026-11-24T09:02:00Z"},
            "counted": 200, "allowed": 20, "used": 12, "left": 8, "left_share": 0.4, "gone": false, "gone_in_seconds": 60,
            "gone_at": "2026-11-25T00:00:00Z", "lately": {"used": 12, "seconds": 86400}, "spent": [],
            "excluded": {"maintenance": [{"from": "2026-11-24T09:01:00Z", "to": "2026-11-24T09:02:00Z", "reason": "x"}], "counted": 0, "used": 0},
        }))
        .unwrap()
    }

    #[test]
    fn what_a_point_does_not_name_is_of_others() {
        let told = failures(&history(&[point(0, 12.0, &[("card-network", 9.0)])]), Vec::new());
        assert_eq!(told.points[0].hops, [("card-network".to_owned(), 9.0), ("others".to_owned(), 3.0)]);
        assert_eq!(told.points[0].to_ms - told.points[0].from_ms, 60_000);
    }

    #[test]
    fn a_budget_is_spent_in_parts_of_what_is_allowed_and_maintenance_spends_nothing() {
        let points = history(&[point(0, 10.0, &[("card-network", 10.0)]), point(1, 5.0, &[("card-network", 5.0)])]);
        let told = burn(&budget("availability", "month"), &points).unwrap();
        assert_eq!(told.spent[0].by, [("card-network".to_owned(), 0.5)]);
        assert!(told.spent[1].by.is_empty() && told.left == Some(0.4));
        assert_eq!(told.to_ms, ms("2026-12-01T00:00:00Z"), "a month ends with its last day");
        let slow = burn(&budget("latency", "28d"), &points).unwrap();
        assert_eq!((slow.spent[0].by[0].0.as_str(), slow.to_ms), ("slow", slow.now_ms));
        let of_hop = ObjectiveBudget { hop: Some("pricing".into()), ..budget("availability", "28d") };
        assert_eq!(burn(&of_hop, &points), None);
        let nothing_allowed = ObjectiveBudget { allowed: Count(0.0), ..budget("availability", "28d") };
        assert_eq!(burn(&nothing_allowed, &points), None);
    }

    #[test]
    fn an_incident_has_its_lines_and_one_of_latency_its_own_time() {
        let hop = |lost, slow| IncidentHop {
            hop: "card-network".into(),
            service: String::new(),
            lost: Count(lost),
            slow: Count(slow),
            share: 1.0,
        };
        let line = |lost: f64, slow: f64| -> IncidentLine {
            let range = ("2026-11-24T09:00:00Z".to_owned(), "2026-11-24T09:01:00Z".to_owned());
            let timeline = IncidentPoint {
                from: range.0,
                to: range.1,
                executions: Count(10.0),
                lost: Count(lost),
                slow: Count(slow),
                broken: Count(1.0),
                hops: vec![hop(lost, slow)],
            };
            let mut told: IncidentLine = serde_json::from_value(json!({
                "id": "1", "capability": "book-flight", "objective": "available", "tier": "1h/5m", "severity": "page", "owner": "", "state": "over",
                "start": "2026-11-24T09:00:00Z", "detected": "2026-11-24T09:24:10Z", "peak": null, "recovered": "2026-11-24T09:51:00Z", "resolved": null,
                "executions": 1, "outcomes": {}, "lost": lost, "lost_share": null, "slow": slow, "lost_value": null, "counted": 1, "broken": 1,
                "broken_share": null, "hops": [], "system_accident": "no", "hop_objectives_broken": [], "step_seconds": 60, "timeline": [],
            }))
            .unwrap();
            told.hops = vec![hop(lost, slow)];
            told.timeline = vec![timeline];
            told
        };
        let around = history(&[point(0, 1.0, &[]), point(1, 2.0, &[])]);
        let failed = incident(&line(5.0, 1.0), Some(&around));
        let words: Vec<&str> = failed.markers.iter().map(|marker| marker.words.as_str()).collect();
        assert_eq!((failed.points.len(), words), (2, vec!["began 09:00", "paged 09:24", "over 09:51"]));
        let slow = incident(&line(1.0, 5.0), Some(&around));
        assert_eq!((slow.word.as_str(), slow.points.len(), slow.points[0].hops[0].1), ("slow", 1, 5.0));
    }
}
