//! Time: who takes longer than normal, itself or on the way to it.
//!
//! Of each hop the share of executions over its own normal 95th percentile is looked at, which one very slow execution cannot move,
//! and how far the whole distribution has moved says who comes first. Whoever is starved cannot send or receive: all whom it calls
//! look slow on the way, and their time is charged to the caller.

use super::figures::{Figures, Table};
use super::found::{Found, Group, line, ms, percent};
use super::normal::{NormalShare, alike, median, stretches};
use crate::measure::{Spread, bucket_of, middle_of};
use crate::model::{Hop, Names};
use crate::query::ExplainKind;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A share must be over the normal one by so much, however sure it is: who looks at very many executions is sure of everything.
const LEAST_MORE: f64 = 0.05;

/// And the time itself by such a part.
const LEAST_LONGER: f64 = 0.1;

/// So many times as long on the way from one caller.
const EDGE_LONGER: f64 = 1.5;

/// With fewer executions, of which so many are over, nothing is told.
const LEAST_OVER: f64 = 3.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Own,
    Way,
}

impl What {
    fn of(self, figures: &Figures) -> &Spread {
        match self {
            Self::Own => &figures.share.self_time,
            Self::Way => &figures.share.edge_gap,
        }
    }
}

/// Longer than normal.
#[derive(Debug, Clone)]
pub(super) struct Longer {
    hop: Hop,
    what: What,
    /// How likely by chance.
    chance: f64,
    /// Share of its executions over the normal 95th percentile, now and normally.
    over: (f64, f64),
    /// That percentile, nanoseconds.
    limit_ns: f64,
    /// Medians, now and normally.
    middle: (f64, f64),
    /// Its executions.
    executions: f64,
    /// Nanoseconds more per execution of the capability.
    excess_ns: f64,
    /// Share of all executions over what is normal.
    spoilt: f64,
    enough: bool,
}

const QUANTILES: [u32; 20] = [25, 75, 125, 175, 225, 275, 325, 375, 425, 475, 525, 575, 625, 675, 725, 775, 825, 875, 925, 975];

fn quantiles(spread: &Spread) -> [f64; 20] {
    spread.percentiles(QUANTILES).map(|value| value.unwrap_or(0) as f64)
}

/// Mean of the logarithms: moves with the whole distribution, and not with its largest value.
fn level(spreads: &[&Spread]) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for (bucket, units) in spreads.iter().flat_map(|spread| spread.histogram.buckets()) {
        sum += units as f64 * (1.0 + middle_of(bucket) as f64 / 1000.0).ln();
        all += units as f64;
    }
    if all > 0.0 { sum / all } else { 0.0 }
}

pub(super) fn over(spread: &Spread, limit: u16) -> f64 {
    let all = spread.histogram.units() as f64;
    let over: f64 = spread.histogram.buckets().iter().filter(|(bucket, _)| *bucket > limit).map(|(_, units)| *units as f64).sum();
    if all > 0.0 { over / all } else { 0.0 }
}

/// A distribution now, against those of the stretches of the baseline: (spread, cases).
pub(super) fn compare(now: (&Spread, f64), before: &[(&Spread, f64)]) -> Option<(NormalShare, Spread, u16)> {
    let (_, cases) = now;
    let before: Vec<&(&Spread, f64)> = before.iter().filter(|(spread, cases)| *cases > 0.0 && !spread.is_empty()).collect();
    if cases < LEAST_OVER || before.is_empty() {
        return None;
    }
    let groups: Vec<(Vec<&Spread>, f64)> = stretches(&before, |(_, cases)| *cases)
        .into_iter()
        .map(|range| (before[range.clone()].iter().map(|one| one.0).collect(), before[range].iter().map(|one| one.1).sum()))
        .collect();
    let levels: Vec<f64> = groups.iter().map(|(spreads, _)| level(spreads)).collect();
    let keep = alike(&levels, |_| 0.1);
    let kept: Vec<&(Vec<&Spread>, f64)> = groups.iter().zip(keep).filter(|(_, keep)| *keep).map(|(group, _)| group).collect();
    let mut normal = Spread::default();
    kept.iter().flat_map(|(spreads, _)| spreads).for_each(|spread| normal.merge(spread));
    let [limit] = normal.histogram.percentiles([950]);
    let limit = bucket_of(limit?);
    let shares: Vec<(f64, f64)> = kept
        .iter()
        .map(|(spreads, cases)| {
            let mut sum = Spread::default();
            spreads.iter().for_each(|spread| sum.merge(spread));
            (over(&sum, limit) * cases, *cases)
        })
        .collect();
    let share = NormalShare::pooled(&shares)?;
    (share.cases >= super::normal::A_STRETCH).then_some((share, normal, limit))
}

