//! Alerts begin, last and end, on a clock that is made up.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::catalogue::parse;
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::{Hops, Names, Outcome, Weight};
use crate::objective::{DAY_NS, HOUR_NS, MINUTE_NS};
use std::sync::Arc;

const MAP: &str = "apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: book
  owner: team-booking
  threads: [{id: web, entry: {service: web}}]
  objectives: [{id: available, target: 99.9%}, {id: fast, target: 99%, under: 1s}]
- id: pay
  threads: [{id: web, entry: {service: pay}}]
  objectives: [{id: available, target: 99%}]
";

/// A Monday.
const BEGIN_NS: u64 = 1_767_571_200_000_000_000;

struct World {
    names: Arc<Names>,
    engine: Engine,
    now_ns: u64,
    /// All that was learnt.
    learnt: Vec<(Key, u64, Window)>,
}

fn engine(names: &Arc<Names>, now_ns: u64) -> Engine {
    let mut engine = Engine::new(names.clone(), Arc::new(Hops::default()));
    engine.awake_since(now_ns);
    engine.watch(parse("map.yaml", MAP).unwrap().capabilities());
    engine
}

impl World {
    fn new() -> Self {
        let names = Arc::new(Names::default());
        Self { engine: engine(&names, BEGIN_NS), names, now_ns: BEGIN_NS, learnt: Vec::new() }
    }

    /// After thirty good days.
    fn experienced() -> Self {
        let mut world = Self::new();
        for _ in 0..30 * 24 {
            world.learn("book", world.now_ns, HOUR_NS, &[(Outcome::Ok, 7200)]);
            world.now_ns += HOUR_NS;
        }
        world.go(6 * HOUR_NS, GOOD);
        assert_eq!(world.told(), []);
        world
    }

    /// For so long, in each slice so many executions with these outcomes, each slice followed by a look.
    fn go(&mut self, length_ns: u64, outcomes: &[(Outcome, u64)]) {
        self.go_of("book", length_ns, outcomes, true);
    }

    fn go_of(&mut self, capability: &str, length_ns: u64, outcomes: &[(Outcome, u64)], look: bool) {
        for slice_ns in (self.now_ns..self.now_ns + length_ns).step_by(SLICE_NS as usize) {
            self.learn(capability, slice_ns, SLICE_NS, outcomes);
            self.now_ns = slice_ns + SLICE_NS;
            if look {
                self.look();
            }
        }
    }

    fn learn(&mut self, capability: &str, slice_ns: u64, length_ns: u64, outcomes: &[(Outcome, u64)]) {
        let mut window = Window::default();
        outcomes.iter().for_each(|(outcome, times)| window.outcomes[*outcome as usize].add(Weight::ONE, *times));
        let key = Key { slice_ns, capability: self.names.intern(capability.as_bytes()) };
        self.engine.learn(key, length_ns, &window);
        self.learnt.push((key, length_ns, window));
    }

    fn look(&mut self) -> bool {
        self.engine.evaluate(Moment { until_ns: self.now_ns, now_ns: self.now_ns, lag_ns: 0 })
    }

    fn told(&self) -> Vec<(Kind, String, bool)> {
        let told = |shown: Shown<'_>| {
            let labels = &shown.alert.labels;
            (shown.alert.kind, format!("{}/{}/{}", labels.capability, labels.objective, labels.tier), shown.alert.is_firing())
        };
        self.engine.alerts().map(told).collect()
    }

    fn burns(&self) -> Vec<(Kind, String, bool)> {
        self.told().into_iter().filter(|one| one.0 == Kind::BudgetBurn).collect()
    }

    fn alert(&self) -> Alert {
        self.engine.alerts().next().unwrap().alert.clone()
    }

    /// As if the server had never been away.
    fn awake(&mut self) {
        self.engine.awake_since(BEGIN_NS);
    }

    /// Another server, which knows what is kept.
    fn restarted(&mut self) {
        let kept = serde_json::to_string(&self.engine.keep()).unwrap();
        self.engine = engine(&self.names, self.now_ns);
        self.engine.restore(serde_json::from_str(&kept).unwrap());
        self.learnt.iter().for_each(|(key, length_ns, window)| self.engine.learn(*key, *length_ns, window));
    }
}

const GOOD: &[(Outcome, u64)] = &[(Outcome::Ok, 20)];
const BAD: &[(Outcome, u64)] = &[(Outcome::Failed, 20)];

fn burn(name: &str, firing: bool) -> (Kind, String, bool) {
    (Kind::BudgetBurn, format!("book/available/{name}"), firing)
}

