//! Group commit, and what a power cut leaves.

use super::*;
use proptest::prelude::*;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn who_waits_is_told_when_the_message_survives_a_power_cut() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, fsync());
    let appended = fill(&journal, 10, 900);
    block_on(journal.when_synced(9)).unwrap();
    assert!(journal.synced(9) && !journal.synced(10));
    for seed in 0..20 {
        disk.cut_power(seed);
        let (again, found) = open(&disk, opening());
        assert_eq!(found.next_offset, 10);
        assert_eq!(read_sound(&again, 0), appended);
    }
}

#[test]
fn without_fsync_nobody_waits() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, opening());
    fill(&journal, 1, 900);
    block_on(journal.when_synced(0)).unwrap();
    assert!(journal.synced(0));
    journal.sync().unwrap();
    assert_eq!(disk.syncs(), 0);
}

#[test]
fn many_waiters_share_a_sync() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, Opening { segment_bytes: 1 << 18, ..fsync() });
    fill(&journal, 1000, 20);
    block_on(async {
        for offset in 0..1000 {
            journal.when_synced(offset).await.unwrap();
        }
    });
    assert!(disk.syncs() <= 1001, "{}", disk.syncs());
    let before = disk.syncs();
    journal.sync().unwrap();
    assert_eq!(disk.syncs(), before, "all is synced: nothing to do");
}

#[test]
fn a_journal_that_is_closed_is_synced() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, fsync());
    let appended = fill(&journal, 10, 900);
    drop(journal);
    disk.cut_power(1);
    assert_eq!(read_sound(&open(&disk, fsync()).0, 0), appended);
}

#[test]
fn after_a_sync_that_failed_all_who_wait_are_told_and_nothing_is_taken_any_more() {
    let disk = SimulatedDisk::default();
    let (journal, _) = open(&disk, fsync());
    fill(&journal, 1, 900);
    journal.sync().unwrap();
    disk.fail_sync_after(0);
    fill(&journal, 1, 900);
    let error = block_on(journal.when_synced(1)).unwrap_err();
    assert!(error.to_string().starts_with("the journal 'simulated' could not be synced"), "{error}");
    block_on(journal.when_synced(0)).unwrap();
    assert!(journal.synced(0));
    let refused = journal.append(Format::Protobuf, b"more", 9).unwrap_err();
    assert_eq!(refused.to_string(), error.to_string());
    assert_eq!(journal.sync().unwrap_err().to_string(), error.to_string());
    assert_eq!(journal.next_offset(), 2);
}

#[test]
fn a_power_cut_that_takes_the_tail_never_makes_an_offset_be_given_twice() {
    for seed in 0..50 {
        let disk = SimulatedDisk::default();
        let (journal, _) = open(&disk, opening());
        let appended = fill(&journal, 30, 700);
        drop(journal);
        disk.cut_power(seed);
        let (journal, found) = open(&disk, Opening { at_least: 30, ..opening() });
        assert_eq!(found.next_offset, 30);
        let (records, damages) = read(&journal, 0);
        assert_eq!(records.len() as u64 + damages.lost, 30);
        assert!(records.iter().all(|record| appended.contains(record)), "seed {seed}");
        assert_eq!(fill(&journal, 1, 10)[0].0.offset, 30);
    }
}

#[test]
fn records_that_a_power_cut_has_cut_off_never_come_back_behind_new_ones() {
    for seed in 0..200 {
        let disk = SimulatedDisk::default();
        let (journal, _) = open(&disk, opening());
        fill(&journal, 4, 700);
        drop(journal);
        disk.cut_power(seed);
        let (journal, found) = open(&disk, opening());
        // As long as the one that was lost: what lies behind would fit exactly.
        let next = found.next_offset;
        journal.append(Format::Protobuf, &message(99, 700), 1).unwrap();
        drop(journal);
        let (journal, found) = open(&disk, opening());
        assert_eq!(found.next_offset, next + 1, "seed {seed}");
        assert_eq!(read(&journal, next).0.len(), 1);
    }
}

#[test]
fn power_that_is_cut_while_many_append_wait_and_release_takes_nothing_that_was_acknowledged() {
    for seed in 0..10 {
        let disk = SimulatedDisk::default();
        let (journal, _) = open(&disk, fsync());
        let acknowledged = std::sync::Mutex::new(Vec::new());
        let released = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..3u64 {
                let (journal, acknowledged) = (&journal, &acknowledged);
                scope.spawn(move || {
                    for number in 0.. {
                        let message = message(thread * 1_000_000 + number, 300);
                        let Ok(position) = journal.append(Format::Protobuf, &message, 1 + number) else { return };
                        if block_on(journal.when_synced(position.offset)).is_err() {
                            return;
                        }
                        acknowledged.lock().unwrap().push((position, message));
                    }
                });
            }
            while acknowledged.lock().unwrap().len() < 100 + 10 * seed {
                let synced = acknowledged.lock().unwrap().len() as u64;
                let resume = synced.saturating_sub(30);
                // What a commit says before anything is removed.
                released.store(resume, std::sync::atomic::Ordering::SeqCst);
                journal.release(resume).unwrap();
                std::thread::yield_now();
            }
            disk.cut_power(seed as u64);
        });
        drop(journal);
        let (journal, _) = open(&disk, fsync());
        let released = released.into_inner();
        let (records, _) = read(&journal, released);
        for acknowledged in acknowledged.into_inner().unwrap() {
            assert!(acknowledged.0.offset < released || records.contains(&acknowledged), "seed {seed}: {:?}", acknowledged.0);
        }
    }
}

proptest! {
    #[test]
    fn everything_reported_synced_is_there_after_a_power_cut(
        seed: u64,
        batches in prop::collection::vec((1u64..8, 0usize..2000, any::<bool>(), 0u64..4), 1..30),
    ) {
        let disk = SimulatedDisk::default();
        let (mut journal, _) = open(&disk, fsync());
        let (mut appended, mut released, mut synced) = (Vec::new(), 0, 0);
        for (messages, length, syncs, behind) in batches {
            appended.extend(fill(&journal, messages, length));
            if syncs {
                journal.sync().unwrap();
                synced = journal.next_offset();
                // A commit to the store, which is durable, and then what it makes needless.
                released = synced.saturating_sub(behind).max(released);
                journal.release(released).unwrap();
            }
        }
        synced = (synced..journal.next_offset()).find(|offset| !journal.synced(*offset)).unwrap_or(journal.next_offset());
        disk.cut_power(seed);
        drop(journal);
        journal = open(&disk, Opening { at_least: synced.min(released), ..fsync() }).0;
        prop_assert!(journal.next_offset() >= synced, "{} of {}", journal.next_offset(), synced);
        let (records, damages) = read(&journal, released);
        let kept = (synced - released) as usize;
        prop_assert_eq!(&records[..kept], &appended[released as usize..synced as usize]);
        prop_assert!(records.iter().all(|record| appended.contains(record)));
        prop_assert!(damages.listed.iter().all(|damage| damage.offsets.start >= synced), "{:?}", damages);
    }
}
