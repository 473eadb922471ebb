//! All tests that look at the project from outside: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod analyzing;
mod explaining;
mod laws;
mod matching;
mod naive;
mod program;
mod sampling;
mod serving;
mod shapes;
mod shop;
