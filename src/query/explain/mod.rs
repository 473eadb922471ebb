//! Why was a capability bad between A and B (spec 2.7)? Suspects, best first, each with sentences that carry numbers.
//!
//! A pure function of windows: those of the range that is asked about, and those of a baseline. Four sorts of differences are looked
//! for, and a difference counts only if it is statistically sure, after correction for how many were looked for: failures and
//! absorbed errors by hop (`failures`), time by hop, own and on the way (`time`), calls that are not made (`calls`), and what only the
//! whole shows (`whole`). What is normal is told robustly by `normal`: a baseline holds other faults.
//!
//! Each sort is weighed by about the share of executions that it spoilt, a failed execution three times a slow one; within a sort,
//! suspects share by their excess. The kind is that of the sort that weighs most at the first suspect. The road not taken: one score
//! of "how unlikely" over all sorts. With many executions everything is unlikely, and the smallest but surest difference would win.

mod blocks;
mod calls;
mod chance;
mod failures;
mod figures;
mod found;
mod normal;
mod starved;
#[cfg(test)]
mod tests;
mod time;
mod unanswered;
mod whole;

pub(super) use blocks::Blocks;

use super::{EvidenceLine, ExplainKind, Level, Suspect};
use crate::measure::Window;
use crate::model::{Hop, Hops, Names, TraceId};
use figures::{Table, bucket};
use found::Group;
use std::collections::BTreeMap;

/// Chance that one sort of difference is told of a range in which nothing happened: at most about this. The tests are made for the
/// worst that a baseline allows, so that all sorts together come to about as much.
const FALSE_ALARM: f64 = 0.01;

/// A baseline that is not so many times as long as the range has seen little of how a system is by itself.
pub(super) const LONGER: u64 = 3;

/// Against such a baseline time must be so much surer: how much it moves without any reason is not known.
const BRIEF_ALPHA: f64 = 0.01;

/// Trace ids told of a suspect.
const MOST_TRACES: usize = 5;

/// Suspects told.
const MOST_SUSPECTS: usize = 20;

/// Why.
#[derive(Debug)]
pub(super) struct Why {
    pub kind: ExplainKind,
    pub suspects: Vec<Suspect>,
}

/// What the windows of the range have that those of the baseline have not.
pub(super) fn explain(now: &Blocks, baseline: &Blocks, level: Level, names: &Names, hops: &Hops) -> Why {
    let (window, blocks) = (now.sum(), baseline.list());
    let brief = baseline.seconds() < LONGER * now.seconds();
    let seen = Seen::of(&window, &blocks, brief, level, names, hops);
    let caller = bucket(Hops::CALLER, hops);
    // Each sort has its own part of the chance: few hops fail at all, so that few failures can be sure although many ways are looked at.
    let rejected = whole::rejected(&window, &blocks, FALSE_ALARM / 2.0, caller);
    let found = seen.suspects(|looked_at| FALSE_ALARM / (looked_at + 1) as f64, rejected);
    if let Some(why) = found {
        return why;
    }
    if let Some(evidence) = whole::worse(&window, &blocks, FALSE_ALARM / 2.0) {
        // That something is wrong is sure by now. Who did it must only be surer than who did not.
        if let Some(mut why) = seen.suspects(|_| FALSE_ALARM, Group::default()) {
            why.suspects.iter_mut().take(1).for_each(|first| first.evidence.push(evidence.clone()));
            return why;
        }
        return Why { kind: ExplainKind::SystemAccident, suspects: vec![nobody(evidence, names)] };
    }
    let traffic = ranked([whole::traffic(now, baseline, caller)], names);
    let kind = if traffic.is_empty() { ExplainKind::NothingUnusual } else { ExplainKind::Traffic };
    Why { kind, suspects: traffic.into_iter().map(|(_, _, suspect)| suspect).collect() }
}

/// All that is looked at, with how likely each is by chance.
struct Seen<'a> {
    table: Table,
    baseline: Vec<Table>,
    longer: Vec<time::Longer>,
    pairs: Vec<calls::Pair>,
    more: Vec<failures::More>,
    /// The baseline is hardly longer than the range.
    brief: bool,
    names: &'a Names,
    hops: &'a Hops,
}

impl<'a> Seen<'a> {
    fn of(window: &Window, blocks: &[&blocks::Block], brief: bool, level: Level, names: &'a Names, hops: &'a Hops) -> Self {
        let table = Table::of(window, level, hops);
        let baseline: Vec<Table> = blocks.iter().map(|block| Table::of(&block.window, level, hops)).collect();
        let (longer, pairs) = (time::all(&table, &baseline), calls::all(&table, &baseline));
        let more = failures::all(&table, &baseline);
        Self { table, baseline, longer, pairs, more, brief, names, hops }
    }

