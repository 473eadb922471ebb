//! What a span says, borrowed from it: all that its shape is made of but the tests of the map.

use super::alias::{Meaning, Seen, Sorted, says_something};
use super::code;
use super::mix::{Mix, Seeds};
use super::peer::{Peer, Url};
use crate::model::{GrpcCode, Kind, RawSpan, Status, Value};

/// What a span says.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a, 'b> {
    pub name: &'a [u8],
    pub kind: Kind,
    pub status: Status,
    pub http_status: u16,
    pub grpc_code: Option<GrpcCode>,
    pub error_type: Value<'a>,
    pub error_flag: bool,
    pub resend: bool,
    pub receives: bool,
    pub peer: Peer<'a>,
    pub capability: Value<'a>,
    pub thread: Value<'a>,
    pub sorted: Sorted<'a, 'b>,
}

impl<'a, 'b> Reading<'a, 'b> {
    /// Reads a span; `seen` was made from its attributes.
    #[inline]
    pub fn of(span: &RawSpan<'a>, seen: &'b Seen) -> Self {
        let sorted = Sorted::new(seen, span.attributes);
        let kind = Kind::from_otlp(span.kind);
        let error_type = sorted.newest(Meaning::ErrorType);
        let exception = || span.exception_type.map_or(Value::Empty, Value::Text);
        Self {
            name: span.name,
            kind,
            status: Status::from_otlp(span.status),
            http_status: sorted.all(Meaning::HttpStatus).find_map(|value| code::number_in(&value, 100..=999)).unwrap_or(0),
            grpc_code: sorted.all(Meaning::RpcStatus).find_map(|value| code::grpc(&value)),
            error_type: if says_something(&error_type) { error_type } else { exception() },
            error_flag: code::is_true(&sorted.newest(Meaning::ErrorFlag)),
            resend: code::number(&sorted.newest(Meaning::ResendCount)).is_some_and(|count| count != 0),
            receives: kind == Kind::Client && receives(&sorted.newest(Meaning::MessagingOperation)),
            peer: if kind.asks() { Peer::read(sorted) } else { Peer::Unknown },
            capability: sorted.newest(Meaning::Capability),
            thread: sorted.newest(Meaning::Thread),
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
        for (which, value) in [(1, &self.error_type), (2, &self.capability), (3, &self.thread)] {
            if says_something(value) {
                mix.pair(which, 1);
                mix.value(value);
            }
        }
        if self.sorted.any(&[Meaning::PeerService]) {
            for (service, which) in self.sorted.all(Meaning::PeerService).zip(0..) {
                mix.pair(which, 2);
                mix.value(&service);
            }
        }
        if self.kind.asks() && !matches!(self.peer, Peer::Service(_)) {
            self.peer.mix(mix);
        }
    }

    /// Hash of what is asked for, by which attempts at one thing are known.
    #[inline]
    pub fn operation(&self, name: u128, seeds: &Seeds) -> u32 {
        let mut mix = Mix::new(seeds, 3);
        mix.hash(name);
        for meaning in OPERATION {
            let value = self.sorted.newest(meaning);
            if says_something(&value) {
                mix.pair(meaning as u64, 0);
                mix.value(&value);
            }
        }
        if let Value::Text(url) = self.sorted.newest(Meaning::Url) {
            mix.bytes(Url::read(url).path);
        }
        mix.finish() as u32
    }
}

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
fn receives(operation: &Value<'_>) -> bool {
    matches!(operation, Value::Text(text) if text.eq_ignore_ascii_case(b"receive") || text.eq_ignore_ascii_case(b"poll"))
}
