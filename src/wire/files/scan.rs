//! Finds where a JSON document ends, without reading it: brackets outside of strings, counted.
//!
//! A document may be a line or many lines. What must not happen is that a line that was cut off swallows the good lines behind it. So the
//! scan also gives up where JSON cannot go on: at a line's end within a string, and at a bracket that opens where no value can stand, which a line
//! cut off between two values runs into at most two lines later.

/// The state of a scan; it goes on where it stopped when more bytes are there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scan {
    /// Bytes looked at.
    at: usize,
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The last character outside of strings that is no space; 0 before the first.
    last: u8,
    /// Whether a line ended before here.
    many_lines: bool,
}

/// What a scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The document ends behind this many bytes.
    End { length: usize, many_lines: bool },
    /// It cannot go on as it does.
    Broken,
    /// It does not end in these bytes.
    Open,
}

impl Scan {
    /// Scans on; `bytes` is the document from its beginning.
    pub(super) fn on(&mut self, bytes: &[u8]) -> Found {
        while let Some(&byte) = bytes.get(self.at) {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                } else if byte == b'\n' {
                    return Found::Broken;
                }
                self.at += 1;
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' if matches!(self.last, 0 | b'[' | b',' | b':') => self.depth += 1,
                b'{' | b'[' => return Found::Broken,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b'\n' => self.many_lines = true,
                _ => {}
            }
            self.at += 1;
            if !byte.is_ascii_whitespace() {
                self.last = byte;
                if self.depth == 0 && !self.in_string {
                    return Found::End { length: self.at, many_lines: self.many_lines };
                }
            }
        }
        Found::Open
    }
}
