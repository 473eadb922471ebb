//! Windows of four lengths, and which of them hold which time.
//!
//! Slices of ten seconds become minutes, minutes hours, and hours days. A level holds exactly the sum of everything before its mark
//! `rolled` (slices: of everything), from its mark `dropped` on; days are held back to their retention. What comes late is added to
//! every level that holds its time, so that a level never differs from the sum of a finer one. `dropped` of a level is never
//! later than `rolled` of the next coarser one, and lies between two windows of that, so that each moment is held by one level at
//! least, and everything finer than a window either is all there or not at all.
//!
//! When a stretch of time is over and summed up, its windows are packed: one block of bytes for each capability (see `block`).

use super::error::Stop;
use super::tables::Bytes;
use crate::measure::SLICE_NS;
use redb::{ReadableTable, Table, TableDefinition};
use std::ops::Range;

/// One length of windows.
pub(super) struct Level {
    pub length_ns: u64,
    /// Start (8 bytes, big-endian), capability id -> figures of the capability and failures by hop. Time first, so that a commit
    /// writes to one place of the tree. In two tables, so that a question about capabilities does not read past hops.
    pub heads: TableDefinition<'static, Bytes, Bytes>,
    /// The same key -> all else of the hops.
    pub rests: TableDefinition<'static, Bytes, Bytes>,
    /// Start of a stretch of time (8 bytes, big-endian), capability id -> its windows, packed; of a long block the first piece. What
    /// comes later lies beside them.
    pub blocks: TableDefinition<'static, Bytes, Bytes>,
    /// The same key, number of a piece (2 bytes, big-endian) -> the other pieces (see `pieces`). Since format 3.
    pub pieces: TableDefinition<'static, Bytes, Bytes>,
    /// Length of the stretch; a multiple of the length of the next coarser windows.
    pub block_ns: u64,
}

const MINUTE_NS: u64 = 60_000_000_000;

const HOUR_NS: u64 = 60 * MINUTE_NS;
const DAY_NS: u64 = 24 * HOUR_NS;

/// From the finest to the coarsest.
pub(super) const LEVELS: [Level; 4] = [
    Level {
        length_ns: SLICE_NS,
        heads: TableDefinition::new("heads_10s"),
        rests: TableDefinition::new("rests_10s"),
        blocks: TableDefinition::new("blocks_10s"),
        pieces: TableDefinition::new("pieces_10s"),
        block_ns: HOUR_NS,
    },
    Level {
        length_ns: MINUTE_NS,
        heads: TableDefinition::new("heads_1m"),
        rests: TableDefinition::new("rests_1m"),
        blocks: TableDefinition::new("blocks_1m"),
        pieces: TableDefinition::new("pieces_1m"),
        block_ns: HOUR_NS,
    },
    Level {
        length_ns: HOUR_NS,
        heads: TableDefinition::new("heads_1h"),
        rests: TableDefinition::new("rests_1h"),
        blocks: TableDefinition::new("blocks_1h"),
        pieces: TableDefinition::new("pieces_1h"),
        block_ns: DAY_NS,
    },
    Level {
        length_ns: DAY_NS,
        heads: TableDefinition::new("heads_1d"),
        rests: TableDefinition::new("rests_1d"),
        blocks: TableDefinition::new("blocks_1d"),
        pieces: TableDefinition::new("pieces_1d"),
        block_ns: 32 * DAY_NS,
    },
];

/// The coarsest.
pub(super) const DAYS: usize = 3;

/// Number of a level -> rolled, dropped, packed.
pub(super) const MARKS: TableDefinition<'_, u8, (u64, u64, u64)> = TableDefinition::new("marks");

/// How far the work on each level has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// Everything before is summed up in this level; without end for slices.
    pub rolled: [u64; 4],
    /// Everything before is gone from this level.
    pub dropped: [u64; 4],
    /// Everything before is packed, but for what came later. Never later than `rolled` of the next coarser level.
    pub packed: [u64; 4],
}

