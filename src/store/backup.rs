//! A copy of a store of one moment, and less room for it.

use super::error::Stop;
use super::folder::grown;
use super::levels::{LEVELS, MARKS, Marks};
use super::tables::{
    ABOUT, CLOSED, FATES, FILE, FORMAT, LINE_COUNTS, LINES, OTHER_TIMES, PARTITIONS, SAMPLE_TIMES, TEXTS, UNKNOWN, WINDOWS,
};
use super::{Store, StoreError};
use redb::{Key, ReadTransaction, ReadableTable, TableDefinition, TableError, Value, WriteTransaction};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of a copy that are kept in memory while it is written.
const CACHE_BYTES: usize = 16 << 20;

/// What compacting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes of the file before.
    pub before_bytes: u64,
    /// And after.
    pub after_bytes: u64,
    /// Windows that came late and are packed with the others now.
    pub packed: u64,
}

impl Store {
    /// Writes a copy to this file, of one moment, while the store goes on. The file is the `steelthread.redb` of a folder.
    /// It stands under its name only when it is whole.
    ///
    /// # Errors
    /// There is such a file, it cannot be written, or the store cannot be read.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let refused = |what: String| StoreError::Backup { to: to.into(), what };
        if to.exists() {
            return Err(refused("it is there already; name a new file, or remove this one first".into()));
        }
        let part = beside(to);
        let written = self.copy_to(&part).and_then(|()| {
            // A link fails where a rename would write over what has come up meanwhile.
            fs::hard_link(&part, to).or_else(|_| fs::rename(&part, to)).map_err(|error| refused(error.to_string()))
        });
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound && written.is_ok() => Err(refused(error.to_string())),
            _ => written,
        }
    }

    fn copy_to(&self, part: &Path) -> Result<(), StoreError> {
        let told = |error: redb::Error| StoreError::Backup { to: part.into(), what: error.to_string() };
        let source = self.database.begin_read().map_err(|error| StoreError::of(&self.folder, error))?;
        // What a crash has left of another copy is of no use.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(part);
        let file = file.map_err(|error| told(redb::Error::Io(error)))?;
        let backend = redb::backends::FileBackend::new(file).map_err(|error| told(error.into()))?;
        let target = grown(CACHE_BYTES, backend).map_err(told)?;
        let transaction = target.begin_write().map_err(|error| told(error.into()))?;
        copy_all(&source, &transaction).map_err(|stop| match stop {
            Stop::Redb(error) => told(error),
            other => other.into_error(&self.folder),
        })?;
        transaction.commit().map_err(|error| told(error.into()))
    }

    /// Packs what came late with what it belongs to, and gives back to the disk what is not needed. Takes as much room on the disk as the
    /// store needs, and none else may use the store meanwhile. `progress` is told how many windows are packed.
    ///
    /// # Errors
    /// The disk cannot be written. What was done up to there is done.
    pub fn compact(&mut self, progress: &mut dyn FnMut(u64)) -> Result<Compacted, StoreError> {
        let file = self.folder.join(FILE);
        let bytes = || fs::metadata(&file).map_or(0, |found| found.len());
        let before_bytes = bytes();
        let packed = if self.format == FORMAT { self.pack_late(progress)? } else { 0 };
        while self.database.compact().map_err(|error| StoreError::of(&self.folder, error))? {}
        Ok(Compacted { before_bytes, after_bytes: bytes(), packed })
    }

    fn pack_late(&self, progress: &mut dyn FnMut(u64)) -> Result<u64, StoreError> {
        let mut all = 0;
        for level in 0..LEVELS.len() {
            loop {
                let mut packed = 0;
                self.writing_if(|transaction| {
                    let marks = Marks::read(&transaction.open_table(MARKS)?)?;
                    packed = self.pack_some(transaction, level, 0..marks.packed[level])?;
                    Ok(packed > 0)
                })?;
                if packed == 0 {
                    break;
                }
                all += packed as u64;
                progress(all);
            }
        }
        Ok(all)
    }
}

/// The name under which a file lies until it is whole.
fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    to.with_file_name(name)
}

/// Every table there is.
fn copy_all(source: &ReadTransaction, target: &WriteTransaction) -> Result<(), Stop> {
    for level in &LEVELS {
        copy(source, target, level.heads)?;
        copy(source, target, level.rests)?;
        copy(source, target, level.blocks)?;
        copy(source, target, level.pieces)?;
    }
    copy(source, target, MARKS)?;
    copy(source, target, WINDOWS)?;
    copy(source, target, PARTITIONS)?;
    copy(source, target, CLOSED)?;
    copy(source, target, LINES)?;
    copy(source, target, LINE_COUNTS)?;
    copy(source, target, SAMPLE_TIMES)?;
    copy(source, target, OTHER_TIMES)?;
    copy(source, target, FATES)?;
    copy(source, target, UNKNOWN)?;
    copy(source, target, TEXTS)?;
    copy(source, target, ABOUT)
}

fn copy<K: Key + 'static, V: Value + 'static>(
    source: &ReadTransaction,
    target: &WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<(), Stop> {
    let from = match source.open_table(table) {
        // A store of an older format has not all of them, a newer one not that of format 1.
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        other => other?,
    };
    let mut to = target.open_table(table)?;
    for entry in from.iter()? {
        let (key, value) = entry?;
        to.insert(key.value(), value.value())?;
    }
    Ok(())
}
