//! What lies in the file of a store.

use prost::Message;
use redb::{TableDefinition, WriteTransaction};

/// The file in the folder.
pub const FILE: &str = "steelthread.redb";

/// Format of the whole: which tables there are and how they are read.
pub(super) const FORMAT: u64 = 1;

/// Lines of sampled failures that are kept of a window.
pub(super) const MOST_SAMPLE_LINES: u32 = 30;
/// Other lines that are kept of a window.
pub(super) const MOST_OTHER_LINES: u32 = 3;

pub(super) type Bytes = &'static [u8];

/// Slice start (8 bytes, big-endian), capability id -> window. Time first, so that a commit writes to one place of the tree.
pub(super) const WINDOWS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("windows");
/// Partition -> epoch, resume offset, closed ids.
pub(super) const PARTITIONS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("partitions");
/// Trace id (16), slice start (8), entry span id (8), capability id -> verdict line.
pub(super) const LINES: TableDefinition<'_, Bytes, &str> = TableDefinition::new("lines");
/// As in `windows` -> how many lines are kept: of samples, others.
pub(super) const LINE_COUNTS: TableDefinition<'_, Bytes, (u32, u32)> = TableDefinition::new("line_counts");
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
    /// 16 bytes each.
    #[prost(bytes = "vec", tag = "3")]
    pub closed: Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub next_offset: u64,
}

/// Makes all tables, so that readers find them.
pub(super) fn begin_tables(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(WINDOWS)?;
    transaction.open_table(PARTITIONS)?;
    transaction.open_table(LINES)?;
    transaction.open_table(LINE_COUNTS)?;
    transaction.open_table(FATES)?;
    transaction.open_table(UNKNOWN)?;
    transaction.open_table(TEXTS)?;
    Ok(())
}

/// Slice start and capability id of a key of [`WINDOWS`].
pub(super) fn split_key(key: &[u8]) -> Option<(u64, &[u8])> {
    let (slice, id) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*slice), id))
}
