//! `flow` as a tree from the customer on, and as rows.

use super::figures::{NOTHING, count, ms, share};
use super::output::{Look, lines};
use super::status::number;
use super::trace::of_service;
use super::words;
use crate::query::{Count, Flow, FlowEdge, FlowNode};
use comfy_table::Color;
use std::collections::BTreeMap;
use std::fmt::Write;

const NUMBERS: [&str; 6] = ["executions", "share", "failures", "end here", "slow", "p95"];

/// Further down lines do not go to the right any more.
const DEEPEST: usize = 16;

/// An edge that is yet to be told, with what stands left of it.
struct Line {
    edge: usize,
    left: String,
    depth: usize,
    last: bool,
}

/// For people.
pub(super) fn text(flow: &Flow, look: Look) -> String {
    let mut table = look.table(&["hop", "executions", "share", "failures", "end here", "slow", "p95", ""], &NUMBERS);
    let caller = flow.buckets.caller;
    let of_caller = if caller.0 > 0.0 { format!("{} by requests that were wrong", count(caller)) } else { String::new() };
    let customer = flow.customer.as_deref().unwrap_or("customer").to_owned();
    let numbers = [count(flow.executions), NOTHING.into(), some(flow.failed), some(caller), some(flow.slow), NOTHING.into()];
    table.add_row([vec![customer], numbers.to_vec(), vec![of_caller]].concat());
    let mut told = vec![false; flow.nodes.len()];
    let mut open = Vec::new();
    let leaving = leaving(flow);
    push(&mut open, &leaving, None, "", 1);
    while let Some(line) = open.pop() {
        let edge = &flow.edges[line.edge];
        let Some(node) = flow.nodes.get(edge.to as usize) else { continue };
        let again = std::mem::replace(&mut told[edge.to as usize], true);
        let color = if node.failures.0 > 0.0 { Some(Color::Red) } else { None };
        table.add_row(row(edge, node, &line, again).map(|cell| look.cell(cell, color)).to_vec());
        if !again {
            let bar = match (line.depth < DEEPEST, line.last) {
                (false, _) => "",
                (true, true) => "   ",
                (true, false) => "│  ",
            };
            push(&mut open, &leaving, Some(edge.to), &format!("{}{bar}", line.left), line.depth + 1);
        }
    }
    lines(&table) + "\n" + &below(flow)
}

/// By caller: edges that leave it, in the order of the document. A document may be damaged: nobody calls who stands before.
fn leaving(flow: &Flow) -> BTreeMap<Option<u32>, Vec<usize>> {
    let mut leaving: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
    for (at, edge) in flow.edges.iter().enumerate().filter(|(_, edge)| edge.from.is_none_or(|from| from < edge.to)) {
        leaving.entry(edge.from).or_default().push(at);
    }
    leaving
}

fn push(open: &mut Vec<Line>, leaving: &BTreeMap<Option<u32>, Vec<usize>>, from: Option<u32>, left: &str, depth: usize) {
    let edges = leaving.get(&from).map_or(&[][..], |edges| edges);
    let line = |(at, edge): (usize, &usize)| Line { edge: *edge, left: left.to_owned(), depth, last: at + 1 == edges.len() };
    open.extend(edges.iter().enumerate().map(line).rev());
}

fn row(edge: &FlowEdge, node: &FlowNode, line: &Line, again: bool) -> [String; 8] {
    let branch = if line.last { "└" } else { "├" };
    let way = if edge.asynchronous { "┄ " } else { "─ " };
    let hop = if node.operation.is_some() || node.hop == node.service {
        node.hop.clone()
    } else {
        of_service(&node.hop, &node.service)
    };
    let of_node = |text: String| if again { String::new() } else { text };
    [
        format!("{}{branch}{way}{hop}", line.left),
        count(edge.executions),
        share(edge.share),
        some(edge.failures),
        of_node(some(node.failures)),
        some(edge.slow),
        of_node(ms(node.latency_ms.p95)),
        if again { "as above".into() } else { remarks(edge, node).join("; ") },
    ]
}

fn some(one: Count) -> String {
    if one.0 > 0.0 { count(one) } else { NOTHING.into() }
}

fn remarks(edge: &FlowEdge, node: &FlowNode) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(cause) = &node.cause {
        told.push(format!("◀ {} of failures end here: {}", share(node.failure_share).trim(), words::cause(cause)));
    }
    if node.passes_on {
        told.push("passes errors on".into());
    }
    if node.slow_blamed.0 > 0.0 {
        told.push(format!("◷ made {} slow", count(node.slow_blamed)));
    }
    if node.absorbed.0 > 0.0 {
        told.push(format!("~ {} errors did not matter", count(node.absorbed)));
    }
    if node.calls.0 == 0.0 && node.missing.0 > 0.0 {
        told.push("✗ was not called".into());
    }
    match (node.queue, edge.asynchronous) {
        (true, _) => told.push("queue".into()),
        (false, true) => told.push("asynchronous".into()),
        (false, false) => {}
    }
    if let Some(supplier) = &node.supplier {
        told.push(format!("supplied by {supplier}"));
    } else if node.external && !node.queue {
        told.push("external".into());
    }
    told
}

