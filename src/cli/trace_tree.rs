//! The tree of hops of one execution: who called whom, how it ended, and who is to blame.

use super::figures::{NOTHING, ms};
use super::output::{Look, lines};
use super::trace::{indented, of_service};
use super::words;
use crate::query::{TreeLine, VerdictLine};
use comfy_table::Color;

/// Further down, hops are only counted: lines would run off to the right.
const DEEPEST: usize = 12;

/// A line of the tree that is yet to come.
enum Next {
    /// A hop.
    Hop(usize),
    /// The culprit, whose callers are too many to be shown.
    Culprit(usize),
    /// Calls that are only counted.
    More(u64),
}

/// A line, with what stands left of it.
struct Line {
    next: Next,
    left: String,
    depth: usize,
    last: bool,
}

/// Nothing where a verdict came without its tree.
pub(super) fn text(verdict: &VerdictLine, look: Look) -> String {
    let tree = &verdict.tree;
    if tree.is_empty() {
        return String::new();
    }
    let mut table = look.table(&["hop", "calls", "longest", "ended", ""], &["calls", "longest"]);
    let mut row = |cells: [String; 5], blamed: bool| {
        let color = if blamed { Some(Color::Red) } else { None };
        table.add_row(cells.map(|cell| look.cell(cell, color)).to_vec());
    };
    let nothing = || NOTHING.to_owned();
    if let Some(blame) = verdict.blame.as_ref().filter(|blame| blame.hop == "(caller)") {
        row(["(caller)".into(), nothing(), nothing(), nothing(), to_blame(&blame.cause)], true);
    }
    let below = below(tree);
    let mut open = Vec::new();
    let tops: Vec<Next> = (0..tree.len()).filter(|at| caller_of(tree, *at).is_none()).map(Next::Hop).collect();
    push(&mut open, tops, "", 0);
    while let Some(line) = open.pop() {
        let joint = joint(tree, &line);
        match line.next {
            Next::More(calls) => {
                let more = format!("{}{joint}… {calls} more {}", line.left, if calls == 1 { "call" } else { "calls" });
                row([more, String::new(), String::new(), String::new(), String::new()], false);
            }
            Next::Culprit(at) => row(cells(verdict, &tree[at], &format!("{}{joint}", line.left)), true),
            Next::Hop(at) => {
                row(cells(verdict, &tree[at], &format!("{}{joint}", line.left)), tree[at].blamed);
                let bar = match (line.depth, line.last) {
                    (0, _) => "",
                    (_, true) => "   ",
                    (_, false) => "│  ",
                };
                let next = if line.depth < DEEPEST { all_below(tree, &below, at) } else { counted(tree, &below, at) };
                push(&mut open, next, &format!("{}{bar}", line.left), line.depth + 1);
            }
        }
    }
    format!("  who called whom:\n{}", indented(&lines(&table)))
}

fn push(open: &mut Vec<Line>, next: Vec<Next>, left: &str, depth: usize) {
    let count = next.len();
    let line = |(at, next)| Line { next, left: left.to_owned(), depth, last: at + 1 == count };
    open.extend(next.into_iter().enumerate().map(line).rev());
}

/// A document may be damaged: who comes later in the list calls nobody before.
fn caller_of(tree: &[TreeLine], at: usize) -> Option<usize> {
    tree[at].caller.map(|caller| caller as usize).filter(|caller| *caller < at)
}

fn below(tree: &[TreeLine]) -> Vec<Vec<usize>> {
    let mut below = vec![Vec::new(); tree.len()];
    for at in 0..tree.len() {
        if let Some(caller) = caller_of(tree, at) {
            below[caller].push(at);
        }
    }
    below
}

fn all_below(tree: &[TreeLine], below: &[Vec<usize>], at: usize) -> Vec<Next> {
    let more = (tree[at].more_calls > 0).then_some(Next::More(tree[at].more_calls.into()));
    below[at].iter().copied().map(Next::Hop).chain(more).collect()
}

/// The calls below, as a number; and the culprit, if it is among them.
fn counted(tree: &[TreeLine], below: &[Vec<usize>], at: usize) -> Vec<Next> {
    let mut calls = u64::from(tree[at].more_calls);
    let mut culprit = None;
    let mut open = below[at].clone();
    while let Some(at) = open.pop() {
        open.extend(&below[at]);
        calls += u64::from(tree[at].more_calls);
        match tree[at].blamed {
            true => culprit = Some(Next::Culprit(at)),
            false => calls += u64::from(tree[at].calls),
        }
    }
    culprit.into_iter().chain((calls > 0).then_some(Next::More(calls))).collect()
}

/// How a line hangs on the one above: what is asynchronous is dashed, what was not called is crossed out.
fn joint(tree: &[TreeLine], line: &Line) -> String {
    if line.depth == 0 {
        return String::new();
    }
    let branch = if line.last { "└" } else { "├" };
    let way = match line.next {
        Next::Culprit(_) => "⋯ ",
        Next::Hop(at) if tree[at].further => "⋯ ",
        Next::Hop(at) if tree[at].calls == 0 => "✗ ",
        Next::Hop(at) if tree[at].asynchronous => "┄ ",
        _ => "─ ",
    };
    format!("{branch}{way}")
}

fn cells(verdict: &VerdictLine, one: &TreeLine, left: &str) -> [String; 5] {
    // A hop that the map does not name begins with its service.
    let named = one.hop.strip_prefix(&one.service).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let hop = if named { one.hop.clone() } else { of_service(&one.hop, &one.service) };
    let (calls, longest) = match one.calls {
        0 => (NOTHING.into(), NOTHING.into()),
        1 => ("1".into(), ms(Some(one.longest_ms))),
        calls => (format!("×{calls}"), ms(Some(one.longest_ms))),
    };
    [format!("{left}{hop}"), calls, longest, one.status.clone(), remarks(verdict, one).join("; ")]
}

fn remarks(verdict: &VerdictLine, one: &TreeLine) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(blame) = verdict.blame.as_ref().filter(|_| one.blamed) {
        told.push(to_blame(&blame.cause));
    }
    if let Some(slow) = verdict.slow_blame.as_ref().filter(|slow| (&slow.hop, &slow.service) == (&one.hop, &one.service)) {
        told.push(format!("◷ slow because of it: {}", words::cause(&slow.cause)));
    }
    if one.errors > 0 && one.calls > 1 {
        told.push(format!("{} of {} in error", one.errors, one.calls));
    }
    match one.retries {
        0 => {}
        1 => told.push("1 repeats a failed call".into()),
        retries => told.push(format!("{retries} repeat failed calls")),
    }
    if let Some(kind) = &one.absorbed {
        told.push(format!("~ did not matter: {}", words::absorbed(kind)));
    }
    if one.asynchronous {
        told.push("asynchronous".into());
    }
    if one.calls == 0 {
        told.push("was not called".into());
    }
    told
}

fn to_blame(cause: &str) -> String {
    format!("◀ to blame: {}", words::cause(cause))
}
