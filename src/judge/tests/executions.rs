//! What an execution is, and what becomes of the spans (E1 to E6).

use super::scene::{BUY, Scene};
use crate::model::{Fate, Fates, Outcome, SpanId};

const TWO: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    title: Buy
    hops: [{id: till, match: {service: till}}]
  - id: pay
    title: Pay
    threads:
      - {id: card, entry: {service: till, name: charge}}
      - {id: any, entry: {service: till}}
    hops: [{id: bank, match: {service: bank}}]
";

fn fates(fates: &Fates) -> String {
    let told = fates.iter().filter(|(_, count)| *count > 0).map(|(fate, count)| format!("{} {count}", fate.as_str()));
    told.collect::<Vec<_>>().join(", ")
}

/// `capability/thread of N spans at SPAN: outcome`, comma-separated.
fn told(scene: &Scene, text: &str) -> (String, String) {
    let (verdicts, counted) = scene.judge(text);
    let text_of = |name| scene.names.text(name);
    let one = |one: &crate::model::Verdict| {
        let (capability, thread, outcome) = (text_of(one.capability), text_of(one.thread), one.outcome.as_str());
        format!("{capability}/{thread} of {} spans at {}: {outcome}", one.spans, one.entry_span_id.0)
    };
    (verdicts.iter().map(one).collect::<Vec<_>>().join(", "), fates(&counted))
}

#[track_caller]
fn check(map: &str, text: &str, executions: &str, fates: &str) {
    assert_eq!(told(&Scene::new(map), text), (executions.into(), fates.into()), "{text}");
}

#[test]
fn e1_capabilities_are_judged_nested_and_side_by_side() {
    let text = "
        shop server 0-100 entry
          shop client 10-90 >till
            till server 20-80 name=charge
              till server 30-40
          till server 91-95";
    let expected = "buy/ of 5 spans at 1: ok, pay/card of 2 spans at 3: ok, pay/any of 1 spans at 5: ok";
    check(TWO, text, expected, "measured 5");
}

#[test]
fn e1_spans_outside_of_executions_are_unmatched() {
    check(
        BUY,
        "gate server 0-100\n  shop server 10-90 entry\n  other server 10-90",
        "buy/ of 1 spans at 2: ok",
        "measured 1, unmatched 2",
    );
    check(BUY, "gate server 0-100 entry=unknown", "", "unmatched 1");
    check(BUY, "", "", "");
}

#[test]
fn e2_a_span_that_is_its_own_parent_is_a_root() {
    check(BUY, "shop server 0-100 entry #a parent=a\n  shop internal 1-2", "buy/ of 2 spans at 1: ok", "measured 2");
}

#[test]
fn e2_a_cycle_is_cut_above_its_entry_else_above_its_earliest_span() {
    let text = "
        a internal 0-100 #a parent=c
        b internal 1-99 #b parent=a
        c internal 2-98 #c parent=b";
    check(BUY, text, "", "unmatched 3");
    check(BUY, &text.replace("1-99", "1-99 entry"), "buy/ of 3 spans at 2: ok", "measured 3");
    let hanging = format!("{text}\n        shop server 5-6 entry parent=c");
    check(BUY, &hanging, "buy/ of 1 spans at 4: ok", "measured 1, unmatched 3");
}

#[test]
fn e3_an_orphan_hangs_below_the_call_that_names_its_service() {
    let text = "
        shop server 0-100 entry
          shop client 10-30 >cart
          shop client 40-60 >cart
        cart server 45-50 parent=99";
    let scene = Scene::with("");
    let verdict = scene.one(text);
    assert_eq!(verdict.spans, 4);
    assert_eq!(
        scene.path(&verdict),
        "self 0-10 'shop do' of shop | self 10-30 'cart' | self 30-40 'shop do' of shop | gap 40-45 'cart do' of cart | self 45-50 'cart do' of cart | gap 50-60 'cart do' of cart | self 60-100 'shop do' of shop"
    );
    // A call that has a server span has not lost one.
    let taken = text.replace("40-60 >cart", "40-60 >cart\n            cart server 41-59");
    assert!(
        scene.path(&scene.one(&taken)).contains("gap 10-30 'cart do' of cart | self 30"),
        "{}",
        scene.path(&scene.one(&taken))
    );
}

