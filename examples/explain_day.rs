//! A real day with labelled faults: for each fault and each normal window, what `explain` says.
//!
//! `cargo run --release --example explain_day -- DATA_FOLDER [--baseline before|hour|day] [--level hop|service]`
//!
//! The folder holds `map.yaml`, `faults.json` (`faults` and `normal_windows`, each with `from` and `to`, faults with `service` and
//! `type`) and `otlp/*`. Instead of analysing the recordings again, `--store DIR` asks a store that `analyze --store` has made.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use serde::Deserialize;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use steelthread::app::{self, AnalyzeSettings, Limits};
use steelthread::catalogue;
use steelthread::query::{
    Answers, Between, ExplainKind, ExplainQuestion, Explanation, HopsAnswer, HopsQuestion, Level, StatusQuestion, moment_text,
    parse_moment,
};

const HOUR_NS: u64 = 3_600_000_000_000;

/// Between windows that adjoin there is one second.
const ADJOIN_NS: u64 = 1_000_000_000;

#[derive(Deserialize)]
struct Labels {
    faults: Vec<Fault>,
    normal_windows: Vec<Stretch>,
}

#[derive(Deserialize)]
struct Fault {
    id: String,
    service: String,
    r#type: String,
    #[serde(flatten)]
    stretch: Stretch,
}

#[derive(Deserialize, Clone)]
struct Stretch {
    from: String,
    to: String,
}

/// Normal windows, and between two that adjoin one more that is half of each: it overlaps with both and touches no fault, because
/// neither does. So a day with few disjoint windows is asked at more moments, which are not independent of each other.
fn normal(windows: &[Stretch]) -> Result<Vec<(Stretch, bool)>, Box<dyn Error>> {
    let mut all: Vec<(Stretch, bool)> = windows.iter().map(|one| (one.clone(), false)).collect();
    for (one, next) in windows.iter().zip(windows.iter().skip(1)) {
        let moment = |text: &str| parse_moment(text, 0);
        if moment(&next.from)?.saturating_sub(moment(&one.to)?) > ADJOIN_NS {
            continue;
        }
        let half = |stretch: &Stretch| -> Result<u64, Box<dyn Error>> {
            Ok(u64::midpoint(moment(&stretch.from)?, moment(&stretch.to)?))
        };
        all.push((Stretch { from: moment_text(half(one)?), to: moment_text(half(next)?) }, true));
    }
    all.sort_by(|(one, _), (other, _)| one.from.cmp(&other.from));
    Ok(all)
}

struct Asked {
    data: PathBuf,
    store: Option<PathBuf>,
    baseline: String,
    level: Level,
}

fn arguments() -> Result<Asked, Box<dyn Error>> {
    let mut asked = Asked { data: PathBuf::new(), store: None, baseline: "before".into(), level: Level::Service };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--baseline" => asked.baseline = words.next().unwrap_or_default(),
            "--store" => asked.store = words.next().map(PathBuf::from),
            "--level" => asked.level = if words.next().as_deref() == Some("hop") { Level::Hop } else { Level::Service },
            _ => asked.data = word.into(),
        }
    }
    if !["before", "hour", "day"].contains(&asked.baseline.as_str()) || !asked.data.is_dir() {
        return Err("write: explain_day DATA_FOLDER [--baseline before|hour|day] [--level hop|service] [--store DIR]".into());
    }
    Ok(asked)
}

fn answers(asked: &Asked) -> Result<Arc<dyn Answers>, Box<dyn Error>> {
    if let Some(store) = &asked.store {
        return Ok(app::open_store(store)?);
    }
    let map = std::fs::read_to_string(asked.data.join("map.yaml"))?;
    let mut inputs: Vec<PathBuf> =
        std::fs::read_dir(asked.data.join("otlp"))?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    inputs.sort();
    let settings = AnalyzeSettings {
        catalogue: catalogue::parse("map.yaml", &map)?,
        inputs,
        store: None,
        verdicts: None,
        reference_path: false,
        limits: Limits::default(),
    };
    Ok(app::analyze(settings, &mut |_| {})?.answers)
}

fn explain(answers: &dyn Answers, capability: &str, asked: &Asked, stretch: &Stretch) -> Result<Explanation, Box<dyn Error>> {
    let between = Between { from_ns: parse_moment(&stretch.from, 0)?, to_ns: parse_moment(&stretch.to, 0)? };
    let baseline = match asked.baseline.as_str() {
        "hour" => Some(Between { from_ns: between.from_ns.saturating_sub(HOUR_NS), to_ns: between.from_ns }),
        "day" => {
            let day = between.from_ns / (24 * HOUR_NS) * (24 * HOUR_NS);
            Some(Between { from_ns: day, to_ns: day + 24 * HOUR_NS })
        }
        _ => None,
    };
    let question = ExplainQuestion { capability: capability.into(), between: Some(between), baseline, level: asked.level };
    Ok(answers.explain(&question)?)
}

