//! From an attribute's key to what is done with it: the one table that is asked for every attribute of every span.

use super::mix::ends;

/// What is done with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Its slot in the alias table; [`Use::NO_SLOT`] if it has none.
    pub slot: u8,
    /// Its number among the keys that the map tests; [`Use::NO_TEST`] if there is none.
    pub test: u32,
}

impl Use {
    /// Not in the alias table.
    pub const NO_SLOT: u8 = u8::MAX;
    /// Not tested by the map.
    pub const NO_TEST: u32 = u32::MAX;

    /// Whether it is in the alias table.
    #[inline]
    pub fn has_slot(self) -> bool {
        self.slot != Self::NO_SLOT
    }

    /// Whether the map tests it.
    #[inline]
    pub fn is_tested(self) -> bool {
        self.test != Self::NO_TEST
    }
}

#[derive(Debug, Clone, Copy)]
struct Place {
    first: u64,
    last: u64,
    /// What follows the first eight bytes and precedes the last eight; 0 in keys of up to 16 bytes.
    middle: (u64, u64),
    /// Where the key's text begins in `texts`.
    text: u32,
    length: u32,
    used: Use,
}

const FREE: Place =
    Place { first: 0, last: 0, middle: (0, 0), text: 0, length: u32::MAX, used: Use { slot: Use::NO_SLOT, test: Use::NO_TEST } };

impl Place {
    #[inline]
    fn is_free(&self) -> bool {
        self.length == FREE.length
    }

    /// Whether this key is here, as far as its length, its ends and its middle tell: up to 32 bytes that is all.
    #[inline]
    fn is_short(&self, key: &[u8], first: u64, last: u64) -> bool {
        let ends_are = self.first == first && self.last == last && self.length as usize == key.len();
        ends_are && (key.len() <= 16 || self.middle == middle(key))
    }
}

/// An open hash table, at most a quarter full. Most keys are told from the others by length and ends; the middle is compared last.
#[derive(Debug)]
pub struct Keys {
    places: Vec<Place>,
    texts: Vec<u8>,
    mask: usize,
}

impl Keys {
    /// From the names of the slots, and the keys that the map tests.
    pub fn new(slots: impl Iterator<Item = &'static str>, tests: &[String]) -> Self {
        let slots = slots.zip(0u8..).map(|(key, slot)| (key, Use { slot, test: Use::NO_TEST }));
        let slots: Vec<_> = slots.collect();
        let size = ((slots.len() + tests.len()) * 4).next_power_of_two();
        let tests = tests.iter().zip(0u32..).map(|(key, test)| (key.as_str(), Use { slot: Use::NO_SLOT, test }));
        let mut keys = Self { places: vec![FREE; size], texts: Vec::new(), mask: size - 1 };
        for (key, used) in slots.into_iter().chain(tests) {
            keys.put(key.as_bytes(), used);
        }
        keys
    }

    fn put(&mut self, key: &[u8], used: Use) {
        let text = self.texts.len() as u32;
        let (first, last) = ends(key);
        let at = self.position(key, first, last);
        if let Some(place) = self.places.get_mut(at) {
            if place.is_free() {
                *place = Place { first, last, middle: middle(key), text, length: key.len() as u32, used };
                self.texts.extend_from_slice(key);
            } else {
                place.used = Use { slot: place.used.slot.min(used.slot), test: place.used.test.min(used.test) };
            }
        }
    }

    /// What is done with this key; nothing, if it is not in the table.
    ///
    /// Most keys are where they should be, or nothing is. That much is looked at in place; whatever else there is, is a call.
    #[inline(always)]
    pub fn find(&self, key: &[u8]) -> Use {
        let (first, last) = ends(key);
        match self.places.get(start(first, last, key.len()) & self.mask) {
            Some(place) if place.is_free() || (key.len() <= 32 && place.is_short(key, first, last)) => place.used,
            _ => self.places[self.position(key, first, last)].used,
        }
    }

    /// Where the key is, or where it would be put; there is always a free place.
    #[inline(never)]
    fn position(&self, key: &[u8], first: u64, last: u64) -> usize {
        let mut at = start(first, last, key.len()) & self.mask;
        loop {
            let place = &self.places[at];
            if place.is_free() || (place.is_short(key, first, last) && (key.len() <= 32 || self.rest_is(place, key))) {
                return at;
            }
            at = (at + 1) & self.mask;
        }
    }

    #[cold]
    fn rest_is(&self, place: &Place, key: &[u8]) -> bool {
        self.texts.get(place.text as usize..(place.text + place.length) as usize) == Some(key)
    }
}

/// With the ends, and the length, all there is to know of a key of at most 32 bytes.
#[inline]
fn middle(key: &[u8]) -> (u64, u64) {
    let (Some((_, rest)), Some((before, _))) = (key.split_first_chunk::<8>(), key.split_last_chunk::<8>()) else { return (0, 0) };
    match (rest.first_chunk::<8>(), before.last_chunk::<8>()) {
        (Some(second), Some(last_but_one)) if key.len() > 16 => (u64::from_le_bytes(*second), u64::from_le_bytes(*last_but_one)),
        _ => (0, 0),
    }
}

#[inline]
fn start(first: u64, last: u64, length: usize) -> usize {
    let mixed = (first ^ last.rotate_left(29) ^ (length as u64).rotate_left(47)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}
