//! Shapes 14 to 16, 22 and 23: which errors get through to the customer, and which are stopped on the way.

use super::bench::judge;
use super::change::Shape;

#[test]
fn shape_14_a_fallback_served_the_customer() {
    Shape::new(
        "
        shop server POST_/order 0-100 http.response.status_code=200
          shop client GET 10-90 peer.service=recommendation error.type=ECONNREFUSED E",
    )
    .says("ok; suppressed at 'recommendation'")
    .near_misses(&[
        ("=200 -> =500", "failed: unreachable at 'recommendation' (medium)"),
        // A refusal and a cancelled call are no errors, so there is nothing to absorb.
        ("error.type=ECONNREFUSED E -> http.response.status_code=404 E", "ok"),
        ("error.type=ECONNREFUSED E -> error.type=CancelledError E", "ok"),
        ("error.type=ECONNREFUSED E -> OK", "ok"),
        // It was asked again.
        ("+   shop client GET 92-98 peer.service=recommendation", "ok; masked_retry at 'recommendation'"),
        ("+     recommendation server GET_/list 12-88 E", "ok; suppressed at 'recommendation GET /list' of recommendation"),
        ("=200 -> =404", "rejected; suppressed at 'recommendation'"),
        ("=200 -> =499", "failed: unreachable at 'recommendation' (medium)"),
    ]);
}

#[test]
fn shape_15_a_suppressed_error_does_not_explain_one_of_the_entrys_own() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 exc=RuntimeError E
          shop client GET 10-50
            recommendation server GET_/list 12-48
              recommendation client GET 20-40 peer.service=model error.type=ECONNREFUSED E";
    assert_eq!(judge(text).suspects(), "'shop POST /order' of shop, 'model'");
    Shape::new(text)
        .says("failed: app_error at 'shop POST /order' of shop (high); suppressed at 'model'")
        .near_misses(&[
            (
                "GET 10-50 -> GET 10-50 http.status_code=500; 12-48 -> 12-48 http.status_code=500",
                "failed: unreachable at 'model' (medium)",
            ),
            (
                "GET 10-50 -> GET 10-50 http.status_code=500",
                "failed: unreachable at 'recommendation GET /list' of recommendation (medium, server_finished_without_error); \
                 suppressed at 'model'",
            ),
            // An exception that was noted and dealt with is no error.
            ("http.response.status_code=500 exc=RuntimeError E -> exc=RuntimeError", "ok; suppressed at 'model'"),
            ("http.response.status_code=500 exc=RuntimeError E -> error.type=RuntimeError OK", "ok; suppressed at 'model'"),
            // Another call explains the failure.
            (
                "+   shop client GET 60-90 peer.service=stock http.response.status_code=503 E",
                "failed: dependency_error at 'stock' (high); suppressed at 'model'",
            ),
            (
                "+   shop client GET 60-90 peer.service=stock http.response.status_code=400 E",
                "failed: caller_error at 'shop POST /order' of shop (high); suppressed at 'model'",
            ),
            ("error.type=ECONNREFUSED E -> http.status_code=404 E", "failed: app_error at 'shop POST /order' of shop (high)"),
        ])
        .all_the_same(&["12-48 -> 12-48 E", "GET 10-50 -> GET 10-50 OK", "ECONNREFUSED -> timeout"]);
}

