//! Hops and calls as a graph: hops by number in the order of their names, and who calls whom.
//!
//! Each hop can be reached from the customer. Where nothing tells who called it, it hangs at the hop at which the customer comes in: hops that
//! are expected and were not there, and all hops of windows that an older version kept without callers.

use super::super::Level;
use super::super::hops::{called_as, row_of};
use super::gathered::{Called, Gathered, executions_of};
use crate::model::{Hop, HopId, Hops, Name, Names};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub hop: Hop,
    /// Weights of its calls, in units of 2^-16, as the others.
    pub calls: u128,
    /// Of executions in which it was called.
    pub executions: u128,
    /// Of failures blamed on it.
    pub failures: u128,
    /// Of slow executions blamed on it.
    pub slow: u128,
    /// Nanoseconds times weight that its calls lasted.
    lasted: u128,
    /// Calls of which it is known who made them, be it the customer.
    placed: u128,
}

/// Calls of a hop by another, or by the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Edge {
    pub from: Option<usize>,
    pub to: usize,
    pub called: Called,
}

impl Edge {
    fn new(from: Option<usize>, to: usize, calls: u128, executions: u128) -> Self {
        Self { from, to, called: Called { calls, executions, ..Called::default() } }
    }
}

/// The graph.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Graph {
    /// By name.
    pub nodes: Vec<Node>,
    /// The customer's first, then by caller and callee; each pair once.
    pub edges: Vec<Edge>,
}

/// What is no hop.
fn is_bucket(id: HopId) -> bool {
    [Hops::CALLER, Hops::UNKNOWN].contains(&id)
}

struct Finder<'a> {
    called: HashMap<Name, HopId>,
    gathered: &'a Gathered,
    hops: &'a Hops,
    numbers: HashMap<Hop, usize>,
}

impl Graph {
    /// Of what was counted.
    pub fn of(gathered: &Gathered, names: &Names, hops: &Hops) -> Self {
        let called = called_as(&gathered.window, hops, names);
        let mut finder = Finder { called, gathered, hops, numbers: HashMap::new() };
        let nodes = finder.nodes(names);
        let mut graph = Self { edges: finder.edges(&nodes), nodes };
        graph.hang();
        graph
    }
}

impl Finder<'_> {
    /// The row of `hops` in which a hop is told.
    fn row(&self, id: HopId) -> Hop {
        let figures = self.gathered.window.hops.get(&id);
        let absent = figures.is_some_and(|figures| figures.calls.is_zero() && figures.trouble.is_none());
        let told = self.called.get(&self.hops.get(id).hop).filter(|_| absent).copied().unwrap_or(id);
        row_of(self.hops.get(told), Level::Hop)
    }

    fn nodes(&mut self, names: &Names) -> Vec<Node> {
        let window = &self.gathered.window;
        let callers = window.hops.values().flat_map(|figures| &figures.callers).map(|(caller, _)| *caller);
        let all: BTreeSet<HopId> = window.hops.keys().copied().chain(callers).filter(|id| !is_bucket(*id)).collect();
        let rows: BTreeMap<(&str, &str, bool), Hop> = all
            .iter()
            .map(|id| self.row(*id))
            .map(|hop| ((names.text(hop.hop), names.text(hop.service), hop.external), hop))
            .collect();
        let node = |hop| Node { hop, calls: 0, executions: 0, failures: 0, slow: 0, lasted: 0, placed: 0 };
        let mut nodes: Vec<Node> = rows.into_values().map(node).collect();
        self.numbers = nodes.iter().enumerate().map(|(at, node)| (node.hop, at)).collect();
        for (id, figures) in window.hops.iter().filter(|(id, _)| !is_bucket(**id)) {
            let Some(node) = self.numbers.get(&self.row(*id)).and_then(|at| nodes.get_mut(*at)) else { continue };
            node.calls = node.calls.saturating_add(figures.calls.units);
            node.executions = node.executions.saturating_add(executions_of(figures));
            node.lasted = node.lasted.saturating_add(figures.latency.sum);
            node.placed = node.placed.saturating_add(self.gathered.placed.get(id).copied().unwrap_or(0));
            if let Some(trouble) = &figures.trouble {
                node.failures = node.failures.saturating_add(trouble.failed().units);
                node.slow = node.slow.saturating_add(trouble.slow_blamed.units);
            }
        }
        nodes
    }

    fn edges(&self, nodes: &[Node]) -> Vec<Edge> {
        let mut edges: BTreeMap<(Option<usize>, usize), Called> = BTreeMap::new();
        let mut nobodys: Vec<u128> = nodes.iter().map(|node| node.placed).collect();
        for ((caller, callee), called) in self.gathered.called.iter().filter(|((_, callee), _)| !is_bucket(*callee)) {
            let Some(&to) = self.numbers.get(&self.row(*callee)) else { continue };
            nobodys[to] = nobodys[to].saturating_sub(called.calls);
            let Some(&from) = self.numbers.get(&self.row(*caller)).filter(|_| !is_bucket(*caller)) else { continue };
            edges.entry((Some(from), to)).or_default().add(called);
        }
        for (to, calls) in nobodys.into_iter().enumerate().filter(|(_, calls)| *calls > 0) {
            edges.insert((None, to), Called { calls, executions: calls, ..Called::default() });
        }
        let edge = |((from, to), called): ((Option<usize>, usize), Called)| {
            // In `(other)` one execution may have several calls of one hop by another.
            let executions = called.executions.min(nodes[to].executions);
            Edge { from, to, called: Called { executions, ..called } }
        };
        edges.into_iter().map(edge).collect()
    }
}

