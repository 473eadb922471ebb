//! Flipped bits, cut files, missing files: what can be read is read, and the rest is told.

use super::*;
use crate::journal::DamageKind;
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;

/// A disk with these files.
fn disk_of(files: &Files) -> SimulatedDisk {
    let disk = SimulatedDisk::default();
    files.iter().for_each(|(name, bytes)| disk.put(name, bytes));
    disk
}

/// Three segments with three messages each, the last cut off at its end.
fn nine() -> (Files, Vec<(Position, Vec<u8>)>) {
    let disk = SimulatedDisk::default();
    let small = Opening { segment_bytes: 300, most_bytes: 1 << 20, ..opening() };
    let (journal, _) = open(&disk, small);
    let appended = fill(&journal, 9, 30);
    drop(journal);
    drop(open(&disk, small));
    let files = disk.contents();
    assert_eq!(files.len(), 3, "{files:?}");
    (files, appended)
}

#[test]
fn every_flipped_bit_costs_one_message_at_most_and_is_told() {
    let (files, appended) = nine();
    for (name, bytes) in &files {
        for bit in 0..bytes.len() * 8 {
            let mut damaged = files.clone();
            damaged.get_mut(name).unwrap()[bit / 8] ^= 1 << (bit % 8);
            let (journal, found) = open(&disk_of(&damaged), Opening { at_least: 9, ..opening() });
            let (records, damages) = read(&journal, 0);
            let lost = 9 - records.len();
            assert!(lost <= 1, "bit {bit} of {name}: {:?} of {damages:?}", offsets(&records));
            assert_eq!(damages.lost, lost as u64, "bit {bit} of {name}");
            assert!(records.iter().all(|record| appended.contains(record)), "bit {bit} of {name}");
            let in_message = bit / 8 >= 56 && bit / 8 < 56 + 3 * 74;
            assert_eq!(lost == 1, in_message, "bit {bit} of {name}: told where nothing is wrong, or the other way round");
            assert!(found.torn.is_none() || lost == 1, "bit {bit} of {name}: {found:?}");
            journal.append(Format::Protobuf, b"next", 1_000_000).unwrap();
            assert_eq!(read(&journal, 9).0[0].1, b"next");
        }
    }
}

#[test]
fn a_flipped_bit_in_the_last_message_is_told_at_opening_even_if_no_commit_knows_of_it() {
    let (files, _) = nine();
    let name = files.keys().next_back().unwrap();
    let last = 56 + 2 * 74;
    for bit in last * 8..(last + 74) * 8 {
        let mut damaged = files.clone();
        damaged.get_mut(name).unwrap()[bit / 8] ^= 1 << (bit % 8);
        let (_, found) = open(&disk_of(&damaged), opening());
        assert_eq!(found.next_offset, 8, "bit {bit}");
        let torn = found.torn.unwrap();
        assert!(torn.contains(&format!("{name}' ends at byte {last} with a message that is not whole: message 8")), "{torn}");
    }
}

#[test]
fn a_file_may_end_at_every_byte() {
    let (files, appended) = nine();
    for (place, (name, bytes)) in files.iter().enumerate() {
        for length in 0..bytes.len() {
            let mut damaged = files.clone();
            damaged.get_mut(name).unwrap().truncate(length);
            let (journal, _) = open(&disk_of(&damaged), Opening { at_least: 9, ..opening() });
            let (records, damages) = read(&journal, 0);
            let kept = if length < 56 { 0 } else { ((length - 56) / 74).min(3) };
            // The first of two copies of a header is enough.
            let kept = if (28..56).contains(&length) { 0 } else { kept };
            let expected: Vec<_> = (0..9).filter(|at| at / 3 != place || at % 3 < kept).collect();
            assert_eq!(offsets(&records), expected.iter().map(|at| *at as u64).collect::<Vec<_>>(), "{length} bytes of {name}");
            assert_eq!(damages.lost, 9 - records.len() as u64, "{length} bytes of {name}");
            assert!(records.iter().all(|record| appended.contains(record)));
        }
    }
}

#[test]
fn without_a_commit_that_knows_more_a_cut_off_tail_is_written_over() {
    let (files, appended) = nine();
    let name = files.keys().next_back().unwrap();
    let mut damaged = files.clone();
    let length = damaged[name].len() - 1;
    damaged.get_mut(name).unwrap().truncate(length);
    let disk = disk_of(&damaged);
    let (journal, found) = open(&disk, opening());
    assert!(found.torn.is_some());
    assert_eq!(found.next_offset, 8);
    assert_eq!(read_sound(&journal, 0), appended[..8], "what was never acknowledged is no loss");
    let again = fill(&journal, 2, 40);
    drop(journal);
    let (journal, found) = open(&disk, opening());
    assert_eq!((found.next_offset, found.torn), (10, None));
    assert_eq!(read_sound(&journal, 0), [&appended[..8], &again].concat());
}

