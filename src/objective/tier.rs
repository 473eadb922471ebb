//! At which burn rates somebody is told, and how urgently.
//!
//! A tier looks at a long and a short window. The long one makes sure that the loss is worth telling, the short one that it goes on.
//! Its factor is the burn rate that takes a given share of the budget within the long window, so that a tier means the same for a
//! period of a week and of a quarter.

use super::{DAY_NS, HOUR_NS, MINUTE_NS};

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Within days.
    Ticket,
    /// Now, also at night.
    Page,
}

impl Severity {
    /// The value of the label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

/// Two windows and the burn rate at which both of them are too much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// The lengths of its windows: `1h/5m`. Does not change with the period.
    pub name: &'static str,
    /// How urgent.
    pub severity: Severity,
    /// Length of the long window, nanoseconds.
    pub long_ns: u64,
    /// Length of the short window, nanoseconds.
    pub short_ns: u64,
    /// Burn rate from which it fires; never under 1.
    pub factor: f64,
}

/// Name, severity, long window, short window, share of the budget that is gone after the long window.
const TIERS: [(&str, Severity, u64, u64, f64); 4] = [
    ("1h/5m", Severity::Page, HOUR_NS, 5 * MINUTE_NS, 0.02),
    ("6h/30m", Severity::Page, 6 * HOUR_NS, 30 * MINUTE_NS, 0.05),
    ("1d/2h", Severity::Ticket, DAY_NS, 2 * HOUR_NS, 0.10),
    ("3d/6h", Severity::Ticket, 3 * DAY_NS, 6 * HOUR_NS, 0.10),
];

/// The tiers of an objective with a period of this many nanoseconds, the most urgent first. A burn rate of 1 keeps the objective, so no
/// factor is under 1.
pub fn tiers(period_ns: u64) -> [Tier; 4] {
    TIERS.map(|(name, severity, long_ns, short_ns, share)| {
        let factor = (share * period_ns as f64 / long_ns as f64).max(1.0);
        Tier { name, severity, long_ns, short_ns, factor }
    })
}

/// Whether no error rate can reach this burn rate: where everything fails it is `1 / (1 - target)`.
pub fn never_fires(factor: f64, target: f64) -> bool {
    factor * (1.0 - target) > 1.0
}

impl Tier {
    /// After how many nanoseconds of this share of errors, with even traffic and none before, the long window burns at the factor; `None`
    /// if it never does. The short window is there before.
    pub fn reached_after_ns(&self, error_rate: f64, target: f64) -> Option<u64> {
        let needed = self.factor * (1.0 - target);
        (error_rate > 0.0 && error_rate >= needed).then(|| (self.long_ns as f64 * needed / error_rate).round() as u64)
    }
}
