//! What an alert says (spec 5.3): what is broken and how much, by whom, what it costs, how complete the data is, and where to look.
//!
//! Numbers, hops and links go to annotations, never to labels. A sentence that cannot be said is left out; nothing is made up.

use super::engine::Shown;
use super::state::Kind;
use super::{Notice, annotation};
use crate::catalogue::{Capability, ValueRule};
use crate::measure::{Window, units_to_count};
use crate::model::{HopId, Hops, Names, Outcome};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// Sample traces that are linked.
const SAMPLES: usize = 3;

/// What was counted of the capability while the alert lasted, and what is needed to say it in words.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The counts.
    pub window: &'a Window,
    /// Of which time, Unix nanoseconds.
    pub range: &'a Range<u64>,
    /// Names.
    pub names: &'a Names,
    /// Hops.
    pub hops: &'a Hops,
}

/// The hop that most failures are blamed on.
struct Guilty {
    hop: String,
    service: String,
    supplier: Option<String>,
    share: f64,
}

/// The alert as it is told. `base_url`: where this server is asked, without a slash at its end; empty if that is not known.
pub fn notice(shown: &Shown<'_>, facts: Option<Facts<'_>>, base_url: &str) -> Notice {
    let alert = shown.alert;
    let mut said = BTreeMap::new();
    let mut say = |name: &str, text: String| {
        if !text.is_empty() {
            said.insert(name.to_owned(), text);
        }
    };
    let guilty = facts.zip(shown.capability).and_then(|(facts, capability)| guilty(facts, capability));
    say(annotation::SUMMARY, summary(shown, facts, guilty.as_ref()));
    say(annotation::DESCRIPTION, description(shown, facts, guilty.as_ref()));
    if let Some(burning) = shown.burning {
        let told = |rate: Option<f64>| rate.map_or_else(String::new, |rate| format!("{rate:.1}"));
        say("burn_long", told(burning.long));
        say("burn_short", told(burning.short));
        say("burn_state", burning.state.as_str().to_owned());
    }
    if let Some(guilty) = &guilty {
        say("hop", guilty.hop.clone());
        say("hop_service", guilty.service.clone());
        say("hop_share", format!("{:.2}", guilty.share));
        say("hop_supplier", guilty.supplier.clone().unwrap_or_default());
    }
    if let Some((facts, rule)) = facts.zip(shown.capability.and_then(|capability| capability.value.as_ref())) {
        say("lost_per_minute", per_minute(facts, rule).unwrap_or_default());
    }
    if let Some(facts) = facts {
        say("completeness", completeness(facts.window));
    }
    if !base_url.is_empty() {
        links(shown, facts, base_url, &mut say);
    }
    let generator_url = if base_url.is_empty() { String::new() } else { format!("{base_url}/api/v1/alerts") };
    Notice {
        labels: alert.labels.clone(),
        annotations: said,
        starts_ns: alert.starts_ns,
        resolved_ns: alert.resolved_ns,
        generator_url,
    }
}

fn links(shown: &Shown<'_>, facts: Option<Facts<'_>>, base_url: &str, say: &mut impl FnMut(&str, String)) {
    let id = &shown.alert.labels.capability;
    if id.is_empty() {
        return;
    }
    say("capability_url", format!("{base_url}/api/v1/capabilities/{id}?last=1h"));
    say("explain_url", format!("{base_url}/api/v1/capabilities/{id}/explain?last=1h"));
    let mut traces: Vec<_> = facts.map_or_else(Vec::new, |facts| facts.window.samples().collect());
    traces.sort_unstable();
    for (at, trace) in traces.iter().take(SAMPLES).enumerate() {
        say(&format!("trace_{}_url", at + 1), format!("{base_url}/api/v1/traces/{trace}"));
    }
}

fn guilty(facts: Facts<'_>, capability: &Capability) -> Option<Guilty> {
    let failed = facts.window.outcome(Outcome::Failed).units;
    let of = |(id, figures): (&HopId, &crate::measure::HopFigures)| {
        let units = figures.trouble.as_ref()?.failed().units;
        let hop = facts.hops.get(*id);
        let is_hop = ![Hops::CALLER, Hops::UNKNOWN].contains(id) && units > 0;
        is_hop.then(|| (std::cmp::Reverse(units), facts.names.text(hop.hop), facts.names.text(hop.service)))
    };
    let (std::cmp::Reverse(units), hop, service) = facts.window.hops.iter().filter_map(of).min()?;
    let supplier = capability.hops.iter().find(|rule| rule.id == hop).and_then(|rule| rule.supplier.clone());
    Some(Guilty { hop: hop.to_owned(), service: service.to_owned(), supplier, share: units as f64 / failed.max(1) as f64 })
}

