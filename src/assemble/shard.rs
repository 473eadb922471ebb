//! One shard: open traces, when to look at them again, and ids of closed ones.

use super::batch::Place;
use super::table::Appended;
use super::watched::Watched;
use super::{Batch, Complete, Settings, When};
use crate::model::{SpanExtra, SpanRecord, TraceId};
use foldhash::fast::RandomState;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, btree_map};

/// Deadlines are kept in steps of this, so that thousands of traces share an entry.
const STEP_NS: u64 = 100_000_000;
/// What an open trace costs beside its spans: map entry, deadline, headers of the vectors.
pub(super) const TRACE_BYTES: usize = 200;
/// What room for a span costs: its size, and half of that for the allocator: unused ends of blocks, and blocks that one thread has
/// freed and another one has not taken up again. Counted without it, resident memory went over the budget by more than it may.
pub(super) const SPAN_BYTES: usize = size_of::<SpanRecord>() * 3 / 2;
/// Spans for which a trace has room from the first one.
pub(super) const FIRST_SPANS: usize = 4;
/// Spans for which room is added at most at once.
const MOST_GROWTH: usize = 1024;
/// What an extra costs, in a vector that doubles.
pub(super) const EXTRA_BYTES: usize = 2 * size_of::<SpanExtra>();
/// What an id of a closed trace costs: 16 bytes and a control byte, in a table that is between 7/16 and 7/8 full.
pub(super) const CLOSED_BYTES: usize = 40;

#[derive(Debug, Default)]
struct Open {
    spans: Vec<SpanRecord>,
    extras: Vec<SpanExtra>,
    first_ns: u64,
    received_ns: u64,
    last_ns: u64,
    entry: bool,
    reading: u32,
}

/// Spans of one trace that are offered together, by the reading for traces that begin, and perhaps by another one.
pub(super) struct Offered<'a> {
    pub(super) batch: &'a Batch,
    pub(super) other: Option<&'a Batch>,
    pub(super) places: &'a [Place],
}

impl Offered<'_> {
    /// By which reading a trace begins.
    pub(super) fn reading(&self) -> u32 {
        self.batch.reading
    }

    /// The span at this position as read by this reading, and where it stands.
    #[inline]
    pub(super) fn read_by(&self, reading: u32, at: u32) -> Option<(&SpanRecord, &Batch)> {
        let batch = if self.batch.reading == reading { self.batch } else { self.other.filter(|it| it.reading == reading)? };
        batch.spans.get(at as usize).map(|(_, record)| (record, batch))
    }

    fn positions(&self) -> impl Iterator<Item = u32> {
        self.places.iter().map(|place| place.at())
    }

    fn all_late(&self, late: &mut Vec<u32>) -> Appended {
        late.extend(self.positions());
        Appended { late: self.places.len() as u64, ..Appended::default() }
    }
}

#[derive(Debug, Default)]
pub(super) struct Shard {
    open: HashMap<TraceId, Open, RandomState>,
    due: BTreeMap<u64, Vec<TraceId>>,
    /// Ids closed in the present and in the past half of the time for which they are remembered.
    closed: [HashSet<TraceId, RandomState>; 2],
    turned_ns: u64,
    /// Ids closed since somebody asked, if somebody is going to ask.
    closed_since: Vec<TraceId>,
    /// How many open traces began in which step: the log must be read again from the first of them.
    began: BTreeMap<u64, u32>,
    /// Open traces by the lowest bit of their reading.
    begun: [usize; 2],
    pub(super) watched: Watched,
    /// Bytes held, as counted.
    pub(super) bytes: usize,
}

impl Shard {
    /// Takes spans of a trace that stand in the log at this time. Whether they come too late hangs on that time alone, not on when
    /// somebody looks for traces that are due: so a log that is read again makes the same traces. Positions of those that do are added
    /// to `late`.
    pub(super) fn take(
        &mut self,
        trace: TraceId,
        offered: &Offered<'_>,
        when: When,
        settings: &Settings,
        late: &mut Vec<u32>,
    ) -> Appended {
        let now_ns = when.time_ns;
        let open = match self.open.entry(trace) {
            Entry::Occupied(there) if there.get().is_over(now_ns, settings) => return offered.all_late(late),
            Entry::Occupied(there) => there.into_mut(),
            // What is open is not closed: only the first span of a trace is looked for among the closed ones.
            Entry::Vacant(_) if self.closed.iter().any(|closed| closed.contains(&trace)) => return offered.all_late(late),
            Entry::Vacant(free) => free.insert(Open::default()),
        };
        let fresh = open.spans.is_empty();
        if fresh {
            self.bytes += TRACE_BYTES;
            (open.first_ns, open.received_ns) = (now_ns, when.received_ns);
            open.reading = offered.batch.reading;
            self.begun[open.reading as usize & 1] += 1;
            *self.began.entry(now_ns / STEP_NS).or_default() += 1;
        } else if now_ns < open.first_ns {
            // Of two requests at one time, the later one in the log may have come here first.
            leave(&mut self.began, open.first_ns);
            (open.first_ns, open.received_ns) = (now_ns, when.received_ns);
            *self.began.entry(now_ns / STEP_NS).or_default() += 1;
        }
        let before = (open.entry, open.bytes());
        let taken = open.take(offered, settings, late);
        self.bytes += open.bytes() - before.1;
        if taken.kept > 0 {
            open.last_ns = open.last_ns.max(now_ns);
        }
        if fresh || open.entry != before.0 {
            let due_ns = open.due_ns(settings);
            self.due.entry(due_ns.div_ceil(STEP_NS)).or_default().push(trace);
        }
        taken
    }

