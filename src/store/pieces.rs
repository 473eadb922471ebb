//! Blocks in pieces, so that they take hardly more room in the file than they have bytes.
//!
//! The library gives a large value a run of pages of its own, and a run is 1, 2, 4, 8, ... pages of 4 KiB: a block of 70 kB would take
//! 128. So it is cut in pieces each of which fills a run, and what is left over wastes less than a page. The first piece lies where
//! the whole block lay before, so that whoever looks for blocks finds the same keys; the others lie in a table beside it. A block tells
//! its length itself, so nothing more is to be kept about pieces. Whoever needs only its beginning reads no further.
//!
//! The road not taken: fewer, longer blocks. They waste less, but to change one is to write it anew, and to ask for an hour is to read a
//! month.

use super::block;
use super::error::Stop;
use super::record::Unreadable;
use super::tables::Bytes;
use redb::{ReadableTable, Table};

const PAGE: usize = 4096;

/// No run is longer, so that large ones need not be searched for in a file that has been in use for long: 1 MiB.
const LONGEST_RUN: usize = 256 * PAGE;

/// What a run holds beside the bytes of key and value: kind, number and lengths.
const BESIDE: usize = 12;

/// A run is taken that is longer than what is left by at most this part of it, before another piece is begun.
const WASTED: usize = 16;

/// Which piece, in two bytes: the first but one is 1.
const NUMBER: usize = 2;

/// How many of so many bytes the next piece takes, if its key has this length.
fn next_length(left: usize, key: usize) -> usize {
    let beside = BESIDE + key + NUMBER;
    let mut run = PAGE;
    while run < LONGEST_RUN && run.saturating_sub(beside) < left {
        run *= 2;
    }
    let wasted = run.saturating_sub(beside + left);
    if run > PAGE && wasted > left / WASTED {
        run /= 2;
    }
    // Nobody has a key that fills a page; a piece must have some length all the same.
    left.min(run.saturating_sub(beside).max(PAGE / 4))
}

/// The pieces of a block, of which the first is there even if it has no bytes.
fn pieces(block: &[u8], key: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut left = block;
    while !left.is_empty() || pieces.is_empty() {
        let (piece, after) = left.split_at(next_length(left.len(), key));
        pieces.push(piece);
        left = after;
    }
    pieces
}

fn key_of_piece(key: &[u8], number: u16) -> Vec<u8> {
    [key, &number.to_be_bytes()].concat()
}

/// Writes a block in place of what was there.
pub(super) fn put(
    blocks: &mut Table<'_, Bytes, Bytes>,
    further: &mut Table<'_, Bytes, Bytes>,
    key: &[u8],
    block: &[u8],
) -> Result<(), Stop> {
    let pieces = pieces(block, key.len());
    for (number, piece) in (1..=u16::MAX).zip(&pieces[1..]) {
        further.insert(key_of_piece(key, number).as_slice(), *piece)?;
    }
    blocks.insert(key, pieces[0])?;
    // The one before may have had more.
    for number in pieces.len()..=usize::from(u16::MAX) {
        if further.remove(key_of_piece(key, number as u16).as_slice())?.is_none() {
            break;
        }
    }
    Ok(())
}

/// A block whose first piece is this; only the beginning of it, if nothing but totals is asked of it. A store of an older format has no
/// further pieces, and needs none.
pub(super) fn whole(
    first: &[u8],
    further: Option<&impl ReadableTable<Bytes, Bytes>>,
    key: &[u8],
    totals: bool,
) -> Result<Vec<u8>, Stop> {
    let needed = block::length(first, totals)?;
    let mut bytes = first.to_vec();
    let mut number = 1;
    while bytes.len() < needed {
        let piece = further.map(|further| further.get(key_of_piece(key, number).as_slice())).transpose()?.flatten();
        let piece = piece.ok_or_else(|| Unreadable::Damaged("a piece of a block is not there".into()))?;
        bytes.extend_from_slice(piece.value());
        number = number.checked_add(1).ok_or_else(|| Unreadable::Damaged("a block has too many pieces".into()))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;
    use redb::backends::InMemoryBackend;
    use redb::{Builder, ReadableTableMetadata, TableDefinition, WriteTransaction};

    const BLOCKS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("blocks");
    const FURTHER: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("further");

    /// Bytes with the head of a block of two sections of these lengths.
    fn block(first: usize, second: usize, seed: u8) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..18 + first + second).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed)).collect();
        bytes[2..6].copy_from_slice(&(first as u32).to_le_bytes());
        bytes[10..14].copy_from_slice(&(second as u32).to_le_bytes());
        bytes
    }

    fn writing(work: impl FnOnce(&WriteTransaction)) {
        let database = Builder::new().create_with_backend(InMemoryBackend::new()).unwrap();
        work(&database.begin_write().unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pieces_waste_little_and_none_is_longer_than_its_run(length in 0usize..3_000_000, key in 8usize..300) {
            let bytes = vec![0; length];
            let mut room = 0;
            for piece in pieces(&bytes, key) {
                let run = (piece.len() + key + NUMBER + BESIDE).next_multiple_of(PAGE).next_power_of_two();
                prop_assert!(run <= LONGEST_RUN);
                room += run;
            }
            prop_assert!(room <= length + length / 8 + 2 * PAGE, "{} bytes take {}", length, room);
        }

        #[test]
        fn the_block_that_was_put_last_comes_back(lengths in prop::collection::vec((0usize..200_000, 0usize..200_000), 1..4)) {
            writing(|transaction| {
                let mut blocks = transaction.open_table(BLOCKS).unwrap();
                let mut further = transaction.open_table(FURTHER).unwrap();
                let neighbour = block(5_000, 9_000, 99);
                put(&mut blocks, &mut further, b"00000000b", &neighbour).ok().unwrap();
                let mut last = Vec::new();
                for (seed, (first, second)) in lengths.into_iter().enumerate() {
                    last = block(first, second, seed as u8);
                    put(&mut blocks, &mut further, b"00000000a", &last).ok().unwrap();
                }
                for (key, expected) in [(b"00000000a", &last), (b"00000000b", &neighbour)] {
                    let first = blocks.get(&key[..]).unwrap().unwrap();
                    assert_eq!(whole(first.value(), Some(&further), key, false).ok().unwrap(), *expected);
                    let beginning = whole(first.value(), Some(&further), key, true).ok().unwrap();
                    assert!(beginning.len() >= block::length(expected, true).unwrap() && expected.starts_with(&beginning));
                }
                let number = pieces(&last, 9).len() + pieces(&neighbour, 9).len() - 2;
                assert_eq!(further.len().unwrap(), number as u64, "none is left of those before");
            });
        }
    }

    #[test]
    fn a_block_of_which_a_piece_is_not_there_is_damaged() {
        writing(|transaction| {
            let mut blocks = transaction.open_table(BLOCKS).unwrap();
            let mut further = transaction.open_table(FURTHER).unwrap();
            put(&mut blocks, &mut further, b"00000000a", &block(10, 50_000, 0)).ok().unwrap();
            further.remove(key_of_piece(b"00000000a", 2).as_slice()).unwrap();
            let first = blocks.get(&b"00000000a"[..]).unwrap().unwrap();
            let told = whole(first.value(), Some(&further), b"00000000a", false).err().unwrap();
            assert!(matches!(told, Stop::Record(Unreadable::Damaged(_))));
            assert!(whole(first.value(), Some(&further), b"00000000a", true).is_ok());
            assert!(whole(&[1, 0, 3], Some(&further), b"00000000a", true).is_err());
        });
    }
}
