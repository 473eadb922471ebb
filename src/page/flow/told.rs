//! From the document `flow` to the picture of it.

use super::picture::{Edge, Mode, Node, Picture};
use crate::query::{Flow, FlowEdge, FlowNode};

impl Picture {
    /// The picture of a flow. `href` says where the details of a hop are.
    pub fn of(flow: &Flow, mode: Mode, href: &dyn Fn(&FlowNode) -> Option<String>) -> Self {
        let by = |failures: f64, slow: f64| if mode == Mode::Slow { slow } else { failures };
        let edge = |edge: &FlowEdge| Edge {
            from: edge.from.map(|from| from as usize),
            to: edge.to as usize,
            share: edge.share.unwrap_or(0.0),
            is_async: edge.asynchronous,
            strand: by(edge.failures.0, edge.slow.0),
        };
        let node = |node: &FlowNode| Node {
            hop: node.hop.clone(),
            service: node.service.clone(),
            operation: node.operation.clone(),
            external: node.external,
            queue: node.queue,
            supplier: node.supplier.clone(),
            share: node.share.unwrap_or(0.0),
            p95_ms: node.latency_ms.p95,
            ends: by(node.failures.0, node.slow_blamed.0),
            on_the_way: if mode == Mode::Slow && is_far(node) { node.slow_blamed.0 } else { 0.0 },
            cause: if mode == Mode::Slow { time_of(node) } else { node.cause.clone() },
            passes_on: node.passes_on,
            absorbed: node.absorbed.0,
            href: href(node),
        };
        Self {
            title: flow.title.clone(),
            customer: flow.customer.clone().unwrap_or_else(|| "customer".into()),
            mode,
            executions: flow.executions.0,
            harmed: by(flow.failed.0, flow.slow.0),
            caller: by(flow.buckets.caller.0, 0.0),
            unknown: by(flow.buckets.unknown.0, 0.0),
            nodes: flow.nodes.iter().map(node).collect(),
            edges: flow.edges.iter().map(edge).collect(),
        }
    }
}

/// Whether more of its time on the critical path is spent between caller and it than in it. Slow executions are not counted by where their time
/// went, so this is told of the hop as a whole.
fn is_far(node: &FlowNode) -> bool {
    node.edge_gap_ms.mean.unwrap_or(0.0) > node.self_ms.mean.unwrap_or(0.0)
}

/// What its time goes to, in a word of spec 2.
fn time_of(node: &FlowNode) -> Option<String> {
    let is_known = node.edge_gap_ms.mean.or(node.self_ms.mean).is_some();
    (is_known && node.slow_blamed.0 > 0.0).then(|| if is_far(node) { "edge_gap" } else { "self_time" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Buckets, Count, LatencyMs};

    fn flow() -> Flow {
        let node = |hop: &str, failures: f64, slow: f64| FlowNode {
            hop: hop.into(),
            service: hop.into(),
            share: Some(1.0),
            failures: Count(failures),
            cause: (failures > 0.0).then(|| "unreachable".into()),
            slow_blamed: Count(slow),
            latency_ms: LatencyMs { p95: Some(12.0), ..LatencyMs::default() },
            ..FlowNode::default()
        };
        let edge = |from: Option<u32>, to: u32, failures: f64, slow: f64| FlowEdge {
            from,
            to,
            share: Some(1.0),
            failures: Count(failures),
            slow: Count(slow),
            ..FlowEdge::default()
        };
        Flow {
            api_version: String::new(),
            range: crate::query::Range::default(),
            capability: "book-flight".into(),
            title: "Book a flight".into(),
            customer: None,
            executions: Count(100.0),
            failed: Count(9.0),
            slow: Count(4.0),
            sampled: Count(100.0),
            nodes: vec![node("web", 1.0, 4.0), node("pay", 7.0, 0.0)],
            edges: vec![edge(None, 0, 8.0, 4.0), edge(Some(0), 1, 7.0, 0.0)],
            left_out: Vec::new(),
            buckets: Buckets { caller: Count(1.0), unknown: Count(0.0) },
            estimated: false,
            note: None,
        }
    }

    #[test]
    fn each_mode_takes_its_own_strand() {
        let failed = Picture::of(&flow(), Mode::Failures, &|node| Some(format!("/{}", node.hop)));
        assert_eq!((failed.harmed, failed.caller, failed.nodes[1].ends, failed.edges[1].strand), (9.0, 1.0, 7.0, 7.0));
        assert_eq!((failed.customer.as_str(), failed.nodes[1].href.as_deref()), ("customer", Some("/pay")));
        let slow = Picture::of(&flow(), Mode::Slow, &|_| None);
        assert_eq!((slow.harmed, slow.caller, slow.nodes[0].ends, slow.edges[0].strand), (4.0, 0.0, 4.0, 4.0));
        assert_eq!(slow.nodes[1].cause, None, "a cause of failures says nothing about time");
        let mut far = flow();
        far.nodes[0].edge_gap_ms.mean = Some(30.0);
        far.nodes[0].self_ms.mean = Some(20.0);
        let slow = Picture::of(&far, Mode::Slow, &|_| None);
        assert_eq!((slow.nodes[0].on_the_way, slow.nodes[0].cause.as_deref()), (4.0, Some("edge_gap")));
        let failed = Picture::of(&far, Mode::Failures, &|_| None);
        assert_eq!(failed.nodes[0].on_the_way, 0.0);
    }
}
