//! Far more executions than usual are rejected: somebody sends rubbish, or a release refuses what it should take.
//!
//! Rejected executions break no objective, so no budget says how many are too many; what is usual does.

use super::Severity;
use super::rule::{Fire, Rule};
use crate::measure::wilson;
use crate::objective::{DAY_NS, HOUR_NS, MINUTE_NS, Period, Sums, Tier};

const LONG_NS: u64 = HOUR_NS;
/// What is usual is what came in so long before.
const USUAL_NS: u64 = 3 * DAY_NS;
/// With fewer executions in it nothing is usual yet.
const ENOUGH: u64 = 100;
/// So many times the usual share, and this share at least, is far more.
const TIMES: f64 = 3.0;
const LEAST_SHARE: f64 = 0.05;
const LEAST_REJECTED: u64 = 10;

/// Sums of rejected executions, as far as they are looked at.
pub(super) fn sums() -> Sums {
    Sums::new(Period::Rolling(USUAL_NS))
}

/// Fires from this share on.
pub(super) fn rule(threshold: f64) -> Rule {
    let tier = Tier { name: "", severity: Severity::Ticket, long_ns: LONG_NS, short_ns: 5 * MINUTE_NS, factor: 1.0 };
    Rule { tier, target: 1.0 - threshold, calm_below: threshold, min_failures: LEAST_REJECTED }
}

/// The share from which it is a surge, if one begins.
pub(super) fn begins(sums: &Sums, until_ns: u64) -> Option<(f64, Fire)> {
    if sums.over(LONG_NS, until_ns).bad.raw < LEAST_REJECTED {
        return None;
    }
    let usual = sums.over(USUAL_NS, until_ns.saturating_sub(LONG_NS));
    if usual.all().raw < ENOUGH {
        return None;
    }
    let (_, high) = wilson(usual.error_rate()?, usual.all().effective())?;
    let threshold = (TIMES * high).max(LEAST_SHARE);
    if threshold >= 1.0 {
        return None;
    }
    Some((threshold, rule(threshold).begins(sums, 0, until_ns)?))
}
