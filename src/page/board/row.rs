//! A row of the board.

use super::BoardFacts;
use super::order::Row;
use crate::page::{Asked, chart, flow, links, marks, words};
use crate::query::{ObjectiveBudget, WorstHop, parse_moment};
use maud::{Markup, html};

/// Length of the bar, and its height.
const BAR: (f64, f64) = (80.0, 8.0);

/// One capability.
pub(super) fn row(asked: &Asked, facts: &BoardFacts, row: &Row<'_>) -> Markup {
    let one = row.one;
    let (class, _) = marks::state_words(one.state);
    let here = asked.link(&links::capability(&one.id));
    html! {
        tr.row.(class) {
            td.state {
                (marks::state(one.state))
                @if let Some(incident) = row.incident {
                    a.incident href=(asked.link(&links::incident(&incident.id))) { "incident since " (words::clock(&incident.start)) }
                }
            }
            th scope="row" {
                a href=(here) { (words::name(&one.title)) }
                @if let Some(owner) = &one.owner { small { (words::name(owner)) } }
            }
            td.thread { @if let Some(flow) = facts.threads.get(&one.id) { (flow::strip(flow, one)) } }
            td.success data-l="success" {
                b.num.(success_class(row)) { (success(row)) }
                small { @match row.availability() { Some(goal) => { "goal " (words::goal(goal.target)) } None => { "no goal" } } }
            }
            td data-l="p95" { span.num { (words::ms(one.latency_ms.p95.filter(|_| row.can_be_told()))) } }
            td.attempts data-l="attempts" {
                @if let Some(values) = facts.attempts.get(&one.id) { (chart::spark(&values.iter().copied().map(Some).collect::<Vec<_>>())) }
                small { (attempts(facts, row)) }
            }
            td.budget data-l="budget left" { (budget(asked, row)) }
            td.worst data-l="worst hop" {
                @match &one.worst_hop { Some(worst) => (worst_hop(asked, facts, row, worst)) None => small { "no failures" } }
            }
        }
    }
}

fn success(row: &Row<'_>) -> String {
    let digits = row.availability().map_or(1, |goal| words::digits_of(goal.target));
    words::percent(row.one.success_rate.filter(|_| row.can_be_told()), digits)
}

fn success_class(row: &Row<'_>) -> &'static str {
    let missed = row.availability().zip(row.one.success_rate).is_some_and(|(goal, rate)| rate < goal.target);
    if missed && row.can_be_told() { marks::state_words(row.one.state).0 } else { "plain" }
}

/// Seconds of the range that is told.
fn seconds(facts: &BoardFacts) -> f64 {
    let moment = |text: &str| parse_moment(text, 0).unwrap_or(0);
    let range = &facts.status.range;
    moment(&range.to).saturating_sub(moment(&range.from)) as f64 / 1e9
}

fn attempts(facts: &BoardFacts, row: &Row<'_>) -> String {
    words::a_minute(row.one.executions, seconds(facts))
}

fn budget(asked: &Asked, row: &Row<'_>) -> Markup {
    let Some(budget) = row.budget else { return html! { small { "no goal" } } };
    let left = budget.left_share.unwrap_or(0.0);
    let class = budget_class(left);
    let told = format!("{} over {}", budget.objective, budget.window);
    let path = format!("{}/budget", links::capability(&row.one.id));
    html! {
        a.bud href=(asked.link(&path)) title=(told) {
            (bar(budget, class))
            span.num.(class) { (words::percent(Some(left), 0)) }
        }
    }
}

pub(in crate::page) fn budget_class(left: f64) -> &'static str {
    match left {
        _ if left <= 0.0 => "fail",
        _ if left < 0.5 => "warn",
        _ => "ok",
    }
}

/// What is left as a bar; under zero it is full, and red.
fn bar(budget: &ObjectiveBudget, class: &str) -> Markup {
    let left = budget.left_share.unwrap_or(0.0);
    let width = if left <= 0.0 { BAR.0 } else { BAR.0 * left.min(1.0) };
    html! {
        svg viewBox={ "0 0 " (BAR.0) " " (BAR.1) } width=(BAR.0) height=(BAR.1) aria-hidden="true" {
            rect class="b-track" width=(BAR.0) height=(BAR.1) rx="2" {}
            rect class={ "b-" (class) } width=(format!("{width:.1}")) height=(BAR.1) rx="2" {}
        }
    }
}

fn worst_hop(asked: &Asked, facts: &BoardFacts, row: &Row<'_>, worst: &WorstHop) -> Markup {
    let path = format!("{}/hops", links::capability(&row.one.id));
    html! {
        a href=(asked.link(&path)) { b { (words::name(&worst.hop)) } }
        small {
            (words::part(Some(worst.share))) " of failures"
            @if let Some(supplier) = &worst.supplier { " · " (words::name(supplier)) }
            @if let Some(money) = row.one.lost_value.as_ref().and_then(|lost| words::money_a_minute(lost, seconds(facts))) { " · " (money) }
        }
    }
}
