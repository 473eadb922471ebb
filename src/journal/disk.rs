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
        use rustix::fs::Access;
        rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)?;
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
        match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes.max(1)) {
            // Not every file system can promise room; there the write itself will tell.
            Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS | rustix::io::Errno::INVAL) => {}
            Err(error) => {
                drop(file);
                std::fs::remove_file(&path)?;
                return Err(error.into());
            }
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
            match rustix::io::pwritev(&self.0, left, at) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    at += written as u64;
                    IoSlice::advance_slices(&mut left, written);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        loop {
            match std::os::unix::fs::FileExt::read_at(&self.0, into, at) {
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
