//! The source as a partitioned log: a message has a position before anybody looks at it.
//!
//! Spec 3.3 makes counts exact through crashes by one rule: the windows, the offset from which to read again, and the traces closed
//! already are committed together. That asks for a source with positions, so the pipeline is given one from the first day. Today's
//! only log ([`PassThrough`]) keeps nothing: it hands on what the network brings, and what was not committed is gone with the process.
//! A journal on disk, or a partition of Kafka, will stand behind the same trait.

use crate::model::TraceId;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a message stands in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which part of the log.
    pub partition: u32,
    /// Which message in it, counted from 0.
    pub offset: u64,
    /// When it came into the log, nanoseconds since 1970: the time by which traces are complete.
    pub time_ns: u64,
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
    /// Traces closed already of which spans may lie at or after the resume offset.
    pub closed: Vec<TraceId>,
}

/// A partitioned log.
pub trait Log: Send + Sync {
    /// Takes a message. When this returns, it may be acknowledged.
    ///
    /// # Errors
    /// It could not be kept.
    fn append(&self, message: &[u8], now_ns: u64) -> io::Result<Position>;
}

/// Keeps nothing, and numbers what goes by. One partition, 0.
#[derive(Debug, Default)]
pub struct PassThrough {
    next: AtomicU64,
}

impl Log for PassThrough {
    fn append(&self, _message: &[u8], now_ns: u64) -> io::Result<Position> {
        Ok(Position { partition: 0, offset: self.next.fetch_add(1, Ordering::Relaxed), time_ns: now_ns })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn messages_are_numbered_in_the_order_in_which_they_come() {
        let log = PassThrough::default();
        assert_eq!(log.append(b"one", 7).unwrap(), Position { partition: 0, offset: 0, time_ns: 7 });
        assert_eq!(log.append(b"two", 9).unwrap(), Position { partition: 0, offset: 1, time_ns: 9 });
    }
}
