//! What the workers share.

use super::alias;
use super::build::Builder;
use super::index::{Index, Known};
use super::mix::Seeds;
use super::read::Reading;
use super::resource::{self, Resource};
use super::tested::{Tested, TestsSeen, lossy};
use super::worker::TagWorker;
use crate::catalogue::{Catalogue, Scope};
use crate::model::{Attribute, Names, Shapes};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Shapes of which it is kept what their first span had under the attributes that entry rules test, for whoever asks why none matched.
const MOST_WITH_VALUES: usize = 4096;
/// Such values of a shape.
const MOST_VALUES: usize = 8;
/// Characters of such a value.
const MOST_OF_A_VALUE: usize = 80;

/// What bounds the tagger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Further shapes are simplified.
    pub shapes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { shapes: 262_144 }
    }
}

/// The map and the shapes; one for all workers.
#[derive(Debug)]
pub struct Tagger {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) names: Arc<Names>,
    pub(super) seeds: Seeds,
    pub(super) of_span: Tested,
    pub(super) of_resource: Tested,
    shapes: Arc<Shapes>,
    index: Index,
    simplified: Arc<AtomicU64>,
    /// Shapes that know the values of their first span.
    with_values: AtomicUsize,
}

impl Tagger {
    /// Reads spans by this map; names and shapes are stored in these tables. Shapes say which rules of the map hold, so another
    /// map needs another tagger and another table of shapes.
    pub fn new(catalogue: Arc<Catalogue>, names: Arc<Names>, shapes: Arc<Shapes>, limits: Limits) -> Arc<Self> {
        Self::counting(Arc::default(), catalogue, names, shapes, limits)
    }

    /// Reads spans by another map, with shapes of its own. The count of simplified spans goes on.
    pub fn successor(&self, catalogue: Arc<Catalogue>, shapes: Arc<Shapes>, limits: Limits) -> Arc<Self> {
        Self::counting(self.simplified.clone(), catalogue, self.names.clone(), shapes, limits)
    }

    fn counting(
        simplified: Arc<AtomicU64>,
        catalogue: Arc<Catalogue>,
        names: Arc<Names>,
        shapes: Arc<Shapes>,
        limits: Limits,
    ) -> Arc<Self> {
        Arc::new(Self {
            seeds: Seeds::by_chance(),
            of_span: Tested::new(&catalogue, Scope::Span, alias::names()),
            of_resource: Tested::new(&catalogue, Scope::Resource, resource::NAMES.into_iter()),
            index: Index::new(limits.shapes),
            simplified,
            with_values: AtomicUsize::new(0),
            catalogue,
            names,
            shapes,
        })
    }

    /// A worker for one thread.
    pub fn worker(self: &Arc<Self>) -> TagWorker {
        TagWorker::new(Arc::clone(self))
    }

    /// How many spans got a simplified shape, because the limit on shapes or on names was reached.
    pub fn simplified(&self) -> u64 {
        self.simplified.load(Ordering::Relaxed)
    }

    /// A span got a simplified shape.
    pub(super) fn count_simplified(&self) {
        self.simplified.fetch_add(1, Ordering::Relaxed);
    }

    /// What a span has under the attributes that entry rules test.
    fn first_values(&self, tests: &TestsSeen, attributes: &[Attribute<'_>]) -> Box<[(u32, Option<Box<str>>)]> {
        let keys = self.catalogue.entry_keys();
        if keys.is_empty() || self.with_values.load(Ordering::Relaxed) >= MOST_WITH_VALUES {
            return Box::default();
        }
        self.with_values.fetch_add(1, Ordering::Relaxed);
        let value_of = |key: u32| {
            let (_, value) = tests.iter(attributes).find(|(test, _)| *test == key)?;
            Some(lossy(value).chars().take(MOST_OF_A_VALUE).collect::<String>().into_boxed_str())
        };
        keys.iter().take(MOST_VALUES).map(|key| (*key, value_of(*key))).collect()
    }

    /// The shape of a span that the worker has not met.
    pub(super) fn shape(
        &self,
        hash: u128,
        reading: &Reading<'_, '_>,
        resource: &Resource,
        (tests, attributes): (&TestsSeen, &[Attribute<'_>]),
    ) -> Known {
        if let Some(known) = self.index.find(hash) {
            return known;
        }
        let mut facts = Vec::new();
        self.of_span.facts(&self.catalogue, tests, attributes, &mut facts);
        let builder = Builder::new(&self.catalogue, &self.names, reading, resource, facts);
        let mut complete = self.index.has_room().then(|| builder.complete()).flatten();
        if let Some(shape) = &mut complete {
            shape.first_values = self.first_values(tests, attributes);
        }
        let stored = complete.and_then(|shape| self.index.put(hash, shape, &self.shapes));
        stored.unwrap_or_else(|| self.index.simplified(&self.shapes, |keep| builder.keeping(keep)))
    }
}
