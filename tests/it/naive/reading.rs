//! Spec 2.2: what one span says.

use super::span::{Kind, Span, Status};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Error,
    CallerError,
    Cancelled,
    Ok,
}

const OK: u8 = 0;
const CANCELLED: u8 = 1;
const DEADLINE_EXCEEDED: u8 = 4;
const RESOURCE_EXHAUSTED: u8 = 8;
const UNAVAILABLE: u8 = 14;

/// Error type, in lower case, letters and digits only.
fn words(span: &Span) -> String {
    let text = span.error_type.clone().or(span.exception.clone()).unwrap_or_default();
    text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}

fn says(span: &Span, any: &[&str]) -> bool {
    let words = words(span);
    any.iter().any(|word| words.contains(word))
}

fn says_timeout(span: &Span) -> bool {
    says(span, &["timeout", "timedout", "deadline"])
}

pub fn timeout(span: &Span) -> bool {
    span.grpc == Some(DEADLINE_EXCEEDED) || span.http == Some(504) || says_timeout(span)
}

const UNREACHABLE: [&str; 19] = [
    "refused",
    "connectexception",
    "connectionerror",
    "connectionreset",
    "econnreset",
    "unknownhost",
    "nosuchhost",
    "enotfound",
    "eaiagain",
    "getaddrinfo",
    "nameresolution",
    "noroute",
    "unreach",
    "operror",
    "socketexception",
    "ssl",
    "tls",
    "x509",
    "certificate",
];

/// Of a span without server child.
pub fn unreachable(span: &Span) -> bool {
    let codes = span.http.is_none() && span.grpc.is_none_or(|code| code == UNAVAILABLE);
    codes && (span.grpc == Some(UNAVAILABLE) || says(span, &UNREACHABLE))
}

pub fn saturated(span: &Span) -> bool {
    span.http == Some(429) || span.grpc == Some(RESOURCE_EXHAUSTED)
}

/// B8: the server only repeats that its caller's time was over.
pub fn echo(span: &Span) -> bool {
    matches!(span.grpc, Some(DEADLINE_EXCEEDED | CANCELLED)) || matches!(span.http, Some(499 | 504))
}

/// A code came back. DEADLINE_EXCEEDED, CANCELLED and UNAVAILABLE are made by the client's own library, too, so they show nothing.
pub fn answered(span: &Span) -> bool {
    span.http.is_some() || span.grpc.is_some_and(|code| ![DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE].contains(&code))
}

fn of_http(code: u16, caller_side: bool, entry: bool) -> Class {
    match code {
        500.. => Class::Error,                                  // C3
        400..500 if caller_side || entry => Class::CallerError, // C3: the entry, and the CLIENT
        _ => Class::Ok,                                         // C3: 4xx of a SERVER inside; C5: beside a code the code decides
    }
}

fn of_grpc(code: u8, caller_side: bool, entry: bool) -> Class {
    match code {
        OK => Class::Ok,
        3 | 5 | 6 | 7 | 9 | 10 | 11 | 16 if caller_side || entry => Class::CallerError, // C4
        3 | 5 | 6 | 7 | 9 | 10 | 11 | 16 => Class::Ok,                                  // C4: like 4xx on SERVER
        _ => Class::Error,                                                              // C4: error on both sides
    }
}

/// Class of a span; `entry`: it is the entry span of the execution that asks.
pub fn class(span: &Span, entry: bool) -> Class {
    // Open: INTERNAL and CONSUMER spans with a code. They stand on the answering side, but an INTERNAL span that calls the code an
    // error repeats what it was told.
    let caller_side = span.asks() || (span.kind == Kind::Internal && span.status == Status::Error);
    let coded = span.http.is_some() || span.grpc.is_some();
    let in_error = span.status == Status::Error || span.error_type.is_some() || span.error_flag; // not by an exception event: it may have been handled
    if span.status == Status::Ok {
        return Class::Ok; // C1
    }
    let left = span.http == Some(499) || span.grpc == Some(CANCELLED) || (in_error && !coded && says(span, &["cancel", "abort"]));
    if left && !says_timeout(span) {
        return Class::Cancelled; // C2; open: "ERROR" is taken to be C5's, so that an unset cancelled span is no culprit either
    }
    if saturated(span) || (left && coded) {
        return Class::Error; // C3, bold; a timeout told by the code of a cancellation
    }
    if coded {
        // Both codes on one span (gRPC over HTTP 200): the first that is not ok.
        let http = span.http.map_or(Class::Ok, |code| of_http(code, caller_side, entry));
        let grpc = span.grpc.map_or(Class::Ok, |code| of_grpc(code, caller_side, entry));
        return if http == Class::Ok { grpc } else { http };
    }
    if in_error { Class::Error } else { Class::Ok } // C5
}

/// Work of a service, as opposed to a request to another.
pub fn works(span: &Span) -> bool {
    matches!(span.kind, Kind::Server | Kind::Consumer | Kind::Internal)
}
