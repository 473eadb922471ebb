//! How much there is of what.

use super::levels::LEVELS;
use super::{Store, StoreError};
use redb::{ReadableTableMetadata, TableError};

/// What is kept in windows of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelSize {
    /// Length of a window, nanoseconds.
    pub length_ns: u64,
    /// Windows that lie by themselves.
    pub loose: u64,
    /// Blocks of packed ones.
    pub blocks: u64,
    /// Bytes of both, with their keys, without the room that trees need.
    pub bytes: u64,
}

impl Store {
    /// How much is kept, from the shortest windows to the longest.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn sizes(&self) -> Result<Vec<LevelSize>, StoreError> {
        self.reading(|transaction| {
            let mut sizes = Vec::new();
            for level in &LEVELS {
                let (heads, rests) = (transaction.open_table(level.heads)?, transaction.open_table(level.rests)?);
                let blocks = transaction.open_table(level.blocks)?;
                let pieces = match transaction.open_table(level.pieces) {
                    Err(TableError::TableDoesNotExist(_)) => 0,
                    found => found?.stats()?.stored_bytes(),
                };
                let bytes =
                    heads.stats()?.stored_bytes() + rests.stats()?.stored_bytes() + blocks.stats()?.stored_bytes() + pieces;
                sizes.push(LevelSize { length_ns: level.length_ns, loose: heads.len()?, blocks: blocks.len()?, bytes });
            }
            Ok(sizes)
        })
    }
}
