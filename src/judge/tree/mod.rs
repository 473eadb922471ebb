//! A trace as a forest (E2 to E5), built once for all its executions.
//!
//! Nodes lie in preorder: everything below node `i` is `i + 1 .. i + size`, a child comes after its parent, and siblings come in the
//! order of their starts. So subtrees are ranges, what flows down is one pass forward, and nothing recurses. The order does not depend
//! on the order of arrival.

mod cycles;
mod extras;
mod found;
mod ids;
mod layout;
mod links;
mod orphans;
mod picker;
mod reading;
mod union;

use super::class::Class;
use super::{Context, Trace, attempts};
use crate::model::{Kind, Name};
use cycles::Cycles;
use extras::Extras;
use found::{Stub, Stubs};
use layout::Layout;
use reading::Readings;

/// No node.
pub const NONE: u32 = u32::MAX;

/// A span in its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Position in the trace.
    pub record: u32,
    /// Above it, or [`NONE`].
    pub parent: u32,
    /// It and all below it.
    pub size: u32,
    /// For the asking side: who answered (the last one, if several did), or [`NONE`].
    pub server: u32,
    /// B2: first attempt at the same call; itself where there was only one.
    pub first_attempt: u32,
    /// `service.name`.
    pub service: Name,
    /// Span kind.
    pub kind: Kind,
    /// As a span inside an execution.
    pub class: Class,
    /// See the constants.
    pub flags: u16,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970; never before `start`.
    pub end: u64,
}

impl Node {
    /// INTERNAL and nobody set its status: errors are seen through it (B3).
    pub const SILENT: u16 = 1;
    /// Timeout class.
    pub const TIMEOUT: u16 = 1 << 1;
    /// Unreachable class, if there is no server child.
    pub const UNREACHABLE: u16 = 1 << 2;
    /// Out of capacity.
    pub const SATURATED: u16 = 1 << 3;
    /// Its code was sent by somebody.
    pub const ANSWERED: u16 = 1 << 4;
    /// Its code may echo a deadline of its caller.
    pub const ECHO: u16 = 1 << 5;
    /// Says that it repeats an attempt.
    pub const RESEND: u16 = 1 << 6;
    /// A messaging receive: CLIENT by convention only.
    pub const RECEIVES: u16 = 1 << 7;
    /// `failed_when` of some capability holds.
    pub const FAILED: u16 = 1 << 8;
    /// E4: the step begins here, its parent does not wait for it.
    pub const ASYNC: u16 = 1 << 9;
    /// E3: its place is a guess.
    pub const ORPHAN: u16 = 1 << 10;
    /// Its parent never came.
    pub const LOST: u16 = 1 << 11;
    /// B2: follows a failed attempt.
    pub const RETRY: u16 = 1 << 12;
    /// B2: failed, and a later attempt worked.
    pub const MASKED: u16 = 1 << 13;
    /// B2: failed, as did a later attempt.
    pub const EXHAUSTED: u16 = 1 << 14;
    /// Entry of some capability.
    pub const ENTRY: u16 = 1 << 15;

    /// Whether this flag is set.
    pub fn is(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// CLIENT or PRODUCER that waits for an answer.
    pub fn asks(&self) -> bool {
        self.kind.asks() && !self.is(Self::RECEIVES)
    }

    /// SERVER or CONSUMER.
    pub fn answers(&self) -> bool {
        matches!(self.kind, Kind::Server | Kind::Consumer)
    }

    /// In error, and not an attempt that a later one made up for.
    pub fn decides(&self) -> bool {
        self.flags & (Self::MASKED | Self::EXHAUSTED) == 0
    }

    /// Whether errors below it are looked for as if they were its parent's (B3).
    pub fn is_seen_through(&self, service: Name) -> bool {
        self.is(Self::SILENT) && self.service == service && !self.is(Self::ASYNC)
    }

    fn new(stub: &Stub) -> Self {
        Self {
            record: stub.record,
            parent: NONE,
            size: 1,
            server: NONE,
            first_attempt: NONE,
            service: stub.service,
            kind: stub.kind,
            class: stub.class,
            flags: stub.flags,
            start: stub.start,
            end: stub.end,
        }
    }
}

/// The spans of a trace, each once, in preorder.
#[derive(Debug, Default)]
pub struct Forest {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Spans that came before (E5).
    pub duplicates: u64,
    /// Whether some span's parent never came.
    pub lost: bool,
    /// What few spans have.
    pub extras: Extras,
    readings: Readings,
    stubs: Stubs,
    cycles: Cycles,
    layout: Layout,
    attempts: attempts::Groups,
}

impl Forest {
    /// Builds the forest of a trace.
    pub fn build(&mut self, trace: &Trace<'_>, context: &Context<'_>) {
        self.extras.find(trace);
        self.stubs.find(trace, context.shapes, &mut self.readings);
        self.duplicates = self.stubs.duplicates;
        self.stubs.find_parents(trace);
        if self.stubs.backward {
            self.cycles.cut(&mut self.stubs.list);
        }
        self.lost = self.stubs.lost;
        links::hang(&mut self.stubs, &self.extras, trace, context);
        if self.lost {
            orphans::hang(&mut self.stubs.list, trace, context);
        }
        self.layout.lay_out(&self.stubs.list, &mut self.nodes);
        if self.layout.troubled_calls {
            self.attempts.find(&mut self.nodes, trace, context);
        }
    }

    /// Whether some span has this flag; not for those of attempts (B2).
    pub fn has(&self, flag: u16) -> bool {
        self.layout.flags & flag != 0
    }

    /// Whether some span is in error.
    pub fn has_errors(&self) -> bool {
        self.layout.errors
    }

    /// Children of a node, in the order of their starts.
    pub fn children(&self, of: u32) -> Children<'_> {
        let end = of + self.nodes[of as usize].size;
        Children { nodes: &self.nodes, next: of + 1, end }
    }

    /// Numbers of a node and all below it.
    pub fn below(&self, root: u32) -> std::ops::Range<u32> {
        root..root + self.nodes[root as usize].size
    }
}

/// See [`Forest::children`].
#[derive(Debug, Clone)]
pub struct Children<'a> {
    nodes: &'a [Node],
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.next >= self.end {
            return None;
        }
        let at = self.next;
        self.next += self.nodes[at as usize].size;
        Some(at)
    }
}
