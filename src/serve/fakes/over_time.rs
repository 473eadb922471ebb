//! The shop over time.

use super::{book_flight, range, search};
use crate::query::{API_VERSION, CapabilityStatus, DurationBucket, History, HistoryHop, HistoryPoint, Range};

/// An hour in two points: in the second nothing happened.
pub(crate) fn history() -> History {
    let point = |it: CapabilityStatus, from: &str, to: &str| {
        let stretch = Range { from: from.into(), to: to.into() };
        let failed = it.worst_hop.iter().map(|worst| HistoryHop {
            hop: worst.hop.clone(),
            service: worst.service.clone(),
            failures: worst.failures,
        });
        let hops = failed.collect();
        let durations = vec![DurationBucket { from_ms: 67.1, to_ms: 83.9, executions: it.ok }];
        HistoryPoint { sampled: None, intervals: None, hops, durations, ..HistoryPoint::of_status(stretch, it) }
    };
    let (began, half, over) = ("2026-09-01T11:00:00Z", "2026-09-01T11:30:00Z", "2026-09-01T12:00:00Z");
    History {
        api_version: API_VERSION.into(),
        capability: "book-flight".into(),
        range: range(),
        step_seconds: 1800,
        points: vec![point(book_flight(), began, half), point(search(), half, over)],
        estimated: false,
        note: None,
    }
}
