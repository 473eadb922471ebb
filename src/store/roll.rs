//! Windows become longer ones with age, and end with their retention.
//!
//! Work goes from one transaction to the next, each small, and each leaving the store as right as the one before: whoever is killed in
//! between goes on from there. The order carries an invariant (see [`super::levels`]): everything is summed up before anything is
//! dropped, and finer windows are dropped before coarser ones.

use super::error::Stop;
use super::levels::{DAYS, LEVELS, MARKS, Marks, floor};
use super::shelf::Shelf;
use super::tables::{Bytes, LINE_COUNTS, LINES, OTHER_TIMES, SAMPLE_TIMES, key_of};
use super::{Store, StoreError};
use crate::measure::Window;
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use std::collections::BTreeMap;
use std::ops::Range;

/// Windows are summed up when they are so old, nanoseconds. What comes later than that costs a little more, and is not lost.
const SETTLED_NS: u64 = 15 * 60 * 1_000_000_000;

/// Windows are packed when their stretch of time is over by this, nanoseconds.
const PACKED_NS: u64 = 20 * 60 * 1_000_000_000;

/// A transaction ends after so many windows, at the end of a longer one.
const MOST_WINDOWS: usize = 2_000;

const DAY_NS: u64 = 86_400_000_000_000;

/// How long windows are kept, nanoseconds, by their length. A longer one is never kept for a shorter time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Slices of ten seconds.
    pub slices_ns: u64,
    /// Minutes; verdicts of sampled failures are kept as long.
    pub minutes_ns: u64,
    /// Hours.
    pub hours_ns: u64,
    /// Days.
    pub days_ns: u64,
}

impl Default for Retention {
    /// 2 days, 30 days, 400 days, 5 years (spec 5.4).
    fn default() -> Self {
        Self { slices_ns: 2 * DAY_NS, minutes_ns: 30 * DAY_NS, hours_ns: 400 * DAY_NS, days_ns: 1_827 * DAY_NS }
    }
}