#[test]
fn an_outage_is_one_page_that_silences_all_lower_tiers_and_ends_when_it_is_over() {
    let mut world = World::experienced();
    let outage_ns = world.now_ns;
    world.go(10 * MINUTE_NS, BAD);
    let began = world.alert();
    assert_eq!(world.told(), [burn("1h/5m", true)]);
    assert!(
        (60..=70).contains(&((began.starts_ns - outage_ns) / 1_000_000_000)),
        "51.84 s after it began: {}",
        began.starts_ns - outage_ns
    );
    let labels = began.labels.pairs().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    assert_eq!(labels, "alertname=BudgetBurn capability=book objective=available owner=team-booking severity=page tier=1h/5m");
    world.go(15 * MINUTE_NS, GOOD);
    assert_eq!(world.alert(), Alert { fire: world.alert().fire, ..began.clone() }, "same labels, same start, and it lasts");
    world.go(5 * MINUTE_NS, GOOD);
    assert_eq!(world.told(), [burn("1h/5m", false)]);
    // What it told already is told by no other tier, though their windows hold it for days.
    world.go(12 * HOUR_NS, GOOD);
    assert_eq!(world.told(), [burn("1h/5m", false)]);
    world.go(DAY_NS * 3, GOOD);
    assert_eq!(world.told(), [], "forgotten");
}

#[test]
fn an_incident_that_comes_and_goes_is_one_page() {
    let mut world = World::experienced();
    for _ in 0..12 {
        world.go(3 * MINUTE_NS, BAD);
        world.go(7 * MINUTE_NS, GOOD);
    }
    assert_eq!(world.told(), [burn("1h/5m", true)]);
}

#[test]
fn a_second_incident_is_a_second_page() {
    let mut world = World::experienced();
    for _ in 0..2 {
        world.go(10 * MINUTE_NS, BAD);
        world.go(2 * HOUR_NS, GOOD);
    }
    assert_eq!(world.told(), [burn("1h/5m", false), burn("1h/5m", false)]);
}

#[test]
fn at_little_traffic_an_hour_without_failures_is_not_the_end() {
    let mut world = World::experienced();
    // One execution in ten minutes, each third one fails.
    let ten = |world: &mut World, outcome| {
        world.go(SLICE_NS, &[(outcome, 1)]);
        world.go(10 * MINUTE_NS - SLICE_NS, &[]);
    };
    (0..40).for_each(|_| ten(&mut world, Outcome::Ok));
    for _ in 0..12 {
        ten(&mut world, Outcome::Failed);
        ten(&mut world, Outcome::Ok);
        ten(&mut world, Outcome::Ok);
    }
    assert_eq!(world.burns().len(), 1, "{:?}", world.told());
    (0..6).for_each(|_| ten(&mut world, Outcome::Ok));
    assert!(world.burns()[0].2, "six good ones in a row come often when one in three fails");
    (0..6 * 24).for_each(|_| ten(&mut world, Outcome::Ok));
    assert_eq!(world.burns().iter().map(|one| one.2).collect::<Vec<_>>(), [false]);
}

#[test]
fn nothing_ends_because_nothing_comes() {
    let mut world = World::experienced();
    world.go(10 * MINUTE_NS, BAD);
    world.go(12 * HOUR_NS, &[]);
    assert_eq!(world.told(), [burn("1h/5m", true)]);
}

#[test]
fn a_restart_in_the_middle_makes_no_second_alert_and_no_other_start() {
    let mut world = World::experienced();
    world.go(10 * MINUTE_NS, BAD);
    let before = world.alert();
    world.restarted();
    assert!(!world.look(), "nothing began, nothing ended");
    assert_eq!(world.alert(), before);
    world.go(5 * MINUTE_NS, BAD);
    assert_eq!((world.alert().starts_ns, world.told()), (before.starts_ns, vec![burn("1h/5m", true)]));
    world.go(HOUR_NS, GOOD);
    world.restarted();
    world.go(HOUR_NS, GOOD);
    assert_eq!(world.told(), [burn("1h/5m", false)]);
    assert_eq!(world.alert().starts_ns, before.starts_ns);
}

#[test]
fn what_is_newer_than_the_watermark_is_not_read() {
    let mut world = World::experienced();
    let until_ns = world.now_ns;
    world.go_of("book", 4 * MINUTE_NS, BAD, false);
    let moment = Moment { until_ns, now_ns: world.now_ns, lag_ns: 0 };
    assert!(!world.engine.evaluate(moment));
    assert_eq!(world.told(), []);
    assert!(world.look());
}

