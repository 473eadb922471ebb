//! The counts of one capability in ten seconds.

use super::admission::Admission;
use super::hop::{HopFigures, Part, Share};
use super::{Spread, Tally};
use crate::model::{Cause, HopId, Hops, Name, Outcome, Verdict, Weight};
use foldhash::fast::RandomState;
use smallvec::SmallVec;
use std::collections::HashMap;

/// A latency limit that the map declares, counted exactly when an execution comes in, never read out of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WithinLimit {
    /// The limit, nanoseconds; exactly at it is good.
    pub under_ns: u64,
    /// Ok executions that took no longer.
    pub good: Tally,
    /// Ok executions counted since the map declares this limit.
    pub all: Tally,
}

/// Counts of a capability in a slice of time, or of several slices merged. All of it merges by addition (or by taking the largest
/// or the smallest), so neither the order of counting nor that of merging shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// Executions, by position of the outcome in [`Outcome::ALL`].
    pub outcomes: [Tally; 5],
    /// Ok executions over a latency limit.
    pub slow: Tally,
    /// Absorbed errors, by position of the kind in [`crate::model::AbsorbedKind::ALL`].
    pub absorbed: [Tally; 3],
    /// Duration of ok executions, nanoseconds.
    pub durations: Spread,
    /// By limit, ascending.
    pub limits: Vec<WithinLimit>,
    /// Critical-path time of all hops: nanoseconds times weight, in units of 2^-16.
    pub critical_path: u128,
    /// Executions that stand in the window of receipt, because their own time was over 5 minutes off.
    pub skewed: u64,
    /// Spans of the capability that came after their execution was judged. A span does not say how many it stands for, so spans are not
    /// weighted.
    pub late: u64,
    /// Spans of its executions whose parent never came.
    pub orphans: u64,
    /// Executions with at least one of those.
    pub orphaned: Tally,
    /// Failed executions whose culprit was corrected when spans came late.
    pub corrected: Tally,
    /// By hop; `(caller)` and `(unknown)` among them, so that failures over all hops are the failed executions.
    pub hops: HashMap<HopId, HopFigures, RandomState>,
    /// By service: executions that used several of its hops, counted once each.
    pub joint: HashMap<Name, Share, RandomState>,
}

/// What recording a verdict needs beside it.
pub(super) struct Intake<'a> {
    pub hops: &'a Hops,
    pub admission: &'a Admission,
    /// Latency limits of the capability, ascending.
    pub limits: &'a [u64],
    pub skewed: bool,
}

/// Where in a verdict the use of a hop stands: service, hop and position in one number, which is sorted faster than the three. Sorted, the
/// hops of a service stand together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place(u128);

impl Place {
    fn new(service: Name, hop: HopId, at: usize) -> Self {
        Self(u128::from(service.number()) << 64 | u128::from(hop.0) << 32 | at as u128)
    }

    /// Number of the service.
    fn service(self) -> u32 {
        (self.0 >> 64) as u32
    }

    fn hop(self) -> HopId {
        HopId((self.0 >> 32) as u32)
    }

    fn at(self) -> usize {
        self.0 as u32 as usize
    }
}

impl Window {
    /// Executions with this outcome.
    pub fn outcome(&self, outcome: Outcome) -> Tally {
        self.outcomes[outcome as usize]
    }

    /// Executions.
    pub fn executions(&self) -> Tally {
        self.outcomes.iter().fold(Tally::default(), |mut sum, one| {
            sum += *one;
            sum
        })
    }

    /// Whether an execution with a weight other than 1 is in it.
    pub fn is_estimated(&self) -> bool {
        self.executions().is_weighted()
    }

