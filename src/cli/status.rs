//! `status` as a table and as rows.

use super::figures::{NOTHING, count, digits_of, ms, percent, share};
use super::output::{Look, lines};
use super::words;
use crate::model::Fate;
use crate::query::{CapabilityStatus, Completeness, Count, LatencyMs, State, Status, WorstHop};
use comfy_table::Color;
use std::collections::BTreeMap;
use std::fmt::Write;

const NUMBERS: [&str; 11] =
    ["executions", "ok", "failed", "rejected", "abandoned", "incomplete", "success", "slow", "p50", "p95", "lost value"];

/// For people.
pub(super) fn table(status: &Status, look: Look) -> String {
    let valued = status.capabilities.iter().any(|one| one.lost_value.is_some());
    let mut head = vec!["capability", "state"];
    head.extend_from_slice(&NUMBERS[..10]);
    head.push("worst hop");
    if valued {
        head.push(NUMBERS[10]);
    }
    let mut table = look.table(&head, &NUMBERS);
    for one in &status.capabilities {
        let mut row: Vec<_> = row(one).into_iter().map(|text| look.cell(text, None)).collect();
        row.insert(1, look.cell(words::state(one.state), Some(color(one.state))));
        if valued {
            row.push(look.cell(lost(one), None));
        }
        table.add_row(row);
    }
    lines(&table) + &below(status)
}

fn row(one: &CapabilityStatus) -> Vec<String> {
    let counts = [one.executions, one.ok, one.failed, one.rejected, one.abandoned, one.incomplete];
    let mut row = vec![one.id.clone()];
    row.extend(counts.into_iter().map(count));
    row.push(percent(one.success_rate, success_digits(one)));
    row.push(count(one.slow));
    row.push(ms(one.latency_ms.p50));
    row.push(ms(one.latency_ms.p95));
    row.push(worst(one.worst_hop.as_ref()));
    row
}

/// As many as the goal has.
fn success_digits(one: &CapabilityStatus) -> usize {
    let goals = one.objectives.iter().filter(|objective| objective.kind == "availability");
    goals.map(|goal| digits_of(goal.target)).max().unwrap_or(1)
}

/// The worst hop with its service and its share.
pub(super) fn worst(worst: Option<&WorstHop>) -> String {
    let Some(worst) = worst else { return NOTHING.into() };
    let service = if worst.service == worst.hop { String::new() } else { format!(" ({})", worst.service) };
    format!("{}{service} {}", worst.hop, share(Some(worst.share)))
}

fn lost(one: &CapabilityStatus) -> String {
    one.lost_value.as_ref().map_or(NOTHING.into(), |lost| format!("{} {}", lost.amount, lost.currency))
}

fn color(state: State) -> Color {
    match state {
        State::Ok => Color::Green,
        State::Degraded => Color::Yellow,
        State::Failing => Color::Red,
        State::NoData | State::TooFew => Color::DarkGrey,
    }
}

/// Missed goals, what the figures are about, and what became of the spans.
fn below(status: &Status) -> String {
    let mut text = String::new();
    for one in &status.capabilities {
        // That no span came at all is said once, with the spans.
        if let Some(why) = one.why_empty.as_ref().filter(|_| status.spans.received > 0) {
            let _ = writeln!(text, "{}: {why}", one.id);
        }
    }
    for one in &status.capabilities {
        for goal in &one.objectives {
            let Some(actual) = goal.actual.filter(|actual| *actual < goal.target) else { continue };
            let digits = digits_of(goal.target);
            let told = (percent(Some(actual), digits), percent(Some(goal.target), digits));
            let _ = writeln!(text, "{} misses its objective '{}': {} of {}", one.id, goal.id, told.0, told.1);
        }
    }
    // Among many it would bury the rest.
    if let [one] = &status.capabilities[..] {
        text.push_str(&wanting(&one.completeness));
    }
    let _ = writeln!(text, "\nfrom {} to {}", status.range.from, status.range.to);
    text.push_str(&spans(status));
    for (name, spans) in &status.unknown_capabilities {
        let spans = if *spans == 1 { "1 span names".into() } else { format!("{spans} spans name") };
        let _ = writeln!(text, "{spans} the capability '{name}', which is not in the map");
    }
    if status.estimated {
        text.push_str("counts are estimates: spans were sampled before they came here, and are weighted\n");
        status.capabilities.iter().for_each(|one| text.push_str(&sampled(one)));
    }
    text
}

