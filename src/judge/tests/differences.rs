//! Questions on which two readings of the rules came to different answers, each settled by the text of the rule that it names.

use super::scene::Scene;

#[track_caller]
fn check(more: &str, text: &str, blame: &str, absorbed: &str) {
    let scene = Scene::with(more);
    let verdict = scene.one(text);
    assert_eq!((scene.say(&verdict), scene.absorbed(&verdict)), (blame.into(), absorbed.into()), "{text}");
}

const BUSINESS: &str = "    outcome: {failed_when: [{attributes: {order: declined}}]}\n";

#[test]
fn b14_an_error_below_a_cancelled_span_is_suppressed_like_any_other() {
    let text = "
        shop server 0-100 entry
          shop client 10-90 E grpc=1 >cart
            cart server 12-88 E name=get";
    check("", text, "ok", "suppressed at 'cart get' of cart");
}

#[test]
fn b14_a_chain_of_a_spent_attempt_is_told_by_the_last_attempt() {
    let text = "
        shop server 0-100 entry
          shop client 10-30 E grpc=4 >cart
            cart server 11-50 name=get
              cart client 12-20 E grpc=4 >stock
          shop client 40-60 E >cart";
    check("", text, "ok", "suppressed at 'cart'");
}

#[test]
fn b14_a_refused_call_in_a_chain_is_part_of_it() {
    let text = "
        shop server 0-100 entry
          cart server 10-90 E name=get
            cart client 20-40 E http=404 >stock
              stock server 22-38 E name=take
            cart client 50-80 E http=500 >price";
    check("", text, "ok", "suppressed at 'price'");
}

#[test]
fn c1_a_server_that_says_ok_ends_the_descent_also_below_a_timeout() {
    let text = "
        shop server 0-100 E entry
          shop client 10-90 E grpc=4 >cart
            cart server 12-95 OK name=get
              cart client 15-20 E grpc=4 >stock";
    check("", text, "failed: timeout_slow_server at 'cart get' of cart (medium, B8)", "suppressed at 'stock'");
    let unset = text.replace("12-95 OK", "12-95");
    check("", &unset, "failed: timeout_no_server at 'stock' (medium, B6)", "");
}

#[test]
fn c1_a_span_that_says_ok_ends_the_descent_also_where_it_begins() {
    let text = "
        shop server 0-100 OK entry order:declined
          shop client 10-90 E http=503 >cart";
    check(BUSINESS, text, "failed: business_failure at 'shop do' of shop (high, B11)", "suppressed at 'cart'");
    check(BUSINESS, &text.replace(" OK", ""), "failed: dependency_error at 'cart' (high, B6)", "");
}

#[test]
fn b7_a_call_that_ran_out_of_time_beside_calls_that_reach_nobody_tells_of_the_same() {
    let text = "
        shop server 0-100 E entry
          shop client 10-20 E type=refused >cart
          shop client 30-40 E type=nosuchhost >stock
          shop client 50-90 E type=timeout >price";
    check("", text, "failed: unreachable at 'shop do' of shop (medium, B7)", "");
    // An answer shows that the way out is open.
    check("", &text.replace("30-40 E type=nosuchhost", "30-40"), "failed: timeout_no_server at 'price' (medium, B6)", "");
}

#[test]
fn b9_a_call_that_was_found_by_a_guess_is_still_a_guess() {
    let text = "
        shop server 0-100 E type=timeout entry
          cart server 1-90
        shop client 91-99 E type=timeout >price parent=77";
    let scene = Scene::with("");
    let blame = scene.one(text).blame.unwrap();
    assert_eq!((blame.rule, blame.confidence.as_str()), (9, "low"));
}

#[test]
fn b11_without_an_error_below_it_the_span_with_the_attribute_failed_as_the_business_says() {
    let text = "
        shop server 0-100 entry
          shop client 10-90 E http=503 >cart order:declined";
    check(BUSINESS, text, "failed: business_failure at 'cart' (high, B11)", "");
}

