//! A row of the board. There may be hundreds, and a page stays under 120 kB: so cells have no names of their own (the style knows them
//! by their places), signs and lines are drawn once and used, and only the first rows, which are the worst, have pictures.

use super::BoardFacts;
use super::order::Row;
use crate::page::{Asked, chart, flow, links, marks, words};
use crate::query::{WorstHop, parse_moment};
use maud::{Markup, html};

/// Length of a whole bar, pixels.
const BAR: f64 = 80.0;

/// One capability. `is_drawn`: with pictures, and with all links.
pub(super) fn row(asked: &Asked, facts: &BoardFacts, row: &Row<'_>, is_drawn: bool) -> Markup {
    let one = row.one;
    let here = asked.link(&links::capability(&one.id));
    html! {
        tr.(marks::state_words(one.state).0) {
            td {
                (marks::small_state(one.state))
                @if let Some(incident) = row.incident {
                    a.incident href=(asked.link(&links::incident(&incident.id))) {
                        "incident" @if is_drawn { " since " (words::clock(&incident.start)) }
                    }
                }
            }
            th scope="row" {
                a href=(here) { (words::name(&one.title)) }
                @if let Some(owner) = &one.owner { small { (words::name(owner)) } }
            }
            td { @if let Some(flow) = facts.threads.get(&one.id).filter(|_| is_drawn) { (flow::strip(flow, one)) } }
            td {
                b.(success_class(row)) { (success(row)) }
                small { @match row.availability() { Some(goal) => { "goal " (words::goal(goal.target)) } None => { "no goal" } } }
            }
            td { (words::ms(one.latency_ms.p95.filter(|_| row.can_be_told()))) }
            td {
                @if let Some(values) = facts.attempts.get(&one.id).filter(|_| is_drawn) { (chart::spark(values)) }
                small { (words::a_minute(one.executions, seconds(facts))) }
            }
            td { (budget(row)) }
            td { @match &one.worst_hop { Some(worst) => (worst_hop(asked, facts, row, worst, is_drawn)) None => small { "no failures" } } }
        }
    }
}

fn success(row: &Row<'_>) -> String {
    let digits = row.availability().map_or(1, |goal| words::digits_of(goal.target));
    words::percent(row.one.success_rate.filter(|_| row.can_be_told()), digits)
}

/// The colour of its state, where its goal is missed.
fn success_class(row: &Row<'_>) -> &'static str {
    let missed = row.availability().zip(row.one.success_rate).is_some_and(|(goal, rate)| rate < goal.target);
    if missed && row.can_be_told() { "missed" } else { "plain" }
}

/// Seconds of the range that is told.
fn seconds(facts: &BoardFacts) -> f64 {
    let moment = |text: &str| parse_moment(text, 0).unwrap_or(0);
    let range = &facts.status.range;
    moment(&range.to).saturating_sub(moment(&range.from)) as f64 / 1e9
}

fn budget(row: &Row<'_>) -> Markup {
    let Some(left) = row.budget.and_then(|budget| budget.left_share) else { return html! { small { "no goal" } } };
    // Under zero the bar is full, and red.
    let wide = if left <= 0.0 { BAR } else { (BAR * left.min(1.0)).ceil() };
    html! {
        span.bud.(budget_class(left)) { svg { rect width=(wide) {} } (words::percent(Some(left), 0)) }
    }
}

/// How near a budget is to its end.
pub(in crate::page) fn budget_class(left: f64) -> &'static str {
    match left {
        _ if left <= 0.0 => "fail",
        _ if left < 0.5 => "warn",
        _ => "ok",
    }
}

fn worst_hop(asked: &Asked, facts: &BoardFacts, row: &Row<'_>, worst: &WorstHop, is_drawn: bool) -> Markup {
    let path = format!("{}/hops", links::capability(&row.one.id));
    html! {
        @if is_drawn { a href=(asked.link(&path)) { (words::name(&worst.hop)) } } @else { b { (words::name(&worst.hop)) } }
        small {
            (words::part(Some(worst.share))) " of failures"
            @if let Some(supplier) = &worst.supplier { " · " (words::name(supplier)) }
            @if let Some(money) = row.one.lost_value.as_ref().and_then(|lost| words::money_a_minute(lost, seconds(facts))) { " · " (money) }
        }
    }
}
