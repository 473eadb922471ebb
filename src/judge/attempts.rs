//! Attempts at one call (B2).
//!
//! Siblings of kind CLIENT that ask the same peer for the same thing, one after the other, are attempts at one call as long as they
//! fail; the last one decides. A call after one that worked is another call.

use super::class::Class;
use super::tree::{NONE, Node};
use super::{Context, Trace};
use crate::model::{Kind, Name};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Parent, peer and what is asked for.
type Key = (u32, Name, u32);

/// Reusable memory for the attempts of a trace.
#[derive(Debug, Default)]
pub struct Groups {
    /// The last attempt of each call that is going on.
    last: HashMap<Key, u32, RandomState>,
    /// Of each span the attempt before it.
    before: HashMap<u32, u32, RandomState>,
}

impl Groups {
    /// Marks attempts in all nodes. Where all calls went well there are none, and nobody need ask.
    pub fn find(&mut self, nodes: &mut [Node], trace: &Trace<'_>, context: &Context<'_>) {
        let is_attempt = |node: &Node| node.kind == Kind::Client && node.asks() && node.parent != NONE && !node.is(Node::ASYNC);
        // Clearing costs what the tables have room for: one large trace must not be paid for by all that come after it.
        if self.last.capacity().max(self.before.capacity()) > 64 + 16 * nodes.len() {
            *self = Self::default();
        }
        self.last.clear();
        self.before.clear();
        // Siblings come in the order of their starts.
        for at in 0..nodes.len() as u32 {
            let node = &nodes[at as usize];
            if is_attempt(node) {
                let span = &trace.spans[node.record as usize];
                let key = (node.parent, context.shapes.get(span.shape).peer, span.operation);
                self.add(at, key, nodes);
            }
        }
        let open: Vec<u32> = self.last.drain().map(|(_, last)| last).collect();
        open.into_iter().for_each(|last| self.give_up(last, nodes));
    }

    fn add(&mut self, at: u32, key: Key, nodes: &mut [Node]) {
        let worked = nodes[at as usize].class == Class::Ok;
        if let Some(&last) = self.last.get(&key) {
            if follows(&nodes[at as usize], &nodes[last as usize]) {
                nodes[at as usize].flags |= Node::RETRY;
                nodes[at as usize].first_attempt = nodes[last as usize].first_attempt;
                self.before.insert(at, last);
            } else {
                self.give_up(last, nodes);
            }
        }
        if worked {
            self.mark_before(at, Node::MASKED, nodes);
            self.last.remove(&key);
        } else {
            self.last.insert(key, at);
        }
    }

    /// The call failed. Its last attempt decides; one that was cancelled decides nothing.
    fn give_up(&mut self, last: u32, nodes: &mut [Node]) {
        let mut deciding = last;
        while nodes[deciding as usize].class == Class::Cancelled
            && let Some(&before) = self.before.get(&deciding)
        {
            nodes[deciding as usize].flags |= Node::EXHAUSTED;
            deciding = before;
        }
        self.mark_before(deciding, Node::EXHAUSTED, nodes);
    }

    fn mark_before(&self, mut at: u32, flag: u16, nodes: &mut [Node]) {
        while let Some(&before) = self.before.get(&at) {
            nodes[before as usize].flags |= flag;
            at = before;
        }
    }
}

/// Whether an attempt follows a failed one.
fn follows(attempt: &Node, failed: &Node) -> bool {
    attempt.is(Node::RESEND) || attempt.start >= failed.end
}
