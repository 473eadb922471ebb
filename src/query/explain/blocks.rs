//! Windows of a long time in a bounded number of blocks.

use crate::measure::{SLICE_NS, Window};
use std::collections::BTreeMap;

/// Blocks are at most so many; then each takes in twice the time.
const MOST: usize = 512;

/// A stretch of time.
#[derive(Debug, Default)]
pub(in crate::query) struct Block {
    /// All that was counted in it.
    pub window: Window,
    /// Slices in which something was counted.
    pub slices: u32,
    last: Option<u64>,
}

impl Block {
    /// Executions in a slice, on average over the slices in which there were some.
    pub fn rate(&self) -> f64 {
        self.window.executions().count() / f64::from(self.slices.max(1))
    }
}

/// Blocks of equal length, in the order of time.
#[derive(Debug)]
pub(in crate::query) struct Blocks {
    blocks: BTreeMap<u64, Block>,
    length_ns: u64,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { blocks: BTreeMap::new(), length_ns: SLICE_NS }
    }
}

impl Blocks {
    /// Adds a window, or a part of one.
    pub fn add(&mut self, slice_ns: u64, window: &Window) {
        // Of some slices it is only known that spans came late.
        if window.executions().is_zero() {
            return;
        }
        let block = self.blocks.entry(slice_ns / self.length_ns).or_default();
        block.window.merge(window);
        if block.last.is_none_or(|last| last < slice_ns) {
            block.slices += 1;
            block.last = Some(slice_ns);
        }
        if self.blocks.len() > MOST {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.length_ns = self.length_ns.saturating_mul(2);
        for (at, block) in std::mem::take(&mut self.blocks) {
            let wide = self.blocks.entry(at / 2).or_default();
            wide.window.merge(&block.window);
            wide.slices += block.slices;
            wide.last = wide.last.max(block.last);
        }
    }

    /// In the order of time.
    pub fn list(&self) -> Vec<&Block> {
        self.blocks.values().collect()
    }

    /// Seconds of the slices in which something was counted.
    pub fn seconds(&self) -> u64 {
        self.blocks.values().map(|block| u64::from(block.slices)).sum::<u64>() * (SLICE_NS / 1_000_000_000)
    }

    /// All in one.
    pub fn sum(&self) -> Window {
        let mut sum = Window::default();
        self.blocks.values().for_each(|block| sum.merge(&block.window));
        sum
    }
}
