//! What can be done with a store as a whole: a copy of it, and less room on the disk.

use super::Error;
use crate::model::{Hops, Names};
use crate::serve::NoSnapshot;
use crate::store::{STORE_FILE, Store, StoreError};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Bytes of the file of a store before and after something was done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Before.
    pub before: u64,
    /// After; of a backup, its own.
    pub after: u64,
}

/// A copy that is being made lies beside the store under this name. What a crash has left there goes when the next one begins.
const COPY: &str = "backup";

/// Writes a copy of a store that nobody has open to this file.
///
/// # Errors
/// There is no store, it is in use or damaged, or the file cannot be written.
pub fn backup_store(folder: &Path, to: &Path) -> Result<Sizes, Error> {
    let store = open(folder)?;
    let before = size(folder)?;
    copy(&store, to)?;
    let after = std::fs::metadata(to).map_err(|error| Error(format!("'{}' cannot be read: {error}", to.display())))?.len();
    Ok(Sizes { before, after })
}

/// Gives back to the disk what a store that nobody has open does not need. `progress` is told how many windows have been rewritten.
///
/// # Errors
/// There is no store, it is in use or damaged, or the disk cannot be written.
pub fn compact_store(folder: &Path, progress: &mut dyn FnMut(u64)) -> Result<Sizes, Error> {
    let mut store = open(folder)?;
    let before = size(folder)?;
    store.compact(progress).map_err(|error| Error(error.to_string()))?;
    drop(store);
    Ok(Sizes { before, after: size(folder)? })
}

/// That this file is not the file of a store that is in use: whoever writes there would take it away from its server.
///
/// # Errors
/// It is.
pub fn is_no_store_in_use(file: &Path) -> Result<(), Error> {
    let folder = file.parent().filter(|_| file.ends_with(STORE_FILE) && file.exists());
    match folder.map(|folder| Store::open(folder, Arc::default(), Arc::default())) {
        Some(Err(StoreError::InUse(folder))) => {
            Err(Error(format!("a steelthread is using the store '{}': a backup cannot be written there", folder.display())))
        }
        _ => Ok(()),
    }
}

/// A copy of a store that is in use, open for reading and already without a name: it is gone when it is closed.
pub(super) fn snapshot(store: &Store) -> Result<File, NoSnapshot> {
    let path = store.folder().join(COPY);
    without_name(&path, || copy(store, &path).map_err(|error| error.to_string())).map_err(NoSnapshot::Failed)
}

fn without_name(path: &Path, write: impl FnOnce() -> Result<(), String>) -> Result<File, String> {
    let told = |error: io::Error| error.to_string();
    let remove = || std::fs::remove_file(path);
    match remove() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(told(error)),
        _ => {}
    }
    let file = write().and_then(|()| File::open(path).map_err(told));
    match (file, remove()) {
        (Ok(_), Err(error)) => Err(told(error)),
        (file, _) => file,
    }
}

fn open(folder: &Path) -> Result<Store, Error> {
    let (names, hops) = (Arc::new(Names::default()), Arc::new(Hops::default()));
    Store::open(folder, names, hops).map_err(|error| Error(error.to_string()))
}

fn size(folder: &Path) -> Result<u64, Error> {
    let file = folder.join(STORE_FILE);
    let found = std::fs::metadata(&file).map_err(|error| Error(format!("'{}' cannot be read: {error}", file.display())))?;
    Ok(found.len())
}

fn copy(store: &Store, to: &Path) -> Result<(), Error> {
    store.backup(to).map_err(|error| Error(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::io::Read;

    #[test]
    fn a_copy_has_no_name_any_more_when_it_is_read_and_what_a_crash_has_left_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(COPY);
        std::fs::write(&path, "half of one").unwrap();
        let mut file = without_name(&path, || std::fs::write(&path, "whole").map_err(|error| error.to_string())).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "whole");
        let failed = without_name(&path, || {
            std::fs::write(&path, "half").unwrap();
            Err("the disk is full".into())
        });
        assert_eq!((failed.unwrap_err().as_str(), path.exists()), ("the disk is full", false));
    }

    #[test]
    fn a_store_in_use_is_neither_copied_nor_compacted_nor_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let told = |error: Error| error.to_string();
        assert!(told(compact_store(path, &mut |_| {}).unwrap_err()).contains("there is no store in"));
        let file = path.join(STORE_FILE);
        assert!(is_no_store_in_use(&file).is_ok());
        let store = Store::create(path, "", Arc::default(), Arc::default()).unwrap();
        assert!(told(compact_store(path, &mut |_| {}).unwrap_err()).contains("in use by another steelthread"));
        assert!(told(backup_store(path, &path.join("x")).unwrap_err()).contains("in use by another steelthread"));
        assert!(told(is_no_store_in_use(&file).unwrap_err()).contains("a backup cannot be written there"));
        assert!(is_no_store_in_use(&path.join("other")).is_ok());
        drop(store);
        assert!(is_no_store_in_use(&file).is_ok());
    }
}
