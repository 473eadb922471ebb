//! Group commit: one sync makes everything durable that was written before it began, whoever waits for it.

use super::state::{Inner, State};
use super::{Durability, disk::SegmentFile};
use std::io;
use std::sync::{Arc, PoisonError};

/// How far the disk has everything.
#[derive(Debug, Clone, Default)]
pub(super) struct Synced {
    /// Messages before this offset survive a power cut.
    pub(super) next: u64,
    /// A sync has failed.
    pub(super) broken: Option<String>,
}

impl Synced {
    /// What there is to say to who waits for this message.
    pub(super) fn of(&self, offset: u64) -> Option<io::Result<()>> {
        if self.next > offset {
            return Some(Ok(()));
        }
        self.broken.as_ref().map(|why| Err(io::Error::other(why.clone())))
    }
}

/// What a sync has to do.
struct Round {
    next: u64,
    files: Vec<Arc<dyn SegmentFile>>,
    names: bool,
}

impl Inner {
    /// Makes durable what is written now, together with everybody else who wants that.
    pub(super) fn sync(&self) -> io::Result<()> {
        if self.durability != Durability::Fsync {
            return Ok(());
        }
        let written = self.lock().next;
        let _one = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.synced.borrow().clone();
        if let Some(why) = done.broken {
            return Err(io::Error::other(why));
        }
        if done.next >= written {
            return Ok(());
        }
        let round = self.lock().round();
        let outcome = self.run(&round);
        let broken = outcome.err().map(|error| {
            let why = "could not be synced, and what it holds cannot be relied on any more; look at the disk, then start again";
            self.failed(why, &error).to_string()
        });
        if broken.is_some() {
            self.lock().broken.clone_from(&broken);
        }
        self.synced.send_modify(|synced| match &broken {
            None => synced.next = round.next,
            Some(_) => synced.broken.clone_from(&broken),
        });
        broken.map_or(Ok(()), |why| Err(io::Error::other(why)))
    }

    fn run(&self, round: &Round) -> io::Result<()> {
        round.files.iter().try_for_each(|file| file.sync_data())?;
        if round.names { self.disk.sync_folder() } else { Ok(()) }
    }

    /// Syncs whenever something was written, until the journal is closed and all is synced.
    pub(super) fn keep_synced(&self) {
        loop {
            let mut state = self.lock();
            loop {
                let done = self.synced.borrow().clone();
                if done.broken.is_some() || state.stopping && state.next <= done.next {
                    return;
                }
                if state.next > done.next {
                    break;
                }
                state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            if let Err(error) = self.sync() {
                tracing::error!("{error}");
                return;
            }
        }
    }
}

impl State {
    fn round(&mut self) -> Round {
        let mut files = std::mem::take(&mut self.unsynced);
        files.extend(self.active.as_ref().map(|active| active.file.clone()));
        Round { next: self.next, files, names: std::mem::take(&mut self.names_unsynced) }
    }
}
