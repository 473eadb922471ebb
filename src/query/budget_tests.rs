//! Budgets against a plain reading of the verdicts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::catalogue::{Calendar, Capability, HopRule, Maintenance, Objective, ObjectiveKind, parse};
use crate::measure::testing::{START_NS, World, verdict};
use crate::measure::{Recent, SLICE_NS, Windows};
use crate::model::{Outcome, Verdict};
use crate::store::{Beside, Keeper, Retention, Store};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const DAY_NS: u64 = 86_400_000_000_000;
/// Later than any verdict here.
const END_NS: u64 = START_NS + 40 * DAY_NS;

fn objective(id: &str, target: f64, under_ns: Option<u64>, window_ns: u64, calendar: Option<Calendar>) -> Objective {
    let kind = under_ns.map_or(ObjectiveKind::Availability, |under_ns| ObjectiveKind::Latency { under_ns });
    Objective { id: id.into(), target, kind, window_ns: Some(window_ns).filter(|_| calendar.is_none()), calendar }
}

/// Work on the second of November, the day before the last day of forty after the fifth of October.
fn work() -> Vec<Arc<Maintenance>> {
    let one = |from: u64, length: u64, reason: &str| {
        let from_ns = END_NS - from * SLICE_NS;
        Arc::new(Maintenance { from_ns, to_ns: from_ns + length * SLICE_NS, reason: reason.into() })
    };
    vec![one(20_000, 4_000, "new disks"), one(17_000, 2_000, "more of them"), one(500_000, 10, "long ago")]
}

/// The first capability promises much, the second a little.
fn capabilities() -> Vec<Capability> {
    let text =
        "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities: [{id: a, hops: [{id: web op0, match: {service: web}}]}]";
    let text = text.replace("web op0", "web");
    let hop = parse("m", &text).unwrap().capabilities()[0].hops[0].clone();
    let hop = |id: &str, objectives| HopRule { id: id.into(), objectives, ..hop.clone() };
    let book = Capability {
        id: "book-flight".into(),
        objectives: vec![
            objective("month", 0.9, None, 0, Some(Calendar::Month)),
            objective("week", 0.99, None, 7 * DAY_NS, None),
            objective("fast", 0.5, Some(50_000_000), 30 * DAY_NS, None),
            objective("slower", 0.8, Some(1_000_000_000), 30 * DAY_NS, None),
        ],
        hops: vec![hop(
            "web op0",
            vec![objective("up", 0.9, None, 30 * DAY_NS, None), objective("fast", 0.9, Some(5), DAY_NS, None)],
        )],
        maintenance: work(),
        ..Capability::default()
    };
    let pay =
        Capability { id: "pay".into(), objectives: vec![objective("up", 0.9, None, 30 * DAY_NS, None)], ..Capability::default() };
    vec![book, pay, Capability { id: "search".into(), ..Capability::default() }]
}

struct Office {
    world: World,
    windows: Arc<Windows>,
    keeper: Arc<Keeper>,
    desk: Desk,
}

impl Office {
    fn new() -> Self {
        let world = World::default();
        let windows = Arc::new(world.windows());
        let store = Store::in_memory(world.names.clone(), world.hops.clone()).unwrap();
        let keeper = Arc::new(Keeper::new(windows.clone(), Some(store)));
        let desk = Desk::new(&capabilities(), world.names.clone(), world.hops.clone(), keeper.clone(), None, None);
        Self { world, windows, keeper, desk }
    }

    fn record(&self, verdicts: &[Verdict]) {
        verdicts.iter().for_each(|one| self.windows.record(one));
    }

    fn keep(&self) {
        let cut = |windows: &Windows| (windows.take_closed(u64::MAX), Beside::default());
        self.keeper.keep(cut, &Recent::default(), &|_| String::new()).unwrap();
    }

    fn budget(&self) -> BudgetAnswer {
        self.desk.budget(&BudgetQuestion { capability: None, at_ns: Some(END_NS) }).unwrap()
    }

    fn gate(&self, capability: &str) -> GateAnswer {
        self.desk.gate(&GateQuestion { capability: capability.into(), at_ns: Some(END_NS) }).unwrap()
    }
}

