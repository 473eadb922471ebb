//! One execution from beginning to end: everything that a verdict says.

use super::case::{Case, Marks};
use super::descent::Memory;
use super::entries::Execution;
use super::hop_tree::{Culprit, Drawing};
use super::hops::Book;
use super::outcome::{self, Decided};
use super::path::{Piece, Root, Walk, charge};
use super::steps::{Inputs, Places};
use super::tree::{Forest, NONE, Node};
use super::uses::Tally;
use super::{Context, Trace, absorbed, slow, suspects, ways};
use crate::model::{HopId, Name, Outcome, Section, SectionKind, SpanId, TraceId, Verdict, Weight};

/// Memory for one execution after the other.
#[derive(Debug, Default)]
pub struct Scratch {
    /// What is known of the map.
    pub book: Book,
    places: Places,
    marks: Marks,
    walk: Walk,
    memory: Memory,
    tally: Tally,
    drawing: Drawing,
    verdict: Option<Verdict>,
}

impl Scratch {
    /// Judges an execution; `None` if it is to be ignored. `keeps`: whether the tree of hops is wanted, by all that is known before.
    pub fn judge(
        &mut self,
        trace: &Trace<'_>,
        context: &Context<'_>,
        forest: &Forest,
        execution: &Execution,
        keeps: impl FnOnce(&Verdict) -> bool,
    ) -> Option<&Verdict> {
        let capability = context.catalogue.capabilities().get(execution.capability as usize)?;
        if execution.ignored {
            return None;
        }
        let known = self.book.capability(execution.capability, context)?;
        let (name, slow_over_ns) = (known.name, known.slow_over_ns);
        let thread = execution.thread.and_then(|thread| known.threads.get(thread as usize)).copied().unwrap_or(Name::EMPTY);
        let (roots, rules) = (&execution.roots[..], &capability.hops[..]);
        let inputs = Inputs { trace, context, forest, rules, capability: execution.capability };
        self.places.find(&inputs, roots, &mut self.book);
        let Places { list: places, seen, steps } = &self.places;
        let entry = execution.entry;
        let case = Case { trace, forest, context, capability: inputs.capability, name, rules, entry, roots, places, seen, steps };
        let verdict = self.verdict.get_or_insert_with(empty);
        (verdict.trace_id, verdict.capability, verdict.thread) = (trace.id, name, thread);
        times(&case, verdict);
        find_path(&case, &mut self.walk, &mut self.marks, verdict);
        self.tally.count(&case, &verdict.critical_path, &mut self.book, &mut verdict.hops);
        let decided = decide(&case, &mut self.marks, &mut self.memory, verdict);
        verdict.slow = entry != NONE && slow_over_ns.is_some_and(|limit| verdict.duration_ns > limit);
        verdict.slow_blame = verdict.slow.then(|| slow::blame(&case, &verdict.hops, &verdict.critical_path));
        mark_ways(&case, &decided, &self.tally, verdict);
        verdict.tree.clear();
        if keeps(verdict) {
            let culprit = decided.blame.map(|blame| Culprit { blame, spans: [decided.leaf, decided.from] });
            self.drawing.draw(&case, culprit, &mut self.book, &mut verdict.tree);
        }
        Some(verdict)
    }
}

fn empty() -> Verdict {
    Verdict {
        trace_id: TraceId(0),
        capability: Name::EMPTY,
        thread: Name::EMPTY,
        entry_span_id: SpanId::NONE,
        outcome: Outcome::Ok,
        slow: false,
        start_ns: 0,
        end_ns: 0,
        duration_ns: 0,
        weight: Weight::ONE,
        blame: None,
        suspects: Vec::new(),
        slow_blame: None,
        absorbed: Vec::new(),
        critical_path: Vec::new(),
        hops: Vec::new(),
        tree: Vec::new(),
        spans: 0,
        orphans: 0,
        corrected: false,
    }
}

/// From the entry; without one from all there is (E6). The duration ends with the last required step (E4).
fn times(case: &Case<'_>, verdict: &mut Verdict) {
    let ends = |at: &u32| case.node(*at).end;
    verdict.entry_span_id = case.span_id(case.entry);
    if case.entry == NONE {
        verdict.start_ns = case.roots.iter().map(|&at| case.node(at).start).min().unwrap_or(0);
        verdict.end_ns = case.all().map(|at| case.node(at).end).max().unwrap_or(verdict.start_ns);
    } else {
        (verdict.start_ns, verdict.end_ns) = (case.node(case.entry).start, case.node(case.entry).end);
    }
    let last = case.steps.iter().map(ends).max().map_or(verdict.end_ns, |end| end.max(verdict.end_ns));
    verdict.duration_ns = last - verdict.start_ns;
    verdict.spans = case.roots.iter().map(|&at| case.node(at).size).sum();
    let guessed = || case.all().filter(|at| case.node(*at).is(Node::ORPHAN)).count();
    verdict.orphans = if case.forest.lost { guessed() as u32 } else { 0 };
    let first = case.roots.iter().copied().min_by_key(|&at| (case.node(at).start, at));
    verdict.weight = first.map_or(Weight::ONE, |at| weight(case, at));
}

