//! Whose a span is (H1 to H3), as the uses of hops show it.

use super::scene::Scene;
use crate::judge::{HopLimit, Judge};
use crate::model::Hops;

/// Hops with calls, sorted: `hop of service` or `hop` alone, `x` where external.
fn calls(scene: &Scene, text: &str) -> String {
    let verdict = scene.one(text);
    let one = |one: &crate::model::HopUse| {
        let external = if scene.hops.get(one.hop).external { " x" } else { "" };
        format!("{}{external} {}", scene.hop(one.hop), one.calls)
    };
    let mut told: Vec<String> = verdict.hops.iter().filter(|one| one.calls > 0).map(one).collect();
    told.sort();
    told.join(", ")
}

const TEXT: &str = "
    shop server 0-100 entry name=GET
      shop internal 2-98 name=work
        shop client 10-60 >cart
          cart server 20-50 name=get
        shop client 62-70 to=db.example:5432
        lib internal 72-74 name=parse
      shop client 80-90 to=kafka:orders receives";

#[test]
fn h3_automatic_hops() {
    let expected = "'cart get' of cart 1, 'db.example:5432' x 1, 'kafka:orders' x 1, 'lib parse' of lib 1, 'shop GET' of shop 1";
    assert_eq!(calls(&Scene::with(""), TEXT), expected);
}

#[test]
fn h1_a_mapped_hop_takes_spans_that_work_or_spans_that_ask() {
    let scene = Scene::with("    hops: [{id: wrap, match: {service: shop, name: work}}, {id: front, match: {service: shop}}]\n");
    let expected = "'cart get' of cart 1, 'db.example:5432' x 1, 'front' of shop 1, 'kafka:orders' x 1, 'lib parse' of lib 1, 'wrap' of shop 1";
    assert_eq!(calls(&scene, TEXT), expected);
    let scene = Scene::with(
        "    hops: [{id: base, external: true, match: {peer: \"*.example\"}}, {id: cart-way, match: {peer: cart}}]\n",
    );
    let expected = "'base' of db.example:5432 x 1, 'cart get' of cart 1, 'cart-way' of cart 1, 'kafka:orders' x 1, 'lib parse' of lib 1, 'shop GET' of shop 1";
    assert_eq!(calls(&scene, TEXT), expected);
}

#[test]
fn h2_a_call_without_a_server_belongs_to_the_hop_whose_service_it_names() {
    let scene = Scene::with("    hops: [{id: basket, match: {service: cart}}, {id: base, match: {service: db.example}}]\n");
    let text = TEXT.lines().filter(|line| !line.contains("cart server")).collect::<Vec<_>>().join("\n");
    let expected = "'base' of db.example 1, 'basket' of cart 1, 'kafka:orders' x 1, 'lib parse' of lib 1, 'shop GET' of shop 1";
    assert_eq!(calls(&scene, &text), expected);
}

#[test]
fn h1_one_mapped_hop_of_several_services_is_told_apart_by_service() {
    let scene = Scene::with("    hops: [{id: any, match: {kind: server}}]\n");
    assert_eq!(calls(&scene, "shop server 0-100 entry\n  cart server 1-9"), "'any' of cart 1, 'any' of shop 1");
}

#[test]
fn hops_beyond_the_limit_become_other() {
    let mut scene = Scene::with("");
    scene.limit = HopLimit::new(2);
    let text = "shop server 0-100 entry\n  a server 1-2\n  b server 3-4\n  c server 5-6\n  a server 7-8";
    assert_eq!(calls(&scene, text), "'(other)' 2, 'a do' of a 2, 'shop do' of shop 1");
    assert_eq!(calls(&scene, text), "'(other)' 2, 'a do' of a 2, 'shop do' of shop 1", "also for another judge");
}

#[test]
fn a_failed_call_over_a_fine_server_is_an_error_of_the_hop_once() {
    let scene = Scene::with("");
    let text = "shop server 0-100 entry\n  shop client 10-90 E type=timeout >cart\n    cart server 20-80 name=get";
    assert_eq!(scene.uses(&scene.one(text), "cart get"), "1/1/0/0");
    assert_eq!(scene.uses(&scene.one(&text.replace("name=get", "name=get E")), "cart get"), "1/1/0/0");
    assert_eq!(scene.uses(&scene.one(&text.replace("E type=timeout", "http=404")), "cart get"), "1/0/0/0");
}

#[test]
fn an_expected_hop_that_is_absent_is_missing() {
    let scene = Scene::with(
        "    hops:
      - {id: mail, match: {service: mail}}
      - {id: log, match: {service: log}, expect: optional}
      - {id: bank, external: true, match: {peer: bank}}\n",
    );
    let verdict = scene.one("shop server 0-100 entry\n  shop client 1-2 >bank");
    assert_eq!(
        (scene.uses(&verdict, "mail"), scene.uses(&verdict, "log"), scene.uses(&verdict, "bank")),
        ("0/0/0/1".into(), "none".into(), "1/0/0/0".into())
    );
}

#[test]
fn a_judge_that_is_used_again_says_the_same() {
    let scene = Scene::with("");
    let mut judge = Judge::default();
    let (first, second) = (scene.trace(TEXT), scene.trace("shop server 0-100 E entry\n  shop client 1-2 E >cart"));
    let mut told = Vec::new();
    for trace in [&first, &second, &first, &second] {
        judge.judge(&trace.trace(), &scene.context(), &mut |verdict| told.push(verdict.clone()));
    }
    assert_eq!(told[..2], told[2..]);
    assert_ne!(told[0].hops[0].hop, Hops::UNKNOWN);
}

#[test]
fn who_called_is_told_with_what_the_call_took_outside_of_the_callee() {
    let scene = Scene::with("");
    let verdict = scene.one(TEXT);
    let mut told: Vec<String> = Vec::new();
    for usage in &verdict.hops {
        for caller in &usage.callers {
            told.push(format!("{} <- {} x{} {}", scene.hop(usage.hop), scene.hop(caller.hop), caller.calls, caller.gap_ns));
        }
    }
    told.sort();
    let expected = [
        // The call took 50, the server 30 of them.
        "'cart get' of cart <- 'shop GET' of shop x1 20",
        // Of the database no span came: all of the call was spent outside of its spans.
        "'db.example:5432' <- 'shop GET' of shop x1 8",
        "'kafka:orders' <- 'shop GET' of shop x1 0",
        "'lib parse' of lib <- 'shop GET' of shop x1 0",
    ];
    assert_eq!(told, expected);
}
