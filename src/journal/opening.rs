//! Opening a journal: which segments there are, where the last one ends, and at which offset and time to go on.
//!
//! Only the last segment is scanned. A run never goes on in a segment of an earlier one: behind its end may stand records that a power
//! cut has cut off from the rest, and they must not come back once others have taken their offsets.

use super::clock::LogClock;
use super::disk::{Disk, Folder, SegmentFile};
use super::index::Index;
use super::layout::{self, Beginning, Named, RECORD_HEADER, RecordHeader, SEGMENT_HEADER};
use super::reader::{Piece, Reader};
use super::replaying::read_full;
use super::state::{Inner, Segment, State};
use super::syncing::Synced;
use super::{Durability, OpenError};
use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use tokio::sync::watch;

/// How a journal is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// What an appended message survives.
    pub durability: Durability,
    /// Bytes of all its files together, at most.
    pub most_bytes: u64,
    /// Bytes of a segment; a message that does not fit gets a larger one. At most a quarter of `most_bytes` is used.
    pub segment_bytes: u64,
    /// From the last commit: the offset that comes next, if the journal does not know of a later one.
    pub at_least: u64,
    /// From the last commit: the log's time then, in nanoseconds since 1970; the journal may know of a later one. 0 if there is none.
    pub time_at_least_ns: u64,
    /// For how long the log's clock stands still at first, in nanoseconds. A new journal's clock does not.
    pub hold_ns: u64,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            durability: Durability::Os,
            most_bytes: 10 << 30,
            segment_bytes: 64 << 20,
            at_least: 0,
            time_at_least_ns: 0,
            hold_ns: 0,
        }
    }
}

/// What was there when a journal was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// First offset that may be read.
    pub first_offset: u64,
    /// Offset that the next message will have.
    pub next_offset: u64,
    /// Of all files.
    pub bytes: u64,
    /// A last record that is not whole, in words: its writing was cut off, so that it was never acknowledged, or it was damaged
    /// later. It will be overwritten.
    pub torn: Option<String>,
}

/// What a scan of the last segment has found.
#[derive(Debug, Default)]
struct Scanned {
    /// Behind the last record that is whole.
    next: u64,
    end: u64,
    torn_at: Option<u64>,
}

/// What is gathered while the folder is looked through.
struct Survey<'a> {
    disk: &'a dyn Disk,
    index: Index,
    /// Time of the newest record seen.
    time_ns: u64,
}

pub(super) fn open_folder(folder: &Path) -> Result<Folder, OpenError> {
    Folder::open(folder).map_err(|error| OpenError::of_folder(folder, &error))
}

pub(super) fn open(disk: Arc<dyn Disk>, opening: Opening) -> Result<(Inner, Found), OpenError> {
    let mut survey = Survey { disk: &*disk, index: Index::default(), time_ns: opening.time_at_least_ns };
    let (mut segments, mut needless) = survey.files()?;
    let marks = segments.iter().map(|segment| survey.begin(segment)).collect::<Result<Vec<_>, _>>()?;
    let (next, torn) = survey.end(&mut segments, &marks, &mut needless)?;
    // The first message of a segment was noted by its head, and may be the one that is not whole.
    survey.index.cut(next);
    survey.remove(&needless)?;
    if opening.durability == Durability::Fsync {
        survey.sync(&segments)?;
    }
    let next = next.max(opening.at_least);
    let held = segments.iter().map(|segment| segment.bytes).sum();
    let first_offset = segments.first().map_or(next, |segment| segment.first);
    let found = Found { first_offset, next_offset: next, bytes: held, torn };
    let clock = match survey.time_ns {
        0 => LogClock::default(),
        time_ns => LogClock::resumed(time_ns, opening.hold_ns),
    };
    let (index, sealed, last_ns) = (survey.index, VecDeque::from(segments), survey.time_ns);
    let state = State { sealed, next, time_ns: last_ns, released: first_offset, held, index, ..State::default() };
    let inner = Inner {
        disk,
        durability: opening.durability,
        most_bytes: opening.most_bytes,
        segment_bytes: opening.segment_bytes.min(opening.most_bytes / 4).max(SEGMENT_HEADER),
        clock,
        state: Mutex::new(state),
        written: Condvar::new(),
        syncing: Mutex::new(()),
        releasing: Mutex::new(()),
        synced: watch::Sender::new(Synced { next, broken: None }),
    };
    Ok((inner, found))
}

