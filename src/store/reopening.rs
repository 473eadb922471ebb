//! A database that is opened anew after the disk has failed it.
//!
//! The library takes no more work once a write has failed, for example because the disk was full for a minute. What was committed
//! before is still good, so the next transaction that would write opens the file again; until that goes well, it fails as before.

use redb::{Database, ReadTransaction, ReadableDatabase, TransactionError, WriteTransaction};
use std::fmt;
use std::sync::{PoisonError, RwLock};

type Open = Box<dyn Fn() -> Result<Database, redb::Error> + Send + Sync>;

/// An open database, and how to open it again.
pub(super) struct Reopening {
    /// `None`: it is closed, and could not be opened again.
    database: RwLock<Option<Database>>,
    /// `None`: it cannot be opened again.
    open: Option<Open>,
}

impl Reopening {
    pub(super) fn new(database: Database) -> Self {
        Self { database: RwLock::new(Some(database)), open: None }
    }

    /// How to open it again.
    pub(super) fn by(&mut self, open: impl Fn() -> Result<Database, redb::Error> + Send + Sync + 'static) {
        self.open = Some(Box::new(open));
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction, redb::Error> {
        self.with(|database| Ok(database.begin_read()?))
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, redb::Error> {
        match self.with(|database| Ok(database.begin_write()?)) {
            Err(redb::Error::PreviousIo) if self.open.is_some() => {
                self.reopen()?;
                self.with(|database| Ok(database.begin_write()?))
            }
            other => other,
        }
    }

    /// Opens it again, if it has failed.
    pub(super) fn mend(&self) -> Result<(), redb::Error> {
        match self.with(|database| Ok(database.try_begin_write()?)) {
            Err(redb::Error::PreviousIo) => self.reopen(),
            _ => Ok(()),
        }
    }

    /// Gives back to the disk what can be given back; false if nothing could.
    pub(super) fn compact(&mut self) -> Result<bool, redb::Error> {
        match self.database.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Some(database) => Ok(database.compact()?),
            None => Err(redb::Error::PreviousIo),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, redb::Error> {
        match &*self.database.read().unwrap_or_else(PoisonError::into_inner) {
            Some(database) => work(database),
            None => Err(redb::Error::PreviousIo),
        }
    }

    fn reopen(&self) -> Result<(), redb::Error> {
        let Some(open) = &self.open else { return Ok(()) };
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever waited for this lock may find it done.
        if database.as_ref().is_some_and(is_well) {
            return Ok(());
        }
        // Closed first: nobody can have the file twice.
        *database = None;
        *database = Some(open()?);
        Ok(())
    }
}

fn is_well(database: &Database) -> bool {
    !matches!(database.try_begin_write(), Err(TransactionError::Storage(_)))
}

impl fmt::Debug for Reopening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reopening").finish_non_exhaustive()
    }
}
