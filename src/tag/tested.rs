//! The tests that the map makes on attributes: which keys it asks about, and which tests hold.

use super::cache::Cache;
use super::keys::Keys;
use super::mix::{Mix, Seeds};
use super::peer::{names, text_of};
use super::sorted::Sorted;
use super::url::Url;
use crate::catalogue::{Catalogue, Field, Scope};
use crate::model::{Attribute, FactId, Value};
use std::borrow::Cow;

/// Value to fact sets that a worker remembers.
const REMEMBERED: usize = 16_384;

/// What the map asks about the attributes of a span or a resource.
#[derive(Debug)]
pub struct Tested {
    /// All keys that anything is done with.
    pub keys: Keys,
    scope: Scope,
    /// What holds for each key if it is absent.
    absent: Vec<Box<[FactId]>>,
}

/// Which tested keys were there, and at which attribute.
#[derive(Debug, Default)]
pub struct TestsSeen {
    latest: Vec<u32>,
    touched: Vec<u32>,
}

const ABSENT: u32 = u32::MAX;

impl TestsSeen {
    /// Nothing was there; for this many keys.
    pub fn new(keys: usize) -> Self {
        Self { latest: vec![ABSENT; keys], touched: Vec::new() }
    }

    /// Forgets everything.
    #[inline]
    pub fn clear(&mut self) {
        while let Some(test) = self.touched.pop() {
            self.latest[test as usize] = ABSENT;
        }
    }

    /// This key is at this attribute; the last one counts.
    #[inline]
    pub fn put(&mut self, test: u32, attribute: u32) {
        let latest = &mut self.latest[test as usize];
        if *latest == ABSENT {
            self.touched.push(test);
        }
        *latest = attribute;
    }

    /// Keys that were there with their values.
    #[inline]
    pub fn iter<'a>(&self, attributes: &'a [Attribute<'a>]) -> impl Iterator<Item = (u32, &'a Value<'a>)> {
        let at = |test: &u32| Some((*test, &attributes.get(self.latest[*test as usize] as usize)?.value));
        self.touched.iter().filter_map(at)
    }

    fn has(&self, test: usize) -> bool {
        self.latest.get(test).is_some_and(|at| *at != ABSENT)
    }
}

impl Tested {
    /// What the map asks in this scope, beside the names that are always looked for.
    pub fn new(catalogue: &Catalogue, scope: Scope, slots: impl Iterator<Item = &'static str>) -> Self {
        let tests = catalogue.keys(scope);
        let absent = |key| {
            let mut facts = Vec::new();
            catalogue.facts_of_attribute(scope, key, None, &mut facts);
            facts.sort_unstable();
            facts.into_boxed_slice()
        };
        Self { keys: Keys::new(slots, tests), scope, absent: (0..tests.len()).map(absent).collect() }
    }

    /// An empty note of what was seen.
    pub fn nothing_seen(&self) -> TestsSeen {
        TestsSeen::new(self.absent.len())
    }

    fn if_absent(&self, test: u32) -> &[FactId] {
        self.absent.get(test as usize).map_or(&[], |facts| facts)
    }

    /// Adds all facts about attributes, present and absent.
    pub fn facts(&self, catalogue: &Catalogue, seen: &TestsSeen, attributes: &[Attribute<'_>], facts: &mut Vec<FactId>) {
        for (test, value) in seen.iter(attributes) {
            catalogue.facts_of_attribute(self.scope, test as usize, Some(value), facts);
        }
        let absent = self.absent.iter().enumerate().filter(|(test, facts)| !facts.is_empty() && !seen.has(*test));
        facts.extend(absent.flat_map(|(_, facts)| facts.iter().copied()));
    }
}

/// Which facts hold for values, remembered as hashes of the sets of facts.
#[derive(Debug)]
pub struct FactMemory {
    known: Cache<u128>,
    scratch: Vec<FactId>,
}

impl Default for FactMemory {
    fn default() -> Self {
        Self { known: Cache::new(REMEMBERED), scratch: Vec::new() }
    }
}

impl FactMemory {
    /// What the tested attributes of a span add to its hash: a sum, as they come in any order. What is as if the key were absent
    /// adds nothing.
    #[inline]
    pub fn of_attributes(
        &mut self,
        (catalogue, seeds): (&Catalogue, &Seeds),
        tested: &Tested,
        seen: &TestsSeen,
        attributes: &[Attribute<'_>],
    ) -> u128 {
        let mut sum = 0u128;
        for (test, value) in seen.iter(attributes) {
            let mut key = Mix::new(seeds, 5 | u64::from(test) << 8);
            key.value(value);
            let key = key.finish();
            let known = self.known.get(key).copied();
            sum = sum.wrapping_add(known.unwrap_or_else(|| {
                self.learn(key, seeds, u64::from(test), tested.if_absent(test), |facts| {
                    catalogue.facts_of_attribute(tested.scope, test as usize, Some(value), facts);
                })
            }));
        }
        sum
    }

    /// The same for the names of the peer. Each is asked about alone, for there are few of them, while of their combinations, one of
    /// which may be an address of one of thousands of pods, there are many.
    #[inline]
    pub fn of_peer(&mut self, (catalogue, seeds): (&Catalogue, &Seeds), sorted: Sorted<'_, '_>, url: &Url<'_>) -> u128 {
        if !catalogue.tests_peers() {
            return 0;
        }
        // That there is a name can be a test, too, whatever the name.
        let (mut sum, mut named) = (0u128, 0);
        names(sorted, Some(url.host), |name| {
            named = 1;
            let mut key = Mix::new(seeds, 6);
            key.bytes(name);
            let key = key.finish();
            let known = self.known.get(key).copied();
            sum = sum.wrapping_add(known.unwrap_or_else(|| {
                self.learn(key, seeds, u64::MAX, &[], |facts| {
                    catalogue.facts_of_field(Field::Peer, &[&String::from_utf8_lossy(name)], facts);
                })
            }));
        });
        sum.wrapping_add(named)
    }

    fn learn(&mut self, key: u128, seeds: &Seeds, test: u64, absent: &[FactId], ask: impl FnOnce(&mut Vec<FactId>)) -> u128 {
        self.scratch.clear();
        ask(&mut self.scratch);
        self.scratch.sort_unstable();
        self.scratch.dedup();
        let as_if_absent = absent == self.scratch;
        let mut hash = Mix::new(seeds, 7);
        hash.pair(test, 0);
        hash.facts(&self.scratch);
        let hash = if as_if_absent { 0 } else { hash.finish() };
        self.known.put(key, hash);
        hash
    }
}

/// Adds the facts about the peer; `None`: a span that asks nobody.
pub fn peer_facts(catalogue: &Catalogue, sorted: Option<Sorted<'_, '_>>, facts: &mut Vec<FactId>) {
    let mut texts = Vec::new();
    if let Some(sorted) = sorted {
        names(sorted, None, |name| texts.push(String::from_utf8_lossy(name)));
    }
    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
    catalogue.facts_of_field(Field::Peer, &texts, facts);
}

/// A value as text; what is not UTF-8 is replaced.
pub fn lossy<'a>(value: &Value<'a>) -> Cow<'a, str> {
    match text_of(value) {
        Cow::Borrowed(text) => String::from_utf8_lossy(text),
        Cow::Owned(text) => Cow::Owned(String::from_utf8_lossy(&text).into_owned()),
    }
}
