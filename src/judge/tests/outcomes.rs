//! How an execution ended (spec 2.3), in its order.

use super::scene::Scene;
use crate::model::{Fate, Weight};

#[test]
fn outcome_1_an_execution_that_is_ignored_has_no_verdict_and_its_spans_say_so() {
    let scene = Scene::with("    outcome: {ignored_when: [{attributes: {probe: \"*\"}}]}\n");
    let (verdicts, fates) = scene.judge("shop server 0-100 E entry probe:yes\n  shop client 10-90 E >cart");
    assert!(verdicts.is_empty());
    assert_eq!(fates[Fate::Ignored], 2);
    let (verdicts, fates) = scene.judge("shop server 0-100 E entry\n  shop client 10-90 E >cart probe:yes");
    assert_eq!((verdicts.len(), fates[Fate::Measured]), (1, 2), "only the entry is asked");
}

#[test]
fn outcome_2_a_business_rule_goes_before_a_rejection_and_before_leaving() {
    let scene = Scene::with("    outcome: {failed_when: [{attributes: {lost: \"yes\"}}]}\n");
    for entry in ["http=404", "http=499", ""] {
        let text = format!("shop server 0-100 entry {entry}\n  shop internal 10-90 lost:yes");
        assert_eq!(scene.blame(&text), "failed: business_failure at 'shop do' of shop (high, B11)", "{entry}");
    }
}

#[test]
fn outcome_4_the_map_says_what_a_refused_entry_is() {
    let with = |how: &str| Scene::with(&format!("    outcome: {{caller_errors: {how}}}\n"));
    let text = "shop server 0-100 E entry http=404";
    assert_eq!(with("reject").blame(text), "rejected");
    assert_eq!(with("ok").blame(text), "ok");
    assert_eq!(with("fail").blame(text), "failed: caller_error at '(caller)' (high, B0)");
    assert_eq!(Scene::with("").blame(text), "rejected");
}

#[test]
fn outcome_5_who_left_because_of_an_error_did_not_get_what_they_came_for() {
    let scene = Scene::with("");
    let text = "shop server 0-100 entry http=499\n  shop client 10-90 E http=503 >cart";
    assert_eq!(scene.blame(text), "failed: dependency_error at 'cart' (high, B6)");
    assert_eq!(scene.blame(&text.replace("http=503", "type=cancelled")), "abandoned");
    let absorbed = scene.one(
        "
        shop server 0-100 entry http=499
          cart server 10-90
            cart client 20-80 E http=503 >db",
    );
    assert_eq!((scene.say(&absorbed), scene.absorbed(&absorbed)), ("abandoned".into(), "suppressed at 'db'".into()));
}

#[test]
fn outcome_6_a_missing_step_fails_only_what_else_would_be_ok() {
    let scene = Scene::with("    hops: [{id: mail, expect: always, match: {service: mail}}]\n");
    assert_eq!(scene.blame("shop server 0-100 entry"), "failed: missing_step at 'shop do' of shop (medium, B12)");
    assert_eq!(scene.blame("shop server 0-100 entry http=404"), "rejected");
    assert_eq!(scene.blame("shop server 0-100 entry http=499"), "abandoned");
}

#[test]
fn slow_is_over_the_limit_and_independent_of_the_outcome() {
    let scene = Scene::with("    objectives: [{id: fast, target: 99%, under: 2ms}, {id: faster, target: 90%, under: 1ms}]\n");
    let slow = |end: u64, words: &str| {
        let verdict = scene.one(&format!("shop server 0-{end} entry {words}"));
        assert_eq!(verdict.slow, verdict.slow_blame.is_some());
        verdict.slow
    };
    assert!(!slow(1_000_000, ""), "exactly at the limit is good");
    assert!(slow(1_000_001, ""));
    assert!(slow(1_000_001, "E"));
    assert!(!slow(1_000_000, "E"));
}

#[test]
fn weight_an_execution_stands_for_as_many_as_its_entry_says() {
    let weight = |text: &str| Scene::with("").one(text).weight;
    assert_eq!(weight("shop server 0-100 entry th=80000000000000"), Weight::from_threshold(1 << 55));
    assert_eq!(weight("shop server 0-100 entry\n  shop internal 1-2 th=80000000000000"), Weight::ONE);
    let both = "shop server 0-100 entry th=80000000000000\n  shop internal 1-2 th=f0000000000000";
    assert_eq!(weight(both), Weight::from_threshold(1 << 55));
}