#[test]
fn shape_16_silent_own_work_is_looked_through() {
    Shape::new(
        "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop internal placeOrder 5-95
            shop client POST 10-90 peer.service=pay http.response.status_code=503 E",
    )
    .says("failed: dependency_error at 'pay' (high)")
    .near_misses(&[
        ("5-95 -> 5-95 OK", "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'pay'"),
        ("shop internal -> shop client", "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'pay'"),
        ("shop internal -> shop server", "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'pay'"),
        ("shop internal -> lib internal", "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'pay'"),
        ("=503 E -> =404 E", "failed: caller_error at 'shop POST /order' of shop (high)"),
        ("- shop client", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("+     shop client POST 91-94 peer.service=pay", "failed: app_error at 'shop POST /order' of shop (high); masked_retry at 'pay'"),
    ])
    .all_the_same(&[
        "5-95 -> 5-95 E",
        "5-95 -> 5-95 http.status_code=200",
        "- shop internal",
        "- shop client; +     shop internal charge 8-92; +       shop client POST 10-90 peer.service=pay http.response.status_code=503 E",
    ]);
}

#[test]
fn shape_22_ok_that_was_set_is_final() {
    Shape::new(
        "
        shop server POST_/order 0-100 OK
          shop client GET 10-90 peer.service=pay http.response.status_code=503 E",
    )
    .says("ok; suppressed at 'pay'")
    .near_misses(&[
        ("OK -> http.response.status_code=500", "failed: dependency_error at 'pay' (high)"),
        ("OK -> E", "failed: dependency_error at 'pay' (high)"),
        ("OK -> error=true", "failed: dependency_error at 'pay' (high)"),
        ("OK -> http.response.status_code=404", "rejected; suppressed at 'pay'"),
        ("OK -> E; =503 E -> =503 OK", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("=503 E -> =503 OK", "ok"),
        (
            "map: +     hops: [{id: mail, match: {service: mail}, expect: always}]",
            "failed: missing_step at 'shop POST /order' of shop (medium); suppressed at 'pay'",
        ),
    ])
    .all_the_same(&[
        "OK -> OK http.response.status_code=500",
        "OK -> OK http.response.status_code=429",
        "OK -> OK error.type=Boom",
        "OK -> OK rpc.grpc.status_code=1",
    ]);
    // In the middle of a chain it stops the chain there.
    Shape::new(
        "
        shop server POST_/order 0-100 E
          shop client GET 10-90 http.response.status_code=500 E
            pay server GET_/pay 20-80 http.response.status_code=500 OK
              pay client GET 30-70 server.address=bank http.response.status_code=503 E",
    )
    .says("failed: unreachable at 'pay GET /pay' of pay (medium, server_finished_without_error); suppressed at 'bank'")
    .near_misses(&[
        ("=500 OK -> =500", "failed: dependency_error at 'bank' (high)"),
        (
            "10-90 http.response.status_code=500 E -> 10-90 OK",
            "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'bank'",
        ),
        ("=503 E -> =503 OK; =500 OK -> =500", "failed: app_error at 'pay GET /pay' of pay (high)"),
    ]);
}

#[test]
fn shape_23_codes_speak_where_the_status_is_not_set() {
    Shape::new(
        "
        shop server POST_/order 0-100 http.status_code=502
          cart server cart.Cart/Get 20-80 rpc.grpc.status_code=2",
    )
    .says("failed: app_error at 'cart cart.Cart/Get' of cart (high)")
    .near_misses(&[
        ("code=2 -> code=0", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("=502 -> =200", "ok; suppressed at 'cart cart.Cart/Get' of cart"),
        ("=502 -> =404", "rejected; suppressed at 'cart cart.Cart/Get' of cart"),
        ("code=2 -> code=8", "failed: saturation at 'cart cart.Cart/Get' of cart (high)"),
        ("code=2 -> code=1", "failed: app_error at 'shop POST /order' of shop (high)"),
        // What a server answers to a wrong request is no error of the server.
        ("code=2 -> code=5", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("rpc.grpc.status_code=2 -> http.status_code=404 E", "failed: app_error at 'shop POST /order' of shop (high)"),
        // Beside a code the code decides.
        (
            "rpc.grpc.status_code=2 -> http.status_code=200 error.type=Boom",
            "failed: app_error at 'shop POST /order' of shop (high)",
        ),
    ])
    .all_the_same(&[
        "rpc.grpc.status_code=2 -> rpc.response.status_code=unknown",
        "rpc.grpc.status_code=2 -> rpc.status_code=INTERNAL",
        "rpc.grpc.status_code=2 -> error.type=Boom",
        "rpc.grpc.status_code=2 -> error=true",
        "rpc.grpc.status_code=2 -> http.response.status_code=500",
        "rpc.grpc.status_code=2 -> http.status_code=200 rpc.grpc.status_code=13",
        "=502 -> =499",
    ]);
}
