#![allow(clippy::unwrap_used)]

use super::*;
use crate::catalogue::{Calendar, Objective, ObjectiveKind};
use crate::measure::{SLICE_NS, Tally, Window};
use crate::model::{Hop, HopId, Hops, Names, Outcome, Weight};

const SECOND_NS: u64 = 1_000_000_000;

fn tally(raw: u64) -> Tally {
    Tally { units: u128::from(raw) << 16, raw, excess: 0 }
}

fn counts(good: u64, bad: u64) -> Counts {
    Counts { good: tally(good), bad: tally(bad) }
}

fn factors(days: u64) -> [String; 4] {
    tiers(days * DAY_NS).map(|tier| format!("{:.3}", tier.factor))
}

#[test]
fn factors_are_those_of_the_specification_and_never_under_one() {
    assert_eq!(factors(30), ["14.400", "6.000", "3.000", "1.000"]);
    assert_eq!(factors(7), ["3.360", "1.400", "1.000", "1.000"]);
    assert_eq!(factors(28), ["13.440", "5.600", "2.800", "1.000"]);
    assert_eq!(factors(90), ["43.200", "18.000", "9.000", "3.000"]);
    let told = tiers(30 * DAY_NS).map(|tier| (tier.name, tier.severity.as_str()));
    assert_eq!(told, [("1h/5m", "page"), ("6h/30m", "page"), ("1d/2h", "ticket"), ("3d/6h", "ticket")]);
}

#[test]
fn a_factor_that_no_error_rate_can_reach_never_fires() {
    assert!(never_fires(14.4, 0.9305) && !never_fires(14.4, 0.9306));
    assert!(never_fires(14.4, 0.9) && !never_fires(6.0, 0.9));
    assert!(!never_fires(14.4, 1.0));
}

/// One thing a second for six hours, then so much of everything bad.
struct Second {
    sums: Sums,
    at_s: u64,
    good: f64,
    bad: f64,
}

const BEGIN_S: u64 = 100_000 * 10;

impl Second {
    fn after_six_good_hours() -> Self {
        let mut here = Self { sums: Sums::new(Period::default()), at_s: BEGIN_S - 6 * 3600, good: 0.0, bad: 0.0 };
        here.go(6 * 3600, 0.0);
        here
    }

    /// Ten things a second, evenly.
    fn go(&mut self, seconds: u64, error_rate: f64) {
        for _ in 0..seconds {
            self.good += 1000.0 * (1.0 - error_rate);
            self.bad += 1000.0 * error_rate;
            let part = counts(self.good as u64, self.bad as u64);
            (self.good, self.bad) = (self.good.fract(), self.bad.fract());
            let at_ns = self.at_s * SECOND_NS;
            self.sums.add(at_ns - at_ns % SLICE_NS, &part);
            self.at_s += 1;
        }
    }

    fn state(&self, tier: &Tier, target: f64) -> BurnState {
        let until_ns = self.at_s * SECOND_NS;
        tier.state(&self.sums.over(tier.long_ns, until_ns), &self.sums.over(tier.short_ns, until_ns), target)
    }
}

#[test]
fn fifteen_percent_of_errors_page_after_346_seconds_and_clear_271_after_they_stop() {
    let [page, ..] = tiers(30 * DAY_NS);
    assert_eq!(page.reached_after_ns(0.15, 0.999).unwrap(), 345_600_000_000, "5.76 min");
    let mut clock = Second::after_six_good_hours();
    let mut seen = vec![clock.state(&page, 0.999)];
    let mut changes = Vec::new();
    for step in 0..400 {
        clock.go(10, if step < 60 { 0.15 } else { 0.0 });
        let state = clock.state(&page, 0.999);
        if seen.last() != Some(&state) {
            changes.push((10 * (step + 1), state));
            seen.push(state);
        }
    }
    // Looked at every ten seconds. The long window is at most a minute too short, which is 1.7 % sooner.
    let [(increasing, a), (critical, b), (recovering, c), (acceptable, d)] = changes[..] else { panic!("{changes:?}") };
    assert_eq!(
        [a, b, c, d],
        [BurnState::Increasing, BurnState::Critical, BurnState::Recovering, BurnState::Acceptable],
        "all four quadrants, in this order"
    );
    assert_eq!((increasing, recovering), (30, 600 + 280), "28.8 s and 271.2 s, at the end of the slice");
    assert!((340..=350).contains(&critical), "{critical}");
    assert!((3600 - 60..=3600 + 600).contains(&acceptable), "{acceptable}");
}

