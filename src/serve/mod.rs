//! Doors: OTLP in, questions and answers out. Thin handlers; what lies behind them comes in as traits.

use std::time::Duration;

/// Who takes spans that come in over the network.
pub trait Intake: Send + Sync + 'static {
    /// Takes one `ExportTraceServiceRequest`, protobuf-encoded, in one piece. Does not block and does not wait.
    ///
    /// # Errors
    /// Nothing of the request was taken.
    fn take(&self, message: &[u8]) -> Result<Accepted, Refusal>;
}

/// The request was taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// Spans that can never be taken (wrong ids); the sender must not send them again.
    pub rejected_spans: u64,
    /// Why; empty if there is nothing to say.
    pub message: String,
}

/// The request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not an `ExportTraceServiceRequest`: never to be sent again. INVALID_ARGUMENT.
    #[error("{0}")]
    Malformed(String),
    /// Try again later. UNAVAILABLE with RetryInfo.
    #[error("{reason}")]
    Overloaded {
        /// For people.
        reason: String,
        /// How long to wait.
        retry_after: Duration,
    },
    /// The server is ending. UNAVAILABLE.
    #[error("the server is stopping; send this again to its successor")]
    Stopping,
}

/// How the server itself is doing.
pub trait Health: Send + Sync + 'static {
    /// Why it is not ready; `Ok` if it is.
    ///
    /// # Errors
    /// One sentence.
    fn ready(&self) -> Result<(), String>;

    /// Gauges and counters of its own: name without the prefix `steelthread_`, help text, value. Spans by fate and figures per
    /// capability are not among them: they come from `status`.
    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)>;
}
