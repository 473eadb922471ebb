//! From parents to preorder.

use super::found::{How, Stub};
use super::{NONE, Node};
use crate::judge::class::Class;
use crate::model::Kind;

/// Reusable memory for the way from parents to preorder.
#[derive(Debug, Default)]
pub struct Layout {
    /// By span: its first child, or [`NONE`].
    first: Vec<u32>,
    /// By span: the next child of its parent, or [`NONE`].
    next: Vec<u32>,
    /// By node: below a PRODUCER, and no asynchronous step has begun since.
    sent: Vec<bool>,
    /// All flags of the nodes: what none of them has need not be looked for.
    pub flags: u16,
    /// Whether some node is in error.
    pub errors: bool,
    /// Whether some call went other than well.
    pub troubled_calls: bool,
}

impl Layout {
    /// Writes the spans in preorder, siblings in the order of their starts.
    pub fn lay_out(&mut self, stubs: &[Stub], nodes: &mut Vec<Node>) {
        self.link_children(stubs);
        nodes.clear();
        self.sent.clear();
        (self.flags, self.errors, self.troubled_calls) = (0, false, false);
        for (root, _) in (0..).zip(stubs).filter(|(_, stub)| stub.parent == NONE) {
            self.descend(root, stubs, nodes);
        }
    }

    /// Spans are in the order of their starts, so children that are put in front of those after them are, too.
    fn link_children(&mut self, stubs: &[Stub]) {
        for list in [&mut self.first, &mut self.next] {
            list.clear();
            list.resize(stubs.len(), NONE);
        }
        for (at, stub) in (0..stubs.len()).zip(stubs).rev().filter(|(_, stub)| stub.parent != NONE) {
            self.next[at] = std::mem::replace(&mut self.first[stub.parent as usize], at as u32);
        }
    }

    /// Down to the first child, on to the next one, and up where there is none: no stack is needed.
    fn descend(&mut self, root: u32, stubs: &[Stub], nodes: &mut Vec<Node>) {
        let (mut at, mut above) = (root, NONE);
        loop {
            let mut place = self.write(&stubs[at as usize], above, nodes);
            if self.first[at as usize] != NONE {
                (at, above) = (self.first[at as usize], place);
                continue;
            }
            loop {
                nodes[place as usize].size = nodes.len() as u32 - place;
                above = nodes[place as usize].parent;
                if self.next[at as usize] != NONE {
                    at = self.next[at as usize];
                    break;
                }
                if above == NONE {
                    return;
                }
                (at, place) = (stubs[at as usize].parent, above);
            }
        }
    }

    fn write(&mut self, stub: &Stub, parent: u32, nodes: &mut Vec<Node>) -> u32 {
        let place = nodes.len() as u32;
        let mut node = node_of(stub);
        (node.parent, node.first_attempt) = (parent, place);
        let mut sent = false;
        if parent != NONE {
            let above = &mut nodes[parent as usize];
            sent = above.kind == Kind::Producer || self.sent[parent as usize];
            if stub.how == How::Linked || (stub.kind == Kind::Consumer && sent) {
                node.flags |= Node::ASYNC;
                sent = false;
            } else if node.answers() && above.asks() {
                // Of several the last.
                above.server = place;
            }
        }
        self.flags |= node.flags;
        if node.class != Class::Ok {
            self.errors |= node.class == Class::Error;
            self.troubled_calls |= node.kind == Kind::Client;
        }
        self.sent.push(sent);
        nodes.push(node);
        place
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
