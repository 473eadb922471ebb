//! From the map as written to numbered tests and rules.

use super::compiled::{Capability, Field, Scope};
use super::entry::{EntryRule, EntryTest, Tested};
use super::facts::{FactTable, Subject};
use super::hop::{WrittenHop, own_services};
use super::matcher::Matcher;
use super::predicate::Predicate;
use super::rules::{Kinds, Rule, Rules};
use super::written::WrittenCapability;
use crate::model::{FactId, Kind, Tags};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// What follows for a span from a rule that is no hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Entry { capability: u32, thread: u32 },
    Failed { capability: u32 },
    Ignored { capability: u32 },
}

/// A matched hop: capability, position of the hop in it.
type HopOf = (u32, u32);

/// The rules of the map.
#[derive(Debug, Default)]
pub struct Compiled {
    /// All tests.
    pub facts: FactTable,
    spans: Rules<Meaning>,
    hops: Rules<HopOf>,
    /// Of each capability, where its hops' rules are in `hops`.
    ranges: Vec<Range<usize>>,
    /// Of each capability, the tests on its hops' own services.
    services: Vec<Box<[(u32, Predicate)]>>,
    positions: HashMap<String, u32>,
    /// Of each capability, its entry rules test by test.
    entries: Vec<Vec<EntryRule>>,
    /// Keys of span attributes that entry rules make tests on, by their numbers, ascending.
    entry_keys: Vec<u32>,
}

/// Numbers the tests and lists the rules.
pub fn compile(written: Vec<WrittenCapability>) -> (Vec<Capability>, Compiled) {
    let mut compiled = Compiled::default();
    let (mut spans, mut hops) = (Vec::new(), Vec::new());
    let mut capabilities = Vec::with_capacity(written.len());
    for (number, one) in written.into_iter().enumerate() {
        let capability = number as u32;
        compiled.positions.insert(one.id.text.clone(), capability);
        compiled.span_rules(capability, &one, &mut spans);
        let entries = one.threads.iter().zip(0u32..).flat_map(|(thread, at)| thread.entry.iter().map(move |entry| (at, entry)));
        let entries = entries.map(|(thread, entry)| compiled.entry(thread, entry)).collect();
        compiled.entries.push(entries);
        let start = hops.len();
        compiled.hop_rules(capability, &one.hops, &mut hops);
        compiled.ranges.push(start..hops.len());
        let mut resolved = one.resolved;
        resolved.hops = one.hops.into_iter().map(|hop| hop.resolved).collect();
        capabilities.push(resolved);
    }
    compiled.spans = Rules::new(spans);
    compiled.hops = Rules::new(hops);
    compiled.entry_keys = compiled.keys_of_entries();
    compiled.facts.seal();
    (capabilities, compiled)
}

impl Compiled {
    fn span_rules(&mut self, capability: u32, one: &WrittenCapability, rules: &mut Vec<Rule<Meaning>>) {
        for (thread, written) in one.threads.iter().enumerate() {
            let then = Meaning::Entry { capability, thread: thread as u32 };
            rules.extend(written.entry.iter().map(|matcher| self.rule(matcher, matcher.any_kinds(), then)));
        }
        for matcher in &one.failed_when {
            rules.push(self.rule(matcher, matcher.any_kinds(), Meaning::Failed { capability }));
        }
        for matcher in &one.ignored_when {
            rules.push(self.rule(matcher, matcher.any_kinds(), Meaning::Ignored { capability }));
        }
    }

    fn hop_rules(&mut self, capability: u32, hops: &[WrittenHop], rules: &mut Vec<Rule<HopOf>>) {
        let mut services = Vec::new();
        for (number, hop) in hops.iter().enumerate() {
            let then = (capability, number as u32);
            rules.extend(hop.matchers.iter().map(|matcher| self.rule(matcher, matcher.hop_kinds(), then)));
            services.extend(own_services(&hop.matchers).map(|predicate| (number as u32, predicate.clone())));
        }
        self.services.push(services.into());
    }

    fn rule<T>(&mut self, matcher: &Matcher, kinds: Kinds, then: T) -> Rule<T> {
        let clause = |(subject, predicates): (&Subject, &Vec<Predicate>)| {
            let mut facts: Vec<FactId> = predicates.iter().map(|one| self.facts.fact(subject, one)).collect();
            facts.sort_unstable();
            facts.dedup();
            facts.into_boxed_slice()
        };
        Rule { kinds, clauses: matcher.tests.iter().map(clause).collect(), then }
    }

