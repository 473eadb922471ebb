//! A folder with windows and progress in it.

use super::StoreError;
use super::error::Stop;
use super::record;
use super::tables::{ABOUT, FILE, FORMAT, TEXTS, begin_tables};
use crate::measure::Window;
use crate::model::{Fates, Hops, Names};
use redb::backends::InMemoryBackend;
use redb::{Builder, Database, ReadableDatabase, TableError, WriteTransaction};
use std::collections::BTreeMap;
use std::panic::UnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of the file that are kept in memory; left to itself, the library takes a gigabyte.
const CACHE_BYTES: usize = 32 << 20;

/// A store that is open. Nobody else can open it meanwhile.
#[derive(Debug)]
pub struct Store {
    pub(super) folder: PathBuf,
    database: Database,
    pub(super) names: Arc<Names>,
    pub(super) hops: Arc<Hops>,
    /// What earlier runs have left: a run commits its own totals, which stand on top of these.
    pub(super) fates_before: Fates,
    pub(super) unknown_before: BTreeMap<String, u64>,
}

impl Store {
    /// Opens a store that is there.
    ///
    /// # Errors
    /// It is not there, in use, damaged, or of a newer format.
    pub fn open(folder: &Path, names: Arc<Names>, hops: Arc<Hops>) -> Result<Self, StoreError> {
        let file = folder.join(FILE);
        if folder.exists() && !folder.is_dir() {
            return Err(StoreError::NotAFolder(folder.into()));
        }
        if !file.is_file() {
            return Err(StoreError::NoStore(folder.into()));
        }
        Self::of_file(folder, || Ok(builder(CACHE_BYTES).open(&file)?), names, hops)
    }

    /// Opens the store in this folder, and makes it if it is not there. It holds this map from now on.
    ///
    /// # Errors
    /// It is in use, damaged, or of a newer format, or the disk cannot be written.
    pub fn create(folder: &Path, map: &str, names: Arc<Names>, hops: Arc<Hops>) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::io(folder, &error))?;
        let file = folder.join(FILE);
        let open = || begun(builder(CACHE_BYTES).create(&file)?);
        let store = Self::of_file(folder, open, names, hops)?;
        store.writing(|transaction| {
            transaction.open_table(TEXTS)?.insert("map", map)?;
            Ok(())
        })?;
        Ok(store)
    }

    /// A store that ends with the process: closed windows take a fraction of the memory there that they take while they are counted.
    ///
    /// # Errors
    /// There is no memory.
    pub fn in_memory(names: Arc<Names>, hops: Arc<Hops>) -> Result<Self, StoreError> {
        let open = || begun(builder(CACHE_BYTES / 8).create_with_backend(InMemoryBackend::new())?);
        Self::of_file(Path::new("(memory)"), open, names, hops)
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn of_file(
        folder: &Path,
        open: impl FnOnce() -> Result<Database, redb::Error> + UnwindSafe,
        names: Arc<Names>,
        hops: Arc<Hops>,
    ) -> Result<Self, StoreError> {
        // In a file that is damaged badly enough, the library finds its own assertions broken.
        let opened = std::panic::catch_unwind(open).map_err(|_| StoreError::damaged(folder, "its file cannot be read"))?;
        let database = opened.map_err(|error| StoreError::of(folder, error))?;
        let (fates_before, unknown_before) = (Fates::default(), BTreeMap::new());
        let mut store = Self { folder: folder.into(), database, names, hops, fates_before, unknown_before };
        store.check_format()?;
        store.fates_before = store.fates()?;
        store.unknown_before = store.unknown_capabilities()?;
        Ok(store)
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let found = self.reading(|transaction| {
            let about = match transaction.open_table(ABOUT) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                other => other?,
            };
            Ok(about.get("format")?.map(|found| found.value()))
        })?;
        match found {
            Some(found) if found > FORMAT => Err(StoreError::Newer { folder: self.folder.clone(), found, known: FORMAT }),
            Some(_) => Ok(()),
            None => Err(StoreError::damaged(&self.folder, "it does not say in which format it is")),
        }
    }

    pub(super) fn decode(&self, bytes: &[u8]) -> Result<Window, Stop> {
        Ok(record::decode(bytes, &self.names, &self.hops)?)
    }

    pub(super) fn reading<T>(&self, work: impl FnOnce(&redb::ReadTransaction) -> Result<T, Stop>) -> Result<T, StoreError> {
        let transaction = self.database.begin_read().map_err(|error| StoreError::of(&self.folder, error))?;
        work(&transaction).map_err(|stop| stop.into_error(&self.folder))
    }

    /// Does the work in one transaction: all of it, or nothing if it stops.
    pub(super) fn writing(&self, work: impl FnOnce(&WriteTransaction) -> Result<(), Stop>) -> Result<(), StoreError> {
        let transaction = self.database.begin_write().map_err(|error| StoreError::of(&self.folder, error))?;
        work(&transaction).map_err(|stop| stop.into_error(&self.folder))?;
        transaction.commit().map_err(|error| StoreError::of(&self.folder, error))
    }
}

fn builder(cache_bytes: usize) -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(cache_bytes);
    builder
}

/// Makes the tables, if the file is new or its maker did not come to it.
fn begun(database: Database) -> Result<Database, redb::Error> {
    let transaction = database.begin_write()?;
    if transaction.list_tables()?.next().is_none() {
        begin_tables(&transaction)?;
        transaction.open_table(ABOUT)?.insert("format", FORMAT)?;
    }
    transaction.commit()?;
    Ok(database)
}
