//! The unpacked bytes that are being looked at.

use super::source::Stream;
use std::fmt;
use std::io::{self, Read};

/// A window on a stream that grows as far as is asked for.
pub(super) struct Buffer {
    stream: Stream,
    bytes: Vec<u8>,
    /// Bytes of `bytes` that have been used.
    used: usize,
    /// Bytes of the stream before `bytes`.
    before: u64,
    ended: bool,
    failure: Option<io::Error>,
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("at", &self.at()).field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// How much is read at least.
const PIECE: usize = 256 << 10;

impl Buffer {
    pub(super) fn over(stream: Stream) -> Self {
        Self { stream, bytes: Vec::new(), used: 0, before: 0, ended: false, failure: None }
    }

    /// What lies in the window.
    pub(super) fn window(&self) -> &[u8] {
        &self.bytes[self.used..]
    }

    /// Widens the window to `wanted` bytes, or to the end of the stream. A length that lies costs no more memory than there are bytes.
    pub(super) fn fill(&mut self, wanted: usize) -> &[u8] {
        if self.window().len() < wanted && self.used > 0 {
            self.bytes.drain(..self.used);
            self.before += self.used as u64;
            self.used = 0;
        }
        while self.bytes.len() - self.used < wanted && !self.ended {
            let piece = (wanted - self.window().len()).clamp(PIECE, PIECE * 4);
            self.take(piece);
        }
        self.window()
    }

    /// Takes another `piece` bytes, or what there is. Not by `read_to_end`, which writes zeros over all room that the buffer has, each
    /// time anew.
    fn take(&mut self, piece: usize) {
        let mut end = self.bytes.len();
        let wanted = end + piece;
        self.bytes.resize(wanted, 0);
        while end < wanted && !self.ended {
            match self.stream.read(&mut self.bytes[end..]) {
                Ok(0) => self.ended = true,
                Ok(read) => end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.failure = Some(error);
                }
            }
        }
        self.bytes.truncate(end);
    }

    /// Widens the window by another piece. Says whether there was more.
    pub(super) fn widen(&mut self) -> bool {
        let before = self.window().len();
        self.fill(before + 1).len() > before
    }

    /// Moves the window behind its first `count` bytes.
    pub(super) fn consume(&mut self, count: usize) {
        self.used = (self.used + count).min(self.bytes.len());
    }

    /// Reads the stream to its end and keeps nothing of it.
    pub(super) fn drop_rest(&mut self) {
        loop {
            self.consume(self.window().len());
            if !self.widen() {
                return;
            }
        }
    }

    /// Where the window begins, in bytes from the beginning of the unpacked stream.
    pub(super) fn at(&self) -> u64 {
        self.before + self.used as u64
    }

    /// All bytes that could be read so far.
    pub(super) fn read(&self) -> u64 {
        self.before + self.bytes.len() as u64
    }

    /// Whether the window reaches to the end of the stream.
    pub(super) fn is_last(&self) -> bool {
        self.ended
    }

    /// Why the stream ended before its end.
    pub(super) fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }
}
