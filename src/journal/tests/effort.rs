//! How much a start reads: as much as a commit leaves to be read, however much is kept before it.

use super::*;

/// What of a segment is looked at to know that it is one: its own header and that of its first record.
const BEGINNING: u64 = 100;

/// A journal of this many full segments, of which the disk still has to be read for the first time.
fn filled(segments: u64) -> SimulatedDisk {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    fill(&journal, segments * 4, 900);
    assert_eq!(disk.contents().len() as u64, segments);
    assert_eq!(disk.bytes_read(), 0);
    disk
}

/// Bytes that are read while a journal of this many segments is opened, and then from this many messages before its end on.
fn read_by(segments: u64, again: u64) -> (u64, u64) {
    let disk = filled(segments);
    let (journal, found) = open(&disk, opening());
    let opened = disk.bytes_read();
    let from = found.next_offset - again;
    assert_eq!(read_sound(&journal, from).len() as u64, again);
    (opened, disk.bytes_read() - opened)
}

#[test]
fn opening_reads_the_last_segment_and_of_the_others_only_their_beginnings() {
    let (few, many) = (read_by(5, 0).0, read_by(200, 0).0);
    assert_eq!(many - few, 195 * BEGINNING);
    assert!(few <= 5 * BEGINNING + SEGMENT, "{few} bytes");
}

#[test]
fn what_is_read_again_after_a_crash_hangs_on_the_last_commit_and_not_on_what_is_kept_before_it() {
    let (few, many) = (read_by(5, 6).1, read_by(200, 6).1);
    assert_eq!(few, many);
    // Six messages lie in two segments.
    assert!(many <= 2 * SEGMENT + 2 * BEGINNING, "{many} bytes");
    assert!(read_by(200, 600).1 > 100 * SEGMENT, "bytes that are read are counted");
}

#[test]
fn the_files_of_a_wave_of_load_are_there_for_the_next_one_and_go_when_none_comes() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    let wave = || fill(&journal, 30 * 4, 900).last().unwrap().0.offset;
    let last = wave();
    let most = journal.bytes();
    assert_eq!(most, 30 * SEGMENT);
    // Between the waves everything is worked off, and some commits have nothing to release.
    (0..5).for_each(|_| journal.release(last + 1).unwrap());
    assert!(journal.bytes() >= most - 2 * SEGMENT, "{} bytes of {most}", journal.bytes());
    for _ in 0..3 {
        let last = wave();
        assert!(journal.bytes() <= most + 5 * SEGMENT, "{} bytes after {most}", journal.bytes());
        journal.release(last + 1).unwrap();
    }
    (0..400).for_each(|_| journal.release(journal.next_offset()).unwrap());
    assert_eq!(journal.bytes(), 5 * SEGMENT);
    assert_eq!(disk.contents().len(), 5);
}
