//! Finds out by content what a file holds.

use super::buffer::Buffer;
use super::frames::{Frames, HEAD};
use super::text::Text;
use super::{Desk, SpanSink, body};
use crate::model::{Attribute, RawSpan};
use crate::wire::otlp;

/// What a file holds.
#[derive(Debug)]
pub(super) enum Content {
    Frames(Frames),
    Text(Text),
    /// One protobuf request without a frame.
    Bare,
    /// Nothing that can be read; a warning has said so.
    Nothing,
}

/// How much of a file is looked at to tell text from bytes.
const LOOK: usize = 64 << 10;

/// The most certain signs first: frames whose first request can be read, JSON by its first character, a request that fills the file; then frames
/// whose first request is broken or cut off, and text that is not JSON, so that what is wrong is said where it is.
pub(super) fn detect(buffer: &mut Buffer, desk: &mut Desk<'_>) -> Content {
    skip_mark(buffer);
    let start = buffer.fill(LOOK);
    let Some(first) = start.iter().find(|byte| !byte.is_ascii_whitespace()).copied() else { return empty(buffer, desk) };
    let looks_like_text = !start.iter().any(|byte| *byte < 0x20 && !byte.is_ascii_whitespace());
    let frames = [Frames::BigEndian, Frames::LittleEndian].map(|frames| (frames, believe(frames, buffer, desk)));
    let which = |belief| frames.iter().find(|(_, believed)| *believed == belief).map(|(frames, _)| Content::Frames(*frames));
    if let Some(content) = which(Belief::Certain) {
        return content;
    }
    if matches!(first, b'{' | b'[') {
        return Content::Text(Text::default());
    }
    if is_bare(buffer, desk) {
        return Content::Bare;
    }
    if let Some(content) = which(Belief::Likely) {
        return content;
    }
    if looks_like_text {
        return Content::Text(Text::default());
    }
    desk.warn_of_file("neither OTLP (JSON or protobuf) nor Jaeger JSON, plain or packed with gzip or zstd; the file is skipped");
    Content::Nothing
}

/// Passes over the mark that some editors put before UTF-8.
fn skip_mark(buffer: &mut Buffer) {
    if buffer.fill(3).starts_with(&[0xef, 0xbb, 0xbf]) {
        buffer.consume(3);
    }
}

fn empty(buffer: &Buffer, desk: &mut Desk<'_>) -> Content {
    if buffer.failure().is_some() {
        return Content::Nothing;
    }
    if buffer.is_last() {
        desk.warn_of_file("empty; there is nothing to read");
        return Content::Nothing;
    }
    Content::Text(Text::default())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belief {
    /// The first frame is a request.
    Certain,
    /// The first frame begins like a request and is broken or cut off.
    Likely,
    No,
}

/// Whether the file begins with a frame of this kind; empty ones at its beginning say nothing.
fn believe(frames: Frames, buffer: &mut Buffer, desk: &mut Desk<'_>) -> Belief {
    let mut begin = 0;
    while buffer.window().get(begin..begin + HEAD) == Some(&[0; HEAD]) {
        begin += HEAD;
    }
    let Some(head) = buffer.window().get(begin..).and_then(|rest| rest.first_chunk()).copied() else {
        return if begin > 0 { Belief::Likely } else { Belief::No };
    };
    let length = frames.length(head);
    if length > desk.limits.message {
        // Only the exporter packs what is in frames, and it writes big-endian lengths: the magic number is sign enough.
        let packed = buffer.window().get(begin + HEAD..).is_some_and(body::is_packed);
        return if packed && frames == Frames::BigEndian { Belief::Likely } else { Belief::No };
    }
    let frame = &buffer.fill(begin + HEAD + length)[begin + HEAD..];
    match frame.get(..length) {
        Some(message) if body::read(message, 0, desk, &mut Nobody).is_ok() => Belief::Certain,
        _ if body::begins(frame) => Belief::Likely,
        _ => Belief::No,
    }
}

fn is_bare(buffer: &mut Buffer, desk: &mut Desk<'_>) -> bool {
    if buffer.window().first() != Some(&body::REQUEST) {
        return false;
    }
    let limit = desk.limits.message;
    let message = buffer.fill(limit.saturating_add(1));
    message.len() <= limit && otlp::walk(message, 0, desk.scratch, &mut Nobody).is_ok()
}

/// Wants no spans.
struct Nobody;

impl SpanSink for Nobody {
    fn resource(&mut self, _: &[Attribute<'_>]) {}
    fn span(&mut self, _: &RawSpan<'_>) {}
    fn reject(&mut self, _: &str) {}
}
