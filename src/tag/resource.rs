//! What a resource says: read once per resource, remembered by what it says.

use super::cache::Cache;
use super::mix::{Mix, Seeds};
use super::peer::text_of;
use super::tested::{Tested, TestsSeen, lossy};
use crate::catalogue::{Catalogue, Field};
use crate::model::{Attribute, FactId, Name, Names, Value};
use std::sync::Arc;

/// Resources that a worker remembers.
const REMEMBERED: usize = 4_096;

/// Attributes of a resource that are always looked for, by slot.
pub const NAMES: [&str; 4] = ["service.name", "service.namespace", "host.id", "host.name"];
const SERVICE: usize = 0;
const NAMESPACE: usize = 1;
const HOST_ID: usize = 2;
const HOST_NAME: usize = 3;

/// What a resource says of all its spans.
#[derive(Debug)]
pub struct Resource {
    /// `service.name`.
    pub service: Name,
    /// `service.namespace`.
    pub namespace: Name,
    /// Number of the host's name; 0 if it is not said.
    pub host: u32,
    /// Which tests on the resource, the service and the namespace hold.
    pub facts: Box<[FactId]>,
    /// What it adds to the hash of a shape: everything but the host.
    pub hash: u128,
    /// Names had room for the service and the namespace.
    pub named: bool,
}

/// Reads resources; has a memory.
#[derive(Debug)]
pub struct Resources {
    known: Cache<Arc<Resource>>,
    seen: TestsSeen,
}

impl Resources {
    /// An empty memory.
    pub fn new(tested: &Tested) -> Self {
        Self { known: Cache::new(REMEMBERED), seen: tested.nothing_seen() }
    }

    /// Reads a resource.
    pub fn read(
        &mut self,
        (catalogue, seeds): (&Catalogue, &Seeds),
        names: &Names,
        tested: &Tested,
        attributes: &[Attribute<'_>],
    ) -> Arc<Resource> {
        let given = self.look(tested, attributes);
        let key = self.key(seeds, &given, attributes);
        if let Some(known) = self.known.get(key) {
            return Arc::clone(known);
        }
        let mut facts = Vec::new();
        tested.facts(catalogue, &self.seen, attributes, &mut facts);
        let read = Arc::new(Resource::new((catalogue, seeds), names, &given, facts));
        self.known.put(key, Arc::clone(&read));
        read
    }

    fn look<'a>(&mut self, tested: &Tested, attributes: &'a [Attribute<'a>]) -> [Value<'a>; 4] {
        self.seen.clear();
        let mut given = [Value::Empty; NAMES.len()];
        for (attribute, at) in attributes.iter().zip(0u32..) {
            let used = tested.keys.find(attribute.key);
            if let Some(slot) = given.get_mut(usize::from(used.slot)) {
                *slot = attribute.value;
            }
            if used.is_tested() {
                self.seen.put(used.test, at);
            }
        }
        given
    }

    /// A hash of what was looked at, whatever the order in which it came.
    fn key(&self, seeds: &Seeds, given: &[Value<'_>], attributes: &[Attribute<'_>]) -> u128 {
        let mut key = Mix::new(seeds, 8);
        given.iter().for_each(|value| key.value(value));
        let of_test = |(test, value): (u32, &Value<'_>)| {
            let mut part = Mix::new(seeds, 9 | u64::from(test) << 8);
            part.value(value);
            part.finish()
        };
        key.hash(self.seen.iter(attributes).map(of_test).fold(0, u128::wrapping_add));
        key.finish()
    }
}

impl Resource {
    fn new((catalogue, seeds): (&Catalogue, &Seeds), names: &Names, given: &[Value<'_>; 4], mut facts: Vec<FactId>) -> Self {
        let name = |slot: usize| {
            let text = text_of(&given[slot]);
            (!text.is_empty()).then(|| (names.intern(&text), &text[..] == names.text(Name::OTHER).as_bytes()))
        };
        let (service, namespace) = (name(SERVICE), name(NAMESPACE));
        let fits = |name: Option<(Name, bool)>| name.is_none_or(|(name, so_called)| name != Name::OTHER || so_called);
        // A host that could not be stored is not said: else all such hosts would be one.
        let host = name(HOST_ID).or_else(|| name(HOST_NAME)).map_or(Name::EMPTY, |(name, _)| name);
        let service_text = if service.is_some() { lossy(&given[SERVICE]) } else { names.text(Name::UNKNOWN_SERVICE).into() };
        catalogue.facts_of_field(Field::Service, &[&service_text], &mut facts);
        let namespace_text = lossy(&given[NAMESPACE]);
        let namespace_texts = [&*namespace_text];
        catalogue.facts_of_field(Field::Namespace, if namespace.is_some() { &namespace_texts } else { &[] }, &mut facts);
        let mut hash = Mix::new(seeds, 10);
        hash.bytes(service_text.as_bytes());
        hash.bytes(namespace_text.as_bytes());
        facts.sort_unstable();
        facts.dedup();
        hash.facts(&facts);
        Self {
            service: service.map_or(Name::UNKNOWN_SERVICE, |(name, _)| name),
            namespace: namespace.map_or(Name::EMPTY, |(name, _)| name),
            host: if host == Name::OTHER { 0 } else { host.number() },
            facts: facts.into(),
            hash: hash.finish(),
            named: fits(service) && fits(namespace),
        }
    }
}
