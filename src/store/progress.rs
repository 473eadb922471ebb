//! How far each partition of the log was worked off, and which traces are closed.

use super::error::Stop;
use super::tables::{CLOSED, PARTITIONS, ProgressRecord};
use super::{Store, StoreError};
use crate::journal::Progress;
use crate::model::TraceId;
use prost::Message;
use redb::{ReadableTable, WriteTransaction};

/// A closed trace is remembered for at least this long by the log's clock, nanoseconds: what comes of it twenty minutes late is late
/// after a restart, too, and no new trace.
const REMEMBER_NS: u64 = 1_200_000_000_000;

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
                let ProgressRecord { epoch, resume_offset, next_offset, time_ns } = ProgressRecord::decode(bytes.value())?;
                let mut progress = Progress { partition, epoch, resume_offset, next_offset, time_ns, closed: Vec::new() };
                for entry in closed.range((partition, 0)..=(partition, u64::MAX))? {
                    let (_, value) = entry?;
                    progress.closed.extend(value.value().1.chunks_exact(16).filter_map(TraceId::from_wire));
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
        let newest = match partitions.get(one.partition)? {
            None => 0,
            Some(bytes) => ProgressRecord::decode(bytes.value())?.epoch,
        };
        if one.epoch < newest {
            return Err(StoreError::OldEpoch { partition: one.partition, epoch: one.epoch, newest }.into());
        }
        let Progress { partition, epoch, resume_offset, next_offset, time_ns, .. } = *one;
        let record = ProgressRecord { epoch, resume_offset, next_offset, time_ns };
        partitions.insert(partition, record.encode_to_vec().as_slice())?;
        put_closed(transaction, one)?;
    }
    Ok(())
}

fn put_closed(transaction: &WriteTransaction, progress: &Progress) -> Result<(), Stop> {
    let mut table = transaction.open_table(CLOSED)?;
    let key = (progress.partition, progress.next_offset);
    if !progress.closed.is_empty() {
        // Traces are closed also while no message comes: then there is an entry of this offset already.
        let mut ids = table.get(key)?.map_or_else(Vec::new, |there| there.value().1.to_vec());
        ids.extend(progress.closed.iter().flat_map(|trace| trace.to_wire()));
        table.insert(key, (progress.time_ns, ids.as_slice()))?;
    }
    // What was closed by a commit has its spans before the next offset of it.
    let (from, to) = ((progress.partition, 0), (progress.partition, progress.resume_offset));
    let old = |time_ns: u64| time_ns.saturating_add(REMEMBER_NS) < progress.time_ns;
    table.retain_in(from..=to, |_, (time_ns, _)| !old(time_ns))?;
    Ok(())
}
