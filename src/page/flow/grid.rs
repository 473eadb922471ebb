//! In which layer each hop stands, and who stands above whom (spec 8.1): the layered drawing of Sugiyama and others.
//!
//! A hop stands as far to the right as the longest way to it from the customer. An edge that skips layers passes each of them in a lane of
//! its own, so that it runs between hops and never behind one. Edges of a circle that lead back run through lanes, too, from right to left.
//! Traffic plays no part: only who calls whom does, so that a refresh with other numbers moves nothing.
//!
//! The road not taken is a crate for layered drawing: they know no ports and no lanes that keep a width, and their order depends on that of the input.

use super::crossings;
use super::picture::{Edge, Picture};

/// Who stands at a place of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The customer, alone in the first layer.
    Customer,
    /// A node of the picture.
    Node(usize),
    /// An edge that passes.
    Lane(usize),
}

/// A place in a layer.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Who stands there.
    pub who: Who,
    /// Its layer; the customer's is 0.
    pub layer: usize,
    /// Cells of the layer before to which it is joined.
    pub before: Vec<usize>,
    /// Cells of the layer after.
    pub after: Vec<usize>,
    /// What decides between places that are equally good: by name.
    pub rank: (usize, usize),
}

/// All layers.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Cell 0 is the customer, cell `1 + n` node `n`, then the lanes.
    pub cells: Vec<Cell>,
    /// Cells of each layer, from top to bottom.
    pub rows: Vec<Vec<usize>>,
    /// Lanes of each edge, in the order in which it is travelled.
    pub lanes: Vec<Vec<usize>>,
    /// Whether an edge leads back, against the order of layers.
    pub back: Vec<bool>,
}

impl Grid {
    /// Of a picture in its own order.
    pub fn new(picture: &Picture) -> Self {
        let back = backward(picture);
        let layers = layers(picture, &back);
        let node = |at: usize| Cell { who: Who::Node(at), layer: layers[at], before: vec![], after: vec![], rank: (at, 0) };
        let customer = Cell { who: Who::Customer, layer: 0, before: vec![], after: vec![], rank: (0, 0) };
        let cells = std::iter::once(customer).chain((0..picture.nodes.len()).map(node)).collect();
        let mut grid = Self { cells, back, ..Self::default() };
        for (at, edge) in picture.edges.iter().enumerate() {
            let lanes = grid.lay(at, edge);
            grid.lanes.push(lanes);
        }
        let deepest = grid.cells.iter().map(|cell| cell.layer).max().unwrap_or(0);
        grid.rows = vec![Vec::new(); deepest + 1];
        (0..grid.cells.len()).for_each(|cell| grid.rows[grid.cells[cell].layer].push(cell));
        crossings::reduce(&mut grid);
        grid
    }

    /// Where an edge begins and where it ends.
    pub fn ends(edge: &Edge) -> (usize, usize) {
        (edge.from.map_or(0, |from| from + 1), edge.to + 1)
    }

    /// Makes the lanes of an edge, and joins what it joins.
    fn lay(&mut self, at: usize, edge: &Edge) -> Vec<usize> {
        let (from, to) = Self::ends(edge);
        let (first, last) = (self.cells[from].layer, self.cells[to].layer);
        let passed: Vec<usize> = if self.back[at] { (last..=first).rev().collect() } else { (first + 1..last).collect() };
        let mut lanes = Vec::with_capacity(passed.len());
        for layer in passed {
            lanes.push(self.cells.len());
            // Lanes that lead back begin at the bottom, out of the way.
            let rank = if self.back[at] { (usize::MAX, at) } else { (edge.to, at + 1) };
            self.cells.push(Cell { who: Who::Lane(at), layer, before: vec![], after: vec![], rank });
        }
        let way: Vec<usize> = if self.back[at] {
            lanes.iter().rev().copied().collect()
        } else {
            std::iter::once(from).chain(lanes.iter().copied()).chain([to]).collect()
        };
        for pair in way.windows(2) {
            self.cells[pair[0]].after.push(pair[1]);
            self.cells[pair[1]].before.push(pair[0]);
        }
        lanes
    }
}

/// Callees of each node with the number of the edge, in order.
fn leaving(picture: &Picture) -> Vec<Vec<(usize, usize)>> {
    let mut leaving = vec![Vec::new(); picture.nodes.len()];
    for (at, edge) in picture.edges.iter().enumerate() {
        if let Some(from) = edge.from {
            leaving[from].push((at, edge.to));
        }
    }
    leaving
}

/// Which edges close a circle, met first from the customer. Without recursion: a flow may be deeper than the stack.
fn backward(picture: &Picture) -> Vec<bool> {
    let leaving = leaving(picture);
    let mut back = vec![false; picture.edges.len()];
    // 0 never seen, 1 on the way, 2 done.
    let mut seen = vec![0u8; picture.nodes.len()];
    let entries = picture.edges.iter().filter(|edge| edge.from.is_none()).map(|edge| edge.to);
    for start in entries.chain(0..picture.nodes.len()) {
        if seen[start] != 0 {
            continue;
        }
        seen[start] = 1;
        let mut way = vec![(start, 0)];
        while let Some((at, next)) = way.last_mut() {
            let Some((edge, to)) = leaving[*at].get(*next).copied() else {
                seen[*at] = 2;
                way.pop();
                continue;
            };
            *next += 1;
            match seen[to] {
                0 => {
                    seen[to] = 1;
                    way.push((to, 0));
                }
                1 => back[edge] = true,
                _ => {}
            }
        }
    }
    back
}

/// The layer of each node: the longest way from the customer, at least 1.
fn layers(picture: &Picture, back: &[bool]) -> Vec<usize> {
    let mut layers = vec![1; picture.nodes.len()];
    let mut waits = vec![0; picture.nodes.len()];
    let forward = |at: usize| !back[at];
    for (_, edge) in picture.edges.iter().enumerate().filter(|(at, edge)| forward(*at) && edge.from.is_some()) {
        waits[edge.to] += 1;
    }
    let leaving = leaving(picture);
    let mut ready: Vec<usize> = (0..waits.len()).filter(|at| waits[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        for (_, to) in leaving[at].iter().filter(|(edge, _)| forward(*edge)) {
            layers[*to] = layers[*to].max(layers[at] + 1);
            waits[*to] -= 1;
            if waits[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    layers
}