#[test]
fn e3_two_orphans_do_not_share_a_call_unless_they_share_the_lost_parent() {
    let text = "
        shop server 0-100 entry
          shop client 10-60 >cart
          shop client 20-70 >cart
        cart server 25-50 parent=98
        cart server 26-51 parent=99";
    let scene = Scene::with("");
    assert_eq!(scene.uses(&scene.one(text), "cart"), "none", "each call has its server");
    assert_eq!(scene.uses(&scene.one(&text.replace("98", "99")), "cart"), "1/0/0/0");
}

#[test]
fn e3_else_an_orphan_hangs_in_the_narrowest_span_around_it() {
    let text = "
        shop server 0-100 entry
          order server 10-90
            stock server 20-50
        lost server 30-40 parent=99
          lost internal 31-39
        late server 95-120 parent=98";
    check(BUY, text, "buy/ of 5 spans at 1: ok", "measured 5, unmatched 1");
    let scene = Scene::with("");
    assert!(scene.path(&scene.one(text)).contains("self 20-30 'stock do' of stock | self 30-31 'lost do' of lost"));
    // A lost span around another one takes it along.
    let nested = format!("{text}\n        inner server 33-35 parent=97");
    assert!(scene.path(&scene.one(&nested)).contains("self 33-35 'inner do' of inner"), "{}", scene.path(&scene.one(&nested)));
}

#[test]
fn e3_an_entry_is_no_orphan() {
    check(
        BUY,
        "shop server 0-100 entry parent=99\nother server 10-90 entry parent=98",
        "buy/ of 1 spans at 1: ok, buy/ of 1 spans at 2: ok",
        "measured 2",
    );
}

#[test]
fn e4_a_linked_consumer_or_root_is_a_step_of_the_execution() {
    let text = "
        shop server 0-100 entry
          shop producer 10-20 to=kafka:orders #send
        worker consumer 200-300 link=send
            worker client 210-220 E http=500 >db
        other internal 500-600 link=send
        plain internal 500-600";
    check(BUY, text, "buy/ of 5 spans at 1: ok", "measured 5, unmatched 1");
    // The span that fetched the batch is no reason to lose the step.
    let fetched = text.replace("worker consumer", "worker client 150-400 receives\n          worker consumer");
    check(BUY, &fetched, "buy/ of 5 spans at 1: ok", "measured 5, unmatched 2");
}

#[test]
fn e4_links_in_a_ring_hang_nobody_below_itself() {
    check(BUY, "a internal 0-9 #a link=b\nb internal 0-9 #b link=a", "", "unmatched 2");
    check(BUY, "a internal 0-9 #a link=b\n  b internal 0-9 #b link=a", "", "unmatched 2");
}

#[test]
fn e4_a_linked_entry_of_the_same_capability_is_an_execution_of_its_own() {
    let text = "
        shop server 0-100 entry
          shop producer 10-20 #send
        worker consumer 200-300 link=send entry";
    check(BUY, text, "buy/ of 2 spans at 1: ok, buy/ of 1 spans at 3: ok", "measured 3");
    check(
        TWO,
        &text.replace("entry", "entry=pay").replacen("entry=pay", "entry", 1),
        "buy/ of 3 spans at 1: ok, pay/ of 1 spans at 3: ok",
        "measured 3",
    );
}

#[test]
fn e4_a_step_neither_fails_nor_delays_unless_it_is_required() {
    let text = "
        shop server 0-100 entry
          shop producer 10-20 to=kafka:orders
            worker consumer 150-300 E name=pack";
    let scene = Scene::with("");
    let verdict = scene.one(text);
    assert_eq!((scene.say(&verdict), verdict.duration_ns), ("ok".into(), 100));
    assert_eq!(scene.absorbed(&verdict), "async_error at 'worker pack' of worker");
    for hops in
        ["{id: packing, match: {service: worker}, async: required}", "{id: queue, match: {peer: kafka*}, async: required}"]
    {
        let scene = Scene::with(&format!("    hops: [{hops}]\n"));
        let verdict = scene.one(text);
        assert_eq!((verdict.duration_ns, verdict.end_ns), (300, 100));
        assert_eq!(scene.absorbed(&verdict), "");
        assert!(scene.say(&verdict).starts_with("failed: async_error at '"), "{}", scene.say(&verdict));
        let fine = scene.one(&text.replace(" E ", " "));
        assert_eq!((fine.outcome, fine.duration_ns), (Outcome::Ok, 300));
    }
}

