//! What is normal: learnt from closed windows of ok executions.

use super::{Key, Share, Window};
use crate::model::{HopId, Name, Normal, SectionKind};
use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Age at which a window weighs half, nanoseconds of the windows' own time: one hour.
pub const HALF_LIFE_NS: u64 = 3_600_000_000_000;

/// With fewer executions than this, weighed by age, there is nothing to compare with yet.
pub const ENOUGH: f64 = 10.0;

/// Running means of critical-path time per capability and hop, over ok executions.
///
/// Each window weighs `2^(-age / half-life)`, where age is its distance in time to the newest window learnt of that hop. Readers
/// take an immutable snapshot without a lock; whoever learns makes a new one. Bounded: beyond the limit, the hops that were not
/// seen for longest are forgotten.
#[derive(Debug)]
pub struct Baseline {
    means: ArcSwap<Means>,
    learning: Mutex<()>,
    most: usize,
}

type Means = HashMap<(Name, HopId), Mean, RandomState>;

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    executions: f64,
    self_ns: f64,
    gap_ns: f64,
    newest_ns: u64,
}

impl Mean {
    fn learn(&mut self, slice_ns: u64, shares: [Option<&Share>; 2]) {
        let aged = |age_ns: u64| (-(age_ns as f64) / HALF_LIFE_NS as f64).exp2();
        let old = aged(slice_ns.saturating_sub(self.newest_ns));
        let new = aged(self.newest_ns.saturating_sub(slice_ns)) / 65536.0;
        self.newest_ns = self.newest_ns.max(slice_ns);
        self.executions *= old;
        self.self_ns *= old;
        self.gap_ns *= old;
        for share in shares.into_iter().flatten() {
            self.executions += share.ok_units as f64 * new;
            self.self_ns += share.ok_self as f64 * new;
            self.gap_ns += share.ok_gap as f64 * new;
        }
    }
}

impl Baseline {
    /// Nothing learnt. Remembers at most `most` hops over all capabilities.
    pub fn new(most: usize) -> Self {
        Self { means: ArcSwap::default(), learning: Mutex::new(()), most }
    }

    /// Learns from closed windows. Each window is to be learnt once.
    pub fn learn<'a>(&self, windows: impl IntoIterator<Item = &'a (Key, Window)>) {
        let _one_at_a_time = self.learning.lock().unwrap_or_else(PoisonError::into_inner);
        let mut means = Means::clone(&self.means.load());
        for (key, window) in windows {
            for (hop, figures) in &window.hops {
                let shares = [Some(&figures.alone), figures.several.as_deref()];
                if shares.iter().flatten().any(|share| share.ok_units > 0) {
                    means.entry((key.capability, *hop)).or_default().learn(key.slice_ns, shares);
                }
            }
        }
        forget(&mut means, self.most);
        self.means.store(Arc::new(means));
    }

    /// How many hops are remembered.
    pub fn len(&self) -> usize {
        self.means.load().len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn forget(means: &mut Means, most: usize) {
    let too_many = means.len().saturating_sub(most);
    if too_many == 0 {
        return;
    }
    let mut by_age: Vec<_> = means.iter().map(|(key, mean)| (mean.newest_ns, *key)).collect();
    by_age.sort_unstable();
    for (_, key) in by_age.into_iter().take(too_many) {
        means.remove(&key);
    }
}

impl Default for Baseline {
    /// Remembers 200,000 hops.
    fn default() -> Self {
        Self::new(200_000)
    }
}

impl Normal for Baseline {
    fn normal_ns(&self, capability: Name, hop: HopId, kind: SectionKind) -> Option<f64> {
        let means = self.means.load();
        let mean = means.get(&(capability, hop)).filter(|mean| mean.executions >= ENOUGH)?;
        let sum = match kind {
            SectionKind::SelfTime => mean.self_ns,
            SectionKind::Gap | SectionKind::Queue => mean.gap_ns,
        };
        Some(sum / mean.executions)
    }
}
