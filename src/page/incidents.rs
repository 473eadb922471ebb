//! Incidents: when objectives were broken, what it cost, and who it was.

use super::frame::{Frame, Place};
use super::{Asked, asked, chart, links, marks, over_time, pieces, words};
use crate::query::{Count, History, IncidentLine, IncidentsAnswer, LostValue, parse_moment};
use maud::{Markup, html};

/// The list.
pub fn incidents(asked: &Asked, answer: &IncidentsAnswer) -> Markup {
    let frame = Frame {
        asked,
        place: Place::Incidents,
        title: "Incidents",
        json: Some(format!("/api/v1/incidents?{}", asked.api_words())),
        command: Some(format!("steelthread incidents{}", asked.flags())),
        has_range: true,
    };
    let open = answer.incidents.iter().filter(|one| one.state == "open").count();
    frame.around(&html! {
        h1 { "Incidents" }
        p.say {
            @if answer.incidents.is_empty() { strong { "No objective was broken in this time." } " A longer range may hold some: "
                a href=(asked.with_last("7d")) { "the last 7 days" } ", " a href=(asked.with_last("30d")) { "30 days" } "." }
            @else { strong { (answer.incidents.len()) @if answer.incidents.len() == 1 { " incident" } @else { " incidents" } } ", " (open) " still open."
                @if answer.more > 0 { " " (answer.more) " older ones are kept and not shown." } }
        }
        @if !answer.incidents.is_empty() {
            div.wide tabindex="0" role="region" aria-label="Incidents" {
                table.list {
                    thead { tr { @for column in ["State", "Began", "Lasted", "Capability", "Objective", "Failed attempts", "Lost", "Mostly at", "Owner"] {
                        th scope="col" { (column) } } } }
                    tbody { @for one in &answer.incidents { (row(asked, one)) } }
                }
            }
        }
    })
}

fn row(asked: &Asked, one: &IncidentLine) -> Markup {
    html! {
        tr {
            td { (marks::going_on(one.state == "open")) small { (one.severity) } }
            th scope="row" { a href=(asked.link(&links::incident(&one.id))) { (words::moment(&one.start)) } }
            td { (lasted(asked, one)) }
            td { a href=(asked.link(&links::capability(&one.capability))) { (words::name(&one.capability)) } }
            td { (words::name(&one.objective)) }
            td.r { (words::count(one.lost)) small { (words::part(one.lost_share)) } }
            td.r { (money(one.lost_value.as_ref())) }
            td { @match one.hops.first() { Some(first) => { (pieces::hop(&first.hop, &first.service)) small { (words::part(Some(first.share))) } } None => (words::NOTHING) } }
            td { @if one.owner.is_empty() { (words::NOTHING) } @else { (words::name(&one.owner)) } }
        }
    }
}

fn money(lost: Option<&LostValue>) -> String {
    lost.map_or_else(|| words::NOTHING.into(), words::money)
}

fn lasted(asked: &Asked, one: &IncidentLine) -> String {
    let moment = |text: &str| parse_moment(text, 0).unwrap_or(0);
    let end_ns = one.recovered.as_deref().map_or_else(|| asked.now_ns(), moment);
    words::lasting(end_ns.saturating_sub(moment(&one.start)) as f64 / 1e9)
}

/// One incident; `around` is the history of its capability with some time before and after it.
pub fn incident(asked: &Asked, one: &IncidentLine, around: Option<&History>) -> Markup {
    let frame = Frame {
        asked,
        place: Place::Incidents,
        title: &format!("Incident of {}", one.capability),
        json: Some(format!("/api/v1/incidents/{}", links::part(&one.id))),
        command: Some(format!("steelthread incidents {}", asked::quoted(&one.id))),
        has_range: false,
    };
    frame.around(&html! {
        div.head {
            h1 { "Incident of " a href=(asked.link(&links::capability(&one.capability))) { (words::name(&one.capability)) } }
            (marks::going_on(one.state == "open"))
            small { code { (words::name(&one.id)) } @if !one.owner.is_empty() { " · " (words::name(&one.owner)) } }
        }
        p.say { (say(asked, one)) }
        @if let Some(note) = &one.note { p.remark { (note) } }
        div.figures {
            (pieces::figure("Failed", &html! { (words::count(one.lost)) }, &html! { "of " (words::count(one.executions)) " attempts" }))
            (pieces::figure("Slow", &html! { (words::count(one.slow)) }, &html! { "served, over the limit" }))
            (pieces::figure("Lost", &html! { (money(one.lost_value.as_ref())) }, &html! { "by those that failed" }))
            (pieces::figure("Objective", &html! { (words::name(&one.objective)) }, &html! { (words::part(one.broken_share)) " broke it" }))
            (pieces::figure("System accident", &html! { (one.system_accident) }, &html! {
                @if one.hop_objectives_broken.is_empty() { "no hop broke an objective of its own" }
                @else { "broken: " (words::name(&one.hop_objectives_broken.join(", "))) }
            }))
        }
        section.card aria-label="Failures over time" { (chart::failures(&over_time::incident(one, around))) }
        div.split {
            section.card { h2 { "Who it was" } (guilty(one)) p { a href=(explained(asked, one)) { "Explain this time" } } }
            aside.side { section.card { h2 { "What happened when" } (entries(one)) } }
        }
        (timeline(one))
    })
}

