//! What an alert says (spec 5.3): what is broken and how much, by whom, what it costs, how complete the data is, and where to look.
//!
//! Numbers, hops and links go to annotations, never to labels. A sentence that cannot be said is left out; nothing is made up.

use super::engine::Shown;
use super::guilty::{About, Guilty, guilty};
use super::state::Kind;
use super::{Notice, annotation};
use crate::catalogue::{ObjectiveKind, ValueRule};
use crate::measure::{Window, units_to_count};
use crate::model::{Hops, Names, Outcome};
use crate::objective::{Counts, Indicator};
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

/// Whether a hop is to blame for it by these facts.
pub fn blames(shown: &Shown<'_>, facts: Facts<'_>) -> bool {
    let capability = shown.capability.map(AsRef::as_ref);
    let about = About::of(shown.alert, capability);
    capability.is_some_and(|capability| about == About::Nothing || guilty(about, facts, capability).is_some())
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
    let about = About::of(alert, shown.capability.map(AsRef::as_ref));
    let guilty = facts.zip(shown.capability).and_then(|(facts, capability)| guilty(about, facts, capability));
    say(annotation::SUMMARY, summary(shown, about, facts, guilty.as_ref()));
    say(annotation::DESCRIPTION, description(shown, about, facts, guilty.as_ref()));
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
        say("hop_cause", guilty.cause.unwrap_or_default().to_owned());
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

fn summary(shown: &Shown<'_>, about: About<'_>, facts: Option<Facts<'_>>, guilty: Option<&Guilty>) -> String {
    let labels = &shown.alert.labels;
    let id = &labels.capability;
    match shown.alert.kind {
        Kind::BudgetBurn => burning(shown, about, facts) + &blamed(shown, about, facts, guilty),
        Kind::BudgetGone => format!("{id}: the error budget of {} is gone", labels.objective),
        Kind::NoData if id.is_empty() => "nothing comes in: no capability has executions, and they usually have".to_owned(),
        Kind::NoData => format!("{id} has no executions, or hardly any, and it usually has"),
        Kind::RejectedSurge => format!("{id} rejects far more than usual"),
        Kind::IngestionLagging => "steelthread lags behind what arrives: other alerts come late".to_owned(),
    }
}

/// Who is to blame, and what it costs: the end of the line.
fn blamed(shown: &Shown<'_>, about: About<'_>, facts: Option<Facts<'_>>, guilty: Option<&Guilty>) -> String {
    let Some(guilty) = guilty else { return String::new() };
    let supplier = guilty.supplier.as_ref().map_or_else(String::new, |supplier| format!(" (supplier {supplier})"));
    let mut text = match about {
        About::Hop(hop) if hop == guilty.hop => return supplier,
        About::Hop(_) => return format!(", most because of {}{supplier}", guilty.hop),
        _ => format!(", {:.0} % of it at {}{supplier}", 100.0 * guilty.share, guilty.hop),
    };
    // Slow ones were served: what they cost is another question.
    let rule = shown.capability.and_then(|capability| capability.value.as_ref()).filter(|_| about == About::Failures);
    if let Some(lost) = facts.zip(rule).and_then(|(facts, rule)| per_minute(facts, rule)) {
        let _ = write!(text, ", {lost}/min");
    }
    text
}

/// What goes wrong, and how much of it.
fn burning(shown: &Shown<'_>, about: About<'_>, facts: Option<Facts<'_>>) -> String {
    let (labels, id) = (&shown.alert.labels, &shown.alert.labels.capability);
    let unknown = || format!("{id}: the error budget of {} burns too fast", labels.objective);
    let Some(facts) = facts else { return unknown() };
    let Counts { good, bad } = counted(about, facts);
    let (bad, all) = (units_to_count(bad.units), units_to_count(good.units.saturating_add(bad.units)));
    match about {
        About::Failures if bad == 0.0 => format!("{id} was failing"),
        About::Failures => format!("{id} is failing {}", percent(bad, all)),
        About::Time(under_ns) if bad > 0.0 => format!("{id}: {} take longer than {}", percent(bad, all), length(under_ns)),
        About::Hop(hop) if bad > 0.0 => format!("{id}: {} of the calls of {hop} fail", percent(bad, all)),
        _ => unknown(),
    }
}

fn counted(about: About<'_>, facts: Facts<'_>) -> Counts {
    let indicator = match about {
        About::Failures => Indicator::Capability(ObjectiveKind::Availability),
        About::Time(under_ns) => Indicator::Capability(ObjectiveKind::Latency { under_ns }),
        About::Hop(hop) => match facts.names.find(hop.as_bytes()) {
            Some(hop) => Indicator::HopCalls { hop },
            None => return Counts::default(),
        },
        About::Nothing => return Counts::default(),
    };
    indicator.counts(facts.window, facts.hops)
}

/// A limit, such as `800 ms` or `1.5 s`.
fn length(ns: u64) -> String {
    if ns < 1_000_000_000 { format!("{} ms", ns as f64 / 1e6) } else { format!("{} s", ns as f64 / 1e9) }
}

fn description(shown: &Shown<'_>, about: About<'_>, facts: Option<Facts<'_>>, guilty: Option<&Guilty>) -> String {
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
        let what = match about {
            About::Time(_) => "slow executions",
            About::Hop(_) => "errors of calls",
            _ => "failures",
        };
        let cause = guilty.cause.map_or_else(String::new, |cause| format!(", {cause}"));
        lines.push(format!("most {what} at {} of {}: {:.0} %{cause}", guilty.hop, guilty.service, 100.0 * guilty.share));
    }
    if let Some(facts) = facts {
        lines.push(format!("data: {}", completeness(facts.window)));
    }
    lines.join("\n")
}
