//! How an execution ended (spec 2.3, in its order), and who is to blame if it failed.

use super::case::{Case, Marks};
use super::class::{self, Class};
use super::descent::{Descent, Found, Memory, Start};
use super::tree::{NONE, Node};
use super::{missing, timeout};
use crate::catalogue::CallerErrors;
use crate::model::{Blame, Cause, Confidence, Evidence, Hops, Outcome, Section, SpanId, Status};
use std::cmp::Reverse;

/// The outcome, and what the verdict needs to say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// How it ended.
    pub outcome: Outcome,
    /// There if and only if it failed.
    pub blame: Option<Blame>,
    /// Where the search for the culprit's caller begins, or [`NONE`].
    pub from: u32,
    /// B9: who was called when the time was up.
    pub victim: Option<crate::model::HopId>,
    /// Where the descent began, if there was one.
    pub in_error: Option<u32>,
    /// The span at which it ended, or [`NONE`].
    pub leaf: u32,
}

impl Decided {
    fn plain(outcome: Outcome) -> Self {
        Self { outcome, blame: None, from: NONE, victim: None, in_error: None, leaf: NONE }
    }

    fn failed(case: &Case<'_>, found: &Found, start: u32) -> Self {
        let Found { leaf, hop, cause, rule, confidence, evidence, from, .. } = *found;
        let blame = Blame { hop, cause, confidence, evidence, span: case.span_id(leaf), rule };
        Self { outcome: Outcome::Failed, blame: Some(blame), from, victim: None, in_error: Some(start), leaf }
    }
}

/// Decides.
pub fn decide(case: &Case<'_>, marks: &mut Marks, memory: &mut Memory, path: &[Section]) -> Decided {
    if case.entry == NONE {
        return Decided::plain(Outcome::Incomplete);
    }
    let entry = class::class(case.context.shapes.get(case.span(case.entry).shape), true);
    if entry == Class::Error {
        return errored(case, marks, memory, path);
    }
    if let Some(carrier) = carrier(case, marks) {
        return business_failure(case, marks, memory, carrier);
    }
    if let Some(step) = failed_step(case) {
        return asynchronous(case, marks, step);
    }
    match entry {
        Class::CallerError => refused(case),
        Class::Cancelled => match Descent::new(case, marks, memory).from(case.entry, Start::NotInError) {
            Some(found) => Decided::failed(case, &found, case.entry),
            None => Decided::plain(Outcome::Abandoned),
        },
        Class::Ok | Class::Error => match missing::step(case) {
            Some(step) => {
                let (blame, from) = missing::blame(case, marks, step);
                Decided { blame: Some(blame), from, ..Decided::plain(Outcome::Failed) }
            }
            None => Decided::plain(Outcome::Ok),
        },
    }
}

/// B1: an entry in error is explained from there down.
fn errored(case: &Case<'_>, marks: &mut Marks, memory: &mut Memory, path: &[Section]) -> Decided {
    let Some(found) = Descent::new(case, marks, memory).from(case.entry, Start::InError) else {
        return nobody(case);
    };
    match timeout::used_up(case, memory, &found, path) {
        Some(before) => Decided { victim: Some(found.hop), ..Decided::failed(case, &before, case.entry) },
        None => Decided::failed(case, &found, case.entry),
    }
}

/// A descent from a span in error always ends at one; should it not, the failure is counted all the same.
fn nobody(case: &Case<'_>) -> Decided {
    let span = case.span_id(case.entry);
    let blame = Blame { hop: Hops::UNKNOWN, cause: Cause::Unknown, confidence: Confidence::Low, evidence: None, span, rule: 0 };
    Decided { blame: Some(blame), ..Decided::plain(Outcome::Failed) }
}

/// B11: the deepest span with the attribute, on the critical path if one is.
fn carrier(case: &Case<'_>, marks: &Marks) -> Option<u32> {
    if !case.forest.has(Node::FAILED) {
        return None;
    }
    let carriers = case.all().filter(|&at| case.has_failed(at));
    carriers.max_by_key(|&at| (marks.has(at, Marks::ON_PATH), case.place(at).depth, case.node(at).end, Reverse(at)))
}

fn business_failure(case: &Case<'_>, marks: &mut Marks, memory: &mut Memory, carrier: u32) -> Decided {
    // C1: a span that was set to Ok ends the descent, also where it begins.
    let ends = case.context.shapes.get(case.span(carrier).shape).status == Status::Ok;
    let start = if case.node(carrier).class == Class::Error { Start::InError } else { Start::NotInError };
    let found = if ends { None } else { Descent::new(case, marks, memory).from(carrier, start) };
    // Whether or not it is in error itself: where the descent comes no further, it failed as the business says.
    if let Some(found) = found.filter(|found| found.leaf > carrier) {
        return Decided::failed(case, &guessed(case, found, carrier), carrier);
    }
    marks.set(carrier, Marks::CLAIMED);
    let found = Found {
        leaf: carrier,
        hop: case.hop(carrier),
        cause: Cause::BusinessFailure,
        rule: 11,
        confidence: Confidence::High,
        evidence: None,
        from: carrier,
        call: NONE,
    };
    Decided { in_error: None, ..Decided::failed(case, &guessed(case, found, carrier), carrier) }
}

/// E3: where the execution has the span by a guess, what follows from the span is one.
fn guessed(case: &Case<'_>, found: Found, span: u32) -> Found {
    let mut at = span;
    while !case.is_root(at) {
        if case.node(at).is(Node::ORPHAN) {
            return Found { confidence: Confidence::Low, evidence: found.evidence.or(Some(Evidence::Orphan)), ..found };
        }
        at = case.node(at).parent;
    }
    found
}

/// E4: of the required asynchronous steps in error the one that ended first.
fn failed_step(case: &Case<'_>) -> Option<u32> {
    let failed = case.steps.iter().copied().filter(|&at| case.node(at).class == Class::Error);
    failed.min_by_key(|&at| (case.node(at).end, at))
}

fn asynchronous(case: &Case<'_>, marks: &mut Marks, step: u32) -> Decided {
    marks.set(step, Marks::CLAIMED);
    let found = Found {
        leaf: step,
        hop: case.hop(step),
        cause: Cause::AsyncError,
        rule: 0,
        confidence: Confidence::High,
        evidence: None,
        from: step,
        call: NONE,
    };
    Decided::failed(case, &guessed(case, found, step), step)
}

fn refused(case: &Case<'_>) -> Decided {
    let capability = case.context.catalogue.capabilities().get(case.capability as usize);
    match capability.map_or(CallerErrors::Reject, |one| one.caller_errors) {
        CallerErrors::Reject => Decided::plain(Outcome::Rejected),
        CallerErrors::Ok => Decided::plain(Outcome::Ok),
        CallerErrors::Fail => {
            let (hop, cause, span) = (Hops::CALLER, Cause::CallerError, SpanId::NONE);
            let blame = Blame { hop, cause, confidence: Confidence::High, evidence: None, span, rule: 0 };
            Decided { blame: Some(blame), ..Decided::plain(Outcome::Failed) }
        }
    }
}
