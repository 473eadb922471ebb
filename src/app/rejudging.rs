//! Late spans of watched traces: the trace is judged again, and another culprit is a correction (spec 3.2).
//!
//! Of the second verdict only the culprit counts. What a late span would change beside it (an outcome, a duration, calls of a hop) stays as
//! it was counted.

use super::correcting::{Counted, Trace as Watched};
use super::generation::Maps;
use super::judging::Bench;
use super::pipeline::Pipeline;
use crate::assemble::{Complete, LateSpan};
use crate::judge::Trace;
use crate::measure::{Culprit, Key};
use crate::model::{Outcome, TraceId, Verdict};
use crate::query::verdict_json;
use crate::store::CorrectedLine;

impl Pipeline {
    /// A verdict as it is counted in this window; `None` if nobody is to blame.
    pub(super) fn counted_in(&self, key: Key, verdict: &Verdict) -> Option<Counted> {
        let culprit = self.culprit(verdict)?;
        Some(Counted { key, entry: verdict.entry_span_id, culprit, weight: verdict.weight, corrected: false })
    }

    fn culprit(&self, verdict: &Verdict) -> Option<Culprit> {
        let blame = verdict.blame.filter(|_| verdict.outcome == Outcome::Failed)?;
        Some(Culprit { hop: self.windows.counted_as(verdict.capability, blame.hop), cause: blame.cause })
    }

    /// Spans that come late in this trace are of interest from now on.
    pub(super) fn watch(&self, complete: Complete, executions: Vec<Counted>, now_ns: u64) {
        self.table.watch(complete.trace, complete.reading);
        let gone = self.correcting.watch().begin(complete, executions, now_ns);
        self.unwatch(gone);
    }

    /// Lets go of what cannot be corrected any more.
    pub(super) fn expire_watched(&self, now_ns: u64) {
        let mut over = self.correcting.watch().over(now_ns);
        // What came in time, in a shard that is yet to be looked through, still counts.
        over.retain(|trace| !self.table.waits(*trace));
        over.iter().for_each(|trace| self.correcting.watch().end(*trace));
        self.unwatch(over);
    }

    fn unwatch(&self, traces: Vec<TraceId>) {
        traces.into_iter().for_each(|trace| self.table.unwatch(trace));
    }

    /// Judges the watched traces of a shard again in which spans have come late.
    pub(super) fn judge_late(&self, shard: usize, maps: &Maps, bench: &mut Bench) {
        let mut late = std::mem::take(&mut bench.late);
        self.table.fetch_late(shard, &mut late);
        // Those of a trace stay in the order in which they came.
        late.sort_by_key(|one| one.trace);
        for of_trace in late.chunk_by(|one, next| one.trace == next.trace) {
            self.judge_again(of_trace, maps, bench);
        }
        late.clear();
        bench.late = late;
    }

    fn judge_again(&self, late: &[LateSpan], maps: &Maps, bench: &mut Bench) {
        let Some(id) = late.first().map(|one| one.trace) else { return };
        let trace = self.correcting.watch().with_late(id, late);
        let Some(mut trace) = trace else { return };
        let corrected = self.correcting.has_room().then(|| self.corrections(&mut trace, maps, bench)).flatten();
        let gone = match corrected {
            Some(corrections) => {
                self.correcting.leave(corrections);
                self.correcting.watch().put_back(trace)
            }
            // Its map is gone, or there is no room: what it was corrected to could not be told any more.
            None => {
                self.correcting.watch().forgotten += 1;
                vec![id]
            }
        };
        self.unwatch(gone);
    }

    /// What another verdict changes; `None` if there is no map to judge by.
    fn corrections(&self, trace: &mut Watched, maps: &Maps, bench: &mut Bench) -> Option<Vec<CorrectedLine>> {
        let Watched { complete, executions, .. } = trace;
        let map = maps.of(complete.reading)?;
        let context = self.context(map, bench.path);
        let whole = Trace { id: complete.trace, spans: &complete.spans, extras: &complete.extras };
        let mut corrections = Vec::new();
        bench.judge(map.number, maps).judge(&whole, &context, &mut |verdict: &Verdict| {
            let same = |one: &&mut Counted| (one.key.capability, one.entry) == (verdict.capability, verdict.entry_span_id);
            let Some(counted) = executions.iter_mut().find(same) else { return };
            let correction = self.culprit(verdict).and_then(|to| counted.correct(to, verdict.trace_id));
            if let Some(correction) = correction {
                let verdict = Verdict { corrected: true, ..verdict.clone() };
                self.recent.replace(&verdict);
                let text = verdict_json(&verdict, &self.names, &self.hops);
                corrections.push(CorrectedLine { key: counted.key, entry: counted.entry, correction, text });
            }
        });
        Some(corrections)
    }
}
