//! One segment, record by record, around whatever is damaged in it.

use super::disk::SegmentFile;
use super::layout::{RECORD_HEADER, RecordHeader, SEGMENT_HEADER};
use memchr::memmem;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 18;

/// What comes next in a segment.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// A record, whole.
    Record { header: RecordHeader, at: u64, message: &'a [u8] },
    /// Messages that cannot be read.
    Lost { offsets: Range<u64>, at: u64, what: Lost },
    /// There are no more records. `torn` if something stands behind the last that was meant to be one.
    End { at: u64, torn: bool },
}

/// What is wrong where messages are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The header is not what was written.
    Header,
    /// The header is sound, the message is not.
    Message,
}

/// Reads a segment from its first record on.
#[derive(Debug)]
pub(super) struct Reader {
    window: Window,
    mark: u32,
    /// The next record has this offset.
    expected: u64,
    /// Records from this offset on are not in this segment.
    limit: u64,
    /// Records before this offset are passed over unread.
    from: u64,
    at: u64,
}

impl Reader {
    /// Of records `offsets` in the file; those before `from` are passed over.
    pub(super) fn new(file: Arc<dyn SegmentFile>, mark: u32, offsets: Range<u64>, from: u64) -> io::Result<Self> {
        let window = Window { length: file.length()?, file, buffer: Vec::new(), start: 0, filled: 0 };
        Ok(Self { window, mark, expected: offsets.start, limit: offsets.end, from, at: SEGMENT_HEADER })
    }

    /// The byte up to which the segment is read.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn next(&mut self) -> io::Result<Piece<'_>> {
        loop {
            if self.expected >= self.limit {
                return Ok(Piece::End { at: self.at, torn: false });
            }
            let Some(header) = self.header_at(self.at)? else { return self.behind_damage() };
            if header.offset > self.expected {
                let offsets = self.expected..header.offset;
                self.expected = header.offset;
                return Ok(Piece::Lost { offsets, at: self.at, what: Lost::Header });
            }
            let at = self.at;
            self.at += header.bytes();
            self.expected += 1;
            if header.offset >= self.from {
                return self.record(header, at);
            }
        }
    }

    fn record(&mut self, header: RecordHeader, at: u64) -> io::Result<Piece<'_>> {
        let whole = self.window.bytes(at, header.bytes() as usize)?;
        let message = whole.get(RECORD_HEADER..).unwrap_or_default();
        if whole.len() as u64 == header.bytes() && crc32fast::hash(message) == header.sum {
            return Ok(Piece::Record { header, at, message });
        }
        Ok(Piece::Lost { offsets: header.offset..header.offset + 1, at, what: Lost::Message })
    }

    /// Goes on at the next header that fits, if there is one.
    fn behind_damage(&mut self) -> io::Result<Piece<'_>> {
        let (damaged_at, first) = (self.at, self.expected);
        if let Some((at, offset)) = self.find(damaged_at + 1)? {
            (self.at, self.expected) = (at, offset);
            return Ok(Piece::Lost { offsets: first..offset, at: damaged_at, what: Lost::Header });
        }
        let bytes = self.window.bytes(damaged_at, RECORD_HEADER)?;
        Ok(Piece::End { at: damaged_at, torn: RecordHeader::resembles(bytes, self.mark, first) })
    }

    /// The header of a record of this segment that has not been read yet.
    fn header_at(&mut self, at: u64) -> io::Result<Option<RecordHeader>> {
        let bytes = self.window.bytes(at, RECORD_HEADER)?;
        let header = RecordHeader::decode(bytes, self.mark);
        Ok(header.filter(|header| (self.expected..self.limit).contains(&header.offset)))
    }

    fn find(&mut self, from: u64) -> io::Result<Option<(u64, u64)>> {
        let mark = self.mark.to_le_bytes();
        let mut at = from;
        loop {
            let chunk = self.window.bytes(at, CHUNK)?;
            if chunk.len() < mark.len() {
                return Ok(None);
            }
            let Some(found) = memmem::find(chunk, &mark) else {
                at += (chunk.len() - mark.len() + 1) as u64;
                continue;
            };
            at += found as u64;
            match self.header_at(at)? {
                Some(header) if header.offset > self.expected => return Ok(Some((at, header.offset))),
                _ => at += 1,
            }
        }
    }
}

/// The part of a file that is in memory: a chunk, or one record if that is longer.
#[derive(Debug)]
struct Window {
    file: Arc<dyn SegmentFile>,
    /// Of the file, in bytes.
    length: u64,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    start: u64,
    filled: usize,
}

impl Window {
    /// So many bytes from here on; fewer at the end of the file.
    fn bytes(&mut self, at: u64, most: usize) -> io::Result<&[u8]> {
        let most = most.min(usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX));
        let inside = at.checked_sub(self.start).and_then(|from| usize::try_from(from).ok()).filter(|from| *from <= self.filled);
        if inside.is_none_or(|from| from + most > self.filled) {
            self.move_to(at, inside, most)?;
        }
        let from = (at - self.start) as usize;
        Ok(&self.buffer[from..self.filled.min(from + most)])
    }

    fn move_to(&mut self, at: u64, inside: Option<usize>, most: usize) -> io::Result<()> {
        let kept = inside.unwrap_or(self.filled)..self.filled;
        let (start, filled) = (at, kept.len());
        self.buffer.copy_within(kept, 0);
        (self.start, self.filled) = (start, filled);
        let room = most.max(CHUNK).min(usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX));
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        while self.filled < most {
            match self.file.read_at(&mut self.buffer[self.filled..room], self.start + self.filled as u64)? {
                0 => break,
                read => self.filled += read,
            }
        }
        Ok(())
    }
}
