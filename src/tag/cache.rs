//! A bounded memory of a worker: hash to value, emptied when full.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Takes a hash for what it is.
#[derive(Debug, Default, Clone, Copy)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Builds [`AsIs`].
pub type BuildAsIs = BuildHasherDefault<AsIs>;

/// The memory. To empty it when full is crude, and cheap: what is in use is back soon.
#[derive(Debug)]
pub struct Cache<V> {
    known: HashMap<u128, V, BuildAsIs>,
    limit: usize,
}

impl<V> Cache<V> {
    /// An empty one.
    pub fn new(limit: usize) -> Self {
        Self { known: HashMap::default(), limit }
    }

    /// What was put under this hash.
    #[inline]
    pub fn get(&self, hash: u128) -> Option<&V> {
        self.known.get(&hash)
    }

    /// Remembers.
    pub fn put(&mut self, hash: u128, value: V) {
        if self.known.len() >= self.limit {
            self.known.clear();
        }
        self.known.insert(hash, value);
    }
}
