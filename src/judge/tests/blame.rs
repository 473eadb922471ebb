//! Who is to blame (spec 2.4): each rule, and a near miss.

use super::scene::Scene;

fn blame(text: &str) -> String {
    Scene::with("").blame(text)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(blame(text), expected, "{text}");
}

#[test]
fn b1_an_error_that_does_not_reach_the_entry_blames_nobody() {
    check("shop server 0-100 entry\n  shop client 10-90 E >cart http=503", "ok");
    check("shop server 0-100 E entry\n  shop client 10-90 E >cart http=503", "failed: dependency_error at 'cart' (high, B6)");
}

#[test]
fn b3_the_descent_goes_through_errors_and_silent_own_work() {
    let through = "
        shop server 0-100 E entry
          shop internal 5-95 name=wrap
            shop client 10-90 E >cart
              cart server 20-80 E http=500 name=get";
    check(through, "failed: app_error at 'cart get' of cart (high, B5)");
    // Whoever sets Ok has looked at it.
    check(&through.replace("name=wrap", "name=wrap OK"), "failed: app_error at 'shop do' of shop (high, B5)");
    // Own work of another service is not the entry's own work.
    check(&through.replace("shop internal", "lib internal"), "failed: app_error at 'shop do' of shop (high, B5)");
}

#[test]
fn b3_an_unerrored_call_or_server_ends_the_descent() {
    let text = "
        shop server 0-100 E entry
          shop client 10-90 >cart
            cart server 20-80 E http=500";
    check(text, "failed: app_error at 'shop do' of shop (high, B5)");
    let text = "
        shop server 0-100 E entry
          cart server 20-80
            cart client 30-70 E http=503 >db";
    check(text, "failed: app_error at 'shop do' of shop (high, B5)");
}

#[test]
fn b3_a_refused_request_is_the_fault_of_who_made_it() {
    let text = "
        shop server 0-100 E entry
          shop client 10-90 E >order
            order server 12-88 E http=500 name=place
              order internal 20-80 name=check
                order client 30-70 E http=404 >cart
                  cart server 40-60 http=404";
    check(text, "failed: caller_error at 'order place' of order (high, B3)");
    let without_server = text.lines().filter(|line| !line.contains("cart server")).collect::<Vec<_>>().join("\n");
    check(&without_server, "failed: caller_error at 'order place' of order (high, B3)");
    // An error beside it explains more.
    let beside = format!("{text}\n              order client 80-85 E http=503 >stock");
    check(&beside, "failed: dependency_error at 'stock' (high, B6)");
}

#[test]
fn b4_of_several_errors_the_last_on_the_critical_path_explains_the_failure() {
    let text = "
        shop server 0-100 E entry
          shop client 10-30 E http=500 >one
          shop client 40-60 E http=500 >two
          shop client 41-55 E http=500 >three";
    check(text, "failed: dependency_error at 'two' (high, B6)");
    // A sibling that was cancelled is a victim, wherever it ended.
    let text = "
        shop server 0-100 E entry
          shop client 40-60 http=499 >two
          shop client 41-55 E http=500 >three";
    check(text, "failed: dependency_error at 'three' (high, B6)");
}

#[test]
fn b4_if_none_is_on_the_critical_path_the_first_to_end_explains_it() {
    // The last thing the entry waited for was fine, and ran all the time.
    let text = "
        shop server 0-100 E entry
          shop client 1-99 >slow
          shop client 10-50 E http=500 >one
          shop client 12-40 E http=500 >two";
    check(text, "failed: dependency_error at 'two' (high, B6)");
    check(&text.replace("12-40", "12-60"), "failed: dependency_error at 'one' (high, B6)");
}

#[test]
fn b5_a_server_at_its_limit_is_saturated() {
    let text = "
        shop server 0-100 E entry http=500
          shop client 10-90 E http=429 >cart
            cart server 20-80 http=429 name=get";
    check(text, "failed: saturation at 'cart get' of cart (high, B5)");
    check(&text.replace("=429", "=503"), "failed: app_error at 'cart get' of cart (high, B5)");
}

