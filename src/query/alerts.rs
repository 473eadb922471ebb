//! Which alerts last, and which ended of late (spec 5.2, 5.3).

use super::{API_VERSION, moment_text};
use crate::alert::{Burning, Notice, annotation};
use crate::model::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answer to `alerts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// [`API_VERSION`].
    #[serde(rename = "apiVersion", default = "super::answer::api_version")]
    pub api_version: String,
    /// The moment up to which executions are counted in it, RFC 3339; empty before the first look.
    pub until: String,
    /// Those that last first, then those that ended, the last one first.
    pub alerts: Vec<AlertLine>,
}

/// Who watches objectives.
pub trait Watching: std::fmt::Debug + Send + Sync {
    /// Which alerts last, and which ended of late.
    fn alerts(&self) -> Alerts;

    /// Burn rates of the objectives of a capability, by id and length of the window; empty if they are asked for as they were up to another moment than now.
    fn burns(&self, capability: Name, until_ns: Option<u64>) -> BTreeMap<String, BTreeMap<String, f64>>;
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertLine {
    /// What kind: `BudgetBurn`, `BudgetGone`, `NoData`, `RejectedSurge` or `IngestionLagging`.
    pub alertname: String,
    /// Id of the capability; empty for one about this server itself.
    pub capability: String,
    /// Id of the objective, of a hop's `hop/objective`; empty for an alert about none.
    pub objective: String,
    /// Lengths of the two windows, such as `1h/5m`, or `trickle`; empty for other alerts.
    pub tier: String,
    /// `page` or `ticket`.
    pub severity: String,
    /// As it was when the alert began; empty if nobody is named.
    pub owner: String,
    /// `firing` or `resolved`.
    pub state: String,
    /// When it began, RFC 3339.
    pub since: String,
    /// When it ended; `null` while it lasts.
    pub resolved: Option<String>,
    /// Burn rate in the long window; `null` without data, and for other alerts.
    pub burn_long: Option<f64>,
    /// In the short one.
    pub burn_short: Option<f64>,
    /// How its tier stands: `acceptable`, `increasing`, `critical` or `recovering`; `null` for other alerts.
    pub burn_state: Option<String>,
    /// One line.
    pub summary: String,
    /// All that is told with it.
    pub annotations: BTreeMap<String, String>,
}

impl Default for Alerts {
    /// Nothing was looked at yet.
    fn default() -> Self {
        Self { api_version: API_VERSION.into(), until: String::new(), alerts: Vec::new() }
    }
}

impl Alerts {
    /// These, as they were at this moment.
    pub fn of(mut alerts: Vec<AlertLine>, until_ns: u64) -> Self {
        // Texts of moments sort like the moments.
        alerts.sort_by(|one, other| {
            let open = |line: &AlertLine| line.resolved.is_some();
            open(one).cmp(&open(other)).then_with(|| other.resolved.cmp(&one.resolved)).then_with(|| one.since.cmp(&other.since))
        });
        Self { until: if until_ns == 0 { String::new() } else { moment_text(until_ns) }, alerts, ..Self::default() }
    }
}

impl AlertLine {
    /// What is told of an alert.
    pub fn of(notice: &Notice, burning: Option<Burning>) -> Self {
        let labels = notice.labels.clone();
        Self {
            alertname: labels.alertname,
            capability: labels.capability,
            objective: labels.objective,
            tier: labels.tier,
            severity: labels.severity.as_str().to_owned(),
            owner: labels.owner,
            state: if notice.is_firing() { "firing" } else { "resolved" }.to_owned(),
            since: moment_text(notice.starts_ns),
            resolved: notice.resolved_ns.map(moment_text),
            burn_long: burning.and_then(|burning| burning.long).filter(|rate| rate.is_finite()),
            burn_short: burning.and_then(|burning| burning.short).filter(|rate| rate.is_finite()),
            burn_state: burning.map(|burning| burning.state.as_str().to_owned()),
            summary: notice.annotation(annotation::SUMMARY).to_owned(),
            annotations: notice.annotations.clone(),
        }
    }
}
