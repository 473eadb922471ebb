//! A map with all that belongs to it alone: what is known of spans by its rules. Another map makes another generation.
//!
//! Names, hops, windows, the store and open traces outlive a map, because they speak in ids. Shapes do not: a shape says which rules
//! of the map hold.

use super::labels::Labeller;
use crate::assemble::Batch;
use crate::catalogue::{Catalogue, Objective, ObjectiveKind};
use crate::measure::{Arrivals, Arriving, LatencyLimits};
use crate::model::{Name, Names, Shapes};
use crate::query::Sources;
use crate::tag::{self, TagWorker, Tagger};
use crate::wire::otlp;
use std::sync::{Arc, Mutex, PoisonError};

/// A map, and what belongs to it.
pub(super) struct Generation {
    /// One more than that of the map before.
    pub(super) number: u32,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) shapes: Arc<Shapes>,
    pub(super) tagger: Arc<Tagger>,
    pub(super) latency_limits: LatencyLimits,
    /// What arrived since this map is in use.
    pub(super) arrivals: Arc<Arrivals>,
    idle: Mutex<Vec<Hand>>,
}

/// What is needed to read a message by one map; lent and given back, so that there are as many as are read at once.
pub(super) struct Hand {
    pub(super) tag: TagWorker,
    pub(super) scratch: otlp::Scratch,
    pub(super) batch: Batch,
    /// Only where spans are passed on.
    pub(super) labeller: Option<Labeller>,
    pub(super) arriving: Arriving,
}

/// The maps in use. A message, or a look through open traces, holds on to the same ones from beginning to end.
pub(super) struct Maps {
    /// By this one traces are read that begin now.
    pub(super) fresh: Arc<Generation>,
    /// By this one traces are read that began before a swap, or begin after one that is on its way.
    pub(super) also: Option<Arc<Generation>>,
}

impl Maps {
    /// The map of this number.
    pub(super) fn of(&self, number: u32) -> Option<&Arc<Generation>> {
        self.all().find(|one| one.number == number)
    }

    /// One, or two while they are swapped.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Generation>> {
        std::iter::once(&self.fresh).chain(&self.also)
    }
}

impl Generation {
    /// The first one of a process.
    pub(super) fn first(catalogue: Catalogue, names: &Arc<Names>) -> Self {
        let (catalogue, shapes) = (Arc::new(catalogue), Arc::new(Shapes::default()));
        let tagger = Tagger::new(catalogue.clone(), names.clone(), shapes.clone(), tag::Limits::default());
        Self::of(0, catalogue, shapes, tagger, names)
    }

    /// The one after this.
    pub(super) fn next(&self, catalogue: Catalogue, names: &Names) -> Self {
        let (catalogue, shapes) = (Arc::new(catalogue), Arc::new(Shapes::default()));
        let tagger = self.tagger.successor(catalogue.clone(), shapes.clone(), tag::Limits::default());
        Self::of(self.number.wrapping_add(1), catalogue, shapes, tagger, names)
    }

    fn of(number: u32, catalogue: Arc<Catalogue>, shapes: Arc<Shapes>, tagger: Arc<Tagger>, names: &Names) -> Self {
        let latency_limits = LatencyLimits::new(latency_limits(&catalogue, names));
        Self { number, catalogue, shapes, tagger, latency_limits, arrivals: Arc::default(), idle: Mutex::default() }
    }

    /// For questions about what arrives.
    pub(super) fn sources(&self) -> Sources {
        Sources { catalogue: self.catalogue.clone(), shapes: self.shapes.clone(), arrivals: self.arrivals.clone() }
    }

    pub(super) fn hand(&self) -> Hand {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Hand {
            tag: self.tagger.worker(),
            scratch: otlp::Scratch::default(),
            batch: Batch::of_reading(self.number),
            labeller: None,
            arriving: Arriving::default(),
        })
    }

    pub(super) fn give_back(&self, hand: Hand) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(hand);
    }
}

/// The `under` of the latency objectives of each capability.
pub(super) fn latency_limits(catalogue: &Catalogue, names: &Names) -> Vec<(Name, Vec<u64>)> {
    let of = |objectives: &[Objective]| {
        let limits = objectives.iter().filter_map(|objective| match objective.kind {
            ObjectiveKind::Latency { under_ns } => Some(under_ns),
            ObjectiveKind::Availability => None,
        });
        limits.collect()
    };
    catalogue.capabilities().iter().map(|one| (names.intern(one.id.as_bytes()), of(&one.objectives))).collect()
}