fn below(flow: &Flow) -> String {
    let mut text = String::new();
    let unknown = flow.buckets.unknown;
    if unknown.0 > 0.0 {
        let _ = writeln!(text, "{} of {} failures are blamed on nobody that can be named", count(unknown), count(flow.failed));
    }
    for back in &flow.left_out {
        let name = |at: u32| flow.nodes.get(at as usize).map_or("", |node| &node.hop);
        let (from, to, calls) = (name(back.from), name(back.to), count(back.calls));
        let _ = match back.from == back.to {
            true => writeln!(text, "not drawn: {from} calls itself, {calls} times"),
            false => writeln!(text, "not drawn: {from} calls {to} back, {calls} times"),
        };
    }
    if let Some(note) = &flow.note {
        let _ = writeln!(text, "{note}");
    }
    let _ = writeln!(text, "{}: from {} to {}", flow.capability, flow.range.from, flow.range.to);
    if flow.estimated {
        text.push_str("counts are estimates: spans were sampled before they came here, and are weighted\n");
    }
    text
}

/// One row an edge, with a head.
pub(super) fn rows(flow: &Flow) -> Vec<Vec<String>> {
    let head = "capability,from,from_service,hop,service,external,queue,async,layer,calls,executions,share,failures,slow,\
        hop_executions,hop_calls,hop_errors,hop_failures,hop_failure_share,hop_cause,hop_slow_blamed,hop_absorbed,hop_p95_ms,supplier";
    let mut rows = vec![head.split(',').map(str::to_owned).collect()];
    rows.extend(flow.edges.iter().filter_map(|edge| csv_row(flow, edge)));
    rows
}

fn csv_row(flow: &Flow, edge: &FlowEdge) -> Option<Vec<String>> {
    let node = flow.nodes.get(edge.to as usize)?;
    let from = edge.from.and_then(|from| flow.nodes.get(from as usize));
    let mut row = vec![flow.capability.clone()];
    row.extend(from.map_or_else(Default::default, |from| [from.hop.clone(), from.service.clone()]));
    row.extend([node.hop.clone(), node.service.clone()]);
    row.extend([node.external, node.queue, edge.asynchronous].map(|flag| flag.to_string()));
    row.push(node.layer.to_string());
    row.extend([edge.calls, edge.executions].map(|count| count.0.to_string()));
    row.push(number(edge.share));
    row.extend([edge.failures, edge.slow].map(|count| count.0.to_string()));
    row.extend([node.executions, node.calls, node.errors, node.failures].map(|count| count.0.to_string()));
    row.push(number(node.failure_share));
    row.push(node.cause.clone().unwrap_or_default());
    row.extend([node.slow_blamed, node.absorbed].map(|count| count.0.to_string()));
    row.push(number(node.latency_ms.p95));
    row.push(node.supplier.clone().unwrap_or_default());
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fakes;

    #[test]
    fn a_flow_is_a_tree_from_the_customer_on_with_the_failures_of_each_way() {
        let expected = "\
hop                                          executions   share  failures  end here  slow      p95
traveller                                           120       -        12         -     3        -
└─ web-bff                                          120  100.0%        11         -     3        -  passes errors on
   ├─ payment                                       100   83.3%         9         -     3        -  passes errors on
   │  └─ card-network (pay.acmepay.example)         100   83.3%         9         9     3   1.50 s  ◀ 75.0% of failures end here: no answer in time, and no sign that the callee began; ◷ made 3 slow; ~ 5 errors did not matter; supplied by AcmePay
   ├─ pricing                                       120  100.0%         2         2     -  12.5 ms  ◀ 16.7% of failures end here: the operation itself failed
   └┄ receipts                                       60   50.0%         -         -     -        -  queue

1 of 12 failures are blamed on nobody that can be named
not drawn: payment calls itself, 4 times
book-flight: from 2026-09-01T11:00:00Z to 2026-09-01T12:00:00Z
";
        assert_eq!(text(&fakes::flow(), Look::PLAIN), expected);
    }

    #[test]
    fn a_row_is_an_edge_with_whom_it_leads_to() {
        let rows = rows(&fakes::flow());
        assert!(rows.len() == 6 && rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
        assert_eq!(rows[5][1..8], ["payment", "payment", "card-network", "pay.acmepay.example", "true", "false", "false"]);
        assert_eq!(rows[1][1..5], ["", "", "web-bff", "web-bff"]);
    }

    #[test]
    fn a_damaged_document_is_told_without_an_end() {
        let mut flow = fakes::flow();
        flow.edges[1].from = Some(4);
        flow.edges[2].to = 99;
        flow.left_out[0].to = 99;
        assert!(text(&flow, Look::PLAIN).contains("web-bff calls") || text(&flow, Look::PLAIN).contains("payment calls"));
        assert_eq!(rows(&flow).len(), 5);
    }
}
