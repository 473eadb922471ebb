//! A step that must be there is not (B12).

use super::case::{Case, Marks};
use super::hops::NO_RULE;
use super::tree::{NONE, Node};
use crate::catalogue::Expect;
use crate::model::{Blame, Cause, Confidence, Hops, Kind, SpanId};

/// Position of a hop that is always expected and was not there: the first in map order, but rather one whose caller was there.
pub fn step(case: &Case<'_>) -> Option<u32> {
    let absent = || (0..).zip(case.rules).filter(|(at, rule)| rule.expect == Expect::Always && !case.seen[*at as usize]);
    let called = absent().find(|(at, _)| caller(case, *at).is_some());
    called.or_else(|| absent().next()).map(|(at, _)| at)
}

/// Who should have called it.
pub fn blame(case: &Case<'_>, marks: &Marks, step: u32) -> (Blame, u32) {
    let culprit = caller(case, step).or_else(|| deepest(case, |at| marks.has(at, Marks::ON_PATH) && works(case.node(at))));
    let at = culprit.unwrap_or(case.entry);
    let guessed = case.all().any(|at| case.node(at).is(Node::ORPHAN));
    let hop = if at == NONE { Hops::UNKNOWN } else { case.hop(at) };
    let confidence = if guessed { Confidence::Low } else { Confidence::Medium };
    (Blame { hop, cause: Cause::MissingStep, confidence, evidence: None, span: SpanId::NONE, rule: 12 }, at)
}

/// The deepest span of the hops that the map says call it.
fn caller(case: &Case<'_>, step: u32) -> Option<u32> {
    let callers = &case.rules.get(step as usize)?.called_by;
    if callers.is_empty() {
        return None;
    }
    deepest(case, |at| is_one_of(case, callers, at))
}

/// A caller is named by the id of a mapped hop, the name of an automatic one, or its service.
fn is_one_of(case: &Case<'_>, callers: &[String], at: u32) -> bool {
    let place = case.place(at);
    if place.asynchronous && !place.required {
        return false;
    }
    let hop = case.context.hops.get(place.hop.hop);
    let names = [hop.hop, hop.service].map(|name| case.context.names.text(name));
    let mapped = case.rules.get(place.hop.rule as usize).map(|rule| rule.id.as_str());
    debug_assert!(mapped.is_some() || place.hop.rule == NO_RULE);
    callers.iter().any(|caller| names.contains(&caller.as_str()) || mapped == Some(caller))
}

fn deepest(case: &Case<'_>, is: impl Fn(u32) -> bool) -> Option<u32> {
    let which = case.all().filter(|&at| is(at));
    which.max_by_key(|&at| (case.place(at).depth, case.node(at).end, std::cmp::Reverse(at)))
}

fn works(node: &Node) -> bool {
    matches!(node.kind, Kind::Server | Kind::Consumer | Kind::Internal)
}
