//! The sentence above the board.

use super::order::Row;
use crate::page::words;
use crate::query::{CapabilityStatus, State};
use maud::{Markup, html};

/// What somebody would say who has read the board for others.
pub(super) fn sentence(rows: &[Row<'_>]) -> Markup {
    let of = |state: State| rows.iter().filter(move |row| row.one.state == state);
    let worst = of(State::Failing).next().or_else(|| of(State::Degraded).next());
    let counts = [
        (State::Failing, "is failing", "are failing"),
        (State::Degraded, "is degraded", "are degraded"),
        (State::NoData, "has no data", "have no data"),
        (State::TooFew, "has too few attempts to tell", "have too few attempts to tell"),
    ];
    let told_first = worst.map(|row| row.one.state);
    let others = counts.map(|(state, one, more)| {
        let count = of(state).count() - usize::from(told_first == Some(state));
        let word = if told_first == Some(state) { " more" } else { "" };
        (count > 0).then(|| format!("{count}{word} {}", if count == 1 { one } else { more }))
    });
    let others: Vec<String> = others.into_iter().flatten().collect();
    html! {
        @match worst {
            Some(row) => { (first(row)) " " }
            None => { strong { (good(of(State::Ok).count(), rows.len())) } " " }
        }
        @if !others.is_empty() { (others.join(", ")) "." }
    }
}

fn good(good: usize, all: usize) -> String {
    match (good, all) {
        (0, _) => "Nothing can be told of this time.".into(),
        (1, 1) => "The capability keeps its goals.".into(),
        _ if good == all => format!("All {all} capabilities keep their goals."),
        _ => format!("{good} of {all} capabilities keep their goals."),
    }
}

fn first(row: &Row<'_>) -> Markup {
    let one = row.one;
    let word = if one.state == State::Failing { "is failing" } else { "is degraded" };
    html! {
        strong { (words::name(&one.title)) " " (word) "." } " "
        @match of_a_hundred(one) {
            Some(rate) => {
                (rate) " attempts fail"
                @if let Some(worst) = &one.worst_hop { "; " (words::part(Some(worst.share))) " of those end at " (words::name(&worst.hop)) }
                "."
            }
            None => { "Served, but slower than promised." }
        }
    }
}

/// `12 of 100`, `3 of 1 000`: so that there is a whole number of people in it. Nothing where none fail.
fn of_a_hundred(one: &CapabilityStatus) -> Option<String> {
    let share = one.success_rate.map(|rate| 1.0 - rate).filter(|share| *share > 0.0)?;
    let of = [100.0, 1000.0, 10_000.0, 100_000.0].into_iter().find(|of| share * of >= 1.0).unwrap_or(1_000_000.0);
    let some = (share * of).round().max(1.0);
    Some(format!("{} of {}", words::grouped(some), words::grouped(of)))
}
