//! Live and kept figures as one.

use super::tables::MOST_OTHER_LINES;
use super::{Commit, CorrectedLine, Kept, KeptLine, Look, Store, StoreError};
use crate::journal::Progress;
use crate::measure::{Key, Recent, SLICE_NS, Window, Windows};
use crate::model::{Fates, Name, TraceId, Verdict};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};

/// Windows that are being counted, and those that are kept. A window is in either, or partly in both; never in none, and no count is
/// in both: a reader sees the moment before a commit or the one after it.
#[derive(Debug)]
pub struct Keeper {
    windows: Arc<Windows>,
    store: Option<Store>,
    state: RwLock<State>,
    /// One commit at a time.
    committing: Mutex<()>,
}

/// Its lock is the gate at which readers wait for the last step of a commit.
#[derive(Debug, Default)]
struct State {
    /// What has moved since the start, summed by capability.
    moved: HashMap<Name, Window>,
    /// What is on its way to the store and not seen there yet.
    moving: Arc<Vec<(Key, Window)>>,
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
        Self { windows, store, state: RwLock::default(), committing: Mutex::default() }
    }

    /// The store, if there is one.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Moves windows to the store, with the verdict lines of sampled failures and a few others
    /// that are still among the recent ones. Without a store they are dropped. `cut` takes them out, and says what else is to be kept
    /// of the same moment. Gives back the windows that were moved.
    ///
    /// # Errors
    /// They could not be kept; they are counted on in memory then.
    pub fn keep(
        &self,
        cut: impl FnOnce(&Windows) -> (Vec<(Key, Window)>, Beside),
        recent: &Recent,
        line_of: &dyn Fn(&Verdict) -> String,
    ) -> Result<Arc<Vec<(Key, Window)>>, StoreError> {
        self.keep_once(cut, || Ok(()), recent, line_of)
    }

    /// The same, once what was cut out may be kept: `ready` says when, while everybody else goes on.
    ///
    /// # Errors
    /// As [`Keeper::keep`], or what `ready` says.
    pub fn keep_once(
        &self,
        cut: impl FnOnce(&Windows) -> (Vec<(Key, Window)>, Beside),
        ready: impl FnOnce() -> Result<(), StoreError>,
        recent: &Recent,
        line_of: &dyn Fn(&Verdict) -> String,
    ) -> Result<Arc<Vec<(Key, Window)>>, StoreError> {
        let _alone = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let (taken, beside) = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            let (taken, beside) = cut(&self.windows);
            let taken = Arc::new(taken);
            state.moving = taken.clone();
            (taken, beside)
        };
        let Some(store) = &self.store else {
            self.lock().moving = Arc::default();
            return Ok(taken);
        };
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
        let staged = ready().and_then(|()| store.stage(&commit));
        let mut state = self.lock();
        let committed = staged.and_then(|(staged, corrected)| match staged.commit() {
            Err(error) if !store.has(&beside.progress) => Err(error),
            _ => Ok(corrected),
        });
        state.moving = Arc::default();
        match committed {
            Ok(corrected) => {
                taken.iter().for_each(|(key, window)| state.moved.entry(key.capability).or_default().merge(window));
                // Counters cannot take anything back: what was counted since the start stays with whom it was counted under first.
                let corrected = corrected.into_iter().filter_map(|at| beside.corrections.get(at));
                for CorrectedLine { key, correction, .. } in corrected.filter(|one| !one.correction.again) {
                    state.moved.entry(key.capability).or_default().corrected.add(correction.weight, 1);
                }
                Ok(taken)
            }
            Err(error) => {
                taken.iter().for_each(|(key, window)| self.windows.put_back(*key, window.clone()));
                Err(error)
            }
        }
    }

    fn lock(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows all windows of a range, as long as they are: see [`Keeper::read_by`].
    ///
    /// # Errors
    /// One that is kept cannot be read.
    pub fn read(
        &self,
        range: Range<u64>,
        capability: Option<Name>,
        visitor: &mut dyn FnMut(Key, &Window),
    ) -> Result<(), StoreError> {
        self.read_by(range, capability, Look::default(), &mut |kept, window| {
            visitor(Key { slice_ns: kept.slice_ns, capability: kept.capability }, window);
        })
    }

    /// Shows the windows that start in this range: what is kept, as [`Store::read_by`] does, then what is counted. The same window
    /// may come twice; its parts are to be added.
    ///
    /// # Errors
    /// One that is kept cannot be read.
    pub fn read_by(
        &self,
        range: Range<u64>,
        capability: Option<Name>,
        look: Look,
        visitor: &mut dyn FnMut(Kept, &Window),
    ) -> Result<(), StoreError> {
        let wanted = |key: &Key| range.contains(&key.slice_ns) && capability.is_none_or(|wanted| wanted == key.capability);
        // Both of one moment; what is kept is read when the gate is free again.
        let (kept, moving, counted) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let kept = self.store.as_ref().map(Store::view).transpose()?;
            let mut counted = Vec::new();
            self.windows.visit(|key, window| {
                if wanted(&key) {
                    counted.push((key, window.clone()));
                }
            });
            (kept, state.moving.clone(), counted)
        };
        if let (Some(store), Some(kept)) = (&self.store, kept) {
            store.read_in(&kept, range.clone(), capability, look, visitor)?;
        }
        moving.iter().chain(&counted).filter(|(key, _)| wanted(key)).for_each(|(key, window)| visitor((*key).into(), window));
        Ok(())
    }

    /// The longest windows that a question about this range cannot do without, nanoseconds.
    ///
    /// # Errors
    /// What is kept cannot be read.
    pub fn longest_ns(&self, range: &Range<u64>) -> Result<u64, StoreError> {
        self.store.as_ref().map_or(Ok(SLICE_NS), |store| store.longest_ns(range))
    }

    /// Shows what was counted since the process began, whatever is kept and forgotten: what counters that must only grow are made
    /// of. The parts of a capability are to be added.
    pub fn read_since_start(&self, capability: Option<Name>, visitor: &mut dyn FnMut(Name, &Window)) {
        let wanted = |name: Name| capability.is_none_or(|wanted| wanted == name);
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.moved.iter().filter(|(name, _)| wanted(**name)).for_each(|(name, window)| visitor(*name, window));
        state.moving.iter().filter(|(key, _)| wanted(key.capability)).for_each(|(key, window)| visitor(key.capability, window));
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
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut extent = self.store.as_ref().map_or(Ok(None), Store::extent)?;
        let mut widen = |key: Key| {
            let own = extent.clone().unwrap_or(key.slice_ns..key.end_ns());
            extent = Some(own.start.min(key.slice_ns)..own.end.max(key.end_ns()));
        };
        state.moving.iter().for_each(|(key, _)| widen(*key));
        self.windows.visit(|key, _| widen(key));
        Ok(extent)
    }
}

/// Lines to keep, of what is still among the recent verdicts: those of the sampled failures, and a few others of each window.
fn lines_of(windows: &[(Key, Window)], recent: &Recent, line_of: &dyn Fn(&Verdict) -> String) -> Vec<KeptLine> {
    let mut wanted: HashMap<Key, (HashSet<TraceId>, u32)> =
        windows.iter().map(|(key, window)| (*key, (window.samples().collect(), 0))).collect();
    let mut verdicts = recent.all();
    // Few of them, under load: the others are not worth sorting.
    verdicts.retain(|verdict| wanted.contains_key(&Key::at(verdict.end_ns, verdict.capability)));
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
