//! Text as numbers: each distinct text is checked and stored once.

use dashmap::DashMap;
use foldhash::fast::RandomState;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of an interned text. Only [`Names`] can say which text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Name(u32);

impl Name {
    /// The empty text: "not given".
    pub const EMPTY: Self = Self(0);
    /// `(other)`: what names beyond the limit become.
    pub const OTHER: Self = Self(1);
    /// `(caller)`: who is to blame when the customer's own request was wrong.
    pub const CALLER: Self = Self(2);
    /// `unknown_service`: a resource without `service.name`.
    pub const UNKNOWN_SERVICE: Self = Self(3);
    /// `(unknown)`: no hop can be named.
    pub const UNKNOWN: Self = Self(4);

    /// Whether there is no text.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// The number itself, for use as an index or hash.
    pub fn number(self) -> u32 {
        self.0
    }
}

const RESERVED: [&str; 5] = ["", "(other)", "(caller)", "unknown_service", "(unknown)"];

/// All names seen: append-only, read without a lock, bounded.
#[derive(Debug)]
pub struct Names {
    texts: boxcar::Vec<Box<str>>,
    numbers: DashMap<Box<[u8]>, Name, RandomState>,
    limit: usize,
    stored: AtomicUsize,
}

impl Names {
    /// A table that stores at most `limit` names; further ones become `(other)`.
    pub fn new(limit: usize) -> Self {
        let names = Self {
            texts: boxcar::Vec::new(),
            numbers: DashMap::with_hasher_and_shard_amount(RandomState::default(), 64),
            limit: limit.max(RESERVED.len()),
            stored: AtomicUsize::new(0),
        };
        for text in RESERVED {
            names.intern(text.as_bytes());
        }
        names
    }

    /// The number of this text. Bytes that are not UTF-8 are replaced by U+FFFD on first sight.
    pub fn intern(&self, bytes: &[u8]) -> Name {
        if let Some(known) = self.numbers.get(bytes) {
            return *known;
        }
        if self.stored.load(Ordering::Relaxed) >= self.limit {
            return Name::OTHER;
        }
        let entry = self.numbers.entry(bytes.into());
        *entry.or_insert_with(|| {
            self.stored.fetch_add(1, Ordering::Relaxed);
            let text = String::from_utf8_lossy(bytes).into_owned().into_boxed_str();
            Name(self.texts.push(text) as u32)
        })
    }

    /// The number of this text if it is stored already.
    pub fn find(&self, bytes: &[u8]) -> Option<Name> {
        self.numbers.get(bytes).map(|known| *known)
    }

    /// The text of a name of this table; empty for a name of another one.
    pub fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", |text| text)
    }

    /// How many names are stored.
    pub fn len(&self) -> usize {
        self.stored.load(Ordering::Relaxed)
    }

    /// Never: the reserved names are always there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the limit is reached, so that new names become `(other)`.
    pub fn is_full(&self) -> bool {
        self.len() >= self.limit
    }
}

impl Default for Names {
    /// A million names.
    fn default() -> Self {
        Self::new(1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_gives_it_back() {
        let names = Names::default();
        let cart = names.intern(b"cart");
        assert_eq!(names.intern(b"cart"), cart);
        assert_eq!(names.text(cart), "cart");
        assert_eq!(names.text(Name::CALLER), "(caller)");
        assert_eq!(names.text(Name::UNKNOWN_SERVICE), "unknown_service");
        assert!(names.intern(b"").is_empty());
    }

    #[test]
    fn names_beyond_the_limit_become_other() {
        let names = Names::new(6);
        let kept = names.intern(b"kept");
        assert_eq!(names.intern(b"too much"), Name::OTHER);
        assert_eq!(names.intern(b"kept"), kept);
        assert!(names.is_full());
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_once() {
        let names = Names::default();
        let name = names.intern(&[b'a', 0xff]);
        assert_eq!(names.text(name), "a\u{fffd}");
        assert_eq!(names.intern(&[b'a', 0xff]), name);
    }
}
