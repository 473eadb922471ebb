//! A folder with windows and progress in it.

use super::StoreError;
use super::error::Stop;
use super::growth::{Growing, REGION_PAGES};
use super::record::{self, Parts};
use super::reopening::Reopening;
use super::tables::{ABOUT, FILE, FORMAT, TEXTS, begin_tables};
use crate::measure::Window;
use crate::model::{Fate, Fates, Hops, Names};
use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Builder, Database, ReadableDatabase, StorageBackend, TableError, WriteTransaction};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of the file that are kept in memory; left to itself, the library takes a gigabyte.
const CACHE_BYTES: usize = 32 << 20;

/// A store that is open. Nobody else can open it meanwhile.
#[derive(Debug)]
pub struct Store {
    pub(super) folder: PathBuf,
    pub(super) database: Reopening,
    /// Of the file. An older one can be read, not written.
    pub(super) format: u64,
    pub(super) names: Arc<Names>,
    pub(super) hops: Arc<Hops>,
    /// What earlier runs have left: a run commits its own totals, which stand on top of these.
    pub(super) fates_before: Fates,
    pub(super) unknown_before: BTreeMap<String, u64>,
}

impl Store {
    /// Opens a store that is there, to ask it. If it is of an older format, it stays so.
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

    /// Opens the store in this folder, and makes it if it is not there. It holds this map from now on. If it is of an older format, it
    /// is brought to this one.
    ///
    /// # Errors
    /// It is in use, damaged, or of a newer format, or the disk cannot be written.
    pub fn create(folder: &Path, map: &str, names: Arc<Names>, hops: Arc<Hops>) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::io(folder, &error))?;
        let file = folder.join(FILE);
        refuse_newer(folder, &file)?;
        let open = move || begun(grown(CACHE_BYTES, opened(&file)?)?);
        let mut store = Self::of_file(folder, open.clone(), names, hops)?;
        store.database.by(open);
        store.upgrade()?;
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

    /// A store on whatever holds bytes, and makes it if nothing is there.
    ///
    /// # Errors
    /// As with [`Store::create`].
    pub fn with_backend(backend: impl StorageBackend, names: Arc<Names>, hops: Arc<Hops>) -> Result<Self, StoreError> {
        let open = || begun(grown(CACHE_BYTES / 8, backend)?);
        let mut store = Self::of_file(Path::new("(backend)"), open, names, hops)?;
        store.upgrade()?;
        Ok(store)
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it is on after it has failed.
    #[cfg(test)]
    pub(super) fn again_on<B: StorageBackend>(&mut self, backend: impl Fn() -> B + Send + Sync + 'static) {
        self.database.by(move || begun(grown(CACHE_BYTES / 8, backend())?));
    }

    fn of_file(
        folder: &Path,
        open: impl FnOnce() -> Result<Database, redb::Error>,
        names: Arc<Names>,
        hops: Arc<Hops>,
    ) -> Result<Self, StoreError> {
        // In a file that is damaged badly enough, the library finds its own assertions broken.
        let opened = std::panic::catch_unwind(AssertUnwindSafe(open))
            .map_err(|_| StoreError::damaged(folder, "its file cannot be read"))?;
        let database = Reopening::new(opened.map_err(|error| StoreError::of(folder, error))?);
        let (fates_before, unknown_before) = (Fates::default(), BTreeMap::new());
        let mut store = Self { folder: folder.into(), database, format: FORMAT, names, hops, fates_before, unknown_before };
        store.format = store.read_format()?;
        store.fates_before = store.fates()?;
        // What was in flight when a run ended is read again from its journal, or is lost with it.
        store.fates_before[Fate::InFlight] = 0;
        store.unknown_before = store.unknown_capabilities()?;
        Ok(store)
    }

    fn read_format(&self) -> Result<u64, StoreError> {
        let found = self.reading(|transaction| {
            let about = match transaction.open_table(ABOUT) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                other => other?,
            };
            Ok(about.get("format")?.map(|found| found.value()))
        })?;
        match found {
            Some(found) if found > FORMAT => Err(StoreError::Newer { folder: self.folder.clone(), found, known: FORMAT }),
            Some(found) => Ok(found),
            None => Err(StoreError::damaged(&self.folder, "it does not say in which format it is")),
        }
    }

    pub(super) fn decode(&self, bytes: &[u8]) -> Result<Window, Stop> {
        Ok(record::decode(bytes, &self.names, &self.hops)?)
    }

    pub(super) fn reading<T>(&self, work: impl FnOnce(&redb::ReadTransaction) -> Result<T, Stop>) -> Result<T, StoreError> {
        self.reading_in(&self.view()?, work)
    }

    pub(super) fn reading_in<T>(
        &self,
        view: &View,
        work: impl FnOnce(&redb::ReadTransaction) -> Result<T, Stop>,
    ) -> Result<T, StoreError> {
        work(&view.0).map_err(|stop| stop.into_error(&self.folder))
    }

    /// All that is kept now, whatever is written later.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn view(&self) -> Result<View, StoreError> {
        self.database.begin_read().map(View).map_err(|error| StoreError::of(&self.folder, error))
    }

    /// Does the work in one transaction: all of it, or nothing if it stops.
    pub(super) fn writing(&self, work: impl FnOnce(&WriteTransaction) -> Result<(), Stop>) -> Result<(), StoreError> {
        self.staging(work)?.commit()
    }

    /// The same, but if the work says that it is not to be kept, nothing is written.
    pub(super) fn writing_if(&self, work: impl FnOnce(&WriteTransaction) -> Result<bool, Stop>) -> Result<(), StoreError> {
        let mut keep = false;
        let staged = self.staging(|transaction| {
            keep = work(transaction)?;
            Ok(())
        })?;
        // Dropped, it leaves nothing behind.
        if keep { staged.commit() } else { Ok(()) }
    }

    /// Does the work in a transaction that is still to be ended.
    pub(super) fn staging(&self, work: impl FnOnce(&WriteTransaction) -> Result<(), Stop>) -> Result<Staged, StoreError> {
        if self.format < FORMAT {
            return Err(StoreError::Older { folder: self.folder.clone(), found: self.format, known: FORMAT });
        }
        let transaction = self.database.begin_write().map_err(|error| StoreError::of(&self.folder, error))?;
        work(&transaction).map_err(|stop| stop.into_error(&self.folder))?;
        Ok(Staged { transaction, folder: self.folder.clone() })
    }

    pub(super) fn parts(&self, window: &Window) -> Parts {
        record::encode_parts(window, &self.names, &self.hops)
    }
}

