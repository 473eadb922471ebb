//! How a capability is doing.

use super::completeness::completeness;
use super::estimate::{intervals, seen};
use super::stats::{bounds, latency, milliseconds, rate, share};
use super::{CapabilityStatus, Count, ObjectiveStatus, State, WorstHop, money};
use crate::catalogue::{Capability, Objective, ObjectiveKind};
use crate::measure::{Tally, Window, wilson};
use crate::model::{AbsorbedKind, HopId, Hops, Names, Outcome};
use crate::objective::{Counts, Indicator, MIN_FAILURES};
use std::collections::BTreeMap;

/// With fewer executions that were served or not, only the worst can be told.
const FEW: u64 = 10;

/// Burn rate of an availability objective from which a capability is failing: that of the first page of spec 5.2.
const FAILING_BURN: f64 = 14.4;

/// A tally as answers write it.
pub(super) fn count(tally: Tally) -> Count {
    Count(tally.count())
}

/// Absorbed errors by kind; all kinds are always there.
pub(super) fn absorbed(tallies: &[Tally; 3]) -> BTreeMap<String, Count> {
    AbsorbedKind::ALL.iter().map(|kind| (kind.as_str().to_string(), count(tallies[*kind as usize]))).collect()
}

/// The status of a capability over the windows that are merged in this one.
pub(super) fn capability_status(capability: &Capability, window: &Window, names: &Names, hops: &Hops) -> CapabilityStatus {
    let of = |outcome| window.outcome(outcome);
    let (ok, failed) = (of(Outcome::Ok), of(Outcome::Failed));
    let success = rate(ok, failed);
    let objectives: Vec<ObjectiveStatus> =
        capability.objectives.iter().map(|objective| objective_status(objective, window, hops)).collect();
    let value = capability.value.as_ref();
    let (success_rate_low, success_rate_high) = bounds(success);
    let estimated = window.is_estimated();
    CapabilityStatus {
        id: capability.id.clone(),
        title: capability.title.clone(),
        owner: capability.owner.clone(),
        state: state(capability, window, &objectives),
        executions: count(window.executions()),
        ok: count(ok),
        failed: count(failed),
        rejected: count(of(Outcome::Rejected)),
        abandoned: count(of(Outcome::Abandoned)),
        incomplete: count(of(Outcome::Incomplete)),
        slow: count(window.slow),
        success_rate: success.map(|(rate, _, _)| rate),
        success_rate_low,
        success_rate_high,
        latency_ms: latency(&window.durations),
        absorbed: absorbed(&window.absorbed),
        worst_hop: worst_hop(capability, failures_by_hop(window), failed.units, names, hops),
        objectives,
        lost_value: value.and_then(|rule| money::lost(failed.units, rule)),
        sampled: estimated.then(|| seen(told(window))),
        intervals: estimated.then(|| intervals(told(window), window.executions())),
        skewed: window.skewed,
        why_empty: None,
        completeness: completeness(window),
    }
}

/// The counts of a capability by their places in the answer.
fn told(window: &Window) -> impl Iterator<Item = (String, Tally)> {
    let outcomes = Outcome::ALL.iter().map(|outcome| (outcome.as_str().to_owned(), window.outcome(*outcome)));
    let all = [("executions".into(), window.executions()), ("slow".into(), window.slow)];
    outcomes.chain(all).chain(absorbed_by_place(&window.absorbed))
}

/// Absorbed errors by their places in the answer.
pub(super) fn absorbed_by_place(tallies: &[Tally; 3]) -> impl Iterator<Item = (String, Tally)> {
    AbsorbedKind::ALL.iter().map(|kind| (format!("absorbed.{}", kind.as_str()), tallies[*kind as usize]))
}