#[test]
fn silence_is_told_when_it_is_no_chance_and_ends_when_some_come() {
    let mut world = World::new();
    // 24 an hour; 12 at night.
    for _ in 0..3 {
        for hour in 0..24 {
            for _ in 0..if hour < 6 { 12 } else { 24 } {
                world.go_of("book", SLICE_NS, &[(Outcome::Ok, 1)], true);
                world.now_ns += HOUR_NS / if hour < 6 { 12 } else { 24 } - SLICE_NS;
            }
        }
    }
    assert_eq!(world.told(), []);
    let since_ns = world.now_ns;
    while world.told().is_empty() {
        world.now_ns += SLICE_NS;
        world.look();
    }
    assert_eq!(world.told(), [(Kind::NoData, "book//".to_owned(), true)]);
    let after = (world.now_ns - since_ns) as f64 / HOUR_NS as f64;
    assert!((2.2..2.6).contains(&after), "thirty executions by night, less the gap before: {after} h");
    world.go(2 * SLICE_NS, &[(Outcome::Ok, 1)]);
    assert!(world.told()[0].2, "two may be stragglers");
    world.now_ns += 15 * MINUTE_NS;
    world.look();
    assert!(world.told()[0].2);
    world.go(SLICE_NS, &[(Outcome::Failed, 1)]);
    assert!(!world.told()[0].2);
}

#[test]
fn when_nothing_comes_of_any_capability_one_alert_says_so_and_none_of_each() {
    let mut world = World::new();
    for _ in 0..3 * 24 * 6 {
        world.go_of("book", SLICE_NS, &[(Outcome::Ok, 1)], false);
        world.go_of("pay", SLICE_NS, &[(Outcome::Ok, 1)], true);
        world.now_ns += 10 * MINUTE_NS - 2 * SLICE_NS;
    }
    assert_eq!(world.told(), []);
    let since_ns = world.now_ns;
    while world.told().is_empty() {
        world.now_ns += SLICE_NS;
        world.look();
    }
    let intake = |firing| (Kind::NoData, "//".to_owned(), firing);
    assert_eq!(world.told(), [intake(true)]);
    let after = (world.now_ns - since_ns) as f64 / HOUR_NS as f64;
    assert!((2.2..2.6).contains(&after), "thirty of both together, less the gap before, and sooner than each alone: {after} h");
    for _ in 0..6 * 6 {
        world.now_ns += 10 * MINUTE_NS;
        world.look();
    }
    world.restarted();
    world.look();
    assert_eq!(world.told(), [intake(true)], "twenty teams are not told what one of them can mend");
    // One of them comes back, and after a quarter of an hour of that the other one is told of by itself.
    world.awake();
    for _ in 0..14 {
        world.go(SLICE_NS, &[(Outcome::Ok, 1)]);
        world.now_ns += MINUTE_NS - SLICE_NS;
    }
    assert_eq!(world.told(), [intake(true)]);
    world.go(3 * MINUTE_NS, &[(Outcome::Ok, 1)]);
    assert_eq!(world.told(), [intake(false), (Kind::NoData, "pay//".to_owned(), true)]);
}

#[test]
fn a_trickle_where_there_was_a_stream_is_one_alert_and_not_one_for_each_gap() {
    let mut world = World::experienced();
    for _ in 0..24 {
        world.go(HOUR_NS / 2 - SLICE_NS, &[]);
        world.go(SLICE_NS, &[(Outcome::Ok, 5)]);
    }
    assert_eq!(world.told(), [(Kind::NoData, "book//".to_owned(), true)]);
}

#[test]
fn a_server_that_was_away_takes_its_own_silence_for_nobodys() {
    let mut world = World::new();
    world.go(3 * DAY_NS, &[(Outcome::Ok, 1)]);
    world.now_ns += DAY_NS / 2;
    world.restarted();
    assert!(!world.look());
    world.now_ns += 10 * MINUTE_NS;
    world.look();
    assert_eq!(world.told(), [(Kind::NoData, "book//".to_owned(), true)], "since then it listens, and nothing comes");
}

#[test]
fn far_more_rejected_than_usual_is_told_and_a_few_are_not() {
    let mut world = World::new();
    world.go(6 * HOUR_NS, &[(Outcome::Ok, 19), (Outcome::Rejected, 1)]);
    world.go(10 * MINUTE_NS, &[(Outcome::Ok, 18), (Outcome::Rejected, 2)]);
    assert_eq!(world.told(), []);
    world.go(HOUR_NS, &[(Outcome::Ok, 10), (Outcome::Rejected, 10)]);
    let surge = |firing| vec![(Kind::RejectedSurge, "book//".to_owned(), firing)];
    assert_eq!(world.told(), surge(true));
    world.go(HOUR_NS, &[(Outcome::Ok, 19), (Outcome::Rejected, 1)]);
    assert_eq!(world.told(), surge(false));
}

