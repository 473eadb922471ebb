//! What became of spans that were to be passed on.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters; all but the first few tell what was dropped and why.
#[derive(Debug, Default)]
pub struct Counts {
    /// Spans that arrived.
    pub(super) forwarded: AtomicU64,
    /// Attempts after a failed one.
    pub(super) retries: AtomicU64,
    /// Spans for which there was no room.
    pub(super) queue_full: AtomicU64,
    /// Spans of messages that must not be sent again.
    pub(super) refused: AtomicU64,
    /// Spans that the receiver took no part of, while it took the rest of their message.
    pub(super) rejected: AtomicU64,
    /// Spans that could not be delivered for too long.
    pub(super) expired: AtomicU64,
    /// Spans that were still waiting when the server ended.
    pub(super) left: AtomicU64,
    /// Spans of messages that could not be written again.
    pub(super) unreadable: AtomicU64,
}

impl Counts {
    /// Spans that did not arrive.
    pub fn dropped(&self) -> u64 {
        self.reasons().iter().map(|(_, spans)| spans).sum()
    }

    /// Spans that arrived.
    pub fn forwarded(&self) -> u64 {
        read(&self.forwarded)
    }

    /// Beside the name of the figure: no room in the queue, refused for good, rejected beside others that were taken, not to be delivered for
    /// five minutes, still waiting when the server ended, and of messages that could not be written again.
    fn reasons(&self) -> [(&'static str, u64); 6] {
        [
            ("forward_dropped_spans_total{reason=\"queue_full\"}", read(&self.queue_full)),
            ("forward_dropped_spans_total{reason=\"refused\"}", read(&self.refused)),
            ("forward_dropped_spans_total{reason=\"rejected\"}", read(&self.rejected)),
            ("forward_dropped_spans_total{reason=\"expired\"}", read(&self.expired)),
            ("forward_dropped_spans_total{reason=\"left\"}", read(&self.left)),
            ("forward_dropped_spans_total{reason=\"unreadable\"}", read(&self.unreadable)),
        ]
    }

    /// Name without the prefix `steelthread_`, help text, value.
    pub fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
        let mut gauges = vec![
            ("forwarded_spans_total", "Spans passed on to --forward-endpoint.", self.forwarded() as f64),
            (
                "forward_retries_total",
                "Attempts to pass a message on that were made because one before failed.",
                read(&self.retries) as f64,
            ),
        ];
        gauges.extend(self.reasons().map(|(name, spans)| (name, "Spans not passed on, by reason.", spans as f64)));
        gauges
    }
}

pub(super) fn add(counter: &AtomicU64, spans: u64) {
    counter.fetch_add(spans, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
