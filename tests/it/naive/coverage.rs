//! The comparison is worth as much as the traces: each rule that can blame, each outcome and each kind of absorbed error must come up.

use super::{generator, maps, verdict};
use std::collections::BTreeMap;

#[test]
fn random_executions_reach_every_rule_every_outcome_and_every_kind_of_absorbed_error() {
    let maps: Vec<_> = (0..64).map(maps::map).collect();
    let mut seen = BTreeMap::<&str, usize>::new();
    for seed in 0..3_000 {
        let answer = verdict::judge(&generator::trace(seed), &maps[seed as usize % maps.len()], false);
        for one in &answer.verdicts {
            *seen.entry(one.outcome).or_default() += 1;
            let blame = one.blame.iter().flat_map(|blame| [blame.rule, blame.cause]);
            for word in blame.chain(one.absorbed.iter().map(|(_, kind)| *kind)).chain(one.path.iter().map(|section| section.4)) {
                *seen.entry(word).or_default() += 1;
            }
        }
        for (fate, count) in [("unmatched", answer.unmatched), ("ignored", answer.ignored), ("duplicate", answer.duplicate)] {
            *seen.entry(fate).or_default() += count;
        }
    }
    let rules = ["B3", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12", "C3", "E4", "O4"];
    let outcomes = ["ok", "failed", "rejected", "abandoned", "incomplete", "unmatched", "ignored", "duplicate"];
    let others = ["masked_retry", "suppressed", "async_error", "self", "gap", "queue"];
    for word in rules.iter().chain(&outcomes).chain(&others) {
        assert!(seen.get(word).is_some_and(|count| *count >= 5), "{word} came up too seldom: {seen:?}");
    }
}
