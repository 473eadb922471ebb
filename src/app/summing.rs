//! The sums of alerts are made again after a restart, from what the store holds.
//!
//! Of ten thousand objectives that is a walk over millions of windows, and takes a while. Nobody waits for it: the server takes messages and is ready meanwhile, and
//! the thread that looks at alerts begins to look when it is done. What is counted meanwhile is not counted twice, because the store is read as it was
//! at a moment at which nothing was on its way: what is fed before that is among it, and what is fed after it is not. The road not taken: to keep the
//! sums themselves in each commit, twenty kilobytes an objective for the sake of one restart a month.

use super::alerting::Learnt;
use super::pipeline::Pipeline;
use crate::alert::Engine;
use crate::catalogue::Catalogue;
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::Name;
use crate::objective::{DAY_NS, HOUR_NS, MINUTE_NS, Period};
use crate::store::{Look, Store, StoreError, View};
use std::ops::Range;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

impl Pipeline {
    /// Makes the sums again if they are not there yet. Ends before it is done if it is told to stop: then nothing is looked at any more.
    pub(super) fn sum_again(&self, now_ns: u64, stop: &AtomicBool) -> Result<(), StoreError> {
        let Some(store) = self.keeper.store() else { return Ok(()) };
        let (view, map) = {
            let _passing = self.alerting.feeding.lock().unwrap_or_else(PoisonError::into_inner);
            let mut watch = self.alerting.lock();
            if watch.learnt != Learnt::Not {
                return Ok(());
            }
            let view = store.view()?;
            watch.learnt = Learnt::Going;
            (view, watch.catalogue.clone())
        };
        let read = self.read_sums(store, &view, &map, None, (now_ns, stop), &mut |key, length_ns, window| {
            self.alerting.lock().engine.learn(key, length_ns, window);
        });
        let mut watch = self.alerting.lock();
        match read {
            Ok(()) if !stop.load(Ordering::Relaxed) => watch.learnt = Learnt::Done,
            Ok(()) => {}
            Err(error) => {
                watch.engine.forget_all();
                watch.learnt = Learnt::Not;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Makes the sums of one capability again.
    pub(super) fn learn_sums(&self, engine: &mut Engine, map: &Catalogue, only: Name, now_ns: u64) -> Result<(), StoreError> {
        let Some(store) = self.keeper.store() else { return Ok(()) };
        let never = AtomicBool::new(false);
        self.read_sums(store, &store.view()?, map, Some(only), (now_ns, &never), &mut |key, length_ns, window| {
            engine.learn(key, length_ns, window);
        })
    }

    fn read_sums(
        &self,
        store: &Store,
        view: &View,
        map: &Catalogue,
        only: Option<Name>,
        (now_ns, stop): (u64, &AtomicBool),
        learn: &mut dyn FnMut(Key, u64, &Window),
    ) -> Result<(), StoreError> {
        // Of hops without objectives nothing is summed, and to read their figures is most of the work.
        let totals = !map.capabilities().iter().flat_map(|one| &one.hops).any(|hop| !hop.objectives.is_empty());
        for (range, at_most_ns) in pieces(map, now_ns) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            store.read_in(view, range, only, Look { at_most_ns, totals }, &mut |kept, window| {
                learn(Key { slice_ns: kept.slice_ns, capability: kept.capability }, kept.length_ns, window);
            })?;
        }
        Ok(())
    }
}

/// Which windows the sums are made of again: as short as the sums are fine, a day at a time.
fn pieces(map: &Catalogue, now_ns: u64) -> Vec<(Range<u64>, u64)> {
    let objectives =
        map.capabilities().iter().flat_map(|one| one.objectives.iter().chain(one.hops.iter().flat_map(|hop| &hop.objectives)));
    let longest = objectives.map(|one| {
        let period = Period::of(one);
        now_ns - period.so_far(now_ns).start.min(now_ns)
    });
    // What is usual is known of four weeks.
    let longest_ns = longest.max().unwrap_or(0).max(29 * DAY_NS);
    let back = |ns: u64| now_ns.saturating_sub(ns) / HOUR_NS * HOUR_NS;
    let (old, hours, minutes) = (back(longest_ns), back(6 * HOUR_NS), back(HOUR_NS));
    let days = (old..hours).step_by(DAY_NS as usize).map(|from_ns| (from_ns..hours.min(from_ns + DAY_NS), HOUR_NS));
    days.chain([(hours..minutes, MINUTE_NS), (minutes..u64::MAX, SLICE_NS)]).collect()
}