#[test]
fn a_total_outage_is_seen_after_the_times_of_the_specification() {
    let [page, ..] = tiers(30 * DAY_NS);
    let seconds = |target| page.reached_after_ns(1.0, target).unwrap() as f64 / 1e9;
    let told = [0.99, 0.995, 0.999, 0.9999].map(|target| format!("{:.2}", seconds(target)));
    assert_eq!(told, ["518.40", "259.20", "51.84", "5.18"]);
    assert_eq!(page.reached_after_ns(1.0, 0.9), None);
    for target in [0.99, 0.995, 0.999, 0.9999] {
        let mut clock = Second::after_six_good_hours();
        while clock.state(&page, target) != BurnState::Critical {
            clock.go(10, 1.0);
        }
        let after = (clock.at_s - BEGIN_S) as f64;
        let formula = seconds(target);
        assert!(after >= formula * 59.0 / 60.0 && after < formula + 10.0, "{target}: {after} s, by the formula {formula} s");
    }
}

#[test]
fn one_failure_in_ten_does_not_page_and_what_is_sure_does() {
    let [page, ..] = tiers(30 * DAY_NS);
    let fires = |good, bad| page.fires(&counts(good, bad), &counts(good, bad), 0.999, MIN_FAILURES);
    assert_eq!(page.state(&counts(9, 1), &counts(9, 1), 0.999), BurnState::Critical);
    assert!(!fires(9, 1), "too few to be sure");
    assert!(!fires(8, 2));
    assert!(fires(7, 3));
    // 14.5 times as fast as allowed, but by chance as likely as not.
    assert_eq!(page.state(&counts(986, 15), &counts(986, 15), 0.999), BurnState::Critical);
    assert!(!fires(985, 15));
    assert!(fires(98_500, 1_700));
}

#[test]
fn without_data_nothing_burns_and_where_nothing_may_fail_one_failure_does() {
    assert_eq!(burn_rate(&counts(0, 0), 0.999), None);
    assert_eq!(burn_rate(&counts(5, 0), 1.0), Some(0.0));
    assert_eq!(burn_rate(&counts(5, 1), 1.0), Some(f64::INFINITY));
    let [page, ..] = tiers(30 * DAY_NS);
    assert_eq!(page.state(&counts(0, 0), &counts(0, 0), 0.999), BurnState::Acceptable);
}

#[test]
fn a_budget_is_a_sum_that_can_be_followed() {
    let rate = Rate { bad: 2.0, in_ns: HOUR_NS };
    let told = budget(&counts(9_995, 5), 0.999, Some(rate));
    assert_eq!((told.allowed, told.used, told.left, told.left_share), (10.0, 5.0, 5.0, Some(0.5)));
    assert_eq!(told.gone_in_ns, Some(5 * HOUR_NS / 2));
    assert!(!told.is_gone());
    let gone = budget(&counts(990, 10), 0.99, None);
    assert_eq!((gone.left, gone.gone_in_ns, gone.is_gone()), (0.0, Some(0), true));
    let over = budget(&counts(985, 15), 0.99, Some(rate));
    assert_eq!((over.left, over.left_share, over.gone_in_ns), (-5.0, Some(-0.5), Some(0)));
    assert_eq!(budget(&counts(1000, 0), 0.99, None).gone_in_ns, None);
    assert_eq!(budget(&counts(1000, 0), 0.99, Some(Rate { bad: 0.0, in_ns: HOUR_NS })).gone_in_ns, None);
    let nothing = budget(&counts(0, 0), 0.99, None);
    assert_eq!((nothing.left_share, nothing.is_gone()), (None, false));
    assert_eq!(budget(&counts(10, 0), 1.0, None).left_share, None);
}

