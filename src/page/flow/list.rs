//! The flow on a narrow screen: hops one below the other in the order in which a call comes to them, the strand beside them.

use super::fold::Folded;
use super::picture::{Edge, Mode, Picture};
use super::route::{band_width, strand_width};
use super::words;
use crate::page;
use maud::{Markup, html};

/// Deeper hops are not moved further in.
const DEEPEST: usize = 5;

/// A hop in the list.
struct Row {
    node: usize,
    depth: usize,
    from: Option<usize>,
}

/// The list. `reading` says of hops that no way leads to where they stand: at the end, in this order.
pub fn list(folded: &Folded, reading: &[usize]) -> Markup {
    let picture = &folded.picture;
    html! {
        ol class={ "flow-list" @if picture.mode == Mode::Slow { " slow" } } {
            li class="customer" {
                b { (page::words::name(&picture.customer)) }
                @if picture.executions > 0.0 { small { (words::fine_percent(picture.harmed_share())) " " (words::harm(picture.mode)) } }
            }
            @for row in rows(picture, reading) { (item(folded, &row)) }
        }
    }
}

/// Hops in the order of a walk from the customer: each once, where the widest strand or band reaches it first.
fn rows(picture: &Picture, reading: &[usize]) -> Vec<Row> {
    let mut leaving: Vec<Vec<&Edge>> = vec![Vec::new(); picture.nodes.len() + 1];
    picture.edges.iter().for_each(|edge| leaving[edge.from.map_or(0, |from| from + 1)].push(edge));
    let mut rows = Vec::with_capacity(picture.nodes.len());
    let mut seen = vec![false; picture.nodes.len()];
    let mut open: Vec<Row> = Vec::new();
    let by_order = |edges: &mut Vec<&Edge>| edges.sort_by_key(|edge| reading.iter().position(|node| *node == edge.to));
    leaving.iter_mut().for_each(by_order);
    let push = |open: &mut Vec<Row>, from: Option<usize>, depth: usize| {
        let to = leaving[from.map_or(0, |from| from + 1)].iter().rev();
        open.extend(to.map(|edge| Row { node: edge.to, depth, from }));
    };
    push(&mut open, None, 0);
    let mut rest = reading.iter();
    loop {
        while let Some(row) = open.pop() {
            if !std::mem::replace(&mut seen[row.node], true) {
                push(&mut open, Some(row.node), row.depth + 1);
                rows.push(row);
            }
        }
        let Some(node) = rest.find(|node| !seen[**node]) else { return rows };
        open.push(Row { node: *node, depth: 0, from: None });
    }
}

fn item(folded: &Folded, row: &Row) -> Markup {
    let picture = &folded.picture;
    let node = &picture.nodes[row.node];
    let into = picture.edges.iter().filter(|edge| edge.to == row.node);
    let (share, strand) = into.fold((0.0, 0.0), |(share, strand), edge| (f64::max(share, edge.share), strand + edge.strand));
    let is_async = picture.edges.iter().filter(|edge| edge.to == row.node).all(|edge| edge.is_async);
    let name = html! { b { (page::words::name(&node.hop)) } };
    let what = words::what(picture, row.node);
    html! {
        li class={ "in" (row.depth.min(DEEPEST)) @if picture.is_culprit(row.node) { " bad" } @if node.external { " ext" } } {
            svg width="24" aria-hidden="true" {
                path class={ "band" @if is_async { " async" } } stroke-width=(format!("{:.1}", band_width(share))) d="M12 0v400" {}
                @if strand > 0.0 {
                    path class="strand" stroke-width=(format!("{:.1}", strand_width(picture, strand))) d=(if strand > node.ends { "M15 0v400" } else { "M15 0v24" }) {}
                }
                @if node.ends > 0.0 {
                    g class="cut lesser" { circle cx="15" cy="24" r="5.5" {} path d="M12.8 21.8l4.4 4.4m0-4.4l-4.4 4.4" {} }
                }
            }
            div {
                @if let Some(href) = &node.href { a href=(href) { (name) } } @else { (name) }
                small {
                    @if !what.is_empty() { (page::words::name(&what)) }
                    @if let Some(from) = row.from {
                        @if !what.is_empty() { ", " }
                        "called by " (page::words::name(&picture.nodes[from].hop))
                    }
                    @if is_async && row.from.is_some() { ", nobody waits" }
                }
                @if let Some(above) = words::above(picture, row.node) {
                    p class={ "note" @if picture.is_culprit(row.node) { " verdict" } } {
                        (above)
                        @if let (true, Some(cause)) = (node.ends > 0.0, &node.cause) {
                            @if !above.ends_with(':') { ":" }
                            " " (words::cause(cause))
                        }
                    }
                }
                @if node.absorbed > 0.0 { p class="note" { (words::count(node.absorbed)) " errors absorbed" } }
                @if folded.more[row.node] > 0 { p class="note" { "+ " (folded.more[row.node]) " more" } }
            }
        }
    }
}

/// What a list item says of its hop, for tests and for who counts.
#[cfg(test)]
pub fn order(picture: &Picture, reading: &[usize]) -> Vec<(String, usize)> {
    rows(picture, reading).iter().map(|row| (picture.nodes[row.node].hop.clone(), row.depth)).collect()
}
