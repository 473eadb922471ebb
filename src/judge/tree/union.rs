//! Which tree a span is in, while trees are hung below each other: so that no tree is hung below itself.

use super::NONE;
use super::found::Stub;

/// Trees by their roots, joined as they are hung.
#[derive(Debug)]
pub struct Trees {
    roots: Vec<u32>,
    joined: Vec<u32>,
}

impl Trees {
    /// From parents without cycles.
    pub fn new(stubs: &[Stub]) -> Self {
        let mut roots = vec![NONE; stubs.len()];
        let mut walked = Vec::new();
        for first in 0..stubs.len() as u32 {
            let mut at = first;
            while roots[at as usize] == NONE && stubs[at as usize].parent != NONE {
                walked.push(at);
                at = stubs[at as usize].parent;
            }
            let root = if roots[at as usize] == NONE { at } else { roots[at as usize] };
            roots[at as usize] = root;
            walked.drain(..).for_each(|below| roots[below as usize] = root);
        }
        let joined = (0..stubs.len() as u32).collect();
        Self { roots, joined }
    }

    /// The topmost root above a span.
    pub fn top(&mut self, span: u32) -> u32 {
        let mut at = self.roots[span as usize];
        while self.joined[at as usize] != at {
            let above = self.joined[at as usize];
            self.joined[at as usize] = self.joined[above as usize];
            at = above;
        }
        at
    }

    /// Hangs the tree of `root` below `target`; false if that would be below itself.
    pub fn hang(&mut self, root: u32, target: u32) -> bool {
        let top = self.top(target);
        if top == self.top(root) {
            return false;
        }
        self.joined[root as usize] = top;
        true
    }
}
