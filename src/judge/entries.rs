//! Executions in a trace: E1, and E6 where no entry came. And what becomes of the spans.

use super::hops::Book;
use super::tree::{Forest, NONE, Node};
use super::{Context, Trace};
use crate::model::{Fate, ShapeId};
use smallvec::{SmallVec, smallvec};

/// One attempt at a capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Position in the map.
    pub capability: u32,
    /// Position in the capability's threads.
    pub thread: Option<u32>,
    /// The entry, or [`NONE`] if it never came.
    pub entry: u32,
    /// The entry, or what there is without it.
    pub roots: SmallVec<[u32; 1]>,
    /// `ignored_when` holds on the entry.
    pub ignored: bool,
}

/// The executions of a trace, in the order of their entries.
#[derive(Debug, Default)]
pub struct Executions {
    list: Vec<Execution>,
    /// By capability: up to which node an entry above is in force.
    until: Vec<u32>,
    fates: Vec<Fate>,
}

impl Executions {
    /// Those that were found.
    pub fn list(&self) -> &[Execution] {
        &self.list
    }

    /// Finds them.
    pub fn find(&mut self, forest: &Forest, trace: &Trace<'_>, context: &Context<'_>, book: &mut Book) {
        // Only what the last trace left behind is wiped: there may be many capabilities, and a trace has few of them.
        for execution in self.list.drain(..) {
            if let Some(until) = self.until.get_mut(execution.capability as usize) {
                *until = 0;
            }
        }
        self.find_entries(forest, trace, context);
        self.fates.clear();
        self.fates.resize(forest.nodes.len(), Fate::Unmatched);
        for ignored in [true, false] {
            let fate = if ignored { Fate::Ignored } else { Fate::Measured };
            for execution in self.list.iter().filter(|one| one.ignored == ignored) {
                fill(&mut self.fates, forest, &execution.roots, fate);
            }
        }
        if forest.lost {
            self.find_incomplete(forest, trace, context, book);
        }
    }

    /// What became of each span that is no duplicate.
    pub fn fates(&self, forest: &Forest) -> impl Iterator<Item = Fate> + '_ {
        debug_assert_eq!(self.fates.len(), forest.nodes.len());
        self.fates.iter().copied()
    }

    /// E1: of several entries on one path the outermost, per capability.
    fn find_entries(&mut self, forest: &Forest, trace: &Trace<'_>, context: &Context<'_>) {
        self.until.resize(context.catalogue.capabilities().len(), 0);
        for (at, node) in (0..).zip(&forest.nodes).filter(|(_, node)| node.is(Node::ENTRY)) {
            let tags = &context.shapes.get(trace.spans[node.record as usize].shape).tags;
            for &(capability, thread) in &tags.entries {
                let Some(until) = self.until.get_mut(capability as usize).filter(|until| **until <= at) else {
                    continue;
                };
                *until = at + node.size;
                let ignored = tags.ignored.binary_search(&capability).is_ok();
                self.list.push(Execution { capability, thread, entry: at, roots: smallvec![at], ignored });
            }
        }
    }

    /// E6. Only a tree whose top no execution has can tell of one: a hop that two capabilities share says nothing about the other one
    /// where the trace of the first is at hand, even if its caller's span was never sent. What hangs below such a top tells of it also
    /// where another execution has it: a payment that came is a sign of the checkout around it whose entry did not.
    fn find_incomplete(&mut self, forest: &Forest, trace: &Trace<'_>, context: &Context<'_>, book: &mut Book) {
        let unclaimed = |fates: &[Fate], at: u32| fates[at as usize] == Fate::Unmatched;
        let lost = (0..).zip(&forest.nodes).any(|(at, node)| node.is(Node::LOST) && unclaimed(&self.fates, at));
        if !lost {
            return;
        }
        let mut seen: Vec<(u32, ShapeId)> = Vec::new();
        let mut root = 0;
        for (at, node) in (0..).zip(&forest.nodes) {
            if node.parent == NONE {
                root = at;
            }
            if unclaimed(&self.fates, root) {
                seen.push((root, trace.spans[node.record as usize].shape));
            }
        }
        seen.sort_unstable();
        seen.dedup();
        let mut found: Vec<(u32, u32)> = Vec::new();
        for (root, shape) in seen {
            found.extend(book.capabilities_with_hop(shape, context).iter().map(|&capability| (capability, root)));
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|(capability, _)| self.until.get(*capability as usize) == Some(&0));
        for of_one in found.chunk_by(|one, other| one.0 == other.0) {
            let roots: SmallVec<[u32; 1]> = of_one.iter().map(|(_, root)| *root).collect();
            self.list.push(Execution { capability: of_one[0].0, thread: None, entry: NONE, roots, ignored: false });
        }
        for execution in self.list.iter().filter(|one| one.entry == NONE) {
            fill(&mut self.fates, forest, &execution.roots, Fate::Measured);
        }
    }
}

fn fill(fates: &mut [Fate], forest: &Forest, roots: &[u32], fate: Fate) {
    for &root in roots {
        let range = forest.below(root);
        fates[range.start as usize..range.end as usize].fill(fate);
    }
}