/// Loss a minute, such as `410.00 EUR`.
fn per_minute(facts: Facts<'_>, rule: &ValueRule) -> Option<String> {
    let seconds = (facts.range.end.saturating_sub(facts.range.start)) / 1_000_000_000;
    let lost = rule.lost(facts.window.outcome(Outcome::Failed).units)?;
    let each = lost.checked_mul(Decimal::from(60))?.checked_div(Decimal::from(seconds))?;
    (!each.is_zero()).then(|| format!("{} {}", rule.rounded(each), rule.currency))
}

fn completeness(window: &Window) -> String {
    let incomplete = window.outcome(Outcome::Incomplete).count();
    if window.late == 0 && window.orphans == 0 && incomplete == 0.0 {
        return "complete".to_owned();
    }
    format!(
        "{} spans came late, {} without their parent; the entry of {incomplete} executions never came",
        window.late, window.orphans
    )
}

fn percent(part: f64, all: f64) -> String {
    let share = 100.0 * part / all;
    if share >= 10.0 { format!("{share:.0} %") } else { format!("{share:.2} %") }
}

fn summary(shown: &Shown<'_>, facts: Option<Facts<'_>>, guilty: Option<&Guilty>) -> String {
    let labels = &shown.alert.labels;
    let id = &labels.capability;
    let mut text = match shown.alert.kind {
        Kind::BudgetBurn => burning(shown, facts),
        Kind::BudgetGone => format!("{id}: the error budget of {} is gone", labels.objective),
        Kind::NoData => format!("{id} has no executions, or hardly any, and it usually has"),
        Kind::RejectedSurge => format!("{id} rejects far more than usual"),
        Kind::IngestionLagging => "steelthread lags behind what arrives: other alerts come late".to_owned(),
    };
    if let Some(guilty) = guilty.filter(|_| shown.alert.kind == Kind::BudgetBurn && !is_about_time(shown)) {
        let supplier = guilty.supplier.as_ref().map_or_else(String::new, |supplier| format!(" (supplier {supplier})"));
        let _ = write!(text, ", {:.0} % of it at {}{supplier}", 100.0 * guilty.share, guilty.hop);
        let rule = shown.capability.and_then(|capability| capability.value.as_ref());
        if let Some(lost) = facts.zip(rule).and_then(|(facts, rule)| per_minute(facts, rule)) {
            let _ = write!(text, ", {lost}/min");
        }
    }
    text
}

/// Of a capability: its own objective is one of latency.
fn is_about_time(shown: &Shown<'_>) -> bool {
    let objectives = shown.capability.map_or(&[][..], |capability| &capability.objectives);
    let named = objectives.iter().find(|one| one.id == shown.alert.labels.objective);
    named.is_some_and(|one| matches!(one.kind, crate::catalogue::ObjectiveKind::Latency { .. }))
}

fn burning(shown: &Shown<'_>, facts: Option<Facts<'_>>) -> String {
    let (labels, id) = (&shown.alert.labels, &shown.alert.labels.capability);
    let Some(facts) = facts.filter(|_| !is_about_time(shown) && !labels.objective.contains('/')) else {
        return format!("{id}: the error budget of {} burns too fast", labels.objective);
    };
    let failed = units_to_count(facts.window.outcome(Outcome::Failed).units);
    let all = failed + units_to_count(facts.window.outcome(Outcome::Ok).units);
    if failed == 0.0 { format!("{id} was failing") } else { format!("{id} is failing {}", percent(failed, all)) }
}

fn description(shown: &Shown<'_>, facts: Option<Facts<'_>>, guilty: Option<&Guilty>) -> String {
    let labels = &shown.alert.labels;
    let mut lines = Vec::new();
    if let Some(capability) = shown.capability.filter(|capability| capability.title != capability.id) {
        lines.push(format!("capability: {} ({})", capability.title, capability.id));
    }
    if let Some(burning) = shown.burning {
        let told = |rate: Option<f64>| rate.map_or_else(|| "nothing seen".to_owned(), |rate| format!("{rate:.1}"));
        let (long, short) = (told(burning.long), told(burning.short));
        lines.push(format!(
            "{}: burn rates of {}: {long} and {short}, {}",
            labels.objective,
            labels.tier,
            burning.state.as_str()
        ));
    }
    if let Some(guilty) = guilty {
        lines.push(format!("most failures at {} of {}: {:.0} %", guilty.hop, guilty.service, 100.0 * guilty.share));
    }
    if let Some(facts) = facts {
        lines.push(format!("data: {}", completeness(facts.window)));
    }
    lines.join("\n")
}