#[test]
fn b6_the_kind_of_error_comes_first() {
    let call = |words: &str| blame(&format!("shop server 0-100 E entry\n  shop client 10-90 E >cart {words}"));
    assert_eq!(call("type=ReadTimeout"), "failed: timeout_no_server at 'cart' (medium, B6)");
    assert_eq!(call("grpc=4"), "failed: timeout_no_server at 'cart' (medium, B6)");
    assert_eq!(call("type=ConnectionRefused"), "failed: unreachable at 'cart' (medium, B6)");
    assert_eq!(call("grpc=14"), "failed: unreachable at 'cart' (medium, B6)");
    assert_eq!(call("grpc=8"), "failed: saturation at 'cart' (high, B6)");
    assert_eq!(call("http=503"), "failed: dependency_error at 'cart' (high, B6)");
    // With a code of HTTP there was a connection.
    assert_eq!(call("http=503 type=ConnectionRefused"), "failed: dependency_error at 'cart' (high, B6)");
    assert_eq!(call("grpc=13 type=ConnectionRefused"), "failed: dependency_error at 'cart' (high, B6)");
}

#[test]
fn b6_a_peer_that_sends_spans_and_answered_has_lost_one() {
    let text = "
        shop server 0-100 E entry
          shop client 5-9 >cart
            cart server 6-8
          shop client 10-90 E http=503 >cart";
    check(text, "failed: dependency_error at 'cart' (low, B6, missing_server_span)");
    // Nobody answered: no span is missing.
    check(&text.replace("http=503", "grpc=14"), "failed: unreachable at 'cart' (medium, B6)");
    let mapped = Scene::with("    hops: [{id: basket, match: {service: cart}}]\n");
    let text = "shop server 0-100 E entry\n  shop client 10-90 E http=503 >cart";
    assert_eq!(mapped.blame(text), "failed: dependency_error at 'basket' of cart (low, B6, missing_server_span)");
    let external = Scene::with("    hops: [{id: basket, external: true, match: {service: cart}}]\n");
    assert_eq!(external.blame(text), "failed: dependency_error at 'basket' of cart (high, B6)");
}

#[test]
fn b6_a_producer_that_cannot_send_blames_the_queue() {
    let text = "shop server 0-100 E entry\n  shop producer 10-90 E to=kafka:orders";
    check(text, "failed: dependency_error at 'kafka:orders' (high, B6)");
}

#[test]
fn b7_who_reaches_nobody_is_cut_off() {
    let text = "
        shop server 0-100 E entry
          shop client 10-20 E type=ConnectionRefused >cart
          shop client 20-30 E type=NoSuchHost >stock";
    check(text, "failed: unreachable at 'shop do' of shop (medium, B7)");
    check(&text.replace(">stock", ">cart op=1"), "failed: unreachable at 'cart' (medium, B6)");
    check(&format!("{text}\n          shop client 30-40 >ads"), "failed: unreachable at 'stock' (medium, B6)");
    check(&format!("{text}\n          shop client 30-40 http=404 >ads"), "failed: unreachable at 'stock' (medium, B6)");
}

const SLOW: &str = "
    shop server 0-110 E entry http=500
      shop client 10-100 E type=timeout >cart
        cart server 20-300 name=get
          cart client 80-290 >db
            db server 81-289 name=read";

#[test]
fn b8_a_call_that_ran_out_of_time_blames_who_used_it_until_then() {
    // cart itself from 10 to 80 (its way included), db from 80 to 100; what db did later does not count.
    check(SLOW, "failed: timeout_slow_server at 'cart get' of cart (medium, B8)");
    let slower_below = SLOW.replace("cart client 80", "cart client 40").replace("db server 81", "db server 41");
    check(&slower_below, "failed: timeout_slow_server at 'db read' of db (medium, B8)");
}

