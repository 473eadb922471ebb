//! From what was counted to the document.

use super::super::hops::Table;
use super::super::listing::{Listed, asked};
use super::super::stats::share;
use super::super::status::count;
use super::super::{API_VERSION, By, Count, Desk, FlowQuestion, HopRow, Level, QueryError, Range};
use super::acyclic::{Ordered, ordered};
use super::gathered::{Called, Gathered};
use super::graph::{Edge, Graph};
use super::strands::{Way, strands};
use super::{Flow, FlowBack, FlowEdge, FlowNode};
use crate::catalogue::Capability;
use crate::measure::units_to_count;
use crate::model::{Hops, Names, Outcome};
use std::collections::HashMap;

impl Desk {
    pub(in super::super) fn told_flow(&self, question: &FlowQuestion) -> Result<Flow, QueryError> {
        let listed = self.listing.now();
        let asked = asked(&listed, Some(&question.capability))?;
        let Some(one) = asked.first() else { return Err(QueryError::Bad("a flow is about one capability".into())) };
        let between = self.range(question.between)?;
        let mut gathered = Gathered::default();
        self.each_window(&asked, question.between, between, false, &mut |_, window| gathered.add(window))?;
        Ok(flow(one, Range::from(between), &gathered, &self.names, &self.hops))
    }
}

fn counted(units: u128) -> Count {
    Count(units_to_count(units))
}

/// The whole document.
pub(super) fn flow(one: &Listed, range: Range, gathered: &Gathered, names: &Names, hops: &Hops) -> Flow {
    let (capability, window) = (&one.capability, &gathered.window);
    let mut table = Table::default();
    table.add(capability, window, Level::Hop, names, hops);
    let graph = Graph::of(gathered, names, hops);
    let drawn = Drawn::of(&graph, gathered.sampled == window.executions());
    let executions = window.executions();
    Flow {
        api_version: API_VERSION.into(),
        range,
        capability: capability.id.clone(),
        title: capability.title.clone(),
        customer: capability.customer.clone(),
        executions: count(executions),
        failed: count(window.outcome(Outcome::Failed)),
        slow: counted(graph.nodes.iter().map(|node| node.slow).sum()),
        sampled: count(gathered.sampled),
        nodes: drawn.nodes(&graph, table.rows(By::Failures, names), capability, executions.units, names),
        edges: drawn.edges(executions.units),
        left_out: drawn.left_out(&graph),
        buckets: table.buckets(),
        estimated: table.estimated,
        note: note(executions.raw, gathered),
    }
}

fn note(executions: u64, gathered: &Gathered) -> Option<String> {
    let (known, sampled) = (gathered.known.raw, gathered.sampled.raw);
    if executions == 0 {
        return Some("no execution was counted in this range".into());
    }
    if known == 0 {
        return Some("who called whom was not counted yet when this was kept: all hops hang at the first".into());
    }
    let without = executions.saturating_sub(sampled);
    (without > 0).then(|| {
        format!(
            "by which way failures came was not counted yet when {without} of {executions} executions were kept: where several hops call one, its failures are shared out by what is known"
        )
    })
}

/// Of most of these calls.
fn nobody_waits(edge: &Edge) -> bool {
    edge.called.asynchronous > edge.called.calls / 2
}

/// What edges weigh when it is shared out what comes back by them: what was seen to come by them. What nobody saw to come by others came from the
/// customer, if they call there. Where nothing was seen, and not because there was nothing (`all_seen`), executions.
fn ways(edges: &[Edge], seen: fn(&Called) -> u128, all_seen: bool) -> Vec<Way> {
    let mut at_node: HashMap<usize, (u128, bool)> = HashMap::new();
    for edge in edges {
        let (sum, entered) = at_node.entry(edge.to).or_default();
        *sum = sum.saturating_add(seen(&edge.called));
        *entered |= edge.from.is_none();
    }
    let way = |edge: &Edge| {
        let (sum, entered) = at_node.get(&edge.to).copied().unwrap_or_default();
        let counted = sum > 0 || (entered && all_seen);
        let weight = if counted { seen(&edge.called) } else { edge.called.executions };
        Way { from: edge.from, to: edge.to, weight, rest: counted && edge.from.is_none() }
    };
    edges.iter().map(way).collect()
}

/// The graph in the order of the document.
struct Drawn {
    ordered: Ordered,
    /// By number in the graph: position in the document.
    places: Vec<usize>,
    /// Those that lead forward, with what comes back by them, in the order of the document.
    edges: Vec<(Edge, u128, u128)>,
}

