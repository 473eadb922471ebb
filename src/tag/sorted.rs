//! A span's attributes by what they mean, whatever name they were sent under: the newest that says something counts.

use super::alias::{Meaning, SLOTS, set_of};
use crate::model::{Attribute, Value};

/// Which names of the table were there, and at which attribute.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    present: u64,
    at: [u32; SLOTS],
}

impl Seen {
    /// Nothing was there.
    pub const NOTHING: Self = Self { present: 0, at: [0; SLOTS] };

    /// Forgets everything.
    #[inline]
    pub fn clear(&mut self) {
        self.present = 0;
    }

    /// The name of this slot is at this attribute; the last one counts.
    #[inline]
    pub fn put(&mut self, slot: u8, attribute: u32) {
        self.present |= 1 << slot;
        self.at[usize::from(slot)] = attribute;
    }
}

/// A span's attributes by meaning.
#[derive(Debug, Clone, Copy)]
pub struct Sorted<'a, 'b> {
    seen: &'b Seen,
    attributes: &'a [Attribute<'a>],
}

impl<'a, 'b> Sorted<'a, 'b> {
    /// `seen` was made from these attributes.
    pub fn new(seen: &'b Seen, attributes: &'a [Attribute<'a>]) -> Self {
        Self { seen, attributes }
    }

    /// Whether an attribute of this set was there, perhaps without a value.
    #[inline]
    pub fn any(self, set: u64) -> bool {
        self.seen.present & set != 0
    }

    /// The first that can be read, newest name first.
    #[inline]
    pub fn find<R>(self, meaning: Meaning, read: impl Fn(&'a Value<'a>) -> Option<R>) -> Option<R> {
        let mut left = self.seen.present & set_of(meaning);
        while left != 0 {
            let at = self.seen.at[left.trailing_zeros() as usize % SLOTS] as usize;
            let found = self.attributes.get(at).and_then(|attribute| read(&attribute.value));
            if found.is_some() {
                return found;
            }
            left &= left - 1;
        }
        None
    }

    /// The newest that says something; [`Value::Empty`] if there is none.
    #[inline]
    pub fn newest(self, meaning: Meaning) -> &'a Value<'a> {
        self.find(meaning, |value| says_something(value).then_some(value)).unwrap_or(&Value::Empty)
    }

    /// The newest text that is not empty; an empty one if there is none. Where a name is asked for, a number is none.
    #[inline]
    pub fn text(self, meaning: Meaning) -> &'a [u8] {
        self.find(meaning, text).unwrap_or_default()
    }

    /// All texts that are not empty, newest name first.
    #[inline]
    pub fn texts(self, meaning: Meaning, mut take: impl FnMut(&'a [u8])) {
        let mut left = self.seen.present & set_of(meaning);
        while left != 0 {
            let at = self.seen.at[left.trailing_zeros() as usize % SLOTS] as usize;
            if let Some(text) = self.attributes.get(at).and_then(|attribute| text(&attribute.value)) {
                take(text);
            }
            left &= left - 1;
        }
    }
}

/// Text that is not empty.
#[inline]
fn text<'a>(value: &Value<'a>) -> Option<&'a [u8]> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Whether there is a value that can be read.
#[inline]
pub fn says_something(value: &Value<'_>) -> bool {
    !matches!(value, Value::Empty | Value::Other | Value::Text(b""))
}
