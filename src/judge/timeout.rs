//! Who used up the time: B8 and B9.

use super::case::Case;
use super::descent::{Found, Memory};
use super::path::{Root, charge};
use super::tree::{NONE, Node};
use crate::model::{Cause, Confidence, Evidence, HopId, Hops, Section};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// A stretch of a path: who is charged, for how long, and the node it is cut from.
type Share = (HopId, u64, u32);

/// Sums of time by hop.
#[derive(Debug, Default)]
pub struct Shares {
    sums: HashMap<HopId, (u64, usize, u64, u32), RandomState>,
}

impl Shares {
    /// The hop with the most time, and the node of its longest stretch; of equals the one that came first.
    pub fn heaviest(&mut self, shares: impl Iterator<Item = Share>) -> Option<(HopId, u32)> {
        self.sums.clear();
        for (order, (hop, time, node)) in shares.enumerate() {
            if time == 0 || hop == Hops::UNKNOWN {
                continue;
            }
            let sum = self.sums.entry(hop).or_insert((0, order, 0, NONE));
            sum.0 = sum.0.saturating_add(time);
            if time > sum.2 {
                (sum.2, sum.3) = (time, node);
            }
        }
        let heaviest = self.sums.iter().max_by_key(|(_, sum)| (sum.0, usize::MAX - sum.1));
        heaviest.map(|(hop, sum)| (*hop, sum.3))
    }
}

/// B8: the hop with the most time between the call's start and its end. What came later does not count.
pub fn slow_server(case: &Case<'_>, memory: &mut Memory, call: u32) -> Found {
    let node = case.node(call);
    let size = node.size as usize;
    let mut slowest = None;
    if let Some(left) = memory.budget.checked_sub(size) {
        memory.budget = left;
        let root = Root { node: call, start: node.start, end: node.end, also: &[] };
        memory.walk.run(case.forest, &root, case.context.path);
        let shares = memory.walk.pieces.iter().rev().map(|piece| (charge(case, piece.node).0, piece.to - piece.from, piece.node));
        slowest = memory.shares.heaviest(shares);
    }
    let (hop, from) = slowest.unwrap_or((case.hop(node.server), call));
    Found {
        leaf: call,
        hop,
        cause: Cause::TimeoutSlowServer,
        rule: 8,
        confidence: Confidence::Medium,
        evidence: None,
        from,
        call,
    }
}

/// B9: the entry ran out of time, and the call at which that showed had little of it: who had used it up before. `None` if the
/// call had its share.
pub fn used_up(case: &Case<'_>, memory: &mut Memory, found: &Found, path: &[Section]) -> Option<Found> {
    if found.call == NONE || found.call == case.entry || !case.node(case.entry).is(Node::TIMEOUT) {
        return None;
    }
    let call = case.node(found.call);
    let began = case.node(call.first_attempt).start;
    let own = call.end.saturating_sub(began);
    let all = call.end.saturating_sub(case.node(case.entry).start);
    if own.saturating_mul(4) >= all {
        return None;
    }
    // What came after the entry's end, on the way to a required step, did not use up its time.
    let began = began.min(case.node(case.entry).end);
    let before = path.iter().map(|section| (section.hop, section.end_ns.min(began).saturating_sub(section.start_ns), NONE));
    let (hop, _) = memory.shares.heaviest(before)?;
    // The guess by which the call was found (E3) stays one.
    let confidence = if found.confidence == Confidence::Low { Confidence::Low } else { Confidence::Medium };
    let evidence = found.evidence.filter(|evidence| *evidence == Evidence::Orphan);
    Some(Found { hop, cause: Cause::TimeoutBudget, rule: 9, confidence, evidence, ..*found })
}
