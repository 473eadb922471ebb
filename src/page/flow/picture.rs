//! What is drawn: hops and the ways between them, with one strand through them.
//!
//! A picture is about one kind of harm, failures or time over the limit, so that drawing needs to know one strand only. It is made from the
//! document `flow`, and put into an order of its own first: whatever order its parts come in, it is drawn the same.

use std::cmp::Ordering;

/// What the strand stands for (spec 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Customers who were turned away: red, ends at the hop that caused it.
    #[default]
    Failures,
    /// Executions over the limit: amber, ends at the hop or on the edge that used the time.
    Slow,
}

/// A hop of the picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// Its name.
    pub hop: String,
    /// Its service or peer.
    pub service: String,
    /// Its operation, where that is not its name.
    pub operation: Option<String>,
    /// It sends no spans of its own.
    pub external: bool,
    /// It is a queue.
    pub queue: bool,
    /// Who supplies it, from the map.
    pub supplier: Option<String>,
    /// Share of executions in which it was called, 0 to 1.
    pub share: f64,
    /// 95 % of its calls take at most this, milliseconds.
    pub p95_ms: Option<f64>,
    /// Executions whose strand ends here.
    pub ends: f64,
    /// Of these, those that ended on the way to it, not at it (`edge_gap`, `queue`).
    pub on_the_way: f64,
    /// The most frequent cause of those, a word of spec 2.
    pub cause: Option<String>,
    /// It has errors that end elsewhere.
    pub passes_on: bool,
    /// Errors at it that customers did not notice.
    pub absorbed: f64,
    /// Where its details are.
    pub href: Option<String>,
}

/// A way between two hops, or from the customer to an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edge {
    /// Position of the caller among the nodes; `None`: the customer.
    pub from: Option<usize>,
    /// Position of the callee.
    pub to: usize,
    /// Share of executions that take it, 0 to 1.
    pub share: f64,
    /// Nobody waits for it.
    pub is_async: bool,
    /// Executions whose strand ends at or beyond `to`, by this way.
    pub strand: f64,
}

/// A flow, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picture {
    /// Title of the capability.
    pub title: String,
    /// The map's word for the customer.
    pub customer: String,
    /// What the strand stands for.
    pub mode: Mode,
    /// All executions.
    pub executions: f64,
    /// Executions that are harmed: the strand at its beginning.
    pub harmed: f64,
    /// Of these, those of the customer's own making (`(caller)`).
    pub caller: f64,
    /// Of these, those that nobody can be blamed for.
    pub unknown: f64,
    /// Hops.
    pub nodes: Vec<Node>,
    /// Ways.
    pub edges: Vec<Edge>,
}

impl Picture {
    /// The same picture in its own order: nodes by name, edges by their ends; without edges that lead nowhere, and without numbers that are none.
    pub fn in_order(&self) -> Self {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by(|one, other| by_name(&self.nodes[*one], &self.nodes[*other]));
        let mut position = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, old)| position[*old] = new);
        let inside = |edge: &&Edge| edge.to < position.len() && edge.from.is_none_or(|from| from < position.len());
        let mut edges: Vec<Edge> = self.edges.iter().filter(inside).map(|edge| moved(edge, &position)).collect();
        edges.sort_by(by_ends);
        let nodes = order.into_iter().map(|old| sane(&self.nodes[old])).collect();
        let [executions, harmed, caller, unknown] = [self.executions, self.harmed, self.caller, self.unknown].map(number);
        Self { nodes, edges, executions, harmed, caller, unknown, ..self.clone() }
    }

    /// Of the harmed executions, 0 to 1.
    pub fn part(&self, count: f64) -> f64 {
        if self.harmed > 0.0 { (count / self.harmed).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// How many of the executions are harmed, 0 to 1.
    pub fn harmed_share(&self) -> f64 {
        if self.executions > 0.0 { (self.harmed / self.executions).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Whether this hop is where it breaks: no other has more, or hardly so. There may be two of them; one of three parts is no culprit beside a
    /// larger one.
    pub fn is_culprit(&self, node: usize) -> bool {
        let most = self.nodes.iter().map(|node| node.ends).fold(0.0, f64::max);
        self.nodes.get(node).is_some_and(|node| node.ends > 0.0 && node.ends * 2.0 > most)
    }

    /// The hop at which most of the strand ends.
    pub fn worst(&self) -> Option<usize> {
        let ending = (0..self.nodes.len()).filter(|at| self.nodes[*at].ends > 0.0);
        ending.max_by(|one, other| self.nodes[*one].ends.total_cmp(&self.nodes[*other].ends).then(other.cmp(one)))
    }
}

/// A number as it can be drawn: not below zero, and never nothing.
fn number(count: f64) -> f64 {
    if count.is_finite() && count > 0.0 { count } else { 0.0 }
}

fn moved(edge: &Edge, position: &[usize]) -> Edge {
    Edge {
        from: edge.from.map(|from| position[from]),
        to: position[edge.to],
        share: number(edge.share).min(1.0),
        is_async: edge.is_async,
        strand: number(edge.strand),
    }
}

fn sane(node: &Node) -> Node {
    let [share, ends, on_the_way, absorbed] = [node.share, node.ends, node.on_the_way, node.absorbed].map(number);
    Node { share, ends, on_the_way, absorbed, p95_ms: node.p95_ms.filter(|ms| ms.is_finite() && *ms >= 0.0), ..node.clone() }
}

/// By name; what nodes of the same name have besides decides, so that there is always one order.
fn by_name(one: &Node, other: &Node) -> Ordering {
    let words = |node: &Node| (node.hop.clone(), node.service.clone(), node.operation.clone(), node.external, node.queue);
    let numbers = |node: &Node| [node.share, node.ends, node.absorbed, node.p95_ms.unwrap_or(-1.0)];
    let by_numbers = || {
        let pairs = numbers(one).into_iter().zip(numbers(other));
        pairs.map(|(one, other)| one.total_cmp(&other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    words(one).cmp(&words(other)).then_with(by_numbers)
}

fn by_ends(one: &Edge, other: &Edge) -> Ordering {
    let ends = |edge: &Edge| (edge.from, edge.to, edge.is_async);
    let by_numbers = || one.share.total_cmp(&other.share).then(one.strand.total_cmp(&other.strand));
    ends(one).cmp(&ends(other)).then_with(by_numbers)
}
