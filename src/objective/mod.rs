//! What is promised, and how far it is kept (spec 5.1, 5.2): objectives, their periods, budgets and how fast these burn.
//!
//! Everything here is arithmetic over counts of good and bad. [`Indicator`] says which of the counts of a window are good and bad by an
//! objective; [`Period`] which stretch of time it is about; [`Sums`] keeps good and bad over all the lengths of time that alerts look
//! at, a few kilobytes an objective; [`tiers`] are the burn rates at which somebody is told; [`Budget`] is the sum that a person can
//! follow. Nothing here knows of deliveries, of the disk or of what time it is.
//!
//! The road not taken: reading the windows of the last three days out of the store whenever somebody asks. For ten thousand objectives that
//! is a thousand times the work of a running sum.

mod budget;
mod burn;
mod check;
mod indicator;
mod period;
mod ring;
mod sums;
mod tier;

#[cfg(test)]
mod sums_tests;
#[cfg(test)]
mod tests;

pub use budget::{Budget, Rate, budget};
pub use burn::{BurnState, MIN_FAILURES, burn_rate, surely_burns};
pub use check::warnings;
pub use indicator::{Counts, Indicator};
pub use period::Period;
pub use sums::Sums;
pub use tier::{Severity, Tier, never_fires, tiers};

/// Nanoseconds of a minute.
pub const MINUTE_NS: u64 = 60_000_000_000;
/// Nanoseconds of an hour.
pub const HOUR_NS: u64 = 60 * MINUTE_NS;
/// Nanoseconds of a day.
pub const DAY_NS: u64 = 24 * HOUR_NS;
