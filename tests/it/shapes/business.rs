//! Shapes 24 and 25: nothing is in error, and still the customer did not get what they came for.

use super::change::Shape;

#[test]
fn shape_24_a_business_attribute_says_that_it_failed() {
    Shape::by(
        "    outcome: {failed_when: [{attributes: {order.status: DECLINED}}]}\n",
        "
        shop server POST_/order 0-100 http.response.status_code=200 order.status=DECLINED
          shop client GET 12-50 peer.service=log
            log server GET_/log 14-48
              log internal write 20-40 order.status=DECLINED
          shop client POST 10-90 peer.service=pay http.response.status_code=200
            pay server POST_/charge 20-80 http.response.status_code=200 order.status=DECLINED",
    )
    .says("failed: business_failure at 'pay POST /charge' of pay (high)")
    .near_misses(&[
        ("=DECLINED -> =PLACED", "ok"),
        ("order.status -> order.state", "ok"),
        ("map: DECLINED -> REFUSED", "ok"),
        ("map: failed_when -> ignored_when", "no execution"),
        // Of those on the critical path the deepest.
        ("20-80 http.response.status_code=200 order.status=DECLINED -> 20-80", "failed: business_failure at 'shop POST /order' of shop (high)"),
        ("12-50 -> 12-95", "failed: business_failure at 'log GET /log' of log (high)"),
        // If none is on it the deepest at all.
        (
            "0-100 http.response.status_code=200 order.status=DECLINED -> 0-100; 20-80 http.response.status_code=200 order.status=DECLINED -> 20-80",
            "failed: business_failure at 'log GET /log' of log (high)",
        ),
        // An entry in error is explained by errors.
        ("0-100 http.response.status_code=200 -> 0-100 http.response.status_code=500", "failed: app_error at 'shop POST /order' of shop (high)"),
        // Why it was declined.
        ("+       pay client POST 30-70 server.address=bank http.response.status_code=503 E", "failed: dependency_error at 'bank' (high)"),
        (
            "+       pay client POST 30-70 server.address=bank http.response.status_code=503 E; 20-80 http.response.status_code=200 -> 20-80 OK",
            "failed: business_failure at 'pay POST /charge' of pay (high); suppressed at 'bank'",
        ),
    ])
    .all_the_same(&[
        "+       pay client POST 30-70 server.address=bank http.response.status_code=402 E",
        "0-100 http.response.status_code=200 -> 0-100 http.response.status_code=422",
        "0-100 http.response.status_code=200 -> 0-100 http.response.status_code=499",
        "0-100 http.response.status_code=200 -> 0-100 OK",
        "map: DECLINED -> [REFUSED, DECLINED]",
        "map: DECLINED -> \"DECL*\"",
        "map: {attributes: {order.status: DECLINED}} -> {service: pay, attributes: {order.status: {exists: true}}}",
    ]);
}

#[test]
fn shape_24_what_nobody_waits_for_is_no_business_failure() {
    Shape::by(
        "    outcome: {failed_when: [{attributes: {order.status: DECLINED}}]}\n",
        "
        shop server POST_/order 0-100
          shop producer send 10-20 messaging.system=kafka messaging.destination.name=orders
            pay consumer process 200-300 order.status=DECLINED",
    )
    .says("ok")
    .near_misses(&[
        ("map: +     hops: [{id: pay, match: {service: pay}, async: required}]", "failed: business_failure at 'pay' (high)"),
        ("pay consumer -> pay server", "failed: business_failure at 'pay process' of pay (high)"),
        ("10-20 -> 10-20 order.status=DECLINED", "failed: business_failure at 'kafka:orders' (high)"),
    ]);
}

const MAIL: &str = "    hops:
      - {id: confirmation, match: {service: mail}, expect: always, called_by: [checkout]}
      - {id: checkout, match: {service: checkout}}\n";

#[test]
fn shape_25_a_step_that_must_be_there_is_not() {
    Shape::by(
        MAIL,
        "
        shop server POST_/order 0-100
          shop client checkout/Place 10-90 peer.service=checkout
            checkout server checkout/Place 20-80
              checkout client stock/Get 30-40 peer.service=stock
                stock server stock/Get 31-39",
    )
    .says("failed: missing_step at 'checkout' (medium)")
    .near_misses(&[
        ("+       checkout client mail/Send 50-70 peer.service=mail; +         mail server mail/Send 52-68", "ok"),
        // It was called, and its span is lost.
        ("+       checkout client mail/Send 50-70 peer.service=mail", "ok"),
        (
            "+       checkout client mail/Send 50-70 peer.service=mail error.type=ECONNREFUSED E",
            "ok; suppressed at 'confirmation' of mail",
        ),
        ("map: always -> usually", "ok"),
        ("map: expect: always, ->", "ok"),
        ("map: [checkout] -> [shop]", "failed: missing_step at 'shop POST /order' of shop (medium)"),
        ("map: , called_by: [checkout] ->", "failed: missing_step at 'stock stock/Get' of stock (medium)"),
        // Neither it nor its caller.
        ("map: [checkout] -> [basket]", "failed: missing_step at 'stock stock/Get' of stock (medium)"),
        // Other outcomes go before.
        ("0-100 -> 0-100 E", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("0-100 -> 0-100 http.response.status_code=404", "rejected"),
        ("0-100 -> 0-100 http.response.status_code=499", "abandoned"),
        ("20-80 -> 20-80 E", "failed: missing_step at 'checkout' (medium); suppressed at 'checkout'"),
    ])
    .all_the_same(&["- stock", "0-100 -> 0-100 OK", "20-80 -> 20-80 http.response.status_code=404"]);
}
