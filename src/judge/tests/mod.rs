//! The judge through its door, on traces written as text.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod attempts;
mod blame;
mod classes;
mod differences;
mod executions;
mod golden;
mod hop_tree;
mod hops;
mod laws;
mod outcomes;
mod path;
mod rules;
mod scene;
mod skew;
mod slow;
mod ways;
