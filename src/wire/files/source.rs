//! Opens what is to be read and unpacks it, counting the bytes as they lie.

use super::ReadError;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A stream of bytes.
pub(super) type Stream = Box<dyn Read + Send>;

/// Something to read.
pub(super) enum Input {
    /// A file and its size, if it has one.
    File(PathBuf, Option<u64>),
    Stdin,
    Stream(String, Stream),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Input {
    /// What lies at a path. Files are opened for a moment so that one that cannot be read is known at once.
    pub(super) fn at(path: &Path) -> Result<Self, ReadError> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdin);
        }
        let about = fs::metadata(path).map_err(|error| refused(path, &error))?;
        if about.is_dir() {
            return Err(ReadError::Folder { name: path.display().to_string() });
        }
        if !about.is_file() {
            return Ok(Self::File(path.to_owned(), None));
        }
        File::open(path).map_err(|error| refused(path, &error))?;
        Ok(Self::File(path.to_owned(), Some(about.len())))
    }

    pub(super) fn stream(name: &str, stream: impl Read + Send + 'static) -> Self {
        Self::Stream(name.to_owned(), Box::new(stream))
    }

    pub(super) fn is_stdin(&self) -> bool {
        matches!(self, Self::Stdin)
    }

    /// Its size in bytes, if it has one.
    pub(super) fn size(&self) -> Option<u64> {
        if let Self::File(_, size) = self { *size } else { None }
    }

    /// How warnings call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path, _) => path.display().to_string(),
            Self::Stdin => "stdin".to_owned(),
            Self::Stream(name, _) => name.clone(),
        }
    }

    /// Its bytes, unpacked. Reading moves `position`.
    pub(super) fn open(self, position: &Position) -> Result<Stream, ReadError> {
        let stream: Stream = match self {
            Self::File(path, _) => Box::new(File::open(&path).map_err(|error| refused(&path, &error))?),
            Self::Stdin => Box::new(io::stdin()),
            Self::Stream(_, stream) => stream,
        };
        Ok(unpacked(stream, position))
    }
}

fn refused(path: &Path, error: &io::Error) -> ReadError {
    let name = path.display().to_string();
    match error.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound { name },
        _ => ReadError::Refused { name, error: error.to_string() },
    }
}

/// The stream, through the decompressor that its first bytes ask for.
fn unpacked(stream: Stream, position: &Position) -> Stream {
    let mut watched = Watched { stream, position: position.clone() };
    let mut magic = Vec::with_capacity(4);
    // An error here comes up again when the rest is read.
    let _ = watched.by_ref().take(4).read_to_end(&mut magic);
    let packing = Packing::of(&magic);
    let counted =
        Counted { inner: BufReader::with_capacity(64 << 10, io::Cursor::new(magic).chain(watched)), position: position.clone() };
    match packing {
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
        Packing::Zstd => match zstd::stream::read::Decoder::with_buffer(counted) {
            Ok(decoder) => Box::new(decoder),
            Err(error) => Box::new(Failing(error.kind())),
        },
        Packing::Plain => Box::new(counted),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first four bytes. A zstd stream may begin with a frame that is to be skipped, with one of sixteen magic numbers.
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// A stream that only fails: a decompressor that could not be made.
struct Failing(io::ErrorKind);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

/// How far reading has come. Shared with the streams that are being read.
#[derive(Debug, Clone, Default)]
pub(super) struct Position(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: AtomicU64,
    before_file: AtomicU64,
    broken: AtomicBool,
}

impl Position {
    /// The bytes that follow are of another file.
    pub(super) fn begin_file(&self) {
        self.0.before_file.store(self.in_all(), Ordering::Relaxed);
    }

    /// The file is done with, though maybe not all of it was read.
    pub(super) fn end_file(&self, size: u64) {
        self.0.all.fetch_max(self.0.before_file.load(Ordering::Relaxed) + size, Ordering::Relaxed);
    }

    pub(super) fn in_all(&self) -> u64 {
        self.0.all.load(Ordering::Relaxed)
    }

    pub(super) fn in_file(&self) -> u64 {
        self.in_all() - self.0.before_file.load(Ordering::Relaxed)
    }

    /// Whether the system failed to read, and not a decompressor.
    pub(super) fn is_broken(&self) -> bool {
        self.0.broken.load(Ordering::Relaxed)
    }
}

/// Notes when the system fails to read.
struct Watched {
    stream: Stream,
    position: Position,
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let outcome = self.stream.read(into);
        if outcome.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted) {
            self.position.0.broken.store(true, Ordering::Relaxed);
        }
        outcome
    }
}

/// Counts bytes when they are used, not when they are fetched: that is the place where an archive is broken.
struct Counted<R> {
    inner: R,
    position: Position,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.position.0.all.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.position.0.all.fetch_add(count as u64, Ordering::Relaxed);
    }
}
