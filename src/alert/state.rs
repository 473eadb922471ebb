//! An alert: what it is known by, since when it lasts, and what must be remembered to say when it is over.

use super::rule::{Fire, TRICKLE};
use super::{Labels, Severity};
use crate::objective::{DAY_NS, HOUR_NS, tiers};
use serde::{Deserialize, Serialize};

/// So long an alert that is over is remembered, so that what it told is not told again: as long as the longest window but the trickle's.
const REMEMBERED_NS: u64 = 3 * DAY_NS;
/// Of a longer time before an alert nothing is told: its windows are read each minute.
const MOST_LOOKED_BACK_NS: u64 = 6 * HOUR_NS;

/// Kinds of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// The budget of an objective burns too fast.
    BudgetBurn,
    /// The budget of an objective is gone.
    BudgetGone,
    /// A capability that used to have executions has none.
    NoData,
    /// Far more of the executions than usual are rejected.
    RejectedSurge,
    /// This server does not keep up with what arrives: other alerts come late, or not at all.
    IngestionLagging,
}

impl Kind {
    /// The value of the label `alertname`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BudgetBurn => "BudgetBurn",
            Self::BudgetGone => "BudgetGone",
            Self::NoData => "NoData",
            Self::RejectedSurge => "RejectedSurge",
            Self::IngestionLagging => "IngestionLagging",
        }
    }

    /// How urgent it is; of burning budgets the tier says.
    pub(super) fn severity(self) -> Severity {
        match self {
            Self::BudgetBurn | Self::NoData | Self::IngestionLagging => Severity::Page,
            Self::BudgetGone | Self::RejectedSurge => Severity::Ticket,
        }
    }
}

/// An alert that lasts, or did of late. All of it is kept, so that a restart makes no second one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// What kind.
    pub kind: Kind,
    /// What it is known by.
    pub labels: Labels,
    /// Since when, Unix nanoseconds.
    pub starts_ns: u64,
    /// When it ended; `None` while it lasts.
    pub resolved_ns: Option<u64>,
    /// How bad it was when it last was.
    pub(super) fire: Fire,
    /// The share of the bad from which it began; 0 where there is no such share.
    #[serde(default)]
    pub(super) threshold: f64,
}

impl Alert {
    pub(super) fn new(kind: Kind, labels: Labels, starts_ns: u64, fire: Fire) -> Self {
        Self { kind, labels, starts_ns, resolved_ns: None, fire, threshold: 0.0 }
    }

    /// So long before it began lies what it tells of, nanoseconds: where a failure comes once an hour, the last minutes hold none, and nobody could be named.
    pub fn looks_back_ns(&self) -> u64 {
        let short_ns = match self.labels.tier.as_str() {
            TRICKLE => MOST_LOOKED_BACK_NS,
            tier => tiers(DAY_NS).iter().find(|known| known.name == tier).map_or(HOUR_NS, |known| known.short_ns),
        };
        short_ns.min(MOST_LOOKED_BACK_NS)
    }

    /// It lasts.
    pub fn is_firing(&self) -> bool {
        self.resolved_ns.is_none()
    }

    /// The same, over since this moment at the latest.
    pub(super) fn ended(self, moment_ns: u64) -> Self {
        Self { resolved_ns: Some(self.resolved_ns.unwrap_or(moment_ns)), ..self }
    }

    /// It is over for so long that nothing follows from it any more.
    pub(super) fn is_forgotten(&self, moment_ns: u64) -> bool {
        self.resolved_ns.is_some_and(|resolved_ns| resolved_ns.saturating_add(REMEMBERED_NS) <= moment_ns)
    }
}
