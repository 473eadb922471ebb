//! All tests that look at the project from outside: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod alert_hops;
mod alert_year;
mod alerting;
mod analyzing;
mod budgets;
mod configuring;
mod conservation;
mod crashing;
mod doors;
mod explaining;
mod explaining_synthetic;
mod figures;
mod flows;
mod forwarding;
mod history;
mod hostile_traces;
mod inbox;
mod json_table;
mod labelling;
mod late_spans;
mod laws;
mod made;
mod matching;
mod naive;
mod program;
mod receiver;
mod reloading;
mod rules;
mod sampling;
mod secured;
mod securing;
mod serving;
mod shapes;
mod shop;