/// Without the noise that 1 - 0.9 leaves at the end of a binary fraction.
pub(super) fn tidy(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

fn objective_status(objective: &Objective, window: &Window, hops: &Hops) -> ObjectiveStatus {
    let Counts { good, bad } = Indicator::of_capability(objective).counts(window, hops);
    let all = good.units.saturating_add(bad.units);
    let (actual_low, actual_high) = bounds(rate(good, bad));
    // A target of 100 % leaves no budget of which a share could be left.
    let allowed = (1.0 - objective.target > 0.0).then_some(1.0 - objective.target);
    ObjectiveStatus {
        id: objective.id.clone(),
        kind: objective.kind.as_str().into(),
        target: objective.target,
        under_ms: match objective.kind {
            ObjectiveKind::Latency { under_ns } => Some(milliseconds(under_ns as f64)),
            ObjectiveKind::Availability => None,
        },
        actual: share(good.units, all),
        actual_low,
        actual_high,
        budget_left: share(bad.units, all).zip(allowed).map(|(bad, allowed)| tidy(1.0 - bad / allowed)),
        burn: BTreeMap::new(),
        good: count(good),
        bad: count(bad),
    }
}

/// The state, by the first rule that holds:
///
/// 1. `no_data`: no execution.
/// 2. `failing`: the success rate is under one half, surely (its upper Wilson bound is), be the executions as few as they may.
/// 3. `too_few`: fewer than 10 executions were served or not.
/// 4. `failing`: the success rate is under one half, or an availability objective burns 14.4 times as fast as it may, with at least
///    three failures and surely (the lower Wilson bound of the error rate is over that).
/// 5. `degraded`: an objective is missed.
/// 6. `ok`.
fn state(capability: &Capability, window: &Window, objectives: &[ObjectiveStatus]) -> State {
    if window.executions().raw == 0 {
        return State::NoData;
    }
    let (ok, failed) = (window.outcome(Outcome::Ok), window.outcome(Outcome::Failed));
    let Some((success, _, success_high)) = rate(ok, failed) else { return State::TooFew };
    if success_high < 0.5 {
        return State::Failing;
    }
    if ok.raw + failed.raw < FEW {
        return State::TooFew;
    }
    let mut both = ok;
    both += failed;
    let surely_failing = wilson(1.0 - success, both.effective()).map_or(0.0, |(low, _)| low);
    let burns = |objective: &Objective| {
        objective.kind == ObjectiveKind::Availability && surely_failing >= FAILING_BURN * (1.0 - objective.target)
    };
    if success < 0.5 || (failed.raw >= MIN_FAILURES && capability.objectives.iter().any(burns)) {
        return State::Failing;
    }
    let missed = objectives.iter().any(|objective| objective.actual.is_some_and(|actual| actual < objective.target));
    if missed { State::Degraded } else { State::Ok }
}

/// Failures by hop, those in the buckets too.
pub(super) fn failures_by_hop(window: &Window) -> impl Iterator<Item = (HopId, u128)> {
    window.hops.iter().filter_map(|(id, figures)| Some((*id, figures.trouble.as_ref()?.failed().units)))
}

/// Most failures; between equals the first by name. The buckets are no hops. `failed`: all failures.
pub(super) fn worst_hop(
    capability: &Capability,
    failures: impl Iterator<Item = (HopId, u128)>,
    failed: u128,
    names: &Names,
    hops: &Hops,
) -> Option<WorstHop> {
    let named = failures.filter(|(id, units)| ![Hops::CALLER, Hops::UNKNOWN].contains(id) && *units > 0);
    let by_name = named.map(|(id, units)| {
        let hop = hops.get(id);
        (std::cmp::Reverse(units), names.text(hop.hop), names.text(hop.service))
    });
    let (std::cmp::Reverse(units), hop, service) = by_name.min()?;
    let rule = capability.hops.iter().find(|rule| rule.id == hop);
    Some(WorstHop {
        supplier: rule.and_then(|rule| rule.supplier.clone()),
        hop: hop.into(),
        service: service.into(),
        failures: Count(crate::measure::units_to_count(units)),
        share: share(units, failed).unwrap_or(0.0),
    })
}
