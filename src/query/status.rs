//! How a capability is doing.

use super::stats::{latency, rate, share, wilson};
use super::{CapabilityStatus, Count, ObjectiveStatus, State, WorstHop, money};
use crate::catalogue::{Capability, Objective, ObjectiveKind};
use crate::measure::{Tally, Window};
use crate::model::{AbsorbedKind, HopId, Hops, Names, Outcome};
use std::collections::BTreeMap;

/// With fewer executions that were served or not, only the worst can be told.
const FEW: u64 = 10;

/// Burn rate of an availability objective from which a capability is failing: that of the first page of spec 5.2.
const FAILING_BURN: f64 = 14.4;

/// With fewer failures than this, no burn rate is taken for sure (`min_failures` of spec 5.2).
const FAILING_FAILURES: u64 = 3;

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
        capability.objectives.iter().map(|objective| objective_status(objective, window)).collect();
    let value = capability.value.as_ref();
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
        success_rate_low: success.map(|(_, low, _)| low),
        success_rate_high: success.map(|(_, _, high)| high),
        latency_ms: latency(&window.durations),
        absorbed: absorbed(&window.absorbed),
        worst_hop: worst_hop(window, names, hops),
        objectives,
        lost_value: value.and_then(|rule| money::lost(failed.units, rule)),
        sampled: window.is_estimated().then(|| sampled(window)),
        skewed: window.skewed,
    }
}

fn sampled(window: &Window) -> BTreeMap<String, u64> {
    let outcomes = Outcome::ALL.map(|outcome| (outcome.as_str(), window.outcome(outcome).raw));
    let all = [("executions", window.executions().raw), ("slow", window.slow.raw)];
    outcomes.into_iter().chain(all).map(|(word, raw)| (word.to_string(), raw)).collect()
}

/// Good and bad executions by this objective.
fn good_and_bad(kind: ObjectiveKind, window: &Window) -> (Tally, Tally) {
    match kind {
        ObjectiveKind::Availability => (window.outcome(Outcome::Ok), window.outcome(Outcome::Failed)),
        ObjectiveKind::Latency { under_ns } => {
            let limit = window.limits.iter().find(|limit| limit.under_ns == under_ns).copied().unwrap_or_default();
            let units = limit.all.units.saturating_sub(limit.good.units);
            (limit.good, Tally { units, raw: limit.all.raw.saturating_sub(limit.good.raw) })
        }
    }
}

/// Without the noise that 1 - 0.9 leaves at the end of a binary fraction.
fn tidy(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

fn objective_status(objective: &Objective, window: &Window) -> ObjectiveStatus {
    let (good, bad) = good_and_bad(objective.kind, window);
    let all = good.units.saturating_add(bad.units);
    // A target of 100 % leaves no budget of which a share could be left.
    let allowed = (1.0 - objective.target > 0.0).then_some(1.0 - objective.target);
    let kind = match objective.kind {
        ObjectiveKind::Availability => "availability",
        ObjectiveKind::Latency { .. } => "latency",
    };
    ObjectiveStatus {
        id: objective.id.clone(),
        kind: kind.into(),
        target: objective.target,
        actual: share(good.units, all),
        budget_left: share(bad.units, all).zip(allowed).map(|(bad, allowed)| tidy(1.0 - bad / allowed)),
        burn: BTreeMap::new(),
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
    let seen = ok.raw + failed.raw;
    if seen < FEW {
        return State::TooFew;
    }
    let surely_failing = wilson(1.0 - success, seen).map_or(0.0, |(low, _)| low);
    let burns = |objective: &Objective| {
        objective.kind == ObjectiveKind::Availability && surely_failing >= FAILING_BURN * (1.0 - objective.target)
    };
    if success < 0.5 || (failed.raw >= FAILING_FAILURES && capability.objectives.iter().any(burns)) {
        return State::Failing;
    }
    let missed = objectives.iter().any(|objective| objective.actual.is_some_and(|actual| actual < objective.target));
    if missed { State::Degraded } else { State::Ok }
}

/// Most failures; between equals the first by name. The buckets are no hops.
fn worst_hop(window: &Window, names: &Names, hops: &Hops) -> Option<WorstHop> {
    let failures_of = |(id, figures): (&HopId, &crate::measure::HopFigures)| {
        let failures = figures.trouble.as_ref()?.failed();
        let named = ![Hops::CALLER, Hops::UNKNOWN].contains(id) && failures.units > 0;
        let hop = hops.get(*id);
        named.then(|| (std::cmp::Reverse(failures.units), names.text(hop.hop), names.text(hop.service)))
    };
    let (std::cmp::Reverse(units), hop, service) = window.hops.iter().filter_map(failures_of).min()?;
    Some(WorstHop {
        hop: hop.into(),
        service: service.into(),
        failures: Count(crate::measure::units_to_count(units)),
        share: share(units, window.outcome(Outcome::Failed).units).unwrap_or(0.0),
    })
}
