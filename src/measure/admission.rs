//! Which hops are counted under their own name (spec 3.4).

use crate::model::{HopId, Hops, Name};
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

/// How many series there may be. A series is a hop in a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesLimits {
    /// Further hops of a capability become `(other)`.
    pub hops_per_capability: usize,
    /// Further hops of any capability become `(other)`.
    pub series: usize,
}

impl Default for SeriesLimits {
    fn default() -> Self {
        Self { hops_per_capability: 10_000, series: 1_000_000 }
    }
}

/// Hops that were let in, first come, first served, for the lifetime of the process. Asked only when a hop is new to its window.
/// Were the limit kept by each window for itself, windows that merge could not agree on who is `(other)`.
#[derive(Debug)]
pub(super) struct Admission {
    inside: RwLock<Inside>,
    limits: SeriesLimits,
}

#[derive(Debug, Default)]
struct Inside {
    hops: HashMap<Name, HashSet<HopId, RandomState>, RandomState>,
    series: usize,
}

impl Admission {
    pub(super) fn new(limits: SeriesLimits) -> Self {
        Self { inside: RwLock::default(), limits }
    }

    /// The hop itself, or `(other)` where there are too many. Hops that stand for no place (`(caller)`, …) always come in.
    pub(super) fn admit(&self, capability: Name, hop: HopId) -> HopId {
        if [Hops::CALLER, Hops::UNKNOWN, Hops::OTHER].contains(&hop) {
            return hop;
        }
        {
            let inside = self.inside.read().unwrap_or_else(PoisonError::into_inner);
            let of_capability = inside.hops.get(&capability);
            if of_capability.is_some_and(|hops| hops.contains(&hop)) {
                return hop;
            }
            if inside.series >= self.limits.series || of_capability.is_some_and(|hops| self.is_full(hops)) {
                return Hops::OTHER;
            }
        }
        self.enter(capability, hop)
    }

    #[cold]
    fn enter(&self, capability: Name, hop: HopId) -> HopId {
        let mut inside = self.inside.write().unwrap_or_else(PoisonError::into_inner);
        let Inside { hops, series } = &mut *inside;
        let hops = hops.entry(capability).or_default();
        if hops.contains(&hop) {
            return hop;
        }
        if *series >= self.limits.series || self.is_full(hops) {
            return Hops::OTHER;
        }
        hops.insert(hop);
        *series += 1;
        hop
    }

    fn is_full(&self, hops: &HashSet<HopId, RandomState>) -> bool {
        hops.len() >= self.limits.hops_per_capability
    }
}
