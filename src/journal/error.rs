//! Why a journal cannot be opened. Nothing on the disk was changed then.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not a folder.
    #[error("the journal '{}' is not a folder; move the file away, or name another folder", .0.display())]
    NotAFolder(PathBuf),
    /// The rights are missing.
    #[error("the journal '{}' cannot be written: {why}; give it to the user who runs steelthread, or name another folder", .path.display())]
    NotWritable {
        /// Folder or file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Another process has it open.
    #[error("the journal '{}' is in use by another steelthread; stop that one first, or name another folder", .0.display())]
    InUse(PathBuf),
    /// Written by a newer version.
    #[error("'{}' is in format {found}, and this steelthread reads up to {known}; use a newer one", .segment.display())]
    Newer {
        /// Which file.
        segment: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// It has the name of a segment, and is none.
    #[error(
        "'{}' does not begin as a segment of a journal: it is damaged there, or not ours; move it out of the folder, and the messages in \
         it are told as lost",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The disk.
    #[error("the journal '{}' cannot be opened: {why}", .path.display())]
    Io {
        /// Folder or file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
}

impl OpenError {
    pub(super) fn of_folder(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Self::NotAFolder(path.into()),
            ErrorKind::WouldBlock => Self::InUse(path.into()),
            _ => Self::of_file(path, error),
        }
    }

    pub(super) fn of_file(path: &Path, error: &io::Error) -> Self {
        let (path, why) = (path.into(), error.to_string());
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path, why },
            _ => Self::Io { path, why },
        }
    }
}
