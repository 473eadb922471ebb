//! What outlives the process: closed windows, and how far the source was worked off.
//!
//! One commit is one transaction. It holds windows, progress and the books together, so that after a crash the figures and the place
//! to read on from belong to the same moment (spec 3.3). Windows are *added* to what is there: an execution that is judged late
//! belongs to a slice that may be kept already. Keys begin with the time: a commit touches one place of the tree instead of one per
//! capability, which keeps the volume written small. The road not taken: a file per slice, which has no transaction with progress.
//!
//! A store holds its map, so that it can be asked without one. Only one process has it open at a time. [`Keeper`] joins what is kept
//! with what is still counted in memory.

mod backup;
mod block;
mod correct;
mod error;
mod folder;
mod growth;
mod keeper;
mod levels;
mod messages;
mod pieces;
mod progress;
mod read;
mod reading;
mod record;
mod reopening;
mod roll;
mod shelf;
mod shown;
mod simulated;
mod sizes;
mod tables;
mod texts;
mod upgrade;
mod write;

#[cfg(test)]
mod disk_tests;
#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod levels_tests;
#[cfg(test)]
mod tests;

pub use backup::Compacted;
pub use error::StoreError;
pub use folder::{Staged, Store, View};
pub use keeper::{Beside, Keeper};
pub use reading::{Kept, Look};
pub use roll::{Retention, Rolled};
pub use simulated::SimulatedDisk;
pub use sizes::LevelSize;
pub use tables::FILE as STORE_FILE;

use crate::journal::Progress;
use crate::measure::{Correction, Key, Window};
use crate::model::{Fates, Name, SpanId, TraceId};

/// What is written at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Commit<'a> {
    /// Added to what is there.
    pub windows: &'a [(Key, Window)],
    /// Replaces what is there, unless that has a newer epoch.
    pub progress: &'a [Progress],
    /// Spans of this run by fate, from its start to now.
    pub fates: Fates,
    /// Values of `steelthread.capability` that are not in the map, with spans, from the start of this run to now.
    pub unknown_capabilities: &'a [(Name, u64)],
    /// Verdicts to keep for whoever asks about a trace; of each window as many as there is room for.
    pub lines: &'a [KeptLine],
    /// The text of the map, where it is another one than the store holds.
    pub map: Option<&'a str>,
    /// Applied when the windows have been added, in this order.
    pub corrections: &'a [CorrectedLine],
}

/// A failure that is counted, and belongs to somebody else (spec 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectedLine {
    /// Its window.
    pub key: Key,
    /// Its entry span, which tells executions of a trace apart.
    pub entry: SpanId,
    /// What is corrected.
    pub correction: Correction,
    /// The verdict as it is now: one line of JSON, in place of the one before.
    pub text: String,
}

/// A verdict to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLine {
    /// Its trace.
    pub trace: TraceId,
    /// Its window.
    pub key: Key,
    /// Its entry span, which tells executions of a trace apart.
    pub entry: SpanId,
    /// Whether its trace id is a sample of failures.
    pub sample: bool,
    /// One line of JSON.
    pub text: String,
}