    /// Trace ids of failed executions that are kept as samples.
    pub fn samples(&self) -> impl Iterator<Item = crate::model::TraceId> + '_ {
        let troubles = self.hops.values().filter_map(|figures| figures.trouble.as_ref());
        troubles.flat_map(|trouble| &trouble.failures).flat_map(|(_, failures)| failures.samples.iter().copied())
    }

    pub(super) fn record(&mut self, verdict: &Verdict, intake: &Intake<'_>) {
        self.count_outcome(verdict, intake);
        self.count_uses(verdict, intake);
        self.count_blame(verdict, intake);
    }

    fn count_outcome(&mut self, verdict: &Verdict, intake: &Intake<'_>) {
        let weight = verdict.weight;
        self.outcomes[verdict.outcome as usize].add(weight, 1);
        self.skewed += u64::from(intake.skewed);
        if verdict.orphans > 0 {
            self.orphans = self.orphans.saturating_add(u64::from(verdict.orphans));
            self.orphaned.add(weight, 1);
        }
        if verdict.outcome != Outcome::Ok {
            return;
        }
        self.durations.record(verdict.duration_ns, weight);
        if verdict.slow {
            self.slow.add(weight, 1);
        }
        for under_ns in intake.limits {
            let limit = self.limit_mut(*under_ns);
            limit.all.add(weight, 1);
            if verdict.duration_ns <= *under_ns {
                limit.good.add(weight, 1);
            }
        }
    }

    fn limit_mut(&mut self, under_ns: u64) -> &mut WithinLimit {
        let at = match self.limits.binary_search_by_key(&under_ns, |limit| limit.under_ns) {
            Ok(at) => at,
            Err(at) => {
                self.limits.insert(at, WithinLimit { under_ns, ..WithinLimit::default() });
                at
            }
        };
        &mut self.limits[at]
    }

    fn count_uses(&mut self, verdict: &Verdict, intake: &Intake<'_>) {
        let (weight, ok) = (verdict.weight, verdict.outcome == Outcome::Ok);
        let places = self.places(verdict, intake);
        let mut critical_path = 0;
        for of_service in places.chunk_by(|one, next| one.service() == next.service()) {
            let (first, last) = (of_service[0].hop(), of_service[of_service.len() - 1].hop());
            let mut together = Part::default();
            for of_hop in of_service.chunk_by(|one, next| one.hop() == next.hop()) {
                let mut part = Part::default();
                let figures = self.hops.entry(of_hop[0].hop()).or_default();
                for place in of_hop {
                    let usage = &verdict.hops[place.at()];
                    figures.count_calls(usage, verdict.trace_id, weight);
                    part.add_use(usage);
                    critical_path = plus(critical_path, usage.critical_path_ns, weight);
                }
                let share = if first == last { &mut figures.alone } else { figures.several.get_or_insert_default() };
                share.record(&part, ok, weight);
                together.add(&part);
            }
            if first != last {
                self.joint.entry(intake.hops.get(first).service).or_default().record(&together, ok, weight);
            }
        }
        self.critical_path = self.critical_path.saturating_add(critical_path);
    }

    fn places(&self, verdict: &Verdict, intake: &Intake<'_>) -> SmallVec<[Place; 24]> {
        let mut places: SmallVec<[Place; 24]> = SmallVec::with_capacity(verdict.hops.len());
        for (at, usage) in verdict.hops.iter().enumerate() {
            let hop = self.admitted(verdict.capability, usage.hop, intake);
            places.push(Place::new(intake.hops.get(hop).service, hop, at));
        }
        places.sort_unstable();
        places
    }

    fn count_blame(&mut self, verdict: &Verdict, intake: &Intake<'_>) {
        let weight = verdict.weight;
        if verdict.outcome == Outcome::Failed {
            // A failure without blame must not be; were there one, it would still be counted under a hop.
            let (hop, cause) = verdict.blame.map_or((Hops::UNKNOWN, Cause::Unknown), |blame| (blame.hop, blame.cause));
            let hop = self.admitted(verdict.capability, hop, intake);
            let failures = self.hops.entry(hop).or_default().trouble().failures_mut(cause);
            failures.count.add(weight, 1);
            failures.sample(verdict.trace_id);
        }
        if let Some(slow) = verdict.slow_blame {
            let hop = self.admitted(verdict.capability, slow.hop, intake);
            self.hops.entry(hop).or_default().trouble().slow_blamed.add(weight, 1);
        }
        for absorbed in &verdict.absorbed {
            let hop = self.admitted(verdict.capability, absorbed.hop, intake);
            self.hops.entry(hop).or_default().count_absorbed(absorbed.kind, weight);
            self.absorbed[absorbed.kind as usize].add(weight, 1);
        }
    }

    /// The hop itself, or `(other)` where there are too many.
    fn admitted(&self, capability: Name, hop: HopId, intake: &Intake<'_>) -> HopId {
        if self.hops.contains_key(&hop) { hop } else { intake.admission.admit(capability, hop) }
    }

    /// Adds all of another window.
    pub fn merge(&mut self, other: &Self) {
        self.merge_totals(other);
        self.merge_hops(other);
    }

    /// Adds what is counted of the capability as a whole, and nothing by hop: all that a picture over time needs.
    pub fn merge_totals(&mut self, other: &Self) {
        for (mine, theirs) in self.outcomes.iter_mut().zip(other.outcomes) {
            *mine += theirs;
        }
        for (mine, theirs) in self.absorbed.iter_mut().zip(other.absorbed) {
            *mine += theirs;
        }
        self.slow += other.slow;
        self.durations.merge(&other.durations);
        for theirs in &other.limits {
            let mine = self.limit_mut(theirs.under_ns);
            mine.good += theirs.good;
            mine.all += theirs.all;
        }
        self.critical_path = self.critical_path.saturating_add(other.critical_path);
        self.skewed = self.skewed.saturating_add(other.skewed);
        self.late = self.late.saturating_add(other.late);
        self.orphans = self.orphans.saturating_add(other.orphans);
        self.orphaned += other.orphaned;
        self.corrected += other.corrected;
    }

    fn merge_hops(&mut self, other: &Self) {
        for (hop, theirs) in &other.hops {
            self.hops.entry(*hop).or_default().merge(theirs);
        }
        for (service, theirs) in &other.joint {
            self.joint.entry(*service).or_default().merge(theirs);
        }
    }
}

fn plus(sum: u128, nanoseconds: u64, weight: Weight) -> u128 {
    sum.saturating_add(u128::from(nanoseconds) * u128::from(weight.units()))
}
