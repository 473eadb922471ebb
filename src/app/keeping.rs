//! What becomes of windows: they teach what is normal, and go to the store.
//!
//! With a journal everything that is counted goes to the store at once, also of slices that are not over: what a commit holds of the
//! counts, of the log and of closed traces must belong to one moment, or a crash would lose or double what lies between (spec 3.3).

use super::pipeline::Pipeline;
use crate::measure::{HALF_LIFE_NS, Key, Window};
use crate::model::Verdict;
use crate::query::verdict_json;
use crate::store::{Beside, Look, StoreError};
use std::sync::{Arc, PoisonError};

const SECOND_NS: u64 = 1_000_000_000;
/// Without a store folder, closed windows stay in memory for this long.
const MEMORY_NS: u64 = 2 * 3600 * SECOND_NS;

/// Transactions in which old windows are summed up before the next commit has its turn.
const ROLLED_AT_ONCE: u64 = 4;
/// Windows that are learnt at once after a restart.
const LEARNT_AT_ONCE: usize = 1000;
/// A request has found its way from the log to the open traces within this time. Traces are looked at as they were then, so that none
/// is over of which something is on its way.
const UNDER_WAY_NS: u64 = 200_000_000;

impl Pipeline {
    /// The log's clock, up to where all that came has arrived at the open traces.
    pub(super) fn settled_ns(&self, now_ns: u64) -> u64 {
        self.source.log().time_ns(now_ns).saturating_sub(UNDER_WAY_NS)
    }

    /// Windows that end before this moment are closed, but for what comes very late, which is added where they are kept: the time
    /// that a trace may last is over.
    pub(super) fn closed_before_ns(&self, now_ns: u64) -> u64 {
        let wait = self.limits.max_age.max(self.limits.quiet);
        now_ns.saturating_sub(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Keeps what is counted (without a journal: what is closed), learns from it what is normal, and forgets what was only in memory
    /// for long enough.
    pub(super) fn keep_closed(&self, now_ns: u64) -> Result<(), StoreError> {
        let before_ns = if self.source.journal().is_some() { u64::MAX } else { self.closed_before_ns(now_ns) };
        let watermark_ns = self.alert_watermark_ns(before_ns, now_ns);
        let feeding = self.alerting.feeding.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.keep(before_ns, now_ns)?;
        self.alerting.feed(&kept, watermark_ns);
        drop(feeding);
        if !kept.is_empty() {
            // Means are sums: a window may be learnt in parts.
            self.baseline.learn(&*kept);
        }
        match self.keeper.store() {
            Some(store) if self.only_in_memory && !kept.is_empty() => store.forget_before(now_ns.saturating_sub(MEMORY_NS)),
            _ => Ok(()),
        }
    }

    /// Sums up in longer windows what is old enough, and forgets what is too old, a part of it if that is much. True if nothing is left
    /// to do for now.
    pub(super) fn roll(&self, now_ns: u64) -> Result<bool, StoreError> {
        match self.keeper.store() {
            Some(store) if !self.only_in_memory => Ok(store.roll_some(now_ns, &self.limits.retention, ROLLED_AT_ONCE)?.done),
            _ => Ok(true),
        }
    }

    /// What was normal before a restart is so after it: learnt again from what the last hour has left in the store.
    pub(super) fn learn_again(&self, now_ns: u64) -> Result<(), StoreError> {
        let Some(store) = self.keeper.store() else { return Ok(()) };
        let mut some = Vec::new();
        let look = Look { at_most_ns: 60 * SECOND_NS, ..Look::default() };
        store.read_by(now_ns.saturating_sub(HALF_LIFE_NS)..u64::MAX, None, look, &mut |kept, window| {
            some.push((Key { slice_ns: kept.slice_ns, capability: kept.capability }, window.clone()));
            if some.len() >= LEARNT_AT_ONCE {
                self.baseline.learn(&some);
                some.clear();
            }
        })?;
        self.baseline.learn(&some);
        Ok(())
    }

    /// Moves windows that end before this moment to the store, together with the books on spans, how far the log was worked off and,
    /// if it is another one, the map.
    pub(super) fn keep(&self, before_ns: u64, now_ns: u64) -> Result<Arc<Vec<(Key, Window)>>, StoreError> {
        let map = self.unkept_map();
        let line = |verdict: &Verdict| verdict_json(verdict, &self.names, &self.hops);
        let (mut progress, mut corrections) = (Vec::new(), Vec::new());
        let kept = self.keeper.keep_once(
            |windows| {
                // Nothing is on its way now: what is in the log is in an open trace, or counted.
                let _nothing_passes = self.gate.write().unwrap_or_else(PoisonError::into_inner);
                progress = self.source.progress(&self.table, now_ns);
                let beside = Beside {
                    progress: progress.clone(),
                    fates: self.ledger.fates(),
                    unknown_capabilities: self.ledger.unknown_capabilities(),
                    map: map.as_ref().map(|map| map.text().to_owned()),
                    // The failures that are corrected are among the windows, or kept.
                    corrections: self.correcting.fetch(before_ns),
                };
                corrections.clone_from(&beside.corrections);
                (windows.take_closed(before_ns), beside)
            },
            // No commit may know of messages that the journal could still lose.
            || self.source.sync().map_err(StoreError::NotReady),
            &self.recent,
            &line,
        );
        match kept {
            Ok(kept) => {
                self.source.kept(&progress);
                if let Some(map) = map {
                    self.map_is_kept(&map);
                }
                Ok(kept)
            }
            Err(error) => {
                self.source.not_kept(progress);
                self.correcting.put_back(corrections);
                Err(error)
            }
        }
    }
}
