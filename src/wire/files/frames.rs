//! OTLP in binary: requests with a length before each (protobuf or JSON, maybe packed), or one protobuf request and nothing else.

use super::buffer::Buffer;
use super::{Desk, Step, body};
use crate::wire::SpanSink;
use crate::wire::otlp;

/// Requests with a length of four bytes before each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frames {
    /// As the collector's file exporter writes it.
    BigEndian,
    /// As load files are written.
    LittleEndian,
}

/// Bytes of a length.
pub(super) const HEAD: usize = 4;

impl Frames {
    pub(super) fn length(self, head: [u8; HEAD]) -> usize {
        let length = match self {
            Self::BigEndian => u32::from_be_bytes(head),
            Self::LittleEndian => u32::from_le_bytes(head),
        };
        length as usize
    }

    pub(super) fn step(self, buffer: &mut Buffer, desk: &mut Desk<'_>, sink: &mut impl SpanSink) -> Option<Step> {
        let at = buffer.at();
        let Some(head) = buffer.fill(HEAD).first_chunk::<HEAD>() else { return cut_off(buffer, desk, HEAD) };
        let length = self.length(*head);
        if length > desk.limits.message {
            return too_long(length, buffer, desk);
        }
        let Some(message) = buffer.fill(HEAD + length).get(HEAD..HEAD + length) else {
            return cut_off(buffer, desk, HEAD + length);
        };
        let outcome = body::read(message, desk.limits.attributes, desk, sink);
        buffer.consume(HEAD + length);
        Some(match outcome {
            Ok(()) => Step::Taken,
            Err(wrong) => {
                desk.warn(&format!(", byte {at}"), &format!("{wrong}; skipped"));
                Step::Refused
            }
        })
    }
}

/// The stream ends here. If it ends within a frame, says so, unless it is the decompressor that says why.
fn cut_off(buffer: &mut Buffer, desk: &mut Desk<'_>, wanted: usize) -> Option<Step> {
    let (at, left) = (buffer.at(), buffer.window().len());
    if left == 0 {
        return None;
    }
    if buffer.failure().is_none() {
        let what = format!("cut off in the frame that begins here: {wanted} bytes wanted, {left} there");
        desk.warn_rest(&format!(", byte {at}"), &what);
    }
    buffer.consume(left);
    Some(Step::Refused)
}

/// Reads over a frame that is larger than is allowed, without holding it.
fn too_long(length: usize, buffer: &mut Buffer, desk: &mut Desk<'_>) -> Option<Step> {
    let limit = desk.limits.message;
    let place = format!(", byte {}", buffer.at());
    desk.warn(&place, &format!("a frame of {length} bytes, more than the {limit} that are allowed for a message; skipped"));
    let mut left = HEAD + length;
    while left > 0 {
        let there = buffer.fill(left.min(1 << 20)).len().min(left);
        if there == 0 {
            break;
        }
        buffer.consume(there);
        left -= there;
    }
    Some(Step::Refused)
}

/// The whole stream is one request.
pub(super) fn bare(buffer: &mut Buffer, desk: &mut Desk<'_>, sink: &mut impl SpanSink) -> Option<Step> {
    let message = buffer.fill(desk.limits.message);
    if message.is_empty() {
        return None;
    }
    let length = message.len();
    let walked = otlp::walk(message, desk.limits.attributes, desk.scratch, sink);
    buffer.consume(length);
    Some(match walked {
        Ok(()) => Step::Taken,
        Err(malformed) => {
            desk.warn_of_file(&format!("no OTLP request ({malformed}); skipped"));
            Step::Refused
        }
    })
}
