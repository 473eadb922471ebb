//! When bad is so much, and so surely, that somebody is told; and when it is over.
//!
//! An alert begins by the tiers of spec 5.2 and their guard. That it is over is harder to say: between two failures of an incident there may be
//! an hour without any, where traffic is low, and an alert that ends and begins again wakes somebody twice. So an alert ends when its short window
//! has been calm for a while *and* what came since is surely better than it was: were it still as bad, so few failures would come once in a
//! thousand times. What is not sure by then ends after twice the long window and a day at least, in which nothing burnt. Without a single
//! execution nothing is known, and nothing ends.

use super::Severity;
use crate::measure::wilson_at;
use crate::objective::{Counts, DAY_NS, MINUTE_NS, Sums, Tier, tiers};

/// No alert ends sooner after it last burnt.
pub(super) const LEAST_CALM_NS: u64 = 15 * MINUTE_NS;
/// Longest time that a short window must have been calm.
const MOST_CALM_NS: u64 = DAY_NS;
/// What came since need not be surely better when an alert has not burnt for twice its long window, and for so long: at one failure in three hours an
/// incident is cut in two by chance once in three thousand times.
const LEAST_PATIENCE_NS: u64 = DAY_NS;
/// However long its windows, and though nothing came: an alert ends when it has not burnt for so long.
const MOST_PATIENCE_NS: u64 = 6 * DAY_NS;
/// One-sided 99.9 % of the normal distribution.
const ONE_IN_A_THOUSAND: f64 = 3.09;

/// The name of the tier that catches what burns so slowly, at so little traffic, that three days hold too few failures to be sure.
pub const TRICKLE: &str = "trickle";

/// A tier, what it allows, and from when on it is calm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub tier: Tier,
    /// Of the objective.
    pub target: f64,
    /// Under this error rate in its short window it is calm.
    pub calm_below: f64,
    /// With fewer failures nothing is sure.
    pub min_failures: u64,
}

/// The rules of an objective, the most urgent first. An incident that goes on at a lower burn rate, at which another tier of
/// the same urgency would fire, is not over: so a tier is calm under the lowest factor of its severity.
pub(super) fn rules_of(period_ns: u64, target: f64, min_failures: u64) -> [Rule; 5] {
    let [first, second, third, fourth] = tiers(period_ns);
    let trickle = Tier {
        name: TRICKLE,
        severity: Severity::Ticket,
        long_ns: (period_ns / 2).max(fourth.long_ns),
        short_ns: fourth.long_ns,
        factor: 1.0,
    };
    let all = [first, second, third, fourth, trickle];
    all.map(|tier| {
        let same = all.iter().filter(|other| other.severity == tier.severity);
        let lowest = same.map(|other| other.factor).fold(tier.factor, f64::min);
        Rule { tier, target, calm_below: lowest * (1.0 - target), min_failures }
    })
}

/// What a firing alert remembers of how bad it was.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Fire {
    /// The last moment at which it burnt.
    pub burnt_ns: u64,
    /// The error rate that the long window surely had then.
    pub surely_bad: f64,
}

impl Fire {
    /// Of an alert that no error rate tells about.
    pub(super) fn at(moment_ns: u64) -> Self {
        Self { burnt_ns: moment_ns, surely_bad: 0.0 }
    }
}

/// The place of a tier of this name among the rules of an objective, the most urgent first.
pub(super) fn rank_of(tier: &str) -> usize {
    let names = tiers(DAY_NS).map(|tier| tier.name);
    names.iter().position(|name| *name == tier).unwrap_or(names.len())
}

impl Rule {
    pub(super) fn counts(&self, sums: &Sums, until_ns: u64) -> (Counts, Counts) {
        (sums.over(self.tier.long_ns, until_ns), sums.over(self.tier.short_ns, until_ns))
    }

    /// Whether an alert begins at this moment. What was bad before `told_ns` was told already: it counts as if it had been good.
    pub(super) fn begins(&self, sums: &Sums, told_ns: u64, until_ns: u64) -> Option<Fire> {
        let (long, short) = self.counts(sums, until_ns);
        let fires = |long: &Counts, short: &Counts| self.tier.fires(long, short, self.target, self.min_failures);
        if !fires(&long, &short) {
            return None;
        }
        let fresh_ns = until_ns.saturating_sub(told_ns);
        let untold = |length_ns: u64, all: Counts| {
            if fresh_ns < length_ns { all.but_only(sums.over(fresh_ns, until_ns).bad) } else { all }
        };
        let fires = fires(&untold(self.tier.long_ns, long), &untold(self.tier.short_ns, short));
        fires.then(|| Fire { burnt_ns: until_ns, surely_bad: long.surely_bad() })
    }

    /// Whether an alert ends at this moment; remembers if it still burns.
    pub(super) fn ends(&self, fire: &mut Fire, sums: &Sums, until_ns: u64) -> bool {
        let (long, short) = self.counts(sums, until_ns);
        if short.bad.raw > 0 && short.error_rate().is_some_and(|rate| rate >= self.calm_below) {
            *fire = Fire { burnt_ns: until_ns, surely_bad: long.surely_bad() };
            return false;
        }
        let calm_ns = until_ns.saturating_sub(fire.burnt_ns);
        if calm_ns < self.tier.short_ns.clamp(LEAST_CALM_NS, MOST_CALM_NS) {
            return false;
        }
        let since = sums.over(calm_ns, until_ns);
        if since.all().raw == 0 {
            return calm_ns >= MOST_PATIENCE_NS;
        }
        // After a restart it is known to a minute when it last burnt: the older half may begin with what was bad.
        let half = sums.over(calm_ns / 2, until_ns);
        is_better(&since, fire.surely_bad)
            || is_better(&half, fire.surely_bad)
            || calm_ns >= self.tier.long_ns.saturating_mul(2).clamp(LEAST_PATIENCE_NS, MOST_PATIENCE_NS)
    }
}

/// Whether the error rate is surely less than this.
fn is_better(counts: &Counts, than: f64) -> bool {
    let bounds = counts.error_rate().and_then(|rate| wilson_at(rate, counts.all().effective(), ONE_IN_A_THOUSAND));
    bounds.is_some_and(|(_, high)| high < than)
}
