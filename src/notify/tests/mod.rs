#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod documents;
mod outbox;
mod random;

use crate::alert::{Labels, Notice, Severity};
use std::collections::BTreeMap;

pub(super) const SECOND: u64 = 1_000_000_000;
pub(super) const MINUTE: u64 = 60 * SECOND;
/// 2024-02-27T04:26:40Z.
pub(super) const START: u64 = 1_709_008_000 * SECOND;

pub(super) fn labels(objective: &str, tier: &str, severity: Severity) -> Labels {
    Labels {
        alertname: "BudgetBurn".into(),
        capability: "checkout".into(),
        objective: objective.into(),
        tier: tier.into(),
        severity,
        owner: "team-shop".into(),
    }
}

pub(super) fn firing(labels: Labels, starts_ns: u64) -> Notice {
    let annotations = [
        ("summary", "checkout burns its budget 20 times too fast; payment <eu> & co. fail"),
        ("description", "18 of 90 executions failed in five minutes."),
        ("hop", "payment"),
        ("page_url", "https://steelthread.example/c/checkout?from=now-1h&to=now"),
        ("trace_1_url", "https://steelthread.example/t/1"),
    ];
    Notice {
        labels,
        annotations: annotations.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>(),
        starts_ns,
        resolved_ns: None,
        generator_url: "https://steelthread.example/alerts".into(),
    }
}

pub(super) fn page(objective: &str) -> Notice {
    firing(labels(objective, "1h/5m", Severity::Page), START)
}

pub(super) fn resolved(notice: &Notice, resolved_ns: u64) -> Notice {
    Notice { resolved_ns: Some(resolved_ns), ..notice.clone() }
}
