//! Builds the stages, joins them, runs and drains.
//!
//! What a stage decides is none of this room's business; that a message goes through all of them, that every span ends in the books,
//! and that stopping loses nothing, is. Starting and stopping are written once, here. Only [`clock`] reads the clock.

pub mod clock;

mod alerting;
#[cfg(test)]
mod alerting_tests;
mod analysis;
mod correcting;
#[cfg(test)]
mod crash_tests;
mod crew;
mod delivering;
mod descriptors;
mod exporting;
mod generation;
#[cfg(test)]
mod incident_tests;
mod incidents;
mod judging;
mod keeping;
mod labels;
#[cfg(test)]
mod late_tests;
mod lateness;
mod pipeline;
mod rejudging;
mod reload;
mod renewing;
mod replaying;
mod server;
mod settings;
mod source;
mod storing;
mod summing;
mod swap;
#[cfg(test)]
mod swap_tests;
mod telling;
mod watermark;
mod why_not;

pub use crate::journal::{Durability, Opening};
pub use crate::notify::Settings as AlertSettings;
pub use crate::objective::warnings;
pub use crate::serve::ConnectionLimits;
pub use crate::store::Retention;
pub use analysis::{analyze, analyze_with_trees, map_of_store, open_store};
pub use exporting::{ExportSettings, ForwardSettings, MetricsSettings};
pub use server::serve;
pub use settings::{Analysis, AnalyzeSettings, Ended, Error, Limits, Listening, MapFile, Progress, ServeSettings};
pub use storing::{Sizes, backup_store, compact_store, is_no_store_in_use};
pub use why_not::{WhyNotTold, why_not_of};
