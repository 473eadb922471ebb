//! What alerts say.

#![allow(clippy::unwrap_used)]

use super::rule::Fire;
use super::*;
use crate::catalogue::parse;
use crate::measure::Window;
use crate::model::{Cause, Hop, Hops, Names, Outcome, TraceId, Weight};
use crate::objective::BurnState;
use std::sync::Arc;

const MAP: &str = "apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: book-flight
  title: Book a flight
  owner: team-booking
  value: {per_execution: \"41.50\", currency: EUR, recovered_share: 0.35}
  threads: [{id: web, entry: {service: web}}]
  hops: [{id: card-network, external: true, supplier: AcmePay, match: {peer: pay.example}}]
  objectives: [{id: available, target: 99.9%}]
";

fn labels(alertname: Kind) -> Labels {
    Labels {
        alertname: alertname.as_str().into(),
        capability: "book-flight".into(),
        objective: "available".into(),
        tier: "1h/5m".into(),
        severity: Severity::Page,
        owner: "team-booking".into(),
    }
}

fn alert() -> Alert {
    Alert::new(Kind::BudgetBurn, labels(Kind::BudgetBurn), 60_000_000_000, Fire::at(60_000_000_000))
}

#[test]
fn an_alert_says_what_is_broken_by_whom_what_it_costs_and_how_complete_the_data_is() {
    let map = parse("map.yaml", MAP).unwrap();
    let capability = Arc::new(map.capabilities()[0].clone());
    let (names, hops) = (Names::default(), Hops::default());
    let hop = |hop: &str, service: &str| {
        let name = |text: &str| names.intern(text.as_bytes());
        hops.intern(Hop { hop: name(hop), service: name(service), external: true })
    };
    let mut window = Window { late: 2, ..Window::default() };
    window.outcomes[Outcome::Ok as usize].add(Weight::ONE, 88);
    window.outcomes[Outcome::Failed as usize].add(Weight::ONE, 12);
    for (id, times) in [(hop("card-network", "pay.example"), 11), (hop("db", "db"), 1)] {
        let failures = window.hops.entry(id).or_default().trouble.get_or_insert_default().failures_mut(Cause::DependencyError);
        failures.count.add(Weight::ONE, times);
        failures.samples.push(TraceId(u128::from(times)));
    }
    let range = 0..120_000_000_000;
    let facts = Facts { window: &window, range: &range, names: &names, hops: &hops };
    let burning = Burning { long: Some(24.04), short: Some(120.0), state: BurnState::Critical };
    let alert = alert();
    let shown = Shown { alert: &alert, capability: Some(&capability), burning: Some(burning) };
    let told = notice(&shown, Some(facts), "http://here:4319");
    assert_eq!(
        told.annotation(annotation::SUMMARY),
        "book-flight is failing 12 %, 92 % of it at card-network (supplier AcmePay), 161.85 EUR/min"
    );
    assert_eq!(
        told.annotation(annotation::DESCRIPTION),
        "capability: Book a flight (book-flight)\n\
         available: burn rates of 1h/5m: 24.0 and 120.0, critical\n\
         most failures at card-network of pay.example: 92 %\n\
         data: 2 spans came late, 0 without their parent; the entry of 0 executions never came"
    );
    let numbers =
        ["burn_long", "burn_short", "hop", "hop_share", "hop_supplier", "lost_per_minute"].map(|name| told.annotation(name));
    assert_eq!(numbers, ["24.0", "120.0", "card-network", "0.92", "AcmePay", "161.85 EUR"]);
    assert_eq!(told.annotation("explain_url"), "http://here:4319/api/v1/capabilities/book-flight/explain?last=1h");
    assert_eq!(told.annotation("trace_1_url"), "http://here:4319/api/v1/traces/00000000000000000000000000000001");
    assert_eq!((&told.labels, told.starts_ns, told.is_firing()), (&alert.labels, alert.starts_ns, true));
}

#[test]
fn what_is_not_known_is_not_said() {
    let alert = Alert { resolved_ns: Some(1), ..alert() };
    let told = notice(&Shown { alert: &alert, capability: None, burning: None }, None, "");
    assert_eq!(told.annotations.len(), 1, "{told:?}");
    assert_eq!(told.annotation(annotation::SUMMARY), "book-flight: the error budget of available burns too fast");
    assert!(told.generator_url.is_empty() && !told.is_firing());
    for kind in [Kind::BudgetGone, Kind::NoData, Kind::RejectedSurge, Kind::IngestionLagging] {
        let alert = Alert::new(kind, labels(kind), 0, Fire::at(0));
        let told = notice(&Shown { alert: &alert, capability: None, burning: None }, None, "");
        assert!(told.annotation(annotation::SUMMARY).len() > 20, "{kind:?}");
    }
}
