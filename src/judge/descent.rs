//! From the entry down to the one that is to blame (B3 to B8, B10, B11).
//!
//! Each step goes to a span below that explains the error of the one above, and each span it goes through is claimed: its error is
//! accounted for. Where no such span is left, the last one tells who it was: itself, or whom it asked.

use super::asking;
use super::case::{Case, Marks};
use super::class::Class;
use super::path::Walk;
use super::timeout::{self, Shares};
use super::tree::{NONE, Node};
use crate::model::{Cause, Confidence, Evidence, HopId, Kind, Name, Status};
use foldhash::fast::RandomState;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Own-work spans between a part of a call and the call. They are few; the bound is for traces that are not made by people.
const MOST_PARTS: usize = 8;

/// Who it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The span at which the descent ended.
    pub leaf: u32,
    /// The culprit.
    pub hop: HopId,
    /// Why.
    pub cause: Cause,
    /// Number of the rule that decided.
    pub rule: u8,
    /// How sure.
    pub confidence: Confidence,
    /// A remark.
    pub evidence: Option<Evidence>,
    /// A span of the culprit, or of its caller: where the search for the caller begins.
    pub from: u32,
    /// The call that ran out of time, or [`NONE`].
    pub call: u32,
}

/// Why the descent begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The span is in error: somebody is to blame, itself if nobody else.
    InError,
    /// It is not; only an error below it counts (B11, and the entry that was cancelled).
    NotInError,
}

/// Reusable memory, and what holds for all descents in one execution.
#[derive(Debug, Default)]
pub struct Memory {
    /// Paths below timed-out calls.
    pub walk: Walk,
    /// Sums by hop.
    pub shares: Shares,
    /// Errors beside the way: the next suspects.
    pub beside: Vec<u32>,
    /// Services that sent a span in this execution; empty until somebody asks.
    pub services: HashSet<Name, RandomState>,
    /// B7, by the span that called.
    pub cut_off: HashMap<u32, bool, RandomState>,
    /// Spans that paths below timed-out calls may still go through.
    pub budget: usize,
    open: Vec<u32>,
    found: Vec<u32>,
}

impl Memory {
    /// For a new execution of so many spans.
    pub fn prepare(&mut self, spans: usize) {
        self.beside.clear();
        // Clearing costs what a table has room for: one large execution must not be paid for by all that come after it.
        if self.services.capacity().max(self.cut_off.capacity()) > 64 + 16 * spans {
            (self.services, self.cut_off) = Default::default();
        }
        self.services.clear();
        self.cut_off.clear();
        self.budget = spans.saturating_mul(8);
    }
}

/// A descent in one execution.
pub struct Descent<'a> {
    /// The execution.
    pub case: &'a Case<'a>,
    /// Remarks on its spans.
    pub marks: &'a mut Marks,
    /// Memory.
    pub memory: &'a mut Memory,
    /// A part of the way was a guess (E3).
    orphan: bool,
}

impl<'a> Descent<'a> {
    /// A descent that has not begun.
    pub fn new(case: &'a Case<'a>, marks: &'a mut Marks, memory: &'a mut Memory) -> Self {
        Self { case, marks, memory, orphan: false }
    }

    /// Goes down from a span. `None` only where it is not in error and nothing below it is.
    pub fn from(mut self, start: u32, why: Start) -> Option<Found> {
        let mut at = start;
        let mut lead = why == Start::InError;
        loop {
            self.marks.set(at, Marks::CLAIMED);
            let overdue = lead && self.is_overdue(at);
            let next = if overdue { self.overdue_below(at) } else { self.error_below(at) };
            if let Some(next) = next {
                self.claim_way(at, next, overdue);
                at = next;
                lead = true;
                continue;
            }
            if !lead {
                return None;
            }
            if overdue {
                let found = timeout::slow_server(self.case, self.memory, at);
                return Some(self.told(found));
            }
            let node = self.case.node(at);
            if node.class == Class::Error && node.server != NONE {
                return Some(self.edge(at));
            }
            match self.refusal_below(at) {
                Some(next) => {
                    self.claim_way(at, next, false);
                    at = next;
                }
                None => return Some(self.leaf(at)),
            }
        }
    }

    /// B8: a call that ran out of time, over a server that says nothing of an error of its own.
    fn is_overdue(&self, at: u32) -> bool {
        let node = self.case.node(at);
        let own_error = |child: u32| {
            let child = self.case.node(child);
            child.answers() && !child.is(Node::ASYNC) && child.class == Class::Error && !child.is(Node::ECHO)
        };
        node.server != NONE
            && node.class == Class::Error
            && node.is(Node::TIMEOUT)
            && !self.case.forest.children(at).any(own_error)
    }

    /// B8: the server's own call that ran out of time.
    fn overdue_below(&mut self, at: u32) -> Option<u32> {
        let until = self.case.node(at).end;
        self.memory.found.clear();
        for server in self.case.forest.children(at) {
            let node = self.case.node(server);
            if node.answers() && !node.is(Node::ASYNC) && !self.says_ok(server) {
                let through = |below: &Node| is_own_work(below, node.service);
                self.collect(server, through, |call| {
                    call.asks() && call.class == Class::Error && call.is(Node::TIMEOUT) && call.decides() && call.start < until
                });
            }
        }
        let chosen = self.choose();
        // The others are under a server without an error; they are not absorbed for that.
        self.memory.found.iter().for_each(|at| self.marks.set(*at, Marks::PART));
        chosen
    }

    /// C1: a span that was set to Ok ends the descent.
    fn says_ok(&self, at: u32) -> bool {
        self.case.context.shapes.get(self.case.span(at).shape).status == Status::Ok
    }