fn say(asked: &Asked, one: &IncidentLine) -> Markup {
    html! {
        strong { (words::count(one.lost)) " attempts failed in " (lasted(asked, one))
            @if let Some(lost) = &one.lost_value { ", " (words::money(lost)) } "." } " "
        @if let Some(first) = one.hops.first() { (words::part(Some(first.share))) " of it at " (words::name(&first.hop)) ", " }
        "from " (words::moment(&one.start))
        @match &one.recovered { Some(end) => { " to " (words::moment(end)) "." } None => { "; it goes on." } }
    }
}

/// The address at which the time of the incident is explained.
fn explained(asked: &Asked, one: &IncidentLine) -> String {
    let end = one.recovered.as_deref().unwrap_or("now");
    let zone = if asked.is_local() { "&tz=local" } else { "" };
    format!("{}/explain?from={}&to={}{zone}", links::capability(&one.capability), links::part(&one.start), links::part(end))
}

fn guilty(one: &IncidentLine) -> Markup {
    html! {
        @if one.hops.is_empty() { p { "Nobody is named." } } @else {
            table.list {
                thead { tr { th scope="col" { "Hop" } th scope="col" { "Share" } th.r scope="col" { "Failed" } th.r scope="col" { "Slow" } } }
                tbody { @for hop in one.hops.iter().take(20) {
                    tr {
                        th scope="row" { (pieces::hop(&hop.hop, &hop.service)) }
                        td { span.bud { (pieces::bar(hop.share, "over")) (words::part(Some(hop.share))) } }
                        td.r { (pieces::quiet(hop.lost)) } td.r { (pieces::quiet(hop.slow)) }
                    }
                } }
            }
        }
    }
}

fn entries(one: &IncidentLine) -> Markup {
    let mut all: Vec<(&str, String)> =
        vec![(&one.start, "began".into()), (&one.detected, format!("told as a {}, tier {}", one.severity, one.tier))];
    if let Some(peak) = &one.peak {
        all.push((
            &peak.from,
            format!("worst: {} broke the objective ({})", words::count(peak.broken), words::part(peak.broken_share)),
        ));
    }
    all.extend(one.recovered.iter().map(|at| (at.as_str(), "recovered".to_owned())));
    all.extend(one.resolved.iter().map(|at| (at.as_str(), "over".to_owned())));
    all.extend(one.annotations.iter().map(|note| (note.from.as_str(), format!("{}: {}", note.kind, note.text))));
    all.sort_by(|a, b| a.0.cmp(b.0));
    html! { ol.plain { @for (at, text) in all { li { (words::moment(at)) " " b { (words::name(&text)) } } } } }
}

fn timeline(one: &IncidentLine) -> Markup {
    html! {
        @if !one.timeline.is_empty() {
            details.card #timeline {
                summary { "Minute by minute" }
                div.wide tabindex="0" role="region" aria-label="Timeline" {
                    table.list {
                        thead { tr { th scope="col" { "From" } th.r scope="col" { "Attempts" } th.r scope="col" { "Failed" } th.r scope="col" { "Slow" }
                            th.r scope="col" { "Broke the objective" } th scope="col" { "Mostly at" } } }
                        tbody { @for point in one.timeline.iter().take(500) {
                            tr {
                                th scope="row" { (words::moment(&point.from)) } td.r { (words::count(point.executions)) }
                                @for count in [point.lost, point.slow, point.broken] { td.r { (pieces::quiet(Count(count.0))) } }
                                td { @if let Some(first) = point.hops.first() { (words::name(&first.hop)) } }
                            }
                        } }
                    }
                }
            }
        }
    }
}
