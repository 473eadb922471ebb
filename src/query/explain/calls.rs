//! Calls that are not made: an early return shows in no time and in no error.
//!
//! What is compared is calls per execution *in which the caller was called*, so that a caller that is itself called less is not
//! blamed. At service level each operation of the caller is looked at as well as all of them: few of one operation may be many of the
//! service's, and a service whose operations are called in another proportion calls others less without any fault. The caller comes first, because it returned early; whom it did not call comes second, in case it vanished by itself. Three
//! things turn that round. Where calls that nobody answers have come in the place of those that are missed (`unanswered`), the caller
//! did ask, and whom it asked is gone. A callee that is gone for all who called it is gone itself. And who stopped because one that
//! it still calls stopped, or fails, is not where it began: an error goes up, never down.

use super::figures::{At, Table};
use super::found::{Found, Group, line, percent};
use super::normal::{NormalShare, stretches};
use super::unanswered::Unanswered;
use crate::model::{Hop, Names};
use crate::query::{EvidenceLine, ExplainKind};
use std::collections::{BTreeMap, BTreeSet};

/// Calls must have fallen by such a part, however sure it is.
const LEAST_FEWER: f64 = 0.15;

/// A callee of which so much is left is not gone.
const GONE: f64 = 0.1;

/// Fewer calls than these in a hundred executions of the caller are none to miss.
const LEAST_NORMAL: f64 = 0.02;

/// Calls that grew to so many times the normal number are told beside whatever else speaks for a suspect.
const MORE: f64 = 1.5;

/// Of a service with more operations each is too seldom to be looked at alone.
const SEVERAL: std::ops::RangeInclusive<usize> = 2..=64;

/// What the second of two hops is charged with, where one of them must have done it.
const SECOND: f64 = 0.5;

/// What those are charged with who only suffer from what is known.
const VICTIM: f64 = 0.2;

/// Calls of a pair, now and normally.
#[derive(Debug)]
pub(super) struct Pair {
    pub caller: Hop,
    pub callee: Hop,
    /// All of the caller, or one operation.
    pub at: At,
    /// How likely so few by chance, and so many.
    chance: (f64, f64),
    /// Calls per execution of the caller, now and normally.
    pub rate: (f64, f64),
    /// Executions of the caller.
    pub executions: f64,
    /// Share of all executions in which a call is missing.
    spoilt: f64,
    enough: bool,
}

impl Pair {
    /// For an order that does not hang on the order in which names came.
    pub(super) fn named<'a>(&self, names: &'a Names) -> [&'a str; 3] {
        let (At::Row(at) | At::Operation(at)) = self.at;
        [self.caller.service, at.hop, self.callee.hop].map(|name| names.text(name))
    }

    /// Surely fewer.
    pub(super) fn fell(&self, alpha: f64) -> bool {
        self.enough && self.chance.0 <= alpha
    }

    /// Surely more.
    pub(super) fn grew(&self, alpha: f64) -> bool {
        self.rate.0 > self.rate.1 && self.chance.1 <= alpha
    }
}

/// All pairs of a caller and a callee that were seen, now or before.
pub(super) fn all(now: &Table, baseline: &[Table]) -> Vec<Pair> {
    let mut edges: BTreeSet<(Hop, At, Hop)> = BTreeSet::new();
    let mut rows: BTreeMap<Hop, BTreeSet<Hop>> = BTreeMap::new();
    for table in baseline.iter().chain([now]) {
        table.at_work.iter().for_each(|(operation, (_, row))| {
            rows.entry(*row).or_default().insert(*operation);
        });
        for (callee, figures) in &table.rows {
            edges.extend(figures.callers.keys().map(|caller| (*caller, At::Row(*caller), *callee)));
        }
    }
    let mut of_row: BTreeMap<Hop, Vec<Hop>> = BTreeMap::new();
    edges.iter().for_each(|(caller, _, callee)| of_row.entry(*caller).or_default().push(*callee));
    for (caller, operations) in rows.iter().filter(|(_, operations)| SEVERAL.contains(&operations.len())) {
        let callees: Vec<Hop> = of_row.get(caller).cloned().unwrap_or_default();
        edges.extend(callees.iter().flat_map(|callee| operations.iter().map(|one| (*caller, At::Operation(*one), *callee))));
    }
    edges.into_iter().filter_map(|(caller, at, callee)| pair(caller, at, callee, &rows, now, baseline)).collect()
}

/// Calls and executions in each part of the baseline.
fn before(at: At, callee: Hop, baseline: &[Table]) -> Vec<(f64, f64)> {
    let pairs = baseline.iter().map(|table| (table.calls_at(at, callee), table.executions_at(at)));
    pairs.filter(|(_, executions)| *executions > 0.0).collect()
}

fn pair(caller: Hop, at: At, callee: Hop, rows: &BTreeMap<Hop, BTreeSet<Hop>>, now: &Table, baseline: &[Table]) -> Option<Pair> {
    let (calls, executions) = (now.calls_at(at, callee), now.executions_at(at));
    let pairs = before(at, callee, baseline);
    let joined: Vec<(f64, f64)> = stretches(&pairs, |(_, executions)| *executions)
        .into_iter()
        .map(|range| pairs[range].iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1)))
        .collect();
    let normal = NormalShare::of(&joined)?;
    let of_operation = matches!(at, At::Operation(_));
    if executions < 3.0 || normal.cases < super::normal::A_STRETCH || (of_operation && normal.share <= 0.0) {
        return None;
    }
    let rate = calls / executions;
    let fallen = 1.0 - rate / normal.share.max(1e-9);
    let usage = executions / now.executions.max(1.0);
    let mixed = |operations: &BTreeSet<Hop>| 1.0 - calls / as_mixed(operations, callee, now, baseline).max(1e-9);
    let fallen_as_mixed =
        rows.get(&caller).filter(|operations| !of_operation && SEVERAL.contains(&operations.len())).map_or(fallen, mixed);
    Some(Pair {
        caller,
        callee,
        at,
        chance: (normal.at_most(calls, executions), normal.at_least(calls, executions)),
        rate: (rate, normal.share),
        executions,
        spoilt: (fallen * normal.share.min(1.0) * usage).max(0.0),
        enough: normal.share >= LEAST_NORMAL && fallen.min(fallen_as_mixed) >= LEAST_FEWER,
    })
}