#[test]
fn a_budget_that_is_gone_is_told_once_and_not_in_the_first_hour_by_chance() {
    let gone = |world: &World| world.told().into_iter().filter(|one| one.0 == Kind::BudgetGone).collect::<Vec<_>>();
    let mut young = World::new();
    young.go(HOUR_NS, &[(Outcome::Ok, 1)]);
    young.go(3 * SLICE_NS, &[(Outcome::Failed, 1), (Outcome::Ok, 300)]);
    assert_eq!(gone(&young), [], "3 of 1,260 are more than 1 in 1,000, and may be chance");
    let mut world = World::new();
    for _ in 0..8 {
        world.go_of("book", SLICE_NS, &[(Outcome::Ok, 3000)], false);
        world.now_ns += DAY_NS;
    }
    world.go(SLICE_NS, &[(Outcome::Failed, 30)]);
    assert_eq!(gone(&world), [(Kind::BudgetGone, "book/available/".to_owned(), true)]);
    world.go(2 * HOUR_NS, GOOD);
    assert_eq!(gone(&world).len(), 1);
    // Thirty days later nothing of it is in the period any more.
    for _ in 0..31 {
        world.now_ns += DAY_NS;
        world.go(SLICE_NS, GOOD);
    }
    assert!(gone(&world).iter().all(|one| !one.2), "over");
}

#[test]
fn a_server_that_lags_tells_it_of_itself() {
    let mut world = World::new();
    let mut look = |seconds: u64, lag: u64| {
        let now_ns = BEGIN_NS + seconds * 1_000_000_000;
        world.engine.evaluate(Moment { until_ns: BEGIN_NS, now_ns, lag_ns: lag * 1_000_000_000 });
        world.told()
    };
    let lagging = |firing| vec![(Kind::IngestionLagging, "//".to_owned(), firing)];
    assert_eq!(look(10, 59), []);
    assert_eq!(look(20, 60), lagging(true));
    assert_eq!(look(320, 31), lagging(true));
    assert_eq!(look(500, 0), lagging(true));
    assert_eq!(look(620, 0), lagging(false));
}

#[test]
fn announced_work_is_left_out() {
    let mut world = World::experienced();
    let moment = |ns: u64| jiff::Timestamp::from_nanosecond(i128::from(ns)).unwrap();
    let (from, to) = (moment(world.now_ns), moment(world.now_ns + HOUR_NS));
    let work = format!("{MAP}maintenance: [{{capabilities: [book], from: {from}, to: {to}, reason: new disks}}]\n");
    let unknown = world.engine.watch(parse("map.yaml", &work).unwrap().capabilities());
    assert_eq!(unknown.len(), 1, "of book all is counted anew");
    world.go(HOUR_NS, BAD);
    assert_eq!(world.told(), []);
    world.go(2 * MINUTE_NS, BAD);
    assert_eq!(world.told(), [burn("1h/5m", true)]);
}

#[test]
fn a_map_that_changes_keeps_what_is_known_and_ends_what_is_not_promised_any_more() {
    let mut world = World::experienced();
    world.go_of("pay", 4 * DAY_NS, GOOD, false);
    world.go_of("pay", HOUR_NS, BAD, true);
    let told = |world: &World| world.told().into_iter().filter(|one| one.1.ends_with("1h/5m")).collect::<Vec<_>>();
    assert_eq!(told(&world), [(Kind::BudgetBurn, "pay/available/1h/5m".to_owned(), true)]);
    let without = MAP.split("- id: pay").next().unwrap();
    let unknown = world.engine.watch(parse("map.yaml", without).unwrap().capabilities());
    assert_eq!(unknown, []);
    assert_eq!(told(&world), [(Kind::BudgetBurn, "pay/available/1h/5m".to_owned(), false)]);
    world.go(10 * MINUTE_NS, BAD);
    assert_eq!(told(&world)[1], burn("1h/5m", true), "the good days are still known");
    let other = MAP.replace("under: 1s", "under: 2s");
    let unknown = world.engine.watch(parse("map.yaml", &other).unwrap().capabilities());
    let unknown: Vec<&str> = unknown.iter().map(|name| world.names.text(*name)).collect();
    assert_eq!(unknown, ["book", "pay"], "of one the limit is another, the other one is back");
    assert_eq!(world.engine.objectives(), 3);
}
