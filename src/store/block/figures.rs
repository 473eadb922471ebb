//! Which figure goes to which column, and what is known of it before.

use super::column::{Column, Kind};
use super::flow::Flow;
use super::spread::Hint;
use super::table::Table;
use crate::measure::{CallWays, Calls, Failures, HopFigures, Share, Spread, Tally, Trouble, Window, WithinLimit};
use crate::model::{Cause, HopId, Name, Outcome, TraceId};
use foldhash::fast::RandomState;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Latency limits of a capability: more are not.
const MOST_LIMITS: usize = 1 << 16;

/// Samples of a hop and cause: more are not.
const MOST_SAMPLES: usize = 256;

/// Failures of a hop and cause.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed {
    pub hop: usize,
    pub cause: Cause,
    pub count: Tally,
}

/// What is known from the window before.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub start: u64,
    pub step: u64,
    limits: Vec<u64>,
    callers: Vec<Vec<usize>>,
}

/// Figures of hops.
pub(super) type OfHops = HashMap<HopId, HopFigures, RandomState>;

/// Figures of services.
pub(super) type OfServices = HashMap<Name, Share, RandomState>;

fn nearest(tally: Tally, without: Tally) -> Tally {
    Tally {
        units: tally.units.saturating_sub(without.units),
        raw: tally.raw.saturating_sub(without.raw),
        excess: tally.excess.saturating_sub(without.excess),
    }
}

/// The figures of a capability.
pub(super) fn capability<F: Flow>(flow: &mut F, window: &mut Window, before: &mut Before) -> Result<(), F::Error> {
    for outcome in &mut window.outcomes {
        *outcome = flow.tally(Column::OUTCOMES, *outcome, Tally::default())?;
    }
    for absorbed in &mut window.absorbed {
        *absorbed = flow.tally(Column::ABSORBED, *absorbed, Tally::default())?;
    }
    let ok = window.outcome(Outcome::Ok);
    window.slow = flow.tally(Column::SLOW, window.slow, Tally::default())?;
    flow.spread(Kind::Durations, &mut window.durations, &Hint { units: ok.units, ..Hint::default() })?;
    let limits = flow.position(Column::LIMITS, window.limits.len(), before.limits.len(), MOST_LIMITS)?;
    let taken = std::mem::take(&mut window.limits);
    for at in 0..limits {
        let limit = taken.get(at).copied().unwrap_or_default();
        let under_ns = flow.near(Column::UNDER, limit.under_ns, before.limits.get(at).copied().unwrap_or(0))?;
        let all = flow.tally(Column::GOOD, limit.all, ok)?;
        let good = flow.tally(Column::GOOD, limit.good, all)?;
        window.limits.push(WithinLimit { under_ns, good, all });
    }
    before.limits = window.limits.iter().map(|limit| limit.under_ns).collect();
    window.critical_path = flow.sum(Column::PATH, window.critical_path, 0)?;
    window.skewed = flow.number(Column::SKEWED, window.skewed)?;
    window.late = flow.number(Column::LATE, window.late)?;
    window.orphans = flow.number(Column::LATE, window.orphans)?;
    window.orphaned = flow.tally(Column::MENDED, window.orphaned, Tally::default())?;
    window.corrected = flow.tally(Column::MENDED, window.corrected, Tally::default())?;
    Ok(())
}

/// The failures of a window, by position of the hop.
pub(super) fn failed_of(window: &Window, table: &Table) -> Vec<Failed> {
    let mut all = Vec::new();
    for (hop, id) in table.hops.iter().enumerate() {
        let trouble = window.hops.get(id).and_then(|figures| figures.trouble.as_deref());
        let failures = trouble.into_iter().flat_map(|trouble| &trouble.failures);
        all.extend(failures.map(|(cause, failures)| Failed { hop, cause: *cause, count: failures.count }));
    }
    all
}

