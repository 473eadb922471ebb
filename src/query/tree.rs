//! Who called whom in one execution, as a list in which each names its caller: whoever reads it needs no recursion.

use super::stats::milliseconds;
use super::{VerdictLine, verdict_line};
use crate::model::{Hops, Names, TreeHop, Verdict};
use serde::{Deserialize, Serialize};

/// A hop as one caller used it: all its calls together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TreeLine {
    /// The hop.
    pub hop: String,
    /// Its service.
    pub service: String,
    /// Position of the caller in the list; `null` where nobody in the execution called.
    pub caller: Option<u32>,
    /// How many calls; 0 where it should have been called and was not.
    pub calls: u32,
    /// `ok`, `cancelled`, `refused`, `error`: the worst end of a call; `missing` without calls.
    pub status: String,
    /// Calls in error.
    pub errors: u32,
    /// Calls that repeat a failed one.
    pub retries: u32,
    /// The longest call, milliseconds.
    pub longest_ms: f64,
    /// Its caller did not wait for it.
    #[serde(rename = "async", default, skip_serializing_if = "std::ops::Not::not")]
    pub asynchronous: bool,
    /// It is to blame.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blamed: bool,
    /// Errors here that did not matter: `masked_retry`, `suppressed`, `async_error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absorbed: Option<String>,
    /// Calls made from here, directly or further below, that the tree has no room for.
    #[serde(default, skip_serializing_if = "is_no_call")]
    pub more_calls: u32,
    /// Between it and its caller in the list are others that the tree has no room for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub further: bool,
}

fn is_no_call(calls: &u32) -> bool {
    *calls == 0
}

/// The line with the tree of hops: for whoever asks about this trace.
pub fn verdict_with_tree(verdict: &Verdict, names: &Names, hops: &Hops) -> VerdictLine {
    let tree = verdict.tree.iter().map(|one| tree_line(one, verdict, names, hops)).collect();
    VerdictLine { tree, ..verdict_line(verdict, names, hops) }
}

fn tree_line(one: &TreeHop, verdict: &Verdict, names: &Names, hops: &Hops) -> TreeLine {
    let hop = hops.get(one.hop);
    let absorbed = verdict.absorbed.iter().find(|absorbed| absorbed.hop == one.hop && one.errors > 0 && !one.blamed);
    TreeLine {
        hop: names.text(hop.hop).into(),
        service: names.text(hop.service).into(),
        caller: (one.caller != TreeHop::TOP).then(|| one.caller.into()),
        calls: one.calls,
        status: if one.calls == 0 { "missing" } else { one.ending.as_str() }.into(),
        errors: one.errors,
        retries: one.retries,
        longest_ms: milliseconds(one.longest_ns as f64),
        asynchronous: one.asynchronous,
        blamed: one.blamed,
        absorbed: absorbed.map(|absorbed| absorbed.kind.as_str().into()),
        more_calls: one.more,
        further: one.further,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::measure::testing::World;
    use crate::model::{Absorbed, AbsorbedKind, Cause, Ending};
    use crate::query::verdict_json;

    #[test]
    fn the_tree_of_a_trace_names_callers_by_their_places_and_says_who_is_to_blame() {
        let world = World::default();
        let mut verdict = world.failed(0xabc, world.hop(4), Cause::DependencyError);
        verdict.absorbed = vec![Absorbed { hop: world.hop(1), kind: AbsorbedKind::MaskedRetry }];
        let called = |hop, caller, calls| TreeHop { calls, longest_ns: 1_500_000, ..TreeHop::new(world.hop(hop), caller) };
        verdict.tree = vec![
            TreeHop { more: 7, ..called(0, TreeHop::TOP, 1) },
            TreeHop { errors: 1, retries: 1, ending: Ending::Error, ..called(1, 0, 2) },
            TreeHop { errors: 1, ending: Ending::Error, blamed: true, further: true, ..called(4, 0, 1) },
            TreeHop { asynchronous: true, ..called(2, 0, 0) },
        ];
        let line = verdict_with_tree(&verdict, &world.names, &world.hops);
        let tree: Vec<String> = line.tree.iter().map(|one| serde_json::to_string(one).unwrap()).collect();
        let expected = [
            r#"{"hop":"web op0","service":"web","caller":null,"calls":1,"status":"ok","errors":0,"retries":0,"longest_ms":1.5,"more_calls":7}"#,
            r#"{"hop":"booking op0","service":"booking","caller":0,"calls":2,"status":"error","errors":1,"retries":1,"longest_ms":1.5,"absorbed":"masked_retry"}"#,
            r#"{"hop":"card-network","service":"card-network","caller":0,"calls":1,"status":"error","errors":1,"retries":0,"longest_ms":1.5,"blamed":true,"further":true}"#,
            r#"{"hop":"pricing op0","service":"pricing","caller":0,"calls":0,"status":"missing","errors":0,"retries":0,"longest_ms":1.5,"async":true}"#,
        ];
        assert_eq!(tree, expected);
        // What a store keeps has it; lines of `--verdicts` are short.
        assert!(verdict_json(&verdict, &world.names, &world.hops).contains(r#""tree":[{"hop":"web op0""#));
        assert!(verdict_line(&verdict, &world.names, &world.hops).tree.is_empty());
    }
}
