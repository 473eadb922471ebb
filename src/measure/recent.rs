//! Verdicts of late, by trace id.

use super::SLICE_NS;
use crate::model::{Outcome, TraceId, Verdict};
use foldhash::fast::RandomState;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Recent verdicts, for whoever asks about a trace. Bounded by number and bytes.
///
/// A quarter of the room is for verdicts that are ok and not slow, three quarters are for the others; in each part the oldest goes
/// first. So a flood of ok executions never pushes out a failed one. What only counting needs ([`Verdict::hops`]) is not kept.
///
/// Of the newest ten seconds, a part takes no more than a sixth of its room: under load the first of each slice are kept for about a
/// minute, rather than all of them for a moment, and the others cost nothing. What ended in an older slice always comes in, so
/// recorded traces, which come in no order, are kept as long as there is room.
#[derive(Debug)]
pub struct Recent {
    inside: Mutex<Inside>,
    plain: Newest,
    notable: Newest,
}

/// How many verdicts of the newest slice came in. Counted without a lock; a race may let in one or two too many.
#[derive(Debug)]
struct Newest {
    slice: AtomicU64,
    taken: AtomicUsize,
    most: usize,
}

impl Newest {
    fn new(room: usize) -> Self {
        Self { slice: AtomicU64::new(0), taken: AtomicUsize::new(0), most: room.div_ceil(6) }
    }

    fn admits(&self, end_ns: u64) -> bool {
        let slice = end_ns / SLICE_NS;
        let newest = self.slice.load(Ordering::Relaxed);
        if slice < newest {
            return true;
        }
        if slice > newest {
            self.slice.store(slice, Ordering::Relaxed);
            self.taken.store(0, Ordering::Relaxed);
        }
        self.taken.load(Ordering::Relaxed) < self.most && self.taken.fetch_add(1, Ordering::Relaxed) < self.most
    }
}

#[derive(Debug)]
struct Inside {
    by_trace: HashMap<TraceId, Vec<(u64, Arc<Verdict>)>, RandomState>,
    plain: Queue,
    notable: Queue,
    next: u64,
}

#[derive(Debug)]
struct Queue {
    order: VecDeque<(TraceId, u64, usize)>,
    bytes: usize,
    most: usize,
    most_bytes: usize,
}

impl Queue {
    fn new(most: usize, most_bytes: usize) -> Self {
        Self { order: VecDeque::new(), bytes: 0, most, most_bytes }
    }

    /// The verdict of this number, if it is in this queue, takes so much now. Numbers ascend.
    fn resize(&mut self, number: u64, bytes: usize) {
        let Ok(at) = self.order.binary_search_by_key(&number, |(_, number, _)| *number) else { return };
        let before = std::mem::replace(&mut self.order[at].2, bytes);
        self.bytes = self.bytes - before + bytes;
    }

    fn overflow(&mut self) -> Option<(TraceId, u64)> {
        if self.order.len() <= self.most && self.bytes <= self.most_bytes {
            return None;
        }
        let (trace, number, bytes) = self.order.pop_front()?;
        self.bytes -= bytes;
        Some((trace, number))
    }
}

impl Recent {
    /// Room for this many verdicts and bytes.
    pub fn new(most: usize, most_bytes: usize) -> Self {
        let (plain, plain_bytes) = (most / 4, most_bytes / 4);
        let inside = Inside {
            by_trace: HashMap::default(),
            plain: Queue::new(plain, plain_bytes),
            notable: Queue::new(most - plain, most_bytes - plain_bytes),
            next: 0,
        };
        Self { inside: Mutex::new(inside), plain: Newest::new(plain), notable: Newest::new(most - plain) }
    }

    /// Keeps a copy, if there is room for it.
    pub fn record(&self, verdict: &Verdict) {
        if self.admits(verdict) {
            self.keep(verdict);
        }
    }

