//! Calls that nobody answers, in the place of calls that are missed.
//!
//! A call without a span of its callee stands under the name of a peer (H3), which need not be the name under which the callee's own
//! spans stand. So a service that was killed, or whose spans are lost, shows twice: its own hops vanish, and a peer comes up that the
//! same callers call. Here the two are found to be one. The road not taken: to go by names alone. Many names say nothing
//! (`unknown@frontend`), and an address may serve several.

use super::calls::{Pair, rate};
use super::figures::{At, Table};
use super::found::{Group, line};
use crate::model::{Hop, Names};
use crate::query::EvidenceLine;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The calls without answer must be this part of those that are missed, at least: a caller that fails at its first call makes fewer.
const LEAST_PART: f64 = 0.2;

/// Of whom so much is left, who answers still, is not asked in vain, whatever the peer is called.
const HALF: f64 = 0.5;

/// And so many.
const LEAST_CALLS: f64 = 3.0;

/// A callee that is asked in vain.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unanswered {
    pub caller: Hop,
    /// Who was asked.
    pub asked: Hop,
    /// Under this name the calls without answer stand.
    pub peer: Hop,
    /// Calls to that peer per execution of the caller, now and normally.
    rate: (f64, f64),
    executions: f64,
}

impl Unanswered {
    /// In words.
    pub(super) fn told(&self, names: &Names) -> EvidenceLine {
        let (caller, asked, peer) = (names.text(self.caller.hop), names.text(self.asked.hop), names.text(self.peer.hop));
        let text = format!(
            "{caller} made {} calls an execution that no span answers (as {peer}), normally {}, in the {:.0} executions in which it was at work: it did ask {asked}",
            rate(self.rate.0),
            rate(self.rate.1),
            self.executions
        );
        line("unanswered", text, self.rate.0, Some(self.rate.1))
    }
}

/// For each caller that asks a peer more than normal: who that peer is. First by its name, if it has that of a callee that answers less;
/// else of those whom the caller misses, the one that is gone most.
pub(super) fn all(pairs: &[Pair], alpha: f64, now: &Table, baseline: &[Table], names: &Names) -> Vec<Unanswered> {
    let speaks = |hop: Hop| baseline.iter().chain([now]).any(|table| table.row(hop).is_some_and(|row| row.speaks));
    let mut pairs: Vec<&Pair> = pairs.iter().filter(|one| matches!(one.at, At::Row(_))).collect();
    pairs.sort_by_key(|one| one.named(names));
    let mut missed: BTreeMap<Hop, Vec<&Pair>> = BTreeMap::new();
    for one in pairs.iter().filter(|one| one.fell(alpha) && speaks(one.callee)) {
        missed.entry(one.caller).or_default().push(one);
    }
    let callees: BTreeSet<Hop> = pairs.iter().map(|one| one.callee).filter(|callee| speaks(*callee)).collect();
    let left = |callee: Hop| {
        let of_callee = || pairs.iter().filter(|one| one.callee == callee);
        of_callee().map(|one| one.rate.0 * one.executions).sum::<f64>()
            / of_callee().map(|one| one.rate.1 * one.executions).sum::<f64>().max(1e-9)
    };
    let mut all = Vec::new();
    for peer in pairs.iter().filter(|one| one.grew(alpha) && !speaks(one.callee)) {
        let grown = peer.rate.0 - peer.rate.1;
        if grown * peer.executions < LEAST_CALLS {
            continue;
        }
        let named = callees.iter().copied().filter(|callee| alike(names.text(peer.callee.hop), names.text(callee.service)));
        let named = named
            .filter(|callee| left(*callee) <= HALF)
            .max_by_key(|callee| (names.text(callee.service).len(), names.text(callee.hop)));
        let fits = |one: &&&Pair| grown >= LEAST_PART * (one.rate.1 - one.rate.0);
        let candidates = missed.get(&peer.caller).into_iter().flatten().filter(fits);
        let order = |one: &Pair| (left(one.callee), -one.rate.1);
        let missed = candidates.min_by(|one, other| order(one).partial_cmp(&order(other)).unwrap_or(Ordering::Equal));
        let asked = named.or(missed.map(|one| one.callee));
        all.extend(asked.map(|asked| Unanswered {
            caller: peer.caller,
            asked,
            peer: peer.callee,
            rate: peer.rate,
            executions: peer.executions,
        }));
    }
    all
}

/// Whether one text holds the other, without regard to case and to what is no letter and no digit.
fn alike(peer: &str, service: &str) -> bool {
    let plain =
        |text: &str| -> String { text.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let (peer, service) = (plain(peer), plain(service));
    !service.is_empty() && peer.contains(&service)
}

/// What was found at a peer belongs to whom it stands for.
pub(super) fn charge(unanswered: &[Unanswered], groups: &mut [&mut Group]) {
    for group in groups {
        for found in &mut group.found {
            if let Some(known) = unanswered.iter().find(|known| known.peer == found.hop) {
                found.hop = known.asked;
            }
        }
    }
}
