//! All tests that look at the project from outside: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod analyzing;
mod doors;
mod explaining;
mod json_table;
mod laws;
mod naive;
mod program;
mod serving;
mod shapes;
mod shop;
