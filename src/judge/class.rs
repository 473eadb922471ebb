//! Reading one span: C1 to C5 of spec 2.2.
//!
//! A span's own words are a shape; what they mean depends on which side speaks, and on whether the span is the entry. Nothing here
//! knows of other spans.

use crate::model::{GrpcCode, Kind, Shape, Status};

/// How one span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Well, or not its fault.
    Ok,
    /// The caller asked for something wrong.
    CallerError,
    /// The caller left.
    Cancelled,
    /// In error.
    Error,
}

/// The class of a span. `entry`: whether it is the entry of the execution that asks.
pub fn class(shape: &Shape, entry: bool) -> Class {
    // C1: who sets Ok has looked at the codes.
    if shape.status == Status::Ok {
        return Class::Ok;
    }
    if let Some(class) = cancelled(shape) {
        return class;
    }
    let by_code = http(shape, entry).or_else(|| grpc(shape, entry));
    match by_code {
        Some(class) => class,
        // C5: beside a code, the code decides.
        None if !has_code(shape) && says_error(shape) => Class::Error,
        None => Class::Ok,
    }
}

/// C2, asked after the timeout words: who ran out of time did not leave.
fn cancelled(shape: &Shape) -> Option<Class> {
    let by_code = shape.http_status == 499 || shape.grpc_code == Some(GrpcCode::CANCELLED);
    let by_words = !has_code(shape) && shape.says_cancelled && says_error(shape);
    match (by_code, by_words, shape.says_timeout) {
        (true, _, true) => Some(Class::Error),
        (true, _, false) | (_, true, false) => Some(Class::Cancelled),
        _ => None,
    }
}

/// C3. `None` where there is no code that says more than "answered".
fn http(shape: &Shape, entry: bool) -> Option<Class> {
    match shape.http_status {
        429 | 500..=599 => Some(Class::Error),
        400..=499 => Some(refused(shape, entry)),
        _ => None,
    }
}

/// C4.
fn grpc(shape: &Shape, entry: bool) -> Option<Class> {
    let code = shape.grpc_code?;
    match code {
        GrpcCode::OK => None,
        GrpcCode::INVALID_ARGUMENT
        | GrpcCode::NOT_FOUND
        | GrpcCode::ALREADY_EXISTS
        | GrpcCode::PERMISSION_DENIED
        | GrpcCode::UNAUTHENTICATED
        | GrpcCode::FAILED_PRECONDITION
        | GrpcCode::OUT_OF_RANGE
        | GrpcCode::ABORTED => Some(refused(shape, entry)),
        _ => Some(Class::Error),
    }
}

/// A request that the callee refused as wrong. The side that asks is at fault; the side that answers only says so. An INTERNAL span that
/// repeats the code is on the asking side if it calls it an error.
fn refused(shape: &Shape, entry: bool) -> Class {
    let asks = shape.kind.asks() || (shape.kind == Kind::Internal && shape.status == Status::Error);
    if asks || entry { Class::CallerError } else { Class::Ok }
}

fn says_error(shape: &Shape) -> bool {
    shape.status == Status::Error || shape.error_flag
}

fn has_code(shape: &Shape) -> bool {
    matches!(shape.http_status, 100..=599) || shape.grpc_code.is_some()
}

/// Out of capacity or quota (C3).
pub fn is_saturated(shape: &Shape) -> bool {
    shape.http_status == 429 || shape.grpc_code == Some(GrpcCode::RESOURCE_EXHAUSTED)
}

/// Timeout class.
pub fn is_timeout(shape: &Shape) -> bool {
    shape.says_timeout || shape.http_status == 504 || shape.grpc_code == Some(GrpcCode::DEADLINE_EXCEEDED)
}

/// Unreachable class; that there is no server child is for the caller to see.
pub fn is_unreachable(shape: &Shape) -> bool {
    match (shape.http_status, shape.grpc_code) {
        (0, Some(GrpcCode::UNAVAILABLE)) => true,
        (0, None) => shape.says_unreachable,
        _ => false,
    }
}

/// Whether the code can only come from somebody who answered. gRPC clients make some codes themselves.
pub fn was_answered(shape: &Shape) -> bool {
    let made_by_clients = [GrpcCode::CANCELLED, GrpcCode::DEADLINE_EXCEEDED, GrpcCode::UNAVAILABLE];
    matches!(shape.http_status, 100..=599) || shape.grpc_code.is_some_and(|code| !made_by_clients.contains(&code))
}

/// B8: a code by which a server says that its caller's time was up.
pub fn is_echo(shape: &Shape) -> bool {
    matches!(shape.http_status, 499 | 504) || matches!(shape.grpc_code, Some(GrpcCode::DEADLINE_EXCEEDED | GrpcCode::CANCELLED))
}
