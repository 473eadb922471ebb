//! The engine watches the year.

use super::naive::Naive;
use super::plan::{Event, Kind, Plan};
use super::traffic::{self, Slice};
use super::{DAY, HOUR, MONDAY, SECOND_NS, SLICE};
use std::sync::Arc;
use steelthread::alert::{Alert, Engine, Kind as AlertKind, Moment, Severity};
use steelthread::catalogue::parse;
use steelthread::measure::{Key, SLICE_NS, Window, WithinLimit};
use steelthread::model::{Hops, Names, Outcome, Weight};

/// What is told of which objective is watched.
const MAP: &str = "apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: book
  threads: [{id: web, entry: {service: web}}]
  objectives: [{id: available, target: 99.9%, window: 30d}, {id: fast, target: 99%, under: 1s, window: 30d}]
";

const UNDER_NS: u64 = 1_000_000_000;

/// Seconds between two commits, each followed by a look at the alerts.
const EVERY: u64 = 5;
/// A trace is judged when nothing came for 7 s; what is on its way, and a margin.
const BEHIND_NS: u64 = 9_200_000_000;

/// An alert as it began and ended, in seconds of the year.
#[derive(Debug, Clone)]
pub struct Told {
    pub kind: AlertKind,
    pub objective: String,
    pub tier: String,
    pub severity: Severity,
    /// The moment of the data at which it began.
    pub from: u64,
    /// The moment of the clock at which it was told.
    pub told: u64,
    /// When it ended.
    pub to: Option<u64>,
}

impl Told {
    pub fn is_page(&self) -> bool {
        self.severity == Severity::Page
    }
}

fn seconds(ns: u64) -> u64 {
    ns / SECOND_NS - MONDAY
}

/// What was counted in a slice.
pub fn window(slice: &Slice) -> Window {
    let mut window = Window::default();
    window.outcomes[Outcome::Ok as usize].add(Weight::ONE, u64::from(slice.ok));
    window.outcomes[Outcome::Failed as usize].add(Weight::ONE, u64::from(slice.failed));
    if slice.ok > 0 {
        let mut limit = WithinLimit { under_ns: UNDER_NS, ..WithinLimit::default() };
        limit.all.add(Weight::ONE, u64::from(slice.ok));
        limit.good.add(Weight::ONE, u64::from(slice.ok - slice.late));
        window.limits.push(limit);
    }
    window
}

/// All alerts of the year.
pub fn watch(slices: &[Slice]) -> Vec<Told> {
    let names = Arc::new(Names::default());
    let map = parse("map.yaml", MAP).unwrap();
    let mut engine = Engine::new(names.clone(), Arc::new(Hops::default()));
    engine.watch(map.capabilities());
    let capability = names.intern(b"book");
    let mut all: Vec<(Alert, u64)> = Vec::new();
    let (mut fed, end) = (0, slices.len() as u64 * SLICE);
    for at in (0..end).step_by(EVERY as usize) {
        let now_ns = (MONDAY + at) * SECOND_NS;
        let until_ns = (now_ns - BEHIND_NS) / SLICE_NS * SLICE_NS;
        if until_ns <= engine.until_ns() || until_ns <= MONDAY * SECOND_NS {
            continue;
        }
        while (fed as u64 * SLICE) < seconds(until_ns) {
            let key = Key { slice_ns: (MONDAY + fed as u64 * SLICE) * SECOND_NS, capability };
            if slices[fed].ok + slices[fed].failed > 0 {
                engine.learn(key, SLICE_NS, &window(&slices[fed]));
            }
            fed += 1;
        }
        if engine.evaluate(Moment { until_ns, now_ns, lag_ns: 0 }) {
            for shown in engine.alerts() {
                let same =
                    |one: &&mut (Alert, u64)| one.0.labels == shown.alert.labels && one.0.starts_ns == shown.alert.starts_ns;
                match all.iter_mut().rev().find(same) {
                    Some((there, _)) => *there = shown.alert.clone(),
                    None => all.push((shown.alert.clone(), at)),
                }
            }
        }
    }
    let told = |(alert, told): (Alert, u64)| Told {
        kind: alert.kind,
        objective: alert.labels.objective.clone(),
        tier: alert.labels.tier.clone(),
        severity: alert.labels.severity,
        from: seconds(alert.starts_ns),
        told,
        to: alert.resolved_ns.map(seconds),
    };
    all.into_iter().map(told).collect()
}

