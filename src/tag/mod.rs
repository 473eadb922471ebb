//! A span is read here: what it shares with many others becomes its shape, the rest becomes 48 bytes.
//!
//! This room decides what a span *says*: which of its attributes count, under whatever name and in whatever type they were sent
//! (spec 2.2), how its peer is called, which tests of the map hold. It decides nothing about what that means for an execution.
//!
//! It is a hot loop, so it is laid out for the span whose like has been seen before. The attributes are looked at once; what
//! makes the shape is folded into a hash of 128 bits, and the hash finds the shape. No text is checked, copied or matched on that
//! way. Only a hash that is new leads to the slow way, on which names are stored and the map is asked. Two shapes are told apart
//! by their hash alone: it is seeded by chance at every start and so wide that a collision within the life of a process is far
//! less likely than a fault of the memory that holds it.
//!
//! Values on which the map makes tests do not go into the hash, or each booking's amount would make a shape of its own; which
//! tests hold does. Of a URL only what names the peer goes in; its path goes into the record's `operation`, by which attempts at
//! one thing are known. Everything that is remembered is bounded: the caches of a worker are emptied when full, and beyond the
//! limit on shapes a span gets a simplified one (`(other)`) that keeps what its verdict needs.
//!
//! The road not taken: to give each attribute to a matcher of the map. Its price grows with the map, and is paid on every span.

mod alias;
mod build;
mod cache;
mod code;
mod index;
mod keys;
mod mix;
mod peer;
mod read;
mod resource;
mod sampling;
mod sorted;
mod tagger;
mod tested;
mod url;
mod words;
mod worker;

#[cfg(test)]
mod tests;

pub use tagger::{Limits, Tagger};
pub use worker::TagWorker;

use crate::model::{SpanExtra, SpanRecord, TraceId};

/// A span that has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tagged {
    /// Its trace.
    pub trace: TraceId,
    /// What is kept of it until its trace is complete.
    pub record: SpanRecord,
    /// What few spans have; there if and only if the record has the flag [`SpanRecord::EXTRA`].
    pub extra: Option<SpanExtra>,
}

/// Why a span cannot be taken (spec 4.4). Its fate is `malformed`. The text says what is wrong and what must be sent instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSpan {
    /// The trace id has this many bytes.
    #[error("trace_id has {0} bytes; send 16")]
    TraceIdLength(usize),
    /// The trace id is zero.
    #[error("trace_id is all zeros; send 16 bytes that are not all zero")]
    TraceIdZero,
    /// The span id has this many bytes.
    #[error("span_id has {0} bytes; send 8")]
    SpanIdLength(usize),
    /// The span id is zero.
    #[error("span_id is all zeros; send 8 bytes that are not all zero")]
    SpanIdZero,
    /// The parent's id has this many bytes. Such a span is not read as a root: it has a parent, and an entry below it would
    /// be counted as an attempt of its own.
    #[error("parent_span_id has {0} bytes; send 8, or none for a root")]
    ParentIdLength(usize),
}
