//! `hops` as a table and as rows.

use super::figures::{NOTHING, count, ms, percent, share};
use super::output::{Look, lines};
use super::status::{latency, number, seen};
use crate::query::{Count, HopRow, HopsAnswer};
use std::collections::BTreeMap;
use std::fmt::Write;

const NUMBERS: [&str; 9] =
    ["failures", "share", "slow", "errors/calls", "retries", "resilience", "p95", "critical path", "lost value"];

/// For people.
pub(super) fn table(answer: &HopsAnswer, look: Look) -> String {
    only_table(answer, look) + "\n" + &below(answer)
}

/// Without what stands below it.
pub(super) fn only_table(answer: &HopsAnswer, look: Look) -> String {
    let valued = answer.hops.iter().any(|hop| hop.lost_value.is_some());
    let mut head = vec!["hop", "service", "failures", "share", "causes", "slow", "errors/calls", "retries", "resilience", "p95"];
    head.push("critical path");
    if valued {
        head.push("lost value");
    }
    let mut table = look.table(&head, &NUMBERS);
    for hop in &answer.hops {
        let mut row = row(hop);
        if valued {
            row.push(hop.lost_value.as_ref().map_or(NOTHING.into(), |lost| format!("{} {}", lost.amount, lost.currency)));
        }
        table.add_row(row);
    }
    lines(&table)
}

fn row(hop: &HopRow) -> Vec<String> {
    vec![
        hop.hop.clone(),
        if hop.external { format!("{} (external)", hop.service) } else { hop.service.clone() },
        count(hop.failures),
        share(hop.failure_share),
        causes(&hop.causes),
        count(hop.slow_blamed),
        format!("{}/{}", count(hop.errors), count(hop.calls)),
        count(hop.retries),
        percent(hop.resilience, 1),
        ms(hop.latency_ms.p95),
        format!("{} {:>6}", ms(hop.critical_path_ms.mean), share(hop.critical_path_ms.share)),
    ]
}

/// Most frequent first.
fn causes(causes: &BTreeMap<String, Count>) -> String {
    let mut list: Vec<_> = causes.iter().filter(|(_, failures)| failures.0 > 0.0).collect();
    list.sort_by(|(_, one), (_, other)| other.0.total_cmp(&one.0));
    let list: Vec<_> = list.into_iter().map(|(cause, failures)| format!("{cause} {}", count(*failures))).collect();
    if list.is_empty() { NOTHING.into() } else { list.join(", ") }
}

/// Where failures are that no hop has, and what there is to say about an empty table.
pub(super) fn below(answer: &HopsAnswer) -> String {
    let mut text = String::new();
    if answer.hops.is_empty() {
        text.push_str("no hop has been seen in this range; 'steelthread status' says what became of the spans\n");
    }
    let blamed: f64 = answer.hops.iter().map(|hop| hop.failures.0).sum();
    let (failed, caller, unknown) = (count(answer.failed), count(answer.buckets.caller), count(answer.buckets.unknown));
    let whose = answer.capability.as_deref().unwrap_or("all capabilities");
    let blamed = count(Count(blamed));
    let _ = writeln!(
        text,
        "{whose}: {failed} failed executions: {blamed} blamed on hops, {caller} on the caller, {unknown} on nobody that can be named"
    );
    let _ = writeln!(text, "from {} to {}", answer.range.from, answer.range.to);
    if answer.estimated {
        text.push_str("counts are estimates: spans were sampled before they came here, and are weighted\n");
    }
    text
}

/// One row a hop, with a head.
pub(super) fn rows(answer: &HopsAnswer) -> Vec<Vec<String>> {
    let head = "capability,hop,service,external,executions,calls,errors,failures,failure_share,causes,slow_blamed,absorbed,retries,\
        resilience,p50_ms,p90_ms,p95_ms,p99_ms,max_ms,critical_path_mean_ms,critical_path_p95_ms,critical_path_share,self_mean_ms,\
        self_p95_ms,edge_gap_mean_ms,edge_gap_p95_ms,missing,lost_value,currency,sampled_executions,\
        sampled_calls,sampled_failures";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    let capability = answer.capability.clone().unwrap_or_default();
    rows.extend(answer.hops.iter().map(|hop| csv_row(&capability, hop)));
    rows
}

fn csv_row(capability: &str, hop: &HopRow) -> Vec<String> {
    let lost = hop.lost_value.as_ref();
    let mut row = vec![capability.into(), hop.hop.clone(), hop.service.clone(), hop.external.to_string()];
    row.extend([hop.executions, hop.calls, hop.errors, hop.failures].map(|count| count.0.to_string()));
    row.push(number(hop.failure_share));
    row.push(pairs(&hop.causes));
    row.push(hop.slow_blamed.0.to_string());
    row.push(pairs(&hop.absorbed));
    row.push(hop.retries.0.to_string());
    row.push(number(hop.resilience));
    row.extend(latency(&hop.latency_ms));
    row.extend([hop.critical_path_ms.mean, hop.critical_path_ms.p95, hop.critical_path_ms.share].map(number));
    row.extend([hop.self_ms.mean, hop.self_ms.p95, hop.edge_gap_ms.mean, hop.edge_gap_ms.p95].map(number));
    row.push(hop.missing.0.to_string());
    row.push(lost.map_or(String::new(), |lost| lost.amount.clone()));
    row.push(lost.map_or(String::new(), |lost| lost.currency.clone()));
    row.extend(["executions", "calls", "failures"].map(|name| seen(hop.sampled.as_ref(), name)));
    row
}

/// `app_error=2;saturation=1`.
fn pairs(counts: &BTreeMap<String, Count>) -> String {
    let list: Vec<_> = counts.iter().map(|(name, count)| format!("{name}={}", count.0)).collect();
    list.join(";")
}
