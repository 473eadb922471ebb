//! The way by which a failure, or what was too slow, comes back to the customer: from the span at which it showed up to the entry.
//!
//! It is marked on the calls that it goes along ([`crate::model::CallerUse`]), each once however often the way comes by it. Only executions that failed or were
//! slow have one, so all others pay nothing.

use super::case::Case;
use super::tree::NONE;
use crate::model::{HopId, SpanId};

/// The span of this hop from which the way begins: of these or above them, the nearest first. [`NONE`] among them is no span.
///
/// `None` where the hop has no span, or where its own asking span is the topmost: nothing lies between it and the customer.
pub fn start(case: &Case<'_>, shown: impl IntoIterator<Item = u32>, hop: HopId) -> Option<u32> {
    shown.into_iter().filter(|at| *at != NONE).find_map(|at| above(case, at, hop))
}

fn above(case: &Case<'_>, mut at: u32, hop: HopId) -> Option<u32> {
    loop {
        let node = case.node(at);
        if case.hop(at) == hop {
            let answered = node.asks() && node.server != NONE && case.hop(node.server) == hop;
            return Some(if answered { node.server } else { at });
        }
        if case.is_root(at) {
            return None;
        }
        at = node.parent;
    }
}

/// The span with this id.
pub fn span(case: &Case<'_>, id: SpanId) -> u32 {
    case.all().find(|at| case.span(*at).id == id).unwrap_or(NONE)
}
