//! Failed executions whose culprit may still be corrected (spec 3.2).
//!
//! Where no server span was seen, the blame is a guess: the server may not have been reached, or its span may only be late. So the spans
//! of such a trace are kept for ten minutes of the log's time, and when one comes late, the trace is judged again with it. No count of
//! outcomes changes by that, only whom the failure is counted under.
//!
//! Pure: what is watched, for how long, and what of it was forgotten. Memory is bounded; the oldest go first, and then keep the culprit
//! that they have. The road not taken: to keep the spans of all failed traces, most of which have their server spans already.

use crate::assemble::{Complete, LateSpan};
use crate::measure::{Correction, Culprit, Key};
use crate::model::{SpanExtra, SpanId, SpanRecord, TraceId, Weight};
use crate::store::CorrectedLine;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A culprit may be corrected for this long after it was named, nanoseconds.
pub(super) const CORRECTABLE_NS: u64 = 600_000_000_000;
/// Bytes that the spans of watched traces may take.
const MOST_BYTES: usize = 16 << 20;
/// Bytes that corrections may take which wait for the next commit.
const MOST_WAITING_BYTES: usize = 16 << 20;
/// A trace is judged again so often at most: one in which spans keep dripping would else cost a judgement each.
const MOST_AGAIN: u32 = 30;
/// What a watched trace costs beside its spans.
const TRACE_BYTES: usize = 300;

/// What is watched, and what waits for the next commit. Locked for a moment only.
#[derive(Debug)]
pub(super) struct Correcting {
    watch: Mutex<Watch>,
    waiting: Mutex<Waiting>,
}

/// What waits for the next commit, in the order in which it came about.
#[derive(Debug, Default)]
struct Waiting {
    list: Vec<CorrectedLine>,
    bytes: usize,
}

impl Waiting {
    fn bytes_of(one: &CorrectedLine) -> usize {
        size_of::<CorrectedLine>() + one.text.len()
    }
}

impl Default for Correcting {
    fn default() -> Self {
        Self { watch: Mutex::new(Watch::new(MOST_BYTES)), waiting: Mutex::default() }
    }
}

impl Correcting {
    /// What is watched.
    pub(super) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for further corrections. While the store cannot be written, there is none some day.
    pub(super) fn has_room(&self) -> bool {
        self.waiting().bytes < MOST_WAITING_BYTES
    }

    /// Leaves corrections for the next commit.
    pub(super) fn leave(&self, corrections: Vec<CorrectedLine>) {
        let mut waiting = self.waiting();
        waiting.bytes += corrections.iter().map(Waiting::bytes_of).sum::<usize>();
        waiting.list.extend(corrections);
    }

    /// Takes the corrections of windows that end at or before this moment.
    pub(super) fn fetch(&self, before_ns: u64) -> Vec<CorrectedLine> {
        let mut waiting = self.waiting();
        let taken: Vec<_> = waiting.list.extract_if(.., |one| one.key.end_ns() <= before_ns).collect();
        waiting.bytes -= taken.iter().map(Waiting::bytes_of).sum::<usize>();
        taken
    }

    /// Puts back corrections that could not be kept, before those that have come since.
    pub(super) fn put_back(&self, corrections: Vec<CorrectedLine>) {
        let mut waiting = self.waiting();
        waiting.bytes += corrections.iter().map(Waiting::bytes_of).sum::<usize>();
        waiting.list.splice(..0, corrections);
    }

    /// Figures for whoever runs the server.
    pub(super) fn gauges(&self) -> [(&'static str, &'static str, f64); 3] {
        let watch = self.watch();
        [
            ("watched_traces", "Failed traces whose culprit may still be corrected by late spans.", watch.len() as f64),
            ("watched_trace_bytes", "Bytes that their spans take.", watch.bytes() as f64),
            (
                "watched_traces_forgotten_total",
                "Of them, those that had to go before their 10 minutes were over.",
                watch.forgotten as f64,
            ),
        ]
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An execution as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// Its window.
    pub(super) key: Key,
    /// Its entry span.
    pub(super) entry: SpanId,
    /// Whom its failure is counted under.
    pub(super) culprit: Culprit,
    /// How many executions it stands for.
    pub(super) weight: Weight,
    /// It was corrected before.
    pub(super) corrected: bool,
}

impl Counted {
    /// What is to be corrected if this is the culprit; from now on it is counted under that one.
    pub(super) fn correct(&mut self, to: Culprit, trace: TraceId) -> Option<Correction> {
        if self.culprit == to {
            return None;
        }
        let correction = Correction { from: self.culprit, to, weight: self.weight, trace, again: self.corrected };
        (self.culprit, self.corrected) = (to, true);
        Some(correction)
    }
}

/// A trace that is watched.
#[derive(Debug)]
pub(super) struct Trace {
    /// Its spans, those that came late among them.
    pub(super) complete: Complete,
    /// Its executions that may be corrected.
    pub(super) executions: Vec<Counted>,
    until_ns: u64,
    number: u64,
    /// How often it was judged again.
    again: u32,
}

impl Trace {
    fn bytes(&self) -> usize {
        let spans = self.complete.spans.capacity() * size_of::<SpanRecord>();
        let extras = self.complete.extras.capacity() * size_of::<SpanExtra>();
        TRACE_BYTES + spans + extras + self.executions.capacity() * size_of::<Counted>()
    }
}

/// The watched traces.
#[derive(Debug)]
pub(super) struct Watch {
    traces: HashMap<TraceId, Trace, RandomState>,
    /// In the order in which they were judged.
    order: BTreeMap<u64, TraceId>,
    next: u64,
    bytes: usize,
    most_bytes: usize,
    /// Traces that had to go before their time, since the start.
    pub(super) forgotten: u64,
}

impl Watch {
    /// With room for so many bytes.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { traces: HashMap::default(), order: BTreeMap::new(), next: 0, bytes: 0, most_bytes, forgotten: 0 }
    }

