//! `explain` for people and as rows.

use super::figures::{count, share};
use super::words;
use crate::query::{ExplainKind, Explanation, Suspect};
use std::fmt::Write;

/// Suspects shown to people; the document has all.
const SHOWN: usize = 5;

/// For people.
pub(super) fn text(answer: &Explanation) -> String {
    let mut text = format!("{}: {} ({})\n", answer.capability, words::explained(answer.kind), answer.kind.as_str());
    let _ = writeln!(
        text,
        "from {} to {}, {} executions; normal is {} to {}, {} executions",
        answer.range.from,
        answer.range.to,
        count(answer.executions),
        answer.baseline.from,
        answer.baseline.to,
        count(answer.baseline_executions)
    );
    if let Some(seen) = &answer.sampled {
        let of = |name: &str| seen.get(name).copied().unwrap_or(0);
        let (now, before) = (of("executions"), of("baseline_executions"));
        let _ = writeln!(text, "counts are estimates: {now} executions were seen, and {before} in the baseline");
    }
    if let Some(note) = &answer.note {
        let _ = writeln!(text, "note: {note}");
    }
    if answer.kind == ExplainKind::NothingUnusual {
        text.push_str("no difference from what is normal is statistically sure\n");
    }
    for (at, one) in answer.suspects.iter().take(SHOWN).enumerate() {
        suspect(&mut text, at + 1, one);
    }
    if answer.suspects.len() > SHOWN {
        let _ = writeln!(text, "\nand {} more, with less against them", answer.suspects.len() - SHOWN);
    }
    text
}

fn suspect(text: &mut String, place: usize, one: &Suspect) {
    let service = if one.hop == one.service { String::new() } else { format!(" of {}", one.service) };
    let _ = writeln!(text, "\n{place}. {}{service}   share {}, score {:.3}", one.hop, share(Some(one.share)), one.score);
    for line in &one.evidence {
        let _ = writeln!(text, "   - {}", line.text);
    }
    if !one.trace_ids.is_empty() {
        let _ = writeln!(text, "   traces: {}", one.trace_ids.join(", "));
    }
}

/// One row a piece of evidence, with a head.
pub(super) fn rows(answer: &Explanation) -> Vec<Vec<String>> {
    let head = "capability,kind,place,hop,service,score,share,evidence,value,normal,text,trace_ids";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    for (at, one) in answer.suspects.iter().enumerate() {
        for line in &one.evidence {
            let mut row = vec![answer.capability.clone(), answer.kind.as_str().into(), (at + 1).to_string()];
            row.extend([one.hop.clone(), one.service.clone(), one.score.to_string(), one.share.to_string(), line.kind.clone()]);
            row.push(line.value.to_string());
            row.push(line.normal.map_or_else(String::new, |normal| normal.to_string()));
            row.extend([line.text.clone(), one.trace_ids.join(" ")]);
            rows.push(row);
        }
    }
    rows
}
