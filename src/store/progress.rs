//! How far each partition of the log was worked off, and which traces are closed.

use super::error::Stop;
use super::tables::{CLOSED, PARTITIONS, ProgressRecord};
use super::{Store, StoreError};
use crate::journal::Progress;
use crate::model::TraceId;
use prost::Message;
use redb::{ReadableTable, Table, WriteTransaction};

/// A closed trace is remembered for at least this long by the log's clock, nanoseconds: what comes of it twenty minutes late is late
/// after a restart, too, and no new trace.
const REMEMBER_NS: u64 = 1_200_000_000_000;
/// But of those that are not needed for reading the log again no more than makes so many in all, 16 bytes each: about as many as a
/// server remembers. A start reads them all.
const MOST_REMEMBERED: u64 = 4 << 20;
/// Bytes of an id.
const ID: usize = 16;
/// From so many ids on an entry is full: a value must not be longer than a region of the file, and a commit may hold the traces of a long
/// time in which the disk took nothing.
const MOST_IN_ENTRY: usize = 1 << 20;

/// What was closed by a commit.
struct Entry {
    key: (u32, u64),
    time_ns: u64,
    /// How many.
    ids: u64,
}

type ClosedTable<'t> = Table<'t, (u32, u64), (u64, &'static [u8])>;

impl Store {
    /// How far each partition was worked off, with the traces that were closed of late: all of which spans may lie at or after the
    /// resume offset, and those of the last twenty minutes.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn progress(&self) -> Result<Vec<Progress>, StoreError> {
        self.reading(|transaction| {
            let closed = transaction.open_table(CLOSED)?;
            let mut all = Vec::new();
            for entry in transaction.open_table(PARTITIONS)?.iter()? {
                let (partition, bytes) = entry?;
                let partition = partition.value();
                let ProgressRecord { epoch, resume_offset, next_offset, time_ns, .. } = ProgressRecord::decode(bytes.value())?;
                let mut progress = Progress { partition, epoch, resume_offset, next_offset, time_ns, closed: Vec::new() };
                for entry in closed.range((partition, 0)..=(partition, u64::MAX))? {
                    let (_, value) = entry?;
                    progress.closed.extend(value.value().1.chunks_exact(ID).filter_map(TraceId::from_wire));
                }
                all.push(progress);
            }
            Ok(all)
        })
    }
}

impl Store {
    /// Whether a commit that was told to have failed is there all the same, by the progress that it carried: a disk may fail after it has
    /// written. What it held must not be counted again then.
    pub(super) fn has(&self, progress: &[Progress]) -> bool {
        if progress.is_empty() || self.database.mend().is_err() {
            return false;
        }
        let same = |one: &Progress, kept: &Progress| {
            let place = |of: &Progress| (of.partition, of.epoch, of.resume_offset, of.next_offset, of.time_ns);
            place(one) == place(kept)
        };
        self.progress().is_ok_and(|kept| progress.iter().all(|one| kept.iter().any(|kept| same(one, kept))))
    }
}

/// Puts progress in the place of what is there, and adds to the closed traces.
pub(super) fn put(transaction: &WriteTransaction, progress: &[Progress]) -> Result<(), Stop> {
    let mut partitions = transaction.open_table(PARTITIONS)?;
    for one in progress {
        let before = match partitions.get(one.partition)? {
            None => ProgressRecord { closed_ids: Some(0), ..ProgressRecord::default() },
            Some(bytes) => ProgressRecord::decode(bytes.value())?,
        };
        if one.epoch < before.epoch {
            return Err(StoreError::OldEpoch { partition: one.partition, epoch: one.epoch, newest: before.epoch }.into());
        }
        let closed_ids = Some(put_closed(transaction, one, before.closed_ids, MOST_REMEMBERED)?);
        let Progress { partition, epoch, resume_offset, next_offset, time_ns, .. } = *one;
        let record = ProgressRecord { epoch, resume_offset, next_offset, time_ns, closed_ids };
        partitions.insert(partition, record.encode_to_vec().as_slice())?;
    }
    Ok(())
}

/// Gives back how many ids there are then. `before`: how many there were, if that is known.
fn put_closed(transaction: &WriteTransaction, progress: &Progress, before: Option<u64>, most: u64) -> Result<u64, Stop> {
    let mut table = transaction.open_table(CLOSED)?;
    let mut ids = before.map_or_else(|| count(&table, progress.partition), Ok)?;
    add_closed(&mut table, progress, MOST_IN_ENTRY)?;
    ids += progress.closed.len() as u64;
    // What was closed by a commit has its spans before the next offset of it. Time rises with offsets, so that nothing behind the
    // first entry that stays has to be looked at: a commit costs what it puts and what it removes, not what is remembered.
    let (from, to) = ((progress.partition, 0), (progress.partition, progress.resume_offset));
    while let Some(oldest) = first(&table, from, to)? {
        if oldest.time_ns.saturating_add(REMEMBER_NS) >= progress.time_ns && ids <= most {
            break;
        }
        table.remove(oldest.key)?;
        ids = ids.saturating_sub(oldest.ids);
    }
    Ok(ids)
}

