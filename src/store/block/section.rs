//! A section of a block: its columns, each compressed for itself, and the bits.
//!
//! Within a column most of what is to be gained is that some tokens are frequent, less that sequences repeat. A match of three
//! tokens that a fast level takes is often longer than the tokens were; so a column is compressed in two ways, by frequency almost
//! alone, and with an optimal search, and the shorter is kept. Packing is rare.

use super::Unreadable;
use super::column::Column;
use super::habit::Habits;
use super::number::{BitSink, BitSource, bits_after, number_of, token_of};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CParameter, Strategy};

/// After the last column come the bits.
const END: u8 = 255;

/// Tokens of a column: ten thousand hops in 360 windows have not that many. What claims to have more is damaged.
const MOST_TOKENS: u64 = 1 << 28;

/// zstd makes at most 2^17 bytes of four.
const MOST_PER_BYTE: u64 = 1 << 15;

/// How a column is written.
const CONSTANT: u8 = 0;
const PLAIN: u8 = 1;
const COMPRESSED: u8 = 2;

/// A shorter column is not worth a frame.
const WORTH_COMPRESSING: usize = 24;

fn damaged(why: &str) -> Unreadable {
    Unreadable::Damaged(why.into())
}

fn put_length(bytes: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// The columns of a section while they are filled.
pub(super) struct Filling {
    columns: Vec<Vec<u8>>,
    bits: BitSink,
    habits: Habits,
}

impl Default for Filling {
    fn default() -> Self {
        Self { columns: vec![Vec::new(); Column::COUNT], bits: BitSink::default(), habits: Habits::default() }
    }
}

impl Filling {
    pub(super) fn number(&mut self, column: Column, value: u64) {
        let (token, length) = token_of(value);
        let written = if column.is_habitual() { self.habits.distance(column, token) } else { token };
        self.columns[column.index()].push(written);
        self.bits(value & ((1 << length) - 1), length);
    }

    /// What follows is of this hop.
    pub(super) fn turn_to(&mut self, hop: usize) {
        self.habits.turn_to(hop);
    }

    pub(super) fn byte(&mut self, column: Column, byte: u8) {
        self.columns[column.index()].push(byte);
    }

    pub(super) fn text(&mut self, column: Column, text: &str) {
        self.columns[column.index()].extend_from_slice(text.as_bytes());
    }

    pub(super) fn bits(&mut self, bits: u64, length: u32) {
        self.bits.put(bits, length);
    }

    /// The bytes of the section.
    pub(super) fn finish(self, ways: &mut Ways) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let Some(first) = column.first() else { continue };
            bytes.push(at as u8);
            let compressed = || ways.0.iter_mut().filter_map(|way| way.as_mut()?.compress(column).ok()).min_by_key(Vec::len);
            if column.iter().all(|token| token == first) {
                bytes.push(CONSTANT);
                put_length(&mut bytes, column.len());
                bytes.push(*first);
            } else if column.len() >= WORTH_COMPRESSING
                && let Some(compressed) = { compressed }().filter(|compressed| compressed.len() < column.len())
            {
                bytes.push(COMPRESSED);
                put_length(&mut bytes, column.len());
                put_length(&mut bytes, compressed.len());
                bytes.extend_from_slice(&compressed);
            } else {
                bytes.push(PLAIN);
                put_length(&mut bytes, column.len());
                bytes.extend_from_slice(column);
            }
        }
        bytes.push(END);
        bytes.extend_from_slice(&self.bits.finish());
        bytes
    }
}

