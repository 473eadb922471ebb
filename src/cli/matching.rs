//! `matching` in tables and sentences, and as rows.

use super::figures::count;
use super::output::{Look, lines};
use super::status::seen;
use crate::query::{ArrivingSpans, CapabilityMatching, EntryMatching, FailedTest, Matching};
use std::fmt::Write;

/// Rows of a table that people look at; the document has more.
const SHOWN: usize = 20;

/// For people: what they ask about first, then what there is.
pub(super) fn text(answer: &Matching, look: Look) -> String {
    let mut text = answer.capabilities.iter().map(capability).collect::<Vec<_>>().join("\n");
    if answer.capabilities_more > 0 {
        let _ = writeln!(text, "\n{} more capabilities; ask about each: steelthread matching CAP", answer.capabilities_more);
    }
    for (name, spans) in &answer.unknown_capabilities {
        let _ = writeln!(text, "\n{spans} spans name the capability '{name}', which is not in the map");
    }
    text.push_str(&unmatched(answer, look));
    text.push('\n');
    text.push_str(&arriving(answer, look));
    text
}

fn arriving(answer: &Matching, look: Look) -> String {
    if answer.arriving.is_empty() {
        return format!("nothing has been taken yet: {} spans received\n", answer.spans.received);
    }
    let mut table = look.table(&["arriving", "kind", "name", "spans", "roots", "entry of", "last seen"], &["spans", "roots"]);
    for one in answer.arriving.iter().take(SHOWN) {
        table.add_row(arriving_row(one).map(|text| look.cell(text, None)));
    }
    let more = answer.arriving.len().saturating_sub(SHOWN) as u64 + answer.arriving_more;
    let more = if more > 0 { format!("and {more} more (-o json shows the first fifty)\n") } else { String::new() };
    lines(&table) + &more
}

fn arriving_row(one: &ArrivingSpans) -> [String; 7] {
    let entry_of = if one.entry_of.is_empty() { "-".into() } else { one.entry_of.join(", ") };
    let numbers = (one.spans.to_string(), one.roots.to_string());
    [one.service.clone(), one.kind.clone(), one.name.clone(), numbers.0, numbers.1, entry_of, one.last_seen.clone()]
}

fn capability(one: &CapabilityMatching) -> String {
    let mut text = format!("{}: {} executions", one.id, count(one.executions));
    if let Some(seen) = one.sampled.as_ref().and_then(|sampled| sampled.get("executions")) {
        let _ = write!(text, " (an estimate: {seen} were seen, and are weighted)");
    }
    if let Some(last) = &one.last_matched {
        let _ = write!(text, ", a span last matched at {last}");
    }
    text.push('\n');
    if let Some(why) = &one.why {
        let _ = writeln!(text, "  {why}");
    }
    if one.tagged > 0 {
        let _ = writeln!(text, "  {} spans named it by steelthread.capability", one.tagged);
    }
    one.entries.iter().for_each(|entry| text.push_str(&rule(entry)));
    text
}

fn rule(entry: &EntryMatching) -> String {
    let mut text = format!("  thread {} (line {} of the map): {}\n", entry.thread, entry.line, entry.rule);
    let _ = writeln!(text, "    {} spans matched", entry.matched);
    for near in &entry.nearly {
        let _ = writeln!(text, "    nearly: {} spans with {}, such as trace {}", near.spans, near.what, near.example_trace_id);
        near.fails.iter().for_each(|test| text.push_str(&failed(test, 6)));
    }
    text
}

/// A test that fails, as a line.
pub(super) fn failed(test: &FailedTest, indent: usize) -> String {
    let found = test.found.as_deref().unwrap_or("something else or nothing (its values are not kept)");
    format!("{:indent$}fails: {} is {found}, and the rule wants {}\n", "", test.key, test.wanted)
}

fn unmatched(answer: &Matching, look: Look) -> String {
    let it = &answer.unmatched;
    if it.traces == 0 {
        return String::new();
    }
    let mut table = look.table(&["began with", "kind", "name", "traces", "such as"], &["traces"]);
    for root in it.roots.iter().take(SHOWN) {
        let row = [&root.service, &root.kind, &root.name, &root.traces.to_string(), &root.example_trace_id].map(Clone::clone);
        table.add_row(row.map(|text| look.cell(text, None)));
    }
    format!("\n{} complete traces are in no execution\n{}", it.traces, lines(&table))
}

/// One row an entry rule and what came near to it, with a head.
pub(super) fn rows(answer: &Matching) -> Vec<Vec<String>> {
    let head = "capability,executions,last_matched,thread,line,rule,matched,near_service,near_kind,near_name,near_spans,\
        near_trace_id,fails,wanted,found,sampled_executions";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    for one in &answer.capabilities {
        for entry in &one.entries {
            let mut row = vec![one.id.clone(), one.executions.0.to_string(), one.last_matched.clone().unwrap_or_default()];
            row.extend([entry.thread.clone(), entry.line.to_string(), entry.rule.clone(), entry.matched.to_string()]);
            row.extend(near(entry));
            row.push(seen(one.sampled.as_ref(), "executions"));
            rows.push(row);
        }
    }
    rows
}

fn near(entry: &EntryMatching) -> Vec<String> {
    let Some(near) = entry.nearly.first() else { return vec![String::new(); 8] };
    let each = |of: fn(&FailedTest) -> String| near.fails.iter().map(of).collect::<Vec<_>>().join("; ");
    vec![
        near.service.clone(),
        near.kind.clone(),
        near.name.clone(),
        near.spans.to_string(),
        near.example_trace_id.clone(),
        each(|test| test.key.clone()),
        each(|test| test.wanted.clone()),
        each(|test| test.found.clone().unwrap_or_default()),
    ]
}
