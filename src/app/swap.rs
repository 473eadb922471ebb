//! One map is put in the place of another while spans come in.
//!
//! A trace belongs to the map under which its first span came, whichever requests its spans are in. So whoever handles spans must
//! always have each map at hand that an open trace belongs to, and no lock is taken for that: maps are swapped in steps, and a step
//! is only taken when nobody is left who holds what was in use two steps before.
//!
//! | step | traces begin under | read by | may be taken when |
//! |---|---|---|---|
//! | | the old map | the old map | |
//! | 1 | the old map | both | at once |
//! | 2 | the new map | both | nobody reads by the old map alone |
//! | 3 | the new map | the new map | nobody begins traces under the old map, and none of them is open |
//!
//! From step 1 to step 3 every span is read twice; that lasts as long as a trace may be open, and costs nothing outside of it. There
//! are never more than two maps: another swap begins when this one is over. The road not taken: a table of open traces for each map.
//! Ids of closed traces and the budget would have to be shared between them, and a span could find its trace in neither.

use super::generation::{Generation, Maps};
use super::pipeline::Pipeline;
use crate::catalogue::Catalogue;
use std::sync::Arc;

/// A swap under way. Holding it up costs time, but never a span.
pub(super) struct Swap {
    older: Arc<Generation>,
    newer: Arc<Generation>,
    step: Step,
    /// Was in use before the last step, and may still be held by somebody.
    retired: Arc<Maps>,
}

/// The last step that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Spans are read by both maps.
    ReadByBoth,
    /// Traces begin under the new map.
    Begun,
    /// The old map is not in use any more, but somebody may still hold it.
    Leaving,
    /// It is gone.
    Over,
}

impl Swap {
    /// Takes step 1.
    pub(super) fn begin(pipeline: &Pipeline, catalogue: Catalogue) -> Self {
        let older = pipeline.maps.load().fresh.clone();
        let newer = Arc::new(older.next(catalogue, &pipeline.names));
        let retired = pipeline.maps.swap(Arc::new(Maps { fresh: older.clone(), also: Some(newer.clone()) }));
        Self { older, newer, step: Step::ReadByBoth, retired }
    }

    /// The map that is put in the place of the other.
    pub(super) fn newer(&self) -> &Generation {
        &self.newer
    }

    /// The last step that was taken.
    pub(super) fn step(&self) -> Step {
        self.step
    }

    /// Takes the next step if it may be taken, and says which was the last one.
    pub(super) fn advance(&mut self, pipeline: &Pipeline) -> Step {
        // What has been swapped out is held only by those who took it before.
        let free = Arc::get_mut(&mut self.retired).is_some();
        match self.step {
            Step::ReadByBoth if free => {
                let both = Maps { fresh: self.newer.clone(), also: Some(self.older.clone()) };
                self.retired = pipeline.maps.swap(Arc::new(both));
                pipeline.listing.replace(self.newer.catalogue.capabilities(), &pipeline.names);
                pipeline.sources.store(Arc::new(self.newer.sources()));
                pipeline.keep_map(self.newer.catalogue.clone());
                self.step = Step::Begun;
            }
            Step::Begun if free && pipeline.table.begun(self.older.number) == 0 => {
                self.retired = pipeline.maps.swap(Arc::new(Maps { fresh: self.newer.clone(), also: None }));
                self.step = Step::Leaving;
            }
            Step::Leaving if free => self.step = Step::Over,
            _ => {}
        }
        self.step
    }
}
