//! Live and kept figures as one.

use super::tables::MOST_OTHER_LINES;
use super::{Commit, CorrectedLine, KeptLine, Store, StoreError};
use crate::journal::Progress;
use crate::measure::{Key, Recent, Window, Windows};
use crate::model::{Fates, Name, TraceId, Verdict};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

/// Windows that are being counted, and those that are kept. A window is in either, or partly in both; never in none: readers wait
/// while windows move from memory to disk.
#[derive(Debug)]
pub struct Keeper {
    windows: Arc<Windows>,
    store: Option<Store>,
    /// What has moved since the start, summed by capability. Its lock is the gate at which readers wait.
    moved: RwLock<HashMap<Name, Window>>,
}

/// What goes into a commit beside the windows. Totals are those of this run, from its start.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// How far each partition was worked off.
    pub progress: Vec<Progress>,
    /// Spans by fate.
    pub fates: Fates,
    /// Values of `steelthread.capability` that are not in the map.
    pub unknown_capabilities: Vec<(Name, u64)>,
    /// The text of the map, where it is another one than the store holds.
    pub map: Option<String>,
    /// Failures that belong to somebody else; their windows are moved by this commit or were moved before.
    pub corrections: Vec<CorrectedLine>,
}

impl Keeper {
    /// Without a store, windows are only in memory.
    pub fn new(windows: Arc<Windows>, store: Option<Store>) -> Self {
        Self { windows, store, moved: RwLock::default() }
    }

    /// The store, if there is one.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Moves the windows that end at or before this moment to the store, with the verdict lines of sampled failures and a few others
    /// that are still among the recent ones. Without a store they are dropped. Gives back the windows that were moved.
    ///
    /// # Errors
    /// They could not be kept; they are counted on in memory then.
    pub fn keep(
        &self,
        before_ns: u64,
        beside: &Beside,
        recent: &Recent,
        line_of: &dyn Fn(&Verdict) -> String,
    ) -> Result<Vec<(Key, Window)>, StoreError> {
        let mut moved = self.moved.write().unwrap_or_else(PoisonError::into_inner);
        let taken = self.windows.take_closed(before_ns);
        let Some(store) = &self.store else { return Ok(taken) };
        let lines = lines_of(&taken, recent, line_of);
        let commit = Commit {
            windows: &taken,
            progress: &beside.progress,
            fates: beside.fates,
            unknown_capabilities: &beside.unknown_capabilities,
            lines: &lines,
            map: beside.map.as_deref(),
            corrections: &beside.corrections,
        };
        match store.commit(&commit) {
            Ok(corrected) => {
                taken.iter().for_each(|(key, window)| moved.entry(key.capability).or_default().merge(window));
                // Counters cannot take anything back: what was counted since the start stays with whom it was counted under first.
                let corrected = corrected.into_iter().filter_map(|at| beside.corrections.get(at));
                for CorrectedLine { key, correction, .. } in corrected.filter(|one| !one.correction.again) {
                    moved.entry(key.capability).or_default().corrected.add(correction.weight, 1);
                }
                Ok(taken)
            }
            Err(error) => {
                taken.into_iter().for_each(|(key, window)| self.windows.put_back(key, window));
                Err(error)
            }
        }
    }

    /// Shows the windows of slices that start in this range: what is kept in the order of time, then what is counted. The same window
    /// may come twice; its parts are to be added.
    ///
    /// # Errors
    /// One that is kept cannot be read.
    pub fn read(
        &self,
        range: Range<u64>,
        capability: Option<Name>,
        visitor: &mut dyn FnMut(Key, &Window),
    ) -> Result<(), StoreError> {
        let _stay = self.moved.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &self.store {
            store.read(range.clone(), capability, visitor)?;
        }
        self.windows.visit(|key, window| {
            if range.contains(&key.slice_ns) && capability.is_none_or(|wanted| wanted == key.capability) {
                visitor(key, window);
            }
        });
        Ok(())
    }

    /// Shows what was counted since the process began, whatever is kept and forgotten: what counters that must only grow are made
    /// of. The parts of a capability are to be added.
    pub fn read_since_start(&self, capability: Option<Name>, visitor: &mut dyn FnMut(Name, &Window)) {
        let wanted = |name: Name| capability.is_none_or(|wanted| wanted == name);
        let moved = self.moved.read().unwrap_or_else(PoisonError::into_inner);
        moved.iter().filter(|(name, _)| wanted(**name)).for_each(|(name, window)| visitor(*name, window));
        self.windows.visit(|key, window| {
            if wanted(key.capability) {
                visitor(key.capability, window);
            }
        });
    }

    /// From the start of the first slice to the end of the last one.
    ///
    /// # Errors
    /// What is kept cannot be read.
    pub fn extent(&self) -> Result<Option<Range<u64>>, StoreError> {
        let _stay = self.moved.read().unwrap_or_else(PoisonError::into_inner);
        let mut extent = self.store.as_ref().map_or(Ok(None), Store::extent)?;
        self.windows.visit(|key, _| {
            let own = extent.clone().unwrap_or(key.slice_ns..key.end_ns());
            extent = Some(own.start.min(key.slice_ns)..own.end.max(key.end_ns()));
        });
        Ok(extent)
    }
}

/// Lines to keep, of what is still among the recent verdicts: those of the sampled failures, and a few others of each window.
fn lines_of(windows: &[(Key, Window)], recent: &Recent, line_of: &dyn Fn(&Verdict) -> String) -> Vec<KeptLine> {
    let mut wanted: HashMap<Key, (HashSet<TraceId>, u32)> =
        windows.iter().map(|(key, window)| (*key, (window.samples().collect(), 0))).collect();
    let mut verdicts = recent.all();
    // Which others are kept must not hang on the order of a hash map.
    verdicts.sort_unstable_by_key(|verdict| (verdict.trace_id, verdict.end_ns, verdict.entry_span_id, verdict.capability));
    let mut lines = Vec::new();
    for verdict in verdicts {
        let key = Key::at(verdict.end_ns, verdict.capability);
        let Some((samples, others)) = wanted.get_mut(&key) else { continue };
        let sample = samples.contains(&verdict.trace_id);
        if !sample && *others >= MOST_OTHER_LINES {
            continue;
        }
        *others += u32::from(!sample);
        let (trace, entry) = (verdict.trace_id, verdict.entry_span_id);
        lines.push(KeptLine { trace, key, entry, sample, text: line_of(&verdict) });
    }
    lines
}