/// For a fault that was missed: how all that is measured was then, and in the hour before. Whoever looks for a trace finds it here, or
/// sees that there is none.
fn show(answers: &dyn Answers, capability: &str, fault: &Fault) -> Result<(), Box<dyn Error>> {
    let (from_ns, to_ns) = (parse_moment(&fault.stretch.from, 0)?, parse_moment(&fault.stretch.to, 0)?);
    let ask = |from_ns, to_ns| -> Result<HopsAnswer, Box<dyn Error>> {
        let (capability, between) = (Some(capability.to_owned()), Some(Between { from_ns, to_ns }));
        Ok(answers.hops(&HopsQuestion { capability, between, level: Level::Service, ..HopsQuestion::default() })?)
    };
    let (now, before) = (ask(from_ns, to_ns)?, ask(from_ns.saturating_sub(HOUR_NS), from_ns)?);
    let most = |answer: &HopsAnswer| answer.hops.iter().map(|row| row.executions.0).fold(1.0, f64::max);
    println!("\n{} ({} of {}) was missed. Then, and in the hour before:", fault.id, fault.r#type, fault.service);
    println!(
        "{:24} {:>19} {:>19} {:>19} {:>19}",
        "service", "share of executions", "calls an execution", "call's median ms", "own work p95 ms"
    );
    for row in &now.hops {
        let Some(other) = before.hops.iter().find(|other| other.service == row.service) else { continue };
        let pair = |now: f64, before: f64| format!("{now:9.3} {before:9.3}");
        println!(
            "{:24} {} {} {} {}",
            row.service,
            pair(row.executions.0 / most(&now), other.executions.0 / most(&before)),
            pair(row.calls.0 / most(&now), other.calls.0 / most(&before)),
            pair(row.latency_ms.p50.unwrap_or(0.0), other.latency_ms.p50.unwrap_or(0.0)),
            pair(row.self_ms.p95.unwrap_or(0.0), other.self_ms.p95.unwrap_or(0.0)),
        );
    }
    Ok(())
}

fn first(answer: &Explanation) -> (&str, &str) {
    let first = answer.suspects.first();
    let evidence = first.and_then(|one| one.evidence.first()).map_or("-", |line| line.text.as_str());
    (first.map_or("-", |one| one.hop.as_str()), evidence)
}

fn main() -> Result<(), Box<dyn Error>> {
    let asked = arguments()?;
    let labels: Labels = serde_json::from_str(&std::fs::read_to_string(Path::new(&asked.data).join("faults.json"))?)?;
    let answers = answers(&asked)?;
    let status = answers.status(&StatusQuestion::default())?;
    let capability = status.capabilities.first().map(|one| one.id.clone()).ok_or("the map has no capability")?;
    let (mut top, mut near, mut alarms, mut missed) = (0, 0, 0, Vec::new());
    println!("{:8} {:15} {:22} {:>4} {:16} {:22} first evidence", "fault", "type", "service", "rank", "kind", "first suspect");
    for fault in &labels.faults {
        let answer = explain(answers.as_ref(), &capability, &asked, &fault.stretch)?;
        let rank = answer.suspects.iter().position(|one| one.service == fault.service).map(|at| at + 1);
        top += u32::from(rank == Some(1));
        near += u32::from(rank.is_some_and(|rank| rank <= 3));
        missed.extend((rank != Some(1)).then_some(fault));
        let (suspect, evidence) = first(&answer);
        let (rank, kind) = (rank.map_or("-".into(), |rank| rank.to_string()), answer.kind.as_str());
        println!("{:8} {:15} {:22} {rank:>4} {kind:16} {suspect:22} {evidence}", fault.id, fault.r#type, fault.service);
    }
    let windows = normal(&labels.normal_windows)?;
    for (stretch, between) in &windows {
        let answer = explain(answers.as_ref(), &capability, &asked, stretch)?;
        alarms += u32::from(answer.kind != ExplainKind::NothingUnusual);
        let (suspect, evidence) = first(&answer);
        let name = if *between { "half/half" } else { "normal" };
        println!("{name:9} {:37} {:>4} {:16} {suspect:22} {evidence}", stretch.from, "", answer.kind.as_str());
    }
    missed.iter().try_for_each(|fault| show(answers.as_ref(), &capability, fault))?;
    let disjoint = labels.normal_windows.len();
    println!(
        "\nfirst {top} of {}, in the first three {near}; {alarms} alarms in {} normal windows",
        labels.faults.len(),
        windows.len()
    );
    println!("({disjoint} of the windows are disjoint; {} more are half of each of two that adjoin)", windows.len() - disjoint);
    Ok(())
}
