//! JSON in files: OTLP or Jaeger, a document a line, or documents over many lines.

use super::buffer::Buffer;
use super::scan::{Found, Scan};
use super::{Desk, Step};
use crate::wire::lenient::NotJson;
use crate::wire::{SpanSink, jaeger, json};

/// Where in the text reading is.
#[derive(Debug)]
pub(super) struct Text {
    /// The line at the beginning of the window, counted from 1.
    line: u64,
    layout: Layout,
}

/// How documents lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Not known yet.
    Unknown,
    /// One a line. A broken one ends with its line.
    Lines,
    /// Over many lines. A broken one has no end.
    Spread,
}

impl Default for Text {
    fn default() -> Self {
        Self { line: 1, layout: Layout::Unknown }
    }
}

/// The next document.
enum Next {
    /// So many bytes.
    Document(usize),
    /// A line longer than is allowed.
    TooLong,
    /// A document over many lines that is broken or cut off, or is longer than is allowed: nobody can tell where the next one begins.
    NoEnd { too_long: bool },
}

impl Text {
    pub(super) fn step(&mut self, buffer: &mut Buffer, desk: &mut Desk<'_>, sink: &mut impl SpanSink) -> Option<Step> {
        self.skip_space(buffer);
        if buffer.window().is_empty() {
            return None;
        }
        let limit = limit(buffer.fill(4_096), desk);
        let next = match self.layout {
            Layout::Lines => line_end(buffer, limit),
            Layout::Unknown | Layout::Spread => self.document_end(buffer, limit),
        };
        let window = buffer.window();
        let (length, has_end) = match next {
            Next::Document(length) => (length, true),
            Next::TooLong => return Some(self.skip_line(limit, buffer, desk)),
            Next::NoEnd { too_long: true } => return Some(self.give_up(limit, buffer, desk)),
            Next::NoEnd { too_long: false } => (window.len(), false),
        };
        if length == window.len() && buffer.failure().is_some() {
            // The decompressor broke off within this document and says so itself.
            buffer.drop_rest();
            return Some(Step::Refused);
        }
        let document = &window[..length];
        let step = self.read(document, has_end, desk, sink);
        self.line += memchr::memchr_iter(b'\n', document).count() as u64;
        if has_end {
            buffer.consume(length);
        } else {
            buffer.drop_rest();
        }
        Some(step)
    }

    /// Moves to the next character that is no space.
    fn skip_space(&mut self, buffer: &mut Buffer) {
        loop {
            let window = buffer.fill(1);
            let space = window.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(window.len());
            self.line += memchr::memchr_iter(b'\n', &window[..space]).count() as u64;
            let all = space == window.len();
            buffer.consume(space);
            if !all || (buffer.is_last() && buffer.window().is_empty()) {
                return;
            }
        }
    }

    /// Where the document ends, while it is not certain that each ends with its line.
    fn document_end(&mut self, buffer: &mut Buffer, limit: usize) -> Next {
        let mut scan = Scan::default();
        loop {
            match scan.on(buffer.window()) {
                Found::End { length, many_lines: true } => {
                    self.layout = Layout::Spread;
                    return Next::Document(length);
                }
                Found::End { many_lines: false, .. } if self.layout == Layout::Unknown => {
                    self.layout = Layout::Lines;
                    return line_end(buffer, limit);
                }
                Found::End { length, .. } => return Next::Document(length),
                Found::Broken => return self.broken(buffer, limit),
                Found::Open if buffer.window().len() > limit => return self.too_long(buffer),
                Found::Open if !buffer.widen() => return self.broken(buffer, limit),
                Found::Open => {}
            }
        }
    }

    /// The document that begins here is longer than is allowed: as a line it has an end, over many lines nobody knows where.
    fn too_long(&mut self, buffer: &Buffer) -> Next {
        if memchr::memchr(b'\n', buffer.window()).is_some() {
            return Next::NoEnd { too_long: true };
        }
        self.layout = Layout::Lines;
        Next::TooLong
    }

    /// The document that begins here is broken. If a whole document stands on one of the next lines, documents are lines and only the first is lost.
    fn broken(&mut self, buffer: &mut Buffer, limit: usize) -> Next {
        let mut begin = 0;
        for _ in 0..3 {
            begin = next_line(buffer, begin, limit);
            if stands_alone(buffer, begin, limit) {
                self.layout = Layout::Lines;
                return line_end(buffer, limit);
            }
        }
        Next::NoEnd { too_long: false }
    }