/// What became of an incident.
#[derive(Debug, Clone)]
pub struct Case {
    pub event: Event<Kind>,
    /// Bad executions of the objective that it breaks; of silence, those that usually come.
    pub bad: u64,
    /// When the rules hold, by the list, and of which tier.
    pub formula: Option<(u64, &'static str)>,
    /// The alert that told of it.
    pub told: Option<Told>,
    /// A page of an incident before it lasted still when the rules held: whoever is on call was told already, and is not told twice.
    pub lasting: bool,
    /// Pages about it.
    pub pages: usize,
    /// Tickets about it, of budgets that burn.
    pub tickets: usize,
}

impl Case {
    /// The rules are met in time: within 30 s of the formula. Silence is sure by what is usual in an hour, and the list knows each execution: it may
    /// differ by a tenth.
    pub fn is_in_time(&self) -> bool {
        let Some((formula, _)) = self.formula.filter(|_| !self.lasting) else { return true };
        let more = if self.event.kind == Kind::Silence { (formula - self.event.time.start) as i64 / 10 } else { 0 };
        self.delay().is_some_and(|delay| delay <= 30 + more)
    }

    /// Seconds between the moment of the formula and the alert.
    pub fn delay(&self) -> Option<i64> {
        let (formula, _) = self.formula?;
        Some(self.told.as_ref()?.told as i64 - formula as i64)
    }
}

/// A year at some traffic.
pub struct Year {
    pub cases: Vec<Case>,
    /// Pages that belong to no incident, and whether the rules hold all the same: at fifty executions an hour three may come in the twenty seconds of a burst.
    pub strays: Vec<(Told, bool)>,
    /// All alerts.
    pub alerts: Vec<Told>,
    pub executions: u64,
}

const TIER_NAMES: [&str; 5] = ["1h/5m", "6h/30m", "1d/2h", "3d/6h", "trickle"];

pub fn year(seed: u64, days: u64, plan: &Plan, an_hour: f64) -> Year {
    let slices = traffic::draw(seed, days, an_hour, plan);
    let naive = Naive::new(&slices);
    let alerts = watch(&slices);
    let end = days * DAY;
    let mut cases = Vec::new();
    for (at, event) in plan.incidents.iter().enumerate() {
        // What is told up to half a day later is told of it, unless the next one has begun.
        let next = plan.incidents.get(at + 1).map_or(end, |next| next.time.start);
        let time = event.time.start..(event.time.end + DAY / 2).min(next);
        let silence = event.kind == Kind::Silence;
        let about =
            |one: &&Told| time.contains(&one.from) && (one.kind == AlertKind::BudgetBurn || one.kind == AlertKind::NoData);
        let first = |one: &&Told| about(one) && silence == (one.kind == AlertKind::NoData);
        let objective = usize::from(event.kind == Kind::Late);
        let week = 7 * DAY;
        let bad = match event.kind {
            Kind::Silence => {
                let (good, bad) = naive.counts(0, event.time.start - week, event.time.end - week);
                good + bad
            }
            _ => naive.counts(objective, event.time.start, event.time.end).1,
        };
        let formula = if silence {
            naive.silence_is_sure(event.time.start, event.time.end).map(|at| (at, "no data"))
        } else {
            let open = |objective: &str| {
                let lasts = |one: &&Told| one.from <= time.start && one.to.is_none_or(|to| to > time.start);
                alerts
                    .iter()
                    .filter(lasts)
                    .any(|one| one.kind == AlertKind::BudgetBurn && one.objective == objective && !one.is_page())
            };
            let burns = alerts.iter().filter(|one| one.kind == AlertKind::BudgetBurn);
            let since = burns.filter_map(|one| one.to).filter(|to| *to <= time.start).max().unwrap_or(0);
            naive.first(time.clone(), [open("available"), open("fast")], since).map(|(at, _, tier)| (at, TIER_NAMES[tier]))
        };
        let lasted = |one: &Told, at: u64| one.from < time.start && one.to.is_none_or(|to| to > at);
        let lasting = formula.is_some_and(|(at, _)| alerts.iter().any(|one| one.is_page() && lasted(one, at)));
        cases.push(Case {
            event: event.clone(),
            bad,
            formula,
            lasting,
            told: alerts.iter().filter(first).min_by_key(|one| one.told).cloned(),
            pages: alerts.iter().filter(about).filter(|one| one.is_page()).count(),
            tickets: alerts.iter().filter(about).filter(|one| !one.is_page()).count(),
        });
    }
    let of_incident =
        |one: &Told| plan.incidents.iter().any(|event| (event.time.start..event.time.end + DAY / 2).contains(&one.from));
    let strays =
        alerts.iter().filter(|one| one.is_page() && !of_incident(one)).map(|one| (one.clone(), naive.holds(one.from))).collect();
    let executions = slices.iter().map(|slice| u64::from(slice.ok + slice.failed)).sum();
    Year { cases, strays, alerts, executions }
}

/// Hours and minutes.
pub fn clock(seconds: u64) -> String {
    format!("{}:{:02}:{:02}", seconds / HOUR, seconds / 60 % 60, seconds % 60)
}
