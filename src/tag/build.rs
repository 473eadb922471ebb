//! The slow way: a shape is made of what a span says, names are stored, the map is asked.

use super::alias::Meaning;
use super::index::Keep;
use super::read::Reading;
use super::resource::Resource;
use super::tested::peer_facts;
use super::words::Speaks;
use crate::catalogue::{Catalogue, Field};
use crate::model::{FactId, Name, Names, Shape, Tags};
use smallvec::SmallVec;
use std::cell::Cell;

/// A span whose like was not met before.
#[derive(Debug)]
pub struct Builder<'a> {
    names: &'a Names,
    reading: &'a Reading<'a, 'a>,
    resource: &'a Resource,
    facts: Box<[FactId]>,
    tags: Tags,
    unknown_capability: bool,
    /// A name was needed for which there was no room.
    crowded: Cell<bool>,
}

impl<'a> Builder<'a> {
    /// Asks the map. `facts` are those of the span's attributes.
    pub fn new(
        catalogue: &Catalogue,
        names: &'a Names,
        reading: &'a Reading<'a, 'a>,
        resource: &'a Resource,
        mut facts: Vec<FactId>,
    ) -> Self {
        facts.extend_from_slice(&resource.facts);
        catalogue.facts_of_field(Field::Name, &[&String::from_utf8_lossy(reading.name)], &mut facts);
        peer_facts(catalogue, reading.kind.asks().then_some(reading.sorted), &mut facts);
        facts.sort_unstable();
        facts.dedup();
        let (capability, thread) = (String::from_utf8_lossy(reading.capability), String::from_utf8_lossy(reading.thread));
        let claimed = (!capability.is_empty()).then(|| (&*capability, Some(&*thread).filter(|thread| !thread.is_empty())));
        let tags = catalogue.tags_of(reading.kind, &facts, claimed);
        let unknown_capability = claimed.is_some_and(|(id, _)| catalogue.position(id).is_none());
        Self { names, reading, resource, facts: facts.into(), tags, unknown_capability, crowded: Cell::new(!resource.named) }
    }

    /// The complete shape; `None` if there is no room for its names.
    pub fn complete(&self) -> Option<Shape> {
        let shape = self.keeping(Keep::All);
        (!self.crowded.get()).then_some(shape)
    }

    /// The shape of which so much is kept.
    pub fn keeping(&self, keep: Keep) -> Shape {
        let mut shape = self.codes();
        match keep {
            Keep::All | Keep::KnownNames => {
                shape.service = self.resource.service;
                shape.namespace = self.resource.namespace;
                shape.name = if keep == Keep::All { self.name(keep, self.reading.name) } else { Name::OTHER };
                self.reading.sorted.texts(Meaning::PeerService, |service| shape.peer_services.push(self.name(keep, service)));
                shape.peer_services.retain(|name| keep == Keep::All || *name != Name::OTHER);
                shape.facts = self.facts.clone();
            }
            Keep::Codes => {}
            Keep::Kind => {
                let status = shape.status;
                return Shape { status, ..Shape::plain(Name::OTHER, Name::OTHER, shape.kind) };
            }
        }
        shape.error_type = self.name(keep, &self.reading.error_type.text());
        shape.peer = self.name(keep, &self.reading.peer.text());
        if self.unknown_capability {
            shape.unknown_capability = self.name(keep, self.reading.capability);
        }
        shape
    }

    /// What is left without names.
    fn codes(&self) -> Shape {
        let reading = self.reading;
        let speaks = Speaks::read(&reading.error_type.text());
        Shape {
            status: reading.status,
            http_status: reading.http_status,
            grpc_code: reading.grpc_code,
            says_timeout: speaks.of_timeout,
            says_unreachable: speaks.of_unreachable,
            says_cancelled: speaks.of_cancellation,
            error_flag: reading.error_flag,
            resend: reading.resend,
            receives: reading.receives,
            tags: self.tags.clone(),
            peer_services: SmallVec::new(),
            ..Shape::plain(Name::OTHER, Name::OTHER, reading.kind)
        }
    }

    fn name(&self, keep: Keep, text: &[u8]) -> Name {
        let name = match keep {
            _ if text.is_empty() => Name::EMPTY,
            Keep::All => self.names.intern(text),
            Keep::KnownNames => self.names.find(text).unwrap_or(Name::OTHER),
            Keep::Codes | Keep::Kind => Name::OTHER,
        };
        if name == Name::OTHER && text != self.names.text(Name::OTHER).as_bytes() {
            self.crowded.set(true);
        }
        name
    }
}
