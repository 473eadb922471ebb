//! The room through its door: `parse`, and what a `Catalogue` answers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod map;
mod matching;
mod problems;
mod promises;
mod random;

use super::{Catalogue, Field, Scope, parse};
use crate::model::{FactId, Kind, Name, Shape, Tags, Value};

/// A span as the tagger sees it.
#[derive(Debug, Clone, Default)]
struct Seen<'a> {
    attributes: Vec<(&'a str, Value<'a>)>,
    resource: Vec<(&'a str, Value<'a>)>,
    service: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    peers: Vec<&'a str>,
}

impl<'a> Seen<'a> {
    fn of(service: &'a str) -> Self {
        Self { service, ..Self::default() }
    }

    fn name(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    fn with(mut self, key: &'a str, value: Value<'a>) -> Self {
        self.attributes.push((key, value));
        self
    }

    fn text(self, key: &'a str, value: &'a str) -> Self {
        self.with(key, Value::Text(value.as_bytes()))
    }

    fn resource(mut self, key: &'a str, value: &'a str) -> Self {
        self.resource.push((key, Value::Text(value.as_bytes())));
        self
    }

    fn peer(mut self, peer: &'a str) -> Self {
        self.peers.push(peer);
        self
    }

    /// As the tagger does: each key of the map once, present or not, then the fields.
    fn facts(&self, map: &Catalogue) -> Vec<FactId> {
        let mut facts = Vec::new();
        for (scope, given) in [(Scope::Span, &self.attributes), (Scope::Resource, &self.resource)] {
            for (number, key) in map.keys(scope).iter().enumerate() {
                let value = given.iter().find(|(name, _)| name == key).map(|(_, value)| value);
                map.facts_of_attribute(scope, number, value, &mut facts);
            }
        }
        map.facts_of_field(Field::Service, &[self.service], &mut facts);
        map.facts_of_field(Field::Namespace, self.namespace.as_slice(), &mut facts);
        map.facts_of_field(Field::Name, &[self.name], &mut facts);
        map.facts_of_field(Field::Peer, &self.peers, &mut facts);
        let found = facts.len();
        facts.sort_unstable();
        facts.dedup();
        assert_eq!(facts.len(), found, "a fact was added twice");
        facts
    }

    fn tags(&self, map: &Catalogue, kind: Kind) -> Tags {
        map.tags_of(kind, &self.facts(map), None)
    }

    fn shape(&self, map: &Catalogue, kind: Kind) -> Shape {
        let mut shape = Shape::plain(Name::EMPTY, Name::EMPTY, kind);
        shape.facts = self.facts(map).into();
        shape
    }

    /// Id of the hop it belongs to in the first capability.
    fn hop(&self, map: &Catalogue, kind: Kind) -> Option<String> {
        let at = map.hop_of(0, &self.shape(map, kind))?;
        Some(map.capabilities()[0].hops[at].id.clone())
    }
}

fn read(text: &str) -> Catalogue {
    match parse("map.yaml", text) {
        Ok(map) => map,
        Err(problems) => panic!("{problems}\n{text}"),
    }
}

/// A map of one capability, whose lines are given without their indentation.
fn capability(rest: &str) -> String {
    let rest: String = rest.lines().map(|line| format!("    {line}\n")).collect();
    format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n  - id: shop\n{rest}")
}

/// Whether a matcher, as the entry of a thread, holds for a span.
fn holds(matcher: &str, seen: &Seen<'_>) -> bool {
    let map = read(&capability(&format!("threads: [{{id: web, entry: {matcher}}}]")));
    !seen.tags(&map, Kind::Server).entries.is_empty()
}
