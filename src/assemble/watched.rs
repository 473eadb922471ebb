//! Traces that were given away and in which spans are still of interest when they come late.

use super::shard::Offered;
use crate::model::{SpanExtra, SpanRecord, TraceId};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Late spans that may wait in a shard for being fetched; further ones are let go.
const MOST_WAITING: usize = 1024;

/// A span that came late in a watched trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateSpan {
    /// Its trace.
    pub trace: TraceId,
    /// As it was read for its trace.
    pub record: SpanRecord,
    /// What few spans have.
    pub extra: Option<SpanExtra>,
    /// By which reading it was staged.
    pub reading: u32,
    /// When it came, nanoseconds since 1970.
    pub at_ns: u64,
}

/// The watched traces of a shard. Which those are is the matter of who watches them: as many as it has the memory for.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// With the reading by which their spans were staged.
    readings: HashMap<TraceId, u32, RandomState>,
    waiting: Vec<LateSpan>,
    /// Traces were given away, and what came late has not been fetched since: which of them are to be watched is not known yet, so any
    /// may be.
    judging: bool,
}

impl Watched {
    pub(super) fn watch(&mut self, trace: TraceId, reading: u32) {
        self.readings.insert(trace, reading);
    }

    pub(super) fn unwatch(&mut self, trace: TraceId) {
        self.readings.remove(&trace);
    }

    /// One of the offered spans, at this position, came late.
    pub(super) fn came(&mut self, trace: TraceId, offered: &Offered<'_>, at: u32, at_ns: u64) {
        if (self.readings.is_empty() && !self.judging) || self.waiting.len() >= MOST_WAITING {
            return;
        }
        let known = self.readings.get(&trace).copied();
        let Some(reading) = known.or_else(|| self.judging.then(|| offered.reading())) else { return };
        if let Some((record, batch)) = offered.read_by(reading, at) {
            let extra = batch.extra(at, record);
            self.waiting.push(LateSpan { trace, record: *record, extra, reading, at_ns });
        }
    }

    pub(super) fn waits(&self, trace: TraceId) -> bool {
        self.waiting.iter().any(|one| one.trace == trace)
    }

    /// Traces are given away to be judged.
    pub(super) fn given_away(&mut self) {
        self.judging = true;
    }

    pub(super) fn fetch(&mut self, out: &mut Vec<LateSpan>) {
        self.judging = false;
        out.append(&mut self.waiting);
    }
}
