//! A capability that is watched: the sums of its objectives, what is usual of it, and its alerts.

use super::rule::{Rule, rules_of};
use super::state::{Alert, Kind};
use super::usual::Usual;
use super::{Labels, surge};
use crate::catalogue::{Capability, Objective};
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::{Hops, Names, Outcome};
use crate::objective::{BurnState, DAY_NS, HOUR_NS, Indicator, MINUTE_NS, Period, Sums, burn_rate};
use std::sync::Arc;

/// The windows of all tiers.
const WINDOWS: [(&str, u64); 7] = [
    ("5m", 5 * MINUTE_NS),
    ("30m", 30 * MINUTE_NS),
    ("1h", HOUR_NS),
    ("2h", 2 * HOUR_NS),
    ("6h", 6 * HOUR_NS),
    ("1d", DAY_NS),
    ("3d", 3 * DAY_NS),
];

/// An objective that is watched.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Its id; of a hop's objective `hop/objective`.
    pub id: String,
    pub indicator: Indicator,
    pub target: f64,
    pub sums: Sums,
    pub rules: [Rule; 5],
}

impl Series {
    fn new(id: String, indicator: Indicator, objective: &Objective, min_failures: u64) -> Self {
        let period = Period::of(objective);
        let rules = rules_of(period.length_ns(), objective.target, min_failures);
        Self { id, indicator, target: objective.target, sums: Sums::new(period), rules }
    }

    pub(super) fn burns(&self, until_ns: u64) -> Vec<(&'static str, f64)> {
        let rate = |length_ns| burn_rate(&self.sums.over(length_ns, until_ns), self.target).filter(|rate| rate.is_finite());
        WINDOWS.iter().filter_map(|(name, length_ns)| Some((*name, rate(*length_ns)?))).collect()
    }

    /// Whether its sums are also those of this other one.
    fn is_like(&self, other: &Self) -> bool {
        (self.indicator, self.sums.period()) == (other.indicator, other.sums.period())
    }

    /// Whether there were so few failures that nothing can begin: no sum of all others must be made then.
    pub(super) fn is_quiet(&self, until_ns: u64) -> bool {
        let longest_ns = self.rules.iter().map(|rule| rule.tier.long_ns).max().unwrap_or_default();
        self.sums.over(longest_ns, until_ns).bad.raw < self.rules[0].min_failures
    }
}

/// How fast an objective burns, in the windows of a tier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burning {
    /// Burn rate of the long window; `None` without data.
    pub long: Option<f64>,
    /// Of the short one.
    pub short: Option<f64>,
    /// How the tier stands.
    pub state: BurnState,
}

#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub capability: Arc<Capability>,
    pub series: Vec<Series>,
    /// Rejected among those that were decided about.
    pub rejected: Sums,
    pub usual: Usual,
    /// Executions that came since it was said that there are none.
    pub back: u64,
    pub alerts: Vec<Alert>,
}

impl Watched {
    pub(super) fn new(capability: &Arc<Capability>, names: &Names, min_failures: u64) -> Self {
        let own = capability.objectives.iter();
        let own = own.map(|one| Series::new(one.id.clone(), Indicator::of_capability(one), one, min_failures));
        let of_hops = capability.hops.iter().flat_map(|hop| {
            let name = names.intern(hop.id.as_bytes());
            let measured = hop.objectives.iter().filter_map(move |one| Some((one, Indicator::of_hop(one, name)?)));
            measured.map(|(one, indicator)| Series::new(format!("{}/{}", hop.id, one.id), indicator, one, min_failures))
        });
        let series = own.chain(of_hops).collect();
        Self {
            capability: capability.clone(),
            series,
            rejected: surge::sums(),
            usual: Usual::default(),
            back: 0,
            alerts: Vec::new(),
        }
    }

    /// Takes over what an earlier map has summed up. False if an objective has to begin with nothing.
    pub(super) fn take_over(&mut self, before: Self) -> bool {
        // What was left out as maintenance, or was not, must be counted anew.
        let mut all = self.capability.maintenance == before.capability.maintenance;
        for series in &mut self.series {
            match before.series.iter().find(|old| old.is_like(series)) {
                Some(old) => series.sums = old.sums.clone(),
                None => all = false,
            }
        }
        Self { rejected: self.rejected, usual: self.usual, back: self.back, alerts: self.alerts, .. } = before;
        all
    }

    /// Takes the alerts that are about this capability.
    pub(super) fn take_back(&mut self, alerts: &mut Vec<Alert>) {
        self.alerts.extend(alerts.extract_if(.., |alert| alert.labels.capability == self.capability.id));
    }

    pub(super) fn forget_sums(&mut self, names: &Names, min_failures: u64) {
        let alerts = std::mem::take(&mut self.alerts);
        *self = Self { alerts, ..Self::new(&self.capability, names, min_failures) };
    }

    /// Gives how many executions came: where the entry never came nobody knows whether somebody tried.
    pub(super) fn learn(&mut self, key: Key, length_ns: u64, window: &Window, hops: &Hops) -> u64 {
        for series in self.series.iter_mut().filter(|_| !is_maintained(&self.capability, key.slice_ns)) {
            series.sums.add(key.slice_ns, &series.indicator.counts(window, hops));
        }
        self.rejected.add(key.slice_ns, &Indicator::Rejected.counts(window, hops));
        let came = window.executions().raw.saturating_sub(window.outcome(Outcome::Incomplete).raw);
        self.usual.add(key.slice_ns, length_ns, came);
        if self.silence().is_some_and(|alert| key.slice_ns.saturating_add(SLICE_NS) > alert.starts_ns) {
            self.back = self.back.saturating_add(came);
        }
        came
    }

    pub(super) fn silence(&self) -> Option<&Alert> {
        self.alerts.iter().find(|alert| alert.kind == Kind::NoData && alert.is_firing())
    }

    /// How far an alert's objective burns now; `None` for alerts of other kinds, and where the objective is gone.
    pub(super) fn burning(&self, alert: &Alert, until_ns: u64) -> Option<Burning> {
        let series = self.series.iter().find(|series| series.id == alert.labels.objective)?;
        let rule = series.rules.iter().find(|rule| rule.tier.name == alert.labels.tier)?;
        let (long, short) = rule.counts(&series.sums, until_ns);
        let state = rule.tier.state(&long, &short, series.target);
        Some(Burning { long: burn_rate(&long, series.target), short: burn_rate(&short, series.target), state })
    }

    pub(super) fn labels(&self, kind: Kind, objective: &str) -> Labels {
        Labels {
            alertname: kind.as_str().to_owned(),
            capability: self.capability.id.clone(),
            objective: objective.to_owned(),
            tier: String::new(),
            severity: kind.severity(),
            owner: self.capability.owner.clone().unwrap_or_default(),
        }
    }
}

/// Whether this moment lies in work that the map announces: it is left out of budgets, and out of what burns them.
pub(super) fn is_maintained(capability: &Capability, moment_ns: u64) -> bool {
    capability.maintenance.iter().any(|one| (one.from_ns..one.to_ns).contains(&moment_ns))
}
