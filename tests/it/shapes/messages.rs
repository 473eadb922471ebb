//! Shapes 20 and 21: messages that were sent, or could not be.

use super::bench::judge_with;
use super::change::Shape;

const SENT: &str = "
        shop server POST_/order 0-100
          shop producer send_orders 10-20 messaging.system=kafka messaging.destination.name=orders #sent
        mail consumer process_orders 400-500 link=sent exc=SmtpError E";
const REQUIRED: &str = "    hops: [{id: confirmation, match: {service: mail}, async: required}]\n";

#[test]
fn shape_20_an_asynchronous_step_fails_for_itself() {
    Shape::new(SENT)
        .says("ok; async_error at 'mail process orders' of mail")
        .near_misses(&[
            ("map: +     hops: [{id: mail, match: {service: mail}, async: required}]", "failed: async_error at 'mail' (high)"),
            // Without the link nobody knows that it belongs here.
            ("link=sent ->", "ok"),
            ("exc=SmtpError E -> exc=SmtpError", "ok"),
            ("exc=SmtpError E -> error.type=CancelledError E", "ok"),
            (
                "0-100 -> 0-100 E",
                "failed: app_error at 'shop POST /order' of shop (high); async_error at 'mail process orders' of mail",
            ),
            // The step itself dealt with the error below it.
            ("exc=SmtpError E -> ; +   mail client SEND 410-420 server.address=smtp E", "ok; suppressed at 'smtp'"),
            ("+   mail client SEND 410-420 server.address=smtp E", "ok; async_error at 'smtp'"),
            // Who answers in the same breath is waited for.
            ("- mail; +     mail server send 11-19 E", "ok; suppressed at 'mail send' of mail"),
        ])
        .all_the_same(&[
            "- mail; +     mail consumer process_orders 400-500 E",
            "- mail; +     mail consumer process_orders 12-18 E",
            "exc=SmtpError E -> error.type=SmtpError",
        ]);
}

#[test]
fn shape_20_a_step_that_is_required_fails_the_execution() {
    let said = judge_with(REQUIRED, SENT);
    assert_eq!(said.verdict.unwrap().duration_ns, 500_000_000, "to the end of the step");
    Shape::by(REQUIRED, SENT)
        .says("failed: async_error at 'confirmation' of mail (high)")
        .near_misses(&[
            ("map: , async: required ->", "ok; async_error at 'confirmation' of mail"),
            ("exc=SmtpError E ->", "ok"),
            ("- mail", "ok"),
            ("- mail; map: required -> required, expect: always", "failed: missing_step at 'shop POST /order' of shop (medium)"),
            ("0-100 -> 0-100 E", "failed: app_error at 'shop POST /order' of shop (high)"),
            ("link=sent -> lost", "ok"),
        ])
        .all_the_same(&[
            "+   mail client SEND 410-420 server.address=smtp E",
            "400-500 -> 12-18",
            "map: service: mail -> name: process*",
        ]);
}

#[test]
fn shape_21_a_queue_that_takes_nothing() {
    Shape::new(
        "
        shop server POST_/order 0-100 E
          shop producer send_orders 10-20 messaging.system=kafka messaging.destination.name=orders error.type=_OTHER E",
    )
    .says("failed: dependency_error at 'kafka:orders' (high)")
    .near_misses(&[
        ("0-100 E -> 0-100", "ok; suppressed at 'kafka:orders'"),
        ("_OTHER -> org.apache.kafka.common.errors.TimeoutException", "failed: timeout_no_server at 'kafka:orders' (medium)"),
        ("_OTHER -> ConnectionRefusedError", "failed: unreachable at 'kafka:orders' (medium)"),
        ("_OTHER E -> _OTHER OK", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("_OTHER -> AbortError", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("messaging.destination.name=orders ->", "failed: dependency_error at 'unknown@shop' (high)"),
        ("=orders -> =orders peer.service=broker", "failed: dependency_error at 'broker' (high)"),
        // What a broker took all the same may fail later, for itself.
        (
            "+     mail consumer process 200-300 E",
            "failed: dependency_error at 'kafka:orders' (high); async_error at 'mail process' of mail",
        ),
    ])
    .all_the_same(&[
        "messaging.destination.name -> messaging.destination",
        "error.type=_OTHER E -> error.type=_OTHER",
        "shop producer -> shop client",
        // A second message went through: that is no attempt at the first.
        "+   shop producer send_orders 30-40 messaging.system=kafka messaging.destination.name=orders",
    ]);
}
