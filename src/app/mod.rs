//! Builds the stages, joins them, runs and drains.
//!
//! What a stage decides is none of this room's business; that a message goes through all of them, that every span ends in the books,
//! and that stopping loses nothing, is. Starting and stopping are written once, here. Only [`clock`] reads the clock.

pub mod clock;

mod analysis;
mod crew;
mod descriptors;
mod judging;
mod keeping;
mod pipeline;
mod server;
mod settings;

pub use crate::serve::ConnectionLimits;
pub use analysis::{analyze, open_store};
pub use server::serve;
pub use settings::{Analysis, AnalyzeSettings, Ended, Error, Limits, Listening, Progress, ServeSettings};
