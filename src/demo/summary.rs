//! The end of the demo in words: which hop was guilty in each phase, and whether every count is what the shop made.

use super::found::{self, Counts, What};
use super::script::{Fault, Phase, Script};
use super::truth::{Tally, Truth};

/// Lines for people, and whether every count agrees.
pub(super) fn summary(script: &Script, truth: &Truth, found: &Counts) -> (Vec<String>, bool) {
    let mut lines = vec![String::new(), "What was broken, and whom steelthread blames:".to_owned()];
    for fault in faults(script) {
        lines.extend(guilty(fault, script, truth, found));
    }
    lines.push(String::new());
    for (capability, endings) in &truth.total().endings {
        let count = |name: &str| found.get(&format!("{capability}: {name}"));
        let (executions, ok, failed, rejected) = (count("executions"), count("ok"), count("failed"), count("rejected"));
        let made = endings.executions();
        lines.push(format!(
            "{capability}: {executions} executions ({ok} ok, {failed} failed, {rejected} rejected), the shop made {made}"
        ));
    }
    let made = Counts::made(truth);
    let differences = found.differences(&made);
    if differences.is_empty() {
        lines.push(format!("Every count agrees with what the shop made, down to the last of {} spans.", truth.spans));
    } else {
        lines.push("Not every count agrees with what the shop made:".to_owned());
        lines.extend(differences.iter().map(|(what, mine, theirs)| format!("    {what}: steelthread {mine}, the shop {theirs}")));
    }
    (lines, differences.is_empty())
}

/// Faults of the script that do something, each once, in the order of time.
fn faults(script: &Script) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for phase in &script.phases {
        if phase.fault != Fault::Calm && !faults.contains(&phase.fault) {
            faults.push(phase.fault);
        }
    }
    faults
}

/// A line for each hop that the shop broke under this fault.
fn guilty(fault: Fault, script: &Script, truth: &Truth, found: &Counts) -> Vec<String> {
    let mut tally = Tally::default();
    let mut when = Vec::new();
    for (phase, made) in script.phases.iter().zip(&truth.phases).filter(|(phase, _)| phase.fault == fault) {
        tally += made;
        when.push(stretch(phase));
    }
    if tally.executions() == 0 {
        return vec![format!("    {:<15} was not reached", fault.name())];
    }
    let harm = harm(fault, &tally);
    if harm.is_empty() {
        return vec![format!("    {:<15} hit no execution", fault.name())];
    }
    let line = |(hop, noun, parts): &Harm| {
        let mine: f64 = parts.iter().map(|(what, _, _)| found.get(what)).sum();
        let theirs: u64 = parts.iter().map(|(_, _, made)| made).sum();
        let words: Vec<&str> = parts.iter().map(|(_, word, _)| *word).collect();
        let words = distinct(words).join(", ");
        let when = when.join(", ");
        format!("    {:<15} -> {hop}: {mine} {noun} ({words}), the shop made {theirs}; {when}", fault.name())
    };
    harm.iter().map(line).collect()
}

/// A hop, a noun for what it did, and the counts that belong to it: what is counted, word, how many the shop made.
type Harm = (&'static str, &'static str, Vec<(What, &'static str, u64)>);

/// What the shop did under this fault that should be seen of it.
fn harm(fault: Fault, tally: &Tally) -> Vec<Harm> {
    let mut harm: Vec<Harm> = Vec::new();
    let mut add = |hop, noun, part| match harm.iter_mut().find(|(known, _, _)| *known == hop) {
        Some((_, _, parts)) => parts.push(part),
        None => harm.push((hop, noun, vec![part])),
    };
    if fault == Fault::SlowInventory {
        for ((capability, hop), made) in &tally.slow {
            add(hop, "slow executions", (found::slow(capability, hop), "time on the way to it", *made));
        }
    }
    for ((capability, hop, cause), made) in &tally.failures {
        add(hop, "failures", (found::failures(capability, hop, cause), cause, *made));
    }
    for ((capability, hop, kind), made) in &tally.absorbed {
        add(hop, "absorbed errors", (found::absorbed(capability, hop, kind), kind, *made));
    }
    harm
}

fn distinct(mut words: Vec<&str>) -> Vec<&str> {
    words.sort_unstable();
    words.dedup();
    words
}

/// `12 s to 18.5 s`
pub(super) fn stretch(phase: &Phase) -> String {
    let seconds = |us: u64| (us as f64 / 100_000.0).round() / 10.0;
    format!("{} s to {} s", seconds(phase.from_us), seconds(phase.to_us))
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
