//! The spans of one request, staged until the whole request has been read.

use crate::model::{SpanExtra, SpanRecord, TraceId};

/// The spans of one request. Reused from request to request.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) spans: Vec<(TraceId, SpanRecord)>,
    pub(super) extras: Vec<(u32, SpanExtra)>,
    pub(super) order: Vec<(u32, u32)>,
}

impl Batch {
    /// Stages a span.
    pub fn push(&mut self, trace: TraceId, record: SpanRecord, extra: Option<SpanExtra>) {
        if let Some(extra) = extra {
            self.extras.push((self.spans.len() as u32, extra));
        }
        self.spans.push((trace, record));
    }

    /// Spans staged.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Forgets what is staged, keeps the memory.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.extras.clear();
        self.order.clear();
    }
}
