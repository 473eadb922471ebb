//! Rules that the other files tell by longer stories, each in a few lines and by its number.

use super::scene::Scene;
use crate::model::{Fate, Outcome};

fn blame(text: &str) -> String {
    Scene::with("").blame(text)
}

const FAILED: &str = "    outcome: {failed_when: [{attributes: {lost: \"yes\"}}], ignored_when: [{attributes: {probe: \"*\"}}]}
    hops: [{id: mail, match: {service: mail}, expect: always}]\n";

#[test]
fn outcome_1_to_8_the_first_that_holds_decides() {
    let scene = Scene::with(FAILED);
    let outcome = |entry: &str, below: &str| {
        let (verdicts, fates) = scene.judge(&format!("shop server 0-100 entry {entry}\n{below}"));
        let outcome = verdicts.first().map(|one| one.outcome);
        assert_eq!(outcome.is_none(), fates[Fate::Ignored] > 0);
        outcome
    };
    let (lost, mail) = ("  shop internal 1-2 lost:yes", "  shop client 5-6 >mail");
    assert_eq!(outcome("E probe:1 lost:yes", mail), None, "1 goes before 2 and 3");
    assert_eq!(outcome("http=404", lost), Some(Outcome::Failed), "2 goes before 4");
    assert_eq!(outcome("E", mail), Some(Outcome::Failed), "3");
    assert_eq!(outcome("http=404", ""), Some(Outcome::Rejected), "4 goes before 6");
    assert_eq!(outcome("grpc=1", "  shop client 1-2 E >db"), Some(Outcome::Failed), "5, with an error below");
    assert_eq!(outcome("grpc=1", ""), Some(Outcome::Abandoned), "5 goes before 6");
    assert_eq!(outcome("", ""), Some(Outcome::Failed), "6");
    assert_eq!(outcome("", mail), Some(Outcome::Ok), "8");
}

#[test]
fn outcome_3_an_entry_in_error_fails_and_nothing_is_missing_then() {
    let scene = Scene::with(FAILED);
    assert_eq!(scene.blame("shop server 0-100 entry E"), "failed: app_error at 'shop do' of shop (high, B5)");
    assert_eq!(scene.blame("shop server 0-100 entry http=503"), "failed: app_error at 'shop do' of shop (high, B5)");
}

#[test]
fn outcome_7_without_its_entry_an_execution_is_incomplete_and_blames_nobody() {
    let scene = Scene::with("    hops: [{id: cart, match: {service: cart}, expect: always}]\n");
    let verdict = scene.one("cart server 20-80 E parent=99");
    assert_eq!((verdict.outcome, verdict.blame, verdict.suspects.len()), (Outcome::Incomplete, None, 0));
}

#[test]
fn outcome_8_errors_that_did_not_reach_the_entry_leave_it_ok() {
    assert_eq!(blame("shop server 0-100 entry\n  cart server 10-90\n    cart client 20-80 E http=503 >db"), "ok");
}

#[test]
fn h2_a_call_with_a_server_belongs_to_the_hop_of_the_server() {
    let scene = Scene::with("    hops: [{id: basket, match: {service: cart}}]\n");
    let verdict = scene.one("shop server 0-100 entry\n  shop client 10-90 >elsewhere\n    cart server 20-80");
    assert_eq!(scene.uses(&verdict, "basket"), "1/0/0/0");
    assert_eq!(scene.uses(&verdict, "elsewhere"), "none");
}

#[test]
fn h3_own_work_below_another_service_is_a_hop_and_below_its_own_is_not() {
    let scene = Scene::with("");
    let verdict = scene.one("shop server 0-100 entry\n  lib internal 10-90 name=parse\n    lib internal 20-80 name=token");
    assert_eq!((scene.uses(&verdict, "lib parse"), scene.uses(&verdict, "lib token")), ("1/0/0/0".into(), "none".into()));
}

#[test]
fn h3_a_peer_that_nobody_names_is_unknown_at_its_caller() {
    assert_eq!(
        blame("shop server 0-100 entry E\n  shop client 10-90 E"),
        "failed: dependency_error at 'unknown@shop' (high, B6)"
    );
}

