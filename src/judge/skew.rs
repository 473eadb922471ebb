//! Clock skew (spec 2.6): spans of another host are moved into the call that they answer, where the two clocks disagree.
//!
//! A child of another host that does not fit into its parent is moved so that it does; the way there and the way back are taken to be
//! equally long. One that is longer than its parent cannot fit: it is only kept from beginning before it. Everything below that is of
//! the same host moves along, for it has the same clock. Nothing moves by more than the limit: so much is no skew but something
//! else, and a guess about it would be worse than the times as they came. The road not taken: one shift for each host, from all of its
//! spans. It needs a second pass, and still leaves calls that do not fit.
//!
//! What lies outside of its parent for another reason than its clock stays as it came: what nobody waits for (E4), what outlives a
//! call whose caller had given up, and what hangs where it hangs by a guess (E3).
//!
//! The entry's clock is the reference, so the entry itself, and with it the window, never moves. Hence this is done for each execution
//! anew: the entry of one may be an answer in another. An execution without entry has no reference, and is left alone.

use super::Trace;
use super::class::Class;
use super::entries::Execution;
use super::tree::{Forest, NONE, Node};
use crate::model::{Kind, SpanRecord};
use std::time::Duration;

/// By how much a span may be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkewLimit {
    most_ns: u64,
}

impl SkewLimit {
    /// At most by this much, exactly so much included. Zero moves nothing.
    pub fn new(most: Duration) -> Self {
        Self { most_ns: u64::try_from(most.as_nanos()).unwrap_or(u64::MAX) }
    }
}

/// What was found out about the clock of a span.
#[derive(Debug, Clone, Copy, Default)]
struct Shift {
    /// By how much it was moved, nanoseconds.
    ns: i64,
    /// A call at or above it was given up: what is below may outlive it.
    given_up: bool,
}

/// Moves spans, one execution after the other.
#[derive(Debug, Default)]
pub struct Clocks {
    /// Spans moved so far, each once for each execution that it is in.
    pub adjusted: u64,
    /// By node of the tree in hand, beginning with its root.
    shifts: Vec<Shift>,
}

impl Clocks {
    /// Sets the times of all spans of an execution: as they came, but for what has to be moved.
    pub fn adjust(&mut self, forest: &mut Forest, trace: &Trace<'_>, execution: &Execution, limit: SkewLimit) {
        for &root in &execution.roots {
            self.shifts.clear();
            for at in forest.below(root) {
                let shift = if at == root || execution.entry == NONE {
                    Shift::default()
                } else {
                    let above = self.shifts[(forest.nodes[at as usize].parent - root) as usize];
                    self.shift(forest, trace, at, above, limit)
                };
                let node = &mut forest.nodes[at as usize];
                let span = &trace.spans[node.record as usize];
                node.start = span.start_ns.saturating_add_signed(shift.ns);
                node.end = span.end_ns.max(span.start_ns).saturating_add_signed(shift.ns);
                let given_up = shift.given_up || is_given_up(node);
                self.shifts.push(Shift { given_up, ..shift });
                self.adjusted += u64::from(shift.ns != 0 && !execution.ignored);
            }
        }
    }

    /// The parent, at `above`, has been moved already.
    fn shift(&self, forest: &Forest, trace: &Trace<'_>, at: u32, above: Shift, limit: SkewLimit) -> Shift {
        let node = &forest.nodes[at as usize];
        let parent = &forest.nodes[node.parent as usize];
        let span = &trace.spans[node.record as usize];
        let ns = if is_one_clock((node, span), (parent, &trace.spans[parent.record as usize])) {
            above.ns
        } else if above.given_up || parent.kind == Kind::Producer || node.is(Node::ASYNC) || node.is(Node::ORPHAN) {
            0
        } else {
            misfit((span.start_ns, span.end_ns.max(span.start_ns)), (parent.start, parent.end), limit)
        };
        Shift { ns, given_up: above.given_up }
    }
}

/// One host has one clock. Where a span does not say its host, nobody can tell; then what is of one service is taken for one process,
/// and what is not for two hosts.
fn is_one_clock((node, span): (&Node, &SpanRecord), (parent, of_parent): (&Node, &SpanRecord)) -> bool {
    if span.host == 0 || of_parent.host == 0 { node.service == parent.service } else { span.host == of_parent.host }
}

/// The caller did not wait for the answer: it ran out of time, or nobody wanted to know any more.
fn is_given_up(node: &Node) -> bool {
    node.kind.asks() && (node.is(Node::TIMEOUT) || node.class == Class::Cancelled)
}

/// By how much a span, from start to end, has to be moved to fit into its parent.
fn misfit((start, end): (u64, u64), (parent_start, parent_end): (u64, u64), limit: SkewLimit) -> i64 {
    let room = parent_end.saturating_sub(parent_start);
    let to = match room.checked_sub(end.saturating_sub(start)) {
        None => start.max(parent_start),
        Some(_) if start >= parent_start && end <= parent_end => start,
        Some(rest) => parent_start.saturating_add(rest / 2),
    };
    let by = to.abs_diff(start);
    match i64::try_from(by) {
        Ok(ns) if by <= limit.most_ns => {
            if to < start {
                -ns
            } else {
                ns
            }
        }
        _ => 0,
    }
}
