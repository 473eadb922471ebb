//! Both judges on the same traces.

use super::feed::Real;
use super::generator;
use super::hops::Hop;
use super::map::Map;
use super::maps;
use super::print;
use super::shrink::shrink;
use super::span::Span;
use super::verdict::{self, Answer};
use std::fmt::Write;
use steelthread::judge::PathMode;
use steelthread::model::{Confidence, Fate, Fates, Outcome, Verdict};

/// What both sides say of one execution, as lines that can be compared; the last is not.
struct Said {
    lines: Vec<(&'static str, String)>,
    rule: String,
}

fn of_naive(answer: &Answer) -> Vec<Said> {
    let mut all: Vec<&verdict::Verdict> = answer.verdicts.iter().collect();
    all.sort_by_key(|one| (one.capability, one.entry));
    all.into_iter().map(naive_lines).collect()
}

fn naive_lines(one: &verdict::Verdict) -> Said {
    let blame = one.blame.as_ref();
    let culprit = blame.map_or("nobody".into(), |blame| format!("{} of {}", blame.hop.id, blame.hop.service));
    let absorbed: Vec<String> = one.absorbed.iter().map(|(hop, kind)| format!("{} of {}: {kind}", hop.id, hop.service)).collect();
    let path = one
        .path
        .iter()
        .map(|(span, hop, start, end, kind)| (format!("{span} {} of {} {kind}", hop.id, hop.service), *start, *end));
    let lines = vec![
        ("execution", format!("{} from {}", one.capability, one.entry)),
        ("outcome", one.outcome.to_owned()),
        ("culprit", culprit.clone()),
        ("cause", blame.map_or("none", |blame| blame.cause).to_owned()),
        ("slow", if one.entry == 0 { "not asked".into() } else { one.slow.to_string() }),
        ("duration", if one.entry == 0 { "not asked".into() } else { one.duration.to_string() }),
        ("absorbed", if one.entry == 0 { "not asked".into() } else { sorted(absorbed) }),
        ("low", blame.is_some_and(|blame| blame.low).to_string()),
        ("first suspect", if one.outcome == "failed" { culprit } else { "not asked".into() }),
        ("slow blame", slow_blame(one)),
        ("path", if one.path_open { "not asked".into() } else { joined(path) }),
    ];
    Said { lines, rule: blame.map_or("", |blame| blame.rule).to_owned() }
}

/// Nothing is normal yet, so the hop with the largest share.
fn slow_blame(one: &verdict::Verdict) -> String {
    if !one.slow {
        return "none".into();
    }
    let time = |hop: &Hop, kinds: &[&str]| {
        let of_hop = one.path.iter().filter(|(_, whose, _, _, kind)| whose == hop && kinds.contains(kind));
        of_hop.map(|(_, _, start, end, _)| end - start).sum::<u64>()
    };
    let mut shares: Vec<(u64, &Hop)> = one.path.iter().map(|(_, hop, ..)| (time(hop, &["self", "gap", "queue"]), hop)).collect();
    shares.sort();
    shares.dedup();
    let Some((most, hop)) = shares.pop() else { return "not asked".into() };
    let (own, gap, queue) = (time(hop, &["self"]), time(hop, &["gap"]), time(hop, &["queue"]));
    if one.path_open || shares.iter().any(|(time, _)| *time == most) {
        return "not asked".into(); // open: equals
    }
    let cause = match () {
        () if gap + queue <= own => "self_time",
        () if queue > gap => "queue",
        () => "edge_gap",
    };
    format!("{} of {} {cause}", hop.id, hop.service)
}

fn sorted(mut lines: Vec<String>) -> String {
    lines.sort();
    lines.join("; ")
}

/// Sections of one span that touch are one: a child without width may or may not cut them.
fn joined(sections: impl Iterator<Item = (String, u64, u64)>) -> String {
    let mut all: Vec<(String, u64, u64)> = Vec::new();
    for (what, start, end) in sections {
        match all.last_mut() {
            Some(last) if last.0 == what && last.2 == start => last.2 = end,
            _ => all.push((what, start, end)),
        }
    }
    let lines: Vec<String> =
        all.into_iter().map(|(what, from, to)| format!("{what} {}-{}", print::at(from), print::at(to))).collect();
    lines.join("; ")
}

fn of_real(real: &Real, verdicts: &[Verdict]) -> Vec<Said> {
    let mut all: Vec<&Verdict> = verdicts.iter().collect();
    all.sort_by_key(|one| (real.names.text(one.capability).to_owned(), one.entry_span_id));
    all.into_iter().map(|one| real_lines(real, one)).collect()
}

fn real_lines(real: &Real, one: &Verdict) -> Said {
    let hop = |id| {
        let (hop, service) = real.hop(id);
        format!("{hop} of {service}")
    };
    let absorbed = one.absorbed.iter().map(|absorbed| format!("{}: {}", hop(absorbed.hop), absorbed.kind.as_str())).collect();
    let path = one.critical_path.iter().map(|section| {
        (format!("{} {} {}", section.span.0, hop(section.hop), section.kind.as_str()), section.start_ns, section.end_ns)
    });
    let lines = vec![
        ("execution", format!("{} from {}", real.names.text(one.capability), one.entry_span_id.0)),
        ("outcome", one.outcome.as_str().to_owned()),
        ("culprit", one.blame.map_or("nobody".into(), |blame| hop(blame.hop))),
        ("cause", one.blame.map_or("none", |blame| blame.cause.as_str()).to_owned()),
        ("slow", one.slow.to_string()),
        ("duration", one.duration_ns.to_string()),
        ("absorbed", sorted(absorbed)),
        ("low", one.blame.is_some_and(|blame| blame.confidence == Confidence::Low).to_string()),
        ("first suspect", one.suspects.first().map_or("nobody".into(), |first| hop(*first))),
        ("slow blame", one.slow_blame.map_or("none".into(), |blame| format!("{} {}", hop(blame.hop), blame.cause.as_str()))),
        ("path", joined(path)),
    ];
    Said { lines, rule: one.blame.map_or(String::new(), |blame| format!("B{}", blame.rule)) }
}

/// What differs, most important first; empty if nothing does.
fn differences(naive: &[Said], real: &[Said]) -> Vec<(&'static str, String)> {
    let heads = |said: &[Said]| said.iter().map(|one| one.lines[0].1.clone()).collect::<Vec<_>>().join(", ");
    if heads(naive) != heads(real) {
        return vec![("executions", format!("naive: {}\n  real:  {}", heads(naive), heads(real)))];
    }
    let mut found = Vec::new();
    for (ours, theirs) in naive.iter().zip(real) {
        for (our, their) in ours.lines.iter().zip(&theirs.lines) {
            let open = our.1 == "not asked" || (our.0 == "low" && our.1 == "false");
            if !open && our.1 != their.1 {
                let (rule, other) = (&ours.rule, &theirs.rule);
                found.push((our.0, format!("{}: naive: {} ({rule})\n  real:  {} ({other})", ours.lines[0].1, our.1, their.1)));
            }
        }
    }
    found
}

fn fates(answer: &Answer, fates: &Fates) -> Option<(&'static str, String)> {
    let ours = [answer.measured, answer.unmatched, answer.ignored, answer.duplicate].map(|count| count as u64);
    let theirs = [Fate::Measured, Fate::Unmatched, Fate::Ignored, Fate::Duplicate].map(|fate| fates[fate]);
    (ours != theirs).then(|| ("fates", format!("measured, unmatched, ignored, duplicate: naive {ours:?} real {theirs:?}")))
}

/// What holds for every verdict (the promises of `model::Verdict`).
fn broken_law(one: &Verdict) -> Option<String> {
    let failed = one.outcome == Outcome::Failed;
    let tiled = one
        .critical_path
        .iter()
        .try_fold(one.start_ns, |at, next| (next.start_ns == at && next.end_ns > at).then_some(next.end_ns));
    let on_path: u64 = one.critical_path.iter().map(|section| section.end_ns - section.start_ns).sum();
    let laws = [
        ("blame if and only if it failed", failed == one.blame.is_some()),
        ("the culprit is the first suspect", one.blame.map(|blame| blame.hop) == one.suspects.first().copied()),
        ("slow blame if and only if it is slow", one.slow == one.slow_blame.is_some()),
        ("the path tiles the duration", tiled == Some(one.start_ns + one.duration_ns)),
        ("the path is as long as the duration", on_path == one.duration_ns),
        ("no suspect twice", (1..one.suspects.len()).all(|at| !one.suspects[..at].contains(&one.suspects[at]))),
        ("no hop twice", (1..one.hops.len()).all(|at| one.hops[..at].iter().all(|other| other.hop != one.hops[at].hop))),
        (
            "time of a hop is its own and its edge's",
            one.hops.iter().all(|hop| hop.self_ns + hop.edge_gap_ns == hop.critical_path_ns),
        ),
        ("as many latencies as calls", one.hops.iter().all(|hop| hop.latencies_ns.len() == hop.calls as usize)),
    ];
    laws.into_iter().find(|(_, holds)| !holds).map(|(law, _)| law.to_owned())
}

pub fn compare(real: &mut Real, map: &Map, trace: &[Span]) -> Vec<(&'static str, String)> {
    let answer = verdict::judge(trace, map, real.path == PathMode::Reference);
    let (verdicts, real_fates) = real.judge(trace);
    let mut found = differences(&of_naive(&answer), &of_real(real, &verdicts));
    found.extend(fates(&answer, &real_fates));
    found.extend(verdicts.iter().filter_map(broken_law).map(|law| ("law", law)));
    if real_fates.received() != trace.len() as u64 {
        found.push(("law", "the fates do not add up to the spans".into()));
    }
    found
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

const MAPS: u64 = 64;
const SHOWN: u64 = 20;

/// `STEELTHREAD_CASES`: how many traces; `STEELTHREAD_FIRST`: seed of the first; `STEELTHREAD_SHOWN`: how many are printed.
#[test]
fn the_judge_and_a_naive_reading_of_the_rules_agree_on_random_executions() {
    let (cases, first) = (number("STEELTHREAD_CASES", 3_000), number("STEELTHREAD_FIRST", 0));
    let maps: Vec<Map> = (0..MAPS).map(maps::map).collect();
    let mut reals: Vec<Real> = maps.iter().map(Real::new).collect();
    let (mut report, mut wrong) = (String::new(), 0);
    let shown = number("STEELTHREAD_SHOWN", SHOWN);
    let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
    for seed in first..first + cases {
        let at = (seed % MAPS) as usize;
        let trace = generator::trace(seed);
        reals[at].path = if seed % 9 == 0 { PathMode::Reference } else { PathMode::Default };
        let found = compare(&mut reals[at], &maps[at], &trace);
        let Some((kind, _)) = found.first() else { continue };
        wrong += 1;
        *kinds.entry(kind).or_default() += 1;
        if wrong <= shown {
            let trace = shrink(&mut reals[at], &maps[at], &trace);
            let found = compare(&mut reals[at], &maps[at], &trace);
            let tree = print::tree(&trace, &maps[at]);
            let hops = maps[at].yaml();
            let hops: Vec<&str> =
                hops.lines().filter(|line| !line.contains("async: ignored") || line.contains("match")).collect();
            writeln!(report, "\n=== seed {seed}, map {at}\n{}\n{tree}", hops[3..].join("\n")).unwrap();
            found.iter().for_each(|(what, text)| writeln!(report, "- {what}: {text}").unwrap());
        }
    }
    assert_eq!(wrong, 0, "of {cases} traces; by what differs first: {kinds:?}\n{report}");
}
