//! The board: one row a capability, worst first, and one sentence above it that a person would say (spec 8.2).

use super::frame::{Frame, Place};
use super::{Asked, links, marks, words};
use crate::query::{CapabilityStatus, State, Status};
use maud::{Markup, html};

/// What the board is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardFacts {
    /// How all capabilities are doing.
    pub status: Status,
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
    let mut rows: Vec<&CapabilityStatus> = facts.status.capabilities.iter().collect();
    rows.sort_by_key(|one| rank(one.state));
    frame.around(&html! {
        h1 { (rows.len()) " capabilities" }
        section.board aria-label="Capabilities, worst first" {
            @for one in rows { (row(asked, one)) }
        }
    })
}

/// The order in which states are shown.
fn rank(state: State) -> u8 {
    match state {
        State::Failing => 0,
        State::NoData => 1,
        State::Degraded => 2,
        State::TooFew => 3,
        State::Ok => 4,
    }
}

fn row(asked: &Asked, one: &CapabilityStatus) -> Markup {
    let (class, _) = marks::state_words(one.state);
    html! {
        div class={ "row " (class) } {
            span { (marks::state(one.state)) }
            span.t { a href=(asked.link(&links::capability(&one.id))) { b { (words::name(&one.title)) } } }
            span.n { (words::percent(one.success_rate, 1)) }
            span.n { (words::ms(one.latency_ms.p95)) }
        }
    }
}