/// Adds the ids to the entry of this offset; those that do not fit in, to the ones that follow. Kept under too high an offset they are
/// remembered longer than need be, which does no harm.
fn add_closed(table: &mut ClosedTable<'_>, progress: &Progress, most: usize) -> Result<(), Stop> {
    let mut offset = progress.next_offset;
    for some in progress.closed.chunks(most) {
        // Traces are closed also while no message comes: then there is an entry of this offset already.
        let mut all = loop {
            let there = table.get((progress.partition, offset))?.map_or_else(Vec::new, |there| there.value().1.to_vec());
            if there.len() < most * ID {
                break there;
            }
            offset += 1;
        };
        all.extend(some.iter().flat_map(|trace| trace.to_wire()));
        table.insert((progress.partition, offset), (progress.time_ns, all.as_slice()))?;
    }
    Ok(())
}

/// The first entry of a range.
fn first(table: &ClosedTable<'_>, from: (u32, u64), to: (u32, u64)) -> Result<Option<Entry>, Stop> {
    let Some(entry) = table.range(from..=to)?.next() else { return Ok(None) };
    let (key, value) = entry?;
    let (time_ns, ids) = value.value();
    Ok(Some(Entry { key: key.value(), time_ns, ids: (ids.len() / ID) as u64 }))
}

fn count(table: &ClosedTable<'_>, partition: u32) -> Result<u64, Stop> {
    let mut ids = 0;
    for entry in table.range((partition, 0)..=(partition, u64::MAX))? {
        ids += (entry?.1.value().1.len() / ID) as u64;
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn store() -> Store {
        Store::in_memory(Default::default(), Default::default()).unwrap()
    }

    /// Puts a commit in which these traces were closed; gives back how many ids there are and which traces.
    fn put_some(store: &Store, traces: std::ops::Range<u128>, next_offset: u64, before: Option<u64>) -> (u64, Vec<u128>) {
        let (resume_offset, closed) = (next_offset.saturating_sub(15), traces.map(TraceId).collect());
        let progress = Progress { partition: 3, epoch: 1, resume_offset, next_offset, time_ns: next_offset, closed };
        let (mut ids, mut left) = (0, Vec::new());
        let written = store.writing(|transaction| {
            ids = put_closed(transaction, &progress, before, 10)?;
            for entry in transaction.open_table(CLOSED)?.iter()? {
                left.extend(entry?.1.value().1.chunks_exact(ID).filter_map(TraceId::from_wire).map(|trace| trace.0));
            }
            Ok(())
        });
        written.unwrap();
        (ids, left)
    }

    #[test]
    fn of_very_many_closed_traces_the_oldest_are_forgotten_unless_their_spans_are_read_again() {
        let store = store();
        assert_eq!(put_some(&store, 1..9, 10, Some(0)), (8, (1..9).collect()));
        // Too many, but all of them may be read again.
        assert_eq!(put_some(&store, 9..17, 20, Some(8)), (16, (1..17).collect()));
        // An earlier version did not count them.
        assert_eq!(put_some(&store, 17..19, 30, None), (10, (9..19).collect()));
        assert_eq!(put_some(&store, 19..19, 100, Some(10)), (10, (9..19).collect()));
        assert_eq!(put_some(&store, 19..20, 110, Some(10)), (3, (17..20).collect()));
    }

    #[test]
    fn an_entry_that_is_full_is_followed_by_others_and_no_id_is_lost() {
        let store = store();
        let mut entries = Vec::new();
        let mut all = Vec::new();
        let written = store.writing(|transaction| {
            let mut table = transaction.open_table(CLOSED)?;
            for (next_offset, traces) in [(10, 1..26), (10, 26..27), (11, 27..41), (12, 41..42)] {
                let closed = traces.map(TraceId).collect();
                let progress = Progress { partition: 3, next_offset, time_ns: next_offset, closed, ..Progress::default() };
                add_closed(&mut table, &progress, 10)?;
            }
            for entry in table.iter()? {
                let (key, value) = entry?;
                let (time_ns, ids) = value.value();
                entries.push((key.value().1, time_ns, ids.len() / ID));
                all.extend(ids.chunks_exact(ID).filter_map(TraceId::from_wire).map(|trace| trace.0));
            }
            Ok(())
        });
        written.unwrap();
        all.sort_unstable();
        assert_eq!(all, (1..42).collect::<Vec<_>>());
        assert!(entries.iter().all(|(_, _, ids)| *ids < 20), "{entries:?}");
        assert!(entries.is_sorted_by_key(|(_, time_ns, _)| *time_ns), "{entries:?}");
    }
}
