//! Where messages come from, and how far they were worked off.

use super::Error;
use crate::assemble::Table;
use crate::journal::{Found, Journal, Log, Opening, PassThrough, Progress};
use crate::model::TraceId;
use crate::store::Store;
use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The folder of the journal, in that of the store.
const FOLDER: &str = "journal";

/// A disk that takes nothing holds time up for so long in all.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// The log of a server.
pub(super) struct Source {
    log: Arc<dyn Log>,
    /// The same log, if what it takes in can be read again after a crash.
    journal: Option<Arc<Journal>>,
    /// Since when the disk takes nothing, by the clock of the machine; 0: it does.
    refusing_since_ns: AtomicU64,
    work: Mutex<Work>,
}

/// How far it was worked off.
#[derive(Debug, Default)]
struct Work {
    /// Counts the servers that have worked off this log.
    epoch: u64,
    /// What is in the books of messages before this offset was there when this server began.
    booked: u64,
    /// While the log is read again: the first offset that was not read yet, and the time of the record before it.
    read_to: Option<(u64, u64)>,
    /// Traces closed and not in a commit yet.
    closed: Vec<TraceId>,
    /// Of the last commit.
    resume_offset: u64,
}

/// What an earlier server has left to do.
#[derive(Debug, Default)]
pub(super) struct Behind {
    /// Where to read from.
    pub(super) resume_offset: u64,
    /// What was open in messages before this offset was in flight, all else in them is in the books.
    pub(super) booked: u64,
    /// Traces that are counted: what stands of them before `booked` is not to be taken again.
    pub(super) closed: HashSet<TraceId, RandomState>,
    /// What the journal has told when it was opened.
    pub(super) found: Found,
}

impl Source {
    /// Nothing is kept.
    pub(super) fn passing(log: PassThrough) -> Self {
        Self { log: Arc::new(log), journal: None, refusing_since_ns: AtomicU64::new(0), work: Mutex::default() }
    }

    /// The journal beside a store, as it was left.
    ///
    /// # Errors
    /// It cannot be opened, or the store cannot be read.
    pub(super) fn beside(store: &Store, folder: &Path, opening: Opening) -> Result<(Self, Behind), Error> {
        let progress = store.progress().map_err(|error| Error(error.to_string()))?.into_iter().find(|one| one.partition == 0);
        let progress = progress.unwrap_or_default();
        let opening = Opening { at_least: progress.next_offset, time_at_least_ns: progress.time_ns, ..opening };
        let opened = Journal::open(&folder.join(FOLDER), opening);
        let (journal, found) = opened.map_err(|error| Error(error.to_string()))?;
        Ok(Self::of(Arc::new(journal), found, progress))
    }

    /// This journal, worked off as far as this.
    pub(super) fn of(journal: Arc<Journal>, found: Found, progress: Progress) -> (Self, Behind) {
        let Progress { epoch, resume_offset, next_offset: booked, time_ns, closed, .. } = progress;
        let work = Work { epoch: epoch + 1, booked, read_to: Some((resume_offset, time_ns)), closed: Vec::new(), resume_offset };
        let source =
            Self { log: journal.clone(), journal: Some(journal), refusing_since_ns: AtomicU64::new(0), work: Mutex::new(work) };
        (source, Behind { resume_offset, booked, closed: closed.into_iter().collect(), found })
    }

    /// The log.
    pub(super) fn log(&self) -> &dyn Log {
        &*self.log
    }

    /// The log, if what comes in can be read again.
    pub(super) fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// The disk could not take a message. While it takes none, no trace is complete for that its spans stay away: they were turned away,
    /// and come again. But room of the journal's own comes back only as traces are complete, so time goes on where that is used up.
    pub(super) fn refused(&self, error: &io::Error, quiet: Duration, now_ns: u64) {
        let Some(journal) = &self.journal else { return };
        if matches!(error.kind(), io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge) {
            return;
        }
        let since = self.refusing_since_ns.compare_exchange(0, now_ns, Ordering::Relaxed, Ordering::Relaxed);
        let lasting = Duration::from_nanos(now_ns.saturating_sub(since.map_or_else(|since| since, |_| now_ns)));
        let hold = quiet.min(LONGEST_HOLD.saturating_sub(lasting));
        journal.hold(u64::try_from(hold.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The disk has taken a message.
    pub(super) fn taken(&self) {
        if self.refusing_since_ns.load(Ordering::Relaxed) > 0 {
            self.refusing_since_ns.store(0, Ordering::Relaxed);
        }
    }

    /// How far the log is worked off now. Nobody may be moving spans meanwhile.
    pub(super) fn progress(&self, table: &Table, now_ns: u64) -> Vec<Progress> {
        if self.journal.is_none() {
            return Vec::new();
        }
        let mut work = self.lock();
        work.closed.append(&mut table.closed_since());
        // The log's clock must not begin to run before all is read again.
        let (applied, time_ns) = work.read_to.unwrap_or_else(|| (self.log.next_offset(), self.log.time_ns(now_ns)));
        let resume_offset = table.oldest_ns().map_or(applied, |oldest_ns| self.log.offset_at(oldest_ns).min(applied));
        let closed = std::mem::take(&mut work.closed);
        vec![Progress { partition: 0, epoch: work.epoch, resume_offset, next_offset: applied.max(work.booked), time_ns, closed }]
    }

    /// Makes safe what the log holds, as far as that was asked for.
    pub(super) fn sync(&self) -> Result<(), String> {
        let synced = self.journal.as_ref().map_or(Ok(()), |journal| journal.sync());
        synced.map_err(|error| error.to_string())
    }

    /// The log was read again up to this offset, and the record before it has this time; `None`: to its end.
    pub(super) fn read_to(&self, place: Option<(u64, u64)>) {
        self.lock().read_to = place;
    }

    /// This progress is in the store.
    pub(super) fn kept(&self, progress: &[Progress]) {
        for one in progress {
            self.lock().resume_offset = one.resume_offset;
            if let Err(error) = self.log.release(one.resume_offset) {
                tracing::warn!("what the journal does not need any more could not be removed: {error}");
            }
        }
    }

    /// About the journal, if there is one.
    pub(super) fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        let Some(journal) = &self.journal else { return Vec::new() };
        let behind = journal.next_offset().saturating_sub(self.lock().resume_offset);
        vec![
            ("journal_bytes", "Bytes of the journal's files, with those that are kept for use again.", journal.bytes() as f64),
            ("journal_bytes_limit", "Bytes that they may have.", journal.most_bytes() as f64),
            ("journal_unfinished_messages", "Messages that would be read again after a crash.", behind as f64),
        ]
    }

    /// It could not be put there.
    pub(super) fn not_kept(&self, progress: Vec<Progress>) {
        let mut work = self.lock();
        progress.into_iter().for_each(|mut one| work.closed.append(&mut one.closed));
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
