//! The journal on a disk of this machine.

use super::disk::Disk;
use super::opening::{self, Found, Opening};
use super::replaying::{Record, Replayed};
use super::state::Inner;
use super::{Durability, Format, Log, OpenError, Position};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A journal that is open. One partition, 0. Closing it (dropping it) syncs under [`Durability::Fsync`].
#[derive(Debug)]
pub struct Journal {
    inner: Arc<Inner>,
    syncer: Option<JoinHandle<()>>,
}

impl Journal {
    /// Opens the journal in this folder, and makes the folder if it is not there. Takes no longer for a large one.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(folder: &Path, opening: Opening) -> Result<(Self, Found), OpenError> {
        Self::open_on(Arc::new(opening::open_folder(folder)?), opening)
    }

    /// Opens the journal on this disk.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_on(disk: Arc<dyn Disk>, opening: Opening) -> Result<(Self, Found), OpenError> {
        let (inner, found) = opening::open(disk, opening)?;
        let inner = Arc::new(inner);
        let syncer = match opening.durability {
            Durability::Fsync => Some(spawn(&inner).map_err(|error| OpenError::of_folder(inner.disk.folder(), &error))?),
            Durability::Os | Durability::None => None,
        };
        Ok((Self { inner, syncer }, found))
    }

    /// The log's clock stands still for this long: senders that were turned away come back in that time.
    pub fn hold(&self, hold_ns: u64) {
        self.inner.clock.hold(hold_ns);
    }

    /// For how much longer the log's clock stands still, nanoseconds.
    #[cfg(test)]
    pub fn held_ns(&self) -> u64 {
        self.inner.clock.held_ns()
    }

    /// Whether this message, which was appended, is kept as well as was asked for.
    pub fn synced(&self, offset: u64) -> bool {
        match self.inner.durability {
            Durability::Fsync => offset < self.inner.synced.borrow().next,
            Durability::Os | Durability::None => true,
        }
    }

    /// Waits until this message, which was appended, is kept as well as was asked for. Many wait for the same sync.
    ///
    /// # Errors
    /// A sync has failed. Nothing more can be appended then.
    pub fn when_synced(&self, offset: u64) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let waits = self.inner.durability == Durability::Fsync;
        let mut synced = self.inner.synced.subscribe();
        async move {
            if !waits {
                return Ok(());
            }
            let known = synced.wait_for(|synced| synced.of(offset).is_some()).await;
            let known = known.ok().and_then(|synced| synced.of(offset));
            known.unwrap_or_else(|| Err(io::Error::other("the journal was closed before the message was synced")))
        }
    }

    /// Makes durable what is written now; blocks. To be called before a commit to the store under [`Durability::Fsync`], so that no
    /// commit knows of messages that the journal loses. Under the others there is nothing to do.
    ///
    /// # Errors
    /// The disk could not write it. Nothing more can be appended then.
    pub fn sync(&self) -> io::Result<()> {
        self.inner.sync()
    }

    /// Reads all messages from this offset on that were there when it was called, in order. What is damaged is left out and told in
    /// the result. Holds no more than one message in memory. While it runs, nothing may be released that it has not read yet.
    pub fn replay(&self, from_offset: u64, visitor: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>) -> Replayed {
        self.inner.replay(from_offset, visitor)
    }

    /// Why nothing can be appended any more, whatever is done: what a failed sync has dropped cannot be trusted.
    pub fn broken(&self) -> Option<String> {
        self.inner.synced.borrow().broken.as_ref().map(ToString::to_string)
    }

    /// Bytes that all its files may have.
    pub fn most_bytes(&self) -> u64 {
        self.inner.most_bytes
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.inner.lock().held
    }
}

impl Log for Journal {
    fn append(&self, format: Format, message: &[u8], now_ns: u64) -> io::Result<Position> {
        self.inner.append(format, message, now_ns)
    }

    fn time_ns(&self, now_ns: u64) -> u64 {
        self.inner.clock.read(now_ns)
    }

    fn next_offset(&self) -> u64 {
        self.inner.lock().next
    }

    fn offset_at(&self, time_ns: u64) -> u64 {
        let state = self.inner.lock();
        let kept = state.sealed.front().or(state.active.as_ref().map(|active| &active.segment));
        let first = kept.map_or(state.next, |segment| segment.first).max(state.released);
        state.index.offset_at(time_ns, first).unwrap_or(state.next)
    }

    fn release(&self, resume_offset: u64) -> io::Result<()> {
        self.inner.release(resume_offset)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.inner.lock().stopping = true;
        self.inner.written.notify_all();
        if let Some(syncer) = self.syncer.take() {
            // It has told already if it could not sync.
            let _ = syncer.join();
        }
    }
}

fn spawn(inner: &Arc<Inner>) -> io::Result<JoinHandle<()>> {
    let inner = inner.clone();
    std::thread::Builder::new().name("journal-sync".into()).spawn(move || inner.keep_synced())
}