/// Good and bad that a verdict is by an objective, in units of 2^-16; calls for those of a hop.
fn plainly(one: &Verdict, world: &World, budget: &ObjectiveBudget) -> (u128, u128) {
    let weight = u128::from(one.weight.units());
    if let Some(hop) = &budget.hop {
        let uses = one.hops.iter().filter(|usage| world.names.text(world.hops.get(usage.hop).hop) == hop);
        return uses.fold((0, 0), |(good, bad), usage| {
            let errors = u128::from(usage.errors);
            (good + weight * (u128::from(usage.calls) - errors), bad + weight * errors)
        });
    }
    let under_ns = match budget.objective.as_str() {
        "fast" => Some(50_000_000),
        "slower" => Some(1_000_000_000),
        _ => None,
    };
    match (under_ns, one.outcome) {
        (None, Outcome::Ok) => (weight, 0),
        (None, Outcome::Failed) => (0, weight),
        (Some(under_ns), Outcome::Ok) if one.duration_ns <= under_ns => (weight, 0),
        (Some(_), Outcome::Ok) => (0, weight),
        _ => (0, 0),
    }
}

fn told(units: u128) -> Count {
    Count(units as f64 / 65536.0)
}

/// Everything about one budget, read off the verdicts one by one.
fn check(budget: &ObjectiveBudget, verdicts: &[Verdict], world: &World) {
    let from_ns = match budget.window.as_str() {
        "7d" => END_NS - 7 * DAY_NS,
        "30d" => END_NS - 30 * DAY_NS,
        // The first of November.
        "month" => START_NS - 10 * 3_600_000_000_000 + 27 * DAY_NS,
        other => panic!("{other}"),
    };
    let (mut good, mut bad, mut lately, mut excluded, mut excluded_bad) = (0, 0, 0, 0, 0);
    let mut spent: BTreeMap<(String, String), u128> = BTreeMap::new();
    for one in verdicts.iter().filter(|one| world.names.text(one.capability) == budget.capability) {
        let slice_ns = one.end_ns - one.end_ns % SLICE_NS;
        let (well, badly) = plainly(one, world, budget);
        let works = if budget.capability == "book-flight" { work() } else { Vec::new() };
        if slice_ns < from_ns {
        } else if works.iter().any(|work| (work.from_ns..work.to_ns).contains(&slice_ns)) {
            (excluded, excluded_bad) = (excluded + well + badly, excluded_bad + badly);
        } else {
            (good, bad) = (good + well, bad + badly);
            lately += if slice_ns >= END_NS - DAY_NS { badly } else { 0 };
            let blamed = one.blame.map(|blame| blame.hop).filter(|_| one.outcome == Outcome::Failed);
            if let Some(hop) = blamed.filter(|_| budget.hop.is_none() && budget.kind == "availability") {
                let hop = world.hops.get(hop);
                let names = (world.names.text(hop.hop).to_owned(), world.names.text(hop.service).to_owned());
                *spent.entry(names).or_default() += u128::from(one.weight.units());
            }
        }
    }
    let at = format!("{} {:?} {}", budget.capability, budget.hop, budget.objective);
    assert_eq!((budget.counted, budget.used, budget.lately.used), (told(good + bad), told(bad), told(lately)), "{at}");
    let allowed = told(good + bad).0 * (1.0 - budget.target);
    assert!(
        (budget.allowed.0 - allowed).abs() < 1e-6 && (budget.left.0 - (allowed - told(bad).0)).abs() < 1e-6,
        "{at}: {budget:?}"
    );
    let listed = budget.spent.iter().map(|one| ((one.hop.clone(), one.service.clone()), one.used));
    assert_eq!(listed.collect::<BTreeMap<_, _>>(), spent.into_iter().map(|(hop, units)| (hop, told(units))).collect(), "{at}");
    let by_hop: f64 = budget.spent.iter().map(|one| one.used.0).sum();
    assert!(budget.spent.is_empty() || by_hop == budget.used.0, "{at}: {budget:?}");
    let left_out = budget.excluded.as_ref().map(|one| (one.counted, one.used));
    let works = budget.capability == "book-flight";
    assert_eq!(left_out, works.then(|| (told(excluded), told(excluded_bad))), "{at}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn budgets_are_those_of_a_plain_reading_of_the_verdicts(
        verdicts in prop::collection::vec((verdict(), 0..345_000u64), 1..60), kept in any::<prop::sample::Index>(),
    ) {
        let office = Office::new();
        let verdicts: Vec<Verdict> = verdicts
            .into_iter()
            .map(|(one, slices)| Verdict { end_ns: END_NS - SLICE_NS - slices * SLICE_NS, ..one })
            .collect();
        let (first, second) = verdicts.split_at(kept.index(verdicts.len()));
        office.record(first);
        office.keep();
        office.record(second);
        let answer = office.budget();
        for one in answer.budgets.iter().filter(|one| (one.hop.as_deref(), one.objective.as_str()) != (Some("web op0"), "fast")) {
            check(one, &verdicts, &office.world);
        }
        prop_assert_eq!(answer.budgets.len(), 7);
    }
}