    /// Whether there is room for this verdict, which is then to be handed to [`Recent::keep`]. Its outcome, slowness and end must be known.
    pub fn admits(&self, verdict: &Verdict) -> bool {
        (if is_notable(verdict) { &self.notable } else { &self.plain }).admits(verdict.end_ns)
    }

    /// Keeps a copy of one that was admitted.
    pub fn keep(&self, verdict: &Verdict) {
        let notable = is_notable(verdict);
        let kept = Arc::new(without_hops(verdict));
        let bytes = bytes_of(&kept);
        let mut inside = self.lock();
        let number = inside.next;
        inside.next += 1;
        inside.by_trace.entry(verdict.trace_id).or_default().push((number, kept));
        let queue = if notable { &mut inside.notable } else { &mut inside.plain };
        queue.order.push_back((verdict.trace_id, number, bytes));
        queue.bytes += bytes;
        while let Some((trace, number)) = if notable { inside.notable.overflow() } else { inside.plain.overflow() } {
            inside.forget(trace, number);
        }
    }

    /// Puts a verdict in the place of the one about the same execution; if that is not there any more, keeps it if there is room.
    pub fn replace(&self, verdict: &Verdict) {
        let kept = Arc::new(without_hops(verdict));
        let bytes = bytes_of(&kept);
        let mut inside = self.lock();
        let same = |known: &Verdict| (known.capability, known.entry_span_id) == (kept.capability, kept.entry_span_id);
        let of_trace = inside.by_trace.get_mut(&verdict.trace_id);
        let Some(found) = of_trace.and_then(|of_trace| of_trace.iter_mut().find(|(_, known)| same(known))) else {
            drop(inside);
            return self.record(verdict);
        };
        let number = found.0;
        found.1 = kept;
        let Inside { plain, notable, .. } = &mut *inside;
        [plain, notable].into_iter().for_each(|queue| queue.resize(number, bytes));
    }

    /// The verdicts about this trace that are still there, oldest first.
    pub fn of_trace(&self, trace: TraceId) -> Vec<Arc<Verdict>> {
        let inside = self.lock();
        inside.by_trace.get(&trace).map_or_else(Vec::new, |kept| kept.iter().map(|(_, verdict)| verdict.clone()).collect())
    }

    /// All that are there, in no order.
    pub fn all(&self) -> Vec<Arc<Verdict>> {
        self.lock().by_trace.values().flatten().map(|(_, verdict)| verdict.clone()).collect()
    }

    /// How many are there.
    pub fn len(&self) -> usize {
        let inside = self.lock();
        inside.plain.order.len() + inside.notable.order.len()
    }

    /// Whether none is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Recent {
    /// 20,000 verdicts, 16 MiB.
    fn default() -> Self {
        Self::new(20_000, 16 << 20)
    }
}

impl Inside {
    fn forget(&mut self, trace: TraceId, number: u64) {
        let Some(kept) = self.by_trace.get_mut(&trace) else { return };
        kept.retain(|(its_number, _)| *its_number != number);
        if kept.is_empty() {
            self.by_trace.remove(&trace);
        }
    }
}

fn is_notable(verdict: &Verdict) -> bool {
    verdict.outcome != Outcome::Ok || verdict.slow
}

fn without_hops(verdict: &Verdict) -> Verdict {
    Verdict {
        suspects: verdict.suspects.clone(),
        absorbed: verdict.absorbed.clone(),
        critical_path: verdict.critical_path.clone(),
        hops: Vec::new(),
        tree: verdict.tree.clone(),
        ..*verdict
    }
}

/// Estimate of what a kept verdict takes, with its entries in map and queue.
fn bytes_of(verdict: &Verdict) -> usize {
    let lists = size_of_val(&*verdict.suspects) + size_of_val(&*verdict.absorbed) + size_of_val(&*verdict.critical_path);
    size_of::<Verdict>() + lists + size_of_val(&*verdict.tree) + 160
}