impl Default for Marks {
    fn default() -> Self {
        Self { rolled: [u64::MAX, 0, 0, 0], dropped: [0; 4], packed: [0; 4] }
    }
}

/// The start of the stretch of this length in which a moment lies.
pub(super) fn floor(moment_ns: u64, length_ns: u64) -> u64 {
    moment_ns - moment_ns % length_ns
}

fn ceil(moment_ns: u64, length_ns: u64) -> u64 {
    match moment_ns % length_ns {
        0 => moment_ns,
        over => moment_ns.saturating_add(length_ns - over),
    }
}

impl Marks {
    pub fn read(table: &impl ReadableTable<u8, (u64, u64, u64)>) -> Result<Self, Stop> {
        let mut marks = Self::default();
        for (level, number) in (0u8..4).enumerate() {
            if let Some(found) = table.get(number)? {
                (marks.rolled[level], marks.dropped[level], marks.packed[level]) = found.value();
            }
        }
        Ok(marks)
    }

    pub fn write(&self, table: &mut Table<'_, u8, (u64, u64, u64)>) -> Result<(), Stop> {
        for (level, number) in (0u8..4).enumerate() {
            table.insert(number, (self.rolled[level], self.dropped[level], self.packed[level]))?;
        }
        Ok(())
    }

    /// Whether what is counted at this moment is to be added to this level at once. What is older than all retention goes to the days.
    pub fn takes(&self, level: usize, moment_ns: u64) -> bool {
        moment_ns < self.rolled[level] && moment_ns >= self.dropped[level]
    }

    /// Moments that no finer level holds, or that none holds yet.
    pub fn own(&self, level: usize) -> Range<u64> {
        let end = if level == 0 { u64::MAX } else { self.dropped[level - 1] };
        self.dropped[level]..end
    }

    /// The longest windows that a question about this range cannot do without.
    pub fn longest_ns(&self, range: &Range<u64>) -> u64 {
        let level = (0..=DAYS).find(|level| range.start >= self.dropped[*level]).unwrap_or(DAYS);
        LEVELS[level].length_ns
    }

    /// From which level to read which windows, so that each moment of the range is read once: the finest that holds it, or a coarser
    /// one, where a whole window of it that is no longer than this lies in the range.
    pub fn plan(&self, range: &Range<u64>, at_most_ns: u64) -> Vec<(usize, Range<u64>)> {
        let mut plan = Vec::new();
        let mut open: Vec<Range<u64>> = Vec::from([range.clone()]);
        for level in (1..=DAYS).rev() {
            let mut left = Vec::new();
            for piece in open {
                let taken = self.taken(level, &piece, at_most_ns);
                left.extend([piece.start..taken.start, taken.end..piece.end].into_iter().filter(|part| part.start < part.end));
                plan.push((level, taken));
            }
            open = left;
        }
        plan.extend(open.into_iter().map(|piece| (0, piece)));
        plan.retain(|(_, piece)| piece.start < piece.end);
        plan.sort_unstable_by_key(|(_, piece)| piece.start);
        plan
    }

    /// What this level gives of a stretch of time of which coarser levels give nothing.
    fn taken(&self, level: usize, piece: &Range<u64>, at_most_ns: u64) -> Range<u64> {
        let length_ns = LEVELS[level].length_ns;
        // Where finer ones are gone, there is no choice.
        let held_finer_ns = self.dropped[level - 1].clamp(piece.start, piece.end);
        let must = held_finer_ns > piece.start;
        let whole = ceil(held_finer_ns, length_ns)..floor(piece.end.min(self.rolled[level]), length_ns);
        let may = length_ns <= at_most_ns && whole.start < whole.end;
        match (must, may) {
            (false, false) => piece.start..piece.start,
            (false, true) => whole,
            (true, false) => piece.start..held_finer_ns,
            (true, true) => piece.start..whole.end,
        }
    }
}
