//! Numbers as a token of one byte, for what numbers of a kind have in common, and bits, for what is chance in them.
//!
//! A number below 16 is its own token. A larger one lies in an octave: its token tells the octave and the two bits after the highest,
//! the bits below follow as they are. Tokens go to where their like are and are compressed; the bits would not get any smaller.

use super::Unreadable;

/// A token and how many bits follow it.
pub(super) fn token_of(value: u64) -> (u8, u32) {
    if value < 16 {
        return (value as u8, 0);
    }
    let octave = value.ilog2();
    ((16 + (octave - 4) * 4 + (value >> (octave - 2)) as u32 % 4) as u8, octave - 2)
}

/// How many bits follow a token.
pub(super) fn bits_after(token: u8) -> u32 {
    if token < 16 { 0 } else { (u32::from(token) - 16) / 4 + 2 }
}

/// The number of a token of 16 or more, and its bits.
pub(super) fn number_of(token: u8, bits: u64) -> u64 {
    if token < 16 {
        return u64::from(token);
    }
    let leading = 4 + (u64::from(token) % 4);
    (leading << bits_after(token)) | bits
}

/// Small for a small difference to either side. Wraps.
pub(super) fn zigzag(value: u128, likely: u128) -> u128 {
    let difference = value.wrapping_sub(likely) as i128;
    ((difference << 1) ^ (difference >> 127)) as u128
}

/// The value that lies so far from the likely one.
pub(super) fn unzigzag(distance: u128, likely: u128) -> u128 {
    likely.wrapping_add((distance >> 1) ^ (distance & 1).wrapping_neg())
}

/// The same for 64 bits.
pub(super) fn zigzag_64(value: u64, likely: u64) -> u64 {
    let difference = value.wrapping_sub(likely) as i64;
    ((difference << 1) ^ (difference >> 63)) as u64
}

/// The same for 64 bits.
pub(super) fn unzigzag_64(distance: u64, likely: u64) -> u64 {
    likely.wrapping_add((distance >> 1) ^ (distance & 1).wrapping_neg())
}

/// Bits one after the other, lowest first.
#[derive(Debug, Default)]
pub(super) struct BitSink {
    bytes: Vec<u8>,
    waiting: u128,
    length: u32,
}

impl BitSink {
    /// At most 64 bits.
    pub(super) fn put(&mut self, bits: u64, length: u32) {
        self.waiting |= u128::from(bits) << self.length;
        self.length += length;
        while self.length >= 8 {
            self.bytes.push(self.waiting as u8);
            self.waiting >>= 8;
            self.length -= 8;
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.length > 0 {
            self.bytes.push(self.waiting as u8);
        }
        self.bytes
    }
}

/// Reads them again.
#[derive(Debug)]
pub(super) struct BitSource {
    /// Padded, so that 16 bytes can be read from any place.
    bytes: Vec<u8>,
    at: usize,
    end: usize,
}

impl BitSource {
    pub(super) fn new(bits: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(bits.len() + 16);
        bytes.extend_from_slice(bits);
        bytes.extend_from_slice(&[0; 16]);
        Self { bytes, at: 0, end: bits.len() * 8 }
    }

    /// At most 64 bits.
    pub(super) fn take(&mut self, length: u32) -> Result<u64, Unreadable> {
        let next = self.at + length as usize;
        let here = self.bytes.get(self.at / 8..).and_then(|rest| rest.first_chunk::<16>());
        let Some(here) = here.filter(|_| next <= self.end) else {
            return Err(Unreadable::Damaged("a block ends too early".into()));
        };
        let shifted = u128::from_le_bytes(*here) >> (self.at % 8);
        self.at = next;
        Ok((shifted & ((1 << length) - 1)) as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn any_number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0u32..64).prop_map(|(bits, shift)| bits >> shift)
    }

    proptest! {
        #[test]
        fn numbers_come_back_from_tokens_and_bits(numbers in prop::collection::vec(any_number(), 0..100)) {
            let mut sink = BitSink::default();
            let tokens: Vec<u8> = numbers.iter().map(|number| {
                let (token, length) = token_of(*number);
                prop_assert_eq!(length, bits_after(token));
                sink.put(number & ((1 << length) - 1), length);
                Ok(token)
            }).collect::<Result<_, _>>()?;
            let mut source = BitSource::new(&sink.finish());
            for (token, number) in tokens.iter().zip(&numbers) {
                prop_assert_eq!(number_of(*token, source.take(bits_after(*token)).unwrap()), *number);
            }
            prop_assert!(source.take(64).is_err());
        }

        #[test]
        fn a_distance_leads_back_to_the_value(value: u128, likely: u128) {
            prop_assert_eq!(unzigzag(zigzag(value, likely), likely), value);
            let (value, likely) = (value as u64, likely as u64);
            prop_assert_eq!(unzigzag_64(zigzag_64(value, likely), likely), value);
        }
    }

    #[test]
    fn the_largest_number_has_the_last_token() {
        assert_eq!(token_of(u64::MAX), (255, 61));
    }
}
