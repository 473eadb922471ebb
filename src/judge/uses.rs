//! What an execution made of each hop: calls, errors, retries, time.
//!
//! A call is a span that answers, an own-work span that the map or its place gives a hop of its own, or a call that nobody sent a
//! server span for. A call that failed although its server was fine is an error of the hop too: that is what its customer saw.

use super::case::Case;
use super::class::Class;
use super::hops::Book;
use super::tree::{NONE, Node};
use crate::catalogue::Expect;
use crate::model::{CallerUse, HopId, HopUse, Hops, Kind, Section, SectionKind};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Callers of a hop in an execution that are told apart; who else called is not counted, so that looking through them stays short.
const MOST_CALLERS: usize = 32;

/// Hop uses whose memory is kept for the next execution.
const MOST_SPARE: usize = 1024;

/// Hop uses by hop, and the memory of earlier ones.
#[derive(Debug, Default)]
pub struct Tally {
    slots: HashMap<HopId, usize, RandomState>,
    spare: Vec<HopUse>,
}

impl Tally {
    /// Counts an execution. `uses` holds those of the last one, whose memory is used again.
    pub fn count(&mut self, case: &Case<'_>, path: &[Section], book: &mut Book, uses: &mut Vec<HopUse>) {
        // Clearing costs what the table has room for: one large execution must not be paid for by all that come after it.
        if self.slots.capacity() > 64 + 16 * self.slots.len() {
            self.slots = HashMap::default();
        }
        self.slots.clear();
        self.spare.append(uses);
        self.spare.truncate(MOST_SPARE);
        for at in case.all() {
            self.span(case, at, uses);
        }
        for section in path.iter().filter(|section| section.hop != Hops::UNKNOWN) {
            let time = section.end_ns - section.start_ns;
            let of_hop = self.slot(section.hop, uses);
            of_hop.critical_path_ns = of_hop.critical_path_ns.saturating_add(time);
            let kind = match section.kind {
                SectionKind::SelfTime => &mut of_hop.self_ns,
                SectionKind::Gap | SectionKind::Queue => &mut of_hop.edge_gap_ns,
            };
            *kind = kind.saturating_add(time);
        }
        if case.entry != NONE {
            self.missing(case, book, uses);
        }
    }

    /// Marks all calls on the way from a span to the customer.
    pub fn mark_way(&self, case: &Case<'_>, mut at: u32, uses: &mut [HopUse], mark: fn(&mut CallerUse)) {
        loop {
            if is_call(case, at)
                && let Some((caller, _)) = caller(case, at)
                && let Some(of_hop) = self.slots.get(&case.hop(at)).and_then(|slot| uses.get_mut(*slot))
            {
                of_hop.callers.iter_mut().filter(|one| one.hop == caller).for_each(mark);
            }
            if case.is_root(at) {
                return;
            }
            at = case.node(at).parent;
        }
    }

    fn span(&mut self, case: &Case<'_>, at: u32, uses: &mut Vec<HopUse>) {
        let node = case.node(at);
        let hop = case.hop(at);
        if is_call(case, at) {
            let of_hop = self.slot(hop, uses);
            of_hop.calls += 1;
            of_hop.errors += u32::from(node.class == Class::Error);
            of_hop.latencies_ns.push(node.end - node.start);
            if let Some((caller, gap_ns)) = caller(case, at) {
                count_caller(&mut of_hop.callers, caller, gap_ns, waits_for_nobody(node));
            }
        }
        if node.class == Class::Error && node.server != NONE && case.node(node.server).class != Class::Error {
            self.slot(case.hop(node.server), uses).errors += 1;
        }
        if node.is(Node::RETRY) && !case.is_root(at) {
            self.slot(hop, uses).retries += 1;
        }
    }

    fn missing(&mut self, case: &Case<'_>, book: &mut Book, uses: &mut Vec<HopUse>) {
        for (rule, _) in (0..).zip(case.rules).filter(|(rule, one)| one.expect != Expect::Optional && !case.seen[*rule as usize])
        {
            let hop = book.absent(case.capability, rule, case.context);
            self.slot(hop, uses).missing = 1;
        }
    }

    fn slot<'a>(&mut self, hop: HopId, uses: &'a mut Vec<HopUse>) -> &'a mut HopUse {
        let slot = *self.slots.entry(hop).or_insert_with(|| {
            uses.push(self.spare.pop().map_or_else(|| HopUse::new(hop), |spare| renewed(spare, hop)));
            uses.len() - 1
        });
        &mut uses[slot]
    }
}

fn renewed(spare: HopUse, hop: HopId) -> HopUse {
    let (mut latencies_ns, mut callers) = (spare.latencies_ns, spare.callers);
    latencies_ns.clear();
    callers.clear();
    HopUse { latencies_ns, callers, ..HopUse::new(hop) }
}

/// The operation that made this call, and what of the call's duration was spent outside of the callee's spans: all of it, if none came.
fn caller(case: &Case<'_>, at: u32) -> Option<(HopId, u64)> {
    let node = case.node(at);
    if node.kind.asks() {
        // Whoever receives from a queue waits for work, and for nobody's answer.
        let waits = node.kind == Kind::Client && !node.is(Node::RECEIVES);
        let gap_ns = if waits { node.end - node.start } else { 0 };
        return Some((case.place(at).operation.hop, gap_ns));
    }
    if case.is_root(at) {
        return None;
    }
    let parent = case.node(node.parent);
    let gap_ns = if parent.server == at { (parent.end - parent.start).saturating_sub(node.end - node.start) } else { 0 };
    Some((case.place(node.parent).operation.hop, gap_ns))
}

fn count_caller(callers: &mut Vec<CallerUse>, hop: HopId, gap_ns: u64, asynchronous: bool) {
    let at = callers.iter().position(|one| one.hop == hop).unwrap_or(callers.len());
    if at == callers.len() && at < MOST_CALLERS {
        callers.push(CallerUse::new(hop));
    }
    if let Some(known) = callers.get_mut(at) {
        known.calls = known.calls.saturating_add(1);
        known.gap_ns = known.gap_ns.saturating_add(gap_ns);
        known.asynchronous = known.asynchronous.saturating_add(u32::from(asynchronous));
    }
}

/// What is put into a queue is done by somebody, some time.
fn waits_for_nobody(node: &Node) -> bool {
    node.is(Node::ASYNC) || node.kind == Kind::Producer
}

/// Whether a hop is used here.
pub fn is_call(case: &Case<'_>, at: u32) -> bool {
    let node = case.node(at);
    let hop = case.hop(at);
    match node.kind {
        Kind::Server | Kind::Consumer => true,
        Kind::Internal => case.is_root(at) || node.is(Node::ASYNC) || case.place(node.parent).operation.hop != hop,
        Kind::Client | Kind::Producer => node.server == NONE || case.hop(node.server) != hop,
    }
}