    /// Watches a trace that was judged now. Gives back those that had to go for it, maybe itself.
    pub(super) fn begin(&mut self, mut complete: Complete, executions: Vec<Counted>, now_ns: u64) -> Vec<TraceId> {
        complete.spans.shrink_to_fit();
        let (id, number) = (complete.trace, self.next);
        self.next += 1;
        let until_ns = now_ns.saturating_add(CORRECTABLE_NS);
        self.put(id, Trace { complete, executions, until_ns, number, again: 0 });
        self.make_room()
    }

    /// The trace in which these came late, with them, to be judged again and put back. `None` if nothing of it is to be corrected: it is not
    /// watched any more, they come too late, or it has all of them already.
    pub(super) fn with_late(&mut self, id: TraceId, late: &[LateSpan]) -> Option<Trace> {
        let mut trace = self.take(id)?;
        let Complete { spans, extras, reading, .. } = &mut trace.complete;
        let before = spans.len();
        let mut there: HashSet<_, RandomState> = spans.iter().map(|span| (span.id, span.shape)).collect();
        let fits = |one: &&LateSpan| one.trace == id && one.reading == *reading && one.at_ns <= trace.until_ns;
        for one in late.iter().filter(fits) {
            if there.insert((one.record.id, one.record.shape)) {
                spans.push(one.record);
                extras.extend(one.extra);
            }
        }
        if spans.len() > before {
            trace.again += 1;
            return Some(trace);
        }
        self.put(id, trace);
        None
    }

    /// Puts back a trace with what came late in it. Gives back those that had to go for it, or itself if it was judged often enough.
    pub(super) fn put_back(&mut self, trace: Trace) -> Vec<TraceId> {
        if trace.again >= MOST_AGAIN {
            self.forgotten += 1;
            return vec![trace.complete.trace];
        }
        self.put(trace.complete.trace, trace);
        self.make_room()
    }

    /// The traces whose time is over.
    pub(super) fn over(&self, now_ns: u64) -> Vec<TraceId> {
        let is_over = |id: &&TraceId| self.traces.get(id).is_none_or(|one| one.until_ns < now_ns);
        self.order.values().take_while(is_over).copied().collect()
    }

    /// Lets go of a trace whose time is over.
    pub(super) fn end(&mut self, id: TraceId) {
        self.take(id);
    }

    /// Lets go of a trace before its time.
    pub(super) fn forget(&mut self, id: TraceId) {
        self.forgotten += u64::from(self.take(id).is_some());
    }

    /// How many traces are watched.
    pub(super) fn len(&self) -> usize {
        self.traces.len()
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn oldest(&self) -> Option<TraceId> {
        self.order.first_key_value().map(|(_, trace)| *trace)
    }

    fn put(&mut self, id: TraceId, trace: Trace) {
        self.take(id);
        self.bytes += trace.bytes();
        self.order.insert(trace.number, id);
        self.traces.insert(id, trace);
    }

    fn take(&mut self, id: TraceId) -> Option<Trace> {
        let trace = self.traces.remove(&id)?;
        self.order.remove(&trace.number);
        self.bytes = self.bytes.saturating_sub(trace.bytes());
        Some(trace)
    }

    fn make_room(&mut self) -> Vec<TraceId> {
        let mut gone = Vec::new();
        while self.bytes > self.most_bytes {
            let Some(oldest) = self.oldest() else { break };
            self.forget(oldest);
            gone.push(oldest);
        }
        gone
    }
}
