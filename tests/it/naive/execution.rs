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
    /// Roots of asynchronous steps.
    steps: Vec<usize>,
}

impl<'a> Execution<'a> {
    pub fn new(trace: &Tree, capability: &'a Capability, root: usize) -> Self {
        let mut tree = trace.clone();
        tree.up[root] = None; // E2: the entry is the top
        let mut members = tree.subtree(root);
        let mut steps = Vec::new();
        let entries = trace.entries(capability);
        while let Some((step, target)) = linked(&tree, &members, &steps).into_iter().find(|(step, _)| !entries.contains(step)) {
            if !members.contains(&step) {
                tree.up[step] = Some(target); // E4
                members = tree.subtree(root);
            }
            steps.push(step);
        }
        let below_producer = |at: &usize| {
            let is_producer = |above: usize| tree.spans[above].kind == Kind::Producer;
            tree.spans[*at].kind == Kind::Consumer && tree.has_above(*at, &is_producer) && *at != root
        };
        steps.extend(members.iter().copied().filter(below_producer)); // E4
        Self { capability, root, tree, members, steps }
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
        self.steps.contains(&at)
    }

    pub fn steps(&self) -> Vec<usize> {
        let mut steps: Vec<usize> = self.members.iter().copied().filter(|at| self.is_step(*at)).collect();
        steps.sort_by_key(|at| self.tree.age(*at));
        steps
    }

    /// The asynchronous step that a span is in.
    pub fn step_of(&self, at: usize) -> Option<usize> {
        if self.is_step(at) { Some(at) } else { self.tree.up[at].and_then(|parent| self.step_of(parent)) }
    }

    /// E4: the hop says `async: required`.
    pub fn is_required(&self, step: usize) -> bool {
        self.rule_of(&self.hop(step)).is_some_and(|rule| rule.required)
    }

    /// Synchronous, or in a required step.
    pub fn counts(&self, at: usize) -> bool {
        self.step_of(at).is_none_or(|step| self.is_required(step))
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
        let required = self.steps().into_iter().filter(|step| self.is_required(*step));
        required.map(|step| self.span(step).end).chain([self.span(self.root).end]).max().unwrap()
    }
}

/// E4: CONSUMERs and parentless spans that link to a span of the execution, and are not known as steps.
fn linked(tree: &Tree, members: &[usize], known: &[usize]) -> Vec<(usize, usize)> {
    let may = |at: &usize| {
        let span = &tree.spans[*at];
        span.kind == Kind::Consumer || span.parent == 0 || span.parent == span.id
    };
    let target = |at: usize| tree.find(tree.spans[at].link?, &tree.spans[at].service);
    let found = (0..tree.spans.len()).filter(|at| may(at) && !known.contains(at)).filter_map(|at| Some((at, target(at)?)));
    found.filter(|(at, target)| members.contains(target) && !tree.subtree(*at).contains(target)).collect()
}
