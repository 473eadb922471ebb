//! Matching: what arrives, which thread it begins, and which test of the map it nearly passes.

use super::capability::{Tab, head};
use super::frame::{Frame, Place};
use super::{Asked, asked, links, pieces, words};
use crate::query::{CapabilityMatching, CapabilityStatus, EntryMatching, Matching, Nearly};
use maud::{Markup, html};

/// Rows of what arrives.
const MOST: usize = 100;

/// The view, of all or of one capability.
pub fn matching(asked: &Asked, of: Option<&CapabilityStatus>, answer: &Matching) -> Markup {
    let id = of.map(|one| one.id.as_str());
    let frame = Frame {
        asked,
        place: if of.is_some() { Place::Board } else { Place::Matching },
        title: of.map_or("Matching", |one| &one.title),
        json: Some(
            id.map_or_else(|| "/api/v1/matching".into(), |id| format!("/api/v1/capabilities/{}/matching", links::part(id))),
        ),
        command: Some(format!("steelthread matching{}", id.map_or_else(String::new, |id| format!(" {}", asked::quoted(id))))),
        has_range: false,
    };
    let without = answer.capabilities.iter().filter(|one| one.why.is_some()).count();
    frame.around(&html! {
        @match of { Some(one) => (head(asked, one, Tab::Matching)) None => h1 { "Matching" } }
        p.say {
            strong { (words::grouped(answer.spans.received as f64)) " spans arrived" } " since the server began. "
            @if without > 0 { (without) " of " (answer.capabilities.len()) " capabilities have nothing counted." }
            @else { "All capabilities have attempts." }
            @if answer.unmatched.traces > 0 { " " (words::grouped(answer.unmatched.traces as f64)) " traces began none." }
        }
        @for (value, spans) in &answer.unknown_capabilities {
            p.remark { (words::grouped(*spans as f64)) " spans name a capability that the map does not have: " b { (words::name(value)) } "." }
        }
        @for one in &answer.capabilities { (capability(asked, one)) }
        @if answer.capabilities_more > 0 { p { (answer.capabilities_more) " further capabilities: ask about them one by one." } }
        (unmatched(asked, answer))
        (arriving(asked, answer))
    })
}

fn capability(asked: &Asked, one: &CapabilityMatching) -> Markup {
    html! {
        section.card {
            h2 { a href=(asked.link(&links::capability(&one.id))) { (words::name(&one.title)) } }
            p {
                (words::count(one.executions)) " attempts kept"
                @match &one.last_matched { Some(at) => { ", the last span matched " (words::moment(at)) "." } None => { "; nothing matched since the server began." } }
                @if let Some(why) = &one.why { " " strong { (words::text(why)) } }
            }
            @for entry in &one.entries { (rule(asked, entry)) }
        }
    }
}

fn rule(asked: &Asked, entry: &EntryMatching) -> Markup {
    html! {
        p { "Thread " b { (words::name(&entry.thread)) } ", line " (entry.line) " of the map: " code { (words::text(&entry.rule)) } " · "
            b { (words::grouped(entry.matched as f64)) } " spans met it." }
        @for near in &entry.nearly { (nearly(asked, near)) }
    }
}

fn nearly(asked: &Asked, near: &Nearly) -> Markup {
    html! {
        div.remark {
            "Nearly: " b { (words::name(&near.what)) } ", " (words::grouped(near.spans as f64)) " spans, such as " (pieces::trace(asked, &near.example_trace_id))
            ul { @for test in &near.fails {
                li { code { (words::name(&test.key)) } " should be " (words::name(&test.wanted))
                    @match &test.found { Some(found) => { " and is " (words::name(found)) } None => { " and is something else" } } }
            } }
        }
    }
}

fn unmatched(asked: &Asked, answer: &Matching) -> Markup {
    html! {
        @if !answer.unmatched.roots.is_empty() {
            section.card {
                h2 { "Traces in no execution begin with" }
                div.wide tabindex="0" role="region" aria-label="Traces in no execution" { table.list {
                    thead { tr { th scope="col" { "Service" } th scope="col" { "Span" } th scope="col" { "Kind" } th.r scope="col" { "Traces" } th scope="col" { "Such as" } } }
                    tbody { @for root in answer.unmatched.roots.iter().take(MOST) { tr {
                        th scope="row" { (words::name(&root.service)) } td { (words::name(&root.name)) } td { (root.kind) }
                        td.r { (words::grouped(root.traces as f64)) } td { (pieces::trace(asked, &root.example_trace_id)) }
                    } } }
                } }
            }
        }
    }
}

fn arriving(asked: &Asked, answer: &Matching) -> Markup {
    html! {
        section.card {
            h2 { "What arrives, most first" }
            @if answer.arriving.is_empty() { p { "Nothing yet. " a href=(asked.link("/")) { "How to point a collector here" } } }
            div.wide tabindex="0" role="region" aria-label="What arrives" { table.list {
                thead { tr { th scope="col" { "Service" } th scope="col" { "Span" } th scope="col" { "Kind" } th.r scope="col" { "Spans" } th.r scope="col" { "Without parent" }
                    th scope="col" { "Begins" } th scope="col" { "Such as" } th scope="col" { "Last seen" } } }
                tbody { @for one in answer.arriving.iter().take(MOST) { tr {
                    th scope="row" { (words::name(&one.service)) } td { (words::name(&one.name)) } td { (one.kind) }
                    td.r { (words::grouped(one.spans as f64)) } td.r { (words::grouped(one.roots as f64)) }
                    td { @for id in one.entry_of.iter().take(5) { a href=(asked.link(&links::capability(id))) { (words::name(id)) } " " } }
                    td { (pieces::trace(asked, &one.example_trace_id)) } td { (words::moment(&one.last_seen)) }
                } } }
            } }
            @if answer.arriving_more > 0 { p { (answer.arriving_more) " further kinds of spans are not listed." } }
        }
    }
}
