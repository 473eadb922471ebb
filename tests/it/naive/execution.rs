//! One execution: the entry's subtree and the asynchronous steps that links bring in.

use super::hops::Hop;
use super::map::Capability;
use super::reading::{self, Class};
use super::span::{Kind, Span};
use super::tree::Tree;

pub struct Execution<'a> {
    pub capability: &'a Capability,
    pub root: usize,
    /// The trace as this execution sees it: linked steps hang below the span that they link to.
    pub tree: Tree,
    pub members: Vec<usize>,
    /// Critical path in the reference mode.
    pub strict: bool,
}

impl<'a> Execution<'a> {
    pub fn new(trace: &Tree, capability: &'a Capability, root: usize, strict: bool) -> Self {
        let mut tree = trace.clone();
        (tree.up[root], tree.steps[root]) = (None, false); // E2: the entry is the top
        let members = tree.subtree(root);
        Self { capability, root, tree, members, strict }
    }

    pub fn span(&self, at: usize) -> &Span {
        &self.tree.spans[at]
    }

    pub fn class(&self, at: usize) -> Class {
        reading::class(self.span(at), at == self.root)
    }

    pub fn is_error(&self, at: usize) -> bool {
        self.class(at) == Class::Error
    }

    pub fn is_step(&self, at: usize) -> bool {
        self.tree.steps[at]
    }

    /// Where required asynchronous steps begin.
    pub fn required_steps(&self) -> Vec<usize> {
        let begins = |at: &usize| {
            self.is_required(*at) && (self.is_step(*at) || !self.tree.up[*at].is_some_and(|up| self.is_required(up)))
        };
        self.members.iter().copied().filter(begins).collect()
    }

    fn is_asynchronous(&self, at: usize) -> bool {
        self.is_step(at) || self.tree.up[at].is_some_and(|parent| self.is_asynchronous(parent))
    }

    /// E4: the step's hop says `async: required`; open: so may the queue that it came through, and a CONSUMER within the step.
    pub fn is_required(&self, at: usize) -> bool {
        let says_so = |at: usize| self.rule_of(&self.hop(at)).is_some_and(|rule| rule.required);
        let Some(parent) = self.tree.up[at] else { return false };
        if self.is_step(at) {
            return says_so(at) || (self.span(parent).kind == Kind::Producer && says_so(parent));
        }
        let handles = self.span(at).kind == Kind::Consumer && says_so(at);
        self.is_asynchronous(at) && (self.is_required(parent) || handles)
    }

    /// Synchronous, or in a required step.
    pub fn counts(&self, at: usize) -> bool {
        !self.is_asynchronous(at) || self.is_required(at)
    }

    /// Children that this one waits for.
    pub fn children(&self, at: usize) -> Vec<usize> {
        self.tree.children(at).into_iter().filter(|child| !self.is_step(*child)).collect()
    }

    pub fn server_child(&self, at: usize) -> Option<usize> {
        self.tree.server_child(at)
    }

    pub fn depth(&self, at: usize) -> usize {
        self.tree.up[at].map_or(0, |parent| 1 + self.depth(parent))
    }

    pub fn rule_of(&self, hop: &Hop) -> Option<&'a super::map::HopRule> {
        hop.rule.map(|rule| &self.capability.hops[rule])
    }

    /// End of the entry, or of the last required step (E4).
    pub fn last_end(&self) -> u64 {
        let required = self.required_steps().into_iter().map(|step| self.span(step).end);
        required.chain([self.span(self.root).end]).max().unwrap()
    }
}
