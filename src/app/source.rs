//! Where messages come from, and how far they were worked off.

use crate::assemble::Table;
use crate::journal::{Log, PassThrough, Progress};
use crate::model::TraceId;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The log of a server.
pub(super) struct Source {
    log: Box<dyn Log>,
    /// What it takes in can be read again after a crash.
    keeps: bool,
    work: Mutex<Work>,
}

/// How far it was worked off.
#[derive(Debug, Default)]
struct Work {
    /// Counts the servers that have worked off this log.
    epoch: u64,
    /// Nothing before this offset must be counted in the books again.
    booked: u64,
    /// While the log is read again: the first offset that was not read yet.
    read_to: Option<u64>,
    /// Traces closed and not in a commit yet.
    closed: Vec<TraceId>,
}

impl Source {
    /// Nothing is kept.
    pub(super) fn passing() -> Self {
        Self { log: Box::new(PassThrough::default()), keeps: false, work: Mutex::default() }
    }

    /// The log.
    pub(super) fn log(&self) -> &dyn Log {
        &*self.log
    }

    /// Whether what comes in can be read again.
    pub(super) fn keeps(&self) -> bool {
        self.keeps
    }

    /// How far the log is worked off now. Nobody may be moving spans meanwhile.
    pub(super) fn progress(&self, table: &Table, now_ns: u64) -> Vec<Progress> {
        if !self.keeps {
            return Vec::new();
        }
        let mut work = self.lock();
        work.closed.append(&mut table.closed_since());
        let applied = work.read_to.unwrap_or_else(|| self.log.next_offset());
        let resume_offset = table.oldest_ns().map_or(applied, |oldest_ns| self.log.offset_at(oldest_ns).min(applied));
        let (time_ns, closed) = (self.log.time_ns(now_ns), std::mem::take(&mut work.closed));
        vec![Progress { partition: 0, epoch: work.epoch, resume_offset, next_offset: applied.max(work.booked), time_ns, closed }]
    }

    /// This progress is in the store.
    pub(super) fn kept(&self, progress: &[Progress]) {
        for one in progress {
            if let Err(error) = self.log.release(one.resume_offset) {
                tracing::warn!("what the journal does not need any more could not be removed: {error}");
            }
        }
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
