//! Verdicts become counts here: one [`Window`] per capability and slice of ten seconds.
//!
//! Everything in a window is an integer that merges by addition (or is the largest, or the smallest few, of a set), so that live and
//! kept figures, however they were cut and in whatever order they came, give the same answer. Shares and percentiles are made from
//! sums when somebody asks, never kept. Counts against a latency limit are made when an execution comes in, not read from buckets.
//!
//! Some figures count executions, and an execution may use two hops of one service. To be exact at both levels, a hop keeps these
//! figures in two parts: from executions in which it was the only hop of its service ([`HopFigures::alone`]), and from the others
//! ([`HopFigures::several`]), which the window keeps once more per service ([`Window::joint`]). A hop is the sum of its two parts, a
//! service is the sum of its hops' first parts and its joint one. The road not taken: every figure twice, per hop and per service,
//! which doubles work and memory for a case that is rare.
//!
//! Beside the windows: what is normal ([`Baseline`]), verdicts of late ([`Recent`]), what arrives ([`Arrivals`]), and the books on spans
//! ([`Ledger`]).

mod admission;
mod arrivals;
mod baseline;
mod coarse;
mod correction;
mod histogram;
mod hop;
mod interval;
mod ledger;
mod recent;
mod tally;
mod window;
mod windows;

#[cfg(test)]
mod correction_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use admission::SeriesLimits;
pub use arrivals::{Arrivals, Arrived, Arriving, Unmatched};
pub use baseline::{Baseline, ENOUGH, HALF_LIFE_NS};
pub use coarse::{bucket_of_group, group_begins_at, group_of};
pub use correction::{Correction, Culprit};
pub use histogram::{Histogram, Spread, bucket_of, middle_of};
pub use hop::{CallWays, Calls, Failures, HopFigures, Share, Trouble};
pub use interval::{Z, wilson, wilson_at};
pub use ledger::{Ledger, MOST_UNKNOWN_CAPABILITIES};
pub use recent::Recent;
pub use tally::{Tally, units_to_count};
pub use window::{Window, WithinLimit};
pub use windows::{Key, LatencyLimits, MOST_SKEW_NS, SLICE_NS, Windows};
