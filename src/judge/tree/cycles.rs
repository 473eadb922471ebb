//! Cycles of parents are cut (E2): above an entry if they hold one, else above their earliest span.

use super::NONE;
use super::found::{How, Stub};

/// Reusable memory for looking for cycles.
#[derive(Debug, Default)]
pub struct Cycles {
    /// By span: the walk that came by first, counted from 1.
    walks: Vec<u32>,
}

impl Cycles {
    /// Cuts all cycles. Each span names one parent, so no two cycles share a span.
    pub fn cut(&mut self, stubs: &mut [Stub]) {
        let walks = &mut self.walks;
        walks.clear();
        walks.resize(stubs.len(), 0);
        for first in 0..stubs.len() {
            let walk = first as u32 + 1;
            let mut at = first as u32;
            while at != NONE && walks[at as usize] == 0 {
                walks[at as usize] = walk;
                at = stubs[at as usize].parent;
            }
            if at != NONE && walks[at as usize] == walk {
                let top = top_of(stubs, at);
                stubs[top as usize].parent = NONE;
                stubs[top as usize].how = How::Cut;
            }
        }
    }
}

fn top_of(stubs: &[Stub], on_cycle: u32) -> u32 {
    let key = |at: u32| (!stubs[at as usize].entry, stubs[at as usize].rank());
    let mut top = on_cycle;
    let mut at = stubs[on_cycle as usize].parent;
    while at != on_cycle {
        if key(at) < key(top) {
            top = at;
        }
        at = stubs[at as usize].parent;
    }
    top
}
