//! How the shop's executions go.

use super::{card_network, hops, pricing, range};
use crate::query::{API_VERSION, Count, Flow, FlowBack, FlowEdge, FlowNode, HopRow};

pub(crate) fn flow() -> Flow {
    let web = FlowNode { errors: Count(11.0), through: Count(11.0), passes_on: true, ..node("web-bff", 0, 120.0) };
    let payment = FlowNode { errors: Count(9.0), through: Count(9.0), passes_on: true, ..node("payment", 1, 100.0) };
    let receipts = FlowNode { external: true, queue: true, ..node("receipts", 1, 60.0) };
    let card = FlowNode {
        supplier: Some("AcmePay".into()),
        cause: Some("timeout_no_server".into()),
        layer: 2,
        ..of_row(card_network())
    };
    let pricing = FlowNode { cause: Some("app_error".into()), layer: 1, ..of_row(pricing()) };
    Flow {
        api_version: API_VERSION.into(),
        range: range(),
        capability: "book-flight".into(),
        title: "Book a flight".into(),
        customer: Some("traveller".into()),
        executions: Count(120.0),
        failed: Count(12.0),
        slow: Count(3.0),
        sampled: Count(120.0),
        nodes: vec![web, payment, pricing, receipts, card],
        edges: vec![
            edge(None, 0, 120.0, (11.0, 3.0)),
            edge(Some(0), 1, 100.0, (9.0, 3.0)),
            edge(Some(0), 2, 120.0, (2.0, 0.0)),
            FlowEdge { asynchronous: true, ..edge(Some(0), 3, 60.0, (0.0, 0.0)) },
            FlowEdge { calls: Count(108.0), ..edge(Some(1), 4, 100.0, (9.0, 3.0)) },
        ],
        left_out: vec![FlowBack { from: 1, to: 1, calls: Count(4.0) }],
        buckets: hops().buckets,
        estimated: false,
        note: None,
    }
}

fn node(name: &str, layer: u32, executions: f64) -> FlowNode {
    let share = Some(executions / 120.0);
    let (executions, calls) = (Count(executions), Count(executions));
    FlowNode { hop: name.into(), service: name.into(), layer, executions, calls, share, ..FlowNode::default() }
}

fn of_row(row: HopRow) -> FlowNode {
    FlowNode { share: Some(row.executions.0 / 120.0), ..FlowNode::from(row) }
}

fn edge(from: Option<u32>, to: u32, executions: f64, (failures, slow): (f64, f64)) -> FlowEdge {
    FlowEdge {
        from,
        to,
        calls: Count(executions),
        executions: Count(executions),
        share: Some(executions / 120.0),
        failures: Count(failures),
        slow: Count(slow),
        asynchronous: false,
    }
}
