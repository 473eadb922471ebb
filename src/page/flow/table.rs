//! The facts of the map as a table, for who wants figures, and for who does not see a picture.

use super::picture::{Mode, Picture};
use super::words;
use crate::page;
use maud::{Markup, html};

/// All hops of a picture, those with most harm first, then by name; folded ones, too.
pub fn table(picture: &Picture) -> Markup {
    let picture = picture.in_order();
    let mut order: Vec<usize> = (0..picture.nodes.len()).collect();
    order.sort_by(|one, other| picture.nodes[*other].ends.total_cmp(&picture.nodes[*one].ends).then(one.cmp(other)));
    let harmed = words::harmed(picture.mode);
    html! {
        table class="list" {
            caption { (words::story(&picture)) }
            thead {
                tr {
                    th scope="col" { "Hop" }
                    th scope="col" { "What it is" }
                    th scope="col" { "Called by" }
                    th scope="col" class="r" { "Attempts" }
                    th scope="col" class="r" { @if picture.mode == Mode::Slow { "Slow ones" } @else { "Failures" } }
                    th scope="col" class="r" { "Of all " (harmed) }
                    th scope="col" { "Why" }
                    th scope="col" class="r" { "Absorbed" }
                }
            }
            tbody {
                @for at in order { (row(&picture, at)) }
                @for (name, many) in [("the caller", picture.caller), ("cannot know", picture.unknown)] {
                    @if many > 0.0 {
                        tr {
                            th scope="row" { (name) }
                            td {} td {} td {}
                            td class="r" { (words::count(many)) }
                            td class="r" { (words::percent(picture.part(many))) }
                            td {} td {}
                        }
                    }
                }
            }
        }
    }
}

fn row(picture: &Picture, at: usize) -> Markup {
    let node = &picture.nodes[at];
    let callers = picture.edges.iter().filter(|edge| edge.to == at);
    let mut callers: Vec<&str> =
        callers.map(|edge| edge.from.map_or(picture.customer.as_str(), |from| &picture.nodes[from].hop)).collect();
    callers.dedup();
    html! {
        tr class=[picture.is_culprit(at).then_some("bad")] {
            th scope="row" { @if let Some(href) = &node.href { a href=(href) { (page::words::name(&node.hop)) } } @else { (page::words::name(&node.hop)) } }
            td { (page::words::name(&words::what(picture, at))) }
            td { @for (place, caller) in callers.iter().take(5).enumerate() { @if place > 0 { ", " } (page::words::name(caller)) } @if callers.len() > 5 { " and " (callers.len() - 5) " more" } }
            td class="r" { (words::fine_percent(node.share)) }
            td class="r" { (words::count(node.ends)) }
            td class="r" { @if node.ends > 0.0 { (words::percent(picture.part(node.ends))) } }
            td {
                @if let (true, Some(cause)) = (node.ends > 0.0, &node.cause) { (words::cause(cause)) }
                @else if node.passes_on && picture.mode == Mode::Failures { "passes errors on" }
            }
            td class="r" { @if node.absorbed > 0.0 { (words::count(node.absorbed)) } }
        }
    }
}
