#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{export, import};
use crate::catalogue::{Capability, Catalogue, parse};
use proptest::prelude::*;

const BOOK_FLIGHT: &str = include_str!("../../../tests/maps/book-flight.yaml");

fn map(text: &str) -> Catalogue {
    parse("map.yaml", text).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// A map of these capabilities, of which each line stands at the beginning.
fn capabilities(text: &str) -> Catalogue {
    map(&format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n{text}"))
}

/// What OpenSLO can say of a capability.
fn expressible(one: &Capability) -> Capability {
    let mut kept = Capability { threads: Vec::new(), value: None, caller_errors: Default::default(), ..one.clone() };
    kept.hops.retain(|hop| !hop.objectives.is_empty());
    let all = kept.hops.iter_mut().flat_map(|hop| &mut hop.objectives).chain(&mut kept.objectives);
    for objective in all.filter(|one| one.calendar.is_none()) {
        objective.window_ns = objective.window_ns.or(Some(30 * 86_400_000_000_000));
    }
    kept
}

/// Objectives of the hops, without how their spans are recognised.
fn promises(one: &Capability) -> Vec<(String, Vec<crate::catalogue::Objective>)> {
    one.hops.iter().map(|hop| (hop.id.clone(), hop.objectives.clone())).collect()
}

#[track_caller]
fn comes_back(map: &Catalogue) {
    let told = export("map.yaml", map).text;
    let back = import("slo.yaml", &told).unwrap_or_else(|problems| panic!("{problems}\n{told}"));
    let drafted = parse("draft.yaml", &back.text).unwrap_or_else(|problems| panic!("{problems}\n{}", back.text));
    assert_eq!(drafted.capabilities().len(), map.capabilities().len());
    for (drafted, wanted) in drafted.capabilities().iter().zip(map.capabilities()) {
        let wanted = expressible(wanted);
        assert_eq!(promises(drafted), promises(&wanted));
        let without = |one: &Capability| Capability { hops: Vec::new(), ..one.clone() };
        assert_eq!(without(drafted), without(&wanted), "{told}\n{}", back.text);
    }
}

#[test]
fn what_both_can_say_comes_back_as_it_went() {
    comes_back(&map(BOOK_FLIGHT));
    comes_back(&capabilities(
        "- {id: a-b, title: \"A: #1 'quoted' \\\"more\\\"\", owner: '123', audience: [x, 'true'], objectives: [{id: c, target: 99.95, window: month}]}\n\
         - {id: a, objectives: [{id: b-c, target: 50%, under: 1.5ms, window: quarter}, {id: '2', target: 0%, under: 7ms, window: 90m}]}\n\
         - {id: empty}\n",
    ));
}

#[test]
fn an_objective_is_a_document_with_its_indicator() {
    let told =
        export("map.yaml", &capabilities("- {id: pay, objectives: [{id: fast, target: 99%, under: 800ms, window: 28d}]}\n"));
    let expected = r#"---
apiVersion: openslo/v1
kind: Service
metadata:
  name: pay
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: pay-fast
  annotations:
    steelthread/objective: fast
    steelthread/under: "800ms"
spec:
  service: pay
  indicator:
    metadata:
      name: pay-fast
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: Prometheus
            spec:
              query: "sum(steelthread_objective_executions_total{capability=\"pay\",objective=\"fast\",result=\"good\"})"
        total:
          metricSource:
            type: Prometheus
            spec:
              query: "sum(steelthread_objective_executions_total{capability=\"pay\",objective=\"fast\"})"
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99
"#;
    assert_eq!(told.text, expected);
    assert!(told.lost.is_empty(), "{:?}", told.lost);
    assert!(import("slo.yaml", expected).unwrap().lost.is_empty());
}

#[test]
fn what_openslo_cannot_say_of_a_map_is_told_with_its_line() {
    let told = export(
        "map.yaml",
        &map(&format!("{BOOK_FLIGHT}maintenance: [{{from: 2026-10-03T22:00:00Z, to: 2026-10-04T02:00:00Z, reason: a}}]\n")),
    );
    assert_eq!(
        told.lost,
        [
            "map.yaml:9:5: `value` of the capability `book-flight` is not carried over; OpenSLO knows no money",
            "map.yaml:10:5: `threads` of the capability `book-flight` is not carried over; OpenSLO does not say how executions are recognised",
            "map.yaml:15:5: `outcome` of the capability `book-flight` is not carried over; OpenSLO does not say what a failure is",
            "map.yaml:21:9: `match` of the hop `pricing` is not carried over; OpenSLO does not say how spans are recognised",
            "map.yaml:23:9: the hop `card-network` is not carried over; it has no objective, and OpenSLO knows no hops",
            "map.yaml:33:1: `maintenance` is not carried over; OpenSLO leaves no time out of a budget",
        ]
    );
    let told = export(
        "map.yaml",
        &capabilities("- {id: a, objectives: [{id: all, target: 100%}, {id: odd, target: 9%, window: 90s}]}\n"),
    );
    assert_eq!(
        told.lost,
        [
            "map.yaml:4:24: the objective `all` is not carried over; OpenSLO knows no target of 100 %",
            "map.yaml:4:49: the objective `odd` is not carried over; OpenSLO knows no window that is not whole minutes",
        ]
    );
    assert_eq!(told.text.matches("kind: SLO").count(), 0);
}

#[test]
fn objectives_whose_names_would_be_the_same_have_names_of_their_own() {
    let told = export(
        "m",
        &capabilities("- {id: a-b, objectives: [{id: c, target: 9%}]}\n- {id: a, objectives: [{id: b-c, target: 9%}]}\n"),
    )
    .text;
    assert_eq!((told.matches("  name: a-b-c\n").count(), told.matches("  name: a-b-c-2\n").count()), (2, 2));
}

/// Of another tool; all that it says is right, and half of it is known here.
const FOREIGN: &str = r#"apiVersion: openslo/v1
kind: SLO
metadata:
  name: Web.Availability
  displayName: Web works
  labels: {team: [a, b]}
  annotations: {example.com/board: "https://x"}
spec:
  description: All of it
  service: Web Shop
  indicatorRef: errors
  timeWindow:
    - duration: 1M
      calendar: {startTime: 2024-01-15 00:00:00, timeZone: Europe/Vienna}
      isRolling: false
  budgetingMethod: Timeslices
  objectives:
    - {displayName: silver, targetPercent: 99.5, timeSliceTarget: 0.9, timeSliceWindow: 5m}
    - {target: 0.9}
  alertPolicies: [{alertPolicyRef: loud}]
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: errors}
spec:
  ratioMetric:
    bad: {metricSource: {type: Datadog, spec: {query: a}}}
    total: {metricSource: {type: Datadog, spec: {query: b}}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency}
spec:
  service: Web Shop
  indicator:
    spec: {thresholdMetric: {metricSource: {type: Redshift, spec: {query: c}}}}
  timeWindow: [{duration: 1Q, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lte, value: 0.8, target: 0.99}]
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: loud}
spec: {}
"#;

