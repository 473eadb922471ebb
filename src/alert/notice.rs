//! An alert as it is told to others.
//!
//! Whoever receives alerts tells them apart by their labels: Alertmanager by all of them, PagerDuty by a key made of two. A label that
//! changes in the middle of an incident makes a second alert out of the first, and wakes somebody a second time. So labels are a fixed set
//! of what cannot change while an alert lasts, and everything else (burn rates, the guilty hop and its share, money, links) is an
//! annotation. The road not taken: a map of labels, as the receivers have it; sooner or later somebody puts the hop into it.
//!
//! Whoever makes notices may make the same one again and again, with fresh annotations: delivery keeps the last one of each identity.

use crate::objective::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an alert is known by: two notices with the same labels and the same start are about one alert. An empty text is a label that is
/// not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Labels {
    /// What kind of alert, such as `BudgetBurn`; never empty.
    pub alertname: String,
    /// The id of the capability; empty for an alert about this server itself.
    #[serde(default)]
    pub capability: String,
    /// The id of the objective; empty for an alert about no objective.
    #[serde(default)]
    pub objective: String,
    /// The tier of burn, such as `1h/5m`; empty for other alerts.
    #[serde(default)]
    pub tier: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Who owns the capability, as it was when the alert began; empty if nobody is named.
    #[serde(default)]
    pub owner: String,
}

impl Labels {
    /// Name and value of those that are there, sorted by name.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("alertname", self.alertname.as_str()),
            ("capability", &self.capability),
            ("objective", &self.objective),
            ("owner", &self.owner),
            ("severity", self.severity.as_str()),
            ("tier", &self.tier),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty())
    }

    /// The number that Alertmanager gives to a set of labels (FNV-1a over the sorted pairs, each text followed by a byte of ones), so that an
    /// alert can be found there. Not for telling alerts apart here: two sets may have one number.
    pub fn fingerprint(&self) -> u64 {
        const START: u64 = 14_695_981_039_346_656_037;
        let text = |hash, text: &str| text.bytes().chain([0xff]).fold(hash, hashed);
        self.pairs().fold(START, |hash, (name, value)| text(text(hash, name), value))
    }
}

fn hashed(hash: u64, byte: u8) -> u64 {
    const PRIME: u64 = 1_099_511_628_211;
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

/// Names of annotations that receivers treat in their own way; all others are shown as they are.
///
/// An annotation whose name ends with [`LINK`](annotation::LINK) is a link.
pub mod annotation {
    /// One line: what is broken, and by whom. PagerDuty shows 1,024 characters of it.
    pub const SUMMARY: &str = "summary";
    /// Some lines with the rest.
    pub const DESCRIPTION: &str = "description";
    /// The end of the names of links, such as `page_url`, `trace_1_url`.
    pub const LINK: &str = "_url";
}

/// An alert, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is known by.
    pub labels: Labels,
    /// What is said about it; may change while it lasts. Names are letters, digits and `_`, no digit first.
    pub annotations: BTreeMap<String, String>,
    /// When it began, Unix nanoseconds: the same until it is resolved, also over a restart.
    pub starts_ns: u64,
    /// When it ended, Unix nanoseconds; `None` while it lasts.
    pub resolved_ns: Option<u64>,
    /// Where a reader finds more; empty where this server's address is not known.
    pub generator_url: String,
}

impl Notice {
    /// It lasts.
    pub fn is_firing(&self) -> bool {
        self.resolved_ns.is_none()
    }

    /// The annotation of this name; empty if there is none.
    pub fn annotation(&self, name: &str) -> &str {
        self.annotations.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(tier: &str) -> Labels {
        Labels {
            alertname: "BudgetBurn".into(),
            capability: "checkout".into(),
            objective: "availability".into(),
            tier: tier.into(),
            severity: Severity::Page,
            owner: String::new(),
        }
    }

    #[test]
    fn labels_are_sorted_by_name_and_empty_ones_are_not_there() {
        let names = |labels: &Labels| labels.pairs().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&labels("1h/5m")), ["alertname", "capability", "objective", "severity", "tier"]);
        assert_eq!(names(&labels("")), ["alertname", "capability", "objective", "severity"]);
    }

    #[test]
    fn labels_that_differ_have_different_fingerprints_also_where_their_letters_only_move() {
        let one = Labels { capability: "a".into(), objective: "bc".into(), ..labels("") };
        let other = Labels { capability: "ab".into(), objective: "c".into(), ..labels("") };
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_eq!(one.fingerprint(), one.clone().fingerprint());
    }
}
