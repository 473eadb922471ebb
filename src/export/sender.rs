//! One attempt to deliver a message, whichever the protocol.

use super::grpc::Grpc;
use super::http::Http;
use super::target::{Protocol, Signal, Target};
use crate::outgoing::short;
use bytes::Bytes;
use prost::Message;
use std::time::Duration;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The message arrived.
    Taken {
        /// Spans, or data points, of it that can never be taken.
        rejected: u64,
        /// What was said about it; empty for nothing.
        message: String,
    },
    /// It may be sent again.
    Later {
        /// For people.
        why: String,
        /// How long to wait at least, if that was said.
        after: Option<Duration>,
    },
    /// It must not be sent again.
    Never {
        /// For people.
        why: String,
    },
}

/// Delivers messages to one endpoint; several at a time. Connects when the first one is sent, and again when that is needed.
pub struct Sender {
    how: How,
    to: String,
}

enum How {
    Grpc(Grpc),
    Http(Http),
}

impl Sender {
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What is wrong with the certificates.
    pub fn new(target: &Target, signal: Signal) -> Result<Self, String> {
        let how = match target.protocol {
            Protocol::Grpc => How::Grpc(Grpc::new(target, signal)?),
            Protocol::Http => How::Http(Http::new(target, signal)?),
        };
        Ok(Self { how, to: target.endpoint.to_string() })
    }

    /// The endpoint, for people.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Makes one attempt.
    pub async fn send(&self, message: Bytes) -> Sent {
        match &self.how {
            How::Grpc(grpc) => grpc.send(message).await,
            How::Http(http) => http.send(message).await,
        }
    }
}

/// `ExportTraceServiceResponse` and `ExportMetricsServiceResponse`: the same numbers mean the same.
#[derive(Clone, PartialEq, Message)]
struct Response {
    #[prost(message, optional, tag = "1")]
    partial: Option<Partial>,
}

#[derive(Clone, PartialEq, Message)]
struct Partial {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    message: String,
}

/// What a response to a message that arrived says. One that cannot be read says nothing.
pub(super) fn taken(response: &[u8]) -> Sent {
    let partial = Response::decode(response).ok().and_then(|response| response.partial).unwrap_or_default();
    Sent::Taken { rejected: u64::try_from(partial.rejected).unwrap_or(0), message: short(&partial.message) }
}
