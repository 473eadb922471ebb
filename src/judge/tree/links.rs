//! Asynchronous steps that are told by a link (E4): a CONSUMER, or a span without a parent, that links to a span of the same trace.
//!
//! A CONSUMER may have a parent of its own, such as the span that fetched the batch. Where that parent leads to no entry, it hangs by
//! its link; where it does, it stays, and is asynchronous there if it links into the same tree. An entry is not hung below an
//! execution of its own capability: it is one of its own.

use super::NONE;
use super::extras::Extras;
use super::found::{How, Stub, Stubs};
use super::union::Trees;
use crate::judge::{Context, Trace};
use crate::model::{Kind, SpanId};
use std::cmp::Reverse;

/// Entries above a link's target that are asked for their capabilities.
const MOST_ENTRIES_ABOVE: usize = 64;

/// A span, and the one it links to.
#[derive(Debug, Clone, Copy)]
struct Link {
    from: u32,
    to: u32,
    /// The parent it gave up for the link, or [`NONE`].
    parent: u32,
}

/// Hangs up what is linked.
pub fn hang(stubs: &mut Stubs, extras: &Extras, trace: &Trace<'_>, context: &Context<'_>) {
    let mut links = links(stubs, extras, trace);
    let stubs = &mut stubs.list[..];
    links.retain(|link| may_hang(stubs, link));
    if links.is_empty() {
        return;
    }
    let above = Above::new(stubs);
    links.retain(|link| !above.shares_capability(stubs, link, trace, context));
    let stays = |link: &Link| stubs[link.from as usize].parent != NONE && above.has_entry(stubs[link.from as usize].parent);
    let (staying, mut links): (Vec<Link>, Vec<Link>) = links.into_iter().partition(stays);
    let mut trees = Trees::new(stubs);
    for link in staying.iter().filter(|link| trees.top(link.from) == trees.top(link.to)) {
        stubs[link.from as usize].how = How::Linked;
    }
    links.sort_unstable_by_key(|link| stubs[link.from as usize].rank());
    for link in &mut links {
        link.parent = std::mem::replace(&mut stubs[link.from as usize].parent, NONE);
    }
    let mut trees = Trees::new(stubs);
    for link in links {
        let stub = &mut stubs[link.from as usize];
        if trees.hang(link.from, link.to) {
            (stub.parent, stub.how) = (link.to, How::Linked);
        } else if link.parent != NONE && trees.hang(link.from, link.parent) {
            stub.parent = link.parent;
        }
    }
}

/// All links within the trace.
fn links(stubs: &Stubs, extras: &Extras, trace: &Trace<'_>) -> Vec<Link> {
    if trace.extras.iter().all(|extra| extra.link == SpanId::NONE) {
        return Vec::new();
    }
    let mut links = Vec::new();
    for (from, stub) in stubs.list.iter().enumerate() {
        let link = extras.of(trace, stub.record).map_or(SpanId::NONE, |extra| extra.link);
        if link == SpanId::NONE {
            continue;
        }
        if let Some(to) = target(stubs, link).filter(|&to| to != from as u32) {
            links.push(Link { from: from as u32, to, parent: NONE });
        }
    }
    links
}

/// Of two spans with one id, the one that sends.
fn target(stubs: &Stubs, id: SpanId) -> Option<u32> {
    let rating = |stub: &Stub| (stub.kind == Kind::Producer, Reverse(stub.kind));
    stubs.of_id(id).max_by_key(|&at| rating(&stubs.list[at as usize]))
}

fn may_hang(stubs: &[Stub], link: &Link) -> bool {
    let stub = &stubs[link.from as usize];
    let below_producer = stub.parent != NONE && stubs[stub.parent as usize].kind == Kind::Producer;
    match stub.kind {
        Kind::Consumer => !below_producer,
        _ => stub.how == How::Root,
    }
}

/// Of each span the nearest entry among itself and those above it, or [`NONE`].
struct Above(Vec<u32>);

impl Above {
    fn new(stubs: &[Stub]) -> Self {
        const UNKNOWN: u32 = NONE - 1;
        let mut nearest = vec![UNKNOWN; stubs.len()];
        let mut walked = Vec::new();
        for first in 0..stubs.len() as u32 {
            let mut at = first;
            let found = loop {
                if at == NONE {
                    break NONE;
                }
                if nearest[at as usize] != UNKNOWN {
                    break nearest[at as usize];
                }
                walked.push(at);
                if stubs[at as usize].entry {
                    break at;
                }
                at = stubs[at as usize].parent;
            };
            walked.drain(..).for_each(|below| nearest[below as usize] = found);
        }
        Self(nearest)
    }

    fn has_entry(&self, at: u32) -> bool {
        self.0[at as usize] != NONE
    }

    fn shares_capability(&self, stubs: &[Stub], link: &Link, trace: &Trace<'_>, context: &Context<'_>) -> bool {
        let from = &stubs[link.from as usize];
        if !from.entry {
            return false;
        }
        let capabilities = |stub: &Stub| &context.shapes.get(trace.spans[stub.record as usize].shape).tags.entries;
        let own = capabilities(from);
        let mut at = link.to;
        for _ in 0..MOST_ENTRIES_ABOVE {
            at = self.0[at as usize];
            if at == NONE {
                return false;
            }
            let stub = &stubs[at as usize];
            let same = capabilities(stub).iter().any(|(one, _)| own.iter().any(|(other, _)| one == other));
            if same {
                return true;
            }
            at = stub.parent;
            if at == NONE {
                return false;
            }
        }
        true
    }
}
