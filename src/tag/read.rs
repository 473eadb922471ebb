//! What a span says, borrowed from it: all that its shape is made of but the tests of the map.

use super::alias::{Meaning, Seen, Sorted, says_something};
use super::code;
use super::mix::{Mix, Seeds};
use super::peer::{Peer, Url, text_of};
use crate::model::{GrpcCode, Kind, RawSpan, Status, Value};
use std::borrow::Cow;

/// What a span says.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a, 'b> {
    pub name: &'a [u8],
    pub kind: Kind,
    pub status: Status,
    pub http_status: u16,
    pub grpc_code: Option<GrpcCode>,
    pub error_type: ErrorType<'a>,
    pub error_flag: bool,
    pub resend: bool,
    pub receives: bool,
    pub peer: Peer<'a>,
    pub capability: &'a [u8],
    pub thread: &'a [u8],
    pub sorted: Sorted<'a, 'b>,
}

impl<'a, 'b> Reading<'a, 'b> {
    /// Reads a span; `seen` was made from its attributes.
    #[inline]
    pub fn of(span: &RawSpan<'a>, seen: &'b Seen) -> Self {
        let sorted = Sorted::new(seen, span.attributes);
        let kind = Kind::from_otlp(span.kind);
        Self {
            name: span.name,
            kind,
            status: Status::from_otlp(span.status),
            http_status: sorted.find(Meaning::HttpStatus, |value| code::number_in(value, 100..=999)).unwrap_or(0),
            grpc_code: sorted.find(Meaning::RpcStatus, code::grpc),
            error_type: ErrorType { sent: sorted.newest(Meaning::ErrorType), exception: span.exception_type.unwrap_or_default() },
            // C5: `error.type` on a span says that it is in error, as `error` does. An exception event does not: it may have been handled.
            error_flag: code::is_true(sorted.newest(Meaning::ErrorFlag)) || !sorted.text(Meaning::ErrorType).is_empty(),
            resend: code::number(sorted.newest(Meaning::ResendCount)).is_some_and(|count| count != 0),
            receives: kind == Kind::Client && receives(sorted.text(Meaning::MessagingOperation)),
            peer: if kind.asks() { Peer::read(sorted) } else { Peer::Unknown },
            capability: sorted.text(Meaning::Capability),
            thread: sorted.text(Meaning::Thread),
            sorted,
        }
    }

    /// Adds all of it. The name is given as its hash, which is needed twice.
    #[inline]
    pub fn mix(&self, name: u128, mix: &mut Mix) {
        mix.hash(name);
        let flags = u64::from(self.error_flag) | u64::from(self.resend) << 1 | u64::from(self.receives) << 2;
        let grpc = self.grpc_code.map_or(0xff, |code| u64::from(code.0));
        mix.pair(self.kind as u64 | (self.status as u64) << 8 | grpc << 16 | u64::from(self.http_status) << 24 | flags << 40, 0);
        self.error_type.mix(mix);
        if !self.capability.is_empty() {
            mix.pair(2, 1);
            mix.bytes(self.capability);
            mix.bytes(self.thread);
        }
        self.sorted.texts(Meaning::PeerService, |service| {
            mix.pair(3, 1);
            mix.bytes(service);
        });
        if self.kind.asks() && !matches!(self.peer, Peer::Service(_)) {
            self.peer.mix(mix);
        }
    }

    /// Hash of what is asked for, by which attempts at one thing are known.
    #[inline]
    pub fn operation(&self, name: u128, seeds: &Seeds) -> u32 {
        let mut mix = Mix::new(seeds, 3);
        mix.hash(name);
        if self.sorted.any(&OPERATION) {
            for meaning in OPERATION {
                let text = self.sorted.text(meaning);
                if !text.is_empty() {
                    mix.pair(meaning as u64, 0);
                    mix.bytes(if meaning == Meaning::Url { Url::read(text).path } else { text });
                }
            }
        }
        mix.finish() as u32
    }
}

/// What is asked for, beside the span's name.
const OPERATION: [Meaning; 7] = [
    Meaning::Url,
    Meaning::HttpMethod,
    Meaning::RpcMethod,
    Meaning::RpcService,
    Meaning::DbOperation,
    Meaning::DbCollection,
    Meaning::DbSummary,
];

/// A messaging `receive` or `poll`: nobody is asked.
fn receives(operation: &[u8]) -> bool {
    operation.eq_ignore_ascii_case(b"receive") || operation.eq_ignore_ascii_case(b"poll")
}

/// The error type as sent, and the exception that stands in for it.
#[derive(Debug, Clone, Copy)]
pub struct ErrorType<'a> {
    sent: &'a Value<'a>,
    exception: &'a [u8],
}

impl<'a> ErrorType<'a> {
    /// As text; empty if there is none.
    pub fn text(&self) -> Cow<'a, [u8]> {
        if says_something(self.sent) { text_of(self.sent) } else { Cow::Borrowed(self.exception) }
    }

    #[inline]
    fn mix(&self, mix: &mut Mix) {
        if says_something(self.sent) {
            mix.pair(1, 1);
            mix.value(self.sent);
        } else if !self.exception.is_empty() {
            mix.pair(1, 1);
            mix.bytes(self.exception);
        }
    }
}
