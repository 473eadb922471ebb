//! How often `explain` names the culprit first in systems that were drawn by chance, by sort of fault, and how often it cries wolf.
//!
//! `cargo run --release --example explain_synthetic -- [--seeds FROM..TO] [--kind KIND] [--misses]`
//!
//! Each number draws a system of its own with 5 to 41 services. `--misses` shows every case in which another service came first.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

mod synthetic;

use std::error::Error;
use steelthread::query::Explanation;
use synthetic::case::Case;
use synthetic::fault::Kind;
use synthetic::table::{Row, faults, quiet};

struct Asked {
    seeds: std::ops::Range<u64>,
    kind: Option<String>,
    misses: bool,
}

fn arguments() -> Result<Asked, Box<dyn Error>> {
    let mut asked = Asked { seeds: 0..12, kind: None, misses: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--misses" => asked.misses = true,
            "--kind" => asked.kind = words.next().map(|kind| kind.to_lowercase()),
            "--seeds" => {
                let range = words.next().unwrap_or_default();
                let (from, to) = range.split_once("..").ok_or("write: --seeds 0..12")?;
                asked.seeds = from.parse()?..to.parse()?;
            }
            other => return Err(format!("unknown word '{other}'; write: --seeds FROM..TO, --kind KIND or --misses").into()),
        }
    }
    Ok(asked)
}

fn told(case: &Case, answer: &Explanation) {
    let system = &case.system;
    let fault = case.fault.as_ref().map(|fault| (fault.kind, case.label(), fault.factor, fault.ms, fault.share));
    println!(
        "  seed {} {:?} {} services, {:.0}+{:.0} executions: {fault:?}; earlier {:?}",
        case.seed,
        system.style,
        system.services,
        answer.baseline_executions.0,
        answer.executions.0,
        case.earlier.as_ref().map(|earlier| (earlier.kind, earlier.label(system)))
    );
    println!("    {}", answer.kind.as_str());
    for suspect in answer.suspects.iter().take(4) {
        let texts: Vec<&str> = suspect.evidence.iter().take(3).map(|line| line.text.as_str()).collect();
        println!("    {} {:.3}: {}", suspect.service, suspect.score, texts.join(" | "));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let asked = arguments()?;
    let mut all = Row::default();
    println!("{:12} {:>6} {:>8} {:>8}", "fault", "cases", "first", "top 3");
    for kind in Kind::ALL {
        let name = format!("{kind:?}").to_lowercase();
        if asked.kind.as_ref().is_some_and(|wanted| *wanted != name) {
            continue;
        }
        let row = faults(kind, asked.seeds.clone(), &mut |case, answer, rank| {
            if asked.misses && rank != Some(1) {
                told(case, answer);
            }
        });
        all.add(&row);
        println!("{name:12} {:>6} {:>8} {:>8}", row.cases, row.first, row.near);
    }
    println!("{:12} {:>6} {:>8} {:>8}", "all", all.cases, all.first, all.near);
    if asked.kind.as_ref().is_none_or(|kind| kind == "none") {
        let seeds = asked.seeds.start..asked.seeds.start + 4 * (asked.seeds.end - asked.seeds.start);
        let row = quiet(seeds, &mut |case, answer| {
            if asked.misses {
                told(case, answer);
            }
        });
        println!("no fault: {} alarms in {} ranges", row.first, row.cases);
    }
    Ok(())
}