    fn entry(&mut self, thread: u32, matcher: &Matcher) -> EntryRule {
        let kinds = matcher.kinds.map(EntryTest::of_kinds);
        let mut tests: Vec<EntryTest> = Vec::with_capacity(matcher.tests.len() + 1);
        for (subject, predicates) in &matcher.tests {
            let facts = predicates.iter().map(|one| self.facts.fact(subject, one)).collect();
            tests.push(EntryTest::of_facts(subject, predicates, facts));
        }
        // As people write it: who, what kind, which name, then the rest.
        let rank = |test: &EntryTest| match test.on {
            Tested::Field(field) => (0, field as u32),
            Tested::Kind | Tested::Attribute(..) => (1, 0),
        };
        tests.sort_by_key(rank);
        let at = tests.iter().take_while(|test| rank(test) < (0, Field::Name as u32)).count();
        tests.splice(at..at, kinds);
        EntryRule { thread, line: matcher.place.line, tests: tests.into() }
    }

    fn keys_of_entries(&self) -> Vec<u32> {
        let keys = self.facts.keys(Scope::Span);
        let tests = self.entries.iter().flatten().flat_map(|rule| rule.tests.iter());
        let tested: HashSet<&str> = tests
            .filter_map(|test| match &test.on {
                Tested::Attribute(Scope::Span, key) => Some(key.as_str()),
                _ => None,
            })
            .collect();
        keys.iter().zip(0u32..).filter(|(key, _)| tested.contains(key.as_str())).map(|(_, at)| at).collect()
    }

    /// The entry rules of a capability.
    pub fn entries(&self, capability: u32) -> &[EntryRule] {
        self.entries.get(capability as usize).map_or(&[], Vec::as_slice)
    }

    /// Numbers of the span attributes' keys that entry rules make tests on.
    pub fn entry_keys(&self) -> &[u32] {
        &self.entry_keys
    }

    /// Position of the capability with this id.
    pub fn position(&self, id: &str) -> Option<u32> {
        self.positions.get(id).copied()
    }

    /// What follows for spans of this kind with these facts.
    pub fn tags(&self, capabilities: &[Capability], kind: Kind, facts: &[FactId], claimed: Option<(&str, Option<&str>)>) -> Tags {
        let mut meanings: Vec<Meaning> = self.spans.holding(kind, facts).copied().collect();
        meanings.sort_unstable();
        meanings.dedup();
        let (mut entries, mut failed, mut ignored) = (Vec::<(u32, Option<u32>)>::new(), Vec::new(), Vec::new());
        for meaning in meanings {
            match meaning {
                Meaning::Entry { capability, .. } if entries.last().is_some_and(|(last, _)| *last == capability) => {}
                Meaning::Entry { capability, thread } => entries.push((capability, Some(thread))),
                Meaning::Failed { capability } => failed.push(capability),
                Meaning::Ignored { capability } => ignored.push(capability),
            }
        }
        if let Some((name, thread)) = claimed
            && let Some(capability) = self.position(name)
        {
            let threads = capabilities.get(capability as usize).map(|one| one.threads.as_slice()).unwrap_or_default();
            let thread = thread.and_then(|name| threads.iter().position(|one| one.id == name)).map(|at| at as u32);
            match entries.binary_search_by_key(&capability, |(one, _)| *one) {
                Ok(at) => entries[at].1 = thread.or(entries[at].1),
                Err(at) => entries.insert(at, (capability, thread)),
            }
        }
        Tags { entries: entries.into(), failed: failed.into(), ignored: ignored.into() }
    }

    /// Position of the first hop of the capability that spans of this kind with these facts belong to.
    pub fn hop_of(&self, capability: u32, kind: Kind, facts: &[FactId]) -> Option<usize> {
        let range = self.ranges.get(capability as usize)?.clone();
        let rule = self.hops.list().get(range)?.iter().find(|rule| rule.holds(kind, facts))?;
        Some(rule.then.1 as usize)
    }

    /// Position of the first hop of the capability whose own service may have this name.
    pub fn hop_of_service(&self, capability: u32, service: &str) -> Option<usize> {
        let tests = self.services.get(capability as usize)?;
        tests.iter().find(|(_, test)| test.meets(service)).map(|(hop, _)| *hop as usize)
    }

    /// Capabilities of which some hop takes spans of this kind with these facts, ascending.
    pub fn capabilities_with_hop(&self, kind: Kind, facts: &[FactId]) -> Vec<u32> {
        let mut found: Vec<u32> = self.hops.holding(kind, facts).map(|(capability, _)| *capability).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