impl Retention {
    fn of(&self, level: usize) -> u64 {
        let kept_ns = [self.slices_ns, self.minutes_ns, self.hours_ns, self.days_ns];
        kept_ns[..=level].iter().copied().max().unwrap_or(u64::MAX)
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rolled {
    /// Windows summed up in longer ones.
    pub summed: u64,
    /// Windows whose time was over; of packed ones, as many as there is room for.
    pub dropped: u64,
    /// Windows packed with others.
    pub packed: u64,
    /// Transactions it took.
    pub transactions: u64,
    /// Nothing is left to do for now.
    pub done: bool,
}

/// The outcome of one transaction.
enum Step {
    /// There was nothing to do, and nothing is changed.
    Idle,
    /// There may be more to do.
    Done { summed: usize, dropped: usize, packed: usize },
}

impl Store {
    /// Sums up what is old enough in longer windows, and drops what is over its retention. Age is that of events: it counts from
    /// `now_ns`, or, where that is earlier, from the end of the newest slice, so that neither silence nor a wrong clock ages
    /// anything.
    ///
    /// # Errors
    /// The disk cannot be written. What was done up to there is done.
    pub fn roll(&self, now_ns: u64, retention: &Retention) -> Result<Rolled, StoreError> {
        self.roll_some(now_ns, retention, u64::MAX)
    }

    /// The same, but in at most so many transactions, about as long each as a commit. [`Rolled::done`] says whether that was all.
    ///
    /// # Errors
    /// As above.
    pub fn roll_some(&self, now_ns: u64, retention: &Retention, most_transactions: u64) -> Result<Rolled, StoreError> {
        let newest_ns = self.extent()?.map_or(0, |extent| extent.end);
        let now_ns = now_ns.min(newest_ns);
        let mut rolled = Rolled::default();
        let mut stage = 0;
        while rolled.transactions < most_transactions {
            let Some(work) = Work::at(stage, now_ns, retention) else {
                rolled.done = true;
                break;
            };
            let Step::Done { summed, dropped, packed } = self.step(work)? else {
                stage += 1;
                continue;
            };
            rolled.summed += summed as u64;
            rolled.dropped += dropped as u64;
            rolled.packed += packed as u64;
            rolled.transactions += 1;
        }
        Ok(rolled)
    }

    fn step(&self, work: Work) -> Result<Step, StoreError> {
        let mut step = Step::Idle;
        self.writing_if(|transaction| {
            step = match work {
                Work::Sum { from, settled_ns } => self.sum_up(transaction, from, settled_ns)?,
                Work::Pack { level, settled_ns } => self.pack_settled(transaction, level, settled_ns)?,
                Work::Drop { level, before_ns } => drop_windows(transaction, level, before_ns)?,
                Work::DropLines { samples, before_ns } => drop_lines(transaction, samples, before_ns)?,
            };
            Ok(matches!(step, Step::Done { .. }))
        })?;
        Ok(step)
    }

    /// Sums up some windows of a level in the next one.
    fn sum_up(&self, transaction: &WriteTransaction, from: usize, settled_ns: u64) -> Result<Step, Stop> {
        let mut table = transaction.open_table(MARKS)?;
        let mut marks = Marks::read(&table)?;
        let (to, length_ns) = (from + 1, LEVELS[from + 1].length_ns);
        let end_ns = floor(settled_ns.min(marks.rolled[from]), length_ns);
        if end_ns <= marks.rolled[to] {
            return Ok(Step::Idle);
        }
        let (fine, mut coarse) = (Shelf::open(transaction, &LEVELS[from])?, Shelf::open(transaction, &LEVELS[to])?);
        let mut summed = 0;
        while summed < MOST_WINDOWS && marks.rolled[to] < end_ns {
            let Some((first, _)) = fine.first_in(marks.rolled[to]..end_ns)? else {
                marks.rolled[to] = end_ns;
                break;
            };
            let start = floor(first, length_ns);
            summed += self.sum_up_one(&fine, &mut coarse, start, to)?;
            marks.rolled[to] = start.saturating_add(length_ns);
        }
        marks.write(&mut table)?;
        Ok(Step::Done { summed, dropped: 0, packed: 0 })
    }

    /// Packs some windows of the stretches of time that are over.
    fn pack_settled(&self, transaction: &WriteTransaction, level: usize, settled_ns: u64) -> Result<Step, Stop> {
        let mut table = transaction.open_table(MARKS)?;
        let mut marks = Marks::read(&table)?;
        // What is not summed up yet is needed loose.
        let summed_ns = marks.rolled[(level + 1).min(DAYS)];
        let end_ns = floor(settled_ns.min(summed_ns), LEVELS[level].block_ns);
        if end_ns <= marks.packed[level] {
            return Ok(Step::Idle);
        }
        let packed = self.pack_some(transaction, level, marks.packed[level]..end_ns)?;
        if packed < MOST_WINDOWS {
            marks.packed[level] = end_ns;
            marks.write(&mut table)?;
        }
        Ok(Step::Done { summed: 0, dropped: 0, packed })
    }

    /// Packs loose windows until there are none, or many were packed.
    pub(super) fn pack_some(&self, transaction: &WriteTransaction, level: usize, range: Range<u64>) -> Result<usize, Stop> {
        let mut shelf = Shelf::open(transaction, &LEVELS[level])?;
        let mut packed = 0;
        while packed < MOST_WINDOWS
            && let Some((start, capability)) = shelf.first_in(range.clone())?
        {
            packed += shelf.pack(start, &capability, self)?;
        }
        Ok(packed)
    }

    /// One longer window of each capability. Nothing is there yet: what comes late is only added before the mark.
    fn sum_up_one(&self, fine: &Shelf<'_>, coarse: &mut Shelf<'_>, start_ns: u64, to: usize) -> Result<usize, Stop> {
        let length_ns = LEVELS[to].length_ns;
        let mut starts: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
        fine.keys(start_ns..start_ns.saturating_add(length_ns), |start, capability| match starts.get_mut(capability) {
            Some(known) => known.push(start),
            None => drop(starts.insert(capability.to_vec(), Vec::from([start]))),
        })?;
        let mut summed = 0;
        for (capability, starts) in &starts {
            let mut sum: Option<Window> = None;
            for start in starts {
                match (fine.get(&key_of(*start, capability), self)?, &mut sum) {
                    (Some(window), Some(sum)) => sum.merge(&window),
                    (Some(window), none) => *none = Some(window),
                    (None, _) => (),
                }
            }
            summed += starts.len();
            let sum = sum.unwrap_or_default();
            // Minutes and longer windows are coarse already.
            let parts = self.parts(&if to == 1 { sum.coarsened() } else { sum });
            coarse.put(&key_of(start_ns, capability), &parts)?;
        }
        Ok(summed)
    }
}

/// What there is to do, in the order in which it is done.
#[derive(Debug, Clone, Copy)]
enum Work {
    Sum { from: usize, settled_ns: u64 },
    Pack { level: usize, settled_ns: u64 },
    Drop { level: usize, before_ns: u64 },
    DropLines { samples: bool, before_ns: u64 },
}

impl Work {
    fn at(stage: usize, now_ns: u64, retention: &Retention) -> Option<Self> {
        let over_ns = |level: usize| now_ns.saturating_sub(retention.of(level));
        Some(match stage {
            0..DAYS => Self::Sum { from: stage, settled_ns: now_ns.saturating_sub(SETTLED_NS) },
            3..=6 => Self::Drop { level: stage - 3, before_ns: over_ns(stage - 3) },
            7..=10 => Self::Pack { level: stage - 7, settled_ns: now_ns.saturating_sub(PACKED_NS) },
            11 => Self::DropLines { samples: false, before_ns: over_ns(0) },
            12 => Self::DropLines { samples: true, before_ns: over_ns(1) },
            _ => return None,
        })
    }
}

fn drop_windows(transaction: &WriteTransaction, level: usize, before_ns: u64) -> Result<Step, Stop> {
    let mut table = transaction.open_table(MARKS)?;
    let mut marks = Marks::read(&table)?;
    // Whole stretches only, and of those only what is summed up in the next level.
    let (block_ns, summed_ns) = (LEVELS[level].block_ns, marks.rolled.get(level + 1).copied().unwrap_or(u64::MAX));
    let end_ns = floor(before_ns.min(summed_ns), block_ns);
    if end_ns <= marks.dropped[level] {
        return Ok(Step::Idle);
    }
    let mut shelf = Shelf::open(transaction, &LEVELS[level])?;
    let (mut dropped, mut until_ns) = (0, end_ns);
    while let Some(first) = shelf.first()?.filter(|first| *first < end_ns) {
        if dropped >= MOST_WINDOWS {
            until_ns = first;
            break;
        }
        dropped += shelf.remove_before(first.saturating_add(block_ns))?;
    }
    // What is older than all retention is still taken in among the days, until the next time.
    if level < DAYS {
        marks.dropped[level] = until_ns;
        marks.write(&mut table)?;
    } else if dropped == 0 {
        return Ok(Step::Idle);
    }
    Ok(Step::Done { dropped, summed: 0, packed: 0 })
}

fn drop_lines(transaction: &WriteTransaction, samples: bool, before_ns: u64) -> Result<Step, Stop> {
    let times = if samples { SAMPLE_TIMES } else { OTHER_TIMES };
    let mut changed = remove_lines(transaction, times, before_ns, MOST_WINDOWS)? > 0;
    if !samples {
        let old = before_ns.to_be_bytes();
        let mut counts = transaction.open_table(LINE_COUNTS)?;
        changed |= counts.range::<&[u8]>(..&old[..])?.next().is_some();
        counts.retain_in::<&[u8], _>(..&old[..], |_, _| false)?;
    }
    // Lines are none of the windows that are told of.
    Ok(if changed { Step::Done { summed: 0, dropped: 0, packed: 0 } } else { Step::Idle })
}

/// Removes lines of windows that start before this moment. Returns how many.
pub(super) fn remove_lines(
    transaction: &WriteTransaction,
    times: TableDefinition<'_, Bytes, ()>,
    before_ns: u64,
    most: usize,
) -> Result<usize, Stop> {
    let (mut times, mut lines) = (transaction.open_table(times)?, transaction.open_table(LINES)?);
    let end = before_ns.to_be_bytes();
    let mut old: Vec<Vec<u8>> = Vec::new();
    for entry in times.range::<&[u8]>(..&end[..])?.take(most) {
        old.push(entry?.0.value().to_vec());
    }
    for key in &old {
        lines.remove(key_of_line(key).as_slice())?;
        times.remove(key.as_slice())?;
    }
    Ok(old.len())
}

/// The key of a line (trace, slice, entry, capability) of the key of its time (slice, trace, entry, capability), and the other way round
/// with the lengths changed.
fn key_of_line(time: &[u8]) -> Vec<u8> {
    swapped(time, 8, 16)
}

/// The key of the time of a line.
pub(super) fn time_of_line(line: &[u8]) -> Vec<u8> {
    swapped(line, 16, 8)
}

/// The first part behind the second.
fn swapped(key: &[u8], first: usize, second: usize) -> Vec<u8> {
    match (key.get(..first), key.get(first..first + second), key.get(first + second..)) {
        (Some(one), Some(two), Some(rest)) => [two, one, rest].concat(),
        _ => key.to_vec(),
    }
}
