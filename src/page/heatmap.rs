//! How long attempts take over time: where most of them lie, and how many have to wait.

use super::capability::{Tab, head};
use super::frame::{Frame, Place};
use super::{Asked, asked, chart, links, over_time, words};
use crate::query::{CapabilityStatus, History};
use maud::{Markup, html};

/// What the view is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatmapFacts {
    /// How it is doing in the range.
    pub status: CapabilityStatus,
    /// The same over time, with durations.
    pub history: History,
}

/// Rows of the table: a longer one is for the document.
const MOST_ROWS: usize = 200;

/// The view.
pub fn heatmap(asked: &Asked, facts: &HeatmapFacts) -> Markup {
    let (one, history) = (&facts.status, &facts.history);
    let frame = Frame {
        asked,
        place: Place::Board,
        title: &one.title,
        json: Some(format!("/api/v1/capabilities/{}/history?durations=true&{}", links::part(&one.id), asked.api_words())),
        command: Some(format!("steelthread history {}{}", asked::quoted(&one.id), asked.flags())),
        has_range: true,
    };
    // The strictest limit: who keeps it keeps all.
    let limit_ms = one.objectives.iter().filter_map(|objective| objective.under_ms).reduce(f64::min);
    let heat = over_time::heat(history, limit_ms);
    let is_empty = heat.columns.iter().all(|column| column.buckets.is_empty());
    frame.around(&html! {
        (head(asked, one, Tab::Latency))
        p.say {
            @if is_empty { strong { "Nobody was served in this time." } " A longer range may show more: " a href=(asked.with_last("24h")) { "the last 24 hours" } "." }
            @else {
                strong { "Half of " (words::count(one.ok)) " that were served took at most " (words::ms(one.latency_ms.p50)) ", 95 of 100 at most " (words::ms(one.latency_ms.p95)) "." }
                @match limit_ms {
                    Some(limit) => { " The limit is " (words::ms(Some(limit))) "; " (words::count(one.slow)) " were slower." }
                    None => " The map names no limit."
                }
            }
        }
        @if let Some(note) = &history.note { p.remark { (words::text(note)) } }
        @if !is_empty {
            section.card aria-label="Durations over time" { (chart::heat(&heat)) }
            details.card #figures {
                summary { "The same in figures, " (over_time::step(history)) " each" }
                div.wide tabindex="0" role="region" aria-label="Durations in figures" { (table(history)) }
            }
        }
    })
}

fn table(history: &History) -> Markup {
    html! {
        table.list {
            thead { tr { th scope="col" { "From" } @for column in ["Served", "Slow", "p50", "p90", "p95", "p99", "Longest"] { th.r scope="col" { (column) } } } }
            tbody { @for point in history.points.iter().filter(|point| point.ok.0 > 0.0).take(MOST_ROWS) {
                @let it = point.latency_ms;
                tr {
                    th scope="row" { (words::moment(&point.from)) }
                    td.r { (words::count(point.ok)) } td.r { (words::count(point.slow)) }
                    @for value in [it.p50, it.p90, it.p95, it.p99, it.max] { td.r { (words::ms(value)) } }
                }
            } }
        }
    }
}
