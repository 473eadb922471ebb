//! What is left of the budgets, from what is counted and kept.
//!
//! All objectives whose windows are the same are summed in one reading, so that fifty capabilities of 28 days cost one walk over the
//! windows of 28 days, most of them a day long, and not fifty. Announced work is read beside it and not subtracted, so that what is
//! left out can be told.

use super::listing::{Listed, asked};
use super::pieces::{Part, Pieces};
use super::stats::share;
use super::status::{count, failures_by_hop};
use super::{
    API_VERSION, BudgetAnswer, BudgetQuestion, Count, Desk, Excluded, Lately, MaintenanceLine, ObjectiveBudget, QueryError,
    Range, Spender, length_text, moment_text,
};
use crate::catalogue::{Objective, ObjectiveKind};
use crate::measure::{SLICE_NS, Window, units_to_count};
use crate::model::{HopId, Hops, Name, Names};
use crate::objective::{Budget, Counts, Indicator, Period, Rate, budget};
use crate::store::Look;
use std::collections::HashMap;

const SECOND_NS: u64 = 1_000_000_000;

/// An objective that is asked about.
struct Asked<'a> {
    one: &'a Listed,
    /// Id of its hop.
    hop: Option<&'a str>,
    objective: &'a Objective,
    period: Period,
    /// `None` where it cannot be counted.
    indicator: Option<Indicator>,
    /// The failures of all hops add up to what was used. Slow executions are blamed on hops, too, but those that failed beside those that
    /// were served, so that their sum is another one.
    by_hop: bool,
    pieces: Pieces,
}

/// What is summed of it.
#[derive(Debug, Default)]
struct Sum {
    kept: Counts,
    lately: Counts,
    excluded: Counts,
    spent: HashMap<HopId, u128>,
    note: Option<String>,
}

impl Desk {
    pub(super) fn told_budget(&self, question: &BudgetQuestion) -> Result<BudgetAnswer, QueryError> {
        let listed = self.listing.now();
        let listed = asked(&listed, question.capability.as_deref())?;
        let extent = self.keeper.extent()?;
        let at_ns = question.at_ns.or(extent.as_ref().map(|extent| extent.end)).unwrap_or(0);
        let all: Vec<Asked<'_>> = listed.iter().flat_map(|one| self.objectives_of(one, at_ns)).collect();
        let since_ns = extent.map(|extent| extent.start);
        let mut sums: Vec<Sum> = all.iter().map(|_| Sum::default()).collect();
        for together in alike(&all) {
            let Some(pieces) = together.first().map(|at| &all[*at].pieces) else { continue };
            let note = self.note_of(pieces, since_ns)?;
            together.iter().for_each(|at| sums[*at].note.clone_from(&note));
            self.read_together(&all, &together, &mut sums)?;
        }
        let told = all.iter().zip(&sums).map(|(asked, sum)| self.told(asked, sum, at_ns));
        Ok(BudgetAnswer {
            api_version: API_VERSION.into(),
            at: moment_text(at_ns),
            budgets: told.collect(),
            estimated: sums.iter().any(|sum| sum.kept.all().is_weighted()),
        })
    }

