//! Which ways are drawn, and which are only counted.
//!
//! A flow as it really is has ways that hardly anybody takes. They would push apart what matters, so ways with under one of a hundred
//! executions and no strand are folded (spec 8.1), and hops that are reached by such ways only go with them. What is folded is counted where
//! it left, so that nothing vanishes. The same limit keeps a drawing within bounds: of thousands of ways the most travelled are drawn.

use super::picture::{Edge, Picture};

/// Ways that fewer take are folded, share of executions.
const SMALL: f64 = 0.01;

/// More are not drawn, whoever asks: nobody reads them, and a page has to end.
const MOST_EDGES: usize = 300;

/// A picture without its small ways.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Folded {
    /// What is drawn, in its own order.
    pub picture: Picture,
    /// For each node of it: how many ways that leave it are folded.
    pub more: Vec<usize>,
    /// Ways that leave the customer and are folded.
    pub more_entries: usize,
    /// All ways that are not drawn.
    pub hidden: usize,
}

/// Leaves small ways out, or with `open` only those that are too many.
pub fn fold(picture: &Picture, open: bool) -> Folded {
    let picture = picture.in_order();
    let wanted = chosen(&picture, open);
    let kept = reached(&picture, &wanted);
    // A flow of nothing but small ways is drawn as it is: better many than none.
    if !open && !kept.iter().any(|kept| *kept) && !picture.nodes.is_empty() {
        return fold(&picture, true);
    }
    let mut position = vec![None; picture.nodes.len()];
    let mut folded = Folded::default();
    for (at, node) in picture.nodes.iter().enumerate().filter(|(at, _)| kept[*at]) {
        position[at] = Some(folded.picture.nodes.len());
        folded.picture.nodes.push(node.clone());
    }
    folded.more = vec![0; folded.picture.nodes.len()];
    for (edge, wanted) in picture.edges.iter().zip(&wanted) {
        place(edge, *wanted, &position, &mut folded);
    }
    let Folded { picture: Picture { nodes, edges, .. }, more, more_entries, hidden } = folded;
    Folded { picture: Picture { nodes, edges, ..picture }, more, more_entries, hidden }
}

fn place(edge: &Edge, wanted: bool, position: &[Option<usize>], folded: &mut Folded) {
    let from = edge.from.map(|from| position[from]);
    match (from, position[edge.to]) {
        (None, Some(to)) if wanted => folded.picture.edges.push(Edge { from: None, to, ..edge.clone() }),
        (Some(Some(from)), Some(to)) if wanted => folded.picture.edges.push(Edge { from: Some(from), to, ..edge.clone() }),
        (from, _) => {
            folded.hidden += 1;
            match from {
                None => folded.more_entries += 1,
                Some(Some(from)) => folded.more[from] += 1,
                // It leaves a hop that is folded itself.
                Some(None) => {}
            }
        }
    }
}

/// For each edge, whether it is worth drawing.
fn chosen(picture: &Picture, open: bool) -> Vec<bool> {
    let edges = &picture.edges;
    let mut wanted: Vec<bool> = edges.iter().map(|edge| open || edge.share >= SMALL || edge.strand > 0.0).collect();
    let mut drawn: Vec<usize> = (0..edges.len()).filter(|at| wanted[*at]).collect();
    if drawn.len() > MOST_EDGES {
        let worth = |at: &usize| (edges[*at].strand, edges[*at].share);
        drawn.sort_by(|one, other| {
            let (one_worth, other_worth) = (worth(one), worth(other));
            other_worth.0.total_cmp(&one_worth.0).then(other_worth.1.total_cmp(&one_worth.1)).then(one.cmp(other))
        });
        drawn.iter().skip(MOST_EDGES).for_each(|at| wanted[*at] = false);
    }
    wanted
}

/// For each node, whether a drawn way leads to it. A hop to which no way leads at all is drawn if it matters by itself.
fn reached(picture: &Picture, wanted: &[bool]) -> Vec<bool> {
    let mut called = vec![false; picture.nodes.len()];
    picture.edges.iter().filter(|edge| edge.from != Some(edge.to)).for_each(|edge| called[edge.to] = true);
    let alone = |at: usize| !called[at] && picture.nodes[at].share >= SMALL;
    let mut kept: Vec<bool> =
        picture.nodes.iter().enumerate().take(MOST_EDGES).map(|(at, node)| node.ends > 0.0 || alone(at)).collect();
    kept.resize(picture.nodes.len(), false);
    let mut leaving = vec![Vec::new(); picture.nodes.len()];
    let mut open: Vec<usize> = (0..kept.len()).filter(|at| kept[*at]).collect();
    for (edge, _) in picture.edges.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
        match edge.from {
            Some(from) => leaving[from].push(edge.to),
            None if !kept[edge.to] => {
                kept[edge.to] = true;
                open.push(edge.to);
            }
            None => {}
        }
    }
    while let Some(at) = open.pop() {
        for to in &leaving[at] {
            if !kept[*to] {
                kept[*to] = true;
                open.push(*to);
            }
        }
    }
    kept
}
