//! Appending, reading again, releasing.

use super::*;
use crate::journal::PassThrough;

#[test]
fn a_log_that_keeps_nothing_numbers_messages_in_the_order_in_which_they_come() {
    let log = PassThrough::default();
    let position = |offset, time_ns| Position { partition: 0, offset, time_ns, received_ns: time_ns };
    assert_eq!(log.append(Format::Protobuf, b"one", 7).unwrap(), position(0, 7));
    assert_eq!(log.append(Format::Json, b"two", 9).unwrap(), position(1, 9));
    assert_eq!(log.next_offset(), 2);
}

#[test]
fn a_log_that_keeps_nothing_has_a_clock_that_skips_silences() {
    let log = PassThrough::live();
    log.append(Format::Protobuf, b"one", 7).unwrap();
    assert_eq!(log.time_ns(50_000_000_007), 7);
    let position = log.append(Format::Protobuf, b"two", 50_000_000_009).unwrap();
    assert_eq!((position.time_ns, position.received_ns), (9, 50_000_000_009));
}

#[test]
fn what_was_appended_is_read_again_by_the_next_process() {
    let disk = SimulatedDisk::default();
    let (journal, found) = open(&disk, opening());
    assert_eq!(found, Found::default());
    let one = journal.append(Format::Protobuf, b"one", 1_000).unwrap();
    let empty = journal.append(Format::Json, b"", 2_000).unwrap();
    drop(journal);
    let (journal, found) = open(&disk, opening());
    assert_eq!((found.first_offset, found.next_offset, found.torn), (0, 2, None));
    let mut formats = Vec::new();
    journal.replay(0, &mut |record| {
        formats.push((record.position, record.format, record.message.to_vec()));
        ControlFlow::Continue(())
    });
    assert_eq!(formats, [(one, Format::Protobuf, b"one".to_vec()), (empty, Format::Json, Vec::new())]);
}

#[test]
fn a_process_that_goes_on_numbers_on_and_its_clock_goes_on_after_the_hold() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    journal.append(Format::Protobuf, b"one", 5_000).unwrap();
    drop(journal);
    let (journal, _) = open(&disk, Opening { hold_ns: 100, ..opening() });
    let position = journal.append(Format::Protobuf, b"two", 900_000_000_000).unwrap();
    assert_eq!((position.offset, position.time_ns, position.received_ns), (1, 5_001, 900_000_000_000));
    assert_eq!(journal.time_ns(900_000_000_150), 5_050);
    assert_eq!(offsets(&read_sound(&journal, 0)), [0, 1]);
}

#[test]
fn the_clock_goes_on_from_the_last_commit_if_that_is_later_than_the_last_message() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    journal.append(Format::Protobuf, b"one", 5_000).unwrap();
    drop(journal);
    let (journal, _) = open(&disk, Opening { time_at_least_ns: 7_000, ..opening() });
    assert_eq!(journal.time_ns(1_000_000), 7_000);
}

#[test]
fn a_process_that_appended_nothing_leaves_the_clock_of_the_one_before() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    let last = fill(&journal, 9, 1000).pop().unwrap().0;
    drop(journal);
    let (journal, _) = open(&disk, Opening { at_least: 20, ..opening() });
    drop(journal);
    let (journal, _) = open(&disk, Opening { at_least: 20, ..opening() });
    assert_eq!(journal.time_ns(1 << 50), last.time_ns);
}

