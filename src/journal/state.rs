//! What an open journal knows, and the writing of it.

use super::Format;
use super::clock::LogClock;
use super::disk::{Disk, SegmentFile};
use super::index::Index;
use super::layout::{self, RECORD_HEADER, RecordHeader, SEGMENT_HEADER};
use super::syncing::Synced;
use super::{Durability, Position};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Files kept for being overwritten, at least. A page that is in memory already costs half of a new one, and a third of a new one that
/// is removed afterwards.
pub(super) const FEWEST_SPARES: usize = 4;

/// A file of records, by name; only the newest is open.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) first: u64,
    pub(super) name: String,
    /// Of the file, records or not.
    pub(super) bytes: u64,
}

/// A file that holds nothing that is needed.
#[derive(Debug)]
pub(super) struct Spare {
    pub(super) name: String,
    pub(super) bytes: u64,
}

/// The segment that is written.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) segment: Segment,
    pub(super) file: Arc<dyn SegmentFile>,
    pub(super) mark: u32,
    /// Where the next record goes.
    pub(super) at: u64,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) active: Option<Active>,
    /// Before the active one, in order.
    pub(super) sealed: VecDeque<Segment>,
    pub(super) spares: Vec<Spare>,
    /// Released, but not yet removed.
    pub(super) leaving: Vec<Segment>,
    pub(super) next: u64,
    /// Time of the last message, by the log's clock.
    pub(super) time_ns: u64,
    /// Messages before this offset are not needed.
    pub(super) released: u64,
    /// Bytes of all files.
    pub(super) held: u64,
    pub(super) index: Index,
    pub(super) next_spare: u64,
    /// Segments begun since the last release.
    pub(super) begun: usize,
    /// How many files were needed at one time, of late; in parts of a file (`releasing`).
    pub(super) needed: usize,
    /// Sealed since the last sync.
    pub(super) unsynced: Vec<Arc<dyn SegmentFile>>,
    /// A segment got its name since the last sync.
    pub(super) names_unsynced: bool,
    /// Why nothing can be written any more.
    pub(super) broken: Option<String>,
    pub(super) stopping: bool,
}

/// What the journal and its syncer share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) durability: Durability,
    pub(super) most_bytes: u64,
    pub(super) segment_bytes: u64,
    pub(super) clock: LogClock,
    pub(super) state: Mutex<State>,
    /// Something was written, or the journal is closed.
    pub(super) written: Condvar,
    /// One sync at a time.
    pub(super) syncing: Mutex<()>,
    /// One release at a time.
    pub(super) releasing: Mutex<()>,
    pub(super) synced: watch::Sender<Synced>,
}

