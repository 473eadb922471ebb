//! Errors that did not fail the execution (B14): one for each chain, at the hop that would have been blamed.

use super::case::{Case, Marks};
use super::class::Class;
use super::descent::{Descent, Memory, Start};
use super::tree::{NONE, Node};
use crate::model::{Absorbed, AbsorbedKind};

/// Lists them, in the order of their spans. `in_error`: where the blame's descent began, if it did; `blamed`: the span at which it
/// ended.
pub fn list(
    case: &Case<'_>,
    marks: &mut Marks,
    memory: &mut Memory,
    (in_error, blamed): (Option<u32>, u32),
    out: &mut Vec<Absorbed>,
) {
    if !case.forest.has_errors() && in_error.is_none() {
        return;
    }
    for at in case.all() {
        let node = case.node(at);
        let above = !case.is_root(at) && !node.is(Node::ASYNC) && marks.has(node.parent, Marks::IN_ERROR);
        let is_error = node.class == Class::Error;
        let through = above && node.is_seen_through(case.node(node.parent).service);
        // A refused call in a chain is looked at like an error (B3).
        let refused = above && node.class == Class::CallerError;
        if is_error || through || refused || in_error == Some(at) {
            marks.set(at, Marks::IN_ERROR);
        }
        if !is_error || case.is_root(at) || marks.has(at, Marks::CLAIMED) {
            continue;
        }
        let above = above || marks.has(at, Marks::PART);
        let waited = above && node.is(Node::TIMEOUT) && node.server != NONE && !node.is(Node::MASKED);
        if node.is(Node::EXHAUSTED) || waited {
            // Part of an error that is told. So is what its descent leads to, such as the call that a server without error was
            // waiting for (B8).
            Descent::new(case, marks, memory).from(at, Start::InError);
            continue;
        }
        if let Some(kind) = kind(case, at, above)
            && let Some(found) = Descent::new(case, marks, memory).from(at, Start::InError)
            && !leads_to(case, at, found.leaf, blamed)
        {
            out.push(Absorbed { hop: found.hop, kind });
        }
    }
}

/// Whether a chain that begins above the culprit leads through its error: from the caller of a span with the business attribute (B11),
/// or from the top of a step in which only a hop below is required (E4). It is told as the culprit's.
fn leads_to(case: &Case<'_>, top: u32, leaf: u32, blamed: u32) -> bool {
    blamed != NONE && top < blamed && case.node(blamed).class != Class::Ok && case.forest.below(blamed).contains(&leaf)
}

/// Why the error of this span did not matter; `None` if it did, or is told by another one.
fn kind(case: &Case<'_>, at: u32, above: bool) -> Option<AbsorbedKind> {
    let node = case.node(at);
    if node.is(Node::MASKED) {
        Some(AbsorbedKind::MaskedRetry)
    } else if above || case.is_step(at) {
        None
    } else if node.is(Node::ASYNC) {
        Some(AbsorbedKind::AsyncError)
    } else {
        Some(AbsorbedKind::Suppressed)
    }
}
