//! From complete traces to counts: the second half of the pipeline, run by whoever has time.

use super::pipeline::Pipeline;
use crate::assemble::Complete;
use crate::judge::{Context, Judge, PathMode, SkewLimit, Trace};
use crate::model::{Fate, Fates, SpanId, Verdict};
use std::sync::atomic::Ordering;

/// What one thread needs for judging.
pub(super) struct Bench {
    judge: Judge,
    due: Vec<Complete>,
    path: PathMode,
}

impl Bench {
    pub(super) fn new(path: PathMode) -> Self {
        Self { judge: Judge::default(), due: Vec::new(), path }
    }
}

impl Pipeline {
    /// Judges what is due in a shard, and counts it. Returns how many traces that were.
    pub(super) fn judge_due(&self, shard: usize, now_ns: u64, bench: &mut Bench) -> usize {
        let mut due = std::mem::take(&mut bench.due);
        self.table.due(shard, now_ns, &mut due);
        let traces = self.judge_taken(&mut due, bench);
        bench.due = due;
        traces
    }

    /// Judges all that a shard holds, due or not.
    pub(super) fn judge_rest(&self, shard: usize, bench: &mut Bench) -> usize {
        let mut due = std::mem::take(&mut bench.due);
        self.table.drain(shard, &mut due);
        let traces = self.judge_taken(&mut due, bench);
        bench.due = due;
        traces
    }

    fn judge_taken(&self, due: &mut Vec<Complete>, bench: &mut Bench) -> usize {
        let mut fates = Fates::default();
        let traces = due.len();
        for complete in due.drain(..) {
            fates += self.judge_one(&complete, bench, |verdict| {
                self.windows.record_received(verdict, complete.first_ns);
                self.recent.record(verdict);
            });
        }
        if traces > 0 {
            self.ledger.moved(&fates);
        }
        traces
    }

    /// Judges one trace; what is done with the verdicts is the caller's matter. Returns the fates of its spans.
    pub(super) fn judge_one(&self, complete: &Complete, bench: &mut Bench, mut sink: impl FnMut(&Verdict)) -> Fates {
        for claimed in complete.spans.iter().map(|span| self.shapes.get(span.shape).unknown_capability) {
            if !claimed.is_empty() {
                self.ledger.unknown_capability(claimed, 1);
            }
        }
        let context = Context {
            catalogue: &self.catalogue,
            names: &self.names,
            shapes: &self.shapes,
            hops: &self.hops,
            normal: &*self.baseline,
            limit: &self.hop_limit,
            path: bench.path,
            skew: self.limits.clock_skew.map(SkewLimit::new),
        };
        let trace = Trace { id: complete.trace, spans: &complete.spans, extras: &complete.extras };
        let fates = bench.judge.judge(&trace, &context, &mut sink);
        let adjusted = bench.judge.adjusted_spans();
        if adjusted > 0 {
            self.adjusted_spans.fetch_add(adjusted, Ordering::Relaxed);
        }
        if fates[Fate::Measured] == 0 && fates[Fate::Ignored] == 0 {
            // A root, or where none came, what began first.
            let root = complete.spans.iter().min_by_key(|span| (span.parent != SpanId::NONE, span.start_ns));
            root.into_iter().for_each(|span| self.arrivals.unmatched(span.shape, complete.trace));
        }
        fates
    }
}
