//! Why a store cannot do what it is asked to.

use super::record::{self, Unreadable};
use std::path::{Path, PathBuf};

/// Why a store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such folder, or nothing of ours in it.
    #[error("there is no store in '{}'; name the folder that was given to analyze or serve as --store", .0.display())]
    NoStore(PathBuf),
    /// It is not a folder.
    #[error("'{}' is not a folder; name the folder of a store", .0.display())]
    NotAFolder(PathBuf),
    /// Another process has it open.
    #[error("the store '{}' is in use by another steelthread; ask the server instead (--server URL), or stop it first", .0.display())]
    InUse(PathBuf),
    /// Written by a newer version.
    #[error("the store '{}' is in format {found}, and this steelthread reads up to {known}; use a newer one", .folder.display())]
    Newer {
        /// Which store.
        folder: PathBuf,
        /// Its format.
        found: u64,
        /// The newest that is known here.
        known: u64,
    },
    /// Written by an older version, and opened only to be asked.
    #[error(
        "the store '{}' is in format {found}: it can be asked, but not written to; serve --store or analyze --store bring it to \
         format {known} when they open it", .folder.display()
    )]
    Older {
        /// Which store.
        folder: PathBuf,
        /// Its format.
        found: u64,
        /// The format to which it is brought.
        known: u64,
    },
    /// Not what was written.
    #[error("the store '{}' is damaged: {what}; restore it from a copy, or make a new one with analyze --store", .folder.display())]
    Damaged {
        /// Which store.
        folder: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The disk, or the rights to it.
    #[error("the store '{}' cannot be used: {what}", .folder.display())]
    Io {
        /// Which store.
        folder: PathBuf,
        /// What the system says.
        what: String,
    },
    /// A copy could not be written.
    #[error("a backup cannot be written to '{}': {what}", .to.display())]
    Backup {
        /// To which file.
        to: PathBuf,
        /// Why not.
        what: String,
    },
    /// What is to be kept depends on something else that failed. Nothing was changed.
    #[error("nothing was written to the store: {0}")]
    NotReady(String),
    /// The partition has a newer owner. Nothing was changed.
    #[error(
        "partition {partition} is owned by epoch {newest} now, and this is epoch {epoch}: nothing was written; stop this one"
    )]
    OldEpoch {
        /// Which partition.
        partition: u32,
        /// Of who wanted to write.
        epoch: u64,
        /// Of the last who wrote.
        newest: u64,
    },
}

impl StoreError {
    pub(super) fn damaged(folder: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { folder: folder.into(), what: what.into() }
    }

    pub(super) fn io(folder: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{
            AlreadyExists, InvalidData, NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
            UnexpectedEof,
        };
        let io = |what_to_do: &str| Self::Io { folder: folder.into(), what: format!("{error}{what_to_do}") };
        match error.kind() {
            InvalidData | UnexpectedEof => Self::damaged(folder, error.to_string()),
            NotADirectory | AlreadyExists => Self::NotAFolder(folder.into()),
            PermissionDenied => io("; give the user who runs steelthread the right to read and write there"),
            ReadOnlyFilesystem => io("; name a folder that can be written"),
            StorageFull | QuotaExceeded => io("; make room on its disk"),
            _ => io(""),
        }
    }

    pub(super) fn of(folder: &Path, error: impl Into<redb::Error>) -> Self {
        match error.into() {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Self::InUse(folder.into()),
            redb::Error::Io(error) => Self::io(folder, &error),
            redb::Error::PreviousIo => Self::Io {
                folder: folder.into(),
                what: "it could not be written, and is opened again with the next attempt".into(),
            },
            other => Self::damaged(folder, other.to_string()),
        }
    }
}

/// What ends the work on a transaction; the folder is known to who began it.
pub(super) enum Stop {
    Redb(redb::Error),
    Record(Unreadable),
    Ours(StoreError),
}

impl Stop {
    pub(super) fn into_error(self, folder: &Path) -> StoreError {
        match self {
            Self::Redb(error) => StoreError::of(folder, error),
            Self::Record(Unreadable::Damaged(what)) => StoreError::damaged(folder, what),
            Self::Record(Unreadable::Newer(found)) => {
                StoreError::Newer { folder: folder.into(), found: found.into(), known: record::FORMAT.into() }
            }
            Self::Ours(error) => error,
        }
    }
}

macro_rules! stops {
    ($($error:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Self::$variant(error.into())
            }
        })+
    };
}

stops! {
    redb::TableError => Redb,
    redb::StorageError => Redb,
    Unreadable => Record,
    prost::DecodeError => Record,
    StoreError => Ours,
}
