//! `trace --why-not CAP`.

use super::args::Format;
use super::exit::Ended;
use super::matching::failed;
use super::output;
use super::source::{self, Opened, Source};
use crate::app;
use crate::model::TraceId;
use crate::query::{QueryError, WhyNot, why_not_told};
use std::fmt::Write;

pub(super) fn run(trace: TraceId, capability: &str, source: Source, format: Format) -> anyhow::Result<Ended> {
    let answer = match source {
        Source::Files { catalogue, inputs } => {
            let told = app::why_not_of(source::analysis(*catalogue, inputs), trace, capability)?;
            told.warnings.iter().for_each(|warning| super::say(&format!("warning: {warning}")));
            told.answer
        }
        other => of_verdicts(&other.open()?, trace, capability)?,
    };
    output::print(&output::render(format, &answer, text, rows)?)?;
    Ok(Ended::Done)
}

/// Who keeps no spans can tell of what executions the trace was.
fn of_verdicts(opened: &Opened, trace: TraceId, capability: &str) -> anyhow::Result<WhyNot> {
    const INSTEAD: &str = "spans are not kept, so which of its tests failed cannot be told from here: give the recorded trace \
        (--map MAP INPUT), or see what comes near in general: steelthread matching";
    // Whoever does not know the capability says so.
    opened.answers.status(&crate::query::StatusQuestion { capability: Some(capability.into()), between: None })?;
    let said = match opened.answers.trace(trace) {
        Ok(found) if found.verdicts.iter().any(|one| one.capability == capability) => {
            format!("it does hold one: see steelthread trace {trace}")
        }
        Ok(found) => {
            let mut others: Vec<&str> = found.verdicts.iter().map(|one| one.capability.as_str()).collect();
            others.sort_unstable();
            others.dedup();
            format!("the trace held executions of {}, and none of {capability}; {INSTEAD} {capability}", others.join(", "))
        }
        Err(QueryError::NoSuchTrace(_)) => format!(
            "no execution of any capability is known of this trace: it held none, or is not judged yet, or is no longer among the \
             recent ones; {INSTEAD} {capability}"
        ),
        Err(error) => return Err(error.into()),
    };
    Ok(why_not_told(trace, capability, said))
}

fn text(answer: &WhyNot) -> String {
    let mut text = format!("trace {}\n{}: {}\n", answer.trace_id, answer.capability, answer.said);
    for entry in &answer.entries {
        let _ = writeln!(text, "  thread {} (line {} of the map): {}", entry.thread, entry.line, entry.rule);
        for span in &entry.matched {
            let _ = writeln!(text, "    span {span} meets it");
        }
        if let Some(near) = &entry.nearest {
            let _ = writeln!(text, "    nearest: span {}, {}", near.span_id, near.what);
            near.fails.iter().for_each(|test| text.push_str(&failed(test, 6)));
        }
    }
    text
}

/// One row an entry rule, with a head.
fn rows(answer: &WhyNot) -> Vec<Vec<String>> {
    let head = "trace_id,capability,thread,line,rule,matched,nearest_span_id,nearest,fails,wanted,found";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    for entry in &answer.entries {
        let near = entry.nearest.as_ref();
        let each = |of: fn(&crate::query::FailedTest) -> String| {
            near.map_or_else(String::new, |near| near.fails.iter().map(of).collect::<Vec<_>>().join("; "))
        };
        let mut row = vec![answer.trace_id.clone(), answer.capability.clone(), entry.thread.clone(), entry.line.to_string()];
        row.extend([entry.rule.clone(), entry.matched.join(" ")]);
        row.push(near.map_or_else(String::new, |near| near.span_id.clone()));
        row.push(near.map_or_else(String::new, |near| near.what.clone()));
        row.push(each(|test| test.key.clone()));
        row.push(each(|test| test.wanted.clone()));
        row.push(each(|test| test.found.clone().unwrap_or_default()));
        rows.push(row);
    }
    rows
}
