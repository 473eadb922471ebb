//! Budgets of the shop, and what follows for its releases.

use crate::query::{
    API_VERSION, BudgetAnswer, Count, Decision, Excluded, GateAnswer, Lately, MaintenanceLine, ObjectiveBudget, Range, Spender,
};

/// Of the first capability an objective that is broken, and one of a hop of which nothing is known.
pub(crate) fn budget() -> BudgetAnswer {
    let available = ObjectiveBudget {
        capability: "book-flight".into(),
        hop: None,
        objective: "available".into(),
        kind: "availability".into(),
        target: 0.999,
        window: "28d".into(),
        range: Range { from: "2026-08-04T12:00:00Z".into(), to: "2026-09-01T12:00:00Z".into() },
        counted: Count(10_000.0),
        allowed: Count(10.0),
        used: Count(12.0),
        left: Count(-2.0),
        left_share: Some(-0.2),
        gone: true,
        gone_in_seconds: Some(0),
        gone_at: Some("2026-09-01T12:00:00Z".into()),
        lately: Lately { used: Count(12.0), seconds: 79_200 },
        spent: vec![
            Spender { hop: "card-network".into(), service: "pay.acmepay.example".into(), used: Count(9.0), share: 0.75 },
            Spender { hop: "(unknown)".into(), service: "(unknown)".into(), used: Count(3.0), share: 0.25 },
        ],
        excluded: Some(Excluded {
            maintenance: vec![MaintenanceLine {
                from: "2026-09-01T01:00:00Z".into(),
                to: "2026-09-01T03:00:00Z".into(),
                reason: "new disks".into(),
            }],
            counted: Count(500.0),
            used: Count(400.0),
        }),
        note: None,
    };
    let fast = ObjectiveBudget {
        hop: Some("pricing".into()),
        objective: "fast".into(),
        kind: "latency".into(),
        target: 0.99,
        window: "month".into(),
        range: Range { from: "2026-09-01T00:00:00Z".into(), to: "2026-09-01T12:00:00Z".into() },
        counted: Count(0.0),
        allowed: Count(0.0),
        used: Count(0.0),
        left: Count(0.0),
        left_share: None,
        gone: false,
        gone_in_seconds: None,
        gone_at: None,
        lately: Lately { used: Count(0.0), seconds: 43_200 },
        spent: Vec::new(),
        excluded: None,
        note: Some("nothing has been counted yet".into()),
        ..available.clone()
    };
    BudgetAnswer {
        api_version: API_VERSION.into(),
        at: "2026-09-01T12:00:00Z".into(),
        budgets: vec![available, fast],
        estimated: false,
    }
}

pub(crate) fn gate() -> GateAnswer {
    let BudgetAnswer { api_version, at, budgets, .. } = budget();
    GateAnswer {
        api_version,
        capability: "book-flight".into(),
        at,
        decision: Decision::Freeze,
        reason: "the budget of 'available' is gone: of 10000 in 28d 10 may break it, and 12 did".into(),
        exemptions: vec![
            "what security needs".into(),
            "what mends it; 75 % was used by card-network (pay.acmepay.example)".into(),
        ],
        budgets,
    }
}