#[test]
fn a_missing_segment_is_told_and_the_others_are_read() {
    let (files, appended) = nine();
    let names: Vec<_> = files.keys().cloned().collect();
    let without = |place: usize| {
        let mut files = files.clone();
        files.remove(&names[place]);
        let (journal, _) = open(&disk_of(&files), Opening { at_least: 9, ..opening() });
        read(&journal, 0)
    };
    let (records, damages) = without(0);
    assert_eq!(records, appended[3..]);
    assert_eq!(
        damages.listed[0].to_string(),
        format!("the segment before 'simulated/{}' is missing: 3 messages are lost, 0 to 2", names[1])
    );
    let (records, damages) = without(1);
    assert_eq!(records, [&appended[..3], &appended[6..]].concat());
    assert_eq!(
        damages.listed[0].to_string(),
        format!("'simulated/{}' ends too early, at byte 278: 3 messages are lost, 3 to 5", names[0])
    );
    let (records, damages) = without(2);
    assert_eq!((records.len(), damages.lost), (6, 3));
}

#[test]
fn a_journal_that_is_gone_is_told() {
    let (journal, found) = open(&SimulatedDisk::default(), Opening { at_least: 9, ..opening() });
    assert_eq!((found.first_offset, found.next_offset), (9, 9));
    let (records, damages) = read(&journal, 4);
    assert_eq!((records.len(), damages.lost, damages.listed[0].offsets.clone()), (0, 5, 4..9));
    assert!(read_sound(&journal, 9).is_empty());
    fill(&journal, 1, 10);
    assert_eq!(read(&journal, 4).1.lost, 5);
}

#[test]
fn damage_before_the_offset_from_which_is_read_is_nobodys_business() {
    let (mut files, appended) = nine();
    files.values_mut().next().unwrap()[100] ^= 1;
    let (journal, _) = open(&disk_of(&files), opening());
    assert_eq!(read(&journal, 0).1.listed[0].kind, DamageKind::Message);
    assert_eq!(read_sound(&journal, 1), appended[1..]);
}

#[test]
fn a_stretch_of_zeros_costs_the_messages_that_stood_there() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, Opening { segment_bytes: 100_000, ..opening() });
    let appended = fill(&journal, 100, 500);
    drop(journal);
    let mut files = disk.contents();
    files.values_mut().next().unwrap()[8192..12288].fill(0);
    let (journal, found) = open(&disk_of(&files), opening());
    assert_eq!(found.next_offset, 100);
    let (records, damages) = read(&journal, 0);
    assert_eq!(damages.lost, 100 - records.len() as u64);
    assert!(records.len() >= 91, "{}", records.len());
    assert!(records.iter().all(|record| appended.contains(record)));
}

#[test]
fn a_message_that_looks_like_a_journal_is_only_a_message() {
    let (files, _) = nine();
    let inside = files.values().next().unwrap().clone();
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    for number in 0..3 {
        journal.append(Format::Protobuf, &inside, number).unwrap();
    }
    drop(journal);
    let mut files = disk.contents();
    files.values_mut().next().unwrap()[56] ^= 1;
    let (journal, _) = open(&disk_of(&files), opening());
    let (records, damages) = read(&journal, 0);
    assert_eq!((offsets(&records), damages.lost), (vec![1, 2], 1));
    assert_eq!(damages.listed[0].kind, DamageKind::Header);
}

#[test]
fn of_many_damaged_places_the_first_hundred_are_listed_and_all_are_counted() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, Opening { segment_bytes: 100_000, ..opening() });
    fill(&journal, 300, 40);
    drop(journal);
    let mut files = disk.contents();
    let bytes = files.values_mut().next().unwrap();
    (0..300).for_each(|number| bytes[56 + number * 84 + 50] ^= 1);
    let (journal, _) = open(&disk_of(&files), Opening { at_least: 300, ..opening() });
    let (_, damages) = read(&journal, 0);
    assert_eq!((damages.listed.len(), damages.lost), (100, 300));
}

#[test]
fn a_message_in_the_place_of_one_that_was_cut_off_is_found_by_its_own_time() {
    const HALF: u64 = 500_000_000;
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    let append = |journal: &Journal, halves: u64| {
        (1..halves).for_each(|before| {
            let _ = journal.time_ns(before * HALF);
        });
        journal.append(Format::Protobuf, &message(halves, 3000), halves * HALF).unwrap()
    };
    // Each in a segment of its own.
    append(&journal, 2);
    append(&journal, 4);
    drop(journal);
    let mut files = disk.contents();
    let last = files.keys().next_back().unwrap().clone();
    files.get_mut(&last).unwrap().truncate(2000);
    let (journal, found) = open(&disk_of(&files), opening());
    assert_eq!((found.next_offset, found.torn.is_some()), (1, true), "{found:?}");
    let another = append(&journal, 6);
    assert_eq!(another.offset, 1);
    // Traces that it begins are open from a little before it on: there the log is read again.
    assert!(journal.offset_at(another.time_ns - HALF / 50) <= 1);
}
