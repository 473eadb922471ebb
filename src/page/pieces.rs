//! Small parts that several views are made of.

use super::{Asked, links, words};
use crate::query::Count;
use maud::{Markup, html};

/// A figure with its name above, and a remark below.
pub(super) fn figure(label: &str, value: &Markup, remark: &Markup) -> Markup {
    html! { div.figure { small { (label) } b { (value) } small { (remark) } } }
}

/// A share of 0 to 1 as a bar. Beside it stands the number.
pub(super) fn bar(share: f64, class: &str) -> Markup {
    let width = format!("{:.1}", 80.0 * share.clamp(0.0, 1.0));
    html! {
        svg.bar aria-hidden="true" { rect class={ "b-" (class) } width=(width) {} }
    }
}

/// A hop, and the service it is an operation of.
pub(super) fn hop(hop: &str, service: &str) -> Markup {
    html! { b { (words::name(hop)) } @if !service.is_empty() && service != hop { small { (words::name(service)) } } }
}

/// A trace: what was judged of it here, and its spans where the reader's own viewer keeps them.
pub(super) fn trace(asked: &Asked, id: &str) -> Markup {
    let outside = asked.traces().and_then(|template| links::of_trace(template, id));
    html! {
        span.trace {
            a href=(asked.link(&links::trace(id))) { code { (id.chars().take(8).collect::<String>()) "…" } }
            @if let Some(outside) = outside { " " a href=(outside) rel="noreferrer" title="Open in the trace viewer" { "spans" } }
        }
    }
}

/// Some of these traces.
pub(super) fn traces(asked: &Asked, ids: &[String]) -> Markup {
    html! { @for id in ids.iter().take(3) { (trace(asked, id)) " " } }
}

/// A count, empty-looking where there is none.
pub(super) fn quiet(count: Count) -> Markup {
    html! { @if count.0 == 0.0 { span.none { "0" } } @else { (words::count(count)) } }
}

/// A switch: a few values of one word of the address, the first of them the usual one.
pub(super) fn switch(asked: &Asked, label: &str, word: &str, values: &[(&str, &str)]) -> Markup {
    let usual = values.first().map(|(value, _)| *value);
    let now = asked.word(word).or(usual);
    html! {
        span.switch { (label) " "
            @for (value, told) in values {
                a.pick href=(asked.with(word, (Some(*value) != usual).then_some(*value))) aria-current=[(now == Some(*value)).then_some("true")] { (told) }
            }
        }
    }
}
