//! What lies in the file of a store.

use super::levels::{LEVELS, MARKS};
use prost::Message;
use redb::{TableDefinition, WriteTransaction};

/// The file in the folder.
pub const FILE: &str = "steelthread.redb";

/// Format of the whole: which tables there are and how they are read.
pub(super) const FORMAT: u64 = 3;

/// Lines of sampled failures that are kept of a window.
pub(super) const MOST_SAMPLE_LINES: u32 = 30;
/// Other lines that are kept of a window.
pub(super) const MOST_OTHER_LINES: u32 = 3;

pub(super) type Bytes = &'static [u8];

/// The windows of format 1, whole. Not there since: see [`super::levels`].
pub(super) const WINDOWS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("windows");
/// Partition -> epoch, resume offset, next offset, log time.
pub(super) const PARTITIONS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("partitions");
/// Partition, next offset of a commit -> log time of the commit, ids of the traces that were closed since the one before (16 bytes
/// each). Each commit adds an entry, so that it costs what has happened since, not what is remembered.
pub(super) const CLOSED: TableDefinition<'_, (u32, u64), (u64, Bytes)> = TableDefinition::new("closed_traces");
/// Trace id (16), slice start (8), entry span id (8), capability id -> verdict line.
pub(super) const LINES: TableDefinition<'_, Bytes, &str> = TableDefinition::new("lines");
/// Slice start (8, big-endian), capability id -> how many lines are kept: of samples, others.
pub(super) const LINE_COUNTS: TableDefinition<'_, Bytes, (u32, u32)> = TableDefinition::new("line_counts");
/// Slice start (8), trace id (16), entry span id (8), capability id -> nothing: where the lines of sampled failures of a time are.
pub(super) const SAMPLE_TIMES: TableDefinition<'_, Bytes, ()> = TableDefinition::new("sample_line_times");
/// The same for other lines.
pub(super) const OTHER_TIMES: TableDefinition<'_, Bytes, ()> = TableDefinition::new("other_line_times");
/// Spans by name of the fate.
pub(super) const FATES: TableDefinition<'_, &str, u64> = TableDefinition::new("fates");
/// Spans by value of `steelthread.capability` that is not in the map.
pub(super) const UNKNOWN: TableDefinition<'_, &str, u64> = TableDefinition::new("unknown_capabilities");
/// `map`: the text of the map.
pub(super) const TEXTS: TableDefinition<'_, &str, &str> = TableDefinition::new("texts");
/// `format`: [`FORMAT`].
pub(super) const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");

#[derive(Clone, PartialEq, Message)]
pub(super) struct ProgressRecord {
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    #[prost(uint64, tag = "2")]
    pub resume_offset: u64,
    #[prost(uint64, tag = "4")]
    pub next_offset: u64,
    #[prost(uint64, tag = "5")]
    pub time_ns: u64,
    /// Ids in [`CLOSED`]; not there in what earlier versions wrote.
    #[prost(uint64, optional, tag = "6")]
    pub closed_ids: Option<u64>,
}

/// Makes all tables, so that readers find them.
pub(super) fn begin_tables(transaction: &WriteTransaction) -> Result<(), redb::TableError> {
    transaction.open_table(MARKS)?;
    for level in &LEVELS {
        transaction.open_table(level.heads)?;
        transaction.open_table(level.rests)?;
        transaction.open_table(level.blocks)?;
        transaction.open_table(level.pieces)?;
    }
    transaction.open_table(SAMPLE_TIMES)?;
    transaction.open_table(OTHER_TIMES)?;
    transaction.open_table(PARTITIONS)?;
    transaction.open_table(CLOSED)?;
    transaction.open_table(LINES)?;
    transaction.open_table(LINE_COUNTS)?;
    transaction.open_table(FATES)?;
    transaction.open_table(UNKNOWN)?;
    transaction.open_table(TEXTS)?;
    Ok(())
}

/// Start and capability id of the key of a window.
pub(super) fn split_key(key: &[u8]) -> Option<(u64, &[u8])> {
    let (slice, id) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*slice), id))
}

/// The key of a window.
pub(super) fn key_of(start_ns: u64, capability: &[u8]) -> Vec<u8> {
    [&start_ns.to_be_bytes(), capability].concat()
}
