//! What is summed for a flow: the windows, who called whom in them, and of which calls it is known who made them.
//!
//! Who called a hop is counted with the hop, and the customer is nobody's hop: what is called by nobody is called by the customer. That can only
//! be said of windows in which callers were counted at all, so calls are summed once more over those. In how many executions one called another
//! is counted since later; before, it is at most as many as there were calls, and as there were executions with the callee.

use crate::measure::{Calls, HopFigures, Tally, Window};
use crate::model::HopId;
use std::collections::HashMap;

/// Calls of a hop by another, in units of 2^-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Called {
    pub calls: u128,
    pub executions: u128,
    /// Calls for which the caller does not wait.
    pub asynchronous: u128,
    /// Failed executions whose failure came by these calls.
    pub failures: u128,
    /// Slow executions, likewise.
    pub slow: u128,
}

impl Called {
    /// Adds all of another one.
    pub fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.executions = self.executions.saturating_add(other.executions);
        self.asynchronous = self.asynchronous.saturating_add(other.asynchronous);
        self.failures = self.failures.saturating_add(other.failures);
        self.slow = self.slow.saturating_add(other.slow);
    }

    fn of(calls: &Calls, callee: u128) -> Self {
        let ways = calls.ways.as_deref().copied().unwrap_or_default();
        Self {
            calls: calls.calls.units,
            executions: if calls.executions.is_zero() { calls.calls.units.min(callee) } else { calls.executions.units },
            asynchronous: ways.asynchronous.units,
            failures: ways.failures.units,
            slow: ways.slow.units,
        }
    }
}

/// The sum over windows.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// All windows.
    pub window: Window,
    /// By caller and callee.
    pub called: HashMap<(HopId, HopId), Called>,
    /// By hop: weights of its calls in windows that tell who called.
    pub placed: HashMap<HopId, u128>,
    /// Executions in windows that tell who called whom in how many of them.
    pub sampled: Tally,
    /// Executions in windows that tell who called, if only how often.
    pub known: Tally,
}

impl Gathered {
    /// Adds a window.
    pub fn add(&mut self, window: &Window) {
        let called = || window.hops.iter().filter(|(_, figures)| !figures.calls.is_zero());
        // Where one hop is all there is, nobody else can have called it.
        let alone = called().count() <= 1;
        let callers = || window.hops.values().flat_map(|figures| &figures.callers);
        if alone || callers().next().is_some() {
            for (hop, figures) in called() {
                let placed = self.placed.entry(*hop).or_default();
                *placed = placed.saturating_add(figures.calls.units);
            }
            self.known += window.executions();
        }
        if alone || callers().any(|(_, calls)| !calls.executions.is_zero()) {
            self.sampled += window.executions();
        }
        for (hop, figures) in &window.hops {
            let executions = executions_of(figures);
            for (caller, calls) in &figures.callers {
                self.called.entry((*caller, *hop)).or_default().add(&Called::of(calls, executions));
            }
        }
        self.window.merge(window);
    }
}

/// Weights of the executions in which a hop was called.
pub(super) fn executions_of(figures: &HopFigures) -> u128 {
    let several = figures.several.as_ref().map_or(0, |share| share.executions.units);
    figures.alone.executions.units.saturating_add(several)
}
