//! The source as a partitioned log: a message has a position before anybody looks at it.
//!
//! Spec 3.3 makes counts exact through crashes by one rule: the windows, the offset from which to read again, and the traces closed
//! already are committed together. That asks for a source with positions. Two logs stand behind the same trait: [`PassThrough`] keeps
//! nothing, and what was not committed is gone with the process; a journal on disk keeps each message until a commit says that it is
//! not needed any more. A partition of Kafka has the same shape.

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
    /// By the log's own clock, nanoseconds since 1970: the time by which traces are complete. Never less than that of the message
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
}

impl Log for PassThrough {
    fn append(&self, _format: Format, _message: &[u8], now_ns: u64) -> io::Result<Position> {
        let offset = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(Position { partition: 0, offset, time_ns: now_ns, received_ns: now_ns })
    }

    fn time_ns(&self, now_ns: u64) -> u64 {
        now_ns
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn messages_are_numbered_in_the_order_in_which_they_come() {
        let log = PassThrough::default();
        let position = |offset, time_ns| Position { partition: 0, offset, time_ns, received_ns: time_ns };
        assert_eq!(log.append(Format::Protobuf, b"one", 7).unwrap(), position(0, 7));
        assert_eq!(log.append(Format::Json, b"two", 9).unwrap(), position(1, 9));
        assert_eq!(log.next_offset(), 2);
    }
}
