//! What there is to tell of incidents, from what is remembered of them and from the windows that are kept.
//!
//! Who, when and since when is remembered; figures are summed when somebody asks, so that they hold what came late and are those that any
//! other question about the same range tells. When an incident is over its figures are kept as they are then (`figured`): windows become longer with the
//! years, and what an incident cost must not change because an hour is told instead of ten seconds. Only its timeline is made of what windows there are.
//! Announced work is left out, as it is out of budgets.

use super::annotation::Kept;
use super::blamed::{Blamed, listed};
use super::figured::Figured;
use super::history::Steps;
use super::listing::Listed;
use super::pieces::{Part, Pieces};
use super::stats::share;
use super::status::count;
use super::{
    API_VERSION, AnnotationLine, Between, Count, Desk, IncidentLine, IncidentPeak, IncidentPoint, IncidentsAnswer,
    IncidentsQuestion, QueryError, Range, length_text, moment_text, money,
};
use crate::alert::Incident;
use crate::catalogue::{Capability, Objective, ObjectiveKind};
use crate::measure::{SLICE_NS, Window};
use crate::model::{Hops, Names, Outcome};
use crate::objective::{Counts, Indicator};

/// Names under which the store keeps incidents begin like this; the id follows.
pub const INCIDENTS: &str = "incident/";

/// More are not told at once: each is summed from its windows.
const MOST_TOLD: usize = 100;

/// What was done so long before an incident may be why it began, nanoseconds.
const BEFORE_NS: u64 = 3600 * SECOND_NS;

const SECOND_NS: u64 = 1_000_000_000;

/// The objective of this id, and what it counts; of a hop the id is `hop/objective`. `None` if there is none, or it cannot be counted.
pub fn indicator_of<'a>(capability: &'a Capability, id: &str, names: &Names) -> Option<(&'a Objective, Indicator)> {
    let own = capability.objectives.iter().find(|one| one.id == id);
    own.map(|one| (one, Indicator::of_capability(one))).or_else(|| {
        let all = of_hops(capability, names);
        all.into_iter().find(|(name, _, _)| name == id).map(|(_, one, indicator)| (one, indicator))
    })
}

/// Id, objective and what it counts, of all hops.
fn of_hops<'a>(capability: &'a Capability, names: &Names) -> Vec<(String, &'a Objective, Indicator)> {
    let hops = capability.hops.iter().flat_map(|hop| hop.objectives.iter().map(move |one| (hop, one)));
    let counted = hops.filter_map(|(hop, one)| {
        Some((format!("{}/{}", hop.id, one.id), one, Indicator::of_hop(one, names.intern(hop.id.as_bytes()))?))
    });
    counted.collect()
}

/// What is summed of a point.
#[derive(Debug, Default, Clone)]
struct Sum {
    totals: Window,
    counts: Counts,
    blamed: Blamed,
}

impl Sum {
    fn add(&mut self, window: &Window, indicator: Option<Indicator>, hops: &Hops) {
        self.totals.merge_totals(window);
        self.blamed.add(window);
        if let Some(indicator) = indicator {
            self.counts += indicator.counts(window, hops);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.totals.merge_totals(&other.totals);
        self.counts += other.counts;
        self.blamed.merge(&other.blamed);
    }
}

/// All that is summed of an incident.
pub(super) struct Summed {
    steps: Steps,
    points: Vec<Sum>,
    /// Id and target of each objective of a hop, and what was counted of it.
    hops: Vec<(String, f64, Counts)>,
    /// Windows are longer than slices.
    pub(super) coarse: Option<String>,
    /// Announced work lies in it.
    work: Option<String>,
}

impl Desk {
    pub(super) fn told_incidents(&self, question: &IncidentsQuestion) -> Result<IncidentsAnswer, QueryError> {
        let none = || {
            QueryError::Bad("incidents are found by a running server; ask one (--server URL), or its store (--store DIR)".into())
        };
        let store = self.keeper.store().ok_or_else(none)?;
        let listed = self.listing.now();
        let until_ns = self.keeper.extent()?.map_or(0, |extent| extent.end);
        let whole = question.id.is_some();
        let mut all = Vec::new();
        for (name, text) in store.texts(&format!("{INCIDENTS}{}", question.id.as_deref().unwrap_or_default()))? {
            let damaged = |error| QueryError::Unreadable(format!("what is kept as '{name}' is damaged: {error}"));
            all.push(serde_json::from_str::<Incident>(&text).map_err(damaged)?);
        }
        if let Some(id) = &question.id {
            all.retain(|one| one.id == *id);
            if all.is_empty() {
                return Err(QueryError::NoSuchIncident(id.clone()));
            }
        }
        let asked = |one: &Incident| {
            question.between.is_none_or(|between| {
                let Between { from_ns, to_ns } = span(one, until_ns);
                from_ns < between.to_ns && to_ns >= between.from_ns
            })
        };
        all.retain(asked);
        let more = all.len().saturating_sub(MOST_TOLD) as u64;
        let annotations = self.kept_annotations()?;
        let mut told = Vec::new();
        let mut estimated = false;
        for one in all.iter().rev().take(MOST_TOLD) {
            let Between { from_ns, to_ns } = span(one, until_ns);
            let kept = self.kept_figures(one)?;
            let Figured { mut line, weighted } = match kept {
                // In a list nobody asks how it went over time.
                Some(kept) if !whole => kept,
                Some(kept) => kept.with_timeline(self.figured(one, &listed, until_ns, whole)?),
                None => self.figured(one, &listed, until_ns, whole)?,
            };
            estimated |= weighted;
            let around = Between { from_ns: from_ns.saturating_sub(BEFORE_NS), to_ns };
            line.annotations = annotated(&annotations, Some(&one.capability), around);
            told.push(line);
        }
        Ok(IncidentsAnswer { api_version: API_VERSION.into(), incidents: told, more, estimated })
    }

