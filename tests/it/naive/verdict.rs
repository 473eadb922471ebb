//! Spec 2.3, and everything put together: a trace and a map give verdicts.

use super::descent::{Blame, Descent};
use super::execution::Execution;
use super::hops::Hop;
use super::map::{CallerErrors, Capability, Map, Matcher};
use super::path::Path;
use super::reading::{self, Class};
use super::span::{Span, Status};
use super::tree::{Tree, is_entry};

#[derive(Debug, Clone)]
pub struct Verdict {
    pub capability: &'static str,
    /// Id of the entry span; 0: it never came.
    pub entry: u64,
    pub outcome: &'static str,
    pub slow: bool,
    pub duration: u64,
    pub blame: Option<Blame>,
    pub absorbed: Vec<(Hop, &'static str)>,
    /// Span id, hop, start, end, kind.
    pub path: Vec<(u64, Hop, u64, u64, &'static str)>,
    /// A required step ends after the entry: the text does not say whose the time between is.
    pub path_open: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub verdicts: Vec<Verdict>,
    pub measured: usize,
    pub unmatched: usize,
    pub ignored: usize,
    pub duplicate: usize,
}

/// `strict`: with the critical path of the reference mode.
pub fn judge(received: &[Span], map: &Map, strict: bool) -> Answer {
    let tree = Tree::build(received, map);
    let mut answer = Answer { duplicate: tree.duplicates, ..Answer::default() };
    let (mut measured, mut ignored) = (vec![false; tree.spans.len()], vec![false; tree.spans.len()]);
    for capability in &map.capabilities {
        for root in tree.entries(capability) {
            let ex = Execution::new(&tree, capability, root, strict);
            let out = any(&capability.ignored_when, ex.span(root)); // O1
            let fate = if out { &mut ignored } else { &mut measured };
            ex.members.iter().for_each(|at| fate[*at] = true);
            if !out {
                answer.verdicts.push(decide(&ex));
            }
        }
    }
    let claimed: Vec<bool> = (0..tree.spans.len()).map(|at| measured[at] || ignored[at]).collect();
    for capability in &map.capabilities {
        let pieces = pieces(&tree, capability, &claimed);
        if !pieces.is_empty() {
            answer.verdicts.push(incomplete(capability));
        }
        pieces.iter().flat_map(|root| tree.subtree(*root)).for_each(|at| measured[at] = true);
    }
    for at in 0..tree.spans.len() {
        match (measured[at], ignored[at]) {
            (true, _) => answer.measured += 1,
            (false, true) => answer.ignored += 1,
            (false, false) => answer.unmatched += 1,
        }
    }
    answer
}

fn any(matchers: &[Matcher], span: &Span) -> bool {
    matchers.iter().any(|matcher| matcher.holds(span))
}

/// E6: roots below which a span matches a mapped hop. Open: what other executions hold. An orphan that has a place in one, or an
/// entry whose caller is not traced, tells nothing of another capability that shares a hop; what hangs below an unclaimed root does.
fn pieces(tree: &Tree, capability: &Capability, claimed: &[bool]) -> Vec<usize> {
    let came = tree.spans.iter().any(|span| is_entry(capability, span));
    let lost = (0..tree.spans.len()).any(|at| tree.lost[at] && !claimed[at]);
    if came || !lost {
        return Vec::new();
    }
    let mapped = |at: usize| capability.hops.iter().any(|rule| rule.matcher.holds_as_hop(&tree.spans[at]));
    let roots = (0..tree.spans.len()).filter(|at| tree.up[*at].is_none() && !claimed[*at]);
    roots.filter(|root| tree.subtree(*root).into_iter().any(mapped)).collect()
}

fn incomplete(capability: &Capability) -> Verdict {
    Verdict {
        capability: capability.id,
        entry: 0,
        outcome: "incomplete",
        slow: false,
        duration: 0,
        blame: None,
        absorbed: Vec::new(),
        path: Vec::new(),
        path_open: true,
    }
}

fn decide(ex: &Execution<'_>) -> Verdict {
    let path = ex.path();
    let descent = Descent { ex, path: &path, of_entry: true };
    let (outcome, blame, start) = outcome(&descent);
    let entry = ex.span(ex.root);
    let duration = ex.last_end() - entry.start;
    let chains = Descent { ex, path: &path, of_entry: false };
    let starts: Vec<usize> = start.into_iter().collect();
    let sections = path.sections.iter().map(|one| (ex.span(one.at).id, one.hop.clone(), one.start, one.end, one.kind));
    Verdict {
        capability: ex.capability.id,
        entry: entry.id,
        outcome,
        slow: ex.capability.under.iter().any(|under| duration > under * 1_000_000), // exactly at the limit is good
        duration,
        absorbed: chains.absorbed(blame.as_ref(), &starts),
        blame,
        path: sections.collect(),
        path_open: ex.last_end() > entry.end,
    }
}

fn blame(hop: Hop, cause: &'static str, rule: &'static str) -> Option<Blame> {
    Some(Blame { hop, cause, low: false, rule, way: Vec::new() })
}

/// Outcome, blame, and the span where its descent began.
fn outcome(descent: &Descent<'_, '_>) -> (&'static str, Option<Blame>, Option<usize>) {
    let ex = descent.ex;
    let class = ex.class(ex.root);
    let business: Vec<usize> =
        ex.members.iter().copied().filter(|at| ex.counts(*at) && any(&ex.capability.failed_when, ex.span(*at))).collect();
    if class == Class::Error {
        return ("failed", Some(descent.from(ex.root)), Some(ex.root)); // O2, O3, B1
    }
    if let Some(start) = business_start(ex, descent.path, &business) {
        let mut blame = business_blame(descent, start);
        blame.low |= is_guess(ex, start);
        let below = (blame.rule != "B11").then_some(start);
        return ("failed", Some(blame), below); // O2, B11
    }
    let failed_steps = ex.required_steps().into_iter().filter(|step| ex.is_error(*step));
    if let Some(step) = failed_steps.min_by_key(|step| (ex.span(*step).end, ex.span(*step).id)) {
        let mut found = blame(ex.hop(step), "async_error", "E4");
        found.iter_mut().for_each(|blame| (blame.low, blame.way) = (is_guess(ex, step), vec![step]));
        return ("failed", found, None); // E4; open: it fails a rejected one, too
    }
    if class == Class::CallerError {
        return match ex.capability.caller_errors {
            CallerErrors::Reject => ("rejected", None, None), // O4
            CallerErrors::Fail => ("failed", blame(Hop::named("(caller)", "(caller)"), "caller_error", "O4"), None),
            CallerErrors::Ok => ("ok", None, None),
        };
    }
    if class == Class::Cancelled {
        let met = !descent.errors_below(ex.root).is_empty();
        return if met { ("failed", Some(descent.from(ex.root)), Some(ex.root)) } else { ("abandoned", None, None) }; // O5
    }
    match missing(ex, descent.path) {
        Some(found) => ("failed", Some(found), None), // O6
        None => ("ok", None, None),                   // O8
    }
}

/// B11: the deepest on the critical path that carries the attribute, else the deepest.
fn business_start(ex: &Execution<'_>, path: &Path, carriers: &[usize]) -> Option<usize> {
    let deepest = |among: Vec<usize>| among.into_iter().max_by_key(|at| depth(ex, *at));
    let on_path = carriers.iter().copied().filter(|at| path.walked.contains(at)).collect();
    deepest(on_path).or_else(|| deepest(carriers.to_vec()))
}

/// E3: the execution has this span by a guess.
fn is_guess(ex: &Execution<'_>, at: usize) -> bool {
    at != ex.root && (ex.tree.guessed[at] || ex.tree.has_above(at, &|above| above != ex.root && ex.tree.guessed[above]))
}

fn business_blame(descent: &Descent<'_, '_>, start: usize) -> Blame {
    let ex = descent.ex;
    let own = Blame { hop: ex.hop(start), cause: "business_failure", low: false, rule: "B11", way: vec![start] };
    if ex.span(start).status == Status::Ok || (descent.errors_below(start).is_empty() && !ex.is_error(start)) {
        return own; // C1: a span that says Ok ends the descent, also where it begins
    }
    let found = descent.from(start);
    // Whether or not it is in error itself: where the descent comes no further, it failed as the business says.
    let stayed = found.way.last().is_some_and(|last| *last == start || ex.tree.has_above(start, &|above| above == *last));
    if stayed { own } else { found }
}

/// Open: of two in the same depth the one that ends last (B12), and began first.
fn depth(ex: &Execution<'_>, at: usize) -> (usize, u64, std::cmp::Reverse<(u64, u64, super::span::Kind)>) {
    (ex.depth(at), ex.span(at).end, std::cmp::Reverse(ex.tree.age(at)))
}

/// B12
fn missing(ex: &Execution<'_>, path: &Path) -> Option<Blame> {
    let hops: Vec<(usize, Hop)> = ex.members.iter().map(|at| (*at, ex.hop(*at))).collect();
    let present = |rule: usize| hops.iter().any(|(_, hop)| hop.rule == Some(rule));
    let gone: Vec<usize> =
        (0..ex.capability.hops.len()).filter(|rule| ex.capability.hops[*rule].always && !present(*rule)).collect();
    let caller = |rule: usize| {
        let callers = &ex.capability.hops[rule].called_by;
        let named = |hop: &Hop| callers.iter().any(|name| *name == hop.id || *name == hop.service);
        let named = hops.iter().filter(|(at, hop)| ex.counts(*at) && named(hop));
        named.map(|(at, _)| *at).max_by_key(|at| depth(ex, *at))
    };
    // Open: several. The first in map order whose caller was there: what it would have called is missing because of it.
    let first = gone.iter().copied().find(|rule| caller(*rule).is_some()).or(gone.first().copied())?;
    let on_path = path.walked.iter().copied().filter(|at| reading::works(ex.span(*at))).max_by_key(|at| depth(ex, *at));
    let at = caller(first).or(on_path).unwrap_or(ex.root);
    Some(Blame { hop: ex.hop(at), cause: "missing_step", low: false, rule: "B12", way: Vec::new() })
}
