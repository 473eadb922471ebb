//! Windows of a long time in a bounded number of blocks.

use crate::measure::{SLICE_NS, Window};
use crate::store::Kept;
use std::collections::BTreeMap;

/// Blocks are at most so many; then each takes in twice the time.
const MOST: usize = 512;

/// A stretch of time.
#[derive(Debug, Default)]
pub(in crate::query) struct Block {
    /// All that was counted in it.
    pub window: Window,
    /// Seconds of the windows in which something was counted.
    seconds: u64,
    /// End of the last of these windows.
    last_end_ns: u64,
    /// Stretches in which something was counted, of the length in which executions are compared.
    stretches: u32,
    last_stretch: Option<u64>,
}

/// Blocks of equal length, in the order of time.
#[derive(Debug)]
pub(in crate::query) struct Blocks {
    blocks: BTreeMap<u64, Block>,
    length_ns: u64,
    /// In stretches of this length it is counted how long there were executions.
    stretch_ns: u64,
}

impl Blocks {
    /// No blocks. They begin as long as the windows; how many executions there are is told of stretches that are at least as long as
    /// any window on either side of a comparison.
    pub fn new(length_ns: u64, stretch_ns: u64) -> Self {
        Self { blocks: BTreeMap::new(), length_ns: length_ns.max(1), stretch_ns: stretch_ns.max(1) }
    }

    /// Adds a window, or a part of one. Windows come in the order of time.
    pub fn add(&mut self, kept: Kept, window: &Window) {
        // Of some slices it is only known that spans came late.
        if window.executions().is_zero() {
            return;
        }
        let block = self.blocks.entry(kept.slice_ns / self.length_ns).or_default();
        block.window.merge(window);
        if kept.slice_ns >= block.last_end_ns {
            block.seconds += kept.length_ns / 1_000_000_000;
            block.last_end_ns = kept.end_ns();
        }
        let stretch = kept.slice_ns / self.stretch_ns;
        if block.last_stretch.is_none_or(|last| last < stretch) {
            block.stretches += 1;
            block.last_stretch = Some(stretch);
        }
        if self.blocks.len() > MOST {
            self.widen();
        }
    }

    /// Executions in ten seconds by block, or by stretch where that is longer: on average over the stretches in which there were some.
    pub fn rates(&self) -> Vec<f64> {
        let mut sums: BTreeMap<u64, (f64, u32)> = BTreeMap::new();
        for (at, block) in &self.blocks {
            let together = if self.length_ns < self.stretch_ns { at * self.length_ns / self.stretch_ns } else { *at };
            let sum = sums.entry(together).or_default();
            sum.0 += block.window.executions().count();
            sum.1 = if self.length_ns < self.stretch_ns { 1 } else { block.stretches };
        }
        let slices = self.stretch_ns as f64 / SLICE_NS as f64;
        sums.values().map(|(executions, stretches)| executions / (f64::from((*stretches).max(1)) * slices)).collect()
    }

    fn widen(&mut self) {
        self.length_ns = self.length_ns.saturating_mul(2);
        for (at, block) in std::mem::take(&mut self.blocks) {
            let wide = self.blocks.entry(at / 2).or_default();
            wide.window.merge(&block.window);
            wide.seconds += block.seconds;
            wide.last_end_ns = wide.last_end_ns.max(block.last_end_ns);
            // Where blocks are shorter than stretches, the second one begins none of its own.
            let begun = block.last_stretch.is_some() && block.last_stretch == wide.last_stretch;
            wide.stretches += block.stretches - u32::from(begun && block.stretches > 0);
            wide.last_stretch = wide.last_stretch.max(block.last_stretch);
        }
    }

    /// In the order of time.
    pub fn list(&self) -> Vec<&Block> {
        self.blocks.values().collect()
    }

    /// Seconds of the windows in which something was counted.
    pub fn seconds(&self) -> u64 {
        self.blocks.values().map(|block| block.seconds).sum()
    }

    /// All in one.
    pub fn sum(&self) -> Window {
        let mut sum = Window::default();
        self.blocks.values().for_each(|block| sum.merge(&block.window));
        sum
    }
}
