//! What is counted of one hop in one window.

use super::{Spread, Tally};
use crate::model::{AbsorbedKind, CallerUse, Cause, HopId, HopUse, TraceId, Weight};
use std::cmp::Reverse;

/// Figures of which each execution adds at most one: they cannot be summed over the hops of a service, because an execution that
/// called two of them would count twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Share {
    /// Executions in which it was called.
    pub executions: Tally,
    /// Of these, with at least one call of class error.
    pub with_error: Tally,
    /// Of those with an error, the ones that ended ok.
    pub ok_with_error: Tally,
    /// Executions in which it was expected and absent.
    pub missing: Tally,
    /// Critical-path time per execution, nanoseconds.
    pub critical_path: Spread,
    /// Of it, own work.
    pub self_time: Spread,
    /// Of it, between caller and callee.
    pub edge_gap: Spread,
    /// Weights of the ok executions in which it was called, in units of 2^-16.
    pub ok_units: u128,
    /// Own work in ok executions: nanoseconds times weight, in units of 2^-16.
    pub ok_self: u128,
    /// Edge gap in ok executions: nanoseconds times weight, in units of 2^-16.
    pub ok_gap: u128,
}

/// What one execution made of one hop, or of the hops of one service together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    called: bool,
    error: bool,
    missing: bool,
    critical_path_ns: u64,
    self_ns: u64,
    edge_gap_ns: u64,
}

impl Part {
    pub(super) fn add_use(&mut self, usage: &HopUse) {
        self.called |= usage.calls > 0;
        self.error |= usage.errors > 0;
        self.missing |= usage.missing > 0;
        self.critical_path_ns = self.critical_path_ns.saturating_add(usage.critical_path_ns);
        self.self_ns = self.self_ns.saturating_add(usage.self_ns);
        self.edge_gap_ns = self.edge_gap_ns.saturating_add(usage.edge_gap_ns);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.called |= other.called;
        self.error |= other.error;
        self.missing |= other.missing;
        self.critical_path_ns = self.critical_path_ns.saturating_add(other.critical_path_ns);
        self.self_ns = self.self_ns.saturating_add(other.self_ns);
        self.edge_gap_ns = self.edge_gap_ns.saturating_add(other.edge_gap_ns);
    }
}

impl Share {
    pub(super) fn record(&mut self, part: &Part, ok: bool, weight: Weight) {
        if part.missing {
            self.missing.add(weight, 1);
        }
        if part.error {
            self.with_error.add(weight, 1);
            if ok {
                self.ok_with_error.add(weight, 1);
            }
        }
        if part.called {
            self.executions.add(weight, 1);
        }
        if part.called || part.critical_path_ns > 0 {
            self.critical_path.record(part.critical_path_ns, weight);
            self.self_time.record(part.self_ns, weight);
            self.edge_gap.record(part.edge_gap_ns, weight);
        }
        if part.called && ok {
            let units = u128::from(weight.units());
            self.ok_units = self.ok_units.saturating_add(units);
            self.ok_self = self.ok_self.saturating_add(units * u128::from(part.self_ns));
            self.ok_gap = self.ok_gap.saturating_add(units * u128::from(part.edge_gap_ns));
        }
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.executions += other.executions;
        self.with_error += other.with_error;
        self.ok_with_error += other.ok_with_error;
        self.missing += other.missing;
        self.critical_path.merge(&other.critical_path);
        self.self_time.merge(&other.self_time);
        self.edge_gap.merge(&other.edge_gap);
        self.ok_units = self.ok_units.saturating_add(other.ok_units);
        self.ok_self = self.ok_self.saturating_add(other.ok_self);
        self.ok_gap = self.ok_gap.saturating_add(other.ok_gap);
    }
}

/// Failed executions of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures {
    /// How many.
    pub count: Tally,
    /// The smallest trace ids among them, ascending; at most [`Failures::SAMPLES`]. The smallest rather than the first, so that
    /// the order of counting and merging does not matter.
    pub samples: Vec<TraceId>,
}

impl Failures {
    /// Trace ids kept for a hop and cause.
    pub const SAMPLES: usize = 3;

    pub(super) fn sample(&mut self, trace: TraceId) {
        let Err(at) = self.samples.binary_search(&trace) else { return };
        if at < Self::SAMPLES {
            self.samples.insert(at, trace);
            self.samples.truncate(Self::SAMPLES);
        }
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for trace in &other.samples {
            self.sample(*trace);
        }
    }
}

/// What goes wrong at a hop. Kept apart, because most hops of most windows have none of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trouble {
    /// Calls of class error.
    pub errors: Tally,
    /// Attempts after a failed attempt.
    pub retries: Tally,
    /// Slow executions blamed on it.
    pub slow_blamed: Tally,
    /// Absorbed errors, by position of the kind in [`AbsorbedKind::ALL`].
    pub absorbed: [Tally; 3],
    /// Failed executions blamed on it, by cause, ascending; each cause once.
    pub failures: Vec<(Cause, Failures)>,
}

impl Trouble {
    /// Failed executions blamed on it for this cause.
    pub fn failures_mut(&mut self, cause: Cause) -> &mut Failures {
        let at = match self.failures.binary_search_by_key(&cause, |(cause, _)| *cause) {
            Ok(at) => at,
            Err(at) => {
                self.failures.insert(at, (cause, Failures::default()));
                at
            }
        };
        &mut self.failures[at].1
    }

