//! Explain: who may be the reason, best first, with what speaks for it beside what is normal.

use super::capability::{Tab, head};
use super::frame::{Frame, Place};
use super::{Asked, asked, links, pieces, vocabulary, words};
use crate::query::{CapabilityStatus, EvidenceLine, ExplainKind, Explanation, Suspect};
use maud::{Markup, html};

/// Words that name what is normal.
const BASELINE: [&str; 2] = ["baseline_from", "baseline_to"];

/// The view.
pub fn explain(asked: &Asked, one: &CapabilityStatus, answer: &Explanation) -> Markup {
    let named: Vec<(&str, &str)> =
        BASELINE.into_iter().chain(["level"]).filter_map(|word| Some((word, asked.word(word)?))).collect();
    let more: String = named.iter().map(|(word, value)| format!("&{word}={}", links::part(value))).collect();
    let flags: String =
        named.iter().map(|(word, value)| format!(" --{} {}", word.replace('_', "-"), asked::quoted(value))).collect();
    let frame = Frame {
        asked,
        place: Place::Board,
        title: &one.title,
        json: Some(format!("/api/v1/capabilities/{}/explain?{}{more}", links::part(&one.id), asked.api_words())),
        command: Some(format!("steelthread explain {}{}{flags}", asked::quoted(&one.id), asked.flags())),
        has_range: true,
    };
    let most = answer.suspects.iter().map(|suspect| suspect.score).fold(0.0, f64::max);
    frame.around(&html! {
        (head(asked, one, Tab::Explain))
        p.say { strong { (vocabulary::explained(answer.kind)) "." } " "
            (words::count(answer.executions)) " attempts, held against " (words::count(answer.baseline_executions)) " from "
            (words::moment(&answer.baseline.from)) " to " (words::moment(&answer.baseline.to)) "." }
        @if answer.kind == ExplainKind::NothingUnusual {
            p { "Nothing differs from what is normal so much that chance could not have made it." }
        }
        @if let Some(note) = &answer.note { p.remark { (note) } }
        (tools(asked))
        ol.suspects { @for suspect in &answer.suspects { (told(asked, suspect, most)) } }
    })
}

fn tools(asked: &Asked) -> Markup {
    html! {
        div.tools {
            (pieces::switch(asked, "Level", "level", &[("hop", "hop"), ("service", "service")]))
            form method="get" action=(asked.path()) {
                @for (name, value) in asked.words_but(&BASELINE) { input type="hidden" name=(name) value=(value); }
                label { "Normal from " input name="baseline_from" value=[asked.word("baseline_from")] placeholder="now-8d" autocomplete="off"; }
                label { " to " input name="baseline_to" value=[asked.word("baseline_to")] placeholder="now-1d" autocomplete="off"; }
                button { "Compare" }
            }
        }
    }
}

fn told(asked: &Asked, suspect: &Suspect, most: f64) -> Markup {
    let share = if most > 0.0 { suspect.score / most } else { 0.0 };
    html! {
        li.card {
            div.head {
                (pieces::hop(&suspect.hop, &suspect.service))
                span.bud { (pieces::bar(share, "over")) span.num { "score " (format!("{:.3}", suspect.score)) } }
                small { (words::part(Some(suspect.share))) " of what was out of the ordinary" }
            }
            table.list {
                thead { tr { th scope="col" { "What speaks for it" } th.r scope="col" { "Now" } th.r scope="col" { "Normal" } } }
                tbody { @for line in &suspect.evidence { tr {
                    th scope="row" { (words::text(&line.text)) } td.r { b { (value(line, Some(line.value))) } } td.r { (value(line, line.normal)) }
                } } }
            }
            @if !suspect.trace_ids.is_empty() { p { "Executions in which it shows: " (pieces::traces(asked, &suspect.trace_ids)) } }
        }
    }
}

/// The number of an evidence in its unit, which follows from its kind.
fn value(line: &EvidenceLine, value: Option<f64>) -> String {
    let Some(number) = value else { return words::NOTHING.into() };
    match line.kind.as_str() {
        "self_time" | "edge_gap" | "duration" => words::ms(value),
        "failures" | "absorbed" | "rejected" => words::percent(value, 1),
        _ if number.fract() != 0.0 && number.abs() < 100.0 => format!("{number:.2}"),
        _ => words::grouped(number),
    }
}
