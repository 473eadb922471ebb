//! Signs: what is told by a colour is always told by a shape and a word, too.

use crate::query::State;
use maud::{Markup, html};

/// Class, and word of a state.
pub(super) fn state_words(state: State) -> (&'static str, &'static str) {
    match state {
        State::Ok => ("ok", "ok"),
        State::Degraded => ("warn", "degraded"),
        State::Failing => ("fail", "failing"),
        State::NoData => ("unknown", "no data"),
        State::TooFew => ("unknown", "too few"),
    }
}

/// The chip of a state: icon, word and colour together.
pub(super) fn state(state: State) -> Markup {
    let (class, word) = state_words(state);
    chip(class, state_path(state), word)
}

/// The same, where there are many and [`state_symbols`] stands on the page.
pub(super) fn small_state(state: State) -> Markup {
    let (class, word) = state_words(state);
    html! { span class={ "chip " (class) } { svg { use href={ "#s-" (word.split(' ').next().unwrap_or_default()) } {} } (word) } }
}

/// Icons of all states, to be used by their names.
pub(super) fn state_symbols() -> Markup {
    html! {
        svg.symbols width="0" height="0" aria-hidden="true" {
            @for state in [State::Ok, State::Degraded, State::Failing, State::NoData, State::TooFew] {
                symbol id={ "s-" (state_words(state).1.split(' ').next().unwrap_or_default()) } viewBox="0 0 16 16" { path.i d=(state_path(state)) {} }
            }
        }
    }
}

fn state_path(state: State) -> &'static str {
    match state {
        State::Ok => "M3 8.5l3.4 3.5L13 4.5",
        State::Degraded => "M8 2.5l6 11H2zM8 6.5v3.2M8 11.2v1",
        State::Failing => "M4 4l8 8M12 4l-8 8",
        State::NoData => {
            "M8 2.5v2M8 11.5v2M2.5 8h2M11.5 8h2M4.1 4.1l1.4 1.4M10.5 10.5l1.4 1.4M11.9 4.1l-1.4 1.4M5.5 10.5l-1.4 1.4"
        }
        State::TooFew => "M3 6.5q2.5-2.5 5 0t5 0M3 10.5q2.5-2.5 5 0t5 0",
    }
}

/// Something that goes on, or is over.
pub(super) fn going_on(is_open: bool) -> Markup {
    if is_open { chip("fail", "M8 3.5v5.5M8 11.6v1", "open") } else { chip("unknown", "M3 8.5l3.4 3.5L13 4.5", "over") }
}

/// Icon, word and colour together.
pub(super) fn chip(class: &str, path: &str, word: &str) -> Markup {
    html! {
        span class={ "chip " (class) } {
            svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" { path d=(path) {} }
            (word)
        }
    }
}

/// Three stations on a line.
pub(super) fn logo() -> Markup {
    html! {
        svg viewBox="0 0 26 16" width="26" height="16" aria-hidden="true" {
            path d="M1 8h24" class="th" {}
            circle cx="5" cy="8" r="3.4" class="st" {}
            circle cx="13" cy="8" r="3.4" class="st" {}
            circle cx="21" cy="8" r="3.4" class="st" {}
        }
    }
}
