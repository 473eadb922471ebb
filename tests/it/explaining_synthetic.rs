//! `explain` on systems that were drawn by chance: how often the culprit comes first, and what its sentences say.

#[path = "../../examples/synthetic/mod.rs"]
pub mod synthetic;

use steelthread::model::{Hops, Names, Outcome, Verdict};
use steelthread::query::{Between, EvidenceLine, Explanation};
use synthetic::case::Case;
use synthetic::fault::Kind;
use synthetic::table::{Row, faults, quiet, rank};

#[test]
fn the_culprit_comes_first_in_most_systems_and_alarms_are_rare() {
    let mut all = Row::default();
    for kind in Kind::ALL {
        all.add(&faults(kind, 20..22, &mut |_, _, _| ()));
    }
    let quiet = quiet(80..92, &mut |_, _| ());
    // Some faults meet few executions of a short range, and cannot be told from chance by anybody.
    assert!(all.cases >= 24 && f64::from(all.first) >= 0.75 * f64::from(all.cases), "{all:?}");
    assert!(quiet.first <= 1, "{quiet:?}");
}

/// What is counted of a service again, straight from the verdicts.
#[derive(Debug, Default)]
struct Counted {
    executions: f64,
    /// Executions in which the service was called.
    used: f64,
    failed: f64,
    absorbed: f64,
    own_ns: Vec<u64>,
    way_ns: Vec<u64>,
    /// Calls by caller and callee, and executions by service.
    calls: std::collections::BTreeMap<(String, String), f64>,
    at_work: std::collections::BTreeMap<String, f64>,
}

impl Counted {
    fn add(&mut self, service: &str, verdict: &Verdict, names: &Names, hops: &Hops) {
        let of = |hop| names.text(hops.get(hop).service).to_string();
        self.executions += 1.0;
        self.failed +=
            f64::from(verdict.outcome == Outcome::Failed && verdict.blame.is_some_and(|blame| of(blame.hop) == service));
        self.absorbed += verdict.absorbed.iter().filter(|one| of(one.hop) == service).count() as f64;
        let mine = || verdict.hops.iter().filter(|one| of(one.hop) == service);
        if mine().any(|one| one.calls > 0 || one.critical_path_ns > 0) {
            self.own_ns.push(mine().map(|one| one.self_ns).sum());
            self.way_ns.push(mine().map(|one| one.edge_gap_ns).sum());
        }
        self.used += f64::from(mine().any(|one| one.calls > 0));
        let mut at_work: Vec<String> = verdict.hops.iter().filter(|one| one.calls > 0).map(|one| of(one.hop)).collect();
        at_work.sort();
        at_work.dedup();
        at_work.into_iter().for_each(|one| *self.at_work.entry(one).or_default() += 1.0);
        for usage in &verdict.hops {
            for caller in &usage.callers {
                *self.calls.entry((of(caller.hop), of(usage.hop))).or_default() += f64::from(caller.calls);
            }
        }
    }

    fn rate(&self, caller: &str, callee: &str) -> f64 {
        let calls = self.calls.get(&(caller.to_string(), callee.to_string())).copied().unwrap_or(0.0);
        calls / self.at_work.get(caller).copied().unwrap_or(0.0).max(1.0)
    }
}

fn median_ms(values: &[u64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() - 1) / 2] as f64 / 1e6
}

/// The answer, and all counted again: in the range, and before it.
fn played(case: &Case, service: &str) -> (Explanation, Counted, Counted) {
    let Between { from_ns, to_ns } = case.range();
    let (mut now, mut before) = (Counted::default(), Counted::default());
    let answer = case
        .play(&mut |verdict, names, hops| match verdict.end_ns {
            end_ns if end_ns < from_ns => before.add(service, verdict, names, hops),
            end_ns if end_ns < to_ns => now.add(service, verdict, names, hops),
            _ => {}
        })
        .answer;
    (answer, now, before)
}

fn near(told: f64, counted: f64, part: f64) -> bool {
    (told - counted).abs() <= part * counted.abs().max(1e-3) + 1e-4
}

/// Numbers of a sentence, in their order, without those in names.
fn numbers(text: &str) -> Vec<f64> {
    let words = text.split(|one: char| one.is_whitespace() || one == '(' || one == ')' || one == ',' || one == ';');
    words.filter_map(|word| word.trim_end_matches(['%', ':', '.']).parse().ok()).collect()
}

/// Holds a sentence against what was counted; whether it is of a sort that is checked.
fn check(line: &EvidenceLine, service: &str, now: &Counted, before: &Counted) -> bool {
    let (text, normal, told) = (&line.text, line.normal.unwrap_or(0.0), numbers(&line.text));
    match line.kind.as_str() {
        "failures" => {
            assert_eq!((told[0], told[1]), (now.failed, now.executions), "{text}");
            assert!(near(line.value, now.failed / now.executions, 1e-3) && near(told[2] / 100.0, line.value, 0.02), "{text}");
            assert!(near(normal, before.failed / before.executions, 0.05), "{text} {before:?}");
        }
        "absorbed" => {
            assert_eq!((told[0], told[1]), (now.absorbed, now.executions), "{text}");
            assert!(near(line.value, now.absorbed / now.executions, 1e-3), "{text}");
        }
        "self_time" | "edge_gap" => {
            let of = |counted: &Counted| if line.kind == "self_time" { counted.own_ns.clone() } else { counted.way_ns.clone() };
            let (mine, earlier) = (of(now), of(before));
            assert!(text.contains(&format!("of {:.0} executions", now.used)), "{text}: {}", now.used);
            // Histograms know a value to a few percent, and the median of an even number lies between two.
            assert!(near(line.value, median_ms(&mine), 0.15), "{text}: {}", median_ms(&mine));
            assert!(near(normal, median_ms(&earlier), 0.15), "{text}: {}", median_ms(&earlier));
        }
        "calls" | "vanished" if text.contains(&format!("{service} called")) && !text.contains(" Op") => {
            let callee = text.split(" called ").nth(1).unwrap().split(' ').next().unwrap();
            assert!(near(line.value, now.rate(service, callee), 1e-3), "{text}: {}", now.rate(service, callee));
            assert!(near(normal, before.rate(service, callee), 0.1), "{text}: {}", before.rate(service, callee));
        }
        _ => return false,
    }
    true
}

#[test]
fn every_number_of_a_sentence_is_the_one_that_the_verdicts_give() {
    let mut checked: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    let kinds = [Kind::Slower, Kind::Delay, Kind::Errors, Kind::Absorbed, Kind::Early, Kind::Exception, Kind::Loss];
    for kind in kinds {
        let mut cases = 0;
        for mut case in (40..60).filter_map(|seed| Case::draw(seed * 100 + kind as u64, Some(kind))) {
            // What is normal is told without what stands out, which the count below does not leave out.
            case.earlier = None;
            let service = case.label().unwrap();
            let (answer, now, before) = played(&case, &service);
            let Some(place) = rank(&answer, &service) else { continue };
            assert_eq!((answer.executions.0, answer.baseline_executions.0), (now.executions, before.executions));
            for line in &answer.suspects[place - 1].evidence {
                if check(line, &service, &now, &before) {
                    *checked.entry(line.kind.clone()).or_default() += 1;
                }
            }
            cases += 1;
            if cases == 2 {
                break;
            }
        }
    }
    for kind in ["failures", "absorbed", "self_time", "edge_gap", "calls"] {
        assert!(checked.contains_key(kind), "no sentence of the kind {kind} came: {checked:?}");
    }
}
