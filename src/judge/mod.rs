//! Execution -> verdict: did the customer get what they came for, and if not, which one hop is to blame, and why.
//!
//! Everything here is a pure function of a trace's spans, the map and what is normal. The rules are those of spec 2 and are named by
//! their numbers (E1, C3, H2, B8 ...) where they are applied. The order of work:
//!
//! 1. `tree`: duplicates out, parents found, cycles cut, links and orphans hung up; the spans in preorder, so that everything below a
//!    span is a range and no step needs recursion (E2-E5). `class` reads each span (C1-C5), `attempts` joins retries (B2).
//! 2. `entries`: executions are ranges of that order (E1); where no entry came, what there is (E6).
//! 3. For each execution: `skew` moves spans whose clocks are wrong, if that is asked for (2.6); `hops` says whose each span is (H1-H3), `steps` what is asynchronous (E4), `path` what it waited for (2.5).
//! 4. `outcome` decides (2.3); `descent`, `asking`, `timeout` and `missing` find the one culprit (2.4), `absorbed` lists what did not
//!    matter, `slow` says who took the time, `uses` counts, `hop_tree` tells who called whom. `verdict` puts it together.
//!
//! The verdict is taken at the entry and the blame is found by going down from there. The road not taken: to collect all errors and
//! rank them. It finds an error in every other trace that went well, and a dozen culprits in one that did not.
//!
//! What it costs is linear in the spans but for sorting: siblings are sorted once, attempts found by hash, and the few searches that
//! could be repeated below each other (the path below a timed-out call) have a budget.

mod absorbed;
mod asking;
mod attempts;
mod case;
mod class;
mod descent;
mod entries;
mod hop_tree;
mod hops;
mod missing;
mod outcome;
mod path;
mod skew;
mod slow;
mod steps;
mod suspects;
mod timeout;
mod tree;
mod uses;
mod verdict;
mod ways;

#[cfg(test)]
mod tests;

pub use hops::HopLimit;
pub use path::PathMode;
pub use skew::SkewLimit;

use crate::catalogue::Catalogue;
use crate::model::{Fate, Fates, Hops, Names, Normal, Shapes, SpanExtra, SpanRecord, TraceId, Verdict};
use entries::Executions;
use skew::Clocks;
use tree::Forest;
use verdict::Scratch;

/// A complete trace: spans in the order of arrival, duplicates included.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// Its id.
    pub id: TraceId,
    /// All spans that came.
    pub spans: &'a [SpanRecord],
    /// What few of them have, in the order of arrival.
    pub extras: &'a [SpanExtra],
}

/// What the judge goes by.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The map. A judge belongs to one map: for another one make another judge.
    pub catalogue: &'a Catalogue,
    /// Texts.
    pub names: &'a Names,
    /// Shapes of the spans.
    pub shapes: &'a Shapes,
    /// Hops seen so far; new ones are added.
    pub hops: &'a Hops,
    /// How many hops a capability may have.
    pub limit: &'a HopLimit,
    /// What is normal.
    pub normal: &'a dyn Normal,
    /// Which critical path.
    pub path: PathMode,
    /// Whether spans are moved where the clocks of two hosts disagree (2.6), and by how much at most.
    pub skew: Option<SkewLimit>,
}

/// Who takes verdicts.
pub trait Sink {
    /// Whether this one is kept for whoever asks about its trace, and so needs [`Verdict::tree`], the last part of it that is made. Asked
    /// once, before [`Sink::take`].
    fn keeps(&mut self, verdict: &Verdict) -> bool;

    /// Takes it.
    fn take(&mut self, verdict: &Verdict);
}

struct Everything<'a, F>(&'a mut F);

impl<F: FnMut(&Verdict)> Sink for Everything<'_, F> {
    fn keeps(&mut self, _: &Verdict) -> bool {
        true
    }

    fn take(&mut self, verdict: &Verdict) {
        (self.0)(verdict);
    }
}

/// Judges traces, one after the other. Keeps nothing between them but memory and what it knows of the map: one for each thread at work.
#[derive(Debug, Default)]
pub struct Judge {
    forest: Forest,
    executions: Executions,
    clocks: Clocks,
    scratch: Scratch,
}

impl Judge {
    /// Judges all executions in a trace. Each verdict is handed to `take` and forgotten. The answer says what became of each span:
    /// the fates add up to the spans given.
    pub fn judge(&mut self, trace: &Trace<'_>, context: &Context<'_>, take: &mut impl FnMut(&Verdict)) -> Fates {
        self.judge_for(trace, context, &mut Everything(take))
    }

    /// The same, for one who keeps few of the verdicts: those alone have a tree of hops.
    pub fn judge_for(&mut self, trace: &Trace<'_>, context: &Context<'_>, sink: &mut impl Sink) -> Fates {
        self.forest.build(trace, context);
        self.executions.find(&self.forest, trace, context, &mut self.scratch.book);
        self.clocks.adjusted = 0;
        for execution in self.executions.list() {
            if let Some(limit) = context.skew {
                self.clocks.adjust(&mut self.forest, trace, execution, limit);
            }
            let verdict = self.scratch.judge(trace, context, &self.forest, execution, |verdict| sink.keeps(verdict));
            if let Some(verdict) = verdict {
                sink.take(verdict);
            }
        }
        self.fates()
    }

    /// How many spans of the last trace were moved (2.6); one that is in several executions counts in each.
    pub fn adjusted_spans(&self) -> u64 {
        self.clocks.adjusted
    }

    fn fates(&mut self) -> Fates {
        let mut fates = Fates::default();
        fates[Fate::Duplicate] = self.forest.duplicates;
        for fate in self.executions.fates(&self.forest) {
            fates[fate] += 1;
        }
        fates
    }
}
