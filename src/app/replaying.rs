//! What an earlier server has left in the journal is taken again, as it was taken then.
//!
//! Time is that of the records: so the same traces are closed as would have been. What a commit holds already is passed over: spans of
//! closed traces, and everything but open spans in the books, as far as the commit reaches. What came after it is taken as if it came
//! now.

use super::judging::Bench;
use super::pipeline::{Pipeline, Worker};
use super::source::Behind;
use crate::assemble::When;
use crate::journal::{Format, Record, Replayed};
use crate::model::{Fate, Fates};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Traces are looked through when so much of the records' time has passed.
const LOOK_EVERY_NS: u64 = 100_000_000;
/// What was read is kept this often, so that another crash does not begin from the beginning.
const KEEP_EVERY_NS: u64 = 5_000_000_000;
/// Senders that were turned away are waited for so long at most.
const LONGEST_HOLD_NS: u64 = 30_000_000_000;

/// How far it is.
#[derive(Debug, Default)]
pub(super) struct Rereading {
    done: AtomicU64,
    of: AtomicU64,
}

impl Rereading {
    /// For people.
    pub(super) fn told(&self) -> String {
        let mib = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed) >> 20;
        format!("it has read {} of {} MiB of its journal again", mib(&self.done), mib(&self.of))
    }
}

/// What one replay needs.
struct Replay<'a> {
    pipeline: &'a Pipeline,
    behind: &'a Behind,
    bench: Bench,
    looked_ns: u64,
    kept_ns: u64,
    /// Of the first record: how far the machine's clock was before the log's.
    ahead_ns: Option<u64>,
    /// The same of the last one, and when it was received.
    last: (u64, u64),
    unreadable: u64,
}

impl Pipeline {
    /// Takes everything again that no commit holds. `clock` is the machine's. Stops early, and leaves all as it was, when it is told to.
    pub(super) fn replay(&self, behind: &Behind, stop: &AtomicBool, progress: &Rereading, clock: fn() -> u64) -> Replayed {
        let Some(journal) = self.source.journal() else { return Replayed::default() };
        let bench = Bench::new(crate::judge::PathMode::Default);
        let (looked_ns, kept_ns) = (0, clock());
        let (ahead_ns, last) = (None, (0, 0));
        let mut replay = Replay { pipeline: self, behind, bench, looked_ns, kept_ns, ahead_ns, last, unreadable: 0 };
        let replayed = journal.replay(behind.resume_offset, &mut |record| {
            progress.done.store(record.bytes_done, Ordering::Relaxed);
            progress.of.store(record.bytes_of, Ordering::Relaxed);
            if stop.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            replay.take(&record);
            replay.keep(&record, clock());
            ControlFlow::Continue(())
        });
        if replay.unreadable > 0 {
            tracing::error!("{} messages of the journal were acknowledged, and cannot be read any more", replay.unreadable);
        }
        if !replayed.stopped {
            self.source.read_to(None);
            if self.table.oldest_ns().is_some() {
                journal.hold(replay.hold_ns(clock()));
            }
        }
        replayed
    }
}

impl Replay<'_> {
    fn take(&mut self, record: &Record<'_>) {
        let time_ns = record.position.time_ns;
        if time_ns >= self.looked_ns.saturating_add(LOOK_EVERY_NS) {
            self.looked_ns = time_ns;
            (0..self.pipeline.table.shards()).for_each(|shard| {
                self.pipeline.judge_due(shard, time_ns, &mut self.bench);
            });
        }
        let received_ns = record.position.received_ns;
        let ahead_ns = received_ns.saturating_sub(time_ns);
        self.ahead_ns.get_or_insert(ahead_ns);
        self.last = (ahead_ns, received_ns);
        let mut worker = self.pipeline.worker();
        if !self.pipeline.take_again(&mut worker, record, self.behind) {
            self.unreadable += 1;
        }
        self.pipeline.give_back(worker);
    }

    /// Senders that were turned away come back within about as long as they were, or as they wait anyway. A server that ends again and
    /// again would never close a trace so: a trace is held up for so long in all at most.
    fn hold_ns(&self, now_ns: u64) -> u64 {
        let (ahead_ns, received_ns) = self.last;
        let quiet_ns = u64::try_from(self.pipeline.limits.quiet.as_nanos()).unwrap_or(u64::MAX);
        let held_ns = ahead_ns.saturating_sub(self.ahead_ns.unwrap_or(ahead_ns));
        now_ns.saturating_sub(received_ns).max(quiet_ns).min(LONGEST_HOLD_NS.saturating_sub(held_ns))
    }

    fn keep(&mut self, record: &Record<'_>, now_ns: u64) {
        self.pipeline.source.read_to(Some((record.position.offset + 1, record.position.time_ns)));
        if now_ns.saturating_sub(self.kept_ns) < KEEP_EVERY_NS {
            return;
        }
        self.kept_ns = now_ns;
        if let Err(error) = self.pipeline.keep_closed(now_ns) {
            tracing::error!("what was read again could not be kept, and stays in memory: {error}");
        }
    }
}

impl Pipeline {
    /// Whether it could be read.
    fn take_again(&self, worker: &mut Worker, record: &Record<'_>, behind: &Behind) -> bool {
        let (staged, read) = match record.format {
            Format::Protobuf => self.stage_protobuf(worker, record.message),
            Format::Json => self.stage_json(worker, record.message),
        };
        let booked = record.position.offset < behind.booked;
        if read.is_err() {
            self.drop_malformed(worker, &staged);
            return false;
        }
        if booked {
            worker.retain(|trace| !behind.closed.contains(&trace));
        }
        let when = When { time_ns: record.position.time_ns, received_ns: record.position.received_ns };
        let appended = self.hand_over(worker, self.table.readmit(), when);
        let mut fates = Fates::default();
        fates[Fate::InFlight] = appended.kept;
        if !booked {
            self.count_late(worker, &appended, when);
            fates[Fate::Malformed] = staged.rejected;
            fates[Fate::Late] = appended.late;
            fates[Fate::OverLimit] = appended.over_limit;
        }
        worker.clear();
        self.ledger.received(&fates);
        true
    }
}
