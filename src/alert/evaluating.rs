//! Which alerts of a capability begin, and which end.

use super::rule::{Fire, LEAST_CALM_NS, Rule, rank_of};
use super::state::{Alert, Kind};
use super::watched::{Watched, is_maintained};
use super::{Labels, Severity, gone, surge};
use smallvec::SmallVec;

/// Alerts that are over and still remembered, of a capability.
const MOST_RESOLVED: usize = 20;
/// So many executions must have come before it is said that there are some again.
const BACK: u64 = 3;

impl Watched {
    /// Looks at everything as it was up to this moment. True if an alert began or ended. `stopped`: nothing comes of any capability, and that is told.
    pub(super) fn evaluate(&mut self, until_ns: u64, awake_since_ns: u64, stopped: bool) -> bool {
        let missed = self.usual.is_missed(self.usual.last_ns().max(awake_since_ns), until_ns);
        let mut changed = self.end_some(until_ns, missed);
        let lively: SmallVec<[usize; 8]> = (0..self.series.len()).filter(|at| !self.series[*at].is_quiet(until_ns)).collect();
        for rank in 0..if lively.is_empty() { 0 } else { self.series[lively[0]].rules.len() } {
            for at in &lively {
                changed |= self.begin_burn(*at, rank, until_ns);
            }
        }
        changed |= self.begin_gone(until_ns);
        changed |= self.begin_silence(until_ns, missed && !stopped);
        changed |= self.begin_surge(until_ns);
        self.forget(until_ns);
        changed
    }

    fn end_some(&mut self, until_ns: u64, missed: bool) -> bool {
        let mut alerts = std::mem::take(&mut self.alerts);
        let mut changed = false;
        for alert in alerts.iter_mut().filter(|alert| alert.is_firing()) {
            if self.ends(alert, until_ns, missed) {
                alert.resolved_ns = Some(until_ns);
                changed = true;
            }
        }
        self.alerts = alerts;
        changed
    }

    fn ends(&self, alert: &mut Alert, until_ns: u64, missed: bool) -> bool {
        let series = || self.series.iter().find(|series| series.id == alert.labels.objective);
        match alert.kind {
            Kind::NoData if missed => {
                alert.fire.burnt_ns = until_ns;
                false
            }
            // A few stragglers between long gaps are not the end.
            Kind::NoData => self.back >= BACK && until_ns.saturating_sub(alert.fire.burnt_ns) >= LEAST_CALM_NS,
            Kind::RejectedSurge => surge::rule(alert.threshold).ends(&mut alert.fire, &self.rejected, until_ns),
            // What is not promised any more is not broken.
            Kind::BudgetGone => series().is_none_or(|series| gone::is_over(series, until_ns)),
            Kind::BudgetBurn => {
                let rule = series().and_then(|it| Some((it, it.rules.iter().find(|rule| rule.tier.name == alert.labels.tier)?)));
                rule.is_none_or(|(series, rule)| rule.ends(&mut alert.fire, &series.sums, until_ns))
            }
            Kind::IngestionLagging => true,
        }
    }

    fn begin_burn(&mut self, at: usize, rank: usize, until_ns: u64) -> bool {
        let series = &self.series[at];
        let rule = &series.rules[rank];
        let mut told_ns = 0;
        for alert in self.alerts.iter().filter(|alert| tells_of(alert, &series.id, rank, rule)) {
            if alert.is_firing() {
                return false;
            }
            told_ns = told_ns.max(alert.fire.burnt_ns);
        }
        let Some(fire) = rule.begins(&series.sums, told_ns, until_ns) else { return false };
        let labels =
            Labels { tier: rule.tier.name.to_owned(), severity: rule.tier.severity, ..self.labels(Kind::BudgetBurn, &series.id) };
        self.alerts.push(Alert::new(Kind::BudgetBurn, labels, until_ns, fire));
        true
    }

    fn begin_gone(&mut self, until_ns: u64) -> bool {
        let mut fresh = Vec::new();
        for series in self.series.iter().filter(|series| !self.fires(Kind::BudgetGone, &series.id)) {
            if gone::is_gone(series, until_ns) {
                fresh.push(Alert::new(Kind::BudgetGone, self.labels(Kind::BudgetGone, &series.id), until_ns, Fire::at(until_ns)));
            }
        }
        self.push(fresh)
    }

    fn begin_silence(&mut self, until_ns: u64, missed: bool) -> bool {
        // Whoever was woken because everything fails need not be told that the customers have left.
        let told = |alert: &Alert| alert.is_firing() && (alert.kind == Kind::NoData || is_burn_page(alert));
        let missed = missed && !self.alerts.iter().any(told) && !is_maintained(&self.capability, until_ns);
        if missed {
            self.back = 0;
        }
        let fresh = missed.then(|| Alert::new(Kind::NoData, self.labels(Kind::NoData, ""), until_ns, Fire::at(until_ns)));
        self.push(fresh)
    }

    fn begin_surge(&mut self, until_ns: u64) -> bool {
        if self.fires(Kind::RejectedSurge, "") || is_maintained(&self.capability, until_ns) {
            return false;
        }
        let fresh = surge::begins(&self.rejected, until_ns).map(|(threshold, fire)| {
            let alert = Alert::new(Kind::RejectedSurge, self.labels(Kind::RejectedSurge, ""), until_ns, fire);
            Alert { threshold, ..alert }
        });
        self.push(fresh)
    }

    fn push(&mut self, fresh: impl IntoIterator<Item = Alert>) -> bool {
        let before = self.alerts.len();
        self.alerts.extend(fresh);
        self.alerts.len() > before
    }

    fn fires(&self, kind: Kind, objective: &str) -> bool {
        self.alerts.iter().any(|alert| alert.kind == kind && alert.labels.objective == objective && alert.is_firing())
    }

    fn forget(&mut self, until_ns: u64) {
        self.alerts.retain(|alert| !alert.is_forgotten(until_ns));
        let resolved = self.alerts.iter().filter(|alert| !alert.is_firing()).count();
        for _ in MOST_RESOLVED..resolved {
            if let Some(at) = self.alerts.iter().position(|alert| !alert.is_firing()) {
                self.alerts.remove(at);
            }
        }
    }
}

/// Whether an alert tells what this rule would tell. A higher tier silences the lower ones of its capability, and one that is as high those of other
/// objectives; of one objective only one alert of each severity lasts at a time.
fn tells_of(alert: &Alert, objective: &str, rank: usize, rule: &Rule) -> bool {
    let theirs = rank_of(&alert.labels.tier);
    let same = alert.labels.objective == objective && alert.labels.severity == rule.tier.severity;
    alert.kind == Kind::BudgetBurn && (theirs <= rank || same)
}

fn is_burn_page(alert: &Alert) -> bool {
    alert.kind == Kind::BudgetBurn && alert.labels.severity == Severity::Page
}
