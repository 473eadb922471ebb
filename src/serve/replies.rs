//! What a sender of spans is told, in the words of OTLP and of google.rpc (spec 4.4).

use super::{Accepted, Refusal};
use prost::Message;
use std::time::Duration;
use tonic::{Code, Status};

/// `ExportTraceServiceResponse`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

/// `ExportTracePartialSuccess`.
#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_spans: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

impl From<Accepted> for ExportResponse {
    /// On full success `partial_success` stays unset: a sender takes its presence for a warning.
    fn from(accepted: Accepted) -> Self {
        let said = accepted.rejected_spans > 0 || !accepted.message.is_empty();
        let partial = PartialSuccess {
            rejected_spans: i64::try_from(accepted.rejected_spans).unwrap_or(i64::MAX),
            error_message: accepted.message,
        };
        Self { partial_success: said.then_some(partial) }
    }
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) details: Vec<prost_types::Any>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub(super) retry_delay: Option<prost_types::Duration>,
}

/// How a detail of `google.rpc.Status` is told to be a [`RetryInfo`].
pub(super) const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::invalid_argument(why),
            Refusal::Overloaded { reason, retry_after } => try_again(reason, retry_after),
            Refusal::Stopping => Self::unavailable(refusal.to_string()),
        }
    }
}

/// UNAVAILABLE with RetryInfo: the only answer after which a sender waits as long as it is asked to.
pub(super) fn try_again(reason: String, after: Duration) -> Status {
    let delay =
        prost_types::Duration { seconds: i64::try_from(after.as_secs()).unwrap_or(i64::MAX), nanos: after.subsec_nanos() as i32 };
    let info = RetryInfo { retry_delay: Some(delay) };
    let detail = prost_types::Any { type_url: RETRY_INFO.into(), value: info.encode_to_vec() };
    let told = RpcStatus { code: Code::Unavailable as i32, message: reason.clone(), details: vec![detail] };
    Status::with_details(Code::Unavailable, reason, told.encode_to_vec().into())
}

/// RESOURCE_EXHAUSTED without RetryInfo: never to be sent again.
pub(super) fn too_big(limit: usize) -> Status {
    Status::resource_exhausted(format!(
        "the message is larger than {limit} bytes (also after decompression); send smaller batches"
    ))
}
