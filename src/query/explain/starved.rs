//! Who is starved, or cut off: late on the way to all it calls.
//!
//! Time on the way is charged to the callee (spec 2.4), which is right if the callee is late. A caller that gets no time to send and to
//! receive, or whose packets are late, makes all that it calls look slow instead, databases too, whose answers hold the way as they
//! send no spans. So where nearly all that a caller calls takes longer *from this caller*, that time is charged to the caller. With
//! three callees or more that is proof enough. With fewer there must be a sign at the caller itself: its own work, or the way to it.

use super::figures::Table;
use super::found::{Found, line, ms};
use super::normal::median;
use super::time::{Charged, Longer, What};
use crate::model::{Hop, Names};
use crate::query::ExplainKind;
use std::collections::BTreeMap;

/// So many times as long from one caller.
const EDGE_LONGER: f64 = 1.5;

/// With fewer calls nothing is told of a way.
const LEAST_CALLS: f64 = 3.0;

/// Part of the callees that must take longer.
const NEARLY_ALL: f64 = 0.6;

/// A sign at the caller must be such a part of what the callees take longer, on average.
const A_SIGN: f64 = 0.2;

#[derive(Debug)]
struct Starved {
    caller: Hop,
    callees: usize,
    /// Callee, and nanoseconds per execution that are the caller's.
    longer: Vec<(Hop, f64)>,
}

/// Moves time from callees to the caller that made it.
pub(super) fn charge(sure: &[Longer], found: &mut BTreeMap<Hop, Charged>, now: &Table, baseline: &[Table], names: &Names) {
    let mut edges: BTreeMap<Hop, Vec<Hop>> = BTreeMap::new();
    for (callee, figures) in &now.rows {
        for (caller, _) in figures.callers.iter().filter(|(_, calls)| calls.calls.raw as f64 >= LEAST_CALLS && calls.gap > 0) {
            edges.entry(*caller).or_default().push(*callee);
        }
    }
    // Not in the order in which names came, nor in that of a hash.
    let name = |hop: &Hop| (names.text(hop.service), names.text(hop.hop));
    let mut edges: Vec<(Hop, Vec<Hop>)> = edges.into_iter().collect();
    edges.sort_by_key(|(caller, _)| name(caller));
    edges.iter_mut().for_each(|(_, callees)| callees.sort_by_key(name));
    let all: Vec<Starved> =
        edges.into_iter().filter_map(|(caller, callees)| starved(caller, &callees, sure, now, baseline)).collect();
    for one in all {
        one.charge(found, sure, now, names);
    }
}

fn starved(caller: Hop, callees: &[Hop], sure: &[Longer], now: &Table, baseline: &[Table]) -> Option<Starved> {
    let known: Vec<(Hop, f64)> =
        callees.iter().filter_map(|callee| Some((*callee, times_as_long(caller, *callee, now, baseline)?))).collect();
    let longer: Vec<(Hop, f64)> = known
        .iter()
        .filter(|(_, times)| *times >= EDGE_LONGER)
        .filter_map(|(callee, _)| {
            let way = sure.iter().find(|one| one.hop == *callee && one.what == what(*callee, now))?;
            Some((*callee, way.excess_ns * part_of(caller, *callee, now, baseline)))
        })
        .collect();
    let all: f64 = longer.iter().map(|(_, excess_ns)| excess_ns).sum();
    let itself: f64 = sure.iter().filter(|one| one.hop == caller).map(|one| one.excess_ns).sum();
    let signs = itself >= A_SIGN * all / longer.len().max(1) as f64;
    let enough = if itself > 0.0 && signs { 1 } else { 3 };
    (longer.len() >= enough && longer.len() as f64 >= NEARLY_ALL * known.len() as f64).then_some(Starved {
        caller,
        callees: known.len(),
        longer,
    })
}

/// Who sends no spans has the way in its own time.
fn what(callee: Hop, now: &Table) -> What {
    if now.row(callee).is_some_and(|row| row.speaks) { What::Way } else { What::Own }
}

/// Time on the way in a call, against the median of the baseline.
fn times_as_long(caller: Hop, callee: Hop, now: &Table, baseline: &[Table]) -> Option<f64> {
    let (calls, gap) = now.calls(caller, callee);
    let before = median(per_call(caller, callee, baseline));
    (before > 0.0 && calls > 0.0).then(|| gap / calls / before)
}

fn per_call(caller: Hop, callee: Hop, baseline: &[Table]) -> Vec<f64> {
    let calls = baseline.iter().map(|table| table.calls(caller, callee));
    calls.filter(|(calls, _)| *calls > 0.0).map(|(calls, gap)| gap / calls).collect()
}

/// The part that a caller has in what the callee takes longer, over all its callers.
fn part_of(caller: Hop, callee: Hop, now: &Table, baseline: &[Table]) -> f64 {
    let more = |caller: Hop| {
        let (calls, gap) = now.calls(caller, callee);
        (gap - calls * median(per_call(caller, callee, baseline))).max(0.0)
    };
    let all: f64 = now.row(callee).into_iter().flat_map(|row| row.callers.keys()).map(|caller| more(*caller)).sum();
    if all > 0.0 { more(caller) / all } else { 0.0 }
}

impl Starved {
    fn charge(&self, found: &mut BTreeMap<Hop, Charged>, sure: &[Longer], now: &Table, names: &Names) {
        let mut moved = 0.0;
        for (callee, excess_ns) in &self.longer {
            if let Some((own, way, _)) = found.get_mut(callee) {
                let from = if what(*callee, now) == What::Way { way } else { own };
                let taken = excess_ns.min(*from);
                *from -= taken;
                moved += taken;
            }
        }
        let mut callees: Vec<&str> = self.longer.iter().map(|(callee, _)| names.text(callee.hop)).collect();
        callees.sort_unstable();
        callees.truncate(5);
        let name = names.text(self.caller.hop);
        let text = format!(
            "{} of the {} that {name} calls take longer on the way ({}): the caller is late, not they; {} more an execution",
            self.longer.len(),
            self.callees,
            callees.join(", "),
            ms(moved)
        );
        let itself = |what: What| sure.iter().any(|one| one.hop == self.caller && one.what == what);
        let (own, way, of_caller) =
            found.entry(self.caller).or_insert_with(|| (0.0, 0.0, Found::new(self.caller, ExplainKind::HopSlow)));
        // Packets that are late leave the caller's own work as it was.
        if itself(What::Way) && !itself(What::Own) {
            *way += moved;
        } else {
            *own += moved;
        }
        of_caller.evidence.push(line("starved_caller", text, self.longer.len() as f64, Some(0.0)));
    }
}
