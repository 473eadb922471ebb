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
            on_the_way: 0.0,
            cause: node.cause.clone().filter(|_| mode == Mode::Failures),
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
    }
}
