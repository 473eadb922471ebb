//! An execution on the table: its spans, whose they are, and what has been found out about them.

use super::hops::Named;
use super::tree::{Forest, NONE, Node};
use super::{Context, Trace};
use crate::catalogue::HopRule;
use crate::model::{HopId, Name, SpanId, SpanRecord};

/// A span in one execution.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Whose it is.
    pub hop: Named,
    /// The operation that it is part of: its own hop for a span that works, the asking one for a call.
    pub operation: Named,
    /// Spans above it in the execution.
    pub depth: u32,
    /// The execution does not wait for it (E4).
    pub asynchronous: bool,
    /// It is asynchronous, and counts all the same.
    pub required: bool,
}

/// Remarks on spans while an execution is judged.
#[derive(Debug, Default)]
pub struct Marks(Vec<u8>);

impl Marks {
    /// The critical path goes through it.
    pub const ON_PATH: u8 = 1;
    /// The blame, or an absorbed error already listed, accounts for it.
    pub const CLAIMED: u8 = 1 << 1;
    /// Its error is part of one that is told: another call that the same server was waiting for (B8).
    pub const PART: u8 = 1 << 3;
    /// An error below it is looked at as its own (B3).
    pub const IN_ERROR: u8 = 1 << 2;

    /// No remarks on any of so many spans.
    pub fn prepare(&mut self, spans: usize) {
        if self.0.len() < spans {
            self.0.resize(spans, 0);
        }
    }

    /// No remarks on these spans.
    pub fn clear(&mut self, spans: std::ops::Range<u32>) {
        self.0[spans.start as usize..spans.end as usize].fill(0);
    }

    /// Adds a remark.
    pub fn set(&mut self, at: u32, mark: u8) {
        self.0[at as usize] |= mark;
    }

    /// Whether there is this remark.
    pub fn has(&self, at: u32, mark: u8) -> bool {
        self.0[at as usize] & mark != 0
    }
}

/// An execution.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// Its trace, as it came.
    pub trace: &'a Trace<'a>,
    /// Its trace, as a forest.
    pub forest: &'a Forest,
    /// Map, names and the like.
    pub context: &'a Context<'a>,
    /// Position in the map.
    pub capability: u32,
    /// Its id.
    pub name: Name,
    /// Hops of the map.
    pub rules: &'a [HopRule],
    /// The entry, or [`NONE`] if it never came.
    pub entry: u32,
    /// The entry, or what there is without it.
    pub roots: &'a [u32],
    /// By node; of the execution's nodes only.
    pub places: &'a [Place],
    /// By position in `rules`: whether some span belongs to it.
    pub seen: &'a [bool],
    /// Topmost spans of required asynchronous steps.
    pub steps: &'a [u32],
}

impl<'a> Case<'a> {
    /// All its nodes, parents before children.
    pub fn all(&self) -> impl Iterator<Item = u32> + 'a {
        let (forest, roots) = (self.forest, self.roots);
        roots.iter().flat_map(move |&root| forest.below(root))
    }

    /// A node.
    pub fn node(&self, at: u32) -> &'a Node {
        &self.forest.nodes[at as usize]
    }

    /// A node in this execution.
    pub fn place(&self, at: u32) -> &'a Place {
        &self.places[at as usize]
    }

    /// The span as it came.
    pub fn span(&self, at: u32) -> &'a SpanRecord {
        &self.trace.spans[self.node(at).record as usize]
    }

    /// Its id; [`SpanId::NONE`] for no node.
    pub fn span_id(&self, at: u32) -> SpanId {
        if at == NONE { SpanId::NONE } else { self.span(at).id }
    }

    /// Whose it is.
    pub fn hop(&self, at: u32) -> HopId {
        self.place(at).hop.hop
    }

    /// Whether this is where the execution begins: nothing above it is of its business.
    pub fn is_root(&self, at: u32) -> bool {
        self.place(at).depth == 0
    }

    /// Whether this is the topmost span of a required asynchronous step.
    pub fn is_step(&self, at: u32) -> bool {
        let node = self.node(at);
        self.place(at).required && (node.is(Node::ASYNC) || self.is_root(at) || !self.place(node.parent).required)
    }

    /// The capability's `failed_when` holds for it, and it counts.
    pub fn has_failed(&self, at: u32) -> bool {
        let place = self.place(at);
        self.node(at).is(Node::FAILED)
            && (!place.asynchronous || place.required)
            && self.context.shapes.get(self.span(at).shape).tags.failed.binary_search(&self.capability).is_ok()
    }
}
