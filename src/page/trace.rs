//! One trace: what was judged of it, who called whom, and where the time went.

use super::frame::{Frame, Place};
use super::{Asked, asked, links, marks, pieces, vocabulary, words};
use crate::query::{TraceAnswer, TreeLine, VerdictLine};
use maud::{Markup, html};

/// Deeper ones stand as far in as this.
const DEEPEST: usize = 12;

/// Stretches of the critical path that are shown.
const MOST: usize = 100;

/// The view.
pub fn trace(asked: &Asked, id: &str, answer: &TraceAnswer) -> Markup {
    let frame = Frame {
        asked,
        place: Place::Nowhere,
        title: "Trace",
        json: Some(format!("/api/v1/traces/{}", links::part(id))),
        command: Some(format!("steelthread trace {}", asked::quoted(id))),
        has_range: false,
    };
    let outside = asked.traces().and_then(|template| links::of_trace(template, id));
    frame.around(&html! {
        h1 { "Trace " code { (words::name(id)) } }
        p.say {
            @match outside {
                Some(outside) => a href=(outside) rel="noreferrer" { "Its spans, in the trace viewer" },
                None => { "No span is kept here. Start the server with " code { "--trace-url" } " to link the viewer that keeps them." }
            }
        }
        @for verdict in &answer.verdicts { (told(asked, verdict)) }
    })
}

fn told(asked: &Asked, it: &VerdictLine) -> Markup {
    let (class, word) = vocabulary::outcome(&it.outcome);
    let path = if class == "ok" { "M3 8.5l3.4 3.5L13 4.5" } else { "M4 4l8 8M12 4l-8 8" };
    html! {
        section.card {
            div.head {
                h2 { a href=(asked.link(&links::capability(&it.capability))) { (words::name(&it.capability)) } }
                (marks::chip(class, path, word))
                @if it.slow { (marks::chip("warn", "M8 3v5l3 2M8 1.8a6.2 6.2 0 1 0 .1 0", "slow")) }
                small { (words::ms(Some(it.duration_ms))) @if let Some(thread) = &it.thread { ", thread " (words::name(thread)) } }
            }
            p { (blame(it)) }
            (tree(&it.tree))
            (path_of(it))
        }
    }
}

fn blame(it: &VerdictLine) -> Markup {
    html! {
        @if let Some(blame) = &it.blame {
            strong { (words::name(&blame.hop)) } " is to blame: " (vocabulary::cause(&blame.cause)) ". The confidence is " (blame.confidence) "."
            @if it.corrected { " It was named anew when late spans came." }
        } @else if it.outcome == "failed" { "Nobody can be named." }
        @if let Some(slow) = &it.slow_blame { " Slow because of " strong { (words::name(&slow.hop)) } ": " (vocabulary::cause(&slow.cause)) "." }
        @for absorbed in &it.absorbed { " An error at " (words::name(&absorbed.hop)) " did not matter: " (vocabulary::absorbed(&absorbed.kind)) "." }
    }
}

/// How deep each stands. Callers come before those they call, so one walk is enough, whatever the list says.
fn depths(tree: &[TreeLine]) -> Vec<usize> {
    let mut depths: Vec<usize> = Vec::with_capacity(tree.len());
    for line in tree {
        let above = line.caller.and_then(|caller| depths.get(caller as usize).copied());
        depths.push(above.map_or(0, |above| above + 1));
    }
    depths
}

fn tree(tree: &[TreeLine]) -> Markup {
    html! {
        @if !tree.is_empty() {
            div.wide tabindex="0" role="region" aria-label="Who called whom" {
                table.list.tree {
                    thead { tr { th scope="col" { "Who called whom" } th scope="col" { "Ended" } th.r scope="col" { "Calls" } th.r scope="col" { "Longest" } th scope="col" { "Remarks" } } }
                    tbody { @for (line, depth) in tree.iter().zip(depths(tree)) {
                        tr.bad[line.blamed] {
                            th scope="row" class={ "d" (depth.min(DEEPEST)) } { (pieces::hop(&line.hop, &line.service)) }
                            td { (line.status) @if line.asynchronous { small { "asynchronous" } } }
                            td.r { (line.calls) @if line.retries > 0 { small { (line.retries) " retries" } } }
                            td.r { @if line.calls > 0 { (words::ms(Some(line.longest_ms))) } }
                            td { @if line.blamed { b.num.fail { "to blame" } } @else if let Some(kind) = &line.absorbed { (vocabulary::absorbed(kind)) }
                                @if line.more_calls > 0 { small { (line.more_calls) " further calls below" } } }
                        }
                    } }
                }
            }
        }
    }
}

fn path_of(it: &VerdictLine) -> Markup {
    let sum: u64 = it.critical_path.iter().map(|section| section.end_ns.saturating_sub(section.start_ns)).sum();
    html! {
        @if !it.critical_path.is_empty() {
            details #(format!("path-{}", it.entry_span_id.as_deref().unwrap_or("none"))) {
                summary { "Where the time went" }
                table.list {
                    thead { tr { th scope="col" { "Hop" } th scope="col" { "What" } th scope="col" { "Share" } th.r scope="col" { "Time" } } }
                    tbody { @for section in it.critical_path.iter().take(MOST) {
                        @let lasted = section.end_ns.saturating_sub(section.start_ns);
                        @let share = if sum > 0 { lasted as f64 / sum as f64 } else { 0.0 };
                        tr { th scope="row" { (pieces::hop(&section.hop, &section.service)) } td { (vocabulary::section(&section.kind)) }
                            td { span.bud { (pieces::bar(share, "steel")) (words::part(Some(share))) } } td.r { (words::ms(Some(lasted as f64 / 1e6))) } }
                    } }
                }
            }
        }
    }
}
