//! Time: who takes longer than normal, itself or on the way to it.
//!
//! Of each hop the share of executions over its own normal 95th percentile is looked at, which one very slow execution cannot move,
//! and how far the whole distribution has moved says who comes first. Whoever is starved cannot send or receive: all whom it calls
//! look slow on the way, and their time is charged to the caller.

use super::chance::above;
use super::figures::{Figures, Table};
use super::found::{Found, Group, line, ms, percent};
use super::normal::{NormalShare, alike, stretches};
use super::starved;
use crate::measure::{Spread, bucket_of, middle_of};
use crate::model::{Hop, Names};
use crate::query::ExplainKind;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A share must be over the normal one by so much, however sure it is: who looks at very many executions is sure of everything.
const LEAST_MORE: f64 = 0.05;

/// And the time itself by such a part.
const LEAST_LONGER: f64 = 0.1;

/// Or the logarithm of all of it, on average.
const LEAST_HIGHER: f64 = 0.2;

/// A hop must take longer by this part of what the whole takes, or nobody notices.
const LEAST_FELT: f64 = 0.005;

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
    pub hop: Hop,
    pub what: What,
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
    pub excess_ns: f64,
    /// Share of all executions over what is normal.
    spoilt: f64,
    enough: bool,
}

const QUANTILES: [u32; 20] = [25, 75, 125, 175, 225, 275, 325, 375, 425, 475, 525, 575, 625, 675, 725, 775, 825, 875, 925, 975];

fn quantiles(spread: &Spread) -> [f64; 20] {
    spread.percentiles(QUANTILES).map(|value| value.unwrap_or(0) as f64)
}

fn median_of(spread: &Spread) -> f64 {
    let [median] = spread.percentiles([500]);
    median.unwrap_or(0) as f64
}

/// Mean and variance of the logarithms: they move with the whole distribution, and not with its largest values. What is over `most`
/// counts as that much.
fn logarithms(spreads: &[&Spread], most: f64) -> (f64, f64) {
    let (mut sum, mut squares, mut all) = (0.0, 0.0, 0.0);
    for (bucket, units) in spreads.iter().flat_map(|spread| spread.histogram.buckets()) {
        let value = logarithm(bucket).min(most);
        sum += units as f64 * value;
        squares += units as f64 * value * value;
        all += units as f64;
    }
    if all <= 0.0 {
        return (0.0, 0.0);
    }
    let mean = sum / all;
    (mean, (squares / all - mean * mean).max(0.0))
}

fn logarithm(bucket: u16) -> f64 {
    (1.0 + middle_of(bucket) as f64 / 1000.0).ln()
}

fn level(spreads: &[&Spread]) -> f64 {
    logarithms(spreads, f64::INFINITY).0
}

/// How likely by chance the whole distribution is so much higher. How much the stretches of the baseline differ from each other is
/// held against what is asked about as if it were one more stretch, however many cases it has. Two of eight that are far out do not
/// move the whole: how far beyond the normal 95th percentile they are does not count.
fn moved_by_chance(now: (&Spread, f64), normal: &Spread, limit: u16, stretches: &[(Vec<&Spread>, f64)]) -> f64 {
    let most = logarithm(limit) + 2.0_f64.ln();
    let ((level_now, _), (level_before, variance)) = (logarithms(&[now.0], most), logarithms(&[normal], most));
    let cases: f64 = stretches.iter().map(|(_, cases)| cases).sum();
    let many = stretches.len() as f64;
    let off = |spreads: &[&Spread]| logarithms(spreads, most).0 - level_before;
    let differ: f64 = stretches.iter().map(|(spreads, _)| off(spreads).powi(2)).sum::<f64>() / (many - 1.0).max(1.0);
    let by_cases = variance * many / cases.max(1.0);
    let drift = (differ - by_cases).max(0.0);
    // Of few stretches nobody knows how much they differ.
    let unknown = 1.0 + 3.0 / (many + 1.0);
    let deviation = (unknown * (variance * (1.0 / now.1 + 1.0 / cases) + drift * (1.0 + 1.0 / many))).sqrt();
    if deviation <= 0.0 {
        return 1.0;
    }
    // How much few cases vary is not known either (Student): so many deviations are worth fewer.
    let (times, known) = ((level_now - level_before) / deviation, (cases - 1.0).max(1.0));
    above(if times > 0.0 { (known * (1.0 + times * times / known).ln()).sqrt() } else { times })
}

