//! All shapes by what makes them: shared by the workers, bounded.
//!
//! There are four floors. On the ground floor a shape is found by the hash of what its spans say. When that floor is full, or
//! names are, a span gets a simplified shape from the first floor that has it or has room for it: each floor keeps less of a
//! shape, so fewer of them are different. The last one needs no bound: it has one shape for each kind and status.

use super::cache::BuildAsIs;
use crate::model::{Shape, ShapeId, Shapes, SpanRecord};
use dashmap::{DashMap, Entry};
use foldhash::fast::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much of a shape is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Everything.
    All,
    /// All but the span's name, and names that were not known before.
    KnownNames,
    /// Kind, status, codes, what the error type speaks of, tags.
    Codes,
    /// Kind and status.
    Kind,
}

/// A shape that has been met before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub shape: ShapeId,
    /// Flags that it gives to each record.
    pub flags: u32,
    /// Something was left out of it.
    pub simplified: bool,
}

#[derive(Debug)]
struct Floor<K: Eq + Hash, S: BuildHasher + Clone> {
    known: DashMap<K, Known, S>,
    room: usize,
    used: AtomicUsize,
}

impl<K: Eq + Hash, S: BuildHasher + Clone> Floor<K, S> {
    fn new(room: usize, hasher: S) -> Self {
        Self { known: DashMap::with_hasher_and_shard_amount(hasher, 64), room, used: AtomicUsize::new(0) }
    }

    /// Stores a shape unless it is there; `None` if there is no room.
    fn put(&self, key: K, keep: Keep, shape: Shape, shapes: &Shapes) -> Option<Known> {
        match self.known.entry(key) {
            Entry::Occupied(there) => Some(*there.get()),
            Entry::Vacant(place) => {
                let take = |used: usize| (used < self.room).then_some(used + 1);
                self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
                let known = Known { flags: flags(&shape), shape: shapes.push(shape), simplified: keep != Keep::All };
                Some(*place.insert(known))
            }
        }
    }
}

/// What is asked of every span is told by its record, so that nobody has to look at the shape.
fn flags(shape: &Shape) -> u32 {
    let entry = if shape.tags.entries.is_empty() { 0 } else { SpanRecord::ENTRY };
    let unknown = if shape.unknown_capability.is_empty() { 0 } else { SpanRecord::UNKNOWN_CAPABILITY };
    entry | unknown
}

/// All shapes.
#[derive(Debug)]
pub struct Index {
    full: Floor<u128, BuildAsIs>,
    simplified: [(Keep, Floor<Shape, RandomState>); 3],
}

impl Index {
    /// `most` shapes that are complete, and a part of that number of simplified ones.
    pub fn new(most: usize) -> Self {
        let floor = |keep, room| (keep, Floor::new(room, RandomState::default()));
        Self {
            full: Floor::new(most, BuildAsIs::default()),
            simplified: [
                floor(Keep::KnownNames, most / 4 + 64),
                floor(Keep::Codes, most / 16 + 64),
                floor(Keep::Kind, usize::MAX),
            ],
        }
    }

    /// The complete shape with this hash.
    pub fn find(&self, hash: u128) -> Option<Known> {
        self.full.known.get(&hash).map(|known| *known)
    }

    /// Whether there is room for one more complete shape.
    pub fn has_room(&self) -> bool {
        self.full.used.load(Ordering::Relaxed) < self.full.room
    }

    /// Stores a complete shape; `None` if there is no room.
    pub fn put(&self, hash: u128, shape: Shape, shapes: &Shapes) -> Option<Known> {
        self.full.put(hash, Keep::All, shape, shapes)
    }

    /// A simplified shape; `make` says what it is if so much is kept.
    pub fn simplified(&self, shapes: &Shapes, make: impl Fn(Keep) -> Shape) -> Known {
        let mut floors = self.simplified.iter();
        let found = floors.find_map(|(keep, floor)| {
            let shape = make(*keep);
            floor.put(shape.clone(), *keep, shape, shapes)
        });
        // The last floor has room for all there can be.
        found.unwrap_or_else(|| Known { shape: shapes.push(make(Keep::Kind)), flags: 0, simplified: true })
    }
}
