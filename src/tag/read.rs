//! What a span says, borrowed from it: all that its shape is made of but the tests of the map.

use super::alias::{Meaning, set};
use super::code;
use super::mix::Mix;
use super::peer::{Peer, text_of};
use super::sorted::{Seen, Sorted, says_something};
use super::url::Url;
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
    pub url: Url<'a>,
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
        let rare = sorted.any(RARE);
        let rare_text = |meaning| if rare { sorted.text(meaning) } else { b"" };
        let url = sorted.text(Meaning::Url);
        Self {
            name: span.name,
            kind,
            status: Status::from_otlp(span.status),
            http_status: sorted.find(Meaning::HttpStatus, |value| code::number_in(value, 100..=999)).unwrap_or(0),
            grpc_code: sorted.find(Meaning::RpcStatus, code::grpc),
            error_type: ErrorType { sent: sorted.newest(Meaning::ErrorType), exception: span.exception_type.unwrap_or_default() },
            error_flag: says_something(sorted.newest(Meaning::ErrorType))
                || rare && code::is_true(sorted.newest(Meaning::ErrorFlag)),
            resend: rare && code::number(sorted.newest(Meaning::ResendCount)).is_some_and(|count| count != 0),
            receives: kind == Kind::Client && receives(rare_text(Meaning::MessagingOperation)),
            peer: if kind.asks() { Peer::read(sorted) } else { Peer::Unknown },
            url: if url.is_empty() || !kind.asks() { Url::default() } else { Url::read(url) },
            capability: rare_text(Meaning::Capability),
            thread: rare_text(Meaning::Thread),
            sorted,
        }
    }

    /// Adds all of it but the name.
    #[inline]
    pub fn mix(&self, mix: &mut Mix) {
        let flags = u64::from(self.error_flag) | u64::from(self.resend) << 1 | u64::from(self.receives) << 2;
        let grpc = self.grpc_code.map_or(0xff, |code| u64::from(code.0));
        mix.pair(self.kind as u64 | (self.status as u64) << 8 | grpc << 16 | u64::from(self.http_status) << 24, flags);
        self.error_type.mix(mix);
        if !self.capability.is_empty() {
            mix.label(2);
            mix.bytes(self.capability);
            mix.bytes(self.thread);
        }
        self.sorted.texts(Meaning::PeerService, |service| {
            mix.label(3);
            mix.bytes(service);
        });
        if self.kind.asks() && !matches!(self.peer, Peer::Service(_)) {
            self.peer.mix(mix);
        }
    }

    /// Hash of what is asked for, by which attempts at one thing are known. `mix` has the name, which is all that is said where
    /// nobody is asked.
    #[inline]
    pub fn operation(&self, mut mix: Mix) -> u32 {
        if !self.kind.asks() {
            return mix.finish() as u32;
        }
        if self.sorted.any(set(&OPERATION)) {
            for meaning in OPERATION {
                let text = self.sorted.text(meaning);
                if !text.is_empty() {
                    mix.label(meaning as u64);
                    mix.bytes(text);
                }
            }
        }
        if !self.url.path.is_empty() {
            mix.label(Meaning::Url as u64);
            mix.bytes(self.url.path);
        }
        mix.finish() as u32
    }
}

/// What most spans do not say.
const RARE: u64 =
    set(&[Meaning::ErrorFlag, Meaning::ResendCount, Meaning::MessagingOperation, Meaning::Capability, Meaning::Thread]);

/// What is asked for, beside the span's name and the path of its URL.
const OPERATION: [Meaning; 6] = [
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
            mix.label(1);
            mix.value(self.sent);
        } else if !self.exception.is_empty() {
            mix.label(1);
            mix.bytes(self.exception);
        }
    }
}
