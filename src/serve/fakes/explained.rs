//! Why the shop was bad.

use super::{KNOWN, range};
use crate::query::*;

pub(crate) fn explanation() -> Explanation {
    let text = "9 of 120 executions failed because of card-network (7.5%), normally 0.1%: timeout_no_server 9".to_string();
    Explanation {
        api_version: API_VERSION.into(),
        capability: "book-flight".into(),
        level: Level::Hop,
        range: range(),
        baseline: Range { from: "2026-08-31T11:00:00Z".into(), to: "2026-09-01T11:00:00Z".into() },
        kind: ExplainKind::HopFailure,
        suspects: vec![Suspect {
            hop: "card-network".into(),
            service: "pay.acmepay.example".into(),
            score: 0.222,
            share: 1.0,
            evidence: vec![EvidenceLine { kind: "failures".into(), text, value: 0.075, normal: Some(0.001) }],
            trace_ids: vec![KNOWN.into()],
        }],
        executions: Count(120.0),
        baseline_executions: Count(2400.0),
        estimated: false,
        sampled: None,
        note: None,
    }
}
