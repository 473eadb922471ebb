//! Systems that nobody has seen, with faults that are known: what does `explain` make of them?
//!
//! `system` draws a system (services in layers, operations with calls, time as it is in real ones, ways, databases, retries), `fault`
//! says what a fault does to it, `traffic` walks requests through it and writes spans as three sorts of instrumentation would,
//! `case` brings them through the real pipeline and asks. All of it comes from a seed. Nothing in here is fitted to any real system,
//! and `explain` must not be fitted to this one: it is for finding what a rule overlooks.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "shared by an example and a test")]
#![allow(dead_code, reason = "each of the two uses a part")]

pub mod case;
pub mod dice;
pub mod fault;
pub mod system;
pub mod table;
pub mod traffic;
