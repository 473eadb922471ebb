//! Attempts at one call (B2), and what is absorbed (B14).

use super::scene::Scene;

fn judged(text: &str) -> (String, String) {
    let scene = Scene::with("");
    let verdict = scene.one(text);
    (scene.say(&verdict), scene.absorbed(&verdict))
}

#[track_caller]
fn check(text: &str, blame: &str, absorbed: &str) {
    assert_eq!(judged(text), (blame.into(), absorbed.into()), "{text}");
}

#[test]
fn b2_a_failed_attempt_before_one_that_worked_is_masked() {
    let text = "
        shop server 0-100 entry
          shop client 10-30 E http=503 >cart
            cart server 12-28 E name=get
          shop client 40-60 >cart
            cart server 42-58 name=get";
    check(text, "ok", "masked_retry at 'cart get' of cart");
    let scene = Scene::with("");
    assert_eq!(scene.uses(&scene.one(text), "cart get"), "2/1/1/0");
    // Another thing was asked for, of somebody else, or the other way round: nothing was made up for.
    check(&text.replace("40-60 >cart", "40-60 >cart op=7"), "ok", "suppressed at 'cart get' of cart");
    check(&text.replace("40-60 >cart", "40-60 >stock"), "ok", "suppressed at 'cart get' of cart");
    check(&text.replace("40-60", "5-9").replace("42-58", "6-8"), "ok", "suppressed at 'cart get' of cart");
}

#[test]
fn b2_masked_attempts_do_not_explain_an_error_of_the_parent() {
    let text = "
        shop server 0-100 E entry
          shop client 10-30 E http=503 >cart
          shop client 40-60 >cart";
    check(text, "failed: app_error at 'shop do' of shop (high, B5)", "masked_retry at 'cart'");
}

#[test]
fn b2_attempts_that_all_failed_count_once_and_the_last_decides() {
    let text = "
        shop server 0-100 E entry
          shop client 10-20 E http=500 >cart
          shop client 30-40 E http=503 >cart
          shop client 50-60 E type=ConnectionRefused >cart";
    check(text, "failed: unreachable at 'cart' (medium, B6)", "");
    let scene = Scene::with("");
    let verdict = scene.one(text);
    assert_eq!(scene.uses(&verdict, "cart"), "3/3/2/0");
    assert_eq!(scene.suspects(&verdict), "'cart', 'shop do' of shop");
    check(&text.replace("0-100 E", "0-100"), "ok", "suppressed at 'cart'");
}

#[test]
fn b2_a_call_after_one_that_worked_is_another_call() {
    let text = "
        shop server 0-100 E entry
          shop client 10-20 >cart
          shop client 30-40 E http=500 >cart";
    check(text, "failed: dependency_error at 'cart' (high, B6)", "");
    let text = "
        shop server 0-100 E entry
          shop client 10-20 E http=500 >cart
          shop client 30-40 >cart
          shop client 50-60 E http=500 >cart";
    check(text, "failed: dependency_error at 'cart' (high, B6)", "masked_retry at 'cart'");
}

#[test]
fn b2_calls_at_the_same_time_are_no_attempts_unless_they_say_so() {
    let text = "
        shop server 0-100 entry
          shop client 10-50 E http=500 >cart
          shop client 20-60 >cart";
    check(text, "ok", "suppressed at 'cart'");
    check(&text.replace("20-60", "20-60 resend"), "ok", "masked_retry at 'cart'");
}

#[test]
fn b2_an_attempt_that_was_cancelled_does_not_hide_the_one_before() {
    let text = "
        shop server 0-100 E entry
          shop client 10-50 E http=503 >cart
          shop client 60-90 http=499 >cart";
    check(text, "failed: dependency_error at 'cart' (high, B6)", "");
}

#[test]
fn b14_an_error_under_a_span_that_is_fine_is_suppressed_once_for_each_chain() {
    let text = "
        shop server 0-100 entry
          shop client 10-90 E http=500 >order
            order server 12-88 E http=500
              order client 20-40 E http=503 >one
              order client 50-80 E http=503 >two
          shop client 92-95 E type=cancelled >three";
    check(text, "ok", "suppressed at 'two'");
}

#[test]
fn b14_a_timeout_over_a_server_without_error_is_one_chain() {
    let text = "
        shop server 0-100 entry
          shop client 10-50 E type=timeout >order
            order server 12-88
              order client 20-49 E type=timeout >db";
    check(text, "ok", "suppressed at 'db'");
}

#[test]
fn b14_hedges_are_suppressed_and_their_losers_are_nothing() {
    let text = "
        shop server 0-100 entry
          shop client 10-60 E http=500 >cart
          shop client 20-50 >cart
          shop client 22-51 grpc=1 >cart";
    check(text, "ok", "suppressed at 'cart'");
}
