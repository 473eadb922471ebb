//! Doors: OTLP in, questions and answers out. Thin handlers; what lies behind them comes in as traits.
//!
//! This room decides how a thing is said on the wire, and nothing else: which code an OTLP sender gets, so that it repeats what can
//! be repeated and drops what cannot; which words a question is asked in, the same over HTTP, gRPC and the command line; how a
//! port stops. Listeners are opened by the caller, so that a port that is taken is told before anything has begun.
//!
//! The road not taken: the service that tonic generates from OTLP's proto files. Its codec builds every span before a handler
//! sees the first, which costs more than all the rest of the server, and its errors are such that senders repeat for ever what
//! can never be taken.

mod api;
mod asked;
mod backup;
mod body;
mod browsers;
mod connections;
mod desk;
#[cfg(test)]
pub(crate) mod fakes;
mod grpc;
mod guard;
mod health;
mod http;
mod inflate;
mod live;
mod metrics;
mod mirror;
mod openapi;
#[cfg(test)]
mod openapi_tests;
mod otlp_grpc;
mod otlp_http;
#[cfg(test)]
mod otlp_tests;
mod page;
#[cfg(test)]
mod page_tests;
pub mod proto;
#[cfg(test)]
mod query_tests;
mod reception;
mod refused;
mod replies;
mod secret_file;
mod senders;
mod tls;
#[cfg(test)]
mod tls_tests;
mod token_file;
mod tokens;
#[cfg(test)]
mod tokens_tests;
mod watched;

pub use api::api;
pub use connections::{ConnectionLimits, Port};
pub use otlp_grpc::otlp_grpc;
pub use otlp_http::otlp_http;
pub use reception::Reception;
pub use refused::{Door, Refusals};
pub use secret_file::{read as read_secret_file, too_open};
pub use senders::SenderId;
pub use tls::{Tls, TlsError, TlsFiles};
pub use tokens::{BadTokens, Denied, Scope, TokenFiles, Tokens, check_name, new_token};

use std::pin::Pin;
use std::time::Duration;

/// How much a sender of spans may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtlpLimits {
    /// Bytes of a message, also after decompression.
    pub message_bytes: usize,
    /// Bytes of all requests that have begun and are not yet handed on, compressed and decompressed. One request that is alone always
    /// has room; no sender has more than half of it for several.
    pub bytes_under_way: usize,
    /// What one sender may send in a second, decompressed; `None`: as much as it likes.
    pub sender_bytes_per_second: Option<u64>,
}

impl OtlpLimits {
    /// The room for requests under way follows from the limit of one.
    pub fn of_messages(message_bytes: usize) -> Self {
        Self { message_bytes, bytes_under_way: message_bytes.saturating_mul(2), sender_bytes_per_second: None }
    }
}

/// Who takes spans that come in over the network.
pub trait Intake: Send + Sync + 'static {
    /// Takes one `ExportTraceServiceRequest` in one piece. Does not wait.
    ///
    /// # Errors
    /// Nothing of the request was taken.
    fn take(&self, message: &[u8], encoding: Encoding) -> Result<Accepted, Refusal>;

    /// What must be awaited before the sender is told that the request was taken; `None`: nothing.
    fn settling(&self, _accepted: &Accepted) -> Option<Settling> {
        None
    }
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As protobuf.
    Protobuf,
    /// As JSON, by the rules of OTLP.
    Json,
}

/// The request was taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// Spans that can never be taken (wrong ids); the sender must not send them again.
    pub rejected_spans: u64,
    /// Why; empty if there is nothing to say.
    pub message: String,
    /// Where it stands in the journal, if there is one.
    pub offset: u64,
}

/// Ready when what was accepted is as safe as was asked for, or cannot be made so.
pub type Settling = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

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
    /// The server reads its journal again after a crash. UNAVAILABLE with RetryInfo.
    #[error("the server is starting: {0}; send this again in a moment")]
    Starting(String),
    /// The server is ending. UNAVAILABLE with RetryInfo.
    #[error("the server is stopping; send this again to its successor")]
    Stopping,
}

/// Why there is no copy of what is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSnapshot {
    /// The server has no store folder.
    #[error("this server keeps nothing, so there is nothing to back up; start it with --store DIR")]
    NothingKept,
    /// It could not be made; one sentence.
    #[error("{0}")]
    Failed(String),
}

/// How the server itself is doing.
pub trait Health: Send + Sync + 'static {
    /// Why it is not ready; `Ok` if it is.
    ///
    /// # Errors
    /// One sentence.
    fn ready(&self) -> Result<(), String>;

    /// Gauges and counters of its own: name without the prefix `steelthread_`, help text, value. A name may have labels behind it, as
    /// Prometheus writes them; those of one name stand together. Spans by fate and figures per
    /// capability are not among them: they come from `status`.
    fn gauges(&self) -> Vec<(&'static str, &'static str, f64)>;

    /// A consistent copy of the file of the store, open for reading; it is gone when it is closed. Blocks while it is made.
    ///
    /// # Errors
    /// There is no store folder, or the copy cannot be made.
    fn snapshot(&self) -> Result<std::fs::File, NoSnapshot> {
        Err(NoSnapshot::NothingKept)
    }

    /// Where it is counted who was turned away; `None` if it is not.
    fn refusals(&self) -> Option<&Refusals> {
        None
    }
}