    /// Gives away what is due.
    pub(super) fn due(&mut self, now_ns: u64, settings: &Settings, out: &mut Vec<Complete>) {
        self.turn(now_ns, settings);
        let now_step = now_ns / STEP_NS;
        while let Some(first) = self.due.first_entry().filter(|first| *first.key() <= now_step) {
            for trace in first.remove() {
                let Some(open) = self.open.get(&trace) else { continue };
                let due_ns = open.due_ns(settings);
                if due_ns <= now_ns {
                    self.close(trace, settings, out);
                } else {
                    self.due.entry(due_ns.div_ceil(STEP_NS).max(now_step + 1)).or_default().push(trace);
                }
            }
        }
    }

    /// Gives away everything.
    pub(super) fn drain(&mut self, settings: &Settings, out: &mut Vec<Complete>) {
        self.due.clear();
        let traces: Vec<TraceId> = self.open.keys().copied().collect();
        for trace in traces {
            self.close(trace, settings, out);
        }
    }

    fn close(&mut self, trace: TraceId, settings: &Settings, out: &mut Vec<Complete>) {
        let Some(open) = self.open.remove(&trace) else { return };
        self.bytes = self.bytes.saturating_sub(open.bytes() + TRACE_BYTES);
        if self.closed[0].len() >= settings.closed_ids_per_shard() {
            self.forget_older();
        }
        if self.closed[0].insert(trace) {
            self.bytes += CLOSED_BYTES;
        }
        if settings.tell_closed {
            self.closed_since.push(trace);
        }
        leave(&mut self.began, open.first_ns);
        let begun = &mut self.begun[open.reading as usize & 1];
        *begun = begun.saturating_sub(1);
        let Open { spans, extras, received_ns, reading, .. } = open;
        out.push(Complete { trace, spans, extras, received_ns, reading });
    }

    /// Ids closed since this was asked the last time.
    pub(super) fn closed_since(&mut self, out: &mut Vec<TraceId>) {
        out.append(&mut self.closed_since);
    }

    /// A trace that was closed before this table began.
    pub(super) fn remember(&mut self, trace: TraceId, settings: &Settings) {
        if self.closed[0].len() >= settings.closed_ids_per_shard() {
            self.forget_older();
        }
        if self.closed[0].insert(trace) {
            self.bytes += CLOSED_BYTES;
        }
    }

    /// Not after the time of the first span of any open trace.
    pub(super) fn oldest_ns(&self) -> Option<u64> {
        self.began.first_key_value().map(|(step, _)| step * STEP_NS)
    }

    /// Open traces of this reading, if only it and its neighbour have any.
    pub(super) fn begun(&self, reading: u32) -> usize {
        self.begun[reading as usize & 1]
    }

    fn turn(&mut self, now_ns: u64, settings: &Settings) {
        if self.turned_ns == 0 {
            self.turned_ns = now_ns;
        }
        if now_ns.saturating_sub(self.turned_ns) >= settings.remember_ns / 2 {
            self.turned_ns = now_ns;
            self.forget_older();
        }
    }

    fn forget_older(&mut self) {
        self.bytes = self.bytes.saturating_sub(self.closed[1].len() * CLOSED_BYTES);
        self.closed.swap(0, 1);
        self.closed[0] = HashSet::default();
    }
}

/// A trace that began at this time is open no more.
fn leave(began: &mut BTreeMap<u64, u32>, first_ns: u64) {
    if let btree_map::Entry::Occupied(mut many) = began.entry(first_ns / STEP_NS) {
        *many.get_mut() -= 1;
        if *many.get() == 0 {
            many.remove();
        }
    }
}

impl Open {
    /// Takes as many as it may hold.
    fn take(&mut self, offered: &Offered<'_>, settings: &Settings, late: &mut Vec<u32>) -> Appended {
        let mut taken = Appended::default();
        for at in offered.positions() {
            if self.spans.len() >= settings.most_spans_per_trace {
                taken.over_limit += 1;
                continue;
            }
            // Whoever swaps readings sees to it that there is one for every open trace. If not, a span more is worse than a span less.
            let Some((record, batch)) = offered.read_by(self.reading, at) else {
                late.push(at);
                taken.late += 1;
                continue;
            };
            let room = self.spans.capacity();
            if self.spans.len() == room {
                // Doubling fits the size classes of the allocator; large vectors grow in steps, so that none asks for much at once.
                self.spans.reserve_exact(room.clamp(FIRST_SPANS, MOST_GROWTH));
            }
            self.spans.push(*record);
            self.extras.extend(batch.extra(at, record));
            self.entry |= record.is_entry();
            taken.kept += 1;
        }
        taken
    }

    /// Bytes of its spans, as counted.
    fn bytes(&self) -> usize {
        self.spans.capacity() * SPAN_BYTES + self.extras.len() * EXTRA_BYTES
    }

    /// Nothing that comes at this time belongs to it any more. The rest of a request does of which something was taken already: it may
    /// have brought an entry for which the time is over.
    fn is_over(&self, now_ns: u64, settings: &Settings) -> bool {
        self.last_ns < now_ns && self.due_ns(settings) <= now_ns
    }

    fn due_ns(&self, settings: &Settings) -> u64 {
        if self.entry {
            let quiet = self.last_ns.saturating_add(settings.quiet_ns);
            quiet.min(self.first_ns.saturating_add(settings.max_age_ns))
        } else {
            self.first_ns.saturating_add(settings.no_entry_ns)
        }
    }
}
