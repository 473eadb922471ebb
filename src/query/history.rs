//! The figures of one capability over time.
//!
//! A point is the status of a stretch of time: the same integers, summed into more sums than one. So the points of a range add up to
//! its status. Stretches are aligned to multiples of their length since 1970 UTC, so that a refresh moves no border and the points of
//! two answers can be laid upon each other.
//!
//! Windows are added to their point as they are read, in whatever order: a point holds totals and failures by hop, never the figures
//! of all hops, so that ten thousand of them are some megabytes.

use super::durations::buckets;
use super::listing::asked;
use super::status::{capability_status, failures_by_hop, worst_hop};
use super::{
    API_VERSION, Between, Count, Desk, History, HistoryHop, HistoryPoint, HistoryQuestion, QueryError, Range, moment_text,
    parse_length,
};
use crate::catalogue::Capability;
use crate::measure::{SLICE_NS, Window, units_to_count};
use crate::model::{HopId, Hops, Name, Names};
use crate::store::Look;
use std::cmp::Reverse;
use std::collections::HashMap;

/// More are a table that nobody reads.
const MOST_POINTS: u64 = 10_000;

/// Hops that a point names.
const MOST_BLAMED: usize = 6;

const SECOND_NS: u64 = 1_000_000_000;

/// Lengths of windows that are kept, longest first.
const WINDOWS_NS: [u64; 4] = [86_400 * SECOND_NS, 3600 * SECOND_NS, 60 * SECOND_NS, SLICE_NS];

/// Lengths that are chosen from, seconds: 10s, 1m, 5m, 15m, 1h, 6h, 1d, 7d.
const STEPS: [u64; 8] = [10, 60, 300, 900, 3600, 6 * 3600, 86_400, 7 * 86_400];

/// The shortest of [`STEPS`] that makes no more points than this is chosen, which makes some 30 or more.
const ENOUGH_POINTS: u64 = 120;

/// Reads a step, such as `10s`, `15m` or `1d`; nanoseconds.
///
/// # Errors
/// It is no length, or not a multiple of the slices that are counted.
pub fn parse_step(text: &str) -> Result<u64, QueryError> {
    checked(parse_length(text)?, text)
}

fn checked(step_ns: u64, told: &str) -> Result<u64, QueryError> {
    if step_ns > 0 && step_ns.is_multiple_of(SLICE_NS) {
        return Ok(step_ns);
    }
    let told =
        format!("'{told}' is no step: counts are kept by ten seconds; write a multiple of 10s, such as 10s, 90s, 15m or 1d");
    Err(QueryError::Bad(told))
}

/// The stretches of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps {
    between: Between,
    step_ns: u64,
}

impl Steps {
    /// Of the length asked for, or of one that gives a picture.
    pub(super) fn new(between: Between, step_ns: Option<u64>) -> Result<Self, QueryError> {
        let with = |step_ns| Self { between, step_ns };
        let shortest = |most| STEPS.iter().map(|seconds| with(seconds * SECOND_NS)).find(|steps| steps.count() <= most);
        let longest = || with(STEPS[STEPS.len() - 1] * SECOND_NS);
        let steps = match step_ns {
            Some(step_ns) => with(checked(step_ns, &format!("{step_ns}ns"))?),
            None => shortest(ENOUGH_POINTS).unwrap_or_else(longest),
        };
        if steps.count() > MOST_POINTS {
            let instead = length_text(shortest(MOST_POINTS).unwrap_or_else(longest).step_ns / SECOND_NS);
            return Err(QueryError::Bad(format!(
                "a point every {} makes {} points of this range, and at most {MOST_POINTS} are told; write a step of {instead} or more, or ask about less time",
                length_text(steps.step_ns / SECOND_NS),
                steps.count(),
            )));
        }
        Ok(steps)
    }

    fn count(&self) -> u64 {
        let Between { from_ns, to_ns } = self.between;
        if from_ns >= to_ns { 0 } else { (to_ns - 1) / self.step_ns - from_ns / self.step_ns + 1 }
    }

    /// How many points there are.
    pub(super) fn len(&self) -> usize {
        usize::try_from(self.count()).unwrap_or(usize::MAX)
    }

    /// Length of a point, nanoseconds.
    pub(super) fn step_ns(&self) -> u64 {
        self.step_ns
    }

    /// In which point this moment lies.
    pub(super) fn position(&self, moment_ns: u64) -> Option<usize> {
        let at = (moment_ns / self.step_ns).checked_sub(self.between.from_ns / self.step_ns)?;
        usize::try_from(at).ok()
    }

    /// From where to where a point reaches.
    pub(super) fn stretch(&self, at: usize) -> Between {
        let starts_ns = (self.between.from_ns / self.step_ns).saturating_add(at as u64).saturating_mul(self.step_ns);
        Between {
            from_ns: starts_ns.max(self.between.from_ns),
            to_ns: starts_ns.saturating_add(self.step_ns).min(self.between.to_ns),
        }
    }
}

/// What is summed for a point.
#[derive(Debug, Default)]
struct Sum {
    totals: Window,
    failures: HashMap<HopId, u128>,
}

impl Sum {
    fn add(&mut self, window: &Window) {
        self.totals.merge_totals(window);
        for (hop, units) in failures_by_hop(window).filter(|(_, units)| *units > 0) {
            let sum = self.failures.entry(hop).or_default();
            *sum = sum.saturating_add(units);
        }
    }

