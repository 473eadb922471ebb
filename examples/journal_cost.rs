//! What the journal costs: writing to new files, then in steady state, where released segments are written over, by one thread and by two
//! at the same time; reading again; opening.
//!
//! `cargo run --release --example journal_cost FOLDER [GIBIBYTES] [BEHIND_MIB]`. Messages of 240 kB, durability `os`; `BEHIND_MIB` is
//! how much is kept before it is released. Figures are per 470 bytes, which is a span. Run it on an idle machine.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example talks"
)]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;
use steelthread::journal::{Format, Journal, Log, Opening};

const MESSAGE: usize = 240_000;
const SPAN: f64 = 470.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the folder of the journal"));
    let gibibytes: f64 = arguments.next().map_or(4.0, |text| text.parse().unwrap());
    let behind: u64 = arguments.next().map_or(128, |text| text.parse().unwrap()) * (1 << 20) / MESSAGE as u64;
    let messages = (gibibytes * f64::from(1 << 30)) as u64 / MESSAGE as u64;
    let (journal, found) = Journal::open(&folder, Opening::default()).unwrap();
    let sent: Vec<Vec<u8>> = (0..16u8).map(|seed| (0..MESSAGE).map(|at| (at * 31) as u8 ^ seed).collect()).collect();

    let append = |messages: u64| {
        for number in 0..messages {
            let message = &sent[number as usize % sent.len()];
            let position = journal.append(Format::Protobuf, message, 1_000_000_000 + number * 1_000_000).unwrap();
            if position.offset % 100 == 0 {
                journal.release(position.offset.saturating_sub(behind)).unwrap();
            }
        }
    };
    // Makes the files that are then written over.
    tell("written to new files", behind + 2000, || append(behind + 2000));
    tell("written", messages, || append(messages));
    tell("written by two threads", messages, || {
        std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(|| append(messages / 2)))));
    });

    let from = journal.next_offset().saturating_sub(behind).max(found.next_offset);
    let again = 10;
    tell("read again", (journal.next_offset() - from) * again, || {
        for _ in 0..again {
            let replayed = journal.replay(from, &mut |record| {
                black_box(record.message.len());
                ControlFlow::Continue(())
            });
            assert!(replayed.damages.is_empty());
        }
    });

    // As after a crash: from where the last commit says, whatever lies before.
    let (bytes, next) = (journal.bytes(), journal.next_offset());
    drop(journal);
    let began = Instant::now();
    let (journal, found) = Journal::open(&folder, Opening::default()).unwrap();
    let opened = began.elapsed();
    assert_eq!(found.next_offset, next);
    let replayed = journal.replay(next - 1000.min(next), &mut |_| ControlFlow::Continue(()));
    println!(
        "a journal of {:.2} GiB is opened in {:.0} ms, and its last {} messages are read again after {:.0} ms",
        bytes as f64 / f64::from(1 << 30),
        opened.as_secs_f64() * 1e3,
        replayed.records,
        began.elapsed().as_secs_f64() * 1e3,
    );
}

fn tell(what: &str, messages: u64, work: impl FnOnce()) {
    let (cpu_before, began) = (cpu_seconds(), Instant::now());
    work();
    let (cpu, wall) = (cpu_seconds() - cpu_before, began.elapsed().as_secs_f64());
    let bytes = messages as f64 * MESSAGE as f64;
    let (cpu_ns, wall_ns) = (cpu * 1e9 * SPAN / bytes, wall * 1e9 * SPAN / bytes);
    println!(
        "{what}: {messages} messages, {cpu_ns:.1} ns CPU and {wall_ns:.1} ns wall per 470 bytes, {:.2} GB/s",
        bytes / wall / 1e9
    );
}

/// Of this process, in user and system mode. Linux counts it in hundredths of a second.
fn cpu_seconds() -> f64 {
    let about = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = about.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
