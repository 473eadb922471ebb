//! Spans become traces here.
//!
//! There is no end-of-trace marker, so this room decides *when* a trace is given away: its entry has been seen and nothing came for
//! `quiet`, or `max_age` has passed since its first span, or no entry was seen for `no_entry` (spec 3.2). It decides nothing about
//! what a trace means. Ids of traces given away are remembered, so that what comes later is late and changes no count.
//!
//! Late spans of few traces are of interest all the same (spec 3.2): who judges says which traces are watched, and fetches what comes late
//! in them. That is no part of the budget: it is bounded by who watches, and by a short queue here.
//!
//! What a span says may be read in another way from some moment on. A request of such a time is staged twice, once by either reading,
//! and each span goes to its trace as that trace's first span was read: decided under the lock of the shard, so that no trace is a mix.
//! All else (deadlines, ids of closed traces, budget) knows nothing of readings, and outlives them.
//!
//! Spans lie in shards by trace id; a request takes each lock once. Memory is bounded by a budget that is asked before a request is
//! taken, never by dropping what was taken. The road not taken: a concurrent map of traces, which costs a lock a span.

mod batch;
#[cfg(test)]
mod laws;
mod pace;
mod shard;
mod table;
mod watched;

pub use batch::Batch;
pub use table::{Appended, Overloaded, Room, Settings, Table, When};
pub use watched::LateSpan;

use crate::model::{SpanExtra, SpanRecord, TraceId};

/// A trace that is given away to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    /// Its id.
    pub trace: TraceId,
    /// In the order of arrival, duplicates included.
    pub spans: Vec<SpanRecord>,
    /// What few spans have.
    pub extras: Vec<SpanExtra>,
    /// When its first span was received, by the clock of the machine, nanoseconds since 1970.
    pub received_ns: u64,
    /// By which reading its spans were staged, all of them.
    pub reading: u32,
}