fn longer(hop: Hop, what: What, now: &Table, baseline: &[Table]) -> Option<Longer> {
    let figures = now.row(hop)?;
    let before: Vec<(&Spread, f64)> =
        baseline.iter().filter_map(|table| table.row(hop)).map(|figures| (what.of(figures), figures.executions())).collect();
    let (spread, executions) = (what.of(figures), figures.executions());
    let (share, normal, limit) = compare((spread, executions), &before)?;
    let now_over = over(spread, limit);
    let (later, earlier) = (quantiles(spread), quantiles(&normal));
    let moved = later.iter().zip(earlier).map(|(later, earlier)| (later - earlier).max(0.0)).sum::<f64>() / 20.0;
    let use_share = executions / now.executions.max(1.0);
    let mean = earlier.iter().sum::<f64>() / 20.0;
    Some(Longer {
        hop,
        what,
        chance: share.at_least(now_over * executions, executions),
        over: (now_over, share.share),
        limit_ns: middle_of(limit) as f64,
        middle: (f64::midpoint(later[9], later[10]), f64::midpoint(earlier[9], earlier[10])),
        executions,
        excess_ns: moved * use_share,
        spoilt: (now_over - share.share).max(0.0) * use_share,
        enough: now_over - share.share >= LEAST_MORE && now_over * executions >= LEAST_OVER && moved >= LEAST_LONGER * mean,
    })
}

/// All hops, both ways of being slow.
pub(super) fn all(now: &Table, baseline: &[Table]) -> Vec<Longer> {
    let both = |hop: &Hop| [What::Own, What::Way].map(|what| longer(*hop, what, now, baseline));
    now.rows.keys().flat_map(both).flatten().collect()
}

/// Those that are surely longer, charged to whom they belong.
pub(super) fn group(all: Vec<Longer>, alpha: f64, now: &Table, baseline: &[Table], names: &Names) -> Group {
    let mut sure: Vec<Longer> = all.into_iter().filter(|one| one.enough && one.chance <= alpha).collect();
    sure.sort_by_key(|one| (names.text(one.hop.hop), names.text(one.hop.service), one.what));
    let mut found: BTreeMap<Hop, (f64, f64, Found)> = BTreeMap::new();
    for one in &sure {
        let (own, way, of_hop) = found.entry(one.hop).or_insert_with(|| (0.0, 0.0, Found::new(one.hop, ExplainKind::HopSlow)));
        *match one.what {
            What::Own => own,
            What::Way => way,
        } += one.excess_ns;
        of_hop.evidence.push(sentence(one, names));
        of_hop.traces.extend(now.row(one.hop).and_then(|figures| figures.slowest).map(|(_, Reverse(trace))| trace));
        of_hop.traces.dedup();
    }
    for starved in starved(&sure, now, baseline) {
        charge(&starved, &mut found, names);
    }
    let mut group = Group { magnitude: sure.iter().map(|one| one.spoilt).fold(0.0, f64::max), found: Vec::new() };
    for (own, way, mut of_hop) in found.into_values() {
        of_hop.size = own + way;
        of_hop.kind = if way > own { ExplainKind::Edge } else { ExplainKind::HopSlow };
        // What grew most is told first.
        let first = if way > own { "edge_gap" } else { "self_time" };
        of_hop.evidence.sort_by_key(|line| (line.kind != "starved_caller", line.kind != first));
        group.found.push(of_hop);
    }
    group
}