    /// B3: the error below that explains this one.
    fn error_below(&mut self, at: u32) -> Option<u32> {
        self.below(at, Class::Error)
    }

    /// B3, where there is none: a request below that was refused.
    fn refusal_below(&mut self, at: u32) -> Option<u32> {
        self.below(at, Class::CallerError)
    }

    fn below(&mut self, at: u32, class: Class) -> Option<u32> {
        let service = self.case.node(at).service;
        self.memory.found.clear();
        self.collect(at, |node| node.is_seen_through(service), |node| node.class == class && node.decides());
        self.choose()
    }

    /// Adds to what was found the spans below that are `wanted`, looking through those that are seen `through`.
    fn collect(&mut self, from: u32, through: impl Fn(&Node) -> bool, wanted: impl Fn(&Node) -> bool) {
        let Memory { open, found, .. } = &mut *self.memory;
        open.clear();
        open.push(from);
        while let Some(at) = open.pop() {
            for child in self.case.forest.children(at) {
                let node = self.case.node(child);
                if node.is(Node::ASYNC) {
                    continue;
                }
                if wanted(node) {
                    found.push(child);
                } else if through(node) {
                    open.push(child);
                }
            }
        }
    }

    /// B4. Those not chosen are the next suspects.
    fn choose(&mut self) -> Option<u32> {
        let case = self.case;
        let Memory { found, beside, .. } = &mut *self.memory;
        let on_path = found.iter().copied().filter(|&at| self.marks.has(at, Marks::ON_PATH));
        let last = on_path.min_by_key(|&at| (Reverse(case.node(at).end), case.node(at).start, at));
        let first = || found.iter().copied().min_by_key(|&at| (case.node(at).end, case.node(at).start, at));
        let chosen = last.or_else(first)?;
        beside.extend(found.iter().copied().filter(|&at| at != chosen));
        Some(chosen)
    }

    /// Claims the spans between, and notes whether any of them hangs where it does by a guess.
    fn claim_way(&mut self, above: u32, below: u32, all: bool) {
        let mut at = below;
        while at != above && at != NONE {
            let node = self.case.node(at);
            self.orphan |= node.is(Node::ORPHAN);
            if all || node.class != Class::Ok {
                self.marks.set(at, Marks::CLAIMED);
            }
            at = node.parent;
        }
    }

    fn leaf(&mut self, at: u32) -> Found {
        let node = self.case.node(at);
        let found = if node.class == Class::CallerError {
            self.refused(at)
        } else if node.kind.asks() {
            asking::leaf(self.case, self.memory, at)
        } else {
            match self.asked_within(at) {
                Some(call) => asking::leaf(self.case, self.memory, call),
                None => self.own_error(at),
            }
        };
        self.told(found)
    }

    /// B5.
    fn own_error(&self, at: u32) -> Found {
        let saturated = self.case.node(at).is(Node::SATURATED);
        Found {
            leaf: at,
            hop: self.case.hop(at),
            cause: if saturated { Cause::Saturation } else { Cause::AppError },
            rule: 5,
            confidence: Confidence::High,
            evidence: None,
            from: at,
            call: NONE,
        }
    }

    /// B3: whoever made a call that was refused.
    fn refused(&self, at: u32) -> Found {
        Found {
            leaf: at,
            hop: self.case.place(at).operation.hop,
            cause: Cause::CallerError,
            rule: 3,
            confidence: Confidence::High,
            evidence: None,
            from: at,
            call: NONE,
        }
    }

    /// B10: the server had finished without error; it happened on the way.
    fn edge(&mut self, at: u32) -> Found {
        let node = self.case.node(at);
        let saturated = node.is(Node::SATURATED);
        self.orphan |= self.case.node(node.server).is(Node::ORPHAN);
        let found = Found {
            leaf: at,
            hop: self.case.hop(node.server),
            cause: if saturated { Cause::Saturation } else { Cause::Unreachable },
            rule: 10,
            confidence: Confidence::Medium,
            evidence: Some(Evidence::ServerFinishedWithoutError),
            from: at,
            call: NONE,
        };
        self.told(found)
    }

    /// Part of a call (name resolution, connecting) that has a span of its own: who was asked is known by the call, if the call says
    /// that the trouble was with the other side.
    fn asked_within(&self, at: u32) -> Option<u32> {
        let service = self.case.node(at).service;
        let mut call = at;
        for _ in 0..MOST_PARTS {
            let node = self.case.node(call);
            if node.kind != Kind::Internal || self.case.is_root(call) || node.is(Node::ASYNC) {
                break;
            }
            call = self.case.node(call).parent;
            if self.case.node(call).service != service {
                return None;
            }
        }
        let node = self.case.node(call);
        let elsewhere = node.flags & (Node::TIMEOUT | Node::UNREACHABLE | Node::SATURATED | Node::ANSWERED) != 0;
        (node.asks() && node.class == Class::Error && node.server == NONE && elsewhere).then_some(call)
    }

    /// A guess on the way makes the answer a guess.
    fn told(&self, mut found: Found) -> Found {
        let server = self.case.node(found.leaf).server;
        if self.orphan || (found.call != NONE && server != NONE && self.case.node(server).is(Node::ORPHAN)) {
            found.confidence = Confidence::Low;
            found.evidence = found.evidence.or(Some(Evidence::Orphan));
        }
        found
    }
}

/// INTERNAL, of this service, and not declared to be fine (C1).
fn is_own_work(node: &Node, service: Name) -> bool {
    let open = node.is(Node::SILENT) || node.class == Class::Error;
    node.kind == Kind::Internal && node.service == service && open && !node.is(Node::ASYNC)
}