#[test]
fn b8_a_server_that_echoes_the_deadline_is_not_the_cause() {
    for echo in ["E grpc=4", "grpc=1", "E http=504", "http=499"] {
        let text = SLOW.replace("name=get", &format!("name=get {echo}")).replace("80-290", "30-290").replace("81", "31");
        check(&text, "failed: timeout_slow_server at 'db read' of db (medium, B8)");
    }
    // An error of another kind is its own.
    check(&SLOW.replace("name=get", "name=get E grpc=13"), "failed: app_error at 'cart get' of cart (high, B5)");
}

#[test]
fn b8_goes_on_to_the_servers_own_call_that_ran_out_of_time() {
    let text = SLOW.replace("cart client 80-290", "cart client 80-100 E type=timeout");
    check(&text, "failed: timeout_slow_server at 'db read' of db (medium, B8)");
    let external = text.lines().filter(|line| !line.contains("db server")).collect::<Vec<_>>().join("\n");
    check(&external, "failed: timeout_no_server at 'db' (medium, B6)");
}

#[test]
fn b8_the_way_to_a_server_belongs_to_the_callee() {
    let text = "
        shop server 0-110 E entry http=500
          shop client 10-100 E type=timeout >cart
            cart server 95-99 name=get";
    check(text, "failed: timeout_slow_server at 'cart get' of cart (medium, B8)");
}

#[test]
fn b9_who_had_used_up_the_time_before_a_short_call_is_to_blame() {
    let text = "
        shop server 0-1000 E entry http=504
          shop client 100-900 >stock
            stock server 110-890 name=count
          shop client 950-1000 E type=timeout >cart";
    let scene = Scene::with("");
    let verdict = scene.one(text);
    assert_eq!(scene.say(&verdict), "failed: timeout_budget at 'stock count' of stock (medium, B9)");
    assert_eq!(scene.suspects(&verdict), "'stock count' of stock, 'shop do' of shop, 'cart'");
    // The entry was not out of time: the call had a short limit of its own.
    check(&text.replace("http=504", "http=500"), "failed: timeout_no_server at 'cart' (medium, B6)");
    // The call had its share.
    check(&text.replace("950-1000", "700-1000"), "failed: timeout_no_server at 'cart' (medium, B6)");
}

#[test]
fn b9_attempts_share_their_time() {
    let attempts: String =
        (0..8).map(|n| format!("  shop client {}-{} E type=timeout >cart\n", 200 + n * 100, 300 + n * 100)).collect();
    check(&format!("shop server 0-1000 E entry http=504\n{attempts}"), "failed: timeout_no_server at 'cart' (medium, B6)");
}

#[test]
fn b10_a_call_that_failed_over_a_fine_server_blames_the_way_to_it() {
    let text = "
        shop server 0-100 E entry
          shop client 10-90 E type=ConnectionReset >cart
            cart server 20-80 name=get";
    check(text, "failed: unreachable at 'cart get' of cart (medium, B10, server_finished_without_error)");
    check(
        &text.replace("type=ConnectionReset", "http=502"),
        "failed: unreachable at 'cart get' of cart (medium, B10, server_finished_without_error)",
    );
    check(&text.replace("name=get", "E"), "failed: app_error at 'cart do' of cart (high, B5)");
}

const DECLINED: &str = "    outcome: {failed_when: [{attributes: {order.status: declined}}]}\n";

#[test]
fn b11_a_business_failure_blames_the_deepest_span_that_tells() {
    let scene = Scene::with(DECLINED);
    let text = "
        shop server 0-100 entry order.status:declined
          shop client 10-90 >pay
            pay server 20-80 name=charge order.status:declined";
    assert_eq!(scene.blame(text), "failed: business_failure at 'pay charge' of pay (high, B11)");
    assert_eq!(scene.blame(&text.replace("declined", "placed")), "ok");
    let below = format!("{text}\n              pay client 30-70 E http=503 >bank");
    let verdict = scene.one(&below);
    assert_eq!(scene.say(&verdict), "failed: dependency_error at 'bank' (high, B6)");
    assert_eq!(scene.absorbed(&verdict), "", "an error so found is not absorbed");
    let errored = text.replace("entry", "E entry");
    assert_eq!(scene.blame(&errored), "failed: app_error at 'shop do' of shop (high, B5)", "B1");
}