#[test]
fn what_another_tool_says_becomes_a_draft_and_the_rest_is_told_with_its_line() {
    let carried = import("slo.yaml", FOREIGN).unwrap();
    let expected = "\
# A draft: OpenSLO does not say how executions are recognised. Write the threads of each capability, then run steelthread check.
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: web-shop
    # threads: [{id: web, entry: {service: …, kind: server, name: \"…\"}}]
    objectives:
      - {id: web-availability, target: 99.5%, window: month}
      - {id: web-availability-2, target: 90%, window: month}
";
    assert_eq!(carried.text, expected);
    parse("draft.yaml", &carried.text).unwrap();
    let expected = "\
slo.yaml:4:9: the name `Web.Availability` is not carried over as written; it is `web-availability` here
slo.yaml:5:16: `displayName` is not carried over; the map has no place for it
slo.yaml:6:12: the label `team` is not carried over; the map has no place for it
slo.yaml:7:17: the annotation `example.com/board` is not carried over; the map has no place for it
slo.yaml:9:16: `description` is not carried over; the map has no place for it
slo.yaml:10:12: the name `Web Shop` is not carried over as written; it is `web-shop` here
slo.yaml:14:17: the start `2024-01-15 00:00:00` is not carried over; a month begins with its first day here
slo.yaml:14:17: the zone `Europe/Vienna` is not carried over; a month is one of UTC here
slo.yaml:16:20: budgets by slices of time are not carried over; executions are counted here: `Occurrences`
slo.yaml:18:21: `displayName` is not carried over; the map has no place for it
slo.yaml:18:67: `timeSliceTarget` is not carried over; the map has no place for it
slo.yaml:18:89: `timeSliceWindow` is not carried over; the map has no place for it
slo.yaml:19:7: a second objective `web-availability` of `web-shop`; it is `web-availability-2` here
slo.yaml:20:18: `alertPolicies` is not carried over; burn rates and their alerts follow from the target here
slo.yaml:27:5: where the ratio comes from is not carried over; executions that come in as spans are counted here: ok against ok and failed
slo.yaml:34:12: the name `Web Shop` is not carried over as written; it is `web-shop` here
slo.yaml:36:29: where the values come from is not carried over; executions that come in as spans are counted here
slo.yaml:37:27: a rolling window of `1Q` is not carried over; months and years are not equally long; write days, or a window of the calendar. Without a window 30 days hold
slo.yaml:39:16: an objective over a threshold is not carried over; how long an execution may take is said with a unit here: write `under: 800ms` and a target
slo.yaml:39:21: `op` is not carried over; the map has no place for it
slo.yaml:39:33: `value` is not carried over; the map has no place for it
slo.yaml:41:1: the AlertPolicy `loud` is not carried over; spans come in and alerts go out by settings of the server";
    assert_eq!(carried.lost.join("\n"), expected);
}

