//! One capability: how it does, who breaks it, and where to look next.

mod head;
mod side;
mod thread;

pub(super) use head::{Tab, head};

use super::frame::{Frame, Place};
use super::hops::{self, Width};
use super::{Asked, links, pieces, words};
use crate::query::{AnnotationLine, CapabilityStatus, Explanation, Flow, History, HopsAnswer, State};
use maud::{Markup, html};

/// What the view is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityFacts {
    /// How it is doing in the range.
    pub status: CapabilityStatus,
    /// Who fails it.
    pub hops: HopsAnswer,
    /// Who calls whom, and by which way failures come back.
    pub flow: Flow,
    /// The range in steps.
    pub history: History,
    /// What was done to the system in the range.
    pub annotations: Vec<AnnotationLine>,
    /// Why it was bad; asked only where it was.
    pub explained: Option<Explanation>,
}

/// Hops that are listed; all of them stand in a view of their own.
const MOST_HOPS: usize = 12;

/// The view.
pub fn capability(asked: &Asked, facts: &CapabilityFacts) -> Markup {
    let one = &facts.status;
    let here = links::capability(&one.id);
    let frame = Frame {
        asked,
        place: Place::Board,
        title: &one.title,
        json: Some(format!("/api/v1/capabilities/{}?{}", links::part(&one.id), asked.api_words())),
        command: Some(format!("steelthread status {}{}", super::asked::quoted(&one.id), asked.flags())),
        has_range: true,
    };
    let table = hops::table(asked, &facts.hops, Some(&here), Width::Narrow, MOST_HOPS);
    frame.around(&html! {
        (head(asked, one, Tab::Overview))
        p.say { (say(one)) }
        (figures(asked, one))
        (thread::map(asked, facts))
        div.split {
            section.card aria-label="Hops" {
                h2 { "Hops, most failures first" }
                (table)
                @if facts.hops.hops.len() > MOST_HOPS {
                    p { a href=(asked.link(&format!("{here}/hops"))) { "All " (facts.hops.hops.len()) " hops" } }
                }
            }
            (side::panel(asked, facts))
        }
        (thread::over(facts))
    })
}

fn say(one: &CapabilityStatus) -> Markup {
    html! {
        @match (one.state, &one.worst_hop) {
            (State::NoData, _) => { strong { "Nothing was counted in this time." } " " (one.why_empty.as_deref().unwrap_or_default()) }
            (State::TooFew, _) => {
                strong { "Too few attempts to tell." } " " (words::count(one.ok)) " were served and " (words::count(one.failed)) " failed."
            }
            (_, Some(worst)) => {
                strong { (words::count(one.failed)) " of " (words::count(one.executions)) " attempts failed." } " "
                (words::part(Some(worst.share))) " of the failures end at " (words::name(&worst.hop))
                @if let Some(supplier) = &worst.supplier { ", supplied by " (words::name(supplier)) } "."
            }
            (_, None) => { strong { "None of " (words::count(one.executions)) " attempts failed." } }
        }
    }
}

fn figures(asked: &Asked, one: &CapabilityStatus) -> Markup {
    let goal = one.objectives.iter().find(|objective| objective.kind == "availability");
    let digits = goal.map_or(1, |goal| words::digits_of(goal.target));
    let can_be_told = !matches!(one.state, State::NoData | State::TooFew);
    let rate = words::percent(one.success_rate.filter(|_| can_be_told), digits);
    let p95 = words::ms(one.latency_ms.p95.filter(|_| can_be_told));
    let budget = format!("{}/budget", links::capability(&one.id));
    html! {
        div.figures {
            (pieces::figure("Success", &html! { (rate) }, &html! {
                @match goal { Some(goal) => { "goal " (words::goal(goal.target)) } None => { "no goal" } }
            }))
            (pieces::figure("Attempts", &html! { (words::count(one.executions)) }, &html! { (words::count(one.ok)) " served" }))
            (pieces::figure("Failed", &html! { (words::count(one.failed)) }, &html! {
                @match &one.lost_value { Some(lost) => (words::money(lost)) None => { "no value in the map" } }
            }))
            (pieces::figure("Slow", &html! { (words::count(one.slow)) }, &html! { "served, over the limit" }))
            (pieces::figure("p95", &html! { (p95) }, &html! { "of those served" }))
            @for objective in &one.objectives {
                (pieces::figure(&format!("Left of {}", words::cut(&objective.id).unwrap_or_else(|| objective.id.clone())),
                    &html! { (words::percent(objective.budget_left, 0)) },
                    &html! { "in this time; " a href=(asked.link(&budget)) { "whole budget" } }))
            }
        }
    }
}
