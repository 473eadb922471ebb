//! A call in error to somebody who sent no span: B6 and B7.

use super::case::Case;
use super::class::Class;
use super::descent::{Found, Memory};
use super::hops::host_of;
use super::tree::{NONE, Node};
use crate::model::{Cause, Confidence, Evidence, Name};

/// Who is to blame where a call is the last span in error.
pub fn leaf(case: &Case<'_>, memory: &mut Memory, at: u32) -> Found {
    let node = case.node(at);
    let (cause, confidence) = cause(node);
    // A call that ran out of time beside others that could not be made tells of the same trouble.
    if matches!(cause, Cause::Unreachable | Cause::TimeoutNoServer) && is_cut_off(case, memory, at) {
        let (hop, cause) = (case.place(at).operation.hop, Cause::Unreachable);
        return Found { leaf: at, hop, cause, rule: 7, confidence, evidence: None, from: at, call: NONE };
    }
    // The kind of error comes first: where nobody answered in time, or the limit was reached, a lost span explains nothing.
    let silent = cause == Cause::DependencyError && node.is(Node::ANSWERED) && sends_spans(case, memory, at);
    Found {
        leaf: at,
        hop: case.hop(at),
        cause,
        rule: 6,
        confidence: if silent { Confidence::Low } else { confidence },
        evidence: silent.then_some(Evidence::MissingServerSpan),
        from: at,
        call: if cause == Cause::TimeoutNoServer { at } else { NONE },
    }
}

/// B6: by the kind of error first. That nobody answered is told by the caller alone.
fn cause(node: &Node) -> (Cause, Confidence) {
    if node.is(Node::TIMEOUT) {
        (Cause::TimeoutNoServer, Confidence::Medium)
    } else if node.is(Node::UNREACHABLE) {
        (Cause::Unreachable, Confidence::Medium)
    } else if node.is(Node::SATURATED) {
        (Cause::Saturation, Confidence::High)
    } else {
        (Cause::DependencyError, Confidence::High)
    }
}

/// B6: the peer is known to emit spans.
fn sends_spans(case: &Case<'_>, memory: &mut Memory, at: u32) -> bool {
    let shape = case.context.shapes.get(case.span(at).shape);
    let names = case.context.names;
    let host = host_of(names.text(shape.peer));
    let mapped = |text: &str| {
        let rule = case.context.catalogue.hop_of_service(case.capability, text);
        rule.and_then(|rule| case.rules.get(rule)).is_some_and(|rule| !rule.external)
    };
    if shape.peer_services.iter().any(|name| mapped(names.text(*name))) || mapped(host) {
        return true;
    }
    if memory.services.is_empty() {
        memory.services.extend(case.all().map(|at| case.node(at).service));
    }
    let named = shape.peer_services.iter().copied().chain(names.find(host.as_bytes()));
    named.filter(|name| *name != Name::OTHER).any(|name| memory.services.contains(&name))
}

/// B7: at least two peers that were called from one span could not be reached, and nobody that was called from it answered.
fn is_cut_off(case: &Case<'_>, memory: &mut Memory, at: u32) -> bool {
    if case.is_root(at) || case.node(at).is(Node::ASYNC) {
        return false;
    }
    let parent = case.node(at).parent;
    if let Some(known) = memory.cut_off.get(&parent) {
        return *known;
    }
    let found = nobody_answers(case, parent);
    memory.cut_off.insert(parent, found);
    found
}

fn nobody_answers(case: &Case<'_>, parent: u32) -> bool {
    let mut first = None;
    let mut several = false;
    for call in case.forest.children(parent) {
        let node = case.node(call);
        if !node.asks() || node.is(Node::ASYNC) {
            continue;
        }
        if node.server != NONE || node.class == Class::Ok || node.is(Node::ANSWERED) {
            return false;
        }
        if node.class == Class::Error && node.is(Node::UNREACHABLE) {
            let peer = case.context.shapes.get(case.span(call).shape).peer;
            several |= *first.get_or_insert(peer) != peer;
        }
    }
    several
}
