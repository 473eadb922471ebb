//! From complete traces to counts: the second half of the pipeline, run by whoever has time.

use super::generation::{Generation, Maps};
use super::pipeline::Pipeline;
use crate::assemble::{Complete, LateSpan};
use crate::judge::{Context, Judge, PathMode, Sink, SkewLimit, Trace};
use crate::measure::Recent;
use crate::model::{Fate, Fates, SpanId, SpanRecord, Verdict};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Hands verdicts on, and those for which there is room also to the recent ones.
struct Kept<'a, F> {
    recent: &'a Recent,
    take: F,
    keeps: bool,
    /// Whoever takes them wants all trees.
    trees: bool,
}

impl<F: FnMut(&Verdict)> Sink for Kept<'_, F> {
    fn keeps(&mut self, verdict: &Verdict) -> bool {
        self.keeps = self.recent.admits(verdict);
        self.keeps || self.trees
    }

    fn take(&mut self, verdict: &Verdict) {
        (self.take)(verdict);
        if self.keeps {
            self.recent.keep(verdict);
        }
    }
}

/// What one thread needs for judging.
pub(super) struct Bench {
    /// By the number of the map: a judge belongs to one map.
    judges: Vec<(u32, Judge)>,
    due: Vec<Complete>,
    pub(super) late: Vec<LateSpan>,
    pub(super) path: PathMode,
    /// Whether all verdicts have a tree of hops, and not only those that are remembered.
    trees: bool,
}

impl Bench {
    pub(super) fn new(path: PathMode) -> Self {
        Self { judges: Vec::new(), due: Vec::new(), late: Vec::new(), path, trees: false }
    }

    /// The same; all verdicts have trees.
    pub(super) fn with_trees(self, trees: bool) -> Self {
        Self { trees, ..self }
    }

    /// The judge of this map, one of those in use.
    pub(super) fn judge(&mut self, number: u32, maps: &Maps) -> &mut Judge {
        let at = self.judges.iter().position(|(known, _)| *known == number).unwrap_or_else(|| {
            self.judges.retain(|(known, _)| maps.of(*known).is_some());
            self.judges.push((number, Judge::default()));
            self.judges.len() - 1
        });
        &mut self.judges[at].1
    }
}

impl Pipeline {
    /// Judges what is due in a shard, and counts it. Returns how many traces that were.
    pub(super) fn judge_due(&self, shard: usize, now_ns: u64, bench: &mut Bench) -> usize {
        let _passing = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        // Before any trace is taken: so the map of each of them is among these.
        let maps = self.maps.load_full();
        let mut due = std::mem::take(&mut bench.due);
        self.table.due(shard, now_ns, &mut due);
        let traces = self.judge_taken(&maps, &mut due, bench, self.keeper.store().map(|_| now_ns));
        bench.due = due;
        self.judge_late(shard, &maps, bench);
        self.expire_watched(now_ns);
        traces
    }

    /// Judges all that a shard holds, due or not.
    pub(super) fn judge_rest(&self, shard: usize, bench: &mut Bench) -> usize {
        let _passing = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let maps = self.maps.load_full();
        let mut due = std::mem::take(&mut bench.due);
        self.table.drain(shard, &mut due);
        let traces = self.judge_taken(&maps, &mut due, bench, None);
        bench.due = due;
        self.judge_late(shard, &maps, bench);
        traces
    }

    /// `watch_ns`: what may have to be corrected is watched from this moment on.
    fn judge_taken(&self, maps: &Maps, due: &mut Vec<Complete>, bench: &mut Bench, watch_ns: Option<u64>) -> usize {
        let mut fates = Fates::default();
        let traces = due.len();
        for complete in due.drain(..) {
            let limits = &maps.of(complete.reading).unwrap_or(&maps.fresh).latency_limits;
            let mut correctable = Vec::new();
            fates += self.judge_one(maps, &complete, bench, |verdict| {
                let key = self.windows.record_received_under(verdict, complete.received_ns, limits);
                if verdict.may_be_corrected() {
                    correctable.extend(self.counted_in(key, verdict));
                }
            });
            if let Some(now_ns) = watch_ns.filter(|_| !correctable.is_empty()) {
                self.watch(complete, correctable, now_ns);
            }
        }
        if traces > 0 {
            self.ledger.moved(&fates);
        }
        traces
    }

    /// Judges one trace by the map under which it began, and remembers verdicts as there is room; what else is done with them is the
    /// caller's matter. Returns the fates of its spans. `maps` are those that were in use when the trace was taken.
    pub(super) fn judge_one(&self, maps: &Maps, complete: &Complete, bench: &mut Bench, take: impl FnMut(&Verdict)) -> Fates {
        let Some(map) = maps.of(complete.reading) else { return lost(complete) };
        for span in complete.spans.iter().filter(|span| span.flags & SpanRecord::UNKNOWN_CAPABILITY != 0) {
            self.ledger.unknown_capability(map.shapes.get(span.shape).unknown_capability, 1);
        }
        let context = self.context(map, bench.path);
        let mut sink = Kept { recent: &self.recent, take, keeps: false, trees: bench.trees };
        let trace = Trace { id: complete.trace, spans: &complete.spans, extras: &complete.extras };
        let judge = bench.judge(map.number, maps);
        let fates = judge.judge_for(&trace, &context, &mut sink);
        let adjusted = judge.adjusted_spans();
        if adjusted > 0 {
            self.adjusted_spans.fetch_add(adjusted, Ordering::Relaxed);
        }
        if fates[Fate::Measured] == 0 && fates[Fate::Ignored] == 0 {
            // A root, or where none came, what began first.
            let root = complete.spans.iter().min_by_key(|span| (span.parent != SpanId::NONE, span.start_ns));
            root.into_iter().for_each(|span| map.arrivals.unmatched(span.shape, complete.trace));
        }
        fates
    }

    pub(super) fn context<'c>(&'c self, map: &'c Generation, path: PathMode) -> Context<'c> {
        Context {
            catalogue: &map.catalogue,
            names: &self.names,
            shapes: &map.shapes,
            hops: &self.hops,
            normal: &*self.baseline,
            limit: &self.hop_limit,
            path,
            skew: self.limits.clock_skew.map(SkewLimit::new),
        }
    }
}

/// A trace whose map is gone. Swapping sees to it that there is none; its spans would still be in the books.
fn lost(complete: &Complete) -> Fates {
    tracing::error!("trace {} cannot be judged: its map is gone", complete.trace);
    let mut fates = Fates::default();
    fates[Fate::Unmatched] = complete.spans.len() as u64;
    fates
}
