//! The limit of the journal, and a disk that is full.

use super::*;
use std::io::ErrorKind;

fn fill_up(journal: &Journal, length: usize) -> (Vec<(Position, Vec<u8>)>, std::io::Error) {
    let mut appended = Vec::new();
    loop {
        let message = message(journal.next_offset(), length);
        match journal.append(Format::Protobuf, &message, 1) {
            Ok(position) => appended.push((position, message)),
            Err(error) => return (appended, error),
        }
    }
}

#[test]
fn a_full_journal_refuses_and_says_so_and_takes_again_when_something_was_released() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, Opening { most_bytes: 10 * SEGMENT, ..opening() });
    let (appended, error) = fill_up(&journal, 900);
    // Not that of a full disk: it is known how room comes back.
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    let text = "the journal holds 40960 bytes of 40960, which is its limit (--journal-bytes)";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(appended.len() >= 36, "{}", appended.len());
    let held: usize = disk.contents().values().map(Vec::len).sum();
    assert!(held as u64 <= 10 * SEGMENT);
    journal.release(9).unwrap();
    let (more, _) = fill_up(&journal, 900);
    assert_eq!(more.len(), 8);
    assert_eq!(read_sound(&journal, 9), [&appended[9..], &more].concat());
}

#[test]
fn a_message_that_can_never_fit_is_told_apart() {
    let (journal, _) = open(&SimulatedDisk::default(), Opening { most_bytes: 10_000, ..opening() });
    let error = journal.append(Format::Protobuf, &[0; 10_000], 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    assert!(error.to_string().contains("does not fit into the journal, which holds 10000 bytes (--journal-bytes)"), "{error}");
    assert_eq!(journal.next_offset(), 0);
    fill(&journal, 1, 9_000);
}

#[test]
fn a_journal_hardly_larger_than_its_largest_message_never_gets_stuck() {
    let (journal, _) = open(&SimulatedDisk::default(), Opening { most_bytes: 10_000, ..opening() });
    for length in [6000, 9000, 10, 9000, 9900, 100, 100, 9000] {
        let appended = fill(&journal, 1, length);
        assert_eq!(read_sound(&journal, appended[0].0.offset), appended);
        journal.release(journal.next_offset()).unwrap();
        assert!(journal.bytes() <= 10_000);
    }
}

#[test]
fn a_full_disk_refuses_and_nothing_of_the_message_is_there_when_there_is_room_again() {
    for promises in [true, false] {
        let disk = SimulatedDisk::default();
        if !promises {
            disk.promise_no_room();
        }
        disk.limit(Some(20_000));
        let (journal, _) = open(&disk, opening());
        let (mut appended, error) = fill_up(&journal, 900);
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert!(error.to_string().starts_with("the journal 'simulated' cannot be written: "), "{error}");
        assert!(appended.len() > 12, "{}", appended.len());
        assert_eq!(read_sound(&journal, 0), appended);
        // A smaller one may still find room, in the place where the larger one was cut off.
        appended.extend(fill_up(&journal, 10).0);
        disk.limit(None);
        appended.extend(fill(&journal, 20, 900));
        assert_eq!(read_sound(&journal, 0), appended);
        drop(journal);
        let (journal, found) = open(&disk, opening());
        assert_eq!(found.torn, None);
        assert_eq!(read_sound(&journal, 0), appended);
    }
}

#[test]
fn a_process_that_ends_while_the_disk_is_full_leaves_whole_messages_only() {
    let disk = SimulatedDisk::default();
    disk.promise_no_room();
    disk.limit(Some(10_000));
    let (journal, _) = open(&disk, opening());
    let (appended, _) = fill_up(&journal, 900);
    drop(journal);
    let (journal, found) = open(&disk, opening());
    assert_eq!(found.next_offset, appended.len() as u64);
    assert_eq!(read_sound(&journal, 0), appended);
    journal.release(9).unwrap();
    fill(&journal, 1, 900);
}

#[test]
fn a_full_disk_is_no_reason_not_to_open() {
    let disk = SimulatedDisk::default();
    drop(open(&disk, opening()));
    disk.limit(Some(0));
    let (journal, _) = open(&disk, opening());
    journal.append(Format::Protobuf, b"one", 1).unwrap_err();
    disk.limit(None);
    fill(&journal, 1, 10);
}
