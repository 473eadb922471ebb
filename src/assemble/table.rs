//! All shards, and the budget.

use super::batch::shard_of;
use super::pace::Pace;
use super::shard::{EXTRA_BYTES, FIRST_SPANS, Offered, SPAN_BYTES, Shard, TRACE_BYTES};
use super::watched::LateSpan;
use super::{Batch, Complete};
use crate::model::TraceId;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// When traces are given away, and what may be held (spec 3.2, 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// An entry has been seen and nothing came for this long, nanoseconds.
    pub quiet_ns: u64,
    /// An entry has been seen and the first span is this old, nanoseconds.
    pub max_age_ns: u64,
    /// No entry has been seen and the first span is this old, nanoseconds.
    pub no_entry_ns: u64,
    /// Ids of closed traces are remembered for at least half of this, nanoseconds, unless there are too many.
    pub remember_ns: u64,
    /// Bytes that open traces and ids of closed ones may take.
    pub budget_bytes: usize,
    /// Further spans of a trace are over the limit.
    pub most_spans_per_trace: usize,
    /// Somebody asks for the ids of closed traces ([`Table::closed_since`]).
    pub tell_closed: bool,
    /// Locks; a power of two.
    pub shards: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            quiet_ns: 7_000_000_000,
            max_age_ns: 30_000_000_000,
            no_entry_ns: 60_000_000_000,
            remember_ns: 1_200_000_000_000,
            budget_bytes: 2 << 30,
            most_spans_per_trace: 100_000,
            tell_closed: false,
            shards: 64,
        }
    }
}

impl Settings {
    /// An eighth of the budget goes to ids of closed traces at most.
    pub(super) fn closed_ids_per_shard(&self) -> usize {
        (self.budget_bytes / 8 / super::shard::CLOSED_BYTES / 2 / self.shards.max(1)).max(16)
    }
}

/// When a request was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// Time of its record in the log, nanoseconds since 1970: by it traces are complete.
    pub time_ns: u64,
    /// By the clock of the machine, nanoseconds since 1970.
    pub received_ns: u64,
}

impl When {
    /// Where the log goes by the clock of the machine.
    pub fn of(now_ns: u64) -> Self {
        Self { time_ns: now_ns, received_ns: now_ns }
    }
}

/// What became of the spans of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// Waiting for the rest of their trace.
    pub kept: u64,
    /// Their trace was given away before.
    pub late: u64,
    /// Their trace holds as many as it may.
    pub over_limit: u64,
}

impl AddAssign for Appended {
    fn add_assign(&mut self, other: Self) {
        self.kept += other.kept;
        self.late += other.late;
        self.over_limit += other.over_limit;
    }
}

/// The budget is used up: nothing of the request was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("open traces use {used_bytes} of {budget_bytes} bytes; try again later")]
pub struct Overloaded {
    /// Bytes in use.
    pub used_bytes: usize,
    /// Bytes allowed.
    pub budget_bytes: usize,
}

/// Bytes set aside for the spans of a request.
#[derive(Debug)]
#[must_use = "what is set aside is given back by appending"]
pub struct Room {
    bytes: usize,
}

/// Open traces.
#[derive(Debug)]
pub struct Table {
    shards: Box<[Mutex<Shard>]>,
    used: AtomicUsize,
    pace: Pace,
    settings: Settings,
}

impl Table {
    /// An empty table.
    pub fn new(mut settings: Settings) -> Self {
        settings.shards = settings.shards.clamp(1, 1 << 16).next_power_of_two();
        let shards = (0..settings.shards).map(|_| Mutex::default()).collect();
        let pace = Pace::new(settings.budget_bytes, settings.quiet_ns);
        Self { shards, used: AtomicUsize::new(0), pace, settings }
    }

