//! A seeded hash of 128 bits that needs one pass: two lanes, each a chain of folded multiplications.
//!
//! The lanes see the same words in different places and start from different secrets, so that what collides in one does not in
//! the other. A hash is good within one process only; nothing that is kept may depend on it.

use crate::model::{FactId, Value};
use std::hash::{BuildHasher, RandomState};

/// The secrets of a tagger, drawn by chance.
#[derive(Debug, Clone, Copy)]
pub struct Seeds([u64; 4]);

impl Seeds {
    /// New ones.
    pub fn by_chance() -> Self {
        Self(std::array::from_fn(|at| RandomState::new().hash_one(at)))
    }
}

/// A hash in the making.
#[derive(Debug, Clone, Copy)]
pub struct Mix {
    a: u64,
    b: u64,
    key_a: u64,
    key_b: u64,
}

// What stands for a value that is not text, beside which no text is likely.
const INT: u64 = 0x9ae1_6a3b_2f90_404f;
const DOUBLE: u64 = 0xc3a5_c85c_97cb_3127;
const BOOL: u64 = 0xb492_b66f_be98_f273;
const OTHER: u64 = 0x8f5c_3f8e_1d2b_6a95;
const EMPTY: u64 = 0xd6e8_feb8_6659_fd93;

impl Mix {
    /// Nothing yet. Hashes of different `purpose` have nothing to do with each other.
    #[inline]
    pub fn new(seeds: &Seeds, purpose: u64) -> Self {
        let [a, b, key_a, key_b] = seeds.0;
        let mut mix = Self { a, b, key_a, key_b };
        mix.label(purpose);
        mix
    }

    /// Says what comes next; goes with it, and does not count alone.
    #[inline]
    pub fn label(&mut self, label: u64) {
        self.a ^= label.wrapping_mul(INT);
        self.b ^= label.wrapping_mul(DOUBLE);
    }

    /// Adds two words.
    #[inline]
    pub fn pair(&mut self, x: u64, y: u64) {
        (self.a, self.b) = (fold(self.a ^ x, y ^ self.key_a), fold(self.b ^ y, x ^ self.key_b));
    }

    /// Adds a text with its length.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.a = self.a.rotate_left(bytes.len() as u32);
        self.b = self.b.rotate_left(bytes.len() as u32);
        if bytes.len() > 16 {
            return self.long(bytes);
        }
        let (x, y) = ends(bytes);
        self.pair(x, y);
    }

    /// The last 16 bytes overlap with the blocks before, so that there is no rest to care for.
    fn long(&mut self, bytes: &[u8]) {
        let mut block = |block: &[u8]| {
            let (x, y) = ends(block);
            self.pair(x, y);
        };
        let (blocks, _) = bytes[..bytes.len() - 1].as_chunks::<16>();
        for one in blocks {
            block(one);
        }
        block(&bytes[bytes.len() - 16..]);
    }

    /// Adds a value with its type.
    #[inline]
    pub fn value(&mut self, value: &Value<'_>) {
        match *value {
            Value::Text(text) => self.bytes(text),
            Value::Int(number) => self.pair(number as u64, INT),
            Value::Double(number) => self.pair(number.to_bits(), DOUBLE),
            Value::Bool(truth) => self.pair(u64::from(truth), BOOL),
            Value::Other => self.pair(0, OTHER),
            Value::Empty => self.pair(0, EMPTY),
        }
    }

    /// Adds a list of facts with its length.
    pub fn facts(&mut self, facts: &[FactId]) {
        self.pair(facts.len() as u64, 0);
        for fact in facts {
            self.pair(u64::from(fact.0), 1);
        }
    }

    /// Adds another hash.
    #[inline]
    pub fn hash(&mut self, hash: u128) {
        self.pair(hash as u64, (hash >> 64) as u64);
    }

    /// The hash.
    #[inline]
    pub fn finish(self) -> u128 {
        u128::from(self.a) << 64 | u128::from(self.b)
    }
}

#[inline]
fn fold(x: u64, y: u64) -> u64 {
    let product = u128::from(x) * u128::from(y);
    (product as u64) ^ ((product >> 64) as u64)
}

/// First and last eight bytes as numbers; of a text of at most 16 bytes that is, with the length, all there is to know.
#[inline]
pub fn ends(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
    } else if let (Some(first), Some(last)) = (bytes.first(), bytes.last()) {
        (u64::from(*first) | u64::from(bytes[bytes.len() / 2]) << 8, (*last).into())
    } else {
        (0, 0)
    }
}
