//! What goes out by OTLP: spans that are passed on, and figures.
//!
//! This room decides how a message gets to somebody else's endpoint: which of two protocols, which answers are worth another attempt and
//! when, how much may wait, and what is told about messages that did not arrive. What is in a message is decided by whoever hands it in.
//!
//! Forwarding is a courtesy to whoever sends to us. It never holds up intake: a message that finds no room is dropped and counted, and so
//! is one that is refused, or that could not be delivered for five minutes. An attempt whose answer got lost is made again, as OTLP wants it,
//! so that a receiver may see a span twice when a connection breaks; nothing else is sent twice.
//!
//! The road not taken: keeping the spans until their trace is judged, so that they could carry the verdict. That would make a store of
//! traces of this server. What a span carries on its way out is therefore what is known when it comes in: which capability it is an entry
//! of, and which hop it is by the map or by its own name.
//!
//! Figures go out as this server counts them, exact sums that only grow; the OpenTelemetry SDK would count all of it a second time.

mod counts;
mod exponential;
mod figures;
mod forwarder;
mod grpc;
mod http;
mod metrics;
mod queue;
mod sender;
mod target;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;

pub use crate::outgoing::Headers;
pub use counts::Counts;
pub use exponential::{Exponential, exponential};
pub use figures::{CapabilityFigures, Figures, HopFailures, SourceBucket};
pub use forwarder::{Forwarder, Left};
pub use metrics::{Origin, request};
pub use sender::{Sender, Sent};
pub use target::{Compression, Endpoint, Protocol, Signal, Target};
pub use telemetry::{TARGET, Telemetry};
