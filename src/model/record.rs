//! A span in flight: what is kept of it until its trace is complete.

use super::{ShapeId, SpanId};

/// Span kind. OTLP's 0 (unspecified) and unknown numbers are INTERNAL (spec 2.1, E2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Work inside a service.
    Internal,
    /// Handles a request.
    Server,
    /// Makes a request.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
}

impl Kind {
    /// From OTLP's number.
    pub fn from_otlp(number: i32) -> Self {
        match number {
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Internal,
        }
    }

    /// The word in maps and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// CLIENT or PRODUCER: the side that asks.
    pub fn asks(self) -> bool {
        matches!(self, Self::Client | Self::Producer)
    }
}

/// Span status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Nobody said.
    Unset,
    /// The application says that all is well.
    Ok,
    /// In error.
    Error,
}

impl Status {
    /// From OTLP's number; unknown numbers are unset.
    pub fn from_otlp(number: i32) -> Self {
        match number {
            1 => Self::Ok,
            2 => Self::Error,
            _ => Self::Unset,
        }
    }
}

/// A span in flight: 48 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanRecord {
    /// Its id.
    pub id: SpanId,
    /// Its parent's id; [`SpanId::NONE`] for a root.
    pub parent: SpanId,
    /// Nanoseconds since 1970.
    pub start_ns: u64,
    /// Nanoseconds since 1970; never before `start_ns` (an end before the start is read as the start).
    pub end_ns: u64,
    /// Everything it shares with many others.
    pub shape: ShapeId,
    /// Hash of what is asked for (span name, and where somebody is asked method and path without query): attempts at one thing have
    /// the same. Good within one process only.
    pub operation: u32,
    /// Number of the name of the host it ran on (host.id, else host.name); 0 if it is not said.
    pub host: u32,
    /// See the constants.
    pub flags: u32,
}

impl SpanRecord {
    /// The span is an entry of at least one capability.
    pub const ENTRY: u32 = 1;
    /// The span has a [`SpanExtra`].
    pub const EXTRA: u32 = 2;
    /// The span's end was before its start, and was moved.
    pub const MENDED: u32 = 4;
    /// The span names a capability that is not in the map.
    pub const UNKNOWN_CAPABILITY: u32 = 8;

    /// Nanoseconds.
    pub fn duration_ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.start_ns)
    }

    /// Whether an entry rule of the map holds for it.
    pub fn is_entry(&self) -> bool {
        self.flags & Self::ENTRY != 0
    }
}

/// What few spans have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanExtra {
    /// Whose it is.
    pub span: SpanId,
    /// A span of the same trace that it links to; [`SpanId::NONE`] if there is none.
    pub link: SpanId,
    /// Rejection threshold of 56 bits from its tracestate (`ot=th:`); 0 if it is not sampled.
    pub threshold: u64,
}

const _: () = assert!(size_of::<SpanRecord>() == 48);
