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

pub fn judge(received: &[Span], map: &Map) -> Answer {
    let tree = Tree::build(received, map);
    let mut answer = Answer { duplicate: tree.duplicates, ..Answer::default() };
    let (mut measured, mut ignored) = (vec![false; tree.spans.len()], vec![false; tree.spans.len()]);
    for capability in &map.capabilities {
        for root in tree.entries(capability) {
            let ex = Execution::new(&tree, capability, root);
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
    let blamed = blame.as_ref().and_then(|blame| blame.way.last().copied());
    let starts: Vec<usize> = start.into_iter().collect();
    let sections = path.sections.iter().map(|one| (ex.span(one.at).id, one.hop.clone(), one.start, one.end, one.kind));
    Verdict {
        capability: ex.capability.id,
        entry: entry.id,
        outcome,
        slow: ex.capability.under.iter().any(|under| duration > under * 1_000_000), // exactly at the limit is good
        duration,
        absorbed: chains.absorbed(blamed, &starts),
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
        return ("failed", Some(business_blame(descent, start)), Some(start)); // O2, B11
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
    let failed_steps = ex.steps().into_iter().filter(|step| ex.is_required(*step) && ex.is_error(*step));
    if let Some(step) = failed_steps.min_by_key(|step| ex.span(*step).end) {
        let mut found = blame(ex.hop(step), "async_error", "E4");
        found.iter_mut().for_each(|blame| blame.way.push(step));
        return ("failed", found, None); // E4; open: after the entry's own class
    }
    match missing(ex, descent.path) {
        Some(found) => ("failed", Some(found), None), // O6
        None => ("ok", None, None),                   // O8
    }
}

/// B11: the deepest on the critical path that carries the attribute, else the deepest.
fn business_start(ex: &Execution<'_>, path: &Path, carriers: &[usize]) -> Option<usize> {
    let deepest = |among: Vec<usize>| among.into_iter().max_by_key(|at| (ex.depth(*at), ex.span(*at).end, ex.span(*at).id));
    let on_path = carriers.iter().copied().filter(|at| path.walked.contains(at)).collect();
    deepest(on_path).or_else(|| deepest(carriers.to_vec()))
}

fn business_blame(descent: &Descent<'_, '_>, start: usize) -> Blame {
    let ex = descent.ex;
    // C1: a span that says Ok ends the descent, also where it begins.
    if ex.span(start).status != Status::Ok && !descent.errors_below(start).is_empty() {
        return descent.from(start);
    }
    Blame { hop: ex.hop(start), cause: "business_failure", low: false, rule: "B11", way: vec![start] }
}

/// B12
fn missing(ex: &Execution<'_>, path: &Path) -> Option<Blame> {
    let hops: Vec<(usize, Hop)> = ex.members.iter().map(|at| (*at, ex.hop(*at))).collect();
    let present = |rule: usize| hops.iter().any(|(_, hop)| hop.rule == Some(rule));
    let gone = (0..ex.capability.hops.len()).find(|rule| ex.capability.hops[*rule].always && !present(*rule))?;
    let callers = &ex.capability.hops[gone].called_by;
    let named = hops.iter().filter(|(_, hop)| callers.iter().any(|name| *name == hop.id || *name == hop.service));
    let depth = |at: usize| (ex.depth(at), ex.span(at).end, ex.span(at).id);
    let caller = named.max_by_key(|(at, _)| depth(*at));
    let on_path = path.walked.iter().copied().filter(|at| reading::works(ex.span(*at))).max_by_key(|at| depth(*at));
    let at = caller.map(|(at, _)| *at).or(on_path)?;
    Some(Blame { hop: ex.hop(at), cause: "missing_step", low: false, rule: "B12", way: Vec::new() })
}
