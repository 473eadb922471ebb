//! Orphans: spans whose parent never came (E3). Where they hang is a guess, and is marked as one.
//!
//! First choice is the call that has no server span and names the orphan's service: the missing span was between the two. Orphans
//! that name the same lost parent belong together. Second choice is the narrowest span at work around it.

use super::NONE;
use super::found::{How, Stub};
use super::picker::{Latest, Narrowest};
use super::union::Trees;
use crate::judge::hops::host_of;
use crate::judge::{Context, Trace};
use crate::model::{Kind, Name, SpanId};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Orphans of one service that name one lost parent.
#[derive(Debug)]
struct Family {
    service: Name,
    start: u64,
    end: u64,
    members: Vec<u32>,
}

/// Hangs up the orphans that there is a place for.
pub fn hang(stubs: &mut [Stub], trace: &Trace<'_>, context: &Context<'_>) {
    let orphans = orphans(stubs);
    if orphans.is_empty() {
        return;
    }
    let mut trees = Trees::new(stubs);
    let left = below_calls(stubs, trace, context, &mut trees, orphans);
    inside(stubs, &mut trees, left);
}

fn orphans(stubs: &[Stub]) -> Vec<u32> {
    let is_orphan = |stub: &Stub| stub.how == How::Lost && stub.parent == NONE && !stub.entry;
    let mut orphans: Vec<u32> = (0..stubs.len() as u32).filter(|&at| is_orphan(&stubs[at as usize])).collect();
    orphans.sort_unstable_by_key(|&at| stubs[at as usize].rank());
    orphans
}

/// First choice. Answers the orphans that are left.
fn below_calls(stubs: &mut [Stub], trace: &Trace<'_>, context: &Context<'_>, trees: &mut Trees, orphans: Vec<u32>) -> Vec<u32> {
    let mut calls = Calls::new(stubs, trace, context, &orphans);
    let mut left = Vec::new();
    for family in families(stubs, trace, orphans) {
        let call = calls.pick(&family);
        for member in family.members {
            match call {
                Some(call) if trees.hang(member, call) => {
                    (stubs[member as usize].parent, stubs[member as usize].how) = (call, How::Guessed);
                }
                _ => left.push(member),
            }
        }
    }
    left.sort_unstable_by_key(|&at| stubs[at as usize].rank());
    left
}

/// In the order of their first members.
fn families(stubs: &[Stub], trace: &Trace<'_>, orphans: Vec<u32>) -> Vec<Family> {
    let mut numbers: HashMap<(SpanId, Name), usize, RandomState> = HashMap::default();
    let mut families: Vec<Family> = Vec::new();
    for at in orphans {
        let stub = &stubs[at as usize];
        let key = (trace.spans[stub.record as usize].parent, stub.service);
        let number = *numbers.entry(key).or_insert(families.len());
        match families.get_mut(number) {
            Some(family) => {
                family.end = family.end.max(stub.end);
                family.members.push(at);
            }
            None => families.push(Family { service: stub.service, start: stub.start, end: stub.end, members: vec![at] }),
        }
    }
    families
}

/// Calls with their starts, in that order; and which are still free.
type Free = (Vec<(u64, u32)>, Latest);

/// Calls without a server span, by the service they name.
struct Calls {
    by_service: HashMap<Name, Free, RandomState>,
}

impl Calls {
    fn new(stubs: &[Stub], trace: &Trace<'_>, context: &Context<'_>, orphans: &[u32]) -> Self {
        let services = orphans.iter().map(|&at| stubs[at as usize].service);
        let wanted: HashMap<&str, Name, RandomState> = services.map(|service| (context.names.text(service), service)).collect();
        let mut found: HashMap<Name, Vec<(u64, SpanId, u32)>, RandomState> = HashMap::default();
        for (at, stub) in unanswered(stubs) {
            let shape = context.shapes.get(trace.spans[stub.record as usize].shape);
            let peer = host_of(context.names.text(shape.peer));
            let named = shape.peer_services.iter().map(|name| context.names.text(*name)).chain([peer]);
            let mut services: Vec<Name> = named.filter_map(|text| wanted.get(text).copied()).collect();
            services.sort_unstable();
            services.dedup();
            services.into_iter().for_each(|service| found.entry(service).or_default().push((stub.start, stub.id, at)));
        }
        let by_service = found.into_iter().map(|(service, mut calls)| {
            calls.sort_unstable();
            let ends: Vec<u64> = calls.iter().map(|call| stubs[call.2 as usize].end).collect();
            (service, (calls.into_iter().map(|(start, _, at)| (start, at)).collect(), Latest::new(&ends)))
        });
        Self { by_service: by_service.collect() }
    }

