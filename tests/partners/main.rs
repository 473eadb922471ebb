//! Real OpenTelemetry programs and the product: whatever they do together, every figure must equal what was sent.
//!
//! `just partners` builds the collector from Go modules (once, minutes), installs Alertmanager, and runs these tests. They are a target of their own because plain
//! `cargo test` must work without Go. A partner that is missing is a failure, never a test passed over.
// Real programs take real time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, missing_docs)]

mod agreement;
mod alerting;
mod alertmanager;
mod blaster;
mod collector;
mod forwarding;
#[path = "../it/made.rs"]
mod made;
mod matrix;
mod outage;
mod overload;
mod processes;
mod readme;
mod rules;
mod sender;
mod server;
#[path = "../it/shop.rs"]
mod shop;