/// Calls that these operations would make now, if each made as many as it did before.
fn as_mixed(operations: &BTreeSet<Hop>, callee: Hop, now: &Table, baseline: &[Table]) -> f64 {
    let of = |operation: &Hop| {
        let at = At::Operation(*operation);
        let (calls, executions) = before(at, callee, baseline).iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        now.executions_at(at) * calls / f64::max(executions, 1.0)
    };
    operations.iter().map(of).sum()
}

/// Those that surely are missing.
pub(super) fn group(all: &[Pair], unanswered: &[Unanswered], failing: &[Hop], alpha: f64, names: &Names) -> Group {
    let mut sure: Vec<&Pair> = all.iter().filter(|one| one.fell(alpha)).collect();
    sure.sort_by(|one, other| other.spoilt.total_cmp(&one.spoilt).then_with(|| one.named(names).cmp(&other.named(names))));
    let mut found: BTreeMap<Hop, Found> = BTreeMap::new();
    for one in &sure {
        let (of_caller, of_callee) = parts(one, all, &sure, unanswered, failing);
        let (kind, text) = (if one.rate.0 <= 0.0 { "vanished" } else { "calls" }, sentence(one, names));
        for (hop, part) in [(one.caller, of_caller), (one.callee, of_callee)] {
            let of_hop = found.entry(hop).or_insert_with(|| Found::new(hop, ExplainKind::MissingStep));
            of_hop.size = of_hop.size.max(part * one.spoilt);
            of_hop.evidence.push(line(kind, text.clone(), one.rate.0, Some(one.rate.1)));
        }
    }
    for one in unanswered {
        if let Some(of_hop) = found.get_mut(&one.asked) {
            of_hop.evidence.insert(0, one.told(names));
        }
    }
    Group { magnitude: sure.iter().map(|one| one.spoilt).fold(0.0, f64::max), found: found.into_values().collect() }
}

/// What caller and callee are charged with.
fn parts(one: &Pair, all: &[Pair], sure: &[&Pair], unanswered: &[Unanswered], failing: &[Hop]) -> (f64, f64) {
    let asked = |one: &Pair| unanswered.iter().any(|known| known.asked == one.callee && known.caller == one.caller);
    if asked(one) {
        return (VICTIM, 1.0);
    }
    let gone = |callee: Hop| unanswered.iter().any(|known| known.asked == callee);
    let stopped = |hop: Hop| sure.iter().any(|other| other.caller == hop) || gone(hop) || failing.contains(&hop);
    // Whom it still calls, or asks in vain, and who stopped as well.
    let below = all.iter().filter(|other| other.caller == one.caller && other.callee != one.callee);
    let suffers = below.clone().any(|other| (other.rate.0 > 0.0 && stopped(other.callee)) || asked(other));
    if suffers {
        return (VICTIM, VICTIM);
    }
    let of_row = |other: &&Pair| matches!(other.at, At::Row(_)) && other.callee == one.callee && other.rate.1 >= LEAST_NORMAL;
    let mut callers = all.iter().filter(of_row);
    let several = callers.clone().nth(1).is_some();
    if several && callers.all(|other| other.rate.0 <= GONE * other.rate.1) { (SECOND, 1.0) } else { (1.0, SECOND) }
}

fn sentence(one: &Pair, names: &Names) -> String {
    let (At::Row(caller) | At::Operation(caller)) = one.at;
    let (caller, callee) = (names.text(caller.hop), names.text(one.callee.hop));
    format!(
        "{caller} called {callee} {} times an execution, normally {} times: {} fewer in the {:.0} executions in which {caller} was at work",
        rate(one.rate.0),
        rate(one.rate.1),
        percent(1.0 - one.rate.0 / one.rate.1),
        one.executions
    )
}

/// Calls that surely grew in number: to be told of the callee if it is a suspect. By themselves they are a busy day, and no trouble.
pub(super) fn more(all: &[Pair], callee: Hop, alpha: f64, names: &Names) -> Vec<EvidenceLine> {
    let grown = |one: &&Pair| {
        matches!(one.at, At::Row(_))
            && one.callee == callee
            && one.rate.1 >= LEAST_NORMAL
            && one.rate.0 >= MORE * one.rate.1
            && one.chance.1 <= alpha
    };
    let told = |one: &Pair| {
        let (caller, callee) = (names.text(one.caller.hop), names.text(one.callee.hop));
        let text =
            format!("{caller} called {callee} {} times an execution, normally {} times", rate(one.rate.0), rate(one.rate.1));
        line("calls", text, one.rate.0, Some(one.rate.1))
    };
    let mut grown: Vec<&Pair> = all.iter().filter(grown).collect();
    grown.sort_by_key(|one| one.named(names));
    grown.into_iter().map(told).collect()
}

pub(super) fn rate(calls: f64) -> String {
    if calls >= 1.0 { format!("{calls:.2}") } else { format!("{calls:.3}") }
}