fn sentence(one: &Longer, names: &Names) -> crate::query::EvidenceLine {
    let name = names.text(one.hop.hop);
    let (now, normally) = (ms(one.middle.0), ms(one.middle.1));
    let (over, normal_over) = (percent(one.over.0), percent(one.over.1));
    let rest = format!(
        "{over} of {:.0} executions took over {}, normally {normal_over}; the median is {now}, normally {normally}",
        one.executions,
        ms(one.limit_ns)
    );
    let (kind, text) = match one.what {
        What::Own => ("self_time", format!("own work of {name}: {rest}")),
        What::Way => ("edge_gap", format!("on the way to {name} and back: {rest}")),
    };
    line(kind, text, one.middle.0 / 1e6, Some(one.middle.1 / 1e6))
}

/// A caller from which nearly every way is longer.
#[derive(Debug)]
struct Starved {
    caller: Hop,
    callees: usize,
    /// Callee, and the part of its longer way that this caller's calls have.
    longer: Vec<(Hop, f64, f64)>,
}

fn starved(sure: &[Longer], now: &Table, baseline: &[Table]) -> Vec<Starved> {
    let mut edges: BTreeMap<Hop, Vec<Hop>> = BTreeMap::new();
    for (callee, figures) in &now.rows {
        for (caller, _) in figures.callers.iter().filter(|(_, calls)| calls.calls.raw as f64 >= LEAST_OVER && calls.gap > 0) {
            edges.entry(*caller).or_default().push(*callee);
        }
    }
    let mut all = Vec::new();
    for (caller, callees) in edges {
        let longer: Vec<(Hop, f64, f64)> = callees
            .iter()
            .filter_map(|callee| {
                let way = sure.iter().find(|one| one.hop == *callee && one.what == What::Way)?;
                let part = part_of(caller, *callee, now, baseline)?;
                Some((*callee, part, part * way.excess_ns))
            })
            .collect();
        let itself = sure.iter().any(|one| one.hop == caller && one.what == What::Own);
        let enough = if itself { 2 } else { 3 };
        if longer.len() >= enough && longer.len() * 5 >= callees.len() * 3 {
            all.push(Starved { caller, callees: callees.len(), longer });
        }
    }
    all
}

/// The part that a caller has in the time on the way to a callee, if that way takes surely more than normal.
fn part_of(caller: Hop, callee: Hop, now: &Table, baseline: &[Table]) -> Option<f64> {
    let (calls, gap) = now.calls(caller, callee);
    let before: Vec<f64> = baseline
        .iter()
        .map(|table| table.calls(caller, callee))
        .filter(|(calls, _)| *calls > 0.0)
        .map(|(calls, gap)| gap / calls)
        .collect();
    if before.is_empty() || gap / calls.max(1.0) < EDGE_LONGER * median(before) {
        return None;
    }
    let all: f64 = now.row(callee)?.callers.values().map(|calls| calls.gap as f64 / 65536.0).sum();
    (all > 0.0).then(|| gap / all)
}

fn charge(starved: &Starved, found: &mut BTreeMap<Hop, (f64, f64, Found)>, names: &Names) {
    let mut moved = 0.0;
    for (callee, part, excess_ns) in &starved.longer {
        if let Some((_, way, _)) = found.get_mut(callee) {
            *way -= excess_ns.min(*way);
            moved += excess_ns;
        }
        let _ = part;
    }
    let mut callees: Vec<&str> = starved.longer.iter().map(|(callee, ..)| names.text(callee.hop)).collect();
    callees.sort_unstable();
    callees.truncate(5);
    let name = names.text(starved.caller.hop);
    let text = format!(
        "{} of the {} that {name} calls take longer on the way ({}): the caller is late, not they; {} more an execution",
        starved.longer.len(),
        starved.callees,
        callees.join(", "),
        ms(moved)
    );
    let (own, _, of_caller) =
        found.entry(starved.caller).or_insert_with(|| (0.0, 0.0, Found::new(starved.caller, ExplainKind::HopSlow)));
    *own += moved;
    of_caller.evidence.push(line("starved_caller", text, starved.longer.len() as f64, Some(0.0)));
}
