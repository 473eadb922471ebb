//! The source as a partitioned log: a message has a position before anybody looks at it.
//!
//! Spec 3.3 makes counts exact through crashes by one rule: the windows, the offset from which to read again, and the traces closed
//! already are committed together. That asks for a source with positions. Two logs stand behind the same trait: [`PassThrough`] keeps
//! nothing, and what was not committed is gone with the process; a [`Journal`] on disk keeps each message until a commit says that it
//! is not needed any more. A partition of Kafka has the same shape.
//!
//! **Files.** A journal is a folder of segments, each named after its first offset. Writing over pages that are in memory costs half
//! of making a file longer, or less, so a segment that was released is renamed and written over. What it held before stays behind the
//! end, and must never be read: a mark in each record tells whose it is (`layout`). Records are written at a place, never appended:
//! after a write that failed halfway the next one begins at the same place.
//!
//! **Damage.** A record has a checksum of the message and one of its own header, so that a flipped bit costs one message, is told, and
//! all others are read.
//!
//! **Road not taken.** Messages are not compressed: that would cost more than all the rest of the work on a span. There is no
//! table of contents on disk: names give the segments, and the last one is scanned.

mod clock;
mod damage;
mod disk;
mod error;
mod index;
mod layout;
mod local;
mod opening;
mod reader;
mod releasing;
mod replaying;
pub mod simulated;
mod state;
mod syncing;
#[cfg(test)]
mod tests;

pub use clock::LogClock;
pub use damage::{Damage, DamageKind, Damages};
pub use disk::{Disk, Folder, SegmentFile};
pub use error::OpenError;
pub use local::Journal;
pub use opening::{Found, Opening};
pub use replaying::{Record, Replayed};

use crate::model::TraceId;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a message stands in its source, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which part of the log.
    pub partition: u32,
    /// Which message in it, counted from 0.
    pub offset: u64,
    /// By the log's own clock, nanoseconds since 1970: the time by which traces are complete. Always later than that of the message
    /// before. It stands still while nobody could take anything in, so that no trace is over because a server was away.
    pub time_ns: u64,
    /// When it was received, by the clock of the machine, nanoseconds since 1970: says in which window an execution counts whose own
    /// clock cannot be right.
    pub received_ns: u64,
}

/// How far a partition has been worked off; committed with the windows that came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Which part of the log.
    pub partition: u32,
    /// Counts owners of the partition: who has an older one than the last commit is no owner any more.
    pub epoch: u64,
    /// First offset of a trace that is still open.
    pub resume_offset: u64,
    /// Offset of the first message of which nothing is in this commit. Not before `resume_offset`.
    pub next_offset: u64,
    /// The log's clock at this commit, nanoseconds since 1970.
    pub time_ns: u64,
    /// Traces closed already of which spans may lie at or after the resume offset. In a commit: those closed since the last one.
    pub closed: Vec<TraceId>,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As protobuf.
    Protobuf,
    /// As JSON, by the rules of OTLP.
    Json,
}

/// What a message that was appended survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A power cut, once [`Journal::when_synced`] says so.
    Fsync,
    /// The end of the process, however it comes: the system has it.
    #[default]
    Os,
    /// Nothing is promised. Does what `Os` does: holding messages back in memory would save one call of the system per message, which
    /// is a few hundredths of what writing it costs.
    None,
}

/// A partitioned log.
pub trait Log: Send + Sync {
    /// Takes a message, which comes at this moment by the machine's clock. When this returns, it is kept as well as was asked for,
    /// as far as that can be done at once: see `Durability`.
    ///
    /// # Errors
    /// It could not be kept: nothing of it is in the log.
    fn append(&self, format: Format, message: &[u8], now_ns: u64) -> io::Result<Position>;

    /// The log's own clock at this moment of the machine's clock, nanoseconds since 1970 (see [`Position::time_ns`]). To be asked
    /// several times a second: a longer silence is time in which the process did not run.
    fn time_ns(&self, now_ns: u64) -> u64;

    /// Offset that the next message will have.
    fn next_offset(&self) -> u64;

    /// Offset of the first message whose time is not before this: where to read again if that is when the oldest open trace began.
    /// [`Log::next_offset`] if there is none. May be earlier, never later.
    fn offset_at(&self, time_ns: u64) -> u64;

    /// Messages before this offset are not needed any more.
    ///
    /// # Errors
    /// They could not be removed; they will be with the next call.
    fn release(&self, resume_offset: u64) -> io::Result<()>;
}

/// Keeps nothing, and numbers what goes by. One partition, 0.
#[derive(Debug, Default)]
pub struct PassThrough {
    next: AtomicU64,
    /// None: that of the machine, as it is.
    clock: Option<LogClock>,
}

impl PassThrough {
    /// For what comes now, by a clock that stands still while the process does. That of the default is the machine's, as it is.
    pub fn live() -> Self {
        Self { clock: Some(LogClock::default()), ..Self::default() }
    }
}

impl Log for PassThrough {
    fn append(&self, _format: Format, _message: &[u8], now_ns: u64) -> io::Result<Position> {
        let offset = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(Position { partition: 0, offset, time_ns: self.time_ns(now_ns), received_ns: now_ns })
    }

    fn time_ns(&self, now_ns: u64) -> u64 {
        self.clock.as_ref().map_or(now_ns, |clock| clock.read(now_ns))
    }

    fn next_offset(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    fn offset_at(&self, _time_ns: u64) -> u64 {
        self.next_offset()
    }

    fn release(&self, _resume_offset: u64) -> io::Result<()> {
        Ok(())
    }
}
