//! What stands behind the length of a frame: a request, as protobuf or as JSON, plain or packed with zstd by itself.
//!
//! The collector's file exporter packs each message alone and writes it in a frame, protobuf and JSON alike; packed or not and which of the two
//! is therefore found out frame by frame. The signs cannot be mixed up: a request in protobuf begins with the key of its only field, JSON of the
//! exporter with a brace, zstd with its magic number.

use super::{Desk, Limits};
use crate::wire::SpanSink;
use crate::wire::json::{self, Unreadable};
use crate::wire::otlp::{self, Malformed};
use std::fmt;
use std::io::{self, Read};
use zstd::zstd_safe::DCtx;

/// The magic number of a zstd frame.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The key of the only field of a request.
pub(super) const REQUEST: u8 = 0x0a;

/// What a JSON document of the exporter begins with.
const DOCUMENT: u8 = b'{';

/// Whether this begins like a body.
pub(super) fn begins(bytes: &[u8]) -> bool {
    is_packed(bytes) || matches!(bytes.first(), Some(&(REQUEST | DOCUMENT)))
}

/// Whether this begins a zstd frame.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&ZSTD)
}

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Wrong {
    #[error("a frame that unpacks to more than the {0} bytes that are allowed for a message")]
    TooLong(usize),
    #[error("a frame whose zstd data is broken ({0})")]
    Broken(io::Error),
    #[error("a frame that is no OTLP request ({0})")]
    NotProtobuf(#[from] Malformed),
    #[error("a frame that is no OTLP request ({0})")]
    NotJson(#[from] Unreadable),
}

/// Hands the spans of a body to `sink`. It may have got spans before an error.
pub(super) fn read(body: &[u8], attributes: usize, desk: &mut Desk<'_>, sink: &mut impl SpanSink) -> Result<(), Wrong> {
    let request = if is_packed(body) { desk.unpacker.unpack(body, desk.limits)? } else { body };
    if request.first() == Some(&DOCUMENT) {
        json::decode(request, attributes, sink)?;
    } else {
        otlp::walk(request, attributes, desk.scratch, sink)?;
    }
    Ok(())
}

/// Unpacks bodies. What that takes is kept from one to the next.
#[derive(Default)]
pub(super) struct Unpacker {
    /// Made when the first packed body comes.
    context: Option<DCtx<'static>>,
    bytes: Vec<u8>,
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacker").finish_non_exhaustive()
    }
}

impl Unpacker {
    /// Unpacks no more than is allowed and one byte, whatever size the body claims.
    fn unpack(&mut self, body: &[u8], limits: Limits) -> Result<&[u8], Wrong> {
        if self.context.is_none() {
            self.context = DCtx::try_create();
        }
        let Some(context) = &mut self.context else { return Err(Wrong::Broken(io::ErrorKind::OutOfMemory.into())) };
        self.bytes.clear();
        let most = (limits.message as u64).saturating_add(1);
        let decoder = zstd::stream::read::Decoder::with_context(body, context);
        let read = decoder.take(most).read_to_end(&mut self.bytes);
        if self.bytes.len() > limits.message {
            return Err(Wrong::TooLong(limits.message));
        }
        match read {
            Ok(_) => Ok(&self.bytes),
            Err(error) => Err(Wrong::Broken(error)),
        }
    }
}
