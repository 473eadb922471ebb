//! Rules for Prometheus: burn rates of objectives over several windows (spec 5.2), on what `/metrics` tells.
//!
//! Whoever has Prometheus and Alertmanager can be alerted by them, in the same tiers and with the same labels as by the server, without
//! who is to blame. Recorded is what all objectives share, so that 10,000 of them need not 10,000 rules of each window; an alert is a
//! rule of its own for each objective and tier, because its factor follows from the period and the target. An alert also wants the lower
//! Wilson bound of the error rate over the limit and [`MIN_FAILURES`] failures: one failure in ten requests at night wakes nobody.

use super::Carried;
use super::text::scalar;
use crate::catalogue::document::{Findings, Promise, items, promises, quote, tree, under};
use crate::catalogue::{Capability, Catalogue};
use crate::objective::{MIN_FAILURES, Period, Tier, never_fires, tiers};
use std::fmt::Write as _;

/// Windows of the tiers, as they are in queries.
const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// Those of them that are long ones.
const LONG: [&str; 4] = ["1h", "6h", "1d", "3d"];

/// Standard deviations of a 95 % interval, squared.
const Z_SQUARED: &str = "3.8416";

const HEAD: &str = "\
# Burn rates of objectives, and alerts on them. Counts are those of /metrics; where spans are sampled they are weighted, and a
# bound of an error rate is narrower than it should be. The higher tier of a capability is to silence the lower ones; say so to
# Alertmanager, in this order:
#   inhibit_rules:
#     - {source_matchers: ['alertname=\"BudgetBurn\"', 'tier=\"1h/5m\"'], target_matchers: ['tier=~\"6h/30m|1d/2h|3d/6h\"'], equal: [capability]}
#     - {source_matchers: ['alertname=\"BudgetBurn\"', 'tier=\"6h/30m\"'], target_matchers: ['tier=~\"1d/2h|3d/6h\"'], equal: [capability]}
#     - {source_matchers: ['alertname=\"BudgetBurn\"', 'tier=\"1d/2h\"'], target_matchers: ['tier=\"3d/6h\"'], equal: [capability]}
groups:
";

/// Rules for the objectives of a map, and what of the map they do not watch. `file` is the name that places are told under.
pub fn export(file: &str, map: &Catalogue) -> Carried {
    let mut lost = Findings::new(file);
    let root = tree(file, map);
    let nodes = items(root.as_ref().and_then(|root| under(root, "capabilities")));
    let mut text = String::from(HEAD);
    text += &recorded();
    for (at, one) in map.capabilities().iter().enumerate() {
        let alerts: String = promises(one, nodes.get(at)).into_iter().map(|promise| of_objective(promise, &mut lost)).collect();
        if !alerts.is_empty() {
            let _ = write!(text, "  - name: steelthread-burn-{}\n    rules:\n{alerts}", one.id);
        }
    }
    if let Some(node) = root.as_ref().and_then(|root| under(root, "maintenance")) {
        lost.add(node.place, "`maintenance` is not carried over", "write a silence or a time interval into Alertmanager");
    }
    Carried { text, lost: lost.into_problems().0 }
}

/// What all alerts look at, by capability and objective.
fn recorded() -> String {
    let mut text = String::from("  - name: steelthread-objectives\n    rules:\n");
    let mut record = |name: String, expression: String| {
        let _ = write!(text, "      - record: {name}\n        expr: {}\n", scalar(&expression));
    };
    let increase = |window: &str, result: &str| {
        format!("sum by (capability, objective) (increase(steelthread_objective_executions_total{result}[{window}]))")
    };
    for window in WINDOWS {
        record(format!("steelthread:objective_bad:increase{window}"), increase(window, "{result=\"bad\"}"));
        record(format!("steelthread:objective_all:increase{window}"), increase(window, ""));
        let (bad, all) =
            (format!("steelthread:objective_bad:increase{window}"), format!("steelthread:objective_all:increase{window}"));
        record(format!("steelthread:objective_errors:ratio{window}"), format!("{bad} / ({all} > 0)"));
    }
    for window in LONG {
        let (p, n) =
            (format!("steelthread:objective_errors:ratio{window}"), format!("steelthread:objective_all:increase{window}"));
        let half = format!("{Z_SQUARED} / (2 * {n})");
        let spread = format!("sqrt({Z_SQUARED} * ({p} * (1 - {p}) / {n} + {Z_SQUARED} / (4 * {n} * {n})))");
        let low = format!("clamp_min(({p} + {half} - {spread}) / (1 + {Z_SQUARED} / {n}), 0)");
        record(format!("steelthread:objective_errors:surely{window}"), low);
    }
    text
}

fn of_objective(promise: Promise<'_>, lost: &mut Findings) -> String {
    let Promise { capability, hop, objective, place } = promise;
    let told = format!("the objective {} is not carried over", quote(&objective.id));
    if hop.is_some() {
        lost.add(place, told, "calls of a hop are not in /metrics");
        return String::new();
    }
    let mut text = String::new();
    for tier in tiers(Period::of(objective).length_ns()) {
        if never_fires(tier.factor, objective.target) {
            let wrong = format!("the tier {} of the objective {} has no rule", tier.name, quote(&objective.id));
            lost.add(place, wrong, "its burn rate cannot be reached, even if everything fails");
            continue;
        }
        text += &alert(capability, &objective.id, &tier, objective.target);
    }
    text
}