impl Drawn {
    fn of(graph: &Graph, all_seen: bool) -> Self {
        let pairs: Vec<(Option<usize>, usize)> = graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let ordered = ordered(graph.nodes.len(), &pairs);
        let mut places = vec![0; graph.nodes.len()];
        ordered.order.iter().enumerate().for_each(|(place, node)| places[*node] = place);
        let forward: Vec<Edge> =
            graph.edges.iter().zip(&ordered.forward).filter(|(_, forward)| **forward).map(|(edge, _)| *edge).collect();
        let failures: Vec<u128> = graph.nodes.iter().map(|node| node.failures).collect();
        let slow: Vec<u128> = graph.nodes.iter().map(|node| node.slow).collect();
        let failures = strands(&failures, &ordered.order, &ways(&forward, |called| called.failures, all_seen));
        let slow = strands(&slow, &ordered.order, &ways(&forward, |called| called.slow, all_seen));
        let placed = |edge: Edge| Edge { from: edge.from.map(|from| places[from]), to: places[edge.to], ..edge };
        let mut edges: Vec<(Edge, u128, u128)> =
            forward.into_iter().zip(failures).zip(slow).map(|((edge, failures), slow)| (placed(edge), failures, slow)).collect();
        edges.sort_unstable_by_key(|(edge, _, _)| (edge.from, edge.to));
        Self { ordered, places, edges }
    }

    fn edges(&self, executions: u128) -> Vec<FlowEdge> {
        let edge = |(edge, failures, slow): &(Edge, u128, u128)| FlowEdge {
            from: edge.from.map(|from| from as u32),
            to: edge.to as u32,
            calls: counted(edge.called.calls),
            executions: counted(edge.called.executions),
            share: share(edge.called.executions, executions),
            asynchronous: nobody_waits(edge),
            failures: counted(*failures),
            slow: counted(*slow),
        };
        self.edges.iter().map(edge).collect()
    }

    fn left_out(&self, graph: &Graph) -> Vec<FlowBack> {
        let back = graph.edges.iter().zip(&self.ordered.forward).filter(|(_, forward)| !**forward);
        let told = |(edge, _): (&Edge, &bool)| {
            let from = self.places[edge.from?] as u32;
            Some(FlowBack { from, to: self.places[edge.to] as u32, calls: counted(edge.called.calls) })
        };
        let mut told: Vec<FlowBack> = back.filter_map(told).collect();
        told.sort_unstable_by_key(|back| (back.from, back.to));
        told
    }

    fn nodes(&self, graph: &Graph, rows: Vec<HopRow>, capability: &Capability, executions: u128, names: &Names) -> Vec<FlowNode> {
        let mut rows: HashMap<(String, String, bool), HopRow> =
            rows.into_iter().map(|row| ((row.hop.clone(), row.service.clone(), row.external), row)).collect();
        let mut through = vec![0_u128; graph.nodes.len()];
        for (edge, failures, _) in &self.edges {
            if let Some(from) = edge.from {
                through[from] = through[from].saturating_add(*failures);
            }
        }
        let mut queues = vec![true; graph.nodes.len()];
        graph.edges.iter().for_each(|edge| queues[edge.to] &= nobody_waits(edge));
        let node = |(place, at): (usize, &usize)| {
            let node = &graph.nodes[*at];
            let (hop, service) = (names.text(node.hop.hop).to_owned(), names.text(node.hop.service).to_owned());
            let row = rows.remove(&(hop.clone(), service.clone(), node.hop.external)).unwrap_or_default();
            let rule = capability.hops.iter().find(|rule| rule.id == hop);
            let operation = hop.strip_prefix(service.as_str()).and_then(|rest| rest.strip_prefix(' ')).map(str::to_owned);
            // Of equals the first by name.
            let cause =
                row.causes.iter().rev().max_by(|one, other| one.1.0.total_cmp(&other.1.0)).map(|(cause, _)| cause.clone());
            let through = counted(through[place]);
            FlowNode {
                operation,
                external: node.hop.external,
                queue: node.hop.external && queues[*at],
                supplier: rule.and_then(|rule| rule.supplier.clone()),
                layer: self.ordered.layers[*at],
                share: share(node.executions, executions),
                through,
                passes_on: through.0 > 0.0 && row.errors.0 > 0.0,
                cause,
                hop,
                service,
                ..FlowNode::from(row)
            }
        };
        self.ordered.order.iter().enumerate().map(node).collect()
    }
}

/// What `hops` says of it.
impl From<HopRow> for FlowNode {
    fn from(row: HopRow) -> Self {
        Self {
            hop: row.hop,
            service: row.service,
            external: row.external,
            executions: row.executions,
            calls: row.calls,
            errors: row.errors,
            failures: row.failures,
            failure_share: row.failure_share,
            causes: row.causes,
            absorbed: Count(row.absorbed.values().map(|count| count.0).sum()),
            retries: row.retries,
            missing: row.missing,
            slow_blamed: row.slow_blamed,
            latency_ms: row.latency_ms,
            self_ms: row.self_ms,
            edge_gap_ms: row.edge_gap_ms,
            lost_value: row.lost_value,
            ..Self::default()
        }
    }
}
