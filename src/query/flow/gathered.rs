//! What is summed for a flow: the windows, and of which calls it is known who made them.
//!
//! Who called a hop is counted with the hop, and the customer is nobody's hop: what is called by nobody is called by the customer. That can only
//! be said of windows in which callers were counted at all, so calls are summed once more over those.

use crate::measure::{HopFigures, Tally, Window};
use crate::model::HopId;
use std::collections::HashMap;

/// The sum over windows.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// All windows.
    pub window: Window,
    /// By hop: weights of its calls in windows that tell who called.
    pub placed: HashMap<HopId, u128>,
    /// Executions in windows that tell who called.
    pub sampled: Tally,
}

impl Gathered {
    /// Adds a window.
    pub fn add(&mut self, window: &Window) {
        if tells_callers(window) {
            for (hop, figures) in window.hops.iter().filter(|(_, figures)| !figures.calls.is_zero()) {
                let placed = self.placed.entry(*hop).or_default();
                *placed = placed.saturating_add(figures.calls.units);
            }
            self.sampled += window.executions();
        }
        self.window.merge(window);
    }
}

/// Where one hop is all there is, nobody else can have called it.
fn tells_callers(window: &Window) -> bool {
    let called = |figures: &&HopFigures| !figures.calls.is_zero();
    window.hops.values().any(|figures| !figures.callers.is_empty()) || window.hops.values().filter(called).count() <= 1
}