pub(super) fn over(spread: &Spread, limit: u16) -> f64 {
    let all = spread.histogram.units() as f64;
    let over: f64 = spread.histogram.buckets().iter().filter(|(bucket, _)| *bucket > limit).map(|(_, units)| *units as f64).sum();
    if all > 0.0 { over / all } else { 0.0 }
}

/// A distribution now, against what is normal.
pub(super) struct Compared {
    /// Share of the cases over the limit.
    pub share: NormalShare,
    /// All that is normal.
    pub normal: Spread,
    /// Bucket of the normal 95th percentile.
    pub limit: u16,
    /// Of a distribution that lies higher as a whole: how likely by chance.
    pub moved: f64,
}

/// A distribution now, against those of the stretches of the baseline: (spread, cases).
pub(super) fn compare(now: (&Spread, f64), before: &[(&Spread, f64)]) -> Option<Compared> {
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
    let kept: Vec<(Vec<&Spread>, f64)> = kept.into_iter().cloned().collect();
    let moved = moved_by_chance(now, &normal, limit, &kept);
    (share.cases >= super::normal::A_STRETCH).then_some(Compared { share, normal, limit, moved })
}

fn longer(hop: Hop, what: What, now: &Table, baseline: &[Table]) -> Option<Longer> {
    let figures = now.row(hop)?;
    let before: Vec<(&Spread, f64)> =
        baseline.iter().filter_map(|table| table.row(hop)).map(|figures| (what.of(figures), figures.executions())).collect();
    let (spread, executions) = (what.of(figures), figures.executions());
    let Compared { share, normal, limit, moved: as_a_whole } = compare((spread, executions), &before)?;
    let now_over = over(spread, limit);
    let (later, earlier) = (quantiles(spread), quantiles(&normal));
    let moved = later.iter().zip(earlier).map(|(later, earlier)| (later - earlier).max(0.0)).sum::<f64>() / 20.0;
    let use_share = executions / now.executions.max(1.0);
    let felt = moved >= LEAST_FELT * now.mean_ns.unwrap_or(0.0);
    let mean = earlier.iter().sum::<f64>() / 20.0;
    Some(Longer {
        hop,
        what,
        // Two looks at the same.
        chance: (2.0 * share.at_least(now_over * executions, executions).min(as_a_whole)).min(1.0),
        over: (now_over, share.share),
        limit_ns: middle_of(limit) as f64,
        middle: (median_of(spread), median_of(&normal)),
        executions,
        excess_ns: moved * use_share,
        spoilt: (now_over - share.share).max(0.0) * use_share,
        enough: felt
            && moved >= LEAST_LONGER * mean
            && ((now_over - share.share >= LEAST_MORE && now_over * executions >= LEAST_OVER)
                || (level(&[spread]) - level(&[&normal]) >= LEAST_HIGHER)),
    })
}

/// Own time and time on the way that a hop is charged with, nanoseconds, and the finding.
pub(super) type Charged = (f64, f64, Found);

/// All hops, both ways of being slow.
pub(super) fn all(now: &Table, baseline: &[Table]) -> Vec<Longer> {
    let both = |hop: &Hop| [What::Own, What::Way].map(|what| longer(*hop, what, now, baseline));
    now.rows.keys().flat_map(both).flatten().collect()
}

/// Those that are surely longer, charged to whom they belong.
pub(super) fn group(all: &[Longer], alpha: f64, now: &Table, baseline: &[Table], names: &Names) -> Group {
    let mut sure: Vec<Longer> = all.iter().filter(|one| one.enough && one.chance <= alpha).cloned().collect();
    sure.sort_by_key(|one| (names.text(one.hop.hop), names.text(one.hop.service), one.what));
    let mut found: BTreeMap<Hop, Charged> = BTreeMap::new();
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
    starved::charge(&sure, &mut found, now, baseline, names);
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