    fn objectives_of<'a>(&self, one: &'a Listed, at_ns: u64) -> Vec<Asked<'a>> {
        let capability = &one.capability;
        let asked = |hop: Option<&'a str>, objective: &'a Objective, indicator: Option<Indicator>| {
            let period = Period::of(objective);
            let pieces = Pieces::new(past(period, at_ns), &capability.maintenance);
            let by_hop = hop.is_none() && objective.kind == ObjectiveKind::Availability;
            Asked { one, hop, objective, period, indicator, by_hop, pieces }
        };
        let own = capability.objectives.iter().map(|it| asked(None, it, Some(Indicator::of_capability(it))));
        let of_hops = capability.hops.iter().flat_map(|hop| {
            let name = self.names.intern(hop.id.as_bytes());
            hop.objectives.iter().map(move |it| (hop, it, Indicator::of_hop(it, name)))
        });
        own.chain(of_hops.map(|(hop, it, indicator)| asked(Some(&hop.id), it, indicator))).collect()
    }

    /// Sums objectives whose pieces are the same.
    fn read_together(&self, all: &[Asked<'_>], together: &[usize], sums: &mut [Sum]) -> Result<(), QueryError> {
        let Some(first) = together.first().map(|at| &all[*at]) else { return Ok(()) };
        let mut of: HashMap<Name, Vec<usize>> = HashMap::new();
        together.iter().for_each(|at| of.entry(all[*at].one.name).or_default().push(*at));
        let only = if of.len() == 1 { Some(first.one.name) } else { None };
        // Who failed stands with the capability; all else of hops is kept apart, and only read where it is needed.
        let totals = together.iter().all(|at| all[*at].hop.is_none());
        for (range, part) in &first.pieces.list {
            let look = Look { totals, ..Look::default() };
            self.keeper.read_by(range.clone(), only, look, &mut |kept, window| {
                for at in of.get(&kept.capability).into_iter().flatten() {
                    add(&mut sums[*at], &all[*at], *part, window, &self.hops);
                }
            })?;
        }
        Ok(())
    }

    /// What must be known of windows that do not fit, and of time before anything was counted.
    fn note_of(&self, pieces: &Pieces, since_ns: Option<u64>) -> Result<Option<String>, QueryError> {
        let mut notes = Vec::new();
        match since_ns {
            None => notes.push("nothing has been counted yet".to_owned()),
            Some(since_ns) if since_ns > pieces.range.start => {
                notes.push(format!("nothing is kept of the time before {}", moment_text(since_ns)));
            }
            Some(_) => {}
        }
        // Before anything was counted nobody cares in what lengths.
        let counted = |border: &u64| since_ns.is_some_and(|since_ns| *border >= since_ns);
        for border in pieces.list.iter().map(|(piece, _)| piece.start).filter(counted) {
            let length_ns = self.keeper.longest_ns(&(border..border.saturating_add(1)))?;
            if length_ns > SLICE_NS && !border.is_multiple_of(length_ns) {
                let (at, length) = (moment_text(border), length_text(length_ns / SECOND_NS));
                notes.push(format!("around {at} only sums of {length} are kept: each counts for the stretch in which it begins"));
            }
        }
        Ok(notes.into_iter().reduce(|one, other| format!("{one}; {other}")))
    }

    fn told(&self, asked: &Asked<'_>, sum: &Sum, at_ns: u64) -> ObjectiveBudget {
        let uncounted = || "calls of a hop are not counted against a limit of time when they come in".to_owned();
        let lately_ns = asked.pieces.lately_ns();
        let rate = Rate { bad: sum.lately.bad.count(), in_ns: lately_ns };
        let sums = budget(&sum.kept, asked.objective.target, Some(rate));
        let Budget { allowed, used, left, left_share, gone_in_ns } = sums;
        let gone_at = gone_in_ns.map(|in_ns| moment_text(at_ns.saturating_add(in_ns))).filter(|text| !text.is_empty());
        ObjectiveBudget {
            capability: asked.one.capability.id.clone(),
            hop: asked.hop.map(str::to_owned),
            objective: asked.objective.id.clone(),
            kind: asked.objective.kind.as_str().into(),
            target: asked.objective.target,
            window: asked.period.text(),
            range: Range { from: moment_text(asked.pieces.range.start), to: moment_text(asked.pieces.range.end) },
            counted: count(sum.kept.all()),
            allowed: Count(allowed),
            used: Count(used),
            left: Count(left),
            left_share,
            gone: sums.is_gone(),
            gone_in_seconds: gone_in_ns.map(|in_ns| in_ns / SECOND_NS),
            gone_at,
            lately: Lately { used: count(sum.lately.bad), seconds: lately_ns / SECOND_NS },
            spent: spenders(&sum.spent, sum.kept.bad.units, &self.names, &self.hops),
            excluded: excluded(asked, sum),
            note: if asked.indicator.is_none() { Some(uncounted()) } else { sum.note.clone() },
        }
    }
}

/// What is past of a window that ends here. Where a month has just ended, it is that one: nobody asks about nothing.
fn past(period: Period, at_ns: u64) -> std::ops::Range<u64> {
    match period {
        Period::Rolling(_) => period.so_far(at_ns),
        Period::Calendar(_) => period.so_far(at_ns.saturating_sub(1)).start..at_ns,
    }
}

/// Positions of those that can be summed in one reading: their pieces are the same.
fn alike(all: &[Asked<'_>]) -> Vec<Vec<usize>> {
    let mut groups: HashMap<&[(std::ops::Range<u64>, Part)], Vec<usize>> = HashMap::new();
    for (at, asked) in all.iter().enumerate().filter(|(_, asked)| asked.indicator.is_some()) {
        groups.entry(&asked.pieces.list).or_default().push(at);
    }
    groups.into_values().collect()
}

fn add(sum: &mut Sum, asked: &Asked<'_>, part: Part, window: &Window, hops: &Hops) {
    let Some(indicator) = asked.indicator else { return };
    let counts = indicator.counts(window, hops);
    if part == Part::Excluded {
        sum.excluded += counts;
        return;
    }
    sum.kept += counts;
    if part == Part::Lately {
        sum.lately += counts;
    }
    if !asked.by_hop {
        return;
    }
    for (hop, units) in failures_by_hop(window).filter(|(_, units)| *units > 0) {
        let spent = sum.spent.entry(hop).or_default();
        *spent = spent.saturating_add(units);
    }
}

/// Most first; between equals by name. Numbers of the same hop of other services are rows of their own.
fn spenders(spent: &HashMap<HopId, u128>, used: u128, names: &Names, hops: &Hops) -> Vec<Spender> {
    let mut list: Vec<(u128, &str, &str)> = spent
        .iter()
        .map(|(id, units)| {
            let hop = hops.get(*id);
            (*units, names.text(hop.hop), names.text(hop.service))
        })
        .collect();
    list.sort_unstable_by(|one, other| other.0.cmp(&one.0).then_with(|| (one.1, one.2).cmp(&(other.1, other.2))));
    let told = |(units, hop, service): (u128, &str, &str)| Spender {
        hop: hop.into(),
        service: service.into(),
        used: Count(units_to_count(units)),
        share: share(units, used).unwrap_or(0.0),
    };
    list.into_iter().map(told).collect()
}

fn excluded(asked: &Asked<'_>, sum: &Sum) -> Option<Excluded> {
    let line = |one: &std::sync::Arc<crate::catalogue::Maintenance>| MaintenanceLine {
        from: moment_text(one.from_ns),
        to: moment_text(one.to_ns),
        reason: one.reason.clone(),
    };
    let maintenance: Vec<_> = asked.pieces.maintenance.iter().map(line).collect();
    (!maintenance.is_empty()).then(|| Excluded { maintenance, counted: count(sum.excluded.all()), used: count(sum.excluded.bad) })
}