#[test]
fn b11_the_critical_path_goes_before_depth() {
    let text = "
        shop server 0-100 entry
          shop client 10-90 >pay
            pay server 20-80 name=charge order.status:declined
          shop client 10-50 >log
            log server 15-45
              log internal 20-40
                audit server 25-35 name=note order.status:declined";
    assert_eq!(Scene::with(DECLINED).blame(text), "failed: business_failure at 'pay charge' of pay (high, B11)");
}

#[test]
fn b12_a_missing_step_blames_who_should_have_called_it() {
    let hops = "    hops:
      - {id: mail, expect: always, match: {service: mail}, called_by: [CALLERS]}
      - {id: till, match: {service: till}}\n";
    let text = "
        shop server 0-100 entry
          shop client 10-60 >till
            till server 20-50
          shop client 70-90 >order
            order server 72-88 name=place";
    let with = |callers: &str| Scene::with(&hops.replace("CALLERS", callers)).blame(text);
    assert_eq!(with("till"), "failed: missing_step at 'till' (medium, B12)");
    assert_eq!(with("order"), "failed: missing_step at 'order place' of order (medium, B12)");
    assert_eq!(with("order place"), "failed: missing_step at 'order place' of order (medium, B12)");
    assert_eq!(with("nobody"), "failed: missing_step at 'order place' of order (medium, B12)");
    let there = format!("{text}\n          shop client 95-99 >mail");
    assert_eq!(Scene::with(&hops.replace("CALLERS", "till")).blame(&there), "ok");
    let usually = hops.replace("always", "usually");
    assert_eq!(Scene::with(&usually).blame(text), "ok");
}

#[test]
fn b12_without_a_caller_the_deepest_step_on_the_critical_path_is_blamed() {
    let scene = Scene::with("    hops: [{id: mail, expect: always, match: {service: mail}}]\n");
    let text = "
        shop server 0-100 entry
          order server 10-90 name=place
            till server 20-40
            till server 50-80 name=count
          order server 10-40
            deep server 12-38
              deep internal 13-37";
    assert_eq!(scene.blame(text), "failed: missing_step at 'till count' of till (medium, B12)");
}

#[test]
fn b13_suspects_are_the_culprit_its_caller_the_next_errors_and_the_absorbed() {
    let scene = Scene::with("");
    let verdict = scene.one(
        "
        shop server 0-100 E entry
          shop client 2-8 >ads E http=500
          shop client 10-90 E http=500 >order
            order server 12-88 E name=place http=500
              order client 20-30 E http=500 >one
              order client 40-60 E http=500 >two
              order internal 62-80 OK
                order client 65-70 E http=500 >cache",
    );
    assert_eq!(scene.say(&verdict), "failed: dependency_error at 'two' (high, B6)");
    assert_eq!(scene.suspects(&verdict), "'two', 'order place' of order, 'one', 'ads', 'cache'");
    assert_eq!(scene.absorbed(&verdict), "suppressed at 'cache'");
}

#[test]
fn e3_a_way_known_only_by_an_orphan_is_a_guess() {
    let text = "
        shop server 0-100 E entry
          shop client 10-90 E http=500 >cart
        cart server 20-80 E http=500 name=get parent=99";
    check(text, "failed: app_error at 'cart get' of cart (low, B5, orphan)");
}

#[test]
fn b5_a_part_of_a_call_with_a_span_of_its_own_is_not_the_callers_work() {
    let text = "
        shop server 0-100 E entry
          shop client 10-90 E >cart type=ConnectionRefused
            shop internal 11-20 E name=dial";
    check(text, "failed: unreachable at 'cart' (medium, B6)");
    // The call itself says nothing of the other side: it may have failed before anything was sent.
    check(&text.replace("type=ConnectionRefused", ""), "failed: app_error at 'shop do' of shop (high, B5)");
}
