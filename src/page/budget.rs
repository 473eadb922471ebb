//! The budget of a capability: how much may still fail, who used the rest, and whether to release.

use super::capability::{Tab, head};
use super::frame::{Frame, Place};
use super::{Asked, asked, chart, links, over_time, pieces, words};
use crate::query::{
    AlertLine, BudgetAnswer, CapabilityStatus, Count, Decision, GateAnswer, History, ObjectiveBudget, parse_length,
};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// What the view is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetFacts {
    /// How it is doing, with its burn rates.
    pub status: CapabilityStatus,
    /// What is left.
    pub budget: BudgetAnswer,
    /// Whether to release.
    pub gate: GateAnswer,
    /// The time of each window of its own objectives in steps, by objective.
    pub over: BTreeMap<String, History>,
    /// Alerts about it that last.
    pub alerts: Vec<AlertLine>,
}

/// The view.
pub fn budget(asked: &Asked, facts: &BudgetFacts) -> Markup {
    let one = &facts.status;
    let frame = Frame {
        asked,
        place: Place::Board,
        title: &one.title,
        json: Some(format!("/api/v1/capabilities/{}/budget", links::part(&one.id))),
        command: Some(format!("steelthread budget {}", asked::quoted(&one.id))),
        has_range: true,
    };
    let (own, of_hops): (Vec<_>, Vec<_>) = facts.budget.budgets.iter().partition(|budget| budget.hop.is_none());
    frame.around(&html! {
        (head(asked, one, Tab::Budget))
        p.say { (gate(&facts.gate)) }
        @for alert in &facts.alerts { p.remark { strong { (words::text(&alert.summary)) } ", since " (words::moment(&alert.since)) "." } }
        @if own.is_empty() { p.card { "The map names no objective. Write " code { "objectives: [{id: available, target: 99.9%, window: 28d}]" } " under the capability." } }
        @for budget in &own { (objective(facts, budget)) }
        @if !of_hops.is_empty() {
            section.card {
                h2 { "Objectives of its hops" }
                div.wide tabindex="0" role="region" aria-label="Objectives of hops" { table.list {
                    thead { tr { th scope="col" { "Hop" } th scope="col" { "Objective" } th scope="col" { "Goal" } th scope="col" { "Left" } th.r scope="col" { "Used" } th.r scope="col" { "Allowed" } } }
                    tbody { @for budget in of_hops { tr {
                        th scope="row" { (words::name(budget.hop.as_deref().unwrap_or_default())) }
                        td { (words::name(&budget.objective)) } td { (words::goal(budget.target)) " over " (budget.window) }
                        td { (left(budget)) } td.r { (words::count(budget.used)) } td.r { (words::count(budget.allowed)) }
                    } } }
                } }
            }
        }
    })
}

fn gate(gate: &GateAnswer) -> Markup {
    let word = match gate.decision {
        Decision::Allow => "Release.",
        Decision::Freeze => "Hold releases.",
    };
    html! {
        strong { (word) } " Because " (words::text(&gate.reason)) "."
        @if !gate.exemptions.is_empty() { " All the same: " (words::text(&gate.exemptions.join(", "))) "." }
    }
}

fn left(budget: &ObjectiveBudget) -> Markup {
    let share = budget.left_share;
    let class = share.map_or("ok", super::board::budget_class);
    // Under zero the bar is full.
    let wide = share.map_or(0.0, |share| if share <= 0.0 { 1.0 } else { share });
    html! { span.bud.(class) { (pieces::bar(wide, class)) (words::percent(share, 0)) } }
}

fn objective(facts: &BudgetFacts, it: &ObjectiveBudget) -> Markup {
    let burns = facts.status.objectives.iter().find(|objective| objective.id == it.objective).map(|objective| &objective.burn);
    html! {
        section.card {
            h2 { (words::name(&it.objective)) ": " (words::goal(it.target)) " over " (it.window) }
            p { (eta(it)) }
            @if let Some(burn) = facts.over.get(&it.objective).and_then(|history| over_time::burn(it, history)) { (chart::burn(&burn)) }
            div.figures {
                (pieces::figure("Left", &left(it), &html! { (how_many(it)) }))
                (pieces::figure("Allowed", &html! { (words::count(it.allowed)) }, &html! { "of " (words::count(it.counted)) " counted" }))
                (pieces::figure("Used", &html! { (words::count(it.used)) }, &html! { (words::count(it.lately.used)) " of it in the last " (words::lasting(it.lately.seconds as f64)) }))
            }
            @if let Some(rates) = burns { (burning(rates)) }
            @if !it.spent.is_empty() { (spent(it)) }
            @if let Some(left_out) = &it.excluded {
                p { small { (words::count(left_out.counted)) " attempts in announced maintenance are left out, " (words::count(left_out.used)) " of which failed." } }
            }
            @if let Some(note) = &it.note { p { small { (note) } } }
        }
    }
}

fn how_many(it: &ObjectiveBudget) -> String {
    if it.left.0 < 0.0 {
        format!("{} too many", words::count(Count(-it.left.0)))
    } else {
        format!("{} more may fail", words::count(it.left))
    }
}

/// Burn rates, the shortest window first.
fn burning(rates: &BTreeMap<String, f64>) -> Markup {
    let mut rates: Vec<(u64, &str, f64)> =
        rates.iter().map(|(window, rate)| (parse_length(window).unwrap_or(u64::MAX), window.as_str(), *rate)).collect();
    rates.sort_by_key(|(length, _, _)| *length);
    html! {
        @if !rates.is_empty() {
            p { "Times as fast as it may be used: "
                @for (at, (_, window, rate)) in rates.iter().enumerate() {
                    @if at > 0 { " · " } b { (format!("{rate:.1}")) } " in " (window)
                } "." }
        }
    }
}

fn eta(it: &ObjectiveBudget) -> Markup {
    html! {
        @if it.gone { strong { "It is gone." } " More failed than the goal allows." }
        @else { @match (&it.gone_at, it.gone_in_seconds) {
            (Some(at), Some(seconds)) => { "At the pace of late it is gone in " strong { (words::lasting(seconds as f64)) } ", " (words::moment(at)) "." }
            _ => { "At the pace of late it lasts." }
        } }
    }
}

fn spent(it: &ObjectiveBudget) -> Markup {
    html! {
        table.list {
            thead { tr { th scope="col" { "Who used it" } th scope="col" { "Share" } th.r scope="col" { "Used" } } }
            tbody { @for one in it.spent.iter().take(20) { tr {
                th scope="row" { (pieces::hop(&one.hop, &one.service)) }
                td { span.bud { (pieces::bar(one.share, "over")) (words::part(Some(one.share))) } }
                td.r { (words::count(one.used)) }
            } } }
        }
    }
}
