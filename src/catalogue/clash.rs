//! What is wrong between two places of a map: ids given twice, entries shared, rules that an earlier one hides.

use super::hop::WrittenHop;
use super::matcher::Matcher;
use super::problems::{Findings, Place, quote};
use super::rules::Kinds;
use super::written::{Id, WrittenCapability, WrittenThread};
use std::collections::HashMap;

/// Reports all clashes of a map.
pub fn check(capabilities: &[WrittenCapability], findings: &mut Findings) {
    twice("capability", capabilities.iter().map(|one| &one.id), findings);
    for one in capabilities {
        twice("thread", one.threads.iter().map(|thread| &thread.id), findings);
        twice("hop", one.hops.iter().map(|hop| &hop.id), findings);
        twice("objective", one.objectives.iter(), findings);
        one.hops.iter().for_each(|hop| twice("objective", hop.objectives.iter(), findings));
        hidden_hops(&one.hops, findings);
        hidden_threads(&one.threads, findings);
    }
    shared_entries(capabilities, findings);
}

fn twice<'a>(what: &str, ids: impl Iterator<Item = &'a Id>, findings: &mut Findings) {
    let mut first: HashMap<&str, Place> = HashMap::new();
    for id in ids.filter(|id| !id.text.is_empty()) {
        match first.get(id.text.as_str()) {
            Some(before) => {
                let wrong = format!("duplicate {what} id {}, first at {}", quote(&id.text), findings.at(*before));
                findings.add(id.place, wrong, "write another id, or leave one of the two out");
            }
            None => drop(first.insert(&id.text, id.place)),
        }
    }
}

/// Two threads that begin at the same spans: the second never gets one, or both count each.
fn shared_entries(capabilities: &[WrittenCapability], findings: &mut Findings) {
    let mut first: HashMap<String, (usize, &WrittenCapability, &WrittenThread)> = HashMap::new();
    for (number, capability) in capabilities.iter().enumerate() {
        for (thread, matcher) in matchers(&capability.threads) {
            let entry = first.entry(matcher.meaning()).or_insert((number, capability, thread));
            let (other_number, other_capability, other) = *entry;
            if std::ptr::eq(other, thread) {
                continue;
            }
            let owner = if other_number == number {
                String::new()
            } else {
                format!(" of capability {}", quote(&other_capability.id.text))
            };
            let wrong = format!(
                "the entry of thread {} is also the entry of thread {}{owner} at {}",
                quote(&thread.id.text),
                quote(&other.id.text),
                findings.at(other.id.place)
            );
            findings.add(matcher.place, wrong, "write a test that tells the two apart, or leave one thread out");
        }
    }
}

fn matchers(threads: &[WrittenThread]) -> impl Iterator<Item = (&WrittenThread, &Matcher)> {
    threads.iter().flat_map(|thread| thread.entry.iter().filter(|one| one.whole).map(move |matcher| (thread, matcher)))
}

fn hidden_threads(threads: &[WrittenThread], findings: &mut Findings) {
    for (number, thread) in threads.iter().enumerate() {
        let earlier = threads.iter().take(number).map(|other| (&other.id, other.entry.as_slice()));
        let Some(other) = hider(&thread.entry, earlier, Matcher::any_kinds) else { continue };
        let same = |one: &Matcher| {
            matchers(threads.get(..number).unwrap_or_default()).any(|(_, other)| other.meaning() == one.meaning())
        };
        if thread.entry.iter().any(same) {
            continue; // A shared entry, which is reported as such.
        }
        let wrong = hidden("thread", &thread.id, other, findings);
        findings.add(thread.id.place, wrong, "move it before the other, or write a narrower entry there");
    }
}

fn hidden_hops(hops: &[WrittenHop], findings: &mut Findings) {
    for (number, hop) in hops.iter().enumerate() {
        let earlier = hops.iter().take(number).map(|other| (&other.id, other.matchers.as_slice()));
        if let Some(other) = hider(&hop.matchers, earlier, Matcher::hop_kinds) {
            let wrong = hidden("hop", &hop.id, other, findings);
            findings.add(hop.id.place, wrong, "move it before the other, or write a narrower `match` there");
        }
    }
}

fn hidden(what: &str, id: &Id, other: &Id, findings: &Findings) -> String {
    let (mine, theirs, at) = (quote(&id.text), quote(&other.text), findings.at(other.place));
    format!("unreachable {what} {mine}: {what} {theirs} at {at} takes all its spans")
}

/// Who takes all spans of these matchers before they are asked: each is covered by one of the earlier ones. Names the first.
fn hider<'a>(
    matchers: &[Matcher],
    earlier: impl Iterator<Item = (&'a Id, &'a [Matcher])>,
    kinds: impl Fn(&Matcher) -> Kinds,
) -> Option<&'a Id> {
    if matchers.is_empty() || matchers.iter().any(|one| !one.whole) {
        return None;
    }
    let mut open: Vec<&Matcher> = matchers.iter().collect();
    let mut first = None;
    for (id, others) in earlier {
        let before = open.len();
        open.retain(|one| !others.iter().any(|other| other.whole && kinds(other).covers(kinds(one)) && other.covers(one)));
        if open.len() < before {
            first = first.or(Some(id));
        }
        if open.is_empty() {
            return first;
        }
    }
    None
}
