//! What is decided about the trace that is known.

use super::{KNOWN, NOON};
use crate::query::{AbsorbedLine, BlameLine, HopLine, SectionLine, SlowBlameLine, TreeLine, VerdictLine};

pub(crate) fn verdict() -> VerdictLine {
    let section = |span: &str, hop: &str, from_ms: u64, to_ms: u64, kind: &str| SectionLine {
        span_id: span.into(),
        hop: hop.into(),
        service: hop.into(),
        start_ns: NOON + from_ms * 1_000_000,
        end_ns: NOON + to_ms * 1_000_000,
        kind: kind.into(),
    };
    VerdictLine {
        trace_id: KNOWN.into(),
        capability: "book-flight".into(),
        thread: Some("web".into()),
        entry_span_id: Some("00f067aa0ba902b7".into()),
        outcome: "failed".into(),
        slow: true,
        duration_ms: 2010.0,
        weight: 1.0,
        blame: Some(BlameLine {
            hop: "card-network".into(),
            service: "pay.acmepay.example".into(),
            cause: "timeout_no_server".into(),
            confidence: "medium".into(),
            evidence: None,
            span_id: Some("00f067aa0ba902b9".into()),
            rule: Some("B9".into()),
        }),
        suspects: vec![
            HopLine { hop: "card-network".into(), service: "pay.acmepay.example".into() },
            HopLine { hop: "payment".into(), service: "payment".into() },
        ],
        slow_blame: Some(SlowBlameLine {
            hop: "card-network".into(),
            service: "pay.acmepay.example".into(),
            cause: "self_time".into(),
        }),
        absorbed: vec![AbsorbedLine { hop: "pricing".into(), service: "pricing".into(), kind: "masked_retry".into() }],
        critical_path: vec![
            section("00f067aa0ba902b7", "web-bff", 0, 6, "self"),
            section("00f067aa0ba902b8", "payment", 6, 8, "gap"),
            section("00f067aa0ba902b9", "card-network", 8, 2008, "self"),
            section("00f067aa0ba902b7", "web-bff", 2008, 2010, "self"),
        ],
        corrected: false,
        tree: vec![
            tree_line("web-bff", "web-bff", None),
            TreeLine {
                calls: 2,
                errors: 1,
                retries: 1,
                absorbed: Some("masked_retry".into()),
                ..tree_line("pricing", "pricing", Some(0))
            },
            tree_line("payment", "payment", Some(0)),
            TreeLine { blamed: true, ..tree_line("card-network", "pay.acmepay.example", Some(2)) },
        ],
    }
}

/// One call in error that took 2 s.
pub(crate) fn tree_line(hop: &str, service: &str, caller: Option<u32>) -> TreeLine {
    TreeLine {
        hop: hop.into(),
        service: service.into(),
        caller,
        calls: 1,
        status: "error".into(),
        errors: 1,
        retries: 0,
        longest_ms: 2000.0,
        asynchronous: false,
        blamed: false,
        absorbed: None,
        more_calls: 0,
        further: false,
    }
}
