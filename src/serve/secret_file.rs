//! Files that hold secrets: read whole, and never quoted.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// No certificate, key or list of tokens is longer, in bytes.
const MOST_BYTES: u64 = 4 << 20;

/// Reads a file.
///
/// # Errors
/// One sentence that begins with its name.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let name = path.display();
    let mut bytes = Vec::new();
    let taken = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    taken.map_err(|error| format!("'{name}' cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("'{name}' is larger than 4 MiB; name the right file"));
    }
    Ok(bytes)
}

/// What should be said about who may read it.
#[cfg(unix)]
pub fn too_open(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let name = path.display();
    (mode & 0o044 != 0).then(|| format!("'{name}' can be read by others than its owner; 'chmod 600 {name}' closes it"))
}

/// Nothing is known of it here.
#[cfg(not(unix))]
pub fn too_open(_: &Path) -> Option<String> {
    None
}

/// Whether files have changed, by their hash: what is secret is not kept twice.
#[derive(Default)]
pub(super) struct Settling(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// Of what was last believed.
    believed: u64,
    /// Of what was last found.
    found: u64,
}

impl Settling {
    /// This is believed.
    pub(super) fn new(read: &impl Hash) -> Self {
        let digest = digest(read);
        Self(Mutex::new(Seen { believed: digest, found: digest }))
    }

    /// Whether this is something else, and was found twice in a row. True but once.
    pub(super) fn has_settled_otherwise(&self, read: &impl Hash) -> bool {
        let digest = digest(read);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = digest != seen.believed && digest == seen.found;
        seen.found = digest;
        if is_new {
            seen.believed = digest;
        }
        is_new
    }
}

fn digest(read: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    read.hash(&mut hasher);
    hasher.finish()
}
