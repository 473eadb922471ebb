//! Health of the server itself: what became of the spans, what it holds, and how near its limits are.

use super::frame::{Frame, Place};
use super::{Asked, pieces, vocabulary, words};
use crate::query::Spans;
use maud::{Markup, html};

/// What the view is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthFacts {
    /// Why it is not ready.
    pub not_ready: Option<String>,
    /// Spans since the start, by fate.
    pub spans: Spans,
    /// Name, what it is, value; as they stand in /metrics.
    pub gauges: Vec<(String, String, f64)>,
    /// The end of the last slice in which anything was counted, nanoseconds since 1970; 0 where nothing was.
    pub counted_until_ns: u64,
}

/// The view.
pub fn health(asked: &Asked, facts: &HealthFacts) -> Markup {
    let frame =
        Frame { asked, place: Place::Health, title: "Health", json: Some("/metrics".into()), command: None, has_range: false };
    let received = facts.spans.received as f64;
    let lag = (facts.counted_until_ns > 0).then(|| asked.now_ns().saturating_sub(facts.counted_until_ns) as f64 / 1e9);
    frame.around(&html! {
        h1 { "Health of this server" }
        p.say {
            @match &facts.not_ready { Some(why) => { strong { "Not ready: " (words::text(why)) "." } } None => { strong { "Ready." } " Spans are taken and questions answered." } }
            @if let Some(lag) = lag { " Counted up to " (words::lasting(lag)) " ago." }
        }
        section.card {
            h2 { "What became of " (words::grouped(received)) " spans" }
            p { "Each has exactly one fate." }
            table.list {
                thead { tr { th scope="col" { "Fate" } th scope="col" { "Spans" } th.r scope="col" { "Share" } } }
                tbody { @for (fate, spans) in &facts.spans.fates {
                    @let share = if received > 0.0 { *spans as f64 / received } else { 0.0 };
                    tr { th scope="row" { (vocabulary::fate(fate)) small { code { (fate) } } }
                        td { span.bud { (pieces::bar(share, "steel")) (words::grouped(*spans as f64)) } }
                        td.r { (words::part((received > 0.0).then_some(share))) } }
                } }
            }
        }
        section.card {
            h2 { "What it holds, and its limits" }
            table.list {
                thead { tr { th scope="col" { "What" } th.r scope="col" { "Now" } } }
                tbody { @for (name, told, value) in &facts.gauges {
                    tr { th scope="row" { (words::text(told)) small { code { "steelthread_" (words::name(name)) } } } td.r { (number(*value)) } }
                } }
            }
        }
    })
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 100.0 { words::grouped(value) } else { format!("{value:.3}") }
}