/// Executions of the first capability that end so many slices before the end: some ok in 40 ms, some failed by the hop of this number.
fn executions(office: &Office, slices: u64, ok: u128, failed: u128, hop: usize) {
    let end_ns = END_NS - slices * SLICE_NS;
    for trace in 0..ok {
        office.record(&[Verdict { end_ns, duration_ns: 40_000_000, ..office.world.ok(trace) }]);
    }
    for trace in 0..failed {
        let cause = crate::model::Cause::AppError;
        office.record(&[Verdict { end_ns, ..office.world.failed(1000 + trace, office.world.hop(hop), cause) }]);
    }
}

#[test]
fn the_document_is_as_it_was() {
    let office = Office::new();
    executions(&office, 10_000, 900, 6, 1);
    executions(&office, 100, 90, 2, 4);
    executions(&office, 18_000, 10, 9, 4);
    let told = serde_json::to_string_pretty(&office.gate("book-flight")).unwrap();
    assert_eq!(told.trim(), include_str!("golden/gate.json").trim());
}

#[test]
fn a_gate_is_shut_when_a_budget_of_the_capability_is_gone_and_not_before() {
    let office = Office::new();
    let nothing = office.gate("book-flight");
    assert_eq!(
        (nothing.decision, nothing.reason.as_str()),
        (Decision::Allow, "nothing was counted that could break an objective")
    );
    assert_eq!(office.gate("search").reason, "the map promises nothing of it");
    executions(&office, 100, 998, 2, 4);
    let open = office.gate("book-flight");
    assert_eq!((open.decision, open.exemptions.len()), (Decision::Allow, 0), "{}", open.reason);
    executions(&office, 50, 0, 20, 4);
    let shut = office.gate("book-flight");
    let reason = "the budget of 'week' is gone: of 1020 in 7d 10.20 may break it, and 22 did";
    assert_eq!((shut.decision, shut.reason.as_str()), (Decision::Freeze, reason));
    assert_eq!(shut.exemptions, ["what security needs", "what mends it; 100 % was used by card-network"]);
}

#[test]
fn what_failed_in_announced_work_shuts_no_gate_and_is_told() {
    let office = Office::new();
    executions(&office, 18_000, 10, 500, 4);
    executions(&office, 100, 1000, 0, 4);
    let open = office.gate("book-flight");
    assert_eq!(open.decision, Decision::Allow);
    let excluded = open.budgets[1].excluded.as_ref().unwrap();
    assert_eq!((excluded.counted, excluded.used, excluded.maintenance.len()), (Count(510.0), Count(500.0), 2));
    assert_eq!(excluded.maintenance[0].reason, "new disks");
}

#[test]
fn when_a_budget_is_gone_follows_from_the_last_day() {
    let office = Office::new();
    executions(&office, 50_000, 9_700, 0, 4);
    executions(&office, 100, 295, 5, 4);
    let week = office.gate("book-flight").budgets.remove(1);
    assert_eq!(
        (week.allowed, week.used, week.left, week.lately),
        (Count(100.0), Count(5.0), Count(95.0), Lately { used: Count(5.0), seconds: 86_400 })
    );
    assert_eq!(week.gone_in_seconds, Some(19 * 86_400));
}

#[test]
fn a_hop_that_cannot_be_measured_says_so() {
    let budget = Office::new().budget();
    let fast = budget.budgets.iter().find(|one| one.hop.is_some() && one.objective == "fast").unwrap();
    assert_eq!(fast.note.as_deref(), Some("calls of a hop are not counted against a limit of time when they come in"));
}

#[test]
fn a_month_that_has_just_ended_is_told_whole() {
    let office = Office::new();
    // Midnight before the first of November.
    let at_ns = Some(START_NS - 10 * 3_600_000_000_000 + 27 * DAY_NS);
    let answer = office.desk.budget(&BudgetQuestion { capability: Some("book-flight".into()), at_ns }).unwrap();
    let range = &answer.budgets[0].range;
    assert_eq!((range.from.as_str(), range.to.as_str()), ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"));
}

#[test]
fn where_only_hours_are_kept_a_border_between_them_is_told() {
    let office = Office::new();
    executions(&office, 345_000, 10, 0, 4);
    office.record(&[Verdict { end_ns: END_NS + DAY_NS / 2, ..office.world.ok(1) }]);
    office.keep();
    let rolled = office.keeper.store().unwrap().roll(END_NS + DAY_NS, &Retention::default()).unwrap();
    assert!(rolled.done && rolled.dropped > 0);
    let at_ns = Some(END_NS + DAY_NS / 48);
    let answer = office.desk.budget(&BudgetQuestion { capability: Some("pay".into()), at_ns }).unwrap();
    let note = "around 2026-10-15T10:30:00Z only sums of 1h are kept: each counts for the stretch in which it begins";
    assert_eq!(answer.budgets[0].note.as_deref(), Some(note));
}
