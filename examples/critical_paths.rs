//! Whether critical paths tile the time of their executions: sections touch, none is empty, together they are as long as the execution.
//!
//! `steelthread analyze --map MAP --verdicts - INPUT... | cargo run --example critical_paths`
//!
//! Reads verdict lines from standard input; says how many it read and which do not tile, and fails if there is one.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::io::BufRead;
use steelthread::query::VerdictLine;

/// What is wrong with a path; `None` if nothing is.
fn fault(verdict: &VerdictLine) -> Option<String> {
    let path = &verdict.critical_path;
    if let Some(empty) = path.iter().find(|section| section.end_ns <= section.start_ns) {
        return Some(format!("the section of span {} at {} is empty", empty.span_id, empty.start_ns));
    }
    if let Some(pair) = path.windows(2).find(|pair| pair[0].end_ns != pair[1].start_ns) {
        return Some(format!("between {} and {} there is a gap or an overlap", pair[0].end_ns, pair[1].start_ns));
    }
    let told = (verdict.duration_ms * 1e6).round() as u64;
    let tiled = path.last().map_or(0, |last| last.end_ns) - path.first().map_or(0, |first| first.start_ns);
    (tiled != told).then(|| format!("its sections are {tiled} ns long, the execution {told} ns"))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut executions, mut sections, mut wrong) = (0_u64, 0_u64, 0_u64);
    for line in std::io::stdin().lock().lines() {
        let verdict: VerdictLine = serde_json::from_str(&line?)?;
        executions += 1;
        sections += verdict.critical_path.len() as u64;
        if let Some(fault) = fault(&verdict) {
            wrong += 1;
            println!("trace {}, {}: {fault}", verdict.trace_id, verdict.capability);
        }
    }
    println!("{executions} executions, {sections} sections, {wrong} paths that do not tile");
    if wrong > 0 || executions == 0 { Err("not every path tiles".into()) } else { Ok(()) }
}