/// Failures by hop and cause.
pub(super) fn failures<F: Flow>(flow: &mut F, failed: Vec<Failed>, table: &Table) -> Result<Vec<Failed>, F::Error> {
    let most = table.hops.len().saturating_mul(table.causes.len()).saturating_add(1);
    let length = flow.position(Column::FAILED, failed.len(), 0, most)?;
    let mut all = Vec::new();
    for at in 0..length {
        let here = failed.get(at).copied();
        let position = here.map_or(0, |failed| table.position_of_cause(failed.cause));
        let hop = flow.position(Column::FAILED_HOP, here.map_or(0, |failed| failed.hop), 0, table.hops.len())?;
        let cause = table.causes[flow.position(Column::FAILED_CAUSE, position, 0, table.causes.len())?];
        let one = Tally { units: 1 << 16, raw: 1, excess: 0 };
        let count = flow.tally(Column::FAILURES, here.map_or_else(Tally::default, |failed| failed.count), one)?;
        all.push(Failed { hop, cause, count });
    }
    Ok(all)
}

/// What there is of a hop, in bits.
const HERE: u64 = 1;
const SEVERAL: u64 = 2;
const TROUBLE: u64 = 4;
const SLOWEST: u64 = 8;

/// Where a window's hops come from and go to.
pub(super) struct Way<'a> {
    pub table: &'a Table,
    pub failed: &'a [Failed],
    pub executions: Tally,
    pub before: &'a mut Before,
}

/// The hops of a window.
pub(super) fn hops<F: Flow>(flow: &mut F, from: &mut OfHops, way: &mut Way<'_>) -> Result<OfHops, F::Error> {
    let mut to = OfHops::default();
    way.before.callers.resize(way.table.hops.len(), Vec::new());
    flow.forget_traces();
    let mut failed = way.failed;
    for (at, id) in way.table.hops.iter().enumerate() {
        let of_hop = failed.iter().take_while(|failed| failed.hop <= at).count();
        let (here, further) = failed.split_at(of_hop);
        failed = further;
        let taken = from.remove(id);
        let flags = flow.number(Column::HOP, taken.as_ref().map_or(0, flags_of))?;
        if flags == 0 {
            continue;
        }
        let mut figures = taken.unwrap_or_default();
        flow.turn_to(at);
        hop(flow, &mut figures, flags, here, at, way)?;
        // Where names have become too many, two hops may have become one.
        match to.get_mut(id) {
            Some(there) => there.merge(&figures),
            None => {
                to.insert(*id, figures);
            }
        }
    }
    Ok(to)
}

fn flags_of(figures: &HopFigures) -> u64 {
    let flag = |there: bool, flag: u64| if there { flag } else { 0 };
    HERE | flag(figures.several.is_some(), SEVERAL)
        | flag(figures.trouble.is_some(), TROUBLE)
        | flag(figures.slowest.is_some(), SLOWEST)
}

fn hop<F: Flow>(
    flow: &mut F,
    figures: &mut HopFigures,
    flags: u64,
    failed: &[Failed],
    at: usize,
    way: &mut Way<'_>,
) -> Result<(), F::Error> {
    let HopFigures { calls, latency, alone, several, .. } = figures;
    *calls = flow.tally(Column::CALLS, *calls, way.executions)?;
    flow.spread(Kind::Latency, latency, &Hint { units: calls.units, ..Hint::default() })?;
    share(flow, alone, *calls, latency)?;
    if flags & SEVERAL > 0 {
        share(flow, several.get_or_insert_default(), nearest(*calls, alone.executions), latency)?;
    }
    if flags & TROUBLE > 0 {
        trouble(flow, figures.trouble.get_or_insert_default(), failed)?;
    }
    callers(flow, figures, at, way)?;
    if flags & SLOWEST > 0 {
        let longest = figures.alone.critical_path.max.max(figures.several.as_ref().map_or(0, |share| share.critical_path.max));
        let (nanoseconds, Reverse(trace)) = figures.slowest.unwrap_or((0, Reverse(TraceId(0))));
        let nanoseconds = flow.near(Column::SLOWEST, nanoseconds, longest)?;
        figures.slowest = Some((nanoseconds, Reverse(flow.trace(trace)?)));
    }
    Ok(())
}

