//! `trace` in sentences, with the tree of hops, the critical path as bars, and as rows.

use super::figures::{ms, share};
use super::output::{Look, lines};
use super::{trace_tree, words};
use crate::query::{BlameLine, HopLine, SectionLine, TraceAnswer, VerdictLine};
use comfy_table::Color;
use std::fmt::Write;

/// Characters of a bar.
const WIDTH: u64 = 32;

/// For people.
pub(super) fn text(answer: &TraceAnswer, look: Look) -> String {
    if answer.verdicts.is_empty() {
        return "no execution in this trace: no entry rule of the map holds for its spans\n".into();
    }
    let told: Vec<_> = answer.verdicts.iter().map(|verdict| one(verdict, look)).collect();
    told.join("\n")
}

fn one(it: &VerdictLine, look: Look) -> String {
    let mut text = format!("trace {}\n{}", it.trace_id, it.capability);
    if let Some(thread) = &it.thread {
        let _ = write!(text, ", thread {thread}");
    }
    let _ = writeln!(text, ": {}{} after {}", it.outcome, if it.slow { " and slow" } else { "" }, ms(Some(it.duration_ms)));
    if it.entry_span_id.is_none() {
        text.push_str("  its entry span never came\n");
    }
    if it.weight != 1.0 {
        let _ = writeln!(text, "  stands for {} executions: its spans are sampled", it.weight);
    }
    if let Some(blame) = &it.blame {
        text.push_str(&blamed(blame));
        if it.corrected {
            text.push_str("    corrected: somebody else was to blame until late spans came\n");
        }
    }
    if it.suspects.len() > 1 {
        let names: Vec<_> = it.suspects.iter().map(named).collect();
        let _ = writeln!(text, "  suspects, best first: {}", names.join(", "));
    }
    if let Some(slow) = &it.slow_blame {
        let hop = of_service(&slow.hop, &slow.service);
        let _ = writeln!(text, "  slow because of {hop}: {} ({})", words::cause(&slow.cause), slow.cause);
    }
    for absorbed in &it.absorbed {
        let hop = of_service(&absorbed.hop, &absorbed.service);
        let _ = writeln!(text, "  an error at {hop} did not matter: {} ({})", words::absorbed(&absorbed.kind), absorbed.kind);
    }
    text.push_str(&trace_tree::text(it, look));
    text.push_str(&path(&it.critical_path, look));
    text
}

fn blamed(blame: &BlameLine) -> String {
    let hop = of_service(&blame.hop, &blame.service);
    let mut text = match blame.hop.as_str() {
        "(caller)" => format!("  to blame: the caller, whose own request was wrong ({})\n", blame.cause),
        "(unknown)" => format!("  to blame: nobody that can be named ({})\n", blame.cause),
        _ => format!("  to blame: {hop}: {} ({})\n", words::cause(&blame.cause), blame.cause),
    };
    let _ = write!(text, "    confidence {}", blame.confidence);
    if let Some(rule) = &blame.rule {
        let _ = write!(text, ", by rule {rule}");
    }
    if let Some(span) = &blame.span_id {
        let _ = write!(text, ", at span {span}");
    }
    if let Some(evidence) = &blame.evidence {
        let _ = write!(text, "; {} ({evidence})", words::evidence(evidence));
    }
    text.push('\n');
    text
}

pub(super) fn of_service(hop: &str, service: &str) -> String {
    if hop == service { hop.into() } else { format!("{hop} ({service})") }
}

fn named(hop: &HopLine) -> String {
    of_service(&hop.hop, &hop.service)
}

/// One line a section: when, how long, and where it lies in the whole.
fn path(sections: &[SectionLine], look: Look) -> String {
    let from = sections.iter().map(|section| section.start_ns).min().unwrap_or(0);
    let to = sections.iter().map(|section| section.end_ns).max().unwrap_or(0);
    if to <= from {
        return "  no critical path: nothing took any time\n".into();
    }
    let whole = to - from;
    let mut table = look.table(&["hop", "spent on", "began", "took", "share", ""], &["began", "took", "share"]);
    for section in sections {
        let took = section.end_ns.saturating_sub(section.start_ns);
        let part = took as f64 / whole as f64;
        let color = if part >= 0.5 { Some(Color::Yellow) } else { None };
        table.add_row(vec![
            look.cell(of_service(&section.hop, &section.service), None),
            look.cell(words::section(&section.kind), None),
            look.cell(format!("+{}", ms(Some((section.start_ns - from) as f64 / 1e6))), None),
            look.cell(ms(Some(took as f64 / 1e6)), None),
            look.cell(share(Some(part)), None),
            look.cell(bar(section, from, whole), color),
        ]);
    }
    format!("  critical path, {}:\n{}", ms(Some(whole as f64 / 1e6)), indented(&lines(&table)))
}

/// At least one character, where it lies in the whole.
fn bar(section: &SectionLine, from: u64, whole: u64) -> String {
    let place = |at: u64| (u128::from(at.saturating_sub(from)) * u128::from(WIDTH) / u128::from(whole)) as u64;
    let begin = place(section.start_ns).min(WIDTH - 1);
    let end = place(section.end_ns).clamp(begin + 1, WIDTH);
    format!("{}{}", "·".repeat(begin as usize), "█".repeat((end - begin) as usize))
}

pub(super) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// One row a verdict, with a head.
pub(super) fn rows(answer: &TraceAnswer) -> Vec<Vec<String>> {
    let head = "trace_id,capability,thread,entry_span_id,outcome,slow,duration_ms,weight,blame_hop,blame_service,cause,confidence,\
        slow_hop,slow_service,slow_cause";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    rows.extend(answer.verdicts.iter().map(csv_row));
    rows
}

fn csv_row(it: &VerdictLine) -> Vec<String> {
    let blame = it.blame.as_ref().map(|blame| [&blame.hop, &blame.service, &blame.cause, &blame.confidence]);
    let slow = it.slow_blame.as_ref().map(|slow| [&slow.hop, &slow.service, &slow.cause]);
    let mut row = vec![it.trace_id.clone(), it.capability.clone(), it.thread.clone().unwrap_or_default()];
    row.push(it.entry_span_id.clone().unwrap_or_default());
    row.extend([it.outcome.clone(), it.slow.to_string(), it.duration_ms.to_string(), it.weight.to_string()]);
    row.extend(blame.map_or_else(|| vec![String::new(); 4], |words| words.map(Clone::clone).into()));
    row.extend(slow.map_or_else(|| vec![String::new(); 3], |words| words.map(Clone::clone).into()));
    row
}