#[test]
fn reading_begins_in_the_middle_and_stops_when_told() {
    let (journal, _) = open(&SimulatedDisk::default(), opening());
    let appended = fill(&journal, 20, 700);
    for from in 0..=20 {
        assert_eq!(read_sound(&journal, from), appended[from as usize..]);
    }
    let mut seen = 0;
    let replayed = journal.replay(5, &mut |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(replayed.stopped);
    assert_eq!((seen, replayed.records, replayed.bytes), (3, 3, 2100));
}

#[test]
fn a_message_larger_than_a_segment_gets_a_segment_of_its_own() {
    let (journal, _) = open(&SimulatedDisk::default(), opening());
    let mut appended = fill(&journal, 1, 100);
    appended.extend(fill(&journal, 1, 3 * SEGMENT as usize));
    appended.extend(fill(&journal, 3, 100));
    assert_eq!(read_sound(&journal, 0), appended);
}

#[test]
fn released_segments_are_written_over_and_nothing_of_them_is_read_again() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    let mut most = 0;
    for round in 0..40 {
        let appended = fill(&journal, 12, 900);
        assert_eq!(read_sound(&journal, 12 * round), appended);
        journal.release(journal.next_offset()).unwrap();
        most = most.max(disk.contents().len());
    }
    assert!(most <= 8, "{most} files");
    assert!(journal.bytes() <= 8 * SEGMENT, "{} bytes", journal.bytes());
    let last = fill(&journal, 1, 30);
    drop(journal);
    let (journal, found) = open(&disk, opening());
    assert_eq!(found.torn, None, "what stands behind the end is not ours");
    assert_eq!(found.next_offset, 481);
    assert_eq!(read_sound(&journal, 480), last);
}

#[test]
fn what_is_not_released_stays() {
    let (journal, _) = open(&SimulatedDisk::default(), opening());
    let appended = fill(&journal, 30, 900);
    journal.release(14).unwrap();
    assert_eq!(read_sound(&journal, 14), appended[14..]);
    journal.release(3).unwrap();
    assert_eq!(read_sound(&journal, 14), appended[14..], "what was released before stays so, and no more");
}

#[test]
fn the_offset_of_a_time_is_never_after_the_first_message_of_that_time() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    let mut times = Vec::new();
    for number in 0..300u64 {
        let now_ns = 1_000_000_000 + number * 7_000_000;
        times.push(journal.append(Format::Protobuf, &message(number, 200), now_ns).unwrap().time_ns);
    }
    let check = |journal: &Journal, slack: u64| {
        for at in (900_000_000..3_200_000_000).step_by(1_000_000) {
            let first = times.iter().position(|time_ns| *time_ns >= at).unwrap_or(300) as u64;
            let said = journal.offset_at(at);
            assert!(said <= first && said + slack >= first, "at {at}: {said} said, {first} right");
        }
    };
    check(&journal, 15);
    drop(journal);
    let (journal, _) = open(&disk, opening());
    check(&journal, 32);
    read_sound(&journal, 0);
    check(&journal, 30);
    journal.release(200).unwrap();
    assert!(journal.offset_at(0) <= 200);
    assert!(journal.offset_at(0) >= 185, "{}", journal.offset_at(0));
}

#[test]
fn a_journal_without_messages_has_the_next_offset_for_every_time() {
    let (journal, _) = open(&SimulatedDisk::default(), Opening { at_least: 40, ..opening() });
    assert_eq!((journal.offset_at(0), journal.offset_at(u64::MAX), journal.next_offset()), (40, 40, 40));
    fill(&journal, 1, 10);
    assert_eq!((journal.offset_at(0), journal.offset_at(u64::MAX)), (40, 41));
}

#[test]
fn many_threads_append_and_every_message_is_there_once_in_the_order_of_its_offset_and_time() {
    let (journal, _) = open(&SimulatedDisk::default(), opening());
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let journal = &journal;
            scope.spawn(move || {
                for number in 0..100 {
                    journal
                        .append(Format::Protobuf, &message(thread * 100 + number, 60), 1 + thread * 1000 + number * 7)
                        .unwrap();
                }
            });
        }
    });
    let records = read_sound(&journal, 0);
    assert_eq!(offsets(&records), (0..400).collect::<Vec<_>>());
    assert!(records.is_sorted_by_key(|(position, _)| position.time_ns));
    let mut messages: Vec<_> = records.into_iter().map(|(_, message)| message).collect();
    messages.sort();
    assert_eq!(messages, (0..400).map(|number| message(number, 60)).collect::<Vec<_>>());
}
