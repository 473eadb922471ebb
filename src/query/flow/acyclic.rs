//! A flow without circles: which calls lead back, and in which order hops stand.
//!
//! Only calls among hops that reach each other can close a circle (a strongly connected part). Of these, calls lead forward from a hop that is nearer to
//! the customer to one that is farther (of equals by name), and the others are left out. So whatever can be reached from the customer still can:
//! its nearest way is kept. The road not taken: leaving out as few calls as possible, which is no easy question, and whose answer jumps when
//! a count changes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Far away: not to be reached from the customer.
const NOWHERE: u32 = u32::MAX;

/// Nodes in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ordered {
    /// By edge: whether it leads forward.
    pub forward: Vec<bool>,
    /// Callers before those they call: by layer, in a layer by number.
    pub order: Vec<usize>,
    /// By node: edges on the longest way to it, 0 for whom the customer calls.
    pub layers: Vec<u32>,
}

/// Orders nodes, whose numbers follow their names. `None` is the customer.
pub(super) fn ordered(nodes: usize, edges: &[(Option<usize>, usize)]) -> Ordered {
    let (mut below, mut above) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for &(from, to) in edges {
        if let Some(from) = from {
            below[from].push(to);
            above[to].push(from);
        }
    }
    let distances = distances(nodes, edges, &below);
    let parts = parts(&below, &above);
    let leads_forward = |&(from, to): &(Option<usize>, usize)| match from {
        Some(from) => parts[from] != parts[to] || (distances[from], from) < (distances[to], to),
        None => true,
    };
    let forward: Vec<bool> = edges.iter().map(leads_forward).collect();
    let layers = layers(nodes, edges, &forward);
    let mut order: Vec<usize> = (0..nodes).collect();
    order.sort_by_key(|node| (layers[*node], *node));
    Ordered { forward, order, layers }
}

/// Edges on the shortest way from the customer.
fn distances(nodes: usize, edges: &[(Option<usize>, usize)], below: &[Vec<usize>]) -> Vec<u32> {
    let mut distances = vec![NOWHERE; nodes];
    let mut next: VecDeque<usize> = VecDeque::new();
    for &(_, to) in edges.iter().filter(|(from, _)| from.is_none()) {
        distances[to] = 0;
        next.push_back(to);
    }
    while let Some(node) = next.pop_front() {
        for &to in &below[node] {
            if distances[to] == NOWHERE {
                distances[to] = distances[node] + 1;
                next.push_back(to);
            }
        }
    }
    distances
}

/// A number for each node: the same for those that reach each other (Kosaraju, without recursion).
fn parts(below: &[Vec<usize>], above: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; below.len()];
    let mut left = Vec::with_capacity(below.len());
    for start in 0..below.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut path = vec![(start, 0)];
        while let Some((node, at)) = path.last_mut() {
            let Some(&to) = below[*node].get(*at) else {
                left.push(*node);
                path.pop();
                continue;
            };
            *at += 1;
            if !std::mem::replace(&mut seen[to], true) {
                path.push((to, 0));
            }
        }
    }
    let mut parts = vec![usize::MAX; below.len()];
    for start in left.into_iter().rev() {
        let mut next = vec![start];
        while let Some(node) = next.pop() {
            if parts[node] == usize::MAX {
                parts[node] = start;
                next.extend(&above[node]);
            }
        }
    }
    parts
}

fn layers(nodes: usize, edges: &[(Option<usize>, usize)], forward: &[bool]) -> Vec<u32> {
    let (mut below, mut waits) = (vec![Vec::new(); nodes], vec![0_usize; nodes]);
    for ((from, to), _) in edges.iter().zip(forward).filter(|(_, forward)| **forward) {
        if let Some(from) = from {
            below[*from].push(*to);
            waits[*to] += 1;
        }
    }
    let mut layers = vec![0; nodes];
    let mut ready: BinaryHeap<Reverse<usize>> = (0..nodes).filter(|node| waits[*node] == 0).map(Reverse).collect();
    while let Some(Reverse(node)) = ready.pop() {
        for &to in &below[node] {
            layers[to] = layers[to].max(layers[node] + 1);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push(Reverse(to));
            }
        }
    }
    layers
}
