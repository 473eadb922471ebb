//! A year of a capability that nobody has seen, with incidents and blips that are known: who is told, when, and how often?
//!
//! `plan` draws the incidents and the blips, `traffic` the executions of each slice of ten seconds, `naive` reads from lists of all of them when the rules of
//! spec 5.2 hold, written apart from the rules in the crate, and `run` lets the engine watch and compares. All of it comes from a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "shared by an example and a test")]
#![allow(dead_code, reason = "each of the two uses a part")]

pub mod dice;
pub mod naive;
pub mod plan;
pub mod run;
pub mod traffic;

/// Nanoseconds of a second.
pub const SECOND_NS: u64 = 1_000_000_000;
/// Seconds of a slice.
pub const SLICE: u64 = 10;
/// Seconds of an hour and a day.
pub const HOUR: u64 = 3600;
pub const DAY: u64 = 24 * HOUR;
/// A Monday at midnight, seconds since 1970. All other times are seconds since then.
pub const MONDAY: u64 = 1_767_571_200;

/// What is promised: 99.9 % are served, 99 % of these in time.
pub const TARGETS: [f64; 2] = [0.999, 0.99];
/// What goes wrong on a good day.
pub const USUAL: [f64; 2] = [0.0001, 0.001];