    fn skip_line(&mut self, limit: usize, buffer: &mut Buffer, desk: &mut Desk<'_>) -> Step {
        desk.warn(&format!(":{}", self.line), &format!("{}; skipped", too_long("line", limit)));
        loop {
            let window = buffer.window();
            if let Some(end) = memchr::memchr(b'\n', window) {
                buffer.consume(end);
                return Step::Refused;
            }
            let length = window.len();
            buffer.consume(length);
            if !buffer.widen() {
                return Step::Refused;
            }
        }
    }

    fn give_up(&mut self, limit: usize, buffer: &mut Buffer, desk: &mut Desk<'_>) -> Step {
        desk.warn_rest(&format!(":{}", self.line), &too_long("document", limit));
        buffer.drop_rest();
        Step::Refused
    }

    /// Reads a document as what it is. If it cannot be read and has no end, all behind it is lost too.
    fn read(&self, document: &[u8], has_end: bool, desk: &mut Desk<'_>, sink: &mut impl SpanSink) -> Step {
        let most = desk.limits.attributes;
        let mut outcome = json::decode(document, most, sink).map_err(Wrong::from);
        if matches!(outcome, Err(Wrong::Unknown)) {
            outcome = jaeger::decode(document, most, sink).map_err(Wrong::from);
        }
        let Err(wrong) = outcome else { return Step::Taken };
        let (line, what) = match wrong {
            Wrong::NotJson(what) => (what.line as u64, format!("not JSON ({}, column {})", what.why, what.column)),
            Wrong::NotOtlp(what) => (1, format!("not OTLP: {what}")),
            Wrong::Unknown => (1, "JSON, but neither OTLP traces (`resourceSpans`) nor Jaeger (`data`, `spans`)".to_owned()),
        };
        let place = format!(":{}", self.line + line.saturating_sub(1));
        if has_end {
            desk.warn(&place, &format!("{what}; skipped"));
        } else {
            desk.warn_rest(&place, &what);
        }
        Step::Refused
    }
}

/// Why a document cannot be taken, whatever it was read as.
enum Wrong {
    NotJson(NotJson),
    NotOtlp(String),
    Unknown,
}

impl From<json::Unreadable> for Wrong {
    fn from(why: json::Unreadable) -> Self {
        match why {
            json::Unreadable::NotJson(what) => Self::NotJson(what),
            json::Unreadable::NotOtlp(what) => Self::NotOtlp(what),
            json::Unreadable::NoSpans | json::Unreadable::NoObject(_) => Self::Unknown,
        }
    }
}

impl From<jaeger::Unreadable> for Wrong {
    fn from(why: jaeger::Unreadable) -> Self {
        match why {
            jaeger::Unreadable::NotJson(what) => Self::NotJson(what),
            jaeger::Unreadable::NoTraces => Self::Unknown,
        }
    }
}

fn too_long(what: &str, limit: usize) -> String {
    format!("a {what} of more than the {limit} bytes that are allowed")
}

/// How long the document that begins here may be: OTLP begins with its only field.
fn limit(begin: &[u8], desk: &Desk<'_>) -> usize {
    let name = begin.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    if name.is_some_and(|name| name.starts_with(b"\"resourceSpans\"")) { desk.limits.message } else { desk.limits.document }
}

/// Where the line ends.
fn line_end(buffer: &mut Buffer, limit: usize) -> Next {
    let mut looked = 0;
    loop {
        let window = buffer.window();
        match memchr::memchr(b'\n', &window[looked..]) {
            Some(end) if looked + end <= limit => return Next::Document(looked + end),
            None if window.len() <= limit => looked = window.len(),
            _ => return Next::TooLong,
        }
        if !buffer.widen() {
            return Next::Document(looked);
        }
    }
}

/// Where the line behind the one at `begin` begins, or where what is there ends.
fn next_line(buffer: &mut Buffer, begin: usize, limit: usize) -> usize {
    loop {
        let line = buffer.window().get(begin..).unwrap_or_default();
        match memchr::memchr(b'\n', line) {
            Some(end) => return begin + end + 1,
            None if line.len() > limit || !buffer.widen() => return buffer.window().len(),
            None => {}
        }
    }
}

/// Whether the line that begins at `begin` is a JSON document by itself.
fn stands_alone(buffer: &mut Buffer, begin: usize, limit: usize) -> bool {
    let end = next_line(buffer, begin, limit);
    let line = buffer.window().get(begin..end).unwrap_or_default();
    line.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}
