//! Through the door of the room: messages appended are read again, whatever happens to process, power and disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod damaged;
mod effort;
mod folder;
mod full;
mod ordinary;
mod power;
mod random;

use super::simulated::SimulatedDisk;
use super::{Damages, Durability, Format, Found, Journal, Log, Opening, Position};
use std::ops::ControlFlow;
use std::sync::Arc;

const SEGMENT: u64 = 4096;
const MOST: u64 = 1 << 20;

fn opening() -> Opening {
    Opening { most_bytes: MOST, segment_bytes: SEGMENT, ..Opening::default() }
}

fn fsync() -> Opening {
    Opening { durability: Durability::Fsync, ..opening() }
}

fn open(disk: &SimulatedDisk, opening: Opening) -> (Journal, Found) {
    Journal::open_on(Arc::new(disk.clone()), opening).unwrap()
}

/// A message that is told from all others, of this length if that is more than ten.
fn message(number: u64, length: usize) -> Vec<u8> {
    let mut bytes = format!("{number:010}").into_bytes();
    bytes.resize(length.max(10), number as u8);
    bytes
}

/// Appends messages of this length, and says which.
fn fill(journal: &Journal, messages: u64, length: usize) -> Vec<(Position, Vec<u8>)> {
    (0..messages)
        .map(|_| {
            let message = message(journal.next_offset(), length);
            let position = journal.append(Format::Protobuf, &message, 1 + journal.next_offset() * 1000).unwrap();
            (position, message)
        })
        .collect()
}

fn read(journal: &Journal, from: u64) -> (Vec<(Position, Vec<u8>)>, Damages) {
    let mut records = Vec::new();
    let replayed = journal.replay(from, &mut |record| {
        assert!(record.bytes_done <= record.bytes_of, "{record:?}");
        records.push((record.position, record.message.to_vec()));
        ControlFlow::Continue(())
    });
    assert_eq!(replayed.records, records.len() as u64);
    (records, replayed.damages)
}

/// Everything from here on, and nothing is damaged.
fn read_sound(journal: &Journal, from: u64) -> Vec<(Position, Vec<u8>)> {
    let (records, damages) = read(journal, from);
    assert!(damages.is_empty(), "{damages:?}");
    records
}

fn offsets(records: &[(Position, Vec<u8>)]) -> Vec<u64> {
    records.iter().map(|(position, _)| position.offset).collect()
}
