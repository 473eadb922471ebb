//! What stands where in the files of a journal.
//!
//! A segment begins with its own header, twice, so that one flipped bit does not take the whole file. The header holds a mark, drawn
//! anew whenever a file is begun or begun again; every record of the segment repeats it. So what an earlier life of a recycled file
//! has left behind the end is never taken for a record, and no sender can write bytes into a message that look like one.
//! All numbers are little-endian.

use super::Format;

/// The newest way of writing segments that is known here.
pub(super) const VERSION: u32 = 1;
/// Both copies of the header of a segment: where the first record stands.
pub(super) const SEGMENT_HEADER: u64 = 2 * COPY as u64;
/// The header of a record.
pub(super) const RECORD_HEADER: usize = 44;

const COPY: usize = 28;
const MAGIC: [u8; 8] = *b"stlthd\0j";

/// Name of the file whose first record has this offset.
pub(super) fn segment_name(first: u64) -> String {
    format!("{first:020}.log")
}

/// Name of a file that waits for being used again.
pub(super) fn spare_name(number: u64) -> String {
    format!("spare-{number}.log")
}

/// What a name says. Others are not ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    Segment(u64),
    Spare,
}

impl Named {
    pub(super) fn of(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".log")?;
        let spare = stem.strip_prefix("spare-");
        let digits = spare.unwrap_or(stem);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || spare.is_none() && digits.len() != 20 {
            return None;
        }
        let number = digits.parse().ok()?;
        Some(if spare.is_some() { Self::Spare } else { Self::Segment(number) })
    }
}

/// What the beginning of a file says about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// It holds records with this mark, from the offset on that its name says.
    Ours(u32),
    /// It was made or renamed, but not begun: there is nothing in it.
    Empty,
    /// Written in a newer format.
    Newer(u32),
    /// It is no segment at all.
    Foreign,
}

/// The header of a segment, both copies.
pub(super) fn segment_header(first: u64, mark: u32) -> [u8; 2 * COPY] {
    let mut both = [0; 2 * COPY];
    for copy in both.chunks_exact_mut(COPY) {
        put(copy, 0, &MAGIC);
        put(copy, 8, &VERSION.to_le_bytes());
        put(copy, 12, &first.to_le_bytes());
        put(copy, 20, &mark.to_le_bytes());
        let sum = crc32fast::hash(&copy[..24]);
        put(copy, 24, &sum.to_le_bytes());
    }
    both
}

/// Reads the beginning of the file that should hold records from this offset on.
pub(super) fn beginning(bytes: &[u8], first: u64) -> Beginning {
    let copies = || bytes.chunks_exact(COPY).take(2);
    let sound = copies().filter(|copy| copy.starts_with(&MAGIC) && crc32fast::hash(&copy[..24]) == u32_at(copy, 24));
    let mut begun = None;
    for copy in sound {
        let version = u32_at(copy, 8);
        if version > VERSION {
            return Beginning::Newer(version);
        }
        if u64_at(copy, 12) == first {
            begun = begun.or(Some(u32_at(copy, 20)));
        }
    }
    let cut_off = MAGIC.starts_with(bytes) || bytes.starts_with(&MAGIC);
    let never_written = bytes.iter().all(|byte| *byte == 0);
    match begun {
        Some(mark) => Beginning::Ours(mark),
        None if cut_off || never_written || copies().any(|copy| copy.starts_with(&MAGIC)) => Beginning::Empty,
        None => Beginning::Foreign,
    }
}

/// What stands before a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordHeader {
    pub(super) length: u32,
    pub(super) format: Format,
    pub(super) offset: u64,
    pub(super) time_ns: u64,
    pub(super) received_ns: u64,
    /// Checksum of the message.
    pub(super) sum: u32,
}

impl RecordHeader {
    pub(super) fn encode(&self, mark: u32) -> [u8; RECORD_HEADER] {
        let mut bytes = [0; RECORD_HEADER];
        let format: u32 = match self.format {
            Format::Protobuf => 1,
            Format::Json => 2,
        };
        put(&mut bytes, 0, &mark.to_le_bytes());
        put(&mut bytes, 4, &self.length.to_le_bytes());
        put(&mut bytes, 8, &format.to_le_bytes());
        put(&mut bytes, 12, &self.offset.to_le_bytes());
        put(&mut bytes, 20, &self.time_ns.to_le_bytes());
        put(&mut bytes, 28, &self.received_ns.to_le_bytes());
        put(&mut bytes, 36, &self.sum.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..40]);
        put(&mut bytes, 40, &sum.to_le_bytes());
        bytes
    }

    /// `None` if this is no header of a record with this mark, or a damaged one.
    pub(super) fn decode(bytes: &[u8], mark: u32) -> Option<Self> {
        let bytes = bytes.get(..RECORD_HEADER)?;
        if u32_at(bytes, 0) != mark || crc32fast::hash(&bytes[..40]) != u32_at(bytes, 40) {
            return None;
        }
        let format = match u32_at(bytes, 8) {
            1 => Format::Protobuf,
            2 => Format::Json,
            _ => return None,
        };
        let (length, sum) = (u32_at(bytes, 4), u32_at(bytes, 36));
        let (offset, time_ns, received_ns) = (u64_at(bytes, 12), u64_at(bytes, 20), u64_at(bytes, 28));
        Some(Self { length, format, offset, time_ns, received_ns, sum })
    }

    /// Whether bytes that are no header of a record once were the header of this one, or its beginning.
    pub(super) fn resembles(bytes: &[u8], mark: u32, offset: u64) -> bool {
        let same_mark = bytes.len() >= 4 && u32_at(bytes, 0) == mark;
        same_mark || bytes.len() >= 20 && matches!(u32_at(bytes, 8), 1 | 2) && u64_at(bytes, 12) == offset
    }

    /// Of header and message.
    pub(super) fn bytes(&self) -> u64 {
        RECORD_HEADER as u64 + u64::from(self.length)
    }
}

/// A mark that no earlier life of a file has had.
pub(super) fn new_mark() -> u32 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // Odd, so that a file of zeros is never searched in vain.
    RandomState::new().build_hasher().finish() as u32 | 1
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    bytes[at..at + what.len()].copy_from_slice(what);
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}