/// The ways to compress, for all sections of a block: to begin with one takes longer than a short column.
pub(super) struct Ways([Option<Compressor<'static>>; 2]);

impl Ways {
    /// By frequency alone, and with an optimal search. That looks at two places for each match, where the level itself looks at hundreds:
    /// for a thousandth more bytes it takes less than half the time.
    pub(super) fn new() -> Self {
        let by_frequency = way(1, &[CParameter::MinMatch(7)]);
        let searching = [CParameter::MinMatch(3), CParameter::Strategy(Strategy::ZSTD_btultra), CParameter::SearchLog(1)];
        Self([by_frequency, way(19, &searching)])
    }
}

/// A way to compress; without it a column is written plain.
fn way(level: i32, parameters: &[CParameter]) -> Option<Compressor<'static>> {
    let mut way = Compressor::new(level).ok()?;
    parameters.iter().try_for_each(|parameter| way.set_parameter(*parameter)).ok()?;
    Some(way)
}

#[derive(Debug)]
enum Tokens {
    Constant(u8, usize),
    Listed(Vec<u8>, usize),
}

/// The columns of a section while they are read.
#[derive(Debug)]
pub(super) struct Reading {
    columns: Vec<Tokens>,
    bits: BitSource,
    habits: Habits,
}

impl Reading {
    /// # Errors
    /// If these are not the bytes of a section.
    pub(super) fn open(mut bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut columns: Vec<Tokens> = (0..Column::COUNT).map(|_| Tokens::Constant(0, 0)).collect();
        let mut inflater = Decompressor::new().map_err(|error| damaged(&error.to_string()))?;
        loop {
            let at = take_byte(&mut bytes)?;
            if at == END {
                return Ok(Self { columns, bits: BitSource::new(bytes), habits: Habits::default() });
            }
            let column = columns.get_mut(usize::from(at)).ok_or_else(|| damaged("a block has a column that does not exist"))?;
            let way = take_byte(&mut bytes)?;
            let length = take_length(&mut bytes)?;
            if length > MOST_TOKENS {
                return Err(damaged("a block claims to be larger than any"));
            }
            *column = take_tokens(&mut bytes, way, length as usize, &mut inflater)?;
        }
    }

    pub(super) fn byte(&mut self, column: Column) -> Result<u8, Unreadable> {
        match &mut self.columns[column.index()] {
            Tokens::Listed(tokens, at) => {
                if let Some(token) = tokens.get(*at) {
                    *at += 1;
                    return Ok(*token);
                }
            }
            Tokens::Constant(token, left) => {
                if *left > 0 {
                    *left -= 1;
                    return Ok(*token);
                }
            }
        }
        Err(damaged("a column of a block ends too early"))
    }

    pub(super) fn number(&mut self, column: Column) -> Result<u64, Unreadable> {
        let mut token = self.byte(column)?;
        if column.is_habitual() {
            token = self.habits.token(column, token);
        }
        if token < 16 {
            return Ok(u64::from(token));
        }
        Ok(number_of(token, self.bits.take(bits_after(token))?))
    }

    /// What follows is of this hop.
    pub(super) fn turn_to(&mut self, hop: usize) {
        self.habits.turn_to(hop);
    }

    pub(super) fn text(&mut self, column: Column, length: u64) -> Result<String, Unreadable> {
        let bytes: Vec<u8> = (0..length).map(|_| self.byte(column)).collect::<Result<_, _>>()?;
        String::from_utf8(bytes).map_err(|_| damaged("a name in a block is not text"))
    }

    pub(super) fn bits(&mut self, length: u32) -> Result<u64, Unreadable> {
        self.bits.take(length)
    }
}

fn take_byte(bytes: &mut &[u8]) -> Result<u8, Unreadable> {
    let (first, rest) = bytes.split_first().ok_or_else(|| damaged("a section of a block ends too early"))?;
    *bytes = rest;
    Ok(*first)
}

fn take_length(bytes: &mut &[u8]) -> Result<u64, Unreadable> {
    let mut length = 0;
    for shift in (0..35).step_by(7) {
        let byte = take_byte(bytes)?;
        length |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(length);
        }
    }
    Err(damaged("a length in a block is too long"))
}

fn take_slice<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Unreadable> {
    let (first, rest) = bytes.split_at_checked(length).ok_or_else(|| damaged("a section of a block ends too early"))?;
    *bytes = rest;
    Ok(first)
}

fn take_tokens(bytes: &mut &[u8], way: u8, length: usize, inflater: &mut Decompressor<'_>) -> Result<Tokens, Unreadable> {
    match way {
        CONSTANT => Ok(Tokens::Constant(take_byte(bytes)?, length)),
        PLAIN => Ok(Tokens::Listed(take_slice(bytes, length)?.to_vec(), 0)),
        COMPRESSED => {
            let compressed_length = take_length(bytes)?;
            let compressed = take_slice(bytes, compressed_length as usize)?;
            if length as u64 > compressed_length.saturating_mul(MOST_PER_BYTE) {
                return Err(damaged("a column of a block claims to be larger than it can be"));
            }
            let tokens = inflater.decompress(compressed, length).map_err(|error| damaged(&error.to_string()))?;
            if tokens.len() == length { Ok(Tokens::Listed(tokens, 0)) } else { Err(damaged("a column of a block is too short")) }
        }
        other => Err(damaged(&format!("a column of a block is written in way {other}, which is not known"))),
    }
}
