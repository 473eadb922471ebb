//! What becomes of windows when their time is over: they teach what is normal, and go to the store.

use super::pipeline::Pipeline;
use crate::measure::{Key, Window};
use crate::model::Verdict;
use crate::query::verdict_json;
use crate::store::{Beside, StoreError};

const SECOND_NS: u64 = 1_000_000_000;
/// Without a store folder, closed windows stay in memory for this long.
const MEMORY_NS: u64 = 2 * 3600 * SECOND_NS;

impl Pipeline {
    /// Windows that end before this moment are closed, but for what comes very late, which is added where they are kept: the time
    /// that a trace may last is over.
    pub(super) fn closed_before_ns(&self, now_ns: u64) -> u64 {
        let wait = self.limits.max_age.max(self.limits.quiet);
        now_ns.saturating_sub(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Keeps what is closed, learns from it what is normal, and forgets what was only in memory for long enough.
    pub(super) fn keep_closed(&self, now_ns: u64) -> Result<(), StoreError> {
        let kept = self.keep(self.closed_before_ns(now_ns))?;
        if !kept.is_empty() {
            self.baseline.learn(&kept);
        }
        match self.keeper.store() {
            Some(store) if self.only_in_memory && !kept.is_empty() => store.forget_before(now_ns.saturating_sub(MEMORY_NS)),
            _ => Ok(()),
        }
    }

    /// Moves windows that end before this moment to the store, together with the books on spans and, if it is another one, the map.
    pub(super) fn keep(&self, before_ns: u64) -> Result<Vec<(Key, Window)>, StoreError> {
        let map = self.unkept_map();
        let beside = Beside {
            progress: Vec::new(),
            fates: self.ledger.fates(),
            unknown_capabilities: self.ledger.unknown_capabilities(),
            map: map.as_ref().map(|map| map.text().to_owned()),
            // Before the windows are taken: so the failure that is corrected is among them, or kept.
            corrections: self.correcting.fetch(before_ns),
        };
        let line = |verdict: &Verdict| verdict_json(verdict, &self.names, &self.hops);
        let kept = self.keeper.keep(before_ns, &beside, &self.recent, &line);
        if kept.is_err() {
            self.correcting.put_back(beside.corrections);
        }
        let kept = kept?;
        if let Some(map) = map {
            self.map_is_kept(&map);
        }
        Ok(kept)
    }
}
