//! The judge against a naive one.
//!
//! The rules of attribution are read twice: once in `src/judge`, fast, over compact records; and once here, from the specification
//! alone, with plain structs, recursion, clones and quadratic loops, so that each rule can be seen beside the line that keeps it.
//! Random executions go through both, and where the answers differ one of the two has misread the text. What this does not prove:
//! that a rule is good, or that a question which both leave out is answered.
//!
//! Where the text leaves something open, the line that chooses says "open", and both judges choose alike. `STEELTHREAD_CASES` says how many
//! traces are compared; a difference is printed with the smallest trace that shows it.
//!
//! Rules are named by their numbers: E entry and extent, C class, H hop, B blame, O outcome (2.3), P critical path (2.5).

mod absorbed;
mod chance;
mod coverage;
mod descent;
mod differential;
mod execution;
mod feed;
mod generator;
mod hops;
mod map;
mod maps;
mod path;
mod print;
mod reading;
mod shrink;
mod signs;
mod span;
mod spoil;
mod tree;
mod verdict;
