//! What alerts say.

#![allow(clippy::unwrap_used)]

use super::rule::Fire;
use super::*;
use crate::catalogue::{Capability, parse};
use crate::measure::{Tally, Window, WithinLimit};
use crate::model::{Cause, Hop, HopId, Hops, Names, Outcome, TraceId, Weight};
use crate::objective::BurnState;
use std::ops::Range;
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
  objectives: [{id: available, target: 99.9%}, {id: fast, target: 99%, under: 1500ms}]
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

/// Names and hops.
struct World {
    capability: Arc<Capability>,
    names: Names,
    hops: Hops,
}

impl World {
    fn new() -> Self {
        let map = parse("map.yaml", MAP).unwrap();
        Self { capability: Arc::new(map.capabilities()[0].clone()), names: Names::default(), hops: Hops::default() }
    }

    fn hop(&self, hop: &str, service: &str) -> HopId {
        let name = |text: &str| self.names.intern(text.as_bytes());
        self.hops.intern(Hop { hop: name(hop), service: name(service), external: true })
    }

    fn facts<'a>(&'a self, window: &'a Window, range: &'a Range<u64>) -> Facts<'a> {
        Facts { window, range, names: &self.names, hops: &self.hops }
    }

    /// What is told of an alert about this objective.
    fn told(&self, objective: &str, window: &Window) -> Notice {
        let alert = alert();
        let alert = Alert { labels: Labels { objective: objective.into(), ..alert.labels.clone() }, ..alert };
        let shown = Shown { alert: &alert, capability: Some(&self.capability), burning: None };
        notice(&shown, Some(self.facts(window, &(0..60_000_000_000))), "")
    }
}

fn add(to: &mut Tally, many: u64) {
    to.add(Weight::ONE, many);
}

/// Hop, cause and summary.
fn named(notice: &Notice) -> [&str; 3] {
    ["hop", "hop_cause", annotation::SUMMARY].map(|name| notice.annotation(name))
}

#[test]
fn an_alert_about_time_names_the_hop_that_was_slow_and_not_the_one_that_failed() {
    let world = World::new();
    let mut window = Window::default();
    add(&mut window.outcomes[Outcome::Ok as usize], 100);
    add(&mut window.outcomes[Outcome::Failed as usize], 9);
    window.limits = vec![WithinLimit { under_ns: 1_500_000_000, ..WithinLimit::default() }];
    add(&mut window.limits[0].all, 100);
    add(&mut window.limits[0].good, 60);
    let mut slow =
        |hop: HopId, many: u64| add(&mut window.hops.entry(hop).or_default().trouble.get_or_insert_default().slow_blamed, many);
    slow(world.hop("db", "db-1"), 15);
    slow(world.hop("db", "db-2"), 15);
    slow(world.hop("card-network", "pay.example"), 10);
    let failing = window.hops.entry(world.hop("card-network", "pay.example")).or_default().trouble.get_or_insert_default();
    add(&mut failing.failures_mut(Cause::AppError).count, 9);
    let told = world.told("fast", &window);
    assert_eq!(named(&told), ["db", "", "book-flight: 40 % take longer than 1.5 s, 75 % of it at db"]);
    assert_eq!(told.annotation("hop_share"), "0.75");
    let told = world.told("available", &window);
    let cost = "book-flight is failing 8.26 %, 100 % of it at card-network (supplier AcmePay), 242.78 EUR/min";
    assert_eq!(named(&told), ["card-network", "app_error", cost]);
}

#[test]
fn an_alert_about_a_hop_names_it_unless_it_only_hands_on_what_others_broke() {
    let world = World::new();
    let (cards, db) = (world.hop("card-network", "pay.example"), world.hop("db", "db"));
    let mut window = Window::default();
    let figures = window.hops.entry(cards).or_default();
    add(&mut figures.calls, 100);
    add(&mut figures.trouble.get_or_insert_default().errors, 30);
    let nobody = world.told("card-network/up", &window);
    let alone = "book-flight: 30 % of the calls of card-network fail (supplier AcmePay)";
    assert_eq!(named(&nobody), ["card-network", "", alone], "nothing failed because of it, and it is still the one that breaks");
    add(&mut window.hops.entry(db).or_default().trouble.get_or_insert_default().failures_mut(Cause::Unreachable).count, 30);
    let below = world.told("card-network/up", &window);
    assert_eq!(named(&below), ["db", "unreachable", "book-flight: 30 % of the calls of card-network fail, most because of db"]);
    // Errors that did no harm are its own.
    add(&mut window.hops.entry(cards).or_default().trouble.get_or_insert_default().absorbed[0], 2);
    assert_eq!(named(&world.told("card-network/up", &window)), ["card-network", "", alone]);
}

#[test]
fn an_alert_about_what_does_not_come_blames_nobody() {
    let world = World::new();
    let mut window = Window::default();
    add(
        &mut window
            .hops
            .entry(world.hop("db", "db"))
            .or_default()
            .trouble
            .get_or_insert_default()
            .failures_mut(Cause::AppError)
            .count,
        1,
    );
    for kind in [Kind::NoData, Kind::RejectedSurge] {
        let alert = Alert::new(kind, Labels { objective: String::new(), ..labels(kind) }, 0, Fire::at(0));
        let shown = Shown { alert: &alert, capability: Some(&world.capability), burning: None };
        assert_eq!(notice(&shown, Some(world.facts(&window, &(0..60_000_000_000))), "").annotation("hop"), "", "{kind:?}");
    }
}

#[test]
fn an_alert_says_what_is_broken_by_whom_what_it_costs_and_how_complete_the_data_is() {
    let world = World::new();
    let hop = |hop: &str, service: &str| world.hop(hop, service);
    let mut window = Window { late: 2, ..Window::default() };
    window.outcomes[Outcome::Ok as usize].add(Weight::ONE, 88);
    window.outcomes[Outcome::Failed as usize].add(Weight::ONE, 12);
    for (id, times) in [(hop("card-network", "pay.example"), 11), (hop("db", "db"), 1)] {
        let failures = window.hops.entry(id).or_default().trouble.get_or_insert_default().failures_mut(Cause::DependencyError);
        failures.count.add(Weight::ONE, times);
        failures.samples.push(TraceId(u128::from(times)));
    }
    let range = 0..120_000_000_000;
    let facts = world.facts(&window, &range);
    let burning = Burning { long: Some(24.04), short: Some(120.0), state: BurnState::Critical };
    let alert = alert();
    let shown = Shown { alert: &alert, capability: Some(&world.capability), burning: Some(burning) };
    let told = notice(&shown, Some(facts), "http://here:4319");
    assert_eq!(
        told.annotation(annotation::SUMMARY),
        "book-flight is failing 12 %, 92 % of it at card-network (supplier AcmePay), 161.85 EUR/min"
    );
    assert_eq!(
        told.annotation(annotation::DESCRIPTION),
        "capability: Book a flight (book-flight)\n\
         available: burn rates of 1h/5m: 24.0 and 120.0, critical\n\
         most failures at card-network of pay.example: 92 %, dependency_error\n\
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