    /// Sets room aside for the spans of a request; [`Table::append`] uses it. So the budget holds however many requests come at once.
    /// The last part of it is given out slowly.
    ///
    /// # Errors
    /// [`Overloaded`] if the budget does not allow for them.
    pub fn admit(&self, batch: &Batch, now_ns: u64) -> Result<Room, Overloaded> {
        // At worst every span begins a trace.
        let bytes = batch.len() * (TRACE_BYTES + FIRST_SPANS * SPAN_BYTES) + batch.extras.len() * EXTRA_BYTES;
        let used_bytes = self.used.fetch_add(bytes, Ordering::Relaxed);
        let then = used_bytes.saturating_add(bytes);
        if then > self.settings.budget_bytes || (self.is_last_part(then) && !self.pace.allows(now_ns)) {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Overloaded { used_bytes, budget_bytes: self.settings.budget_bytes });
        }
        Ok(Room { bytes })
    }

    fn is_last_part(&self, used_bytes: usize) -> bool {
        used_bytes > self.settings.budget_bytes - self.pace.bytes()
    }

    /// Room for spans that were taken once already, whatever the budget says: what was acknowledged is not refused.
    pub fn readmit(&self) -> Room {
        Room { bytes: 0 }
    }

    /// Takes the spans of a request for which there is room.
    pub fn append(&self, batch: &mut Batch, room: Room, when: When) -> Appended {
        self.append_read_twice(batch, None, room, when)
    }

    /// The same, with the spans also by another reading, one for one: each goes to its trace as that trace's first span was read. A
    /// trace that begins is of the reading of `batch`.
    pub fn append_read_twice(&self, batch: &mut Batch, other: Option<&Batch>, room: Room, when: When) -> Appended {
        batch.sort_by_trace(self.shards.len());
        let mut late = std::mem::take(&mut batch.late);
        let mut appended = Appended::default();
        let mut grown = 0;
        for (number, of_shard) in batch.by_shard() {
            let mut shard = self.lock(number);
            let before = shard.bytes;
            for (trace, places) in batch.by_trace(of_shard) {
                let offered = Offered { batch, other, places };
                let late_before = late.len();
                appended += shard.take(trace, &offered, when, &self.settings, &mut late);
                for at in &late[late_before..] {
                    shard.watched.came(trace, &offered, *at, when.time_ns);
                }
            }
            self.account(before, shard.bytes);
            grown += shard.bytes.saturating_sub(before);
        }
        batch.late = late;
        if self.is_last_part(self.used_bytes()) {
            self.pace.took(grown);
        }
        self.give_back(room);
        appended
    }

    /// From now on spans that come late in this trace, which was given away, are kept until they are fetched.
    pub fn watch(&self, trace: TraceId, reading: u32) {
        self.lock(self.shard_number(trace)).watched.watch(trace, reading);
    }

    /// Spans that come late in this trace are of no interest any more.
    pub fn unwatch(&self, trace: TraceId) {
        self.lock(self.shard_number(trace)).watched.unwatch(trace);
    }

    /// Whether spans that came late in this trace wait for being fetched.
    pub fn waits(&self, trace: TraceId) -> bool {
        self.lock(self.shard_number(trace)).watched.waits(trace)
    }

    /// Fetches the spans that came late in the watched traces of a shard, in the order in which they came. Among them are spans of any trace
    /// that came after traces of the shard had been given away, and before the first fetching after that: which traces are to be watched is
    /// known only when they have been judged.
    pub fn fetch_late(&self, shard: usize, out: &mut Vec<LateSpan>) {
        self.lock(shard).watched.fetch(out);
    }

    fn shard_number(&self, trace: TraceId) -> usize {
        shard_of(trace, self.shards.len())
    }

    /// Gives back room that is not needed after all.
    pub fn give_back(&self, room: Room) {
        self.used.fetch_sub(room.bytes, Ordering::Relaxed);
    }

    /// How many shards there are.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Open traces of this reading. While another one is in use, their numbers must differ in the lowest bit.
    pub fn begun(&self, reading: u32) -> usize {
        (0..self.shards.len()).map(|shard| self.lock(shard).begun(reading)).sum()
    }

    /// Gives away what is due in a shard.
    pub fn due(&self, shard: usize, now_ns: u64, out: &mut Vec<Complete>) {
        let mut shard = self.lock(shard);
        let before = shard.bytes;
        let given = out.len();
        shard.due(now_ns, &self.settings, out);
        if out.len() > given {
            shard.watched.given_away();
        }
        self.account(before, shard.bytes);
    }

    /// Gives away everything that a shard holds.
    pub fn drain(&self, shard: usize, out: &mut Vec<Complete>) {
        let mut shard = self.lock(shard);
        let before = shard.bytes;
        shard.drain(&self.settings, out);
        self.account(before, shard.bytes);
    }

    /// Ids of traces closed since this was asked the last time; only if [`Settings::tell_closed`].
    pub fn closed_since(&self) -> Vec<TraceId> {
        let mut closed = Vec::new();
        (0..self.shards.len()).for_each(|shard| self.lock(shard).closed_since(&mut closed));
        closed
    }

    /// Traces that were closed before this table began: what comes of them is late.
    pub fn remember(&self, closed: impl IntoIterator<Item = TraceId>) {
        for trace in closed {
            let mut shard = self.lock(self.shard_number(trace));
            let before = shard.bytes;
            shard.remember(trace, &self.settings);
            self.account(before, shard.bytes);
        }
    }

    /// Log time from which on all spans of all open traces came, nanoseconds; `None` if no trace is open. A tenth of a second too
    /// early at most.
    pub fn oldest_ns(&self) -> Option<u64> {
        (0..self.shards.len()).filter_map(|shard| self.lock(shard).oldest_ns()).min()
    }

    /// Bytes held, as counted.
    pub fn used_bytes(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes that may be held.
    pub fn budget_bytes(&self) -> usize {
        self.settings.budget_bytes
    }

    fn account(&self, before: usize, after: usize) {
        if after >= before {
            self.used.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.used.fetch_sub(before - after, Ordering::Relaxed);
        }
    }

    fn lock(&self, shard: usize) -> MutexGuard<'_, Shard> {
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::{ShapeId, SpanExtra, SpanId, SpanRecord};

    const SECOND: u64 = 1_000_000_000;

    fn span(id: u64, entry: bool) -> SpanRecord {
        let flags = if entry { SpanRecord::ENTRY } else { 0 };
        let (id, parent) = (SpanId(id), SpanId::NONE);
        SpanRecord { id, parent, start_ns: 1, end_ns: 2, shape: ShapeId(0), operation: 0, host: 0, flags }
    }

    fn append(table: &Table, trace: u128, record: SpanRecord, now_ns: u64) -> Appended {
        let mut batch = Batch::default();
        batch.push(TraceId(trace), record, None::<SpanExtra>);
        let room = table.admit(&batch, now_ns).unwrap();
        table.append(&mut batch, room, When::of(now_ns))
    }

    fn due(table: &Table, now_ns: u64) -> Vec<Complete> {
        let mut out = Vec::new();
        (0..table.shards()).for_each(|shard| table.due(shard, now_ns, &mut out));
        out
    }

    #[test]
    fn a_trace_is_given_away_when_its_entry_was_seen_and_nothing_came_for_seven_seconds() {
        let table = Table::new(Settings::default());
        append(&table, 1, span(1, true), 100 * SECOND);
        append(&table, 1, span(2, false), 105 * SECOND);
        assert!(due(&table, 111 * SECOND).is_empty());
        assert_eq!(due(&table, 112 * SECOND + SECOND / 5)[0].spans.len(), 2);
        assert_eq!(append(&table, 1, span(3, false), 113 * SECOND).late, 1);
    }

    #[test]
    fn a_trace_that_never_rests_is_given_away_after_thirty_seconds() {
        let table = Table::new(Settings::default());
        (0..31).for_each(|second| {
            append(&table, 1, span(second + 1, second == 3), (100 + second) * SECOND);
        });
        assert_eq!(due(&table, 130 * SECOND + SECOND / 5).len(), 1);
    }

    #[test]
    fn a_trace_without_entry_waits_a_minute() {
        let table = Table::new(Settings::default());
        append(&table, 1, span(1, false), 100 * SECOND);
        assert!(due(&table, 159 * SECOND).is_empty());
        assert_eq!(due(&table, 160 * SECOND + SECOND / 5).len(), 1);
    }

    #[test]
    fn an_entry_that_comes_late_brings_the_deadline_forward() {
        let table = Table::new(Settings::default());
        append(&table, 1, span(1, false), 100 * SECOND);
        append(&table, 1, span(2, true), 110 * SECOND);
        assert_eq!(due(&table, 117 * SECOND + SECOND / 5).len(), 1);
    }

    #[test]
    fn over_the_budget_nothing_is_taken_and_memory_comes_back_when_traces_go() {
        let settings = Settings { budget_bytes: 100_000, ..Settings::default() };
        let table = Table::new(settings);
        let mut refused = 0;
        for trace in 1..=1000_u128 {
            let mut batch = Batch::default();
            batch.push(TraceId(trace), span(1, false), None);
            match table.admit(&batch, SECOND) {
                Ok(room) => assert_eq!(table.append(&mut batch, room, When::of(SECOND)).kept, 1),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 0 && table.used_bytes() <= 100_000);
        assert_eq!(due(&table, 62 * SECOND).len() as u64, 1000 - refused);
        assert_eq!(append(&table, 5000, span(1, false), 62 * SECOND).kept, 1);
    }

    #[test]
    fn a_trace_keeps_to_the_reading_of_its_first_span() {
        let table = Table::new(Settings::default());
        let read_by = |reading: u32, traces: [u128; 2]| {
            let mut batch = Batch::of_reading(reading);
            let spans = traces.iter().map(|trace| (TraceId(*trace), SpanRecord { shape: ShapeId(reading), ..span(1, true) }));
            spans.for_each(|(trace, record)| batch.push(trace, record, None));
            batch
        };
        append(&table, 1, span(1, true), SECOND);
        let (mut batch, other) = (read_by(1, [1, 2]), read_by(0, [1, 2]));
        let room = table.admit(&batch, SECOND).unwrap();
        table.append_read_twice(&mut batch, Some(&other), room, When::of(SECOND));
        assert_eq!((table.begun(0), table.begun(1)), (1, 1));
        let mut given = due(&table, 9 * SECOND);
        given.sort_by_key(|trace| trace.trace);
        let readings = given.iter().map(|trace| (trace.reading, trace.spans.iter().map(|it| it.shape.0).collect::<Vec<_>>()));
        assert_eq!(readings.collect::<Vec<_>>(), [(0, vec![0, 0]), (1, vec![1])]);
        assert_eq!((table.begun(0), table.begun(1)), (0, 0));
    }

    #[test]
    fn late_spans_of_watched_traces_are_kept_from_the_moment_at_which_the_trace_is_given_away() {
        let table = Table::new(Settings { shards: 1, ..Settings::default() });
        let fetched = || {
            let mut out = Vec::new();
            table.fetch_late(0, &mut out);
            out.iter().map(|late| (late.trace.0, late.record.id.0, late.at_ns / SECOND)).collect::<Vec<_>>()
        };
        (1..=2).for_each(|trace| assert_eq!(append(&table, trace, span(1, true), SECOND).kept, 1));
        assert_eq!(due(&table, 9 * SECOND).len(), 2);
        // While it is being judged, nobody knows whether it is to be watched.
        append(&table, 1, span(2, false), 10 * SECOND);
        table.watch(TraceId(1), 0);
        assert_eq!(fetched(), [(1, 2, 10)]);
        append(&table, 1, span(3, false), 11 * SECOND);
        append(&table, 2, span(3, false), 11 * SECOND);
        assert!(table.waits(TraceId(1)) && !table.waits(TraceId(2)));
        assert_eq!((fetched(), fetched()), (vec![(1, 3, 11)], vec![]));
        (0..5000).for_each(|id| assert_eq!(append(&table, 1, span(id + 1, false), 12 * SECOND).late, 1));
        assert_eq!(fetched().len(), 1024);
        table.unwatch(TraceId(1));
        append(&table, 1, span(4, false), 13 * SECOND);
        assert!(fetched().is_empty());
    }

    #[test]
    fn spans_over_the_limit_of_a_trace_are_told_apart() {
        let table = Table::new(Settings { most_spans_per_trace: 2, ..Settings::default() });
        let told: Vec<Appended> = (1..=3).map(|id| append(&table, 1, span(id, false), SECOND)).collect();
        assert_eq!((told[1].kept, told[2].over_limit), (1, 1));
    }

    #[test]
    fn whether_a_span_is_late_is_told_by_its_own_time_and_not_by_who_looks() {
        let table = Table::new(Settings::default());
        append(&table, 1, span(1, true), 100 * SECOND);
        assert_eq!(append(&table, 1, span(2, false), 107 * SECOND).late, 1);
        let given = due(&table, 200 * SECOND);
        assert_eq!((given.len(), given[0].spans.len()), (1, 1));
    }

    #[test]
    fn an_entry_that_comes_after_the_time_for_it_brings_the_rest_of_its_request() {
        let table = Table::new(Settings::default());
        append(&table, 1, span(1, false), 100 * SECOND);
        let mut batch = Batch::default();
        (2..5).for_each(|id| batch.push(TraceId(1), span(id, id == 2), None::<SpanExtra>));
        let room = table.admit(&batch, 150 * SECOND).unwrap();
        assert_eq!(table.append(&mut batch, room, When::of(150 * SECOND)).kept, 3);
        assert_eq!(append(&table, 1, span(9, false), 151 * SECOND).late, 1);
    }

    #[test]
    fn of_requests_that_overtake_each_other_the_earlier_in_the_log_says_when_a_trace_began() {
        let table = Table::new(Settings::default());
        append(&table, 1, span(1, false), 105 * SECOND);
        append(&table, 1, span(2, false), 103 * SECOND);
        append(&table, 2, span(2, true), 104 * SECOND);
        assert_eq!(table.oldest_ns(), Some(103 * SECOND));
        assert_eq!(due(&table, 120 * SECOND).len(), 1);
        assert_eq!(table.oldest_ns(), Some(103 * SECOND));
        assert_eq!(due(&table, 165 * SECOND)[0].received_ns, 103 * SECOND);
        assert_eq!(table.oldest_ns(), None);
    }

    #[test]
    fn what_comes_of_a_trace_that_was_closed_before_the_table_began_is_late() {
        let table = Table::new(Settings::default());
        table.remember([TraceId(1)]);
        assert_eq!(append(&table, 1, span(1, true), 100 * SECOND).late, 1);
        assert_eq!(append(&table, 2, span(1, true), 100 * SECOND).kept, 1);
    }
}
