//! What becomes of windows when their time is over: they teach what is normal, and go to the store.

use super::pipeline::Pipeline;
use crate::measure::{Key, Window};
use crate::model::Verdict;
use crate::query::verdict_json;
use crate::store::{Beside, StoreError};
use std::sync::PoisonError;

const SECOND_NS: u64 = 1_000_000_000;
/// Without a store, windows stay in memory for this long.
pub(super) const MEMORY_NS: u64 = 3600 * SECOND_NS;
/// Without a store, there are no more windows than this in memory: the oldest go first.
const MOST_WINDOWS: usize = 100_000;

impl Pipeline {
    /// Windows that end before this moment are complete, but for what comes very late: the quiet time, or the time that a trace
    /// may last, is over.
    pub(super) fn closed_before_ns(&self, now_ns: u64) -> u64 {
        let wait = self.limits.max_age.max(self.limits.quiet);
        now_ns.saturating_sub(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Windows that end before this moment leave memory. With a store they go there, where a late execution can still be added;
    /// without one they are dropped after an hour, or earlier where there are too many.
    pub(super) fn moved_before_ns(&self, now_ns: u64) -> u64 {
        if self.keeper.store().is_some() {
            return self.closed_before_ns(now_ns);
        }
        let by_age = now_ns.saturating_sub(MEMORY_NS);
        let mut ends: Vec<u64> = Vec::new();
        if self.windows.len() > MOST_WINDOWS {
            self.windows.visit(|key, _| ends.push(key.end_ns()));
            ends.sort_unstable();
        }
        let surplus = ends.len().saturating_sub(MOST_WINDOWS);
        if surplus == 0 { by_age } else { by_age.max(ends[surplus - 1]) }
    }

    /// Learns what is normal from windows that end before this moment and were not learnt from yet.
    pub(super) fn learn(&self, before_ns: u64) {
        let mut until = self.learnt_until_ns.lock().unwrap_or_else(PoisonError::into_inner);
        let mut closed: Vec<(Key, Window)> = Vec::new();
        self.windows.visit(|key, window| {
            if key.end_ns() <= before_ns && key.end_ns() > *until {
                closed.push((key, window.clone()));
            }
        });
        closed.sort_unstable_by_key(|(key, _)| *key);
        if !closed.is_empty() {
            self.baseline.learn(&closed);
        }
        *until = before_ns.max(*until);
    }

    /// Moves windows that end before this moment to the store, together with the books on spans.
    pub(super) fn keep(&self, before_ns: u64) -> Result<(), StoreError> {
        let beside =
            Beside { progress: Vec::new(), fates: self.ledger.fates(), unknown_capabilities: self.ledger.unknown_capabilities() };
        let line = |verdict: &Verdict| verdict_json(verdict, &self.names, &self.hops);
        self.keeper.keep(before_ns, &beside, &self.recent, &line).map(drop)
    }
}
