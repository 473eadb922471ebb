//! An incident of the shop, and an alert.

use crate::query::{
    API_VERSION, Alerts, AnnotationLine, Annotations, Count, IncidentHop, IncidentLine, IncidentPeak, IncidentPoint,
    IncidentsAnswer, LostValue,
};

/// One that is over, told whole.
pub(crate) fn incidents() -> IncidentsAnswer {
    let hop = |hop: &str, service: &str, lost, share| IncidentHop {
        hop: hop.into(),
        service: service.into(),
        lost: Count(lost),
        slow: Count(0.0),
        share,
    };
    let hops =
        vec![hop("card-network", "pay.acmepay.example", 60.0, 60.0 / 90.0), hop("(unknown)", "(unknown)", 30.0, 30.0 / 90.0)];
    let point = IncidentPoint {
        from: "2026-09-01T11:20:00Z".into(),
        to: "2026-09-01T11:30:00Z".into(),
        executions: Count(600.0),
        lost: Count(90.0),
        slow: Count(7.0),
        broken: Count(90.0),
        hops: hops.clone(),
    };
    let one = IncidentLine {
        id: "1788262200-1a2b3c4d".into(),
        capability: "book-flight".into(),
        objective: "available".into(),
        tier: "1h/5m".into(),
        severity: "page".into(),
        owner: "team-booking".into(),
        state: "over".into(),
        start: "2026-09-01T11:20:00Z".into(),
        detected: "2026-09-01T11:26:00Z".into(),
        peak: Some(IncidentPeak {
            from: point.from.clone(),
            to: point.to.clone(),
            broken: Count(90.0),
            broken_share: Some(0.15),
        }),
        recovered: Some("2026-09-01T11:30:00Z".into()),
        resolved: Some("2026-09-01T11:50:00Z".into()),
        executions: Count(600.0),
        outcomes: [("ok".to_owned(), Count(510.0)), ("failed".to_owned(), Count(90.0))].into(),
        lost: Count(90.0),
        lost_share: Some(0.15),
        slow: Count(7.0),
        lost_value: Some(LostValue { amount: "3735".into(), currency: "EUR".into() }),
        counted: Count(600.0),
        broken: Count(90.0),
        broken_share: Some(0.15),
        hops,
        system_accident: "unknown".into(),
        hop_objectives_broken: Vec::new(),
        step_seconds: 600,
        timeline: vec![point],
        annotations: annotations().annotations,
        note: None,
    };
    IncidentsAnswer { api_version: API_VERSION.into(), incidents: vec![one], more: 0, estimated: false }
}

pub(crate) fn alerts() -> Alerts {
    let line = serde_json::json!({
        "alertname": "BudgetBurn", "capability": "book-flight", "objective": "available", "tier": "1h/5m", "severity": "page",
        "owner": "team-booking", "state": "firing", "since": "2026-09-01T11:50:00Z", "resolved": null, "burn_long": 24.5,
        "burn_short": 120.0, "burn_state": "critical", "summary": "book-flight fails", "annotations": {"hop": "card-network"}
    });
    let alerts = vec![serde_json::from_value(line).unwrap()];
    Alerts { until: "2026-09-01T12:00:00Z".into(), alerts, ..Alerts::default() }
}

/// A deploy before it.
pub(crate) fn annotations() -> Annotations {
    let one = AnnotationLine {
        id: "1788261540-00000000000000aa".into(),
        from: "2026-09-01T11:19:00Z".into(),
        to: "2026-09-01T11:19:00Z".into(),
        kind: "deploy".into(),
        text: "payments 1.4.2".into(),
        capability: None,
    };
    Annotations { api_version: API_VERSION.into(), annotations: vec![one] }
}