fn alert(capability: &Capability, objective: &str, tier: &Tier, target: f64) -> String {
    let (long, short) = tier.name.split_once('/').unwrap_or((tier.name, tier.name));
    // Without the noise that 1 - 0.999 leaves at the end of a binary fraction.
    let limit = (tier.factor * (1.0 - target) * 1e12).round() / 1e12;
    // Where nothing may fail the limit is 0, which is met by nothing failing.
    let reaches = if limit > 0.0 { ">=" } else { ">" };
    let of = format!("{{capability=\"{}\",objective=\"{objective}\"}}", capability.id);
    let expression = format!(
        "steelthread:objective_errors:ratio{long}{of} {reaches} {limit} and steelthread:objective_errors:ratio{short}{of} {reaches} {limit} \
         and steelthread:objective_errors:surely{long}{of} > {limit} and steelthread:objective_bad:increase{long}{of} > {}",
        // An increase is drawn out to the ends of its window, and no whole number.
        MIN_FAILURES as f64 - 0.5
    );
    let owner = capability.owner.iter().map(|owner| format!("          owner: {}\n", scalar(&plain(owner))));
    let owner: String = owner.collect();
    let summary = format!(
        "{}: {{{{ $value | humanizePercentage }}}} of the executions of the last {long} break the objective {objective}",
        plain(&capability.title)
    );
    format!(
        "      - alert: BudgetBurn\n        expr: {}\n        labels:\n          capability: {}\n          objective: {}\n          tier: {}\n          severity: {}\n{owner}        annotations:\n          summary: {}\n",
        scalar(&expression),
        scalar(&capability.id),
        scalar(objective),
        scalar(tier.name),
        tier.severity.as_str(),
        scalar(&summary),
    )
}

/// Prometheus reads labels and annotations as templates: what stands between two braces would be one.
fn plain(text: &str) -> String {
    text.replace("{{", "{ {")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn exported(capabilities: &str) -> Carried {
        let text = format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n{capabilities}");
        export("map.yaml", &crate::catalogue::parse("map.yaml", &text).unwrap())
    }

    #[test]
    fn each_tier_of_an_objective_is_an_alert_with_the_labels_that_the_server_gives() {
        let told =
            exported("- {id: pay, title: Pay, owner: team-pay, objectives: [{id: available, target: 99.9%, window: 30d}]}\n");
        assert!(told.lost.is_empty(), "{:?}", told.lost);
        let first = told.text.split("      - alert: ").nth(1).unwrap();
        let expected = r#"BudgetBurn
        expr: "steelthread:objective_errors:ratio1h{capability=\"pay\",objective=\"available\"} >= 0.0144 and steelthread:objective_errors:ratio5m{capability=\"pay\",objective=\"available\"} >= 0.0144 and steelthread:objective_errors:surely1h{capability=\"pay\",objective=\"available\"} > 0.0144 and steelthread:objective_bad:increase1h{capability=\"pay\",objective=\"available\"} > 2.5"
        labels:
          capability: pay
          objective: available
          tier: "1h/5m"
          severity: page
          owner: team-pay
        annotations:
          summary: "Pay: {{ $value | humanizePercentage }} of the executions of the last 1h break the objective available"
"#;
        assert_eq!(first, expected);
        let limits: Vec<&str> = told.text.split("surely").skip(5).map(|rest| rest.split(" > ").nth(1).unwrap()).collect();
        let limits: Vec<&str> = limits.iter().map(|rest| rest.split(' ').next().unwrap()).collect();
        assert_eq!(limits, ["0.0144", "0.006", "0.003", "0.001"]);
    }

    #[test]
    fn what_no_rule_watches_is_told_with_its_line() {
        let told = exported(
            "- {id: pay, hops: [{id: bank, match: {service: bank}, objectives: [{id: up, target: 99%}]}],\n   objectives: [{id: lax, target: 93%}, {id: all, target: 100%}]}\n\
             maintenance: [{from: 2026-10-03T22:00:00Z, to: 2026-10-04T02:00:00Z, reason: a}]\n",
        );
        assert_eq!(
            told.lost,
            [
                "map.yaml:4:68: the objective `up` is not carried over; calls of a hop are not in /metrics",
                "map.yaml:5:17: the tier 1h/5m of the objective `lax` has no rule; its burn rate cannot be reached, even if everything fails",
                "map.yaml:6:14: `maintenance` is not carried over; write a silence or a time interval into Alertmanager",
            ]
        );
        assert_eq!(told.text.matches("- alert: ").count(), 3 + 4);
        assert!(told.text.contains(r#"ratio5m{capability=\"pay\",objective=\"all\"} > 0 and"#), "{}", told.text);
    }

    #[test]
    fn a_title_is_no_template() {
        let told = exported("- {id: pay, title: 'a {{ b', objectives: [{id: up, target: 99%}]}\n");
        assert!(told.text.contains("summary: \"a { { b: {{ $value"), "{}", told.text);
    }
}