#[test]
fn receive_spans_are_client_kind_by_convention_and_ask_nobody() {
    let scene = Scene::with("");
    let text = "
        worker internal 0-100 entry
          worker client 10-90 to=kafka:orders receives
            worker consumer 20-80 name=pack";
    // The time around the work is no way to a server ...
    assert!(!scene.path(&scene.one(text)).contains("gap"), "{}", scene.path(&scene.one(text)));
    assert!(scene.path(&scene.one(&text.replace("receives", ""))).contains("gap"));
    // ... what failed is not repeated by receiving once more ...
    let twice = "
        worker internal 0-100 entry
          worker client 10-40 E to=kafka:orders receives
          worker client 50-90 to=kafka:orders receives";
    let absorbed = |text: &str| scene.absorbed(&scene.one(text));
    assert_eq!(absorbed(twice), "suppressed at 'kafka:orders'");
    assert_eq!(absorbed(&twice.replace("receives", "")), "masked_retry at 'kafka:orders'");
    // ... and an orphan was not called by it.
    let orphan = "
        worker internal 0-100 entry
          worker client 10-85 >mail receives
        mail server 20-90 parent=99";
    assert!(scene.path(&scene.one(orphan)).contains("self 20-90 'mail do' of mail"));
    assert!(!scene.path(&scene.one(orphan)).contains("gap"));
    assert!(scene.path(&scene.one(&orphan.replace("receives", ""))).contains("gap"));
}

#[test]
fn b2_a_call_that_was_refused_is_a_failed_attempt_too() {
    let text = "
        shop server 0-100 entry E
          shop client 10-30 http=404 >cart
          shop client 40-60 E http=503 >cart
          shop client 70-90 http=404 >cart";
    assert_eq!(blame(text), "failed: caller_error at 'shop do' of shop (high, B3)", "the last one decides");
    assert_eq!(blame(&text.replace("70-90 http=404", "70-90 http=200")), "failed: app_error at 'shop do' of shop (high, B5)");
}

#[test]
fn b6_that_a_limit_was_reached_or_nobody_answered_in_time_goes_before_a_lost_span() {
    let scene = Scene::with("    hops: [{id: basket, match: {service: cart}}]\n");
    let call = |words: &str| scene.blame(&format!("shop server 0-100 E entry\n  shop client 10-90 E >cart {words}"));
    assert_eq!(call("http=429"), "failed: saturation at 'basket' of cart (high, B6)");
    assert_eq!(call("http=504"), "failed: timeout_no_server at 'basket' of cart (medium, B6)");
    assert_eq!(call("http=502"), "failed: dependency_error at 'basket' of cart (low, B6, missing_server_span)");
}

#[test]
fn b9_exactly_a_quarter_of_the_time_is_a_fair_share() {
    let text = "shop server 0-1000 E entry http=504\n  shop client 750-1000 E type=timeout >cart";
    assert_eq!(blame(text), "failed: timeout_no_server at 'cart' (medium, B6)");
    assert_eq!(blame(&text.replace("750", "751")), "failed: timeout_budget at 'shop do' of shop (medium, B9)");
}

#[test]
fn e1_an_entry_of_any_kind_is_read_by_its_side() {
    let entry = |kind: &str, words: &str| blame(&format!("shop {kind} 0-100 entry {words}"));
    for kind in ["server", "consumer", "internal"] {
        assert_eq!(entry(kind, "E"), "failed: app_error at 'shop do' of shop (high, B5)", "{kind}");
        assert_eq!(entry(kind, "http=404"), "rejected", "{kind}");
        assert_eq!(entry(kind, "grpc=1"), "abandoned", "{kind}");
    }
    // A caller at the top, such as an app: whom it asked sent no span.
    assert_eq!(entry("client", "E >cart"), "failed: dependency_error at 'cart' (high, B6)");
    assert_eq!(entry("client", "http=404 >cart"), "rejected");
    assert_eq!(entry("client", "E type=timeout >cart"), "failed: timeout_no_server at 'cart' (medium, B6)");
    assert_eq!(entry("producer", "E to=kafka:orders"), "failed: dependency_error at 'kafka:orders' (high, B6)");
}
