//! What a sender of spans is told, in the words of OTLP and of google.rpc (spec 4.4).

use super::refused::Refused;
use super::{Accepted, Encoding};
use prost::Message;
use serde_json::{Map, json};
use std::time::Duration;
use tonic::Status;

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

/// For gRPC.
pub(super) fn status(refused: &Refused) -> Status {
    let code = refused.reason.code();
    match refused.retry_after {
        Some(_) => Status::with_details(code, refused.message.clone(), RpcStatus::from(refused).encode_to_vec().into()),
        None => Status::new(code, refused.message.clone()),
    }
}

impl From<&Refused> for RpcStatus {
    /// With `RetryInfo` only where the same may be sent again: its absence tells a sender not to.
    fn from(refused: &Refused) -> Self {
        let details = refused.retry_after.into_iter().map(|after| {
            let seconds = i64::try_from(after.as_secs()).unwrap_or(i64::MAX);
            let info = RetryInfo { retry_delay: Some(prost_types::Duration { seconds, nanos: after.subsec_nanos() as i32 }) };
            prost_types::Any { type_url: RETRY_INFO.into(), value: info.encode_to_vec() }
        });
        Self { code: refused.reason.code() as i32, message: refused.message.clone(), details: details.collect() }
    }
}

/// The body of a success over HTTP.
pub(super) fn accepted(encoding: Encoding, accepted: Accepted) -> Vec<u8> {
    let response = ExportResponse::from(accepted);
    match (encoding, response.partial_success) {
        (Encoding::Protobuf, partial_success) => ExportResponse { partial_success }.encode_to_vec(),
        (Encoding::Json, None) => b"{}".to_vec(),
        (Encoding::Json, Some(partial)) => {
            // As JSON has it in protobuf: 64-bit integers are text, and what is zero or empty is left out.
            let mut told = Map::new();
            if partial.rejected_spans != 0 {
                told.insert("rejectedSpans".into(), partial.rejected_spans.to_string().into());
            }
            if !partial.error_message.is_empty() {
                told.insert("errorMessage".into(), partial.error_message.into());
            }
            json!({ "partialSuccess": told }).to_string().into_bytes()
        }
    }
}

/// The body of a refusal over HTTP.
pub(super) fn refused(encoding: Encoding, refused: &Refused) -> Vec<u8> {
    if encoding == Encoding::Protobuf {
        return RpcStatus::from(refused).encode_to_vec();
    }
    let mut told = json!({ "code": refused.reason.code() as i32, "message": refused.message });
    if let Some(after) = refused.retry_after {
        told["details"] = json!([{ "@type": RETRY_INFO, "retryDelay": seconds(after) }]);
    }
    told.to_string().into_bytes()
}

/// A length of time as JSON has it in protobuf: `2s`, `2.500s`.
fn seconds(time: Duration) -> String {
    let (whole, nanos) = (time.as_secs(), time.subsec_nanos());
    match nanos {
        0 => format!("{whole}s"),
        _ if nanos % 1_000_000 == 0 => format!("{whole}.{:03}s", nanos / 1_000_000),
        _ => format!("{whole}.{nanos:09}s"),
    }
}