/// Spec 3.5.
fn weight(case: &Case<'_>, at: u32) -> Weight {
    let extra = case.forest.extras.of(case.trace, case.node(at).record);
    extra.map_or(Weight::ONE, |extra| Weight::from_threshold(extra.threshold))
}

fn find_path(case: &Case<'_>, walk: &mut Walk, marks: &mut Marks, verdict: &mut Verdict) {
    marks.prepare(case.forest.nodes.len());
    case.roots.iter().for_each(|&root| marks.clear(case.forest.below(root)));
    let (start, end) = (verdict.start_ns, verdict.start_ns + verdict.duration_ns);
    // A required step is waited for where it ends after the entry. What ended before did not delay anything.
    let also = match case.entry {
        NONE => case.roots,
        _ if end > verdict.end_ns => case.steps,
        _ => &[],
    };
    walk.run(case.forest, &Root { node: case.entry, start, end, also }, case.context.path);
    walk.entered.iter().for_each(|&at| marks.set(at, Marks::ON_PATH));
    verdict.critical_path.clear();
    for piece in walk.pieces.iter().rev() {
        let waited = if piece.node == case.entry { piece.to.min(verdict.end_ns) } else { piece.to };
        if piece.from < waited {
            let (hop, kind) = charge(case, piece.node);
            let span = case.span_id(piece.node);
            push(&mut verdict.critical_path, Section { span, hop, start_ns: piece.from, end_ns: waited, kind });
        }
        if waited < piece.to {
            push(&mut verdict.critical_path, handed_over(case, piece, waited));
        }
    }
}

/// After the entry has ended, until a required step begins: it waits in a queue.
fn handed_over(case: &Case<'_>, piece: &Piece, entry_end: u64) -> Section {
    let (span, hop) = match piece.before {
        NONE => (case.span_id(piece.node), charge(case, piece.node).0),
        step => (case.span_id(step), case.hop(step)),
    };
    Section { span, hop, start_ns: entry_end.max(piece.from), end_ns: piece.to, kind: SectionKind::Queue }
}

/// A child without length cuts its parent's time in two pieces that belong together.
fn push(path: &mut Vec<Section>, section: Section) {
    match path.last_mut() {
        Some(last) if (last.span, last.hop, last.kind) == (section.span, section.hop, section.kind) => {
            last.end_ns = section.end_ns
        }
        _ => path.push(section),
    }
}

/// The way on which the failure came back, and the one to what took too long: in the longest stretch of the hop that is to blame.
fn mark_ways(case: &Case<'_>, decided: &Decided, tally: &Tally, verdict: &mut Verdict) {
    if let Some(blame) = decided.blame
        && let Some(at) = ways::start(case, shown(case, decided), blame.hop)
    {
        tally.mark_way(case, at, &mut verdict.hops, |calls| calls.failed = true);
    }
    if let Some(slow) = verdict.slow_blame {
        let charged = verdict.critical_path.iter().filter(|section| section.hop == slow.hop);
        let longest = charged.max_by_key(|section| (section.end_ns - section.start_ns, std::cmp::Reverse(section.start_ns)));
        if let Some(at) = longest.and_then(|section| ways::start(case, [ways::span(case, section.span)], slow.hop)) {
            tally.mark_way(case, at, &mut verdict.hops, |calls| calls.slow = true);
        }
    }
}

/// Spans at which the culprit showed, the nearest first, and who answered them.
fn shown(case: &Case<'_>, decided: &Decided) -> [u32; 4] {
    let server = |at: u32| if at == NONE { NONE } else { case.node(at).server };
    [decided.leaf, server(decided.leaf), decided.from, server(decided.from)]
}

fn decide(case: &Case<'_>, marks: &mut Marks, memory: &mut Memory, verdict: &mut Verdict) -> Decided {
    memory.prepare(verdict.spans as usize);
    let decided = outcome::decide(case, marks, memory, &verdict.critical_path);
    verdict.outcome = decided.outcome;
    verdict.blame = decided.blame;
    verdict.suspects.clear();
    if let Some(blame) = decided.blame {
        name_suspects(case, marks, memory, &decided, blame.hop, &mut verdict.suspects);
    }
    verdict.absorbed.clear();
    absorbed::list(case, marks, memory, (decided.in_error, decided.leaf), &mut verdict.absorbed);
    if decided.blame.is_some() {
        suspects::add_absorbed(&verdict.absorbed, &mut verdict.suspects);
    }
    decided
}

fn name_suspects(
    case: &Case<'_>,
    marks: &mut Marks,
    memory: &mut Memory,
    decided: &Decided,
    culprit: HopId,
    suspects: &mut Vec<HopId>,
) {
    suspects::add(suspects, culprit);
    suspects::add_caller(case, culprit, decided.from, suspects);
    if let Some(victim) = decided.victim {
        suspects::add(suspects, victim);
    }
    suspects::add_beside(case, marks, memory, suspects);
}
