//! How long traces of 100,000 spans take that nobody's services send: a table of shapes and milliseconds.
//!
//! `cargo run --release --example hostile_traces [SPANS]`. Ends with an error if judging one of them takes a second or more.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, reason = "an example talks")]

#[allow(dead_code, reason = "tests use more of it")]
mod hostile;

use hostile::door::Door;
use hostile::shapes::{ALL, MAP};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let spans: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    println!(
        "{:<50} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "shape, ms", "verdicts", "tag", "assemble", "judge", "count", "peak MiB"
    );
    let mut slowest = Duration::ZERO;
    for (name, make) in ALL {
        // The peak begins anew, where the system lets it.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let mut door = Door::new(MAP, 1_000_000);
        let judged = door.send(&make(spans), false);
        let [tag, assemble, judge, count] = judged.times.map(|time| time.as_secs_f64() * 1e3);
        let peak = peak_mib();
        println!("{name:<50} {:>9} {tag:>8.1} {assemble:>8.1} {judge:>8.1} {count:>8.1} {peak:>8}", judged.executions);
        slowest = slowest.max(judged.times[2]);
    }
    println!("the slowest was judged in {} ms", slowest.as_millis());
    ExitCode::from(u8::from(slowest >= Duration::from_secs(1)))
}

/// The largest memory so far, where the system tells; 0 elsewhere.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}