/// What a store held at a moment.
pub struct View(redb::ReadTransaction);

/// A transaction whose work is done. Dropped, it leaves nothing behind.
pub struct Staged {
    transaction: WriteTransaction,
    folder: PathBuf,
}

impl Staged {
    /// Makes it seen, and safe.
    ///
    /// # Errors
    /// The disk cannot be written. Nothing was changed then.
    pub fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().map_err(|error| StoreError::of(&self.folder, error))
    }
}

/// Opening a file to write changes it, so a newer format is looked for before. A file that was not closed cannot be looked at like this;
/// it is found out then when it is open.
fn refuse_newer(folder: &Path, file: &Path) -> Result<(), StoreError> {
    let look = || -> Result<Option<u64>, redb::Error> {
        let database = builder(CACHE_BYTES / 8).open_read_only(file)?;
        let transaction = database.begin_read()?;
        Ok(transaction.open_table(ABOUT)?.get("format")?.map(|found| found.value()))
    };
    match std::panic::catch_unwind(look) {
        Ok(Ok(Some(found))) if found > FORMAT => Err(StoreError::Newer { folder: folder.into(), found, known: FORMAT }),
        _ => Ok(()),
    }
}

pub(super) fn builder(cache_bytes: usize) -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(cache_bytes);
    builder
}

/// The file, made if it is not there.
fn opened(file: &Path) -> Result<FileBackend, redb::Error> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(file);
    Ok(FileBackend::new(file.map_err(redb::Error::Io)?)?)
}

/// The database in these bytes; a new one grows in steps.
pub(super) fn grown(cache_bytes: usize, backend: impl StorageBackend) -> Result<Database, redb::Error> {
    let backend = Growing::new(backend, REGION_PAGES).map_err(redb::Error::Io)?;
    Ok(builder(cache_bytes).create_with_backend(backend)?)
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