/// What there is of a share: nothing, or no trouble, or all.
const NOTHING: u64 = 0;
const SMOOTH: u64 = 1;

fn smooth(share: &Share) -> Share {
    Share {
        executions: share.executions,
        critical_path: share.critical_path.clone(),
        self_time: share.self_time.clone(),
        edge_gap: share.edge_gap.clone(),
        ok_units: share.executions.units,
        ok_self: share.self_time.sum,
        ok_gap: share.edge_gap.sum,
        ..Share::default()
    }
}

fn kind_of(share: &Share) -> u64 {
    match share {
        share if *share == Share::default() => NOTHING,
        share if *share == smooth(share) => SMOOTH,
        _ => 2,
    }
}

/// A share of which so many executions are likely, and whose own work may be as long as all calls.
fn share<F: Flow>(flow: &mut F, share: &mut Share, likely: Tally, latency: &Spread) -> Result<(), F::Error> {
    let kind = flow.number(Column::SHARE, kind_of(share))?;
    if kind == NOTHING {
        return Ok(());
    }
    share.executions = flow.tally(Column::EXECUTIONS, share.executions, likely)?;
    let hint = Hint { units: share.executions.units, ..Hint::default() };
    flow.spread(Kind::SelfTime, &mut share.self_time, &Hint { like: Some(latency), ..hint })?;
    flow.spread(Kind::Gap, &mut share.edge_gap, &hint)?;
    let path = Hint {
        like: Some(&share.self_time),
        sum: Some(share.self_time.sum.saturating_add(share.edge_gap.sum)),
        max: Some(share.self_time.max.saturating_add(share.edge_gap.max)),
        ..hint
    };
    flow.spread(Kind::Critical, &mut share.critical_path, &path)?;
    (share.ok_units, share.ok_self, share.ok_gap) = if kind == SMOOTH {
        (share.executions.units, share.self_time.sum, share.edge_gap.sum)
    } else {
        for tally in [&mut share.with_error, &mut share.ok_with_error, &mut share.missing] {
            *tally = flow.tally(Column::WITH_ERROR, *tally, Tally::default())?;
        }
        (
            flow.sum(Column::OK_UNITS, share.ok_units, share.executions.units)?,
            flow.sum(Column::OK_SELF, share.ok_self, share.self_time.sum)?,
            flow.sum(Column::OK_GAP, share.ok_gap, share.edge_gap.sum)?,
        )
    };
    Ok(())
}

fn trouble<F: Flow>(flow: &mut F, trouble: &mut Trouble, failed: &[Failed]) -> Result<(), F::Error> {
    let Trouble { errors, retries, slow_blamed, absorbed, .. } = trouble;
    for tally in [errors, retries, slow_blamed].into_iter().chain(absorbed) {
        *tally = flow.tally(Column::TROUBLE, *tally, Tally::default())?;
    }
    let taken = std::mem::take(&mut trouble.failures);
    for (at, failed) in failed.iter().enumerate() {
        let samples = taken.get(at).map_or(&[][..], |(_, failures)| &failures.samples);
        let length = flow.position(Column::SAMPLES, samples.len(), Failures::SAMPLES, MOST_SAMPLES)?;
        let mut read = Failures { count: failed.count, samples: Vec::new() };
        for at in 0..length {
            read.samples.push(flow.trace(samples.get(at).copied().unwrap_or(TraceId(0)))?);
        }
        trouble.failures_mut(failed.cause).merge(&read);
    }
    Ok(())
}