    fn figured(&self, one: &Incident, listed: &[Listed], until_ns: u64, whole: bool) -> Result<Figured, QueryError> {
        let of = listed.iter().find(|listed| listed.capability.id == one.capability);
        let summed = of.map(|of| self.summed(one, of, until_ns)).transpose()?;
        let weighted = summed.as_ref().is_some_and(Summed::is_weighted);
        Ok(Figured { line: self.told_incident(one, of, summed, whole), weighted })
    }

    pub(super) fn summed(&self, one: &Incident, of: &Listed, until_ns: u64) -> Result<Summed, QueryError> {
        let asked = span(one, until_ns);
        // Where only longer windows are kept, whole ones are told: the one in which it began holds it.
        let length_ns = self.keeper.longest_ns(&(asked.from_ns..asked.to_ns))?.max(SLICE_NS);
        let between = Between { from_ns: asked.from_ns - asked.from_ns % length_ns, ..asked };
        let coarse = (length_ns > SLICE_NS).then(|| {
            format!(
                "only sums of {} are kept of it: figures are those of the whole stretches it lies in",
                length_text(length_ns / SECOND_NS)
            )
        });
        let steps = Steps::new(between, None)?;
        let found = indicator_of(&of.capability, &one.objective, &self.names).map(|(_, indicator)| indicator);
        let own = of_hops(&of.capability, &self.names);
        let mut hops: Vec<_> = own.iter().map(|(id, objective, _)| (id.clone(), objective.target, Counts::default())).collect();
        let mut points = vec![Sum::default(); steps.len()];
        let pieces = Pieces::new(between.from_ns..between.to_ns, &of.capability.maintenance);
        for (piece, _) in pieces.list.iter().filter(|(_, part)| *part != Part::Excluded) {
            let piece = Between { from_ns: piece.start, to_ns: piece.end };
            self.read_over_time(piece, of.name, steps.step_ns(), false, &mut |start_ns, _, window| {
                if let Some(sum) = steps.position(start_ns).and_then(|at| points.get_mut(at)) {
                    sum.add(window, found, &self.hops);
                }
                for ((_, _, sum), (_, _, indicator)) in hops.iter_mut().zip(&own) {
                    *sum += indicator.counts(window, &self.hops);
                }
            })?;
        }
        let work = (!pieces.maintenance.is_empty()).then(|| "announced work in it is left out".to_owned());
        Ok(Summed { steps, points, hops, coarse, work })
    }

    pub(super) fn told_incident(&self, one: &Incident, of: Option<&Listed>, summed: Option<Summed>, whole: bool) -> IncidentLine {
        let gone = || "its capability is not in the map any more: nothing is told of its figures".to_owned();
        let note = summed.as_ref().map_or_else(|| Some(gone()), Summed::note);
        let mut sum = Sum::default();
        summed.iter().flat_map(|summed| &summed.points).for_each(|point| sum.merge(point));
        let objective = of.and_then(|of| indicator_of(&of.capability, &one.objective, &self.names));
        let by_slow = objective.is_some_and(|(objective, _)| matches!(objective.kind, ObjectiveKind::Latency { .. }));
        let hops = listed(&sum.blamed, by_slow, &self.names, &self.hops);
        let (failed, all) = (sum.totals.outcome(Outcome::Failed), sum.totals.executions());
        let start_ns = one.stretch.as_ref().map_or(one.detected_ns, |stretch| stretch.start);
        let recovered_ns = one.resolved_ns.and(one.stretch.as_ref()).map(|stretch| stretch.end);
        let broke = broken_hops(summed.as_ref());
        let guilty = hops.first().map(|hop| hop.hop.as_str());
        let points = summed.as_ref().map_or_else(Vec::new, |summed| self.points(summed, by_slow));
        IncidentLine {
            id: one.id.clone(),
            capability: one.capability.clone(),
            objective: one.objective.clone(),
            tier: one.tier.clone(),
            severity: one.severity.as_str().into(),
            owner: one.owner.clone(),
            state: if one.resolved_ns.is_some() { "over" } else { "open" }.into(),
            start: moment_text(start_ns),
            detected: moment_text(one.detected_ns),
            peak: summed.as_ref().and_then(peak),
            recovered: recovered_ns.map(moment_text),
            resolved: one.resolved_ns.map(moment_text),
            executions: count(all),
            outcomes: Outcome::ALL
                .iter()
                .map(|outcome| (outcome.as_str().to_owned(), count(sum.totals.outcome(*outcome))))
                .collect(),
            lost: count(failed),
            lost_share: share(failed.units, all.units),
            slow: count(sum.totals.slow),
            lost_value: of.and_then(|of| of.capability.value.as_ref()).and_then(|rule| money::lost(failed.units, rule)),
            counted: count(sum.counts.all()),
            broken: count(sum.counts.bad),
            broken_share: sum.counts.error_rate(),
            system_accident: accident(of.map(|of| &of.capability), guilty, summed.as_ref(), &broke).into(),
            hops,
            hop_objectives_broken: broke,
            step_seconds: summed.as_ref().map_or(0, |summed| summed.steps.step_ns() / SECOND_NS),
            timeline: if whole { points } else { Vec::new() },
            annotations: Vec::new(),
            note,
        }
    }