#[test]
fn e4_a_required_step_that_is_always_expected_may_be_missing() {
    let scene =
        Scene::with("    hops: [{id: packing, match: {service: worker}, async: required, expect: always, called_by: [shop]}]\n");
    assert_eq!(scene.blame("shop server 0-100 entry"), "failed: missing_step at 'shop do' of shop (medium, B12)");
    assert_eq!(scene.blame("shop server 0-100 entry\n  shop producer 1-2\n    worker consumer 5-6"), "ok");
}

#[test]
fn e5_a_call_and_its_server_may_share_an_id() {
    let text = "
        shop server 0-100 entry
          shop client 10-90 >cart #call
        cart server 20-80 id=call parent=99
        cart client 30-70 parent=call >db
        shop internal 11-12 parent=call";
    let scene = Scene::with("");
    let verdict = scene.one(text);
    assert_eq!(verdict.spans, 5);
    assert_eq!(
        scene.path(&verdict),
        "self 0-10 'shop do' of shop | gap 10-11 'cart do' of cart | self 11-12 'shop do' of shop | gap 12-20 'cart do' of cart | self 20-30 'cart do' of cart | self 30-70 'db' | self 70-80 'cart do' of cart | gap 80-90 'cart do' of cart | self 90-100 'shop do' of shop"
    );
}

#[test]
fn e5_of_duplicates_the_first_received_counts() {
    let text = "shop server 0-100 entry #a\nshop server 0-100 E entry id=a\nshop client 0-100 parent=a id=a";
    check(BUY, text, "buy/ of 1 spans at 1: ok", "measured 1, unmatched 1, duplicate 1");
    check(BUY, &text.replace("entry #a", "E entry #a"), "buy/ of 1 spans at 1: failed", "measured 1, unmatched 1, duplicate 1");
}

#[test]
fn e6_what_is_left_of_an_execution_whose_entry_never_came_is_incomplete() {
    let text = "
        till server 20-80 parent=99 name=other
          bank server 30-90
        alone server 40-50";
    let map = TWO.replace("{service: till}}\n    hops", "{service: nobody}}\n    hops");
    check(&map, text, "buy/ of 2 spans at 0: incomplete, pay/ of 2 spans at 0: incomplete", "measured 2, unmatched 1");
    let scene = Scene::new(&map);
    let (verdicts, _) = scene.judge(text);
    let buy = &verdicts[0];
    assert_eq!((buy.start_ns, buy.end_ns, buy.duration_ns), (20, 90, 70));
    assert_eq!((buy.blame, buy.entry_span_id, buy.slow), (None, SpanId::NONE, false));
    assert_eq!(buy.hops.iter().map(|one| one.missing).sum::<u32>(), 0);
    // Complete, it was no attempt at all.
    check(&map, &text.replace("parent=99", ""), "", "unmatched 3");
    check(&map, &text.replace("till server", "gate server").replace("bank server", "gate server"), "", "unmatched 3");
}

#[test]
fn e6_a_hop_that_two_capabilities_share_says_nothing_about_the_other_one() {
    // `buy` maps the till too; but here it belongs to an attempt to pay, whose caller sends no spans.
    check(TWO, "till server 20-80 parent=99 name=charge", "pay/card of 1 spans at 1: ok", "measured 1");
    check(
        TWO,
        "till server 20-80 parent=99 name=charge\ntill server 20-80 parent=99 entry",
        "pay/card of 1 spans at 1: ok, buy/ of 1 spans at 2: ok, pay/any of 1 spans at 2: ok",
        "measured 2",
    );
}

#[test]
fn outcome_1_a_span_is_ignored_only_if_all_its_executions_are() {
    let map =
        TWO.replace("    hops: [{id: till", "    outcome: {ignored_when: [{attributes: {probe: \"*\"}}]}\n    hops: [{id: till");
    let scene = Scene::new(&map);
    let (verdicts, counted) =
        scene.judge("shop server 0-100 entry probe:1\n  till server 10-20\n    bank server 11-12\n  shop internal 30-40");
    assert_eq!(verdicts.len(), 1);
    assert_eq!((counted[Fate::Ignored], counted[Fate::Measured]), (2, 2));
}
