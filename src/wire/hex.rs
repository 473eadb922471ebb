//! Ids written in hex.

use smallvec::SmallVec;

/// The bytes of an id; on the stack as long as it is one.
pub(super) type Id = SmallVec<[u8; 16]>;

/// The bytes of a text of hex digits in either case, however many; `None` if a character is no hex digit or the last one has no partner.
pub(super) fn decode(text: &str) -> Option<Id> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// The bytes of an id that may be written without its leading zeros; `width` bytes if it is not longer. An empty text stays empty.
pub(super) fn decode_padded(text: &str, width: usize) -> Option<Id> {
    if text.is_empty() || text.len() >= width * 2 {
        return decode(text);
    }
    let mut id = Id::from_elem(0, width);
    for (index, character) in text.bytes().rev().enumerate() {
        let value = digit(character)?;
        id[width - 1 - index / 2] |= if index % 2 == 0 { value } else { value << 4 };
    }
    Some(id)
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}