    /// Those with most failures, most first; between equals by name.
    fn blamed(&self, names: &Names, hops: &Hops) -> Vec<HistoryHop> {
        let named = |(id, units): (&HopId, &u128)| {
            let hop = hops.get(*id);
            (Reverse(*units), names.text(hop.hop), names.text(hop.service))
        };
        let mut all: Vec<_> = self.failures.iter().map(named).collect();
        all.sort_unstable();
        let told = |(Reverse(units), hop, service): (Reverse<u128>, &str, &str)| {
            let failures = Count(units_to_count(units));
            HistoryHop { hop: hop.into(), service: service.into(), failures }
        };
        all.into_iter().take(MOST_BLAMED).map(told).collect()
    }

    fn point(self, between: Between, capability: &Capability, names: &Names, hops: &Hops) -> HistoryPoint {
        let blamed = self.blamed(names, hops);
        let failed = self.totals.outcome(crate::model::Outcome::Failed).units;
        let mut status = capability_status(capability, &self.totals, names, hops);
        status.worst_hop = worst_hop(capability, self.failures.into_iter(), failed, names, hops);
        HistoryPoint { hops: blamed, ..HistoryPoint::of_status(Range::from(between), status) }
    }
}

/// Windows that lie in more than one point.
#[derive(Debug, Default)]
struct Coarse {
    longest_ns: u64,
    ends_ns: u64,
}

impl Coarse {
    fn look(&mut self, start_ns: u64, length_ns: u64, step_ns: u64) {
        if !step_ns.is_multiple_of(length_ns.max(1)) {
            self.longest_ns = self.longest_ns.max(length_ns);
            self.ends_ns = self.ends_ns.max(start_ns.saturating_add(length_ns));
        }
    }

    fn note(&self) -> Option<String> {
        (self.longest_ns > 0).then(|| {
            let (until, length) = (moment_text(self.ends_ns), length_text(self.longest_ns / SECOND_NS));
            format!("of the time before {until} only sums of {length} are kept: each stands in the point in which it begins")
        })
    }
}

impl Desk {
    pub(super) fn told_history(&self, question: &HistoryQuestion) -> Result<History, QueryError> {
        let listed = self.listing.now();
        let asked = asked(&listed, Some(&question.capability))?;
        let Some(one) = asked.first() else { return Err(QueryError::Bad("a history is about one capability".into())) };
        let (told, kept, mut notes) = self.kept_of(question.between)?;
        let steps = Steps::new(kept, question.step_ns)?;
        let mut sums: Vec<Sum> = (0..steps.count()).map(|_| Sum::default()).collect();
        let mut coarse = Coarse::default();
        self.read_over_time(kept, one.name, steps.step_ns, true, &mut |start_ns, length_ns, window| {
            coarse.look(start_ns, length_ns, steps.step_ns);
            if let Some(sum) = steps.position(start_ns).and_then(|at| sums.get_mut(at)) {
                sum.add(window);
            }
        })?;
        notes.extend(coarse.note());
        let estimated = sums.iter().any(|sum| sum.totals.is_estimated());
        let points = sums.into_iter().enumerate();
        let points = points.map(|(at, sum)| {
            let durations = if question.durations { buckets(&sum.totals.durations) } else { Vec::new() };
            HistoryPoint { durations, ..sum.point(steps.stretch(at), &one.capability, &self.names, &self.hops) }
        });
        Ok(History {
            api_version: API_VERSION.into(),
            capability: question.capability.clone(),
            range: Range::from(told),
            step_seconds: steps.step_ns / SECOND_NS,
            points: points.collect(),
            estimated,
            note: notes.into_iter().reduce(|one, other| format!("{one}; {other}")),
        })
    }

    /// The range that is told, the part of it that points are made of, and what to say about that: nobody wants to see fifty years of
    /// nothing because a range has no beginning.
    pub(super) fn kept_of(&self, asked: Option<Between>) -> Result<(Between, Between, Vec<String>), QueryError> {
        let between = self.range(asked)?;
        let nothing = Between { from_ns: between.from_ns, to_ns: between.from_ns };
        let Some(extent) = self.keeper.extent()? else {
            return Ok((between, nothing, vec!["nothing has been counted yet".into()]));
        };
        if extent.start <= between.from_ns {
            return Ok((between, between, Vec::new()));
        }
        let note = vec![format!("nothing is kept of the time before {}", moment_text(extent.start))];
        if extent.start >= between.to_ns {
            return Ok((between, nothing, note));
        }
        let cut = Between { from_ns: extent.start, ..between };
        Ok((cut, cut, note))
    }

    /// Shows what is kept and counted of a capability, each window with its start and its length, in no order; the same may come in
    /// parts. With `totals`, figures of hops may be missing but for their failures. The only place that knows how windows are read for this.
    pub(super) fn read_over_time(
        &self,
        between: Between,
        capability: Name,
        step_ns: u64,
        totals: bool,
        visitor: &mut dyn FnMut(u64, u64, &Window),
    ) -> Result<(), QueryError> {
        let look = look(step_ns, totals);
        let (range, capability) = (between.from_ns..between.to_ns, Some(capability));
        Ok(self.keeper.read_by(range, capability, look, &mut |kept, window| visitor(kept.slice_ns, kept.length_ns, window))?)
    }
}

/// Windows of which a step is made: none of them lies in two steps.
pub(super) fn look(step_ns: u64, totals: bool) -> Look {
    let fits = WINDOWS_NS.into_iter().find(|length_ns| step_ns.is_multiple_of(*length_ns));
    Look { at_most_ns: fits.unwrap_or(SLICE_NS), totals }
}

/// Whole seconds as people write them: `10s`, `15m`, `1h`, `7d`.
pub fn length_text(seconds: u64) -> String {
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
    let fits = units.into_iter().find(|(length, _)| seconds > 0 && seconds.is_multiple_of(*length));
    let (length, unit) = fits.unwrap_or((1, 's'));
    format!("{}{unit}", seconds / length)
}