    /// The call around the family, else one that was open when it began, else the last one before, else the first.
    fn pick(&mut self, family: &Family) -> Option<u32> {
        let (calls, latest) = self.by_service.get_mut(&family.service)?;
        let before = calls.partition_point(|(start, _)| *start <= family.start);
        let around = latest.last(before, family.end).or_else(|| latest.last(before, family.start));
        let which = around.or_else(|| latest.last(before, 0)).or_else(|| latest.first())?;
        latest.take(which);
        Some(calls[which].1)
    }
}

fn unanswered(stubs: &[Stub]) -> impl Iterator<Item = (u32, &Stub)> {
    let mut answered = vec![false; stubs.len()];
    for stub in stubs.iter().filter(|stub| stub.answers() && stub.parent != NONE && stub.how != How::Linked) {
        answered[stub.parent as usize] = true;
    }
    (0..).zip(stubs).filter(move |(at, stub)| stub.asks() && !answered[*at as usize])
}

/// Second choice. A span in the tree of an orphan is a place once that orphan has had its turn, whether or not it found one.
fn inside(stubs: &mut [Stub], trees: &mut Trees, orphans: Vec<u32>) {
    let by_id = ById::new(stubs);
    let places: Vec<u32> = (0..stubs.len() as u32).filter(|&at| is_at_work(&stubs[at as usize])).collect();
    let mut open = Narrowest::new(places.iter().map(|&at| stubs[at as usize].end).collect());
    let mut waiting: HashMap<u32, Vec<u32>, RandomState> = HashMap::default();
    let mut floating: Vec<bool> = vec![false; stubs.len()];
    orphans.iter().for_each(|&at| floating[at as usize] = true);
    let mut places = places.into_iter().peekable();
    for orphan in widest_first(stubs, orphans) {
        let Stub { start, end, .. } = stubs[orphan as usize];
        while let Some(place) = places.next_if(|&at| stubs[at as usize].start <= start) {
            let top = trees.top(place);
            if floating[top as usize] {
                waiting.entry(top).or_default().push(place);
            } else {
                open.put(stubs[place as usize].start, stubs[place as usize].end, by_id.numbers[place as usize]);
            }
        }
        if let Some(place) = open.find(end).map(|number| by_id.spans[number as usize])
            && trees.hang(orphan, place)
        {
            (stubs[orphan as usize].parent, stubs[orphan as usize].how) = (place, How::Guessed);
        }
        floating[orphan as usize] = false;
        for place in waiting.remove(&orphan).unwrap_or_default() {
            open.put(stubs[place as usize].start, stubs[place as usize].end, by_id.numbers[place as usize]);
        }
    }
}

/// Spans in the order of their ids: of two that are equally narrow the first in it is chosen.
struct ById {
    spans: Vec<u32>,
    /// By span: position in `spans`.
    numbers: Vec<u32>,
}

impl ById {
    fn new(stubs: &[Stub]) -> Self {
        let mut spans: Vec<u32> = (0..stubs.len() as u32).collect();
        spans.sort_unstable_by_key(|&at| (stubs[at as usize].id, stubs[at as usize].kind));
        let mut numbers = vec![0; spans.len()];
        spans.iter().zip(0..).for_each(|(&at, number)| numbers[at as usize] = number);
        Self { spans, numbers }
    }
}

fn is_at_work(stub: &Stub) -> bool {
    matches!(stub.kind, Kind::Server | Kind::Consumer | Kind::Internal)
}

/// In the order of starts; of those that start together the widest first.
fn widest_first(stubs: &[Stub], mut orphans: Vec<u32>) -> Vec<u32> {
    orphans.sort_by_key(|&at| (stubs[at as usize].start, std::cmp::Reverse(stubs[at as usize].end), stubs[at as usize].rank()));
    orphans
}