fn callers<F: Flow>(flow: &mut F, figures: &mut HopFigures, at: usize, way: &mut Way<'_>) -> Result<(), F::Error> {
    let mut taken: Vec<(usize, Calls)> =
        figures.callers.iter().map(|(caller, calls)| (way.table.position(*caller), calls.clone())).collect();
    taken.sort_unstable_by_key(|(caller, _)| *caller);
    figures.callers.clear();
    let before = std::mem::take(&mut way.before.callers[at]);
    let among = way.table.hops.len();
    let length = flow.position(Column::CALLERS, taken.len(), before.len(), among + 1)?;
    let mut calls_left = figures.calls;
    let mut executions = figures.alone.executions;
    if let Some(several) = &figures.several {
        executions += several.executions;
    }
    let several_gap = figures.several.as_ref().map_or(0, |share| share.edge_gap.sum);
    let mut gap_left = figures.alone.edge_gap.sum.saturating_add(several_gap);
    let mut positions = before.clone();
    positions.clear();
    for at in 0..length {
        let (caller, mut used) = taken.get(at).cloned().unwrap_or_default();
        let caller = flow.position(Column::CALLER, caller, before.get(at).copied().unwrap_or(0), among)?;
        let calls = flow.tally(Column::CALLER_CALLS, used.calls, calls_left)?;
        let gap = flow.sum(Column::CALLER_GAP, used.gap, gap_left)?;
        calls_left = nearest(calls_left, calls);
        gap_left = gap_left.saturating_sub(gap);
        positions.push(caller);
        (used.calls, used.gap) = (calls, gap);
        if flow.tells_ways(!used.executions.is_zero() || used.ways.is_some()) {
            ways(flow, &mut used, executions)?;
        }
        figures.calls_of(way.table.hops[caller]).merge(&used);
    }
    way.before.callers[at] = positions;
    Ok(())
}

/// What there is of the ways of a caller, in bits.
const ASYNCHRONOUS: u64 = 1;
const FAILED: u64 = 2;
const TOO_SLOW: u64 = 4;

/// Mostly there is one call in each execution; else the caller is most likely in all that have the callee.
fn ways<F: Flow>(flow: &mut F, used: &mut Calls, executions: Tally) -> Result<(), F::Error> {
    let likely = if used.calls.raw > executions.raw { executions } else { used.calls };
    used.executions = flow.tally(Column::CALLER_EXECUTIONS, used.executions, likely)?;
    let mut told = used.ways.take().map_or_else(CallWays::default, |ways| *ways);
    let flag = |tally: Tally, flag: u64| if tally == Tally::default() { 0 } else { flag };
    let there = flag(told.asynchronous, ASYNCHRONOUS) | flag(told.failures, FAILED) | flag(told.slow, TOO_SLOW);
    let there = flow.number(Column::CALLER_WAYS, there)?;
    if there & ASYNCHRONOUS > 0 {
        told.asynchronous = flow.tally(Column::CALLER_WAY, told.asynchronous, used.calls)?;
    }
    for (tally, flag) in [(&mut told.failures, FAILED), (&mut told.slow, TOO_SLOW)] {
        if there & flag > 0 {
            *tally = flow.tally(Column::CALLER_WAY, *tally, Tally::default())?;
        }
    }
    used.ways = (told != CallWays::default()).then(|| Box::new(told));
    Ok(())
}

/// The services of a window of which an execution used several hops.
pub(super) fn joint<F: Flow>(
    flow: &mut F,
    from: &mut OfServices,
    table: &Table,
    executions: Tally,
) -> Result<OfServices, F::Error> {
    let mut to = OfServices::default();
    for (at, service) in table.services.iter().enumerate() {
        let taken = from.remove(service);
        if flow.number(Column::JOINT, u64::from(taken.is_some()))? == 0 {
            continue;
        }
        let mut read = taken.unwrap_or_default();
        flow.turn_to(table.hops.len() + at);
        share(flow, &mut read, executions, &Spread::default())?;
        to.entry(*service).or_default().merge(&read);
    }
    Ok(to)
}
