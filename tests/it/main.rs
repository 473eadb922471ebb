//! All tests that look at the project from outside: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod analyzing;
mod explaining;
mod explaining_synthetic;
mod laws;
mod naive;
mod program;
mod serving;
mod shapes;
mod shop;