#[test]
fn b11_the_caller_of_the_span_with_the_attribute_tells_no_other_error_of_it() {
    let text = "
        shop server 0-100 entry
          shop client 10-90 E http=500 >cart
            cart server 12-88 E http=500 name=get order:declined
              cart client 20-80 E http=503 >stock";
    check(BUSINESS, text, "failed: dependency_error at 'stock' (high, B6)", "");
}

#[test]
fn b11_a_span_that_the_execution_has_by_a_guess_makes_a_guess() {
    let text = "
        shop server 0-100 entry
        cart server 10-90 name=get order:declined parent=77";
    check(BUSINESS, text, "failed: business_failure at 'cart get' of cart (low, B11, orphan)", "");
}

#[test]
fn e3_an_orphan_that_finds_no_place_is_a_place_for_others() {
    let map = "    hops: [{id: cart, match: {service: cart}}]\n";
    let scene = Scene::with(map);
    let (_, fates) = scene.judge("cart server 0-100 parent=77\nprice internal 10-20 parent=78");
    let measured = fates.iter().find(|(fate, _)| fate.as_str() == "measured").map(|(_, count)| count);
    assert_eq!(measured, Some(2));
}

#[test]
fn e4_a_consumer_that_links_within_its_own_tree_is_not_waited_for() {
    let text = "
        shop server 0-100 entry
          shop producer 10-20 #sent
          mail consumer 30-90 E link=sent name=send";
    check("", text, "ok", "async_error at 'mail send' of mail");
    check("", &text.replace("mail consumer", "mail server"), "ok", "suppressed at 'mail send' of mail");
}

#[test]
fn e4_a_consumer_anywhere_below_a_producer_is_not_waited_for() {
    let text = "
        shop server 0-100 entry
          shop producer 10-20
            broker server 11-19
              mail consumer 30-90 E name=send";
    check("", text, "ok", "async_error at 'mail send' of mail");
}

#[test]
fn e4_an_attempt_that_was_made_up_for_within_a_step_does_not_fail_the_execution() {
    let map = "    hops: [{id: stock, match: {service: stock}, async: required}]\n";
    let text = "
        shop server 0-100 entry
          shop producer 10-20
            mail consumer 30-90 name=send
              mail client 40-50 E http=503 >stock
              mail client 60-70 >stock";
    check(map, text, "ok", "masked_retry at 'stock'");
}

#[test]
fn e4_a_required_step_that_ends_before_the_entry_is_not_waited_for() {
    let scene = Scene::with("    hops: [{id: mail, match: {service: mail}, async: required}]\n");
    let text = "
        shop server 0-100 entry
          shop producer 10-20 to=kafka:mails
            mail consumer 30-90 name=send";
    assert_eq!(
        scene.path(&scene.one(text)),
        "self 0-10 'shop do' of shop | self 10-20 'kafka:mails' | self 20-100 'shop do' of shop"
    );
}

#[test]
fn e4_a_span_that_is_not_waited_for_is_no_attempt() {
    let text = "
        shop server 0-100 entry
          shop client 10-30 E http=503 >cart #first
        shop client 40-60 >cart link=first";
    check("", text, "ok", "suppressed at 'cart'");
}

#[test]
fn e6_a_nested_entry_is_a_sign_of_the_execution_around_it() {
    let map = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    hops: [{id: till, match: {service: till}}]
  - id: pay
    threads: [{id: card, entry: {service: till, name: charge}}]
";
    let scene = Scene::new(map);
    let (verdicts, fates) = scene.judge("shop client 0-100 >till parent=77\n  till server 10-90 name=charge");
    let told: Vec<_> = verdicts.iter().map(|one| (scene.names.text(one.capability), one.outcome.as_str())).collect();
    assert_eq!(told, [("pay", "ok"), ("buy", "incomplete")]);
    assert_eq!(fates.received(), 2);
}

#[test]
fn h2_the_service_of_a_hop_that_is_known_by_its_peer_has_no_port() {
    let scene = Scene::with("    hops: [{id: stock, match: {service: \"st*\"}}]\n");
    let text = "
        shop server 0-100 E entry
          shop client 10-90 E http=503 to=stock:8080";
    assert_eq!(scene.blame(text), "failed: dependency_error at 'stock' (low, B6, missing_server_span)");
}
