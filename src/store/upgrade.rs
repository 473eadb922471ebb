//! From older formats to this one: format 1 had windows of ten seconds only, and whole ones; format 2 had blocks in one piece.
//!
//! Blocks of format 2 stay as they are, since one piece is a number of pieces; they go with their time.

use super::error::Stop;
use super::levels::LEVELS;
use super::record;
use super::roll::time_of_line;
use super::shelf::Shelf;
use super::tables::{ABOUT, CLOSED, FORMAT, LINES, PARTITIONS, SAMPLE_TIMES, WINDOWS, begin_tables};
use super::{Store, StoreError};
use prost::Message;
use redb::{ReadableTable, WriteTransaction};

impl Store {
    /// Brings a store of an older format to this one, in one transaction: it is of either, never of something in between.
    pub(super) fn upgrade(&mut self) -> Result<(), StoreError> {
        if self.format == FORMAT {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.format, FORMAT);
        let upgraded = self.writing(|transaction| upgrade(transaction, before));
        if upgraded.is_err() {
            self.format = before;
        }
        upgraded
    }
}

/// What format 1 had beside the offsets of a partition.
#[derive(Clone, PartialEq, Message)]
struct ClosedRecord {
    /// Ids of closed traces, 16 bytes each.
    #[prost(bytes = "vec", tag = "3")]
    closed: Vec<u8>,
    #[prost(uint64, tag = "4")]
    next_offset: u64,
    #[prost(uint64, tag = "5")]
    time_ns: u64,
}

/// Closed traces have a table of their own.
fn upgrade_progress(transaction: &WriteTransaction) -> Result<(), Stop> {
    let mut closed = transaction.open_table(CLOSED)?;
    for entry in transaction.open_table(PARTITIONS)?.iter()? {
        let (partition, record) = entry?;
        let record = ClosedRecord::decode(record.value())?;
        if !record.closed.is_empty() {
            closed.insert((partition.value(), record.next_offset), (record.time_ns, record.closed.as_slice()))?;
        }
    }
    Ok(())
}

fn upgrade(transaction: &WriteTransaction, before: u64) -> Result<(), Stop> {
    begin_tables(transaction)?;
    if before == 1 {
        upgrade_windows(transaction)?;
        upgrade_progress(transaction)?;
    }
    transaction.open_table(ABOUT)?.insert("format", FORMAT)?;
    Ok(())
}

/// Windows in two parts, and when lines are to go.
fn upgrade_windows(transaction: &WriteTransaction) -> Result<(), Stop> {
    let mut slices = Shelf::open(transaction, &LEVELS[0])?;
    for entry in transaction.open_table(WINDOWS)?.iter()? {
        let (key, window) = entry?;
        slices.put(key.value(), &record::split(window.value())?)?;
    }
    transaction.delete_table(WINDOWS)?;
    let mut times = transaction.open_table(SAMPLE_TIMES)?;
    for entry in transaction.open_table(LINES)?.iter()? {
        // Which of them are samples is not known; they all stay as long.
        times.insert(time_of_line(entry?.0.value()).as_slice(), ())?;
    }
    Ok(())
}
