//! The tree of hops of an execution: who called whom, and how that ended, for whoever asks about one trace.
//!
//! It is small whatever the trace is: calls of one hop by one caller are taken together, a caller has few hops below it and the whole
//! tree not many; what has no place is counted where it was called from. The culprit always has a place.

use super::case::Case;
use super::class::{self, Class};
use super::hops::Book;
use super::tree::{NONE, Node};
use super::{missing, uses};
use crate::model::{Blame, Cause, Ending, HopId, Hops, TreeHop};

/// Hops in a tree, but for the culprit and a step that is missing.
const MOST: usize = 64;
/// Hops below one caller.
const MOST_BELOW: u8 = 12;
/// In [`Drawing::places`]: it has no place of its own, this is whom it is counted at.
const LEFT_OUT: u16 = 1 << 15;

/// Who is to blame, and the spans at which that showed: of the culprit, below it, or of its caller. [`NONE`] is no span.
#[derive(Debug, Clone, Copy)]
pub struct Culprit {
    /// The verdict.
    pub blame: Blame,
    /// The nearest first.
    pub spans: [u32; 2],
}

/// Memory for one tree after the other.
#[derive(Debug, Default)]
pub struct Drawing {
    /// By node: position in the tree.
    places: Vec<u16>,
    /// By position in the tree: hops below.
    below: Vec<u8>,
}

impl Drawing {
    /// Draws the tree of an execution into one that is empty.
    pub fn draw(&mut self, case: &Case<'_>, culprit: Option<Culprit>, book: &mut Book, tree: &mut Vec<TreeHop>) {
        self.below.clear();
        if self.places.len() < case.forest.nodes.len() {
            self.places.resize(case.forest.nodes.len(), 0);
        }
        for at in case.all() {
            self.places[at as usize] = self.place(case, at, tree);
        }
        if let Some(culprit) = culprit {
            let marked = self.mark(case, culprit, tree);
            if culprit.blame.cause == Cause::MissingStep
                && let Some(step) = missing::step(case)
            {
                let hop = book.absent(case.capability, step, case.context);
                tree.push(TreeHop::new(hop, marked));
            }
        }
    }

    /// Position of a span's hop, or of its caller where it is no call.
    fn place(&mut self, case: &Case<'_>, at: u32, tree: &mut Vec<TreeHop>) -> u16 {
        let root = case.is_root(at);
        let above = if root { TreeHop::TOP } else { self.places[case.node(at).parent as usize] };
        if !root && !uses::is_call(case, at) {
            return above;
        }
        let (hop, asynchronous) = (hop_of(case, at), !root && case.node(at).is(Node::ASYNC));
        if above != TreeHop::TOP && above & LEFT_OUT != 0 {
            return leave_out(tree, above);
        }
        let same = |one: &TreeHop| one.caller == above && one.hop == hop && one.asynchronous == asynchronous;
        let known = tree.iter().rposition(same);
        let place = match known {
            Some(known) => known,
            None if !self.has_room(tree, above) => return leave_out(tree, above),
            None => {
                if let Some(below) = self.below.get_mut(above as usize) {
                    *below += 1;
                }
                self.below.push(0);
                tree.push(TreeHop { asynchronous, ..TreeHop::new(hop, above) });
                tree.len() - 1
            }
        };
        add(case, at, &mut tree[place]);
        place as u16
    }

    fn has_room(&self, tree: &[TreeHop], above: u16) -> bool {
        tree.len() < MOST && self.below.get(above as usize).is_none_or(|below| *below < MOST_BELOW)
    }

    /// Marks the culprit. Answers its position, or [`TreeHop::TOP`] if it is nobody in the execution.
    fn mark(&self, case: &Case<'_>, Culprit { blame, spans }: Culprit, tree: &mut Vec<TreeHop>) -> u16 {
        let servers = spans.map(|at| if at == NONE { NONE } else { case.node(at).server });
        let shown = [spans[0], servers[0], spans[1], servers[1]].into_iter().filter(|at| *at != NONE);
        let found = shown.clone().find_map(|at| self.above(self.places[at as usize], blame.hop, tree));
        let of_hop = || tree.iter().position(|one| one.hop == blame.hop).map(|place| place as u16);
        if let Some(place) = found.or_else(of_hop) {
            tree[place as usize].blamed = true;
            return place;
        }
        let Some(at) = shown.into_iter().next().filter(|_| blame.hop != Hops::CALLER) else { return TreeHop::TOP };
        let caller = if self.places[at as usize] == TreeHop::TOP { TreeHop::TOP } else { self.places[at as usize] & !LEFT_OUT };
        let mut culprit = TreeHop { blamed: true, further: true, ..TreeHop::new(blame.hop, caller) };
        add(case, at, &mut culprit);
        tree.push(culprit);
        (tree.len() - 1) as u16
    }

    /// The nearest place of this hop, from here up.
    fn above(&self, mut place: u16, hop: HopId, tree: &[TreeHop]) -> Option<u16> {
        while let Some(one) = tree.get(place as usize) {
            if one.hop == hop {
                return Some(place);
            }
            place = one.caller;
        }
        None
    }
}

fn leave_out(tree: &mut [TreeHop], above: u16) -> u16 {
    // Without a caller it is counted at the first of all.
    let place = if above == TreeHop::TOP { 0 } else { above & !LEFT_OUT };
    if let Some(one) = tree.get_mut(place as usize) {
        one.more = one.more.saturating_add(1);
    }
    place | LEFT_OUT
}

/// Whoever calls at the top is told by what it is, not by whom it calls.
fn hop_of(case: &Case<'_>, at: u32) -> HopId {
    let place = case.place(at);
    if case.is_root(at) && case.node(at).server != NONE { place.operation.hop } else { place.hop.hop }
}

/// Takes a call in. What the calling side says counts as well.
fn add(case: &Case<'_>, at: u32, hop: &mut TreeHop) {
    let node = case.node(at);
    let caller = (!case.is_root(at)).then(|| case.node(node.parent)).filter(|caller| caller.server == at);
    let own = if at == case.entry { class::class(case.context.shapes.get(case.span(at).shape), true) } else { node.class };
    let ending = caller.map_or(ending(own), |caller| ending(own).max(ending(caller.class)));
    hop.calls = hop.calls.saturating_add(1);
    hop.errors = hop.errors.saturating_add(u32::from(ending == Ending::Error));
    hop.retries = hop.retries.saturating_add(u32::from(caller.unwrap_or(node).is(Node::RETRY)));
    hop.longest_ns = hop.longest_ns.max(node.end - node.start);
    hop.ending = hop.ending.max(ending);
}

fn ending(class: Class) -> Ending {
    match class {
        Class::Ok => Ending::Ok,
        Class::Cancelled => Ending::Cancelled,
        Class::CallerError => Ending::Refused,
        Class::Error => Ending::Error,
    }
}
