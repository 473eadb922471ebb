//! Why a sender is turned away, which code that is on either door, and how often it happened.
//!
//! One table for gRPC and HTTP (spec 4.4). What matters to a sender is whether it may send the same again: with a delay it may, without
//! one it must not.

use super::Refusal;
use axum::http::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tonic::Code;

/// How long a sender is asked to wait when too much is under way, or the server is ending.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// How long while it starts.
const SOON: Duration = Duration::from_secs(1);

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Overload,
    SenderRate,
    TooBig,
    Malformed,
    Starting,
    Stopping,
    TooSlow,
    BrokenOff,
    Unauthenticated,
    Forbidden,
    /// HTTP only: no such path.
    NoSuchPath,
    /// HTTP only: not POST.
    NoSuchMethod,
    /// What the body is, or how it is compressed, is not known here.
    NoSuchType,
}

impl Reason {
    const ALL: [Self; 13] = [
        Self::Overload,
        Self::SenderRate,
        Self::TooBig,
        Self::Malformed,
        Self::Starting,
        Self::Stopping,
        Self::TooSlow,
        Self::BrokenOff,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NoSuchPath,
        Self::NoSuchMethod,
        Self::NoSuchType,
    ];

    /// As a label of /metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::SenderRate => "sender_rate",
            Self::TooBig => "too_big",
            Self::Malformed => "malformed",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::TooSlow => "too_slow",
            Self::BrokenOff => "broken_off",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NoSuchPath => "no_such_path",
            Self::NoSuchMethod => "no_such_method",
            Self::NoSuchType => "no_such_type",
        }
    }

    /// For gRPC, and in the `google.rpc.Status` of HTTP.
    pub(super) const fn code(self) -> Code {
        match self {
            Self::Overload | Self::Starting | Self::Stopping | Self::TooSlow => Code::Unavailable,
            Self::SenderRate | Self::TooBig => Code::ResourceExhausted,
            Self::Malformed | Self::BrokenOff => Code::InvalidArgument,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Forbidden => Code::PermissionDenied,
            Self::NoSuchPath | Self::NoSuchMethod | Self::NoSuchType => Code::Unimplemented,
        }
    }

    /// For HTTP.
    pub(super) const fn http(self) -> StatusCode {
        match self {
            Self::Overload | Self::Starting | Self::Stopping | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::SenderRate => StatusCode::TOO_MANY_REQUESTS,
            Self::TooBig => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed | Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoSuchType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

/// A request that is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) reason: Reason,
    /// For people.
    pub(super) message: String,
    /// The same may be sent again after this time; `None`: never.
    pub(super) retry_after: Option<Duration>,
}

impl Refused {
    /// Never to be sent again.
    pub(super) fn for_good(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), retry_after: None }
    }

    /// To be sent again, later.
    pub(super) fn for_now(reason: Reason, message: impl Into<String>, after: Duration) -> Self {
        Self { reason, message: message.into(), retry_after: Some(after) }
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::for_good(Reason::Malformed, message)
    }

    pub(super) fn too_big(limit: usize) -> Self {
        let told = format!("the message is larger than {limit} bytes (also after decompression); send smaller batches");
        Self::for_good(Reason::TooBig, told)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let told = refusal.to_string();
        match refusal {
            Refusal::Malformed(_) => Self::malformed(told),
            Refusal::Overloaded { retry_after, .. } => Self::for_now(Reason::Overload, told, retry_after),
            Refusal::Starting(_) => Self::for_now(Reason::Starting, told, SOON),
            Refusal::Stopping => Self::for_now(Reason::Stopping, told, PAUSE),
        }
    }
}

/// A port where requests come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// OTLP over gRPC.
    OtlpGrpc,
    /// OTLP over HTTP.
    OtlpHttp,
    /// Questions.
    Api,
}

impl Door {
    const ALL: [Self; 3] = [Self::OtlpGrpc, Self::OtlpHttp, Self::Api];

    /// As a label of /metrics.
    const fn as_str(self) -> &'static str {
        match self {
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttp => "otlp_http",
            Self::Api => "api",
        }
    }
}

/// How often who was turned away where, since the process began.
#[derive(Debug, Default)]
pub struct Refusals {
    requests: [[AtomicU64; Reason::ALL.len()]; Door::ALL.len()],
    connections: [AtomicU64; Door::ALL.len()],
}

impl Refusals {
    pub(super) fn request(&self, door: Door, reason: Reason) {
        self.requests[door as usize][reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connection(&self, door: Door) {
        self.connections[door as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that were refused: door, reason, how many. Only what happened.
    pub fn requests(&self) -> Vec<(&'static str, &'static str, u64)> {
        let all = Door::ALL.into_iter().flat_map(|door| Reason::ALL.map(|reason| (door, reason)));
        let counted = all.map(|(door, reason)| {
            (door.as_str(), reason.as_str(), self.requests[door as usize][reason as usize].load(Ordering::Relaxed))
        });
        counted.filter(|(_, _, count)| *count > 0).collect()
    }

    /// Connections that were closed at once, because there were too many: door, how many.
    pub fn connections(&self) -> Vec<(&'static str, u64)> {
        Door::ALL.map(|door| (door.as_str(), self.connections[door as usize].load(Ordering::Relaxed))).to_vec()
    }
}
