//! A year of traffic with 60 incidents and 300 blips, at 5, 50 and 5,000 executions an hour: who is told, when, and how often.
//!
//! `cargo run --release --example alert_year -- [--seed N] [--an-hour N] [--all]`
//!
//! `--an-hour` is for one traffic instead of three, `--all` shows every incident.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

mod year;

use std::error::Error;
use year::plan::{Blip, Event, Kind, Plan};
use year::run::{Case, Year, clock, year};

const DAYS: u64 = 365;

struct Asked {
    seed: u64,
    an_hour: Vec<f64>,
    all: bool,
}

fn arguments() -> Result<Asked, Box<dyn Error>> {
    let mut asked = Asked { seed: 1, an_hour: vec![5.0, 50.0, 5000.0], all: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--all" => asked.all = true,
            "--seed" => asked.seed = words.next().ok_or("write: --seed 1")?.parse()?,
            "--an-hour" => asked.an_hour = vec![words.next().ok_or("write: --an-hour 50")?.parse()?],
            other => return Err(format!("unknown word '{other}'; write: --seed N, --an-hour N or --all").into()),
        }
    }
    Ok(asked)
}

fn show(case: &Case) {
    let after = |at: u64| clock(at.saturating_sub(case.event.time.start));
    let (formula, tier) = case.formula.map_or_else(|| ("never".into(), ""), |(at, tier)| (after(at), tier));
    let (told, by, to) = case.told.as_ref().map_or_else(
        || ("never".into(), String::new(), String::new()),
        |one| (after(one.told), format!("{:?} {} {}", one.kind, one.objective, one.tier), one.to.map_or("-".into(), after)),
    );
    let delay = case.delay().map_or_else(|| "-".into(), |delay| delay.to_string());
    let (day, lasts) = (case.event.time.start / year::DAY, clock(case.event.time.end - case.event.time.start));
    let at = clock(case.event.time.start % year::DAY);
    println!(
        "  day {day:>3} {at:>8} {:<13} lasts {lasts:>8} bad {:>6} formula {formula:>8} {tier:<8} told {told:>8} ({delay:>4} s) pages {} tickets {} over {to:>9} {by}",
        case.event.kind.name(),
        case.bad,
        case.pages,
        case.tickets
    );
}

fn table(year: &Year, plan: &Plan) {
    println!("  kind           incidents  to tell  told  page lasts  in time  latest (s)  pages most  tickets");
    for kind in Kind::ALL {
        let cases: Vec<&Case> = year.cases.iter().filter(|case| case.event.kind == kind).collect();
        let count = |test: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| test(case)).count();
        let latest = cases.iter().filter_map(|case| case.delay()).max();
        println!(
            "  {:<13} {:>10} {:>8} {:>5} {:>11} {:>8} {:>11} {:>11} {:>8}",
            kind.name(),
            cases.len(),
            count(&|case| case.formula.is_some()),
            count(&|case| case.formula.is_some() && case.told.is_some()),
            count(&|case| case.told.is_none() && case.lasting),
            count(&|case| case.formula.is_some() && case.is_in_time()),
            latest.map_or_else(|| "-".into(), |latest| latest.to_string()),
            cases.iter().map(|case| case.pages).max().unwrap_or(0),
            cases.iter().map(|case| case.tickets).sum::<usize>(),
        );
    }
    let pages = year.alerts.iter().filter(|one| one.is_page()).count();
    println!(
        "  {} executions, {} alerts, {pages} pages, {} of them without an incident",
        year.executions,
        year.alerts.len(),
        year.strays.len()
    );
    for (stray, holds) in &year.strays {
        let before = |blip: &&Event<Blip>| (stray.from.saturating_sub(6 * year::HOUR)..stray.from).contains(&blip.time.start);
        let blips: Vec<Blip> = plan.blips.iter().filter(before).map(|blip| blip.kind).collect();
        let (day, at) = (stray.from / year::DAY, clock(stray.from % year::DAY));
        let rules = if *holds { "the rules hold" } else { "the rules do not hold" };
        println!("    day {day} at {at}: {} {}, {rules}, in the six hours before: {blips:?}", stray.objective, stray.tier);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let asked = arguments()?;
    let plan = Plan::draw(asked.seed, DAYS, 60, 300);
    for an_hour in asked.an_hour {
        let year = year(asked.seed, DAYS, &plan, an_hour);
        println!("{an_hour} executions an hour, seed {}", asked.seed);
        if asked.all {
            year.cases.iter().for_each(show);
        }
        table(&year, &plan);
    }
    Ok(())
}
