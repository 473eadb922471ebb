//! Whom an alert names (spec 5.3).
//!
//! Which hop that is depends on what is promised: where executions fail, the one that most failures are blamed on; where they are slow, the one that most
//! slow ones are blamed on, because whoever is woken by slowness and reads the name of a hop that failed twice looks in the wrong place. An objective
//! of a hop names that hop, unless it only hands on what others broke: then no error is its own.

use super::state::{Alert, Kind};
use super::text::Facts;
use crate::catalogue::{Capability, ObjectiveKind};
use crate::measure::{HopFigures, Trouble};
use crate::model::{HopId, Hops};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About<'a> {
    /// Executions that fail.
    Failures,
    /// Executions that take longer than so many nanoseconds.
    Time(u64),
    /// Calls of this hop of the map.
    Hop(&'a str),
    /// Nothing that a hop could be blamed for: what does not come, or is rejected, or this server.
    Nothing,
}

impl<'a> About<'a> {
    pub(super) fn of(alert: &'a Alert, capability: Option<&Capability>) -> Self {
        if !matches!(alert.kind, Kind::BudgetBurn | Kind::BudgetGone) {
            return Self::Nothing;
        }
        let objective = &alert.labels.objective;
        let own = capability.and_then(|one| one.objectives.iter().find(|own| own.id == *objective));
        match (own.map(|own| own.kind), objective.split_once('/')) {
            (Some(ObjectiveKind::Latency { under_ns }), _) => Self::Time(under_ns),
            (None, Some((hop, _))) => Self::Hop(hop),
            _ => Self::Failures,
        }
    }
}

/// A hop that is to blame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Guilty {
    pub hop: String,
    /// The service or peer where most of it was.
    pub service: String,
    pub supplier: Option<String>,
    /// Of all failures, or of all slow executions; of an objective of a hop, of the errors of its calls.
    pub share: f64,
    /// Why most of its failures are its own; `None` where nothing failed.
    pub cause: Option<&'static str>,
}

/// `None` if nobody is to blame, or nobody knows who.
pub(super) fn guilty(about: About<'_>, facts: Facts<'_>, capability: &Capability) -> Option<Guilty> {
    let failed = |trouble: &Trouble| trouble.failed().units;
    match about {
        About::Failures => named(facts, capability, failed, |_| true),
        About::Time(_) => named(facts, capability, |trouble| trouble.slow_blamed.units, |_| true),
        About::Hop(hop) => {
            let own = |name: &str| name == hop;
            let broke_itself =
                |trouble: &Trouble| trouble.absorbed.iter().fold(failed(trouble), |sum, one| sum.saturating_add(one.units));
            let itself = named(facts, capability, broke_itself, own);
            let other = || named(facts, capability, failed, |_| true);
            itself.or_else(other).or_else(|| named(facts, capability, |trouble| trouble.errors.units, own))
        }
        About::Nothing => None,
    }
}

/// The hop of the map that most of something is blamed on, whatever number of services it stands for, among those with such a name.
fn named(
    facts: Facts<'_>,
    capability: &Capability,
    much: impl Fn(&Trouble) -> u128,
    is_asked: impl Fn(&str) -> bool,
) -> Option<Guilty> {
    let (mut all, mut by_hop) = (0_u128, BTreeMap::<&str, (u128, (Reverse<u128>, &str, HopId))>::new());
    for (id, figures) in &facts.window.hops {
        let units = figures.trouble.as_deref().map_or(0, &much);
        let hop = facts.hops.get(*id);
        let name = facts.names.text(hop.hop);
        let is_hop = ![Hops::CALLER, Hops::UNKNOWN].contains(id);
        if units == 0 || !is_asked(name) {
            continue;
        }
        all = all.saturating_add(units);
        if is_hop {
            let most = (Reverse(units), facts.names.text(hop.service), *id);
            let (sum, there) = by_hop.entry(name).or_insert((0, most));
            *sum = sum.saturating_add(units);
            *there = (*there).min(most);
        }
    }
    let (hop, (units, (_, service, id))) = by_hop.into_iter().max_by_key(|(name, (sum, _))| (*sum, Reverse(*name)))?;
    let supplier = capability.hops.iter().find(|rule| rule.id == hop).and_then(|rule| rule.supplier.clone());
    let cause = facts.window.hops.get(&id).and_then(cause);
    Some(Guilty { hop: hop.to_owned(), service: service.to_owned(), supplier, share: units as f64 / all.max(1) as f64, cause })
}

fn cause(figures: &HopFigures) -> Option<&'static str> {
    let failures = figures.trouble.as_ref()?.failures.iter();
    let (_, Reverse(cause)) = failures.map(|(cause, failures)| (failures.count.units, Reverse(*cause))).max()?;
    Some(cause.as_str())
}