impl Graph {
    /// Hangs what cannot be reached from the customer where the customer comes in.
    fn hang(&mut self) {
        let (mut below, mut called) = (vec![Vec::new(); self.nodes.len()], vec![false; self.nodes.len()]);
        for edge in &self.edges {
            called[edge.to] |= edge.from != Some(edge.to);
            if let Some(from) = edge.from {
                below[from].push((edge.to, edge.called.executions));
            }
        }
        // Whoever calls and was never called is a customer's own program that sends spans.
        for (to, node) in self.nodes.iter().enumerate().filter(|(to, node)| !called[*to] && node.calls == 0) {
            if let Some(executions) = below[to].iter().map(|(_, executions)| *executions).max() {
                self.edges.push(Edge::new(None, to, node.calls, executions));
            }
        }
        let Some(entry) = self.entry() else { return };
        if !self.edges.iter().any(|edge| edge.from.is_none()) {
            let Node { calls, executions, .. } = self.nodes[entry];
            self.edges.push(Edge::new(None, entry, calls, executions));
        }
        let mut reached = vec![false; self.nodes.len()];
        let entered: Vec<usize> = self.edges.iter().filter(|edge| edge.from.is_none()).map(|edge| edge.to).collect();
        reach(entered, &below, &mut reached);
        // Those that nobody calls first: who is called in a circle that nobody enters comes last.
        let loose = (0..self.nodes.len()).filter(|at| !called[*at]).chain((0..self.nodes.len()).filter(|at| called[*at]));
        for to in loose {
            if !reached[to] {
                let Node { calls, executions, placed, .. } = self.nodes[to];
                self.edges.push(Edge::new(Some(entry), to, calls.saturating_sub(placed), executions));
                reach(vec![to], &below, &mut reached);
            }
        }
        self.edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
    }

    /// Where most executions come in; of hops of which nobody knows who called them, the one that is in most of them and lasts longest.
    fn entry(&self) -> Option<usize> {
        let entered = self.edges.iter().filter(|edge| edge.from.is_none());
        let most = entered
            .max_by_key(|edge| (edge.called.executions, edge.called.calls, std::cmp::Reverse(edge.to)))
            .map(|edge| edge.to);
        let longest = |at: &usize| (self.nodes[*at].executions, self.nodes[*at].lasted, std::cmp::Reverse(*at));
        most.or_else(|| (0..self.nodes.len()).max_by_key(longest))
    }
}

fn reach(mut next: Vec<usize>, below: &[Vec<(usize, u128)>], reached: &mut [bool]) {
    while let Some(node) = next.pop() {
        if !std::mem::replace(&mut reached[node], true) {
            next.extend(below[node].iter().map(|(to, _)| *to));
        }
    }
}
