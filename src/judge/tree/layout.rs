//! From parents to preorder.

use super::found::{How, Stub};
use super::{NONE, Node};
use crate::model::Kind;

/// Reusable memory for the way from parents to preorder.
#[derive(Debug, Default)]
pub struct Layout {
    /// Start and number of each span, in the order of starts.
    ranked: Vec<(u64, u32)>,
    firsts: Vec<u32>,
    children: Vec<u32>,
    open: Vec<(u32, u32)>,
    /// By node: below a PRODUCER, and no asynchronous step has begun since.
    sent: Vec<bool>,
}

impl Layout {
    /// Writes the spans in preorder, siblings in the order of their starts.
    pub fn lay_out(&mut self, stubs: &[Stub], nodes: &mut Vec<Node>) {
        self.sort_children(stubs);
        nodes.clear();
        self.sent.clear();
        for at in 0..self.ranked.len() {
            let (_, root) = self.ranked[at];
            if stubs[root as usize].parent == NONE {
                self.descend(root, stubs, nodes);
            }
        }
        for at in (1..nodes.len()).rev() {
            let Node { parent, size, .. } = nodes[at];
            if parent != NONE {
                nodes[parent as usize].size += size;
            }
        }
    }

    /// Children of span `i` become `children[firsts[i]..firsts[i + 1]]`.
    fn sort_children(&mut self, stubs: &[Stub]) {
        let count = stubs.len();
        self.ranked.clear();
        // Their numbers are those of their ids and kinds, so this is [`Stub::rank`].
        self.ranked.extend(stubs.iter().zip(0..).map(|(stub, at)| (stub.start, at)));
        self.ranked.sort_unstable();
        self.firsts.clear();
        self.firsts.resize(count + 2, 0);
        for stub in stubs.iter().filter(|stub| stub.parent != NONE) {
            self.firsts[stub.parent as usize + 2] += 1;
        }
        for at in 1..self.firsts.len() {
            self.firsts[at] += self.firsts[at - 1];
        }
        self.children.clear();
        self.children.resize(count, NONE);
        for &(_, at) in &self.ranked {
            let parent = stubs[at as usize].parent;
            if parent != NONE {
                let next = &mut self.firsts[parent as usize + 1];
                self.children[*next as usize] = at;
                *next += 1;
            }
        }
    }

    fn descend(&mut self, root: u32, stubs: &[Stub], nodes: &mut Vec<Node>) {
        self.open.clear();
        self.open.push((root, NONE));
        // A stack of spans yet to be written, each with the place of its parent. Children are pushed last first.
        while let Some((at, parent)) = self.open.pop() {
            let stub = &stubs[at as usize];
            let place = nodes.len() as u32;
            let mut node = node_of(stub);
            node.parent = parent;
            node.first_attempt = place;
            let sent = parent != NONE && (nodes[parent as usize].kind == Kind::Producer || self.sent[parent as usize]);
            let begins = stub.how == How::Linked || (stub.kind == Kind::Consumer && sent);
            if begins {
                node.flags |= Node::ASYNC;
            }
            self.sent.push(sent && !begins);
            nodes.push(node);
            let (first, end) = (self.firsts[at as usize] as usize, self.firsts[at as usize + 1] as usize);
            self.open.extend(self.children[first..end].iter().rev().map(|&child| (child, place)));
        }
    }
}

fn node_of(stub: &Stub) -> Node {
    let mut node = Node::new(stub);
    if stub.how == How::Guessed {
        node.flags |= Node::ORPHAN;
    }
    if stub.lost {
        node.flags |= Node::LOST;
    }
    node
}
