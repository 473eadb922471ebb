//! Hops: who fails, who is slow, who takes errors away from the customer, who holds out.

use super::capability::{Tab, head};
use super::frame::{Frame, Place};
use super::{Asked, asked, links, pieces, vocabulary, words};
use crate::query::{CapabilityStatus, HopRow, HopsAnswer};
use maud::{Markup, html};

/// How much of a row is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// Beside something else.
    Narrow,
    /// All of it.
    Whole,
}

/// Orders, as the API knows them, and which column each is.
const ORDERS: [(&str, &str); 4] =
    [("failures", "failures"), ("latency", "time"), ("cost", "cost"), ("resilience", "least resilient")];

/// Rows that are shown; a map may have thousands.
const MOST: usize = 300;

/// The view of all hops, or of those of one capability.
pub fn hops(asked: &Asked, of: Option<&CapabilityStatus>, answer: &HopsAnswer) -> Markup {
    let id = of.map(|one| one.id.as_str());
    let path = id.map_or_else(|| "/api/v1/hops".into(), |id| format!("/api/v1/capabilities/{}/hops", links::part(id)));
    let by = asked.word("by").map_or_else(String::new, |by| format!(" --by {}", asked::quoted(by)));
    let level = asked.word("level").map_or_else(String::new, |level| format!(" --level {}", asked::quoted(level)));
    let more: String =
        ["by", "level"].iter().filter_map(|word| Some(format!("&{word}={}", links::part(asked.word(word)?)))).collect();
    let frame = Frame {
        asked,
        place: if of.is_some() { Place::Board } else { Place::Hops },
        title: of.map_or("Hops", |one| &one.title),
        json: Some(format!("{path}?{}{more}", asked.api_words())),
        command: Some(format!(
            "steelthread hops{}{by}{level}{}",
            id.map_or_else(String::new, |id| format!(" {}", asked::quoted(id))),
            asked.flags()
        )),
        has_range: true,
    };
    let here = id.map(links::capability);
    frame.around(&html! {
        @match of { Some(one) => (head(asked, one, Tab::Hops)) None => h1 { "Hops" } }
        p.say { (say(answer)) }
        div.tools {
            (pieces::switch(asked, "Order by", "by", &ORDERS))
            (pieces::switch(asked, "Level", "level", &[("hop", "hop"), ("service", "service")]))
        }
        (table(asked, answer, here.as_deref(), Width::Whole, MOST))
        @if answer.hops.len() > MOST { p { "The first " (MOST) " of " (answer.hops.len()) " are shown." } }
        (buckets(answer))
    })
}

fn say(answer: &HopsAnswer) -> Markup {
    let named = answer.hops.iter().filter(|row| row.failures.0 > 0.0).count();
    html! {
        @if answer.hops.is_empty() { "No hop was called in this time." }
        @else if answer.failed.0 == 0.0 { strong { "No attempt failed." } " " (answer.hops.len()) " hops were called." }
        @else { strong { (words::count(answer.failed)) " failed attempts" } ", each blamed on exactly one: " (named) " of "
            (answer.hops.len()) " hops caused some." }
    }
}

/// Failures that no hop caused, so that all of them add up.
fn buckets(answer: &HopsAnswer) -> Markup {
    let of_hops: f64 = answer.hops.iter().map(|row| row.failures.0).sum();
    html! {
        p.sum { "Failures at hops " b { (words::grouped(of_hops)) } " + asked for something wrong " b { (words::count(answer.buckets.caller)) }
            " + unknown " b { (words::count(answer.buckets.unknown)) } " = " b { (words::count(answer.failed)) } " failed." }
    }
}

/// The table. `here`: the capability that it is about, for links.
pub(super) fn table(asked: &Asked, answer: &HopsAnswer, here: Option<&str>, width: Width, most: usize) -> Markup {
    let whole = width == Width::Whole;
    html! {
        div.wide tabindex="0" role="region" aria-label="Hops" {
            table.list {
                thead { tr {
                    th scope="col" { "Hop" } th scope="col" { (by(asked, "failures", "Failures caused", whole)) } th scope="col" { "Mostly because" }
                    th.r scope="col" { "Errors of calls" }
                    th.r scope="col" { "p95" }
                    @if whole {
                        th.r scope="col" { "Slow blamed" } th.r scope="col" { (by(asked, "latency", "Share of time", true)) }
                        th.r scope="col" { "Absorbed" } th.r scope="col" { "Retries" } th.r scope="col" { (by(asked, "resilience", "Resilience", true)) }
                        th.r scope="col" { (by(asked, "cost", "Lost", true)) }
                    }
                } }
                tbody { @for row in answer.hops.iter().take(most) { (line(asked, row, here, whole)) } }
            }
        }
    }
}

fn by(asked: &Asked, order: &str, told: &str, is_link: bool) -> Markup {
    let now = asked.word("by").unwrap_or("failures") == order;
    html! {
        @if !is_link { (told) }
        @else if now { (told) " " span aria-label="this is the order" { "▾" } }
        @else { a href=(asked.with("by", (order != "failures").then_some(order))) { (told) } }
    }
}

fn line(asked: &Asked, row: &HopRow, here: Option<&str>, whole: bool) -> Markup {
    let worst = row.causes.iter().filter(|(_, count)| count.0 > 0.0).max_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let absorbed = row.absorbed.values().map(|count| count.0).sum::<f64>();
    html! {
        tr.bad[row.failures.0 > 0.0] {
            th scope="row" { (pieces::hop(&row.hop, &row.service)) @if row.external { small { "external" } } }
            td { @if row.failures.0 > 0.0 {
                span.bud { (pieces::bar(row.failure_share.unwrap_or(0.0), "over")) b.num { (words::count(row.failures)) } }
                small { (words::part(row.failure_share)) " of failures" }
            } @else { span.none { "0" } } }
            td { @match (worst, here) {
                (Some((cause, _)), Some(here)) => a href=(asked.link(&format!("{here}/explain"))) { (vocabulary::cause(cause)) },
                (Some((cause, _)), None) => (vocabulary::cause(cause)),
                (None, _) => "",
            } }
            td.r { (pieces::quiet(row.errors)) " of " (words::count(row.calls)) }
            td.r { (words::ms(row.latency_ms.p95)) }
            @if whole {
                td.r { (pieces::quiet(row.slow_blamed)) }
                td.r { (words::part(row.critical_path_ms.share)) }
                td.r { (pieces::quiet(crate::query::Count(absorbed))) }
                td.r { (pieces::quiet(row.retries)) }
                td.r { (words::percent(row.resilience, 1)) }
                td.r { @match &row.lost_value { Some(lost) => (words::money(lost)) None => (words::NOTHING) } }
            }
        }
    }
}
