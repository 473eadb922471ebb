//! The critical path (spec 2.5): from the end back to the start, always into the child that finished last.
//!
//! Two ways. The reference goes into a child that ends *strictly* before the cursor, as other tools do, and so skips a child that ends
//! where the next one begins. The default goes into it too, each child once. Both cut the interval of the root into pieces that touch
//! and do not overlap. What runs asynchronously is not waited for; a required step is, so the root may be stretched to its end.
//!
//! A child that ends after the cursor is left aside for good: the cursor only moves back. So children are sorted once, by their ends.

use super::case::Case;
use super::tree::{Forest, NONE, Node};
use crate::model::{HopId, Hops, SectionKind};
use std::cmp::Reverse;

/// Which critical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathMode {
    /// Children that end where the next one begins are on it.
    #[default]
    Default,
    /// As other tools do.
    Reference,
}

/// A stretch of the path: time of a span itself, between its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// The span, or [`NONE`] for time between roots.
    pub node: u32,
    /// Nanoseconds since 1970.
    pub from: u64,
    /// Nanoseconds since 1970.
    pub to: u64,
    /// The child that begins where this ends, or [`NONE`].
    pub before: u32,
}

/// A span's time as far as its parent waits for it.
#[derive(Debug, Clone, Copy)]
struct Turn {
    node: u32,
    start: u64,
    end: u64,
}

#[derive(Debug)]
struct Frame {
    node: u32,
    start: u64,
    cursor: u64,
    /// Its children are `turns[first..]`, of which those before `next` had their turn.
    first: usize,
    next: usize,
    fresh: bool,
    before: u32,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    /// The span, or [`NONE`] for several together.
    pub node: u32,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
    /// Spans that are waited for beside its children.
    pub also: &'a [u32],
}

/// A critical path, and the memory to find the next one.
#[derive(Debug, Default)]
pub struct Walk {
    /// From the end to the start.
    pub pieces: Vec<Piece>,
    /// All spans that it goes through, also those it spends no time in.
    pub entered: Vec<u32>,
    turns: Vec<Turn>,
    frames: Vec<Frame>,
}

impl Walk {
    /// Finds the path.
    pub fn run(&mut self, forest: &Forest, root: &Root<'_>, mode: PathMode) {
        self.pieces.clear();
        self.entered.clear();
        self.turns.clear();
        self.frames.clear();
        self.enter(forest, Turn { node: root.node, start: root.start, end: root.end }, root.also);
        while let Some(frame) = self.frames.last_mut() {
            let turn = next_turn(frame, &self.turns, mode);
            let from = turn.map_or(frame.start, |turn| turn.end);
            if from < frame.cursor {
                self.pieces.push(Piece { node: frame.node, from, to: frame.cursor, before: frame.before });
            }
            match turn {
                Some(turn) => {
                    (frame.cursor, frame.before, frame.fresh) = (turn.start, turn.node, false);
                    if forest.nodes[turn.node as usize].size > 1 {
                        self.enter(forest, turn, &[]);
                    } else {
                        self.pass(turn);
                    }
                }
                None => {
                    self.turns.truncate(frame.first);
                    self.frames.pop();
                }
            }
        }
    }

    /// A span without children, as most are: what entering it and leaving it again would come to.
    #[inline]
    fn pass(&mut self, turn: Turn) {
        self.entered.push(turn.node);
        if turn.start < turn.end {
            self.pieces.push(Piece { node: turn.node, from: turn.start, to: turn.end, before: NONE });
        }
    }

    fn enter(&mut self, forest: &Forest, turn: Turn, also: &[u32]) {
        let first = self.turns.len();
        let Turn { node, start, end } = turn;
        let mut add = |child: u32| {
            let span = &forest.nodes[child as usize];
            if span.start < end && span.end > start {
                self.turns.push(Turn { node: child, start: span.start.max(start), end: span.end.min(end) });
            }
        };
        if node != NONE {
            self.entered.push(node);
            forest.children(node).filter(|&child| !forest.nodes[child as usize].is(Node::ASYNC)).for_each(&mut add);
        }
        also.iter().copied().for_each(&mut add);
        // Of those that end together one without length was last; then the longest.
        self.turns[first..].sort_unstable_by_key(|turn| (Reverse(turn.end), turn.start != turn.end, turn.start, turn.node));
        self.frames.push(Frame { node, start, cursor: end, first, next: first, fresh: true, before: NONE });
    }
}

fn next_turn(frame: &mut Frame, turns: &[Turn], mode: PathMode) -> Option<Turn> {
    while let Some(turn) = turns.get(frame.next) {
        frame.next += 1;
        let ends_before = match mode {
            PathMode::Default => turn.end <= frame.cursor,
            PathMode::Reference => frame.fresh || turn.end < frame.cursor,
        };
        if ends_before {
            return Some(*turn);
        }
    }
    None
}

/// Who is charged with a span's own time on the path, and as what.
///
/// Time of a call outside of its server span belongs to the edge and is charged to the callee. It is a queue if both are on one host and
/// the callee began late: only there can the two clocks be compared.
pub fn charge(case: &Case<'_>, at: u32) -> (HopId, SectionKind) {
    if at == NONE {
        return (Hops::UNKNOWN, SectionKind::SelfTime);
    }
    let node = &case.forest.nodes[at as usize];
    if node.server == NONE {
        return (case.places[at as usize].hop.hop, SectionKind::SelfTime);
    }
    let server = &case.forest.nodes[node.server as usize];
    let (host, other) = (case.span(at).host, case.span(node.server).host);
    let before = server.start.saturating_sub(node.start);
    let after = node.end.saturating_sub(server.end);
    let queue = host != 0 && host == other && before > 0 && before >= after.saturating_mul(4);
    let kind = if queue { SectionKind::Queue } else { SectionKind::Gap };
    (case.places[node.server as usize].hop.hop, kind)
}
