//! A trace as an indented tree.

use super::generator::BASE;
use super::map::Map;
use super::span::{Span, Status};
use super::tree::Tree;
use std::fmt::Write;

/// Microseconds since the trace began.
pub fn at(time: u64) -> String {
    format!("{:.3}", time.wrapping_sub(BASE) as i64 as f64 / 1000.0)
}

fn words(span: &Span) -> String {
    let mut out = String::new();
    if span.status != Status::Unset {
        write!(out, " status={:?}", span.status).unwrap();
    }
    let texts = [
        ("http", span.http.map(|code| code.to_string())),
        ("grpc", span.grpc.map(|code| code.to_string())),
        ("error.type", span.error_type.clone()),
        ("exception", span.exception.clone()),
        ("error", span.error_flag.then(|| "true".into())),
        ("resend", (span.resend > 0).then(|| span.resend.to_string())),
        ("peer.name", span.peer_name.clone()),
        ("peer.service", span.peer_service.clone()),
        ("address", span.address.clone()),
        ("port", span.port.map(|port| port.to_string())),
        ("url", span.url.clone()),
        ("db", span.db.as_ref().map(|(system, name)| format!("{system}/{name}"))),
        ("messaging", span.messaging.as_ref().map(|(system, name)| format!("{system}:{name}"))),
        ("receives", span.receives.then(|| "true".into())),
        ("rpc.service", span.rpc_service.clone()),
        ("network", span.network.clone()),
        ("host", span.host.clone()),
        ("link", span.link.map(|id| id.to_string())),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            write!(out, " {key}={value}").unwrap();
        }
    }
    for (key, value) in &span.attributes {
        write!(out, " {key}={value}").unwrap();
    }
    out
}

pub fn tree(received: &[Span], map: &Map) -> String {
    let tree = Tree::build(received, map);
    let mut out = String::new();
    let mut roots: Vec<usize> = (0..tree.spans.len()).filter(|at| tree.up[*at].is_none()).collect();
    roots.sort_by_key(|at| tree.age(*at));
    for root in roots {
        branch(&tree, root, 0, &mut out);
    }
    write!(out, "received: {:?}", received.iter().map(|span| span.id).collect::<Vec<_>>()).unwrap();
    out
}

fn branch(tree: &Tree, one: usize, depth: usize, out: &mut String) {
    let span = &tree.spans[one];
    let mark = if tree.guessed[one] { " (guessed)" } else { "" };
    let kind = format!("{:?}", span.kind).to_uppercase();
    let (indent, service, name) = ("  ".repeat(depth), &span.service, &span.name);
    let (start, end, words) = (at(span.start), at(span.end), words(span));
    writeln!(out, "{indent}{kind} {service} \"{name}\" id={} parent={}{mark} [{start} {end}]{words}", span.id, span.parent)
        .unwrap();
    for child in tree.children(one) {
        branch(tree, child, depth + 1, out);
    }
}
