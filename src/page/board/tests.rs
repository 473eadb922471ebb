//! Order, sentence and rows, from made-up facts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::query::{
    API_VERSION, CapabilityStatus, Completeness, Count, Lately, LatencyMs, ObjectiveBudget, ObjectiveStatus, Range, Spans, State,
    WorstHop,
};
use std::collections::BTreeMap;

const NOON: u64 = 1_788_264_000_000_000_000;

fn range() -> Range {
    Range { from: "2026-09-01T11:00:00Z".into(), to: "2026-09-01T12:00:00Z".into() }
}

fn capability(id: &str, state: State, ok: f64, failed: f64) -> CapabilityStatus {
    let rate = (ok + failed > 0.0).then(|| ok / (ok + failed));
    let goal = ObjectiveStatus {
        id: "available".into(),
        kind: "availability".into(),
        target: 0.999,
        under_ms: None,
        actual: rate,
        actual_low: None,
        actual_high: None,
        budget_left: None,
        burn: BTreeMap::new(),
        good: Count(ok),
        bad: Count(failed),
    };
    let worst = WorstHop { hop: "card".into(), service: "pay".into(), failures: Count(failed), share: 0.92, supplier: None };
    let none = Count::default();
    CapabilityStatus {
        id: id.into(),
        title: format!("Do {id}"),
        owner: Some(if id.len() > 3 { "long" } else { "short" }.into()),
        state,
        executions: Count(ok + failed),
        ok: Count(ok),
        failed: Count(failed),
        rejected: none,
        abandoned: none,
        incomplete: none,
        slow: none,
        success_rate: rate,
        success_rate_low: None,
        success_rate_high: None,
        latency_ms: LatencyMs { p95: Some(1240.0), ..LatencyMs::default() },
        absorbed: BTreeMap::new(),
        worst_hop: (failed > 0.0).then_some(worst),
        objectives: vec![goal],
        lost_value: None,
        sampled: None,
        intervals: None,
        skewed: 0,
        why_empty: None,
        completeness: Completeness::default(),
    }
}

fn left(id: &str, left: f64, counted: f64) -> ObjectiveBudget {
    ObjectiveBudget {
        capability: id.into(),
        hop: None,
        objective: "available".into(),
        kind: "availability".into(),
        target: 0.999,
        window: "28d".into(),
        range: range(),
        counted: Count(counted),
        allowed: Count(1.0),
        used: Count(1.0 - left),
        left: Count(left),
        left_share: Some(left),
        gone: left <= 0.0,
        gone_in_seconds: None,
        gone_at: None,
        lately: Lately::default(),
        spent: Vec::new(),
        excluded: None,
        note: None,
    }
}

fn facts(capabilities: Vec<CapabilityStatus>, budgets: Vec<ObjectiveBudget>) -> BoardFacts {
    let status = Status {
        api_version: API_VERSION.into(),
        range: range(),
        capabilities,
        spans: Spans { received: 1, ..Spans::default() },
        estimated: false,
        unknown_capabilities: BTreeMap::new(),
    };
    let budget = BudgetAnswer { api_version: API_VERSION.into(), at: String::new(), budgets, estimated: false };
    BoardFacts {
        status,
        budget,
        open: Vec::new(),
        attempts: HashMap::new(),
        threads: HashMap::new(),
        counted_until_ns: NOON,
        host: None,
    }
}

fn all() -> BoardFacts {
    let capabilities = vec![
        capability("fine", State::Ok, 5000.0, 0.0),
        capability("slow", State::Degraded, 9971.0, 29.0),
        capability("new", State::NoData, 0.0, 0.0),
        capability("few", State::TooFew, 3.0, 0.0),
        capability("worse", State::Degraded, 9971.0, 29.0),
        capability("gone", State::NoData, 0.0, 0.0),
        capability("bad", State::Failing, 88.0, 12.0),
    ];
    facts(capabilities, vec![left("slow", 0.44, 9.0), left("worse", 0.18, 9.0), left("gone", 0.9, 9.0), left("bad", -1.62, 9.0)])
}

fn shown(facts: &BoardFacts, query: &str) -> String {
    board(&Asked::new("/", query, NOON), facts).into_string().replace('\u{202f}', " ").replace('\u{2212}', "-")
}

fn order(page: &str) -> Vec<&str> {
    let rows = page.split("<a href=\"/c/").skip(1).filter(|rest| rest.contains("Do "));
    let mut ids: Vec<&str> = rows.filter_map(|rest| rest.split(['"', '?', '/']).next()).collect();
    ids.dedup();
    ids
}

#[test]
fn rows_stand_in_the_order_in_which_somebody_should_look_at_them() {
    assert_eq!(order(&shown(&all(), "")), ["bad", "gone", "worse", "slow", "few", "new", "fine"]);
    let owners = shown(&all(), "group=owner");
    assert_eq!(order(&owners), ["bad", "few", "new", "gone", "worse", "slow", "fine"]);
    assert_eq!(order(&shown(&all(), "q=CARD")), ["bad", "worse", "slow"]);
    assert!(shown(&all(), "q=nothing").contains("Nothing here is called"));
}

#[test]
fn the_sentence_says_what_a_person_would_say() {
    let said = |facts: &BoardFacts| {
        let page = shown(facts, "");
        let say = page.split("<p class=\"say\">").nth(1).unwrap().split("</p>").next().unwrap().to_owned();
        regex::Regex::new("<[^>]*>").unwrap().replace_all(&say, "").trim().to_owned()
    };
    assert_eq!(
        said(&all()),
        "Do bad is failing. 12 of 100 attempts fail; 92 % of those end at card. 2 are degraded, 2 have no data, 1 has too few attempts to tell."
    );
    let fine = |id| capability(id, State::Ok, 5000.0, 0.0);
    assert_eq!(said(&facts(vec![fine("a"), fine("b")], Vec::new())), "All 2 capabilities keep their goals.");
    let few = vec![fine("a"), capability("b", State::TooFew, 3.0, 0.0)];
    assert_eq!(said(&facts(few, Vec::new())), "1 of 2 capabilities keep their goals. 1 has too few attempts to tell.");
    let degraded = vec![capability("a", State::Degraded, 9971.0, 29.0)];
    assert_eq!(said(&facts(degraded, Vec::new())), "Do a is degraded. 3 of 1 000 attempts fail; 92 % of those end at card.");
}

#[test]
fn what_is_not_known_is_no_number_and_a_rate_is_never_rounded_up_to_its_goal() {
    let few = shown(&facts(vec![capability("few", State::TooFew, 3.0, 0.0)], Vec::new()), "");
    assert!(few.contains("<b class=\"plain\">–</b>") && !few.contains("100 %"), "{few}");
    let near = shown(&facts(vec![capability("near", State::Degraded, 99_899.0, 101.0)], Vec::new()), "");
    assert!(near.contains("<b class=\"missed\">99.8 %</b><small>goal 99.9 %</small>"), "{near}");
}

#[test]
fn data_that_has_stopped_says_since_when() {
    let old = BoardFacts { counted_until_ns: NOON - 720_000_000_000, ..all() };
    assert!(shown(&old, "").contains("Nothing was counted for 12 min."));
    assert!(!shown(&old, "from=now-2h&to=2026-09-01T11:50:00Z").contains("Nothing was counted for"));
    assert!(!shown(&all(), "").contains("Nothing was counted for"));
}
