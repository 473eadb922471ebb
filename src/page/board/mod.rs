//! The board: one row a capability, worst first, and one sentence above it that a person would say (spec 8.2).
//!
//! What is asked of the board is "does it work?"; so rows stand in the order in which somebody should look at them, and what is not
//! known is told as that and not as good: too few attempts show no rate, and data that has stopped says since when.

mod empty;
mod order;
mod row;
mod say;
#[cfg(test)]
mod tests;

use super::frame::{Frame, Place};
use super::{Asked, flow, marks, words};
use crate::query::{BudgetAnswer, Flow, IncidentLine, Status};
use maud::{Markup, html};
use order::Row;
pub(super) use row::budget_class;
use std::collections::HashMap;

/// What the board is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardFacts {
    /// How all capabilities are doing in the range.
    pub status: Status,
    /// What is left of their budgets, each over its own window.
    pub budget: BudgetAnswer,
    /// Incidents that go on.
    pub open: Vec<IncidentLine>,
    /// Executions over the range in equal steps, by capability; `None` before anything was kept.
    pub attempts: HashMap<String, Vec<Option<f64>>>,
    /// Who calls whom in each, by id; a strip is left out where there is none.
    pub threads: HashMap<String, Flow>,
    /// The end of the last slice in which anything was counted, nanoseconds since 1970; 0 where nothing ever was.
    pub counted_until_ns: u64,
    /// Where a collector can reach this machine, as far as the browser's own words tell; for people to copy.
    pub host: Option<String>,
}

/// The board.
pub fn board(asked: &Asked, facts: &BoardFacts) -> Markup {
    let frame = Frame {
        asked,
        place: Place::Board,
        title: "Capabilities",
        json: Some(format!("/api/v1/status?{}", asked.api_words())),
        command: Some(format!("steelthread status{}", asked.flags())),
        has_range: true,
    };
    let all = order::rows(facts);
    if let Some(empty) = empty::instead(asked, facts) {
        return frame.around(&empty);
    }
    let found: Vec<&Row<'_>> = all.iter().filter(|row| row.is_found(asked.word("q"))).collect();
    frame.around(&html! {
        h1 { (counted(all.len())) }
        p.say { (say::sentence(&all)) }
        (empty::stale(asked, facts))
        (tools(asked, all.len(), found.len()))
        @if found.is_empty() {
            p.card { "Nothing here is called " q { (words::name(asked.word("q").unwrap_or_default())) } ". "
                a href=(asked.with("q", None)) { "Show all" } }
        } @else {
            (table(asked, facts, &found))
            @if found.len() > FEW {
                p { small { "The " (MOST_DRAWN) " worst are drawn with their thread and attempts. A search draws what it finds." } }
            }
        }
    })
}

fn counted(capabilities: usize) -> String {
    format!("{capabilities} {}", if capabilities == 1 { "capability" } else { "capabilities" })
}

/// Search, and groups.
fn tools(asked: &Asked, all: usize, found: usize) -> Markup {
    let grouped = asked.word("group") == Some("owner");
    html! {
        div.tools {
            form role="search" method="get" action="/" {
                @for (name, value) in asked.words_but(&["q"]) { input type="hidden" name=(name) value=(value); }
                input #search type="search" name="q" value=[asked.word("q")] aria-label="Search capabilities, owners and hops"
                    placeholder="Search" maxlength="200";
                button { "Search" }
            }
            @if asked.word("q").is_some() {
                span { (found) " of " (all) " · " a href=(asked.with("q", None)) { "show all" } }
            }
            @if grouped { a href=(asked.with("group", None)) { "Worst first" } }
            @else { a href=(asked.with("group", Some("owner"))) { "Group by owner" } }
        }
    }
}

/// A board of so many rows has pictures in all of them.
const FEW: usize = 60;

/// Of a longer one only so many have, which are the worst: a picture is as large as a row. A search shows those of the others.
const MOST_DRAWN: usize = 20;

const COLUMNS: [&str; 8] = ["State", "Capability", "Steel thread", "Success", "p95", "Attempts", "Budget left", "Worst hop"];

fn table(asked: &Asked, facts: &BoardFacts, rows: &[&Row<'_>]) -> Markup {
    let drawn = if rows.len() <= FEW { FEW } else { MOST_DRAWN };
    let is_drawn = |row: &Row<'_>| rows.iter().take(drawn).any(|other| other.one.id == row.one.id);
    html! {
        (marks::state_symbols())
        (flow::strip_symbols())
        table.board aria-label="Capabilities, worst first" {
            thead { tr { @for column in COLUMNS { th scope="col" { (column) } } } }
            @if asked.word("group") == Some("owner") {
                @for (owner, of) in order::by_owner(rows) {
                    tbody {
                        tr.group { th scope="rowgroup" colspan=(COLUMNS.len()) { (words::name(owner.unwrap_or("nobody"))) } }
                        @for row in of { (row::row(asked, facts, row, is_drawn(row))) }
                    }
                }
            } @else {
                tbody { @for row in rows { (row::row(asked, facts, row, is_drawn(row))) } }
            }
        }
    }
}