fn ns(moment: &str) -> u64 {
    u64::try_from(moment.parse::<jiff::Timestamp>().unwrap().as_nanosecond()).unwrap()
}

#[test]
fn periods_of_the_calendar_begin_and_end_with_its_months() {
    let at = |calendar, moment: &str| Period::Calendar(calendar).whole(ns(moment));
    let (from, to) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    assert_eq!(at(Calendar::Month, "2026-02-28T23:59:59Z"), ns(from)..ns(to));
    assert_eq!(at(Calendar::Month, from), ns(from)..ns(to));
    let (from, to) = ("2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z");
    assert_eq!(at(Calendar::Quarter, "2026-12-31T12:00:00Z"), ns(from)..ns(to));
    assert_eq!(Period::Calendar(Calendar::Quarter).so_far(ns("2026-11-05T10:00:00Z")), ns(from)..ns("2026-11-05T10:00:00Z"));
    let now = ns("2026-11-05T10:00:00Z");
    assert_eq!(Period::Rolling(7 * DAY_NS).so_far(now), now - 7 * DAY_NS..now);
    let texts = [Period::default(), Period::Rolling(36 * HOUR_NS), Period::Calendar(Calendar::Month)].map(Period::text);
    assert_eq!(texts, ["30d", "36h", "month"]);
}

#[test]
fn an_objective_has_the_period_that_the_map_gives() {
    let of = |window_ns, calendar| {
        let kind = ObjectiveKind::Availability;
        Period::of(&Objective { id: String::new(), target: 0.9, kind, window_ns, calendar })
    };
    assert_eq!(of(None, None), Period::Rolling(30 * DAY_NS));
    assert_eq!(of(Some(28 * DAY_NS), None), Period::Rolling(28 * DAY_NS));
    assert_eq!(of(None, Some(Calendar::Month)), Period::Calendar(Calendar::Month));
}

#[test]
fn good_and_bad_are_what_the_objective_is_about() {
    let hops = Hops::default();
    let names = Names::default();
    let mut window = Window::default();
    for (outcome, raw) in [(Outcome::Ok, 90), (Outcome::Failed, 7), (Outcome::Rejected, 3), (Outcome::Abandoned, 2)] {
        window.outcomes[outcome as usize].add(Weight::ONE, raw);
    }
    window.limits.push(crate::measure::WithinLimit { under_ns: 100, good: tally(60), all: tally(90) });
    let of = |indicator: Indicator| indicator.counts(&window, &hops);
    assert_eq!(of(Indicator::Capability(ObjectiveKind::Availability)), counts(90, 7));
    assert_eq!(of(Indicator::Capability(ObjectiveKind::Latency { under_ns: 100 })), counts(60, 30));
    assert_eq!(of(Indicator::Capability(ObjectiveKind::Latency { under_ns: 99 })), counts(0, 0));
    assert_eq!(of(Indicator::Rejected), counts(97, 3));

    let pay = names.intern(b"pay");
    let of_service = |service: &str| hops.intern(Hop { hop: pay, service: names.intern(service.as_bytes()), external: false });
    let (one, other): (HopId, HopId) = (of_service("pay-1"), of_service("pay-2"));
    window.hops.entry(one).or_default().calls.add(Weight::ONE, 10);
    window.hops.entry(other).or_default().calls.add(Weight::ONE, 5);
    window.hops.entry(other).or_default().trouble.get_or_insert_default().errors.add(Weight::ONE, 2);
    assert_eq!(Indicator::HopCalls { hop: pay }.counts(&window, &hops), counts(13, 2));
    let objective = |kind| Objective { id: String::new(), target: 0.9, kind, window_ns: None, calendar: None };
    assert!(Indicator::of_hop(&objective(ObjectiveKind::Availability), pay).is_some());
    assert_eq!(Indicator::of_hop(&objective(ObjectiveKind::Latency { under_ns: 1 }), pay), None);
}

#[test]
fn a_page_is_more_urgent_than_a_ticket() {
    assert!(Severity::Page > Severity::Ticket);
}
