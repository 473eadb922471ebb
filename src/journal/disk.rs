//! The disk as the journal needs it: a folder of files with flat names. Behind the trait stand the real one and a simulated one that
//! loses power ([`super::simulated`]).

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder of segments.
pub trait Disk: Send + Sync + Debug {
    /// Where it is, for messages.
    fn folder(&self) -> &Path;

    /// All files in it, with their lengths in bytes. Folders are left out.
    ///
    /// # Errors
    /// It cannot be read.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;

    /// Makes a file, or empties it, with room for this many bytes where the disk can promise that.
    ///
    /// # Errors
    /// There is no room, or no right to do so. The file is not there then.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn SegmentFile>>;

    /// Opens a file that is there, for reading and writing.
    ///
    /// # Errors
    /// It is not there, or there is no right to do so.
    fn open(&self, name: &str) -> io::Result<Arc<dyn SegmentFile>>;

    /// Gives a file another name.
    ///
    /// # Errors
    /// It is not there, or there is no right to do so.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. One that is not there is removed already.
    ///
    /// # Errors
    /// There is no right to do so.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names survive a power cut.
    ///
    /// # Errors
    /// The disk could not write them.
    fn sync_folder(&self) -> io::Result<()>;
}

/// An open file.
pub trait SegmentFile: Send + Sync + Debug {
    /// Writes both parts, one after the other, from this byte on: all, or it is an error and any part of it may have been written.
    ///
    /// # Errors
    /// The disk is full or broken.
    fn write_at(&self, parts: [&[u8]; 2], at: u64) -> io::Result<()>;

    /// Reads from this byte on, up to the length of the buffer. 0 at the end of the file.
    ///
    /// # Errors
    /// The disk is broken.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;

    /// Makes everything written survive a power cut.
    ///
    /// # Errors
    /// The disk could not write it. What was not written then may be forgotten for good.
    fn sync_data(&self) -> io::Result<()>;

    /// Length in bytes.
    ///
    /// # Errors
    /// The disk is broken.
    fn length(&self) -> io::Result<u64>;

    /// Cuts off what lies behind this many bytes.
    ///
    /// # Errors
    /// The disk is broken.
    fn cut(&self, bytes: u64) -> io::Result<()>;
}

/// A folder of the machine, locked against a second process as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Holds the lock, which the system takes away with the process, and serves for syncing names.
    handle: File,
}

impl Folder {
    /// Opens the folder, and makes it if it is not there.
    ///
    /// # Errors
    /// `NotADirectory`; `PermissionDenied` or `ReadOnlyFilesystem` if it cannot be written; `WouldBlock` if another process has it.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path.exists() && !path.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        std::fs::create_dir_all(path)?;
        let handle = File::open(path)?;
        system::may_write(path)?;
        handle.try_lock().map_err(io::Error::from)?;
        Ok(Self { path: path.into(), handle })
    }
}

impl Disk for Folder {
    fn folder(&self) -> &Path {
        &self.path
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if let (true, Ok(name)) = (about.is_file(), entry.file_name().into_string()) {
                files.push((name, about.len()));
            }
        }
        Ok(files)
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let path = self.path.join(name);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        if let Err(error) = system::set_aside(&file, bytes) {
            drop(file);
            std::fs::remove_file(&path)?;
            return Err(error);
        }
        Ok(Arc::new(OnDisk(file)))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn SegmentFile>> {
        Ok(Arc::new(OnDisk(OpenOptions::new().read(true).write(true).open(self.path.join(name))?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.handle.sync_all()
    }
}

#[derive(Debug)]
struct OnDisk(File);

impl SegmentFile for OnDisk {
    fn write_at(&self, parts: [&[u8]; 2], mut at: u64) -> io::Result<()> {
        let mut slices = parts.map(IoSlice::new);
        let mut left = &mut slices[..];
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            match system::write(&self.0, left, at) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    at += written as u64;
                    IoSlice::advance_slices(&mut left, written);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        loop {
            match system::read(&self.0, into, at) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn cut(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }
}

#[cfg(unix)]
mod system {
    use rustix::fs::{Access, FallocateFlags};
    use rustix::io::Errno;
    use std::fs::File;
    use std::io::{self, IoSlice};
    use std::path::Path;

    /// Asks before anything is made, so that nothing is left half done.
    pub(super) fn may_write(folder: &Path) -> io::Result<()> {
        Ok(rustix::fs::access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)?)
    }

    /// Not every file system can promise room; there the write itself will tell.
    pub(super) fn set_aside(file: &File, bytes: u64) -> io::Result<()> {
        match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes.max(1)) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
            other => Ok(other?),
        }
    }

    pub(super) fn write(file: &File, parts: &[IoSlice<'_>], at: u64) -> io::Result<usize> {
        Ok(rustix::io::pwritev(file, parts, at)?)
    }

    pub(super) fn read(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(file, into, at)
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::File;
    use std::io::{self, ErrorKind, IoSlice};
    use std::path::Path;

    pub(super) fn may_write(_folder: &Path) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    pub(super) fn set_aside(_file: &File, _bytes: u64) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    pub(super) fn write(_file: &File, _parts: &[IoSlice<'_>], _at: u64) -> io::Result<usize> {
        Err(ErrorKind::Unsupported.into())
    }

    pub(super) fn read(_file: &File, _into: &mut [u8], _at: u64) -> io::Result<usize> {
        Err(ErrorKind::Unsupported.into())
    }
}
