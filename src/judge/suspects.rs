//! Who else it may have been (B13): the culprit, its caller, the next errors, and at last the absorbed ones.

use super::case::{Case, Marks};
use super::descent::{Descent, Memory, Start};
use super::tree::NONE;
use crate::model::{Absorbed, HopId};

/// Suspects that are named.
const MOST: usize = 8;
/// Errors beside the way that are followed.
const MOST_BESIDE: usize = 32;

/// Adds a suspect if it is not there yet.
pub fn add(suspects: &mut Vec<HopId>, hop: HopId) {
    if suspects.len() < MOST && !suspects.contains(&hop) {
        suspects.push(hop);
    }
}

/// The hop that called the culprit, going up from a span of the culprit or of its caller.
pub fn add_caller(case: &Case<'_>, culprit: HopId, from: u32, suspects: &mut Vec<HopId>) {
    let mut at = from;
    while at != NONE {
        let operation = case.place(at).operation.hop;
        if operation != culprit {
            return add(suspects, operation);
        }
        at = if case.is_root(at) { NONE } else { case.node(at).parent };
    }
}

/// Those whom the errors beside the way lead to; the nearest to the culprit first.
pub fn add_beside(case: &Case<'_>, marks: &mut Marks, memory: &mut Memory, suspects: &mut Vec<HopId>) {
    let beside = std::mem::take(&mut memory.beside);
    for at in beside.iter().rev().take(MOST_BESIDE) {
        // Also where there are enough of them: what they lead to is told, and is not absorbed.
        if let Some(found) = Descent::new(case, marks, memory).from(*at, Start::InError) {
            add(suspects, found.hop);
        }
    }
    memory.beside = beside;
    memory.beside.clear();
}

/// At last.
pub fn add_absorbed(absorbed: &[Absorbed], suspects: &mut Vec<HopId>) {
    absorbed.iter().for_each(|one| add(suspects, one.hop));
}
