//! Failures and absorbed errors by hop, and requests refused as wrong.

use super::figures::{Figures, Table, bucket};
use super::found::{Found, Group, line, percent};
use super::normal::{NormalShare, stretches};
use crate::measure::Tally;
use crate::model::{AbsorbedKind, Cause, Hop, Hops, Names};
use crate::query::ExplainKind;
use std::collections::BTreeSet;

/// An execution that failed weighs as much as so many that were slow.
const WEIGHS: f64 = 3.0;

/// An error that the customer did not see weighs so much.
const ABSORBED_WEIGHS: f64 = 0.5;

/// Fewer are never sure.
const LEAST: f64 = 3.0;

/// More than normal.
#[derive(Debug)]
pub(super) struct More {
    hop: Hop,
    absorbed: bool,
    chance: f64,
    count: f64,
    /// Share of executions, now and normally.
    share: (f64, f64),
    known: bool,
}

fn absorbed(figures: &Figures) -> Tally {
    figures.trouble.absorbed.iter().fold(Tally::default(), |mut sum, one| {
        sum += *one;
        sum
    })
}

/// A share of executions now, against the stretches of the baseline.
pub(super) fn share(now: (f64, f64), before: &[(f64, f64)]) -> (f64, NormalShare, bool) {
    let joined: Vec<(f64, f64)> = stretches(before, |(_, all)| *all)
        .into_iter()
        .map(|range| before[range].iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1)))
        .collect();
    let normal = NormalShare::of(&joined);
    let known = normal.is_some();
    let normal = normal.unwrap_or(NormalShare::UNKNOWN);
    (normal.at_least(now.0.min(now.1), now.1), normal, known)
}

/// All hops that failed or were absorbed.
pub(super) fn all(now: &Table, baseline: &[Table]) -> Vec<More> {
    let mut all = Vec::new();
    for (hop, figures) in &now.rows {
        for (absorbed_too, count) in [(false, figures.trouble.failed()), (true, absorbed(figures))] {
            if count.is_zero() {
                continue;
            }
            let of = |figures: &Figures| if absorbed_too { absorbed(figures) } else { figures.trouble.failed() };
            let before: Vec<(f64, f64)> = baseline
                .iter()
                .map(|table| (table.row(*hop).map_or(0.0, |figures| of(figures).raw as f64), table.executions))
                .collect();
            let (chance, normal, known) = share((count.raw as f64, now.executions), &before);
            let share = (count.count() / now.weighted.max(1.0), normal.share);
            all.push(More { hop: *hop, absorbed: absorbed_too, chance, count: count.raw as f64, share, known });
        }
    }
    all
}

/// Those that surely are more than normal: failures, and what was absorbed.
pub(super) fn groups(all: &[More], alpha: f64, now: &Table, baseline: &[Table], names: &Names, hops: &Hops) -> [Group; 2] {
    let (mut failed, mut absorbed) = (Group::default(), Group::default());
    for one in all.iter().filter(|one| one.chance <= alpha && one.count >= LEAST && one.share.0 > one.share.1) {
        let Some(figures) = now.row(one.hop) else { continue };
        let size = one.share.0 - one.share.1;
        if one.absorbed {
            absorbed.magnitude += ABSORBED_WEIGHS * size;
            let mut found = Found::new(one.hop, ExplainKind::HopFailure);
            (found.size, found.evidence) = (size, vec![absorbed_line(one, figures, now, names)]);
            absorbed.found.push(found);
        } else {
            failed.magnitude += WEIGHS * size;
            failed.found.push(Found { size, ..failure(one, figures, now, baseline, names, hops) });
        }
    }
    [failed, absorbed]
}

fn failure(one: &More, figures: &Figures, now: &Table, baseline: &[Table], names: &Names, hops: &Hops) -> Found {
    let mut causes: Vec<_> = figures.trouble.failures.iter().filter(|(_, failures)| failures.count.raw > 0).collect();
    causes.sort_by_key(|(cause, failures)| (std::cmp::Reverse(failures.count.units), *cause));
    let name = names.text(one.hop.hop);
    let words: Vec<String> =
        causes.iter().map(|(cause, failures)| format!("{} {}", cause.as_str(), failures.count.raw)).collect();
    let normally = if one.known { format!(", normally {}", percent(one.share.1)) } else { String::new() };
    let text = format!(
        "{:.0} of {:.0} executions failed because of {name} ({}){normally}: {}",
        one.count,
        now.executions,
        percent(one.share.0),
        words.join(", ")
    );
    let missing = causes.first().is_some_and(|(cause, _)| *cause == Cause::MissingStep);
    let kind = match () {
        () if one.hop == bucket(Hops::CALLER, hops) => ExplainKind::Caller,
        () if missing => ExplainKind::MissingStep,
        () => ExplainKind::HopFailure,
    };
    let mut found = Found::new(one.hop, kind);
    found.evidence.push(line("failures", text, one.share.0, one.known.then_some(one.share.1)));
    let known: BTreeSet<Cause> = baseline
        .iter()
        .filter_map(|table| table.row(one.hop))
        .flat_map(|figures| figures.trouble.failures.iter().map(|(cause, _)| *cause))
        .collect();
    for (cause, failures) in
        causes.iter().filter(|(cause, failures)| one.known && !known.contains(cause) && failures.count.raw as f64 >= LEAST)
    {
        let text = format!("{} is new at {name}: {} times, never in the baseline", cause.as_str(), failures.count.raw);
        found.evidence.push(line("new_cause", text, failures.count.raw as f64, Some(0.0)));
    }
    found.traces = causes.iter().flat_map(|(_, failures)| failures.samples.iter().copied()).collect();
    found
}

fn absorbed_line(one: &More, figures: &Figures, now: &Table, names: &Names) -> crate::query::EvidenceLine {
    let kinds = AbsorbedKind::ALL.iter().zip(figures.trouble.absorbed).filter(|(_, tally)| tally.raw > 0);
    let words: Vec<String> = kinds.map(|(kind, tally)| format!("{} {}", kind.as_str(), tally.raw)).collect();
    let normally = if one.known { format!(", normally {}", percent(one.share.1)) } else { String::new() };
    let text = format!(
        "{:.0} errors of {} did not reach the customer, in {:.0} executions ({} each{normally}): {}",
        one.count,
        names.text(one.hop.hop),
        now.executions,
        percent(one.share.0),
        words.join(", ")
    );
    line("absorbed", text, one.share.0, one.known.then_some(one.share.1))
}
