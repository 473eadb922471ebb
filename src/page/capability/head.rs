//! The head that all views of a capability share, with the way to the others.

use crate::page::{Asked, links, marks, words};
use crate::query::CapabilityStatus;
use maud::{Markup, html};

/// Views of a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::page) enum Tab {
    Overview,
    Hops,
    Latency,
    Explain,
    Budget,
    Matching,
}

const TABS: [(Tab, &str, &str); 6] = [
    (Tab::Overview, "", "Overview"),
    (Tab::Hops, "/hops", "Hops"),
    (Tab::Latency, "/heatmap", "Latency"),
    (Tab::Explain, "/explain", "Explain"),
    (Tab::Budget, "/budget", "Budget"),
    (Tab::Matching, "/matching", "Matching"),
];

/// Title, state, owner, and the views.
pub(in crate::page) fn head(asked: &Asked, one: &CapabilityStatus, tab: Tab) -> Markup {
    let here = links::capability(&one.id);
    html! {
        div.head {
            h1 { (words::name(&one.title)) }
            (marks::state(one.state))
            small { code { (words::name(&one.id)) } @if let Some(owner) = &one.owner { " · " (words::name(owner)) } }
        }
        nav.tabs aria-label="Views of this capability" {
            @for (known, path, word) in TABS {
                a href=(asked.link(&format!("{here}{path}"))) aria-current=[(known == tab).then_some("page")] { (word) }
            }
        }
    }
}