impl Inner {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of the disk, with what it is about.
    pub(super) fn failed(&self, what: &str, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("the journal '{}' {what}: {error}", self.disk.folder().display()))
    }

    pub(super) fn append(&self, format: Format, message: &[u8], now_ns: u64) -> io::Result<Position> {
        let length = u32::try_from(message.len()).map_err(|_| self.too_large(message.len() as u64))?;
        let sum = crc32fast::hash(message);
        let mut state = self.lock();
        if let Some(why) = &state.broken {
            return Err(io::Error::other(why.clone()));
        }
        let bytes = RECORD_HEADER as u64 + u64::from(length);
        let has_room = state.active.as_ref().is_some_and(|active| active.segment.bytes - active.at >= bytes);
        if !has_room {
            self.begin_segment(&mut state, SEGMENT_HEADER + bytes)?;
        }
        // The clock may stand still; that one message came after another must still be seen.
        let (offset, time_ns) = (state.next, self.clock.read(now_ns).max(state.time_ns.saturating_add(1)));
        let Some(active) = state.active.as_mut() else { return Err(io::Error::other("no segment was begun")) };
        let header = RecordHeader { length, format, offset, time_ns, received_ns: now_ns, sum }.encode(active.mark);
        active.file.write_at([&header, message], active.at).map_err(|error| self.failed("cannot be written", &error))?;
        active.at += bytes;
        state.next += 1;
        state.time_ns = time_ns;
        state.index.note(time_ns, offset);
        drop(state);
        if self.durability == Durability::Fsync {
            self.written.notify_one();
        }
        Ok(Position { partition: 0, offset, time_ns, received_ns: now_ns })
    }

    /// Makes a segment with at least this many bytes the active one. If that fails, the old one still is.
    fn begin_segment(&self, state: &mut State, needed: u64) -> io::Result<()> {
        let name = layout::segment_name(state.next);
        let (file, bytes) = self.file_for(state, &name, needed)?;
        let mark = layout::new_mark();
        let begun = file.write_at([&layout::segment_header(state.next, mark), &[]], 0);
        if let Err(error) = begun {
            state.spares.push(Spare { name, bytes });
            return Err(self.failed("cannot be written", &error));
        }
        state.names_unsynced = true;
        state.begun += 1;
        let segment = Segment { first: state.next, name, bytes };
        let before = state.active.replace(Active { segment, file, mark, at: SEGMENT_HEADER });
        if let Some(before) = before {
            if self.durability == Durability::Fsync {
                state.unsynced.push(before.file);
            }
            state.sealed.push_back(before.segment);
        }
        Ok(())
    }

    /// A file under this name with at least so many bytes: one that is there, or a new one.
    fn file_for(&self, state: &mut State, name: &str, needed: u64) -> io::Result<(Arc<dyn SegmentFile>, u64)> {
        loop {
            if let Some(place) = state.spares.iter().rposition(|spare| spare.bytes >= needed) {
                match self.recycle(state, place, name) {
                    // Somebody else has removed it.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        state.held -= state.spares.swap_remove(place).bytes;
                        continue;
                    }
                    other => return other,
                }
            }
            let wanted = needed.max(self.segment_bytes);
            let room = self.most_bytes.saturating_sub(state.held);
            if wanted <= room || needed <= room && state.spares.is_empty() {
                return self.make(state, name, wanted.min(room));
            }
            self.make_room(state, needed)?;
        }
    }

    fn recycle(&self, state: &mut State, place: usize, name: &str) -> io::Result<(Arc<dyn SegmentFile>, u64)> {
        let failed = |error: io::Error| self.failed("cannot be written", &error);
        let spare = &mut state.spares[place];
        if spare.name != name {
            self.disk.rename(&spare.name, name).map_err(failed)?;
            name.clone_into(&mut spare.name);
        }
        let file = self.disk.open(name).map_err(failed)?;
        Ok((file, state.spares.swap_remove(place).bytes))
    }

    fn make(&self, state: &mut State, name: &str, bytes: u64) -> io::Result<(Arc<dyn SegmentFile>, u64)> {
        let file = self.disk.create(name, bytes).map_err(|error| self.failed("cannot be written", &error))?;
        state.held += bytes;
        Ok((file, bytes))
    }

    /// Gives up something that takes room: a spare that is too small, or the active segment if all in it was released.
    fn make_room(&self, state: &mut State, needed: u64) -> io::Result<()> {
        if let Some(spare) = state.spares.last() {
            self.disk.remove(&spare.name).map_err(|error| self.failed("cannot be written", &error))?;
            state.held -= spare.bytes;
            state.spares.pop();
            return Ok(());
        }
        if state.released >= state.next
            && let Some(done) = state.active.take()
        {
            if self.durability == Durability::Fsync {
                state.unsynced.push(done.file);
            }
            state.spares.push(Spare { name: done.segment.name, bytes: done.segment.bytes });
            return Ok(());
        }
        Err(if needed > self.most_bytes { self.too_large(needed) } else { self.full(state.held) })
    }

    fn full(&self, held: u64) -> io::Error {
        let text = format!(
            "the journal holds {held} bytes of {}, which is its limit (--journal-bytes); it empties as traces are judged and kept: \
             send again later, or allow more",
            self.most_bytes
        );
        io::Error::new(io::ErrorKind::QuotaExceeded, text)
    }

    fn too_large(&self, needed: u64) -> io::Error {
        let most = self.most_bytes.min(u64::from(u32::MAX));
        let text =
            format!("a message of {needed} bytes does not fit into the journal, which holds {most} bytes (--journal-bytes)");
        io::Error::new(io::ErrorKind::FileTooLarge, text)
    }
}
