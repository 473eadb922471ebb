//! Reading the journal again: everything that can be read, and an account of what cannot.

use super::damage::{Damage, DamageKind, Damages};
use super::layout::{self, Beginning, RecordHeader, SEGMENT_HEADER};
use super::reader::{Lost, Piece, Reader};
use super::state::{Inner, Segment};
use super::{Format, Position};
use std::io;
use std::ops::{ControlFlow, Range};

/// A message that is read again.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Where it stands and when it came, as was said when it was appended.
    pub position: Position,
    /// How it is written.
    pub format: Format,
    /// The message.
    pub message: &'a [u8],
    /// Bytes of the journal that are behind the reader.
    pub bytes_done: u64,
    /// Bytes that there are to read.
    pub bytes_of: u64,
}

/// What a replay came to.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Messages read.
    pub records: u64,
    /// Bytes of these messages.
    pub bytes: u64,
    /// What could not be read.
    pub damages: Damages,
    /// The visitor wanted no more.
    pub stopped: bool,
}

/// A replay under way.
struct Replay<'a> {
    inner: &'a Inner,
    from: u64,
    bytes_before: u64,
    bytes_of: u64,
    replayed: Replayed,
}

impl Inner {
    pub(super) fn replay(&self, from: u64, visitor: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>) -> Replayed {
        let (segments, next) = self.segments(from);
        let bytes_of = segments.iter().map(|segment| segment.bytes).sum();
        let mut replay = Replay { inner: self, from, bytes_before: 0, bytes_of, replayed: Replayed::default() };
        let mut expected = from;
        for (place, segment) in segments.iter().enumerate() {
            replay.lost(expected..segment.first, segment, 0, DamageKind::Missing);
            expected = segments.get(place + 1).map_or(next, |after| after.first);
            if replay.segment(segment, expected, visitor).is_break() {
                replay.replayed.stopped = true;
                return replay.replayed;
            }
            replay.bytes_before += segment.bytes;
        }
        if segments.is_empty() {
            let nowhere = Segment { first: next, name: layout::segment_name(from), bytes: 0 };
            replay.lost(from..next, &nowhere, 0, DamageKind::Missing);
        }
        replay.replayed
    }

    /// Those that hold anything from this offset on, and the offset behind the last.
    fn segments(&self, from: u64) -> (Vec<Segment>, u64) {
        let state = self.lock();
        let mut segments: Vec<Segment> = state.sealed.iter().cloned().collect();
        segments.extend(state.active.as_ref().map(|active| Segment { bytes: active.at, ..active.segment.clone() }));
        let begins_before = segments.partition_point(|segment| segment.first <= from);
        segments.drain(..begins_before.saturating_sub(1));
        (segments, state.next)
    }
}

impl Replay<'_> {
    fn lost(&mut self, offsets: Range<u64>, segment: &Segment, at: u64, kind: DamageKind) {
        let offsets = offsets.start.max(self.from)..offsets.end;
        if !offsets.is_empty() {
            let segment = self.inner.disk.folder().join(&segment.name);
            self.replayed.damages.add(Damage { segment, at, offsets, kind });
        }
    }

    fn segment(
        &mut self,
        segment: &Segment,
        end: u64,
        visitor: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if end <= self.from {
            return ControlFlow::Continue(());
        }
        let reader = match self.open(segment, end) {
            Ok(Some(reader)) => reader,
            Ok(None) => {
                self.lost(segment.first..end, segment, 0, DamageKind::Beginning);
                return ControlFlow::Continue(());
            }
            Err(error) => {
                self.lost(segment.first..end, segment, 0, DamageKind::Unreadable(error.to_string()));
                return ControlFlow::Continue(());
            }
        };
        self.records(reader, segment, end, visitor)
    }

    fn records(
        &mut self,
        mut reader: Reader,
        segment: &Segment,
        end: u64,
        visitor: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        // Everything before this one was visited, told as lost, or is of no interest.
        let mut expected = segment.first;
        loop {
            let before = reader.at();
            let (at, kind) = match reader.next() {
                Ok(Piece::Record { header, at, message }) => {
                    expected = header.offset + 1;
                    self.visit(&header, at, message, visitor)?;
                    continue;
                }
                Ok(Piece::Lost { offsets, at, what }) => {
                    expected = offsets.end;
                    let kind = match what {
                        Lost::Header => DamageKind::Header,
                        Lost::Message => DamageKind::Message,
                    };
                    self.lost(offsets, segment, at, kind);
                    continue;
                }
                Ok(Piece::End { at, .. }) => (at, DamageKind::End),
                Err(error) => (before, DamageKind::Unreadable(error.to_string())),
            };
            self.lost(expected..end, segment, at, kind);
            return ControlFlow::Continue(());
        }
    }

    fn visit(
        &mut self,
        header: &RecordHeader,
        at: u64,
        message: &[u8],
        visitor: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let RecordHeader { offset, time_ns, received_ns, format, .. } = *header;
        let position = Position { partition: 0, offset, time_ns, received_ns };
        let bytes_done = self.bytes_before + at + header.bytes();
        self.replayed.records += 1;
        self.replayed.bytes += message.len() as u64;
        self.inner.lock().index.note(time_ns, offset);
        visitor(Record { position, format, message, bytes_done, bytes_of: self.bytes_of })
    }

    fn open(&self, segment: &Segment, end: u64) -> io::Result<Option<Reader>> {
        let file = self.inner.disk.open(&segment.name)?;
        let mut bytes = [0; SEGMENT_HEADER as usize];
        let filled = read_full(&*file, &mut bytes)?;
        match layout::beginning(&bytes[..filled], segment.first) {
            Beginning::Ours(mark) => Ok(Some(Reader::new(file, mark, segment.first..end, self.from)?)),
            _ => Ok(None),
        }
    }
}

/// Reads the beginning of a file, or all of it if it is shorter.
pub(super) fn read_full(file: &dyn super::SegmentFile, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match file.read_at(&mut into[filled..], filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
