//! All windows that are being counted.

use super::Window;
use super::admission::{Admission, SeriesLimits};
use super::window::Intake;
use crate::model::{HopId, Hops, Name, Verdict};
use dashmap::DashMap;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

/// Length of the base slice of time, nanoseconds.
pub const SLICE_NS: u64 = 10_000_000_000;

/// Further off than this from the time of receipt, an execution is counted in the window of receipt (spec 3.2).
pub const MOST_SKEW_NS: u64 = 300_000_000_000;

/// Which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Start of the slice, nanoseconds since 1970; a multiple of [`SLICE_NS`].
    pub slice_ns: u64,
    /// Id of the capability.
    pub capability: Name,
}

impl Key {
    /// The window in which this moment lies.
    pub fn at(moment_ns: u64, capability: Name) -> Self {
        Self { slice_ns: moment_ns - moment_ns % SLICE_NS, capability }
    }

    /// The window of what ended at one moment and was received at another: of its end, but of receipt where that is more than
    /// [`MOST_SKEW_NS`] away.
    pub fn of_received(end_ns: u64, received_ns: u64, capability: Name) -> Self {
        Self::at(moment_of(end_ns, received_ns).0, capability)
    }

    /// First moment after it.
    pub fn end_ns(&self) -> u64 {
        self.slice_ns.saturating_add(SLICE_NS)
    }
}

/// For each capability the `under` of its latency objectives: those of one map.
#[derive(Debug, Clone, Default)]
pub struct LatencyLimits(HashMap<Name, Vec<u64>, RandomState>);

impl LatencyLimits {
    /// Nanoseconds, in any order.
    pub fn new(limits: impl IntoIterator<Item = (Name, Vec<u64>)>) -> Self {
        let sorted = limits.into_iter().map(|(capability, mut limits)| {
            limits.sort_unstable();
            limits.dedup();
            (capability, limits)
        });
        Self(sorted.collect())
    }

    fn of(&self, capability: Name) -> &[u64] {
        self.0.get(&capability).map_or(&[], Vec::as_slice)
    }
}

/// In which moment something counts that ended at one moment and was received at another, and whether that is the latter.
fn moment_of(end_ns: u64, received_ns: u64) -> (u64, bool) {
    let skewed = end_ns.abs_diff(received_ns) > MOST_SKEW_NS;
    (if skewed { received_ns } else { end_ns }, skewed)
}

/// Windows by slice and capability, lock-sharded.
#[derive(Debug)]
pub struct Windows {
    windows: DashMap<Key, Window, RandomState>,
    hops: Arc<Hops>,
    latency_limits: LatencyLimits,
    admission: Admission,
}

impl Windows {
    /// No windows yet. `latency_limits`: for each capability the `under` of its latency objectives, nanoseconds.
    pub fn new(hops: Arc<Hops>, latency_limits: impl IntoIterator<Item = (Name, Vec<u64>)>, limits: SeriesLimits) -> Self {
        Self {
            windows: DashMap::with_hasher_and_shard_amount(RandomState::default(), 128),
            hops,
            latency_limits: LatencyLimits::new(latency_limits),
            admission: Admission::new(limits),
        }
    }

    /// Counts a verdict in the window of its end. Locks once.
    pub fn record(&self, verdict: &Verdict) {
        self.record_in(verdict, verdict.end_ns, false, &self.latency_limits);
    }

    /// Counts a verdict about spans that were received at this moment: in the window of its end, but where that is more than
    /// [`MOST_SKEW_NS`] away from receipt, in the window of receipt, marked as skewed.
    pub fn record_received(&self, verdict: &Verdict, received_ns: u64) {
        self.record_received_under(verdict, received_ns, &self.latency_limits);
    }

    /// The same, against the latency limits of the map by which it was judged.
    /// Gives back which window that was.
    pub fn record_received_under(&self, verdict: &Verdict, received_ns: u64, limits: &LatencyLimits) -> Key {
        let (moment_ns, skewed) = moment_of(verdict.end_ns, received_ns);
        self.record_in(verdict, moment_ns, skewed, limits)
    }

    /// Counts spans that came after their execution was judged.
    pub fn record_late(&self, key: Key, spans: u64) {
        let mut window = self.windows.entry(key).or_default();
        window.late = window.late.saturating_add(spans);
    }

    /// Under which hop failures of this one are counted: `(other)` where there are too many.
    pub fn counted_as(&self, capability: Name, hop: HopId) -> HopId {
        self.admission.admit(capability, hop)
    }

    fn record_in(&self, verdict: &Verdict, moment_ns: u64, skewed: bool, limits: &LatencyLimits) -> Key {
        let limits = limits.of(verdict.capability);
        let intake = Intake { hops: &self.hops, admission: &self.admission, limits, skewed };
        let key = Key::at(moment_ns, verdict.capability);
        self.windows.entry(key).or_default().record(verdict, &intake);
        key
    }

    /// Adds a window to what is there, such as one that was taken and could not be kept.
    pub fn put_back(&self, key: Key, window: Window) {
        match self.windows.entry(key) {
            dashmap::Entry::Occupied(mut there) => there.get_mut().merge(&window),
            dashmap::Entry::Vacant(free) => {
                free.insert(window);
            }
        }
    }

    /// Takes out the windows that end at or before this moment, in the order of time.
    pub fn take_closed(&self, before_ns: u64) -> Vec<(Key, Window)> {
        let mut taken = Vec::new();
        self.windows.retain(|key, window| {
            let open = key.end_ns() > before_ns;
            if !open {
                taken.push((*key, std::mem::take(window)));
            }
            open
        });
        taken.sort_unstable_by_key(|(key, _)| *key);
        taken
    }

    /// Copies of the windows that end after one moment, and at or before another: for learning from what has closed since.
    pub fn closed_between(&self, after_ns: u64, until_ns: u64) -> Vec<(Key, Window)> {
        let closed = self.windows.iter().filter(|entry| entry.key().end_ns() > after_ns && entry.key().end_ns() <= until_ns);
        let mut copies: Vec<_> = closed.map(|entry| (*entry.key(), entry.value().clone())).collect();
        copies.sort_unstable_by_key(|(key, _)| *key);
        copies
    }

    /// Shows each window, in no order. Must not record meanwhile on the same thread.
    pub fn visit(&self, mut visitor: impl FnMut(Key, &Window)) {
        for entry in self.windows.iter() {
            visitor(*entry.key(), entry.value());
        }
    }

    /// How many windows there are.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }
}