    fn points(&self, summed: &Summed, by_slow: bool) -> Vec<IncidentPoint> {
        let told = |(at, sum): (usize, &Sum)| {
            let Range { from, to } = Range::from(summed.steps.stretch(at));
            IncidentPoint {
                from,
                to,
                executions: count(sum.totals.executions()),
                lost: count(sum.totals.outcome(Outcome::Failed)),
                slow: count(sum.totals.slow),
                broken: count(sum.counts.bad),
                hops: listed(&sum.blamed, by_slow, &self.names, &self.hops),
            }
        };
        summed.points.iter().enumerate().map(told).collect()
    }
}

impl Summed {
    pub(super) fn is_weighted(&self) -> bool {
        self.points.iter().any(|sum| sum.totals.is_estimated())
    }

    fn note(&self) -> Option<String> {
        [&self.coarse, &self.work].into_iter().flatten().cloned().reduce(|one, other| format!("{one}; {other}"))
    }
}

/// Annotations that touch this time, of one capability those about it and those about all.
pub(super) fn annotated(kept: &[Kept], capability: Option<&str>, between: Between) -> Vec<AnnotationLine> {
    let about = |one: &&Kept| match (capability, &one.capability) {
        (Some(asked), Some(told)) => asked == told,
        _ => true,
    };
    let touches = |one: &&Kept| one.from_ns < between.to_ns && one.to_ns >= between.from_ns;
    kept.iter().filter(about).filter(touches).map(Kept::line).collect()
}

/// From when to when figures are summed: of one that goes on, up to what is counted.
pub(super) fn span(one: &Incident, until_ns: u64) -> Between {
    let from_ns = one.stretch.as_ref().map_or(one.detected_ns, |stretch| stretch.start);
    let to_ns = match (one.resolved_ns, &one.stretch) {
        (None, _) => until_ns,
        (Some(_), Some(stretch)) => stretch.end,
        (Some(resolved_ns), None) => resolved_ns,
    };
    Between { from_ns, to_ns: to_ns.max(from_ns) }
}

fn peak(summed: &Summed) -> Option<IncidentPeak> {
    let worst = summed.points.iter().enumerate().rev().max_by_key(|(_, sum)| sum.counts.bad.units)?;
    let Range { from, to } = Range::from(summed.steps.stretch(worst.0));
    let counts = worst.1.counts;
    (counts.bad.units > 0).then(|| IncidentPeak {
        from,
        to,
        broken: Count(counts.bad.count()),
        broken_share: counts.error_rate(),
    })
}

/// Objectives of hops that were broken in this time.
fn broken_hops(summed: Option<&Summed>) -> Vec<String> {
    let all = summed.iter().flat_map(|summed| &summed.hops);
    let broken = all.filter(|(_, target, counts)| counts.error_rate().is_some_and(|rate| rate > 1.0 - target));
    broken.map(|(id, _, _)| id.clone()).collect()
}

/// Whether every part did as it promised, and the whole did not. Of a hop that promises nothing nobody can say that it kept its promise.
fn accident(capability: Option<&Capability>, guilty: Option<&str>, summed: Option<&Summed>, broke: &[String]) -> &'static str {
    let counted = |hop: &str| {
        let of_hop = |id: &String| id.strip_prefix(hop).is_some_and(|rest| rest.starts_with('/'));
        summed.is_some_and(|summed| summed.hops.iter().any(|(id, _, counts)| of_hop(id) && counts.all().units > 0))
    };
    match (capability, guilty) {
        _ if !broke.is_empty() => "no",
        (Some(_), Some(guilty)) if counted(guilty) => "yes",
        _ => "unknown",
    }
}
