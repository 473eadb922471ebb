//! The documents of `budget` and `gate`. Fields may be added, never renamed.

use super::answer::api_version;
use super::{Count, Range};
use serde::{Deserialize, Serialize};

/// Answer to `budget`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetAnswer {
    /// [`super::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// The moment at which all windows end, RFC 3339, UTC.
    pub at: String,
    /// By capability, those of it before those of its hops, in map order.
    pub budgets: Vec<ObjectiveBudget>,
    /// Whether any count is weighted.
    pub estimated: bool,
}

/// The budget of an objective as a sum that a person can follow: `allowed - used = left`. Counts are executions; of a hop they are calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveBudget {
    /// From the map.
    pub capability: String,
    /// Id of the hop whose objective it is; `null`: of the capability.
    pub hop: Option<String>,
    /// From the map.
    pub objective: String,
    /// `availability` or `latency`.
    pub kind: String,
    /// 0 to 1.
    pub target: f64,
    /// As the map has it, such as `28d` or `month`.
    pub window: String,
    /// What of the window is past.
    pub range: Range,
    /// How many were counted, maintenance left out.
    pub counted: Count,
    /// How many of them may break the objective.
    pub allowed: Count,
    /// How many did.
    pub used: Count,
    /// `allowed - used`; negative once it is gone.
    pub left: Count,
    /// What is left of what is allowed; `null` where nothing is allowed.
    pub left_share: Option<f64>,
    /// Something was used, and nothing is left.
    pub gone: bool,
    /// In how many seconds it is gone if it goes on as it did lately; `null` if it never is.
    pub gone_in_seconds: Option<u64>,
    /// When that is, RFC 3339, UTC.
    pub gone_at: Option<String>,
    /// How fast it went lately.
    pub lately: Lately,
    /// Who used it, most first; adds up to `used`. Empty where only the sum is known: of hops, and of latency.
    pub spent: Vec<Spender>,
    /// Maintenance that was left out; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Excluded>,
    /// What else must be known to read it; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How many broke an objective in the last day, or in what is past of a shorter window; maintenance left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct Lately {
    /// How many.
    pub used: Count,
    /// In how long.
    pub seconds: u64,
}

/// Who used a part of a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spender {
    /// Hop, or `(caller)` or `(unknown)`.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// How much.
    pub used: Count,
    /// Of all that was used, 0 to 1.
    pub share: f64,
}

/// What was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Excluded {
    /// As the map announces it, what lies in the window.
    pub maintenance: Vec<MaintenanceLine>,
    /// How many were counted in it.
    pub counted: Count,
    /// How many of them broke the objective.
    pub used: Count,
}

/// Announced work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in the map")]
pub struct MaintenanceLine {
    pub from: String,
    pub to: String,
    pub reason: String,
}

/// Whether to release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Go on.
    Allow,
    /// Only what is exempt.
    Freeze,
}

/// Answer to `gate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateAnswer {
    /// [`super::API_VERSION`].
    #[serde(rename = "apiVersion", default = "api_version")]
    pub api_version: String,
    /// Which capability.
    pub capability: String,
    /// The moment at which all windows end, RFC 3339, UTC.
    pub at: String,
    /// Whether to release.
    pub decision: Decision,
    /// Why, in a sentence.
    pub reason: String,
    /// What may be released all the same; empty if everything may.
    pub exemptions: Vec<String>,
    /// What the decision stands on.
    pub budgets: Vec<ObjectiveBudget>,
}
