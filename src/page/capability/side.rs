//! Beside the hops of a capability: why they fail, how long attempts take, and executions to look at.

use super::CapabilityFacts;
use crate::page::{Asked, links, pieces, vocabulary, words};
use crate::query::{CapabilityStatus, HopsAnswer};
use maud::{Markup, html};
use std::collections::BTreeMap;

pub(super) fn panel(asked: &Asked, facts: &CapabilityFacts) -> Markup {
    let one = &facts.status;
    let explain = format!("{}/explain", links::capability(&one.id));
    html! {
        aside.side {
            (super::thread::chosen(asked, facts))
            (causes(&facts.hops))
            (latencies(one))
            (absorbed(one))
            (completeness(one))
            section.card {
                h2 { "Traces to look at" }
                @let ids = sample(facts);
                @if ids.is_empty() { p { "None is named for this time." } }
                @else { ul.plain { @for id in ids { li { (pieces::trace(asked, &id)) } } } }
                p { a href=(asked.link(&explain)) { "Explain this time" } }
            }
        }
    }
}

/// Traces of the first suspects.
fn sample(facts: &CapabilityFacts) -> Vec<String> {
    let suspects = facts.explained.iter().flat_map(|explained| &explained.suspects);
    suspects.flat_map(|suspect| &suspect.trace_ids).take(5).cloned().collect()
}

fn causes(hops: &HopsAnswer) -> Markup {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    hops.hops.iter().flat_map(|row| &row.causes).for_each(|(cause, count)| *sums.entry(cause).or_default() += count.0);
    let mut list: Vec<(&str, f64)> = sums.into_iter().filter(|(_, count)| *count > 0.0).collect();
    list.sort_by(|a, b| b.1.total_cmp(&a.1));
    html! {
        @if !list.is_empty() {
            section.card {
                h2 { "Why" }
                table { tbody { @for (cause, count) in list {
                    tr { th scope="row" { (vocabulary::cause(cause)) } td.num { (words::grouped(count)) } }
                } } }
            }
        }
    }
}

fn latencies(one: &CapabilityStatus) -> Markup {
    let it = one.latency_ms;
    html! {
        section.card {
            h2 { "How long it takes" }
            table { tbody { @for (word, value) in [("p50", it.p50), ("p90", it.p90), ("p95", it.p95), ("p99", it.p99), ("longest", it.max)] {
                tr { th scope="row" { (word) } td.num { (words::ms(value)) } }
            } } }
        }
    }
}

fn absorbed(one: &CapabilityStatus) -> Markup {
    let seen: Vec<_> = one.absorbed.iter().filter(|(_, count)| count.0 > 0.0).collect();
    html! {
        @if !seen.is_empty() {
            section.card {
                h2 { "Errors that no customer noticed" }
                table { tbody { @for (kind, count) in seen {
                    tr { th scope="row" { (vocabulary::absorbed(kind)) } td.num { (words::count(*count)) } }
                } } }
            }
        }
    }
}

fn completeness(one: &CapabilityStatus) -> Markup {
    let it = one.completeness;
    html! {
        @if !it.is_whole() {
            section.card {
                h2 { "What is not known" }
                table { tbody { @for (word, count) in [("spans that came late", it.late as f64), ("spans without their parent", it.orphan as f64),
                    ("attempts whose entry never came", it.incomplete.0), ("culprits named anew", it.corrected.0)] {
                    @if count > 0.0 { tr { th scope="row" { (word) } td.num { (words::grouped(count)) } } }
                } } }
            }
        }
    }
}