#[test]
fn a_file_that_is_not_openslo_v1_has_all_its_problems_told_and_no_draft() {
    let told = |text: &str| import("slo.yaml", text).unwrap_err().to_string();
    assert_eq!(told(""), "slo.yaml:1:1: neither a service nor an SLO; write documents of OpenSLO v1, parted by `---`");
    assert_eq!(
        told("apiVersion: openslo/v1alpha\nkind: SLO\n---\napiVersion: openslo/v1\nkind: Slo\nmetadata: {name: a}\n"),
        "slo.yaml:1:13: another version than `openslo/v1`; write the documents in OpenSLO v1, `apiVersion: openslo/v1`\n\
         slo.yaml:5:7: unknown word `Slo` under `kind`; write `SLO`"
    );
    let slo = |spec: &str| told(&format!("apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: a}}\nspec: {spec}\n"));
    assert_eq!(
        slo(
            "{service: a, indicatorRef: x, budgetingMethod: Occurences, objectives: [{target: 1.0}, {target: 0.9, targetPercent: 90}], timeWindow: [{duration: 1.5d}]}"
        ),
        "slo.yaml:4:34: there is no SLI `x` in this file; write it into the same file, as a document of `kind: SLI`\n\
         slo.yaml:4:54: unknown word `Occurences` under `budgetingMethod`; write `Occurrences`\n\
         slo.yaml:4:88: target `1.0` is not from 0 to under 1; write a share such as `target: 0.999`, or a percentage such as `targetPercent: 99.9`\n\
         slo.yaml:4:94: an objective without exactly one target; write either `target: 0.999` or `targetPercent: 99.9`\n\
         slo.yaml:4:153: `1.5d` is no duration; write a whole number above 0 and one of m, h, d, w, M, Q, Y, such as `28d`"
    );
    let service = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}\n";
    assert_eq!(
        told(&format!("{service}---\n{service}")),
        "slo.yaml:7:18: duplicate service `a`, first at slo.yaml:3:18; write another name, or leave one of the two out"
    );
    assert!(
        slo("{indicator: {spec: {ratioMetric: {}}}, budgetingMethod: Occurrences, service: a}")
            .contains("an SLO without `objectives`")
    );
}

/// Words that stand somewhere in documents, and others.
fn a_word() -> impl Strategy<Value = String> {
    let known = [
        "28d",
        "99999999999999d",
        "1M",
        "1Q",
        "0.9",
        "99.9",
        "1.0",
        "-1",
        "true",
        "null",
        "~",
        "{}",
        "[]",
        "[a, a]",
        "steelthread/hop: a b",
        "steelthread/under: 1.5ms",
        "steelthread/under: 45",
        "steelthread/objective: Ü",
        "Service",
        "SLO",
        "SLI",
        "thresholdMetric",
        "calendar",
        "targetPercent",
        "'{{'",
        "\"\\n\"",
        "&a",
        "*a",
        "---",
    ];
    prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_comes_in_is_refused_or_becomes_a_draft_that_is_a_right_map(
        changes in prop::collection::vec((any::<prop::sample::Index>(), a_word()), 0..4), ours in any::<bool>(),
    ) {
        let text = if ours { export("map.yaml", &map(BOOK_FLIGHT)).text } else { FOREIGN.to_owned() };
        // Words between blanks, commas and brackets are replaced.
        let mut parts: Vec<String> = text.split_inclusive([' ', ',', '{', '}', '[', ']', '\n']).map(str::to_owned).collect();
        for (at, word) in changes {
            let at = at.index(parts.len());
            let end = parts[at].pop().map_or(String::new(), String::from);
            parts[at] = word + &end;
        }
        if let Ok(carried) = import("slo.yaml", &parts.concat()) {
            let drafted = parse("draft.yaml", &carried.text);
            prop_assert!(drafted.is_ok(), "{}\n{}", drafted.unwrap_err(), carried.text);
        }
    }
}
