//! A small shop that sends real OTLP, and a script of faults that come and go: the whole product to be seen at work in a minute.
//!
//! Two things are kept apart here. *What happens* is a plan: a pure function of script, seed and pace gives executions, each a
//! tree of spans with times, and says what was done to it ([`Made`]). *Telling it* is the OpenTelemetry SDK's business: every
//! service has its own tracer provider and exporter, and spans cross services by span contexts, so that what arrives is what any
//! instrumented shop would send. Because whoever plants a fault writes it down, the summary at the end can hold what steelthread
//! found against the truth, to the last execution.
//!
//! The road not taken: services as tasks that really call each other and really wait. It looks more honest, and buys only noise:
//! a busy machine would make executions slow that nobody made slow, and the truth would be a guess.

mod calls;
mod found;
mod plan;
mod rng;
mod run;
mod script;
mod send;
pub mod shop;
mod sketch;
mod summary;
mod traffic;
mod truth;

pub use plan::Plan;
pub use run::{DemoSettings, Finished, run};
pub use script::{Fault, Phase, Script, scenarios};
pub use send::Services;
pub use sketch::{PlannedSpan, Service};
pub use traffic::{Arrival, Traffic};
pub use truth::{Ending, Endings, Key, Made, Tally, Truth};

/// The capability map of the shop.
pub const MAP: &str = include_str!("map.yaml");

/// Why the demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Wrong name.
    #[error("there is no scenario '{asked}'; write one of: {known}")]
    NoSuchScenario {
        /// What was asked for.
        asked: String,
        /// All names, comma-separated.
        known: String,
    },
    /// The SDK cannot make an exporter.
    #[error("the shop cannot send: {0}")]
    Exporter(String),
    /// Spans were not taken.
    #[error("some spans could not be delivered: {0}")]
    Undelivered(String),
    /// The shop's map is not accepted: a mistake in the program.
    #[error("the demo's own map is not accepted:\n{0}")]
    Map(#[from] crate::catalogue::Problems),
    /// The server cannot start or run, for example because a port is taken.
    #[error(transparent)]
    Server(#[from] crate::app::Error),
    /// The server does not answer.
    #[error(transparent)]
    Answer(#[from] crate::query::QueryError),
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
