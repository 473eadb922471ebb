//! The shapes of what arrived, and the map that they were held against.

use crate::catalogue::{Catalogue, EntryRule};
use crate::measure::{Arrivals, Arrived, Unmatched};
use crate::model::{Name, Names, Shape, ShapeId, Shapes};
use std::cmp::Reverse;
use std::sync::Arc;

/// Shapes that are looked at: those that came most often.
const MOST_SHAPES: usize = 10_000;

/// Where it is known what arrives.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The map in use.
    pub catalogue: Arc<Catalogue>,
    /// Shapes of spans, by this map.
    pub shapes: Arc<Shapes>,
    /// How many spans arrived of each of them.
    pub arrivals: Arc<Arrivals>,
}

/// What had arrived at a moment.
pub(in crate::query) struct Seen<'a> {
    sources: &'a Sources,
    names: &'a Names,
    rows: Vec<(ShapeId, Arrived)>,
}

impl<'a> Seen<'a> {
    pub(in crate::query) fn now(sources: &'a Sources, names: &'a Names) -> Self {
        let mut rows = sources.arrivals.by_shape();
        if rows.len() > MOST_SHAPES {
            rows.select_nth_unstable_by_key(MOST_SHAPES, |(_, row)| Reverse(row.spans));
            rows.truncate(MOST_SHAPES);
        }
        rows.sort_unstable_by_key(|(shape, row)| (Reverse(row.spans), *shape));
        Self { sources, names, rows }
    }

    /// Most frequent first.
    pub(super) fn shapes(&self) -> impl Iterator<Item = (&'a Shape, &Arrived)> {
        self.rows.iter().map(|(shape, row)| (self.shape(*shape), row))
    }

    pub(super) fn shape(&self, shape: ShapeId) -> &'a Shape {
        self.sources.shapes.get(shape)
    }

    pub(super) fn text(&self, name: Name) -> &'a str {
        self.names.text(name)
    }

    pub(super) fn names(&self) -> &'a Names {
        self.names
    }

    pub(super) fn catalogue(&self) -> &'a Catalogue {
        &self.sources.catalogue
    }

    pub(super) fn in_no_execution(&self) -> Unmatched {
        self.sources.arrivals.in_no_execution()
    }

    /// Id of a capability.
    pub(super) fn capability(&self, at: u32) -> String {
        self.catalogue().capabilities().get(at as usize).map_or_else(String::new, |one| one.id.clone())
    }

    /// Ids of its threads.
    pub(super) fn threads(&self, capability: u32) -> Vec<String> {
        let threads = self.catalogue().capabilities().get(capability as usize).map(|one| &one.threads);
        threads.into_iter().flatten().map(|thread| thread.id.clone()).collect()
    }

    /// Spans that met a rule, and when the last one came.
    pub(super) fn matched(&self, rule: &EntryRule) -> (u64, Option<u64>) {
        let met = |shape: &Shape| rule.tests.iter().all(|test| test.holds(shape.kind, &shape.facts));
        self.sum(met)
    }

    /// Spans that are entries of a capability by what they say of themselves, and when the last one came.
    pub(super) fn tagged(&self, capability: u32) -> (u64, Option<u64>) {
        let rules = self.catalogue().entries(capability);
        self.sum(|shape| {
            let met = |rule: &EntryRule| rule.tests.iter().all(|test| test.holds(shape.kind, &shape.facts));
            is_entry(shape, capability) && !rules.iter().any(met)
        })
    }

    /// Entries of a capability, and those of them of which `ignored_when` holds.
    pub(super) fn entries_and_ignored(&self, capability: u32) -> (u64, u64) {
        let (entries, _) = self.sum(|shape| is_entry(shape, capability));
        let (ignored, _) = self.sum(|shape| is_entry(shape, capability) && shape.tags.ignored.contains(&capability));
        (entries, ignored)
    }

    fn sum(&self, wanted: impl Fn(&Shape) -> bool) -> (u64, Option<u64>) {
        let rows = self.shapes().filter(|(shape, _)| wanted(shape));
        rows.fold((0, None), |(spans, last), (_, row)| (spans + row.spans, last.max(Some(row.last_ns))))
    }
}

/// Whether spans of this shape are entries of a capability.
pub(super) fn is_entry(shape: &Shape, capability: u32) -> bool {
    shape.tags.entries.iter().any(|(one, _)| *one == capability)
}