impl Survey<'_> {
    fn io(&self, error: &std::io::Error) -> OpenError {
        OpenError::of_folder(self.disk.folder(), error)
    }

    /// Segments in order, and the names of spares. Files that are not ours are left alone.
    fn files(&self) -> Result<(Vec<Segment>, Vec<String>), OpenError> {
        let (mut segments, mut spares) = (Vec::new(), Vec::new());
        for (name, bytes) in self.disk.list().map_err(|error| self.io(&error))? {
            match Named::of(&name) {
                Some(Named::Segment(first)) => segments.push(Segment { first, name, bytes }),
                Some(Named::Spare) => spares.push(name),
                None => {}
            }
        }
        segments.sort_by_key(|segment| segment.first);
        Ok((segments, spares))
    }

    /// Spares of an earlier run are not used: one may have been a segment that lost its name in a power cut, with records that would
    /// come back if it was given the name again, and its new beginning was lost in another one.
    fn remove(&self, needless: &[String]) -> Result<(), OpenError> {
        needless.iter().try_for_each(|name| {
            self.disk.remove(name).map_err(|error| OpenError::of_file(&self.disk.folder().join(name), &error))
        })
    }

    /// Looks at the beginning of a segment: its mark, if it was begun.
    fn begin(&mut self, segment: &Segment) -> Result<Option<u32>, OpenError> {
        let path = || self.disk.folder().join(&segment.name);
        let mut bytes = [0; SEGMENT_HEADER as usize + RECORD_HEADER];
        let file = self.disk.open(&segment.name).map_err(|error| OpenError::of_file(&path(), &error))?;
        let filled = read_full(&*file, &mut bytes).map_err(|error| OpenError::of_file(&path(), &error))?;
        let (header, record) = bytes[..filled].split_at(filled.min(SEGMENT_HEADER as usize));
        let mark = match layout::beginning(header, segment.first) {
            Beginning::Ours(mark) => mark,
            Beginning::Empty => return Ok(None),
            Beginning::Newer(found) => return Err(OpenError::Newer { segment: path(), found, known: layout::VERSION }),
            Beginning::Foreign => return Err(OpenError::Foreign(path())),
        };
        if let Some(record) = RecordHeader::decode(record, mark).filter(|record| record.offset == segment.first) {
            self.note(&record);
        }
        Ok(Some(mark))
    }

    fn note(&mut self, record: &RecordHeader) {
        self.index.note(record.time_ns, record.offset);
        self.time_ns = self.time_ns.max(record.time_ns);
    }

    /// Finds the end of the last segment that has records, and cuts it off there. Empty ones behind it are needless.
    fn end(
        &mut self,
        segments: &mut Vec<Segment>,
        marks: &[Option<u32>],
        needless: &mut Vec<String>,
    ) -> Result<(u64, Option<String>), OpenError> {
        let (mut next, mut torn, mut limit) = (0, None, u64::MAX);
        for mark in marks.iter().rev() {
            let Some(segment) = segments.last_mut() else { break };
            let path = self.disk.folder().join(&segment.name);
            let failed = |error: std::io::Error| OpenError::of_file(&path, &error);
            let file = self.disk.open(&segment.name).map_err(failed)?;
            let scanned = match *mark {
                Some(mark) => self.scan(file.clone(), mark, segment.first..limit).map_err(failed)?,
                None => Scanned { next: segment.first, ..Scanned::default() },
            };
            // An empty segment tells by its name which offset was next when it got it.
            next = next.max(scanned.next);
            torn = torn.or(scanned.torn_at.map(|at| {
                format!("'{}' ends at byte {at} with a message that is not whole: message {}", path.display(), scanned.next)
            }));
            if scanned.next > segment.first {
                if segment.bytes > scanned.end {
                    file.cut(scanned.end).map_err(failed)?;
                    segment.bytes = scanned.end;
                }
                break;
            }
            limit = segment.first;
            needless.push(segment.name.clone());
            segments.pop();
        }
        Ok((next, torn))
    }

    /// A killed process may have left what no sync has seen; once it is read again, commits to the store build on it.
    fn sync(&self, segments: &[Segment]) -> Result<(), OpenError> {
        for segment in segments {
            let synced = self.disk.open(&segment.name).and_then(|file| file.sync_data());
            synced.map_err(|error| OpenError::of_file(&self.disk.folder().join(&segment.name), &error))?;
        }
        self.disk.sync_folder().map_err(|error| self.io(&error))
    }

    fn scan(&mut self, file: Arc<dyn SegmentFile>, mark: u32, offsets: Range<u64>) -> std::io::Result<Scanned> {
        let mut scanned = Scanned { next: offsets.start, end: SEGMENT_HEADER, torn_at: None };
        let mut reader = Reader::new(file, mark, offsets, 0)?;
        loop {
            match reader.next()? {
                Piece::Record { header, at, .. } => {
                    scanned = Scanned { next: header.offset + 1, end: at + header.bytes(), torn_at: None };
                    self.note(&header);
                }
                // Only the very last can have been cut off while it was written: others before it are damaged, and counted.
                Piece::Lost { offsets, at, .. } => scanned = Scanned { next: offsets.start, end: at, torn_at: Some(at) },
                Piece::End { at, torn } => {
                    scanned.torn_at = scanned.torn_at.or(torn.then_some(at));
                    return Ok(scanned);
                }
            }
        }
    }
}