    /// Who did it. `alpha` gives the chance that a difference may have, of so many that were looked at.
    fn suspects(&self, alpha: impl Fn(usize) -> f64, rejected: Group) -> Option<Why> {
        let (table, baseline, names) = (&self.table, &self.baseline[..], self.names);
        let pairs_alpha = alpha(self.pairs.len());
        let in_vain = unanswered::all(&self.pairs, pairs_alpha, table, baseline, names);
        let [mut failed, mut absorbed] = failures::groups(&self.more, alpha(self.more.len()), table, baseline, names, self.hops);
        let slow_alpha = alpha(self.longer.len()) * if self.brief { BRIEF_ALPHA } else { 1.0 };
        let mut slow = time::group(&self.longer, slow_alpha, table, baseline, names);
        let failing: Vec<Hop> = failed.found.iter().map(|found| found.hop).collect();
        let missing = calls::group(&self.pairs, &in_vain, &failing, pairs_alpha, names);
        unanswered::charge(&in_vain, &mut [&mut failed, &mut absorbed, &mut slow]);
        let mut suspects = ranked([failed, slow, missing, absorbed, rejected], names);
        for (hop, _, suspect) in &mut suspects {
            suspect.evidence.extend(calls::more(&self.pairs, *hop, pairs_alpha, names));
        }
        let kind = suspects.first()?.1;
        Some(Why { kind, suspects: suspects.into_iter().map(|(_, _, suspect)| suspect).collect() })
    }
}

/// No hop, but the evidence is to be told.
fn nobody(evidence: EvidenceLine, names: &Names) -> Suspect {
    let unknown = names.text(crate::model::Name::UNKNOWN).to_string();
    Suspect { hop: unknown.clone(), service: unknown, score: 1.0, share: 1.0, evidence: vec![evidence], trace_ids: Vec::new() }
}

#[derive(Debug)]
struct Sum {
    score: f64,
    /// Of what weighs most: its weight, part and kind.
    most: (f64, f64, ExplainKind),
    evidence: Vec<(f64, EvidenceLine)>,
    traces: Vec<TraceId>,
}

/// Suspects of all groups, best first, with the kind that weighs most at each.
fn ranked<const N: usize>(groups: [Group; N], names: &Names) -> Vec<(Hop, ExplainKind, Suspect)> {
    let mut sums: BTreeMap<Hop, Sum> = BTreeMap::new();
    for group in groups {
        let all: f64 = group.found.iter().map(|found| found.size).sum();
        for found in group.found {
            let part = if all > 0.0 { found.size / all } else { 0.0 };
            let weight = part * group.magnitude;
            let most = (-1.0, 0.0, found.kind);
            let sum = sums.entry(found.hop).or_insert(Sum { score: 0.0, most, evidence: Vec::new(), traces: Vec::new() });
            sum.score += weight;
            if weight > sum.most.0 {
                sum.most = (weight, part, found.kind);
            }
            sum.evidence.extend(found.evidence.into_iter().map(|line| (weight, line)));
            sum.traces.extend(found.traces);
        }
    }
    let mut list: Vec<(Hop, Sum)> = sums.into_iter().collect();
    list.sort_by(|(hop, sum), (other_hop, other)| {
        let name = |hop: &Hop| (names.text(hop.hop), names.text(hop.service), hop.external);
        other.score.total_cmp(&sum.score).then_with(|| name(hop).cmp(&name(other_hop)))
    });
    list.truncate(MOST_SUSPECTS);
    list.into_iter().map(|(hop, sum)| (hop, sum.most.2, suspect(hop, sum, names))).collect()
}

fn suspect(hop: Hop, mut sum: Sum, names: &Names) -> Suspect {
    let tidy = |number: f64| (number * 1e4).round() / 1e4;
    // A stable sort: what a part of this room told first stays first.
    sum.evidence.sort_by(|(weight, _), (other, _)| other.total_cmp(weight));
    let mut traces: Vec<String> = Vec::new();
    for trace in sum.traces.iter().map(ToString::to_string) {
        if traces.len() < MOST_TRACES && !traces.contains(&trace) {
            traces.push(trace);
        }
    }
    Suspect {
        hop: names.text(hop.hop).into(),
        service: names.text(hop.service).into(),
        score: tidy(sum.score),
        share: tidy(sum.most.1),
        evidence: sum.evidence.into_iter().map(|(_, line)| line).collect(),
        trace_ids: traces,
    }
}