    /// Failed executions blamed on it.
    pub fn failed(&self) -> Tally {
        let mut sum = Tally::default();
        for (_, failures) in &self.failures {
            sum += failures.count;
        }
        sum
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.errors += other.errors;
        self.retries += other.retries;
        self.slow_blamed += other.slow_blamed;
        for (mine, theirs) in self.absorbed.iter_mut().zip(other.absorbed) {
            *mine += theirs;
        }
        for (cause, failures) in &other.failures {
            self.failures_mut(*cause).merge(failures);
        }
    }
}

/// Of the calls of one caller, what most have nothing of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallWays {
    /// Calls that the caller does not wait for.
    pub asynchronous: Tally,
    /// Failed executions whose failure came by these calls: blamed on the callee, or on somebody whom it called.
    pub failures: Tally,
    /// Slow executions, likewise.
    pub slow: Tally,
}

/// Calls of one caller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calls {
    /// How many.
    pub calls: Tally,
    /// Executions with at least one of them; not counted by early versions. In `(other)` an execution may be more than one.
    pub executions: Tally,
    /// Of them, what most have nothing of.
    pub ways: Option<Box<CallWays>>,
    /// Of their durations, what was not spent in the callee: nanoseconds times weight, in units of 2^-16.
    pub gap: u128,
}

impl Calls {
    fn count_ways(&mut self, caller: &CallerUse, weight: Weight) {
        let ways = self.ways.get_or_insert_default();
        ways.asynchronous.add(weight, u64::from(caller.asynchronous));
        ways.failures.add(weight, u64::from(caller.failed));
        ways.slow.add(weight, u64::from(caller.slow));
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.executions += other.executions;
        self.gap = self.gap.saturating_add(other.gap);
        if let Some(theirs) = &other.ways {
            let mine = self.ways.get_or_insert_default();
            mine.asynchronous += theirs.asynchronous;
            mine.failures += theirs.failures;
            mine.slow += theirs.slow;
        }
    }
}

/// A hop in a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HopFigures {
    /// All calls.
    pub calls: Tally,
    /// Duration of each call, nanoseconds.
    pub latency: Spread,
    /// From executions that used no other hop of its service.
    pub alone: Share,
    /// From executions that used several hops of its service; those are counted once more in [`super::Window::joint`].
    pub several: Option<Box<Share>>,
    /// What went wrong.
    pub trouble: Option<Box<Trouble>>,
    /// Who called it, ascending; each once. Bounded by the hops of a capability.
    pub callers: Vec<(HopId, Calls)>,
    /// The execution that spent most of its critical path here: nanoseconds, and its trace (of equals the smallest).
    pub slowest: Option<(u64, Reverse<TraceId>)>,
}

impl HopFigures {
    pub(super) fn count_calls(&mut self, usage: &HopUse, trace: TraceId, weight: Weight) {
        self.calls.add(weight, u64::from(usage.calls));
        for latency in &usage.latencies_ns {
            self.latency.record(*latency, weight);
        }
        if usage.errors > 0 {
            self.trouble().errors.add(weight, u64::from(usage.errors));
        }
        for caller in &usage.callers {
            let calls = self.calls_of(caller.hop);
            calls.calls.add(weight, u64::from(caller.calls));
            calls.executions.add(weight, 1);
            if caller.asynchronous > 0 || caller.failed || caller.slow {
                calls.count_ways(caller, weight);
            }
            calls.gap = calls.gap.saturating_add(u128::from(caller.gap_ns) * u128::from(weight.units()));
        }
        if usage.critical_path_ns > 0 {
            self.slowest = self.slowest.max(Some((usage.critical_path_ns, Reverse(trace))));
        }
        if usage.retries > 0 {
            self.trouble().retries.add(weight, u64::from(usage.retries));
        }
    }

    /// The calls of a caller.
    pub fn calls_of(&mut self, caller: HopId) -> &mut Calls {
        let at = match self.callers.binary_search_by_key(&caller, |(hop, _)| *hop) {
            Ok(at) => at,
            Err(at) => {
                self.callers.insert(at, (caller, Calls::default()));
                at
            }
        };
        &mut self.callers[at].1
    }

    pub(super) fn count_absorbed(&mut self, kind: AbsorbedKind, weight: Weight) {
        self.trouble().absorbed[kind as usize].add(weight, 1);
    }

    pub(super) fn trouble(&mut self) -> &mut Trouble {
        self.trouble.get_or_insert_default()
    }

    /// Per-execution figures at the level of the hop: both parts together.
    pub fn share(&self) -> Share {
        let mut share = self.alone.clone();
        if let Some(several) = &self.several {
            share.merge(several);
        }
        share
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.latency.merge(&other.latency);
        self.alone.merge(&other.alone);
        for (caller, theirs) in &other.callers {
            let mine = self.calls_of(*caller);
            mine.merge(theirs);
        }
        self.slowest = self.slowest.max(other.slowest);
        if let Some(theirs) = &other.several {
            self.several.get_or_insert_default().merge(theirs);
        }
        if let Some(theirs) = &other.trouble {
            self.trouble().merge(theirs);
        }
    }
}
