//! Codes and truth values, whether they were sent as numbers or as text.

use crate::model::{GrpcCode, Value};

/// Names of the codes of gRPC by number, letters only.
const GRPC: [&[u8]; 17] = [
    b"ok",
    b"cancelled",
    b"unknown",
    b"invalidargument",
    b"deadlineexceeded",
    b"notfound",
    b"alreadyexists",
    b"permissiondenied",
    b"resourceexhausted",
    b"failedprecondition",
    b"aborted",
    b"outofrange",
    b"unimplemented",
    b"internal",
    b"unavailable",
    b"dataloss",
    b"unauthenticated",
];

/// A whole number, or text that is one.
#[inline]
pub fn number(value: &Value<'_>) -> Option<i64> {
    match *value {
        Value::Int(number) => Some(number),
        // Larger doubles are not exact, and no code is that large.
        Value::Double(number) => (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64),
        Value::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// A number in this range, or 0.
#[inline]
pub fn number_in(value: &Value<'_>, range: std::ops::RangeInclusive<u16>) -> Option<u16> {
    Some(u16::try_from(number(value)?).ok().filter(|number| range.contains(number)).unwrap_or(0))
}

/// A code of gRPC by number or by name, however the name is written: `DEADLINE_EXCEEDED`, `DeadlineExceeded`,
/// `StatusCode.DEADLINE_EXCEEDED`.
#[inline]
pub fn grpc(value: &Value<'_>) -> Option<GrpcCode> {
    if let Value::Text(b"OK") = value {
        return Some(GrpcCode::OK);
    }
    match (number(value), value) {
        (Some(number), _) => u8::try_from(number).ok().filter(|code| *code <= 16).map(GrpcCode),
        (None, Value::Text(text)) => grpc_name(text),
        _ => None,
    }
}

fn grpc_name(text: &[u8]) -> Option<GrpcCode> {
    let name = text.rsplit(|byte| *byte == b'.').next()?;
    let mut letters = [0; 20];
    let mut length = 0;
    for byte in name.iter().filter(|byte| !matches!(byte, b'_' | b'-' | b' ')) {
        *letters.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    let letters = &letters[..length];
    // Go writes it so.
    let letters = if letters == b"canceled" { b"cancelled" } else { letters };
    GRPC.iter().zip(0..).find(|(name, _)| **name == letters).map(|(_, number)| GrpcCode(number))
}

/// True, as a truth value or as text.
#[inline]
pub fn is_true(value: &Value<'_>) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Text(text) => text.eq_ignore_ascii_case(b"true"),
        _ => false,
    }
}
