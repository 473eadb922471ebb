//! The summary names the guilty and does not gloss over a difference.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::super::Traffic;
use super::*;
use std::time::Duration;

fn made(scenario: &str) -> (Script, Truth) {
    let script = Script::new(scenario, Duration::from_secs(30)).unwrap();
    let mut truth = Truth { phases: vec![Tally::default(); script.phases.len()], spans: 0 };
    for arrival in Traffic::new(script.clone(), 1, 40) {
        truth.phases[arrival.phase].add(&arrival.plan.made);
        truth.spans += arrival.plan.spans.len() as u64;
    }
    (script, truth)
}

#[test]
fn where_all_agrees_each_fault_has_a_line_with_its_guilty_hop() {
    let (script, truth) = made("default");
    let (lines, agrees) = summary(&script, &truth, &Counts::made(&truth));
    assert!(agrees);
    for (fault, hop, word) in [
        ("card-network", "card-network", "(dependency_error, timeout_no_server)"),
        ("pricing", "pricing", "(app_error)"),
        ("slow-inventory", "inventory", "slow executions"),
        ("recommendations", "recommendations", "(suppressed)"),
        ("retries", "card-network", "(masked_retry)"),
    ] {
        let line = lines.iter().find(|line| line.trim_start().starts_with(fault)).unwrap();
        assert!(line.contains(&format!(" {hop}: ")) && line.contains(word), "{line}");
    }
    let pricing: u64 = truth.total().failures.iter().filter(|((_, hop, _), _)| *hop == "pricing").map(|(_, made)| made).sum();
    let told = format!("pricing: {pricing} failures (app_error), the shop made {pricing}");
    assert!(lines.iter().any(|line| line.contains(&told)), "{told}: {lines:#?}");
    assert!(lines.last().unwrap().starts_with("Every count agrees"));
}

#[test]
fn a_wrong_culprit_and_a_lost_execution_are_told() {
    let (script, truth) = made("pricing");
    let mut other = truth.clone();
    let tally = &mut other.phases[1];
    let count = tally.failures.remove(&("browse", "pricing", "app_error")).unwrap();
    tally.failures.insert(("browse", "web", "app_error"), count);
    tally.endings.get_mut("checkout").unwrap().ok -= 1;
    let (lines, agrees) = summary(&script, &truth, &Counts::made(&other));
    assert!(!agrees);
    let told = lines.join("\n");
    assert!(told.contains(&format!("browse: failures at web (app_error): steelthread {count}, the shop 0")), "{told}");
    assert!(told.contains(&format!("browse: failures at pricing (app_error): steelthread 0, the shop {count}")), "{told}");
    assert!(told.contains("checkout: ok: steelthread"), "{told}");
}

#[test]
fn phases_that_were_not_reached_are_said_to_be_so() {
    let (script, mut truth) = made("default");
    for tally in &mut truth.phases[2..] {
        *tally = Tally::default();
    }
    let (lines, _) = summary(&script, &truth, &Counts::made(&truth));
    assert!(lines.iter().any(|line| line.contains("pricing") && line.ends_with("was not reached")), "{lines:#?}");
}

#[test]
fn a_stretch_is_told_in_seconds() {
    let phase = Phase { fault: Fault::Calm, from_us: 0, to_us: 2_142_857 };
    assert_eq!(stretch(&phase), "0 s to 2.1 s");
}
