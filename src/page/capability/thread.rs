//! The thread of a capability: the flow map, what is chosen in it, and who failed it over time.

use super::CapabilityFacts;
use crate::page::flow::{self, Links, Mode, Picture};
use crate::page::{Asked, chart, over_time, pieces, vocabulary, words};
use crate::query::{FlowNode, HopRow};
use maud::{Markup, html};

/// The word of the address that says what the strand stands for.
const STRAND: &str = "strand";

/// The words that say which hop is chosen.
const CHOSEN: [&str; 2] = ["hop", "of"];

/// The map with its switch, and the same as a table.
pub(super) fn map(asked: &Asked, facts: &CapabilityFacts) -> Markup {
    let flow = &facts.flow;
    let mode = if asked.word(STRAND) == Some("slow") { Mode::Slow } else { Mode::Failures };
    let picture = Picture::of(flow, mode, &|node| Some(chosen_by(asked, node)));
    let is_open = asked.word("more").is_some();
    let (more, fewer) = (asked.with("more", Some("1")), asked.with("more", None));
    let links = Links { more: (!is_open).then_some(more.as_str()), fewer: is_open.then_some(fewer.as_str()) };
    html! {
        section.card aria-label="Flow map" {
            div.tools {
                (pieces::switch(asked, "Follow", STRAND, &[("failures", "who was turned away"), ("slow", "who had to wait")]))
            }
            (flow::map(&picture, links))
            @if let Some(note) = &flow.note { p.remark { (words::text(note)) } }
            @if !flow.nodes.is_empty() {
                details #flow-figures {
                    summary { "The same in figures" }
                    div.wide tabindex="0" role="region" aria-label="The flow in figures" { (flow::table(&picture)) }
                }
            }
        }
    }
}

/// The address with this hop chosen.
fn chosen_by(asked: &Asked, node: &FlowNode) -> String {
    asked.with_two((CHOSEN[0], &node.hop), (CHOSEN[1], &node.service))
}

/// Failed share by guilty hop over the range.
pub(super) fn over(facts: &CapabilityFacts) -> Markup {
    html! {
        @if facts.history.points.iter().any(|point| point.executions.0 > 0.0) {
            section.card aria-label="Failures over time" {
                h2 { "Failed attempts by guilty hop" }
                (chart::failures(&over_time::failures(&facts.history, over_time::changes(&facts.annotations))))
            }
        }
    }
}

/// The hop that is chosen, in the panel beside.
pub(super) fn chosen(asked: &Asked, facts: &CapabilityFacts) -> Markup {
    let Some(hop) = asked.word(CHOSEN[0]) else { return html! {} };
    let is_it = |name: &str, service: &str| name == hop && asked.word(CHOSEN[1]).is_none_or(|of| of == service);
    let row = facts.hops.hops.iter().find(|row| is_it(&row.hop, &row.service));
    let suspects = facts.explained.iter().flat_map(|explained| &explained.suspects);
    let traces: Vec<String> =
        suspects.filter(|suspect| is_it(&suspect.hop, &suspect.service)).flat_map(|one| one.trace_ids.clone()).take(5).collect();
    html! {
        section.card #chosen {
            h2 { (words::name(hop)) }
            @match row {
                Some(row) => {
                    (figures(row))
                    @if !traces.is_empty() { p { "Executions in which it shows: " @for id in &traces { (pieces::trace(asked, id)) " " } } }
                }
                None => p { "It was not called in this time." }
            }
            p { a href=(asked.with(CHOSEN[0], None)) { "Choose none" } }
        }
    }
}

fn figures(row: &HopRow) -> Markup {
    let mut causes: Vec<(&str, f64)> = row.causes.iter().map(|(cause, count)| (cause.as_str(), count.0)).collect();
    causes.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    let lines = [
        ("failures that end here", words::count(row.failures)),
        ("of all failures", words::part(row.failure_share)),
        ("attempts that called it", words::count(row.executions)),
        ("calls", words::count(row.calls)),
        ("of them in error", words::count(row.errors)),
        ("attempts saved after an error here", words::percent(row.resilience, 1)),
        ("p50", words::ms(row.latency_ms.p50)),
        ("p95", words::ms(row.latency_ms.p95)),
        ("p99", words::ms(row.latency_ms.p99)),
    ];
    html! {
        table { tbody {
            @for (cause, count) in causes.iter().filter(|(_, count)| *count > 0.0) {
                tr { th scope="row" { (vocabulary::cause(cause)) } td.num { (words::grouped(*count)) } }
            }
            @for (word, value) in lines { tr { th scope="row" { (word) } td.num { (value) } } }
        } }
    }
}