/// What of the spans did not come, or not in time; nothing if everything did.
fn wanting(it: &Completeness) -> String {
    if it.is_whole() {
        return String::new();
    }
    let told = [
        (it.late > 0).then(|| format!("{} late", plural(it.late as f64, "span"))),
        (it.orphan > 0).then(|| format!("{} whose parent never came", plural(it.orphan as f64, "span"))),
        (it.incomplete.0 > 0.0).then(|| format!("{} without entry span", plural(it.incomplete.0, "execution"))),
        (it.corrected.0 > 0.0).then(|| format!("{} corrected by late spans", plural(it.corrected.0, "culprit"))),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    format!("not complete: {}\n", told.join(", "))
}

fn plural(number: f64, what: &str) -> String {
    format!("{} {what}{}", count(Count(number)), if number == 1.0 { "" } else { "s" })
}

/// What an estimate stands on, and how far it goes.
fn sampled(one: &CapabilityStatus) -> String {
    let (Some(seen), Some(intervals)) = (&one.sampled, &one.intervals) else { return String::new() };
    let range = |name: &str| {
        let it = intervals.get(name).copied().unwrap_or_default();
        format!("{} to {}", count(it.low), it.high.map_or("any number".into(), count))
    };
    let of = |name: &str| seen.get(name).copied().unwrap_or(0);
    format!(
        "  {}: {} executions seen, which stand for {}; {} failures seen, which stand for {}\n",
        one.id,
        of("executions"),
        range("executions"),
        of("failed"),
        range("failed")
    )
}

/// One line a fate, and a hint where nothing came of all of it.
fn spans(status: &Status) -> String {
    let received = status.spans.received;
    if received == 0 {
        return "no span has been received; point an OpenTelemetry collector or SDK at the OTLP address of the server \
            (127.0.0.1:4317 unless told otherwise)\n"
            .into();
    }
    let spans_of = |fate: Fate| status.spans.fates.get(fate.as_str()).copied().unwrap_or(0);
    let mut text = format!("{received} spans received\n");
    let width = received.to_string().len();
    for (fate, spans) in Fate::ALL.map(|fate| (fate, spans_of(fate))).into_iter().filter(|(_, spans)| *spans > 0) {
        let _ = writeln!(text, "  {spans:>width$} {}", words::fate(fate));
    }
    if status.capabilities.iter().any(|one| one.executions.0 > 0.0) {
        return text;
    }
    text.push_str(if spans_of(Fate::Measured) > 0 {
        "no execution in this range; ask about another one\n"
    } else if spans_of(Fate::Unmatched) > 0 {
        "no execution yet: no trace that is complete has an entry; compare the entry rules of the map with the spans that are sent\n"
    } else if spans_of(Fate::InFlight) > 0 {
        "no execution yet: a trace is judged some seconds after its last span; ask again soon\n"
    } else {
        "no execution yet\n"
    });
    text
}

/// One row a capability, with a head.
pub(super) fn rows(status: &Status) -> Vec<Vec<String>> {
    let head = "capability,title,owner,state,executions,ok,failed,rejected,abandoned,incomplete,slow,success_rate,success_rate_low,\
        success_rate_high,p50_ms,p90_ms,p95_ms,p99_ms,max_ms,masked_retry,suppressed,async_error,worst_hop,worst_hop_service,\
        worst_hop_failures,worst_hop_share,lost_value,currency,sampled_executions,sampled_failed";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    rows.extend(status.capabilities.iter().map(csv_row));
    rows
}

fn csv_row(one: &CapabilityStatus) -> Vec<String> {
    let absorbed = |kind: &str| one.absorbed.get(kind).map_or(0.0, |count| count.0).to_string();
    let worst = one.worst_hop.as_ref();
    let lost = one.lost_value.as_ref();
    let mut row =
        vec![one.id.clone(), one.title.clone(), one.owner.clone().unwrap_or_default(), words::state_word(one.state).into()];
    let counts = [one.executions, one.ok, one.failed, one.rejected, one.abandoned, one.incomplete, one.slow];
    row.extend(counts.iter().map(|count| count.0.to_string()));
    row.extend([one.success_rate, one.success_rate_low, one.success_rate_high].map(number));
    row.extend(latency(&one.latency_ms));
    row.extend(["masked_retry", "suppressed", "async_error"].map(absorbed));
    row.push(worst.map_or(String::new(), |worst| worst.hop.clone()));
    row.push(worst.map_or(String::new(), |worst| worst.service.clone()));
    row.push(number(worst.map(|worst| worst.failures.0)));
    row.push(number(worst.map(|worst| worst.share)));
    row.push(lost.map_or(String::new(), |lost| lost.amount.clone()));
    row.push(lost.map_or(String::new(), |lost| lost.currency.clone()));
    row.extend(["executions", "failed"].map(|name| seen(one.sampled.as_ref(), name)));
    row
}

/// An unweighted count; empty where counts are not weighted.
pub(super) fn seen(sampled: Option<&BTreeMap<String, u64>>, name: &str) -> String {
    sampled.and_then(|counts| counts.get(name)).map_or(String::new(), u64::to_string)
}

/// Percentiles in the order of the heads: 50, 90, 95, 99, largest.
pub(super) fn latency(it: &LatencyMs) -> [String; 5] {
    [it.p50, it.p90, it.p95, it.p99, it.max].map(number)
}

/// Empty where there is none.
pub(super) fn number(number: Option<f64>) -> String {
    number.map_or(String::new(), |number| number.to_string())
}
