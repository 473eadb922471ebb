//! Any order of appends, releases and new processes against a list in memory.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    /// So many of a hundred of what is there.
    Release(u64),
    Reopen,
    /// The power is cut, and a commit is known that knows of everything.
    PowerCut(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0usize..600).prop_map(Step::Append),
        1 => Just(Step::Append(0)),
        1 => (4000usize..9000).prop_map(Step::Append),
        2 => (0u64..=100).prop_map(Step::Release),
        1 => Just(Step::Reopen),
    ]
}

fn step_with_power_cuts() -> impl Strategy<Value = Step> {
    prop_oneof![9 => step(), 1 => any::<u64>().prop_map(Step::PowerCut)]
}

fn content(offset: u64, length: usize) -> Vec<u8> {
    (0..length).map(|at| (offset as usize * 31 + at) as u8).collect()
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_appended_and_not_released(steps in prop::collection::vec(step(), 1..120)) {
        let disk = SimulatedDisk::default();
        let (mut journal, _) = open(&disk, opening());
        let (mut appended, mut released, mut now_ns) = (Vec::new(), 0, 1_000);
        for step in steps {
            match step {
                Step::Append(length) => {
                    now_ns += 1_000_000;
                    let message = content(appended.len() as u64, length);
                    let position = journal.append(Format::Json, &message, now_ns).unwrap();
                    prop_assert_eq!(position.offset, appended.len() as u64);
                    prop_assert_eq!(position.received_ns, now_ns);
                    appended.push((position, message));
                }
                Step::Release(percent) => {
                    released = released.max(appended.len() as u64 * percent / 100);
                    journal.release(released).unwrap();
                }
                Step::Reopen | Step::PowerCut(_) => {
                    drop(journal);
                    journal = open(&disk, opening()).0;
                    prop_assert_eq!(journal.next_offset(), appended.len() as u64);
                }
            }
        }
        prop_assert!(appended.is_sorted_by_key(|(position, _)| position.time_ns));
        prop_assert_eq!(read_sound(&journal, released), &appended[released as usize..]);
        drop(journal);
        prop_assert_eq!(read_sound(&open(&disk, opening()).0, released), &appended[released as usize..]);
    }

    #[test]
    fn after_power_cuts_whatever_is_read_was_appended_last_under_its_offset(
        steps in prop::collection::vec(step_with_power_cuts(), 1..120),
    ) {
        let disk = SimulatedDisk::default();
        let (mut journal, _) = open(&disk, opening());
        let mut appended = std::collections::BTreeMap::new();
        let mut released = 0;
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Append(length) => {
                    let message = content(number as u64, length);
                    let position = journal.append(Format::Json, &message, number as u64).unwrap();
                    appended.insert(position.offset, (position, message));
                }
                Step::Release(percent) => {
                    released = released.max(journal.next_offset() * percent / 100);
                    journal.release(released).unwrap();
                }
                Step::Reopen | Step::PowerCut(_) => {
                    let next = journal.next_offset();
                    drop(journal);
                    if let Step::PowerCut(seed) = step {
                        disk.cut_power(seed);
                    }
                    journal = open(&disk, Opening { at_least: released.max(next / 2), ..opening() }).0;
                    // Offsets that no commit knows may be given again: what had them is gone.
                    appended.split_off(&journal.next_offset());
                }
            }
        }
        let (records, damages) = read(&journal, released);
        for record in &records {
            prop_assert_eq!(Some(record), appended.get(&record.0.offset));
        }
        prop_assert_eq!(records.len() as u64 + damages.lost, journal.next_offset() - released);
    }
}
