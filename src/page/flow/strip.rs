//! The thread strip of a board row (spec 8.1): the busiest path, the cut at the worst hop with its name, 210 by 34 pixels.
//!
//! A board has hundreds of them and a small budget of bytes. Paths with the same number of stations look the same, so each such path is
//! drawn once ([`strip_symbols`]) and used by all rows; a row adds its strand.

use super::picture::{Edge, Mode, Node, Picture};
use super::text::fitting;
use crate::query::{CapabilityStatus, Count, Flow, WorstHop};
use maud::{Markup, html};

/// More stations are not drawn; of longer paths the inner ones are left out.
const MOST: usize = 8;

/// From the first station to the last, pixels.
const ENDS: (f64, f64) = (12.0, 198.0);

/// Height of the line.
const LINE: f64 = 13.0;

/// The paths of all lengths, to be put once on a page that has strips.
pub fn strip_symbols() -> Markup {
    html! {
        svg width="0" height="0" aria-hidden="true" class="symbols" {
            @for many in 1..=MOST {
                symbol id={ "thread-" (many) } viewBox="0 0 210 34" {
                    path class="th" d=(format!("M{} {LINE}H{}", x(0, many), x(many - 1, many))) {}
                    @for at in 0..many { circle class="st" cx=(x(at, many)) cy=(LINE) r="4" {} }
                }
            }
        }
    }
}

fn x(at: usize, many: usize) -> f64 {
    if many < 2 {
        return (ENDS.0 + ENDS.1) / 2.0;
    }
    (ENDS.0 + (ENDS.1 - ENDS.0) * at as f64 / (many - 1) as f64).round()
}

/// The strip of a capability: its path from a flow, which may be about a shorter time, and where it is cut from its status. Nothing where no
/// hop was called.
pub fn strip(flow: &Flow, status: &CapabilityStatus) -> Markup {
    let mut picture = Picture::of(flow, Mode::Failures, &|_| None);
    (picture.executions, picture.harmed) = (status.executions.0, status.failed.0);
    picture.nodes.iter_mut().for_each(|node| node.ends = 0.0);
    if let Some(worst) = &status.worst_hop {
        let known = picture.nodes.iter_mut().find(|node| node.hop == worst.hop && node.service == worst.service);
        match known {
            Some(node) => node.ends = worst.failures.0,
            None => unseen(&mut picture, worst),
        }
    }
    drawn(&picture)
}

/// A hop that has failed and was not called of late stands behind those that were: how else it was reached is not known.
fn unseen(picture: &mut Picture, worst: &WorstHop) {
    let path = busiest(picture, None);
    if let Some(last) = path.last() {
        picture.edges.push(Edge { from: Some(*last), to: picture.nodes.len(), ..Edge::default() });
        let Count(ends) = worst.failures;
        picture.nodes.push(Node { hop: worst.hop.clone(), service: worst.service.clone(), ends, ..Node::default() });
    }
}

/// The strip of a picture.
pub(super) fn drawn(picture: &Picture) -> Markup {
    let picture = picture.in_order();
    let worst = picture.worst();
    let path = shortened(&busiest(&picture, worst), worst);
    if path.is_empty() {
        return html! {};
    }
    let names: Vec<String> = path.iter().map(|at| fitting(&picture.nodes[*at].hop, 24.0, 1.0)).collect();
    let cut = worst.and_then(|worst| path.iter().position(|at| *at == worst));
    html! {
        svg class="strip" width="210" height="34" role="img" aria-label=(label(&names, cut)) {
            use href={ "#thread-" (path.len()) } {}
            @if let Some(cut) = cut { (strand(&picture, &names[cut], cut, path.len())) }
        }
    }
}

fn label(names: &[String], cut: Option<usize>) -> String {
    let path = names.join(", ");
    cut.map_or_else(|| path.clone(), |cut| format!("{path}; failures end at {}", names[cut]))
}

fn strand(picture: &Picture, name: &str, cut: usize, many: usize) -> Markup {
    let at = x(cut, many);
    let width = 1.6 + 2.4 * picture.harmed_share();
    let name = fitting(name, 150.0, 6.4);
    let reach = name.chars().count() as f64 * 3.4;
    let (anchor, text) = match at {
        at if at + reach > 206.0 => ("end", 206.0),
        at if at - reach < 4.0 => ("start", 4.0),
        at => ("middle", at),
    };
    html! {
        @if at > ENDS.0 { path class="strand" stroke-width=(format!("{width:.1}")) d=(format!("M{} {:.1}H{at}", ENDS.0, LINE + 1.5 + width / 2.0)) {} }
        g class="cut ring" { circle cx=(at) cy=(LINE) r="7" {} path d=(format!("M{} 10.2l5.6 5.6m0-5.6l-5.6 5.6", at - 2.8)) {} }
        text class="stl" x=(text) y="32" text-anchor=(anchor) { (name) }
    }
}

/// The path that most take; with a worst hop, one that leads to it.
fn busiest(picture: &Picture, worst: Option<usize>) -> Vec<usize> {
    let mut path = worst.map(|worst| to(picture, worst)).unwrap_or_default();
    let mut at = path.last().copied();
    while path.len() <= picture.nodes.len() {
        let onward = picture.edges.iter().filter(|edge| edge.from == at && !edge.is_async && !path.contains(&edge.to));
        let Some(edge) = onward.max_by(|one, other| busier(picture, one, other)) else { break };
        path.push(edge.to);
        at = Some(edge.to);
    }
    path
}

/// Shares to a tenth, so that a few executions more do not make another picture; then who calls others; then the first by name.
fn busier(picture: &Picture, one: &Edge, other: &Edge) -> std::cmp::Ordering {
    let tenths = |edge: &Edge| (edge.share * 10.0).round();
    let calls = |edge: &Edge| picture.edges.iter().filter(|next| next.from == Some(edge.to)).count().min(1);
    tenths(one).total_cmp(&tenths(other)).then(calls(one).cmp(&calls(other))).then(other.to.cmp(&one.to))
}

/// The way by which the widest strand comes to a hop.
fn to(picture: &Picture, hop: usize) -> Vec<usize> {
    let mut path = vec![hop];
    while path.len() <= picture.nodes.len() {
        let at = path[path.len() - 1];
        let into = picture.edges.iter().filter(|edge| edge.to == at && edge.from.is_none_or(|from| !path.contains(&from)));
        let widest = into.max_by(|one, other| {
            one.strand.total_cmp(&other.strand).then(one.share.total_cmp(&other.share)).then(other.from.cmp(&one.from))
        });
        match widest.and_then(|edge| edge.from) {
            Some(from) => path.push(from),
            None => break,
        }
    }
    path.reverse();
    path
}

/// At most [`MOST`] stations: the first, the last, the worst, and those near to it.
fn shortened(path: &[usize], worst: Option<usize>) -> Vec<usize> {
    if path.len() <= MOST {
        return path.to_vec();
    }
    let cut = path.iter().position(|at| Some(*at) == worst).unwrap_or(path.len() - 1);
    let (first, last) = (0, path.len() - 1);
    let mut by_nearness: Vec<usize> = (1..last).collect();
    by_nearness.sort_by_key(|at| (at.abs_diff(cut), *at));
    let mut kept: Vec<usize> = [first, last].into_iter().chain(by_nearness.into_iter().take(MOST - 2)).collect();
    kept.sort_unstable();
    kept.into_iter().map(|at| path[at]).collect()
}
