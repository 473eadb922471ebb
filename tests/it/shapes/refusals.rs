//! Shapes 9 to 11 and 19: requests that were refused, and customers who left.

use super::change::Shape;

#[test]
fn shape_9_a_4xx_inside_is_the_fault_of_who_asked() {
    Shape::new(
        "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client POST 10-90 peer.service=pay http.response.status_code=422 E
            pay server POST_/charge 20-80 http.response.status_code=422",
    )
    .says("failed: caller_error at 'shop POST /order' of shop (high)")
    .near_misses(&[
        ("=422 -> =503", "failed: app_error at 'pay POST /charge' of pay (high)"),
        ("=422 -> =429", "failed: saturation at 'pay POST /charge' of pay (high)"),
        ("=500 E -> =200", "ok"),
        // Passed on to the customer it is their own error; what that means is for the map to say.
        ("=500 -> =422", "rejected"),
        ("=500 -> =422; map: +     outcome: {caller_errors: fail}", "failed: caller_error at '(caller)' (high)"),
        ("=500 -> =422; map: +     outcome: {caller_errors: ok}", "ok"),
        // An error explains more than a refusal, whichever came last.
        (
            "+   shop client GET 2-8 peer.service=stock http.response.status_code=503 E",
            "failed: dependency_error at 'stock' (high)",
        ),
        ("=422 E -> =422 OK", "failed: app_error at 'shop POST /order' of shop (high)"),
        // It was the callee that asked somebody else for something wrong.
        (
            "=422 -> =500; +       pay client GET 30-40 peer.service=bank http.response.status_code=404 E",
            "failed: caller_error at 'pay POST /charge' of pay (high)",
        ),
    ])
    .all_the_same(&[
        "20-80 http.response.status_code=422 -> 20-80 http.response.status_code=422 E",
        "- pay server",
        "=422 -> =408",
        "=422 E -> =422",
        "20-80 http.response.status_code=422 -> 20-80",
        "map: +     hops: [{id: payment, match: {service: pay}}]",
    ]);
}

#[test]
fn shape_10_grpc_codes_that_blame_the_caller() {
    for (code, number) in [
        ("INVALID_ARGUMENT", 3),
        ("NOT_FOUND", 5),
        ("ALREADY_EXISTS", 6),
        ("PERMISSION_DENIED", 7),
        ("UNAUTHENTICATED", 16),
        ("FAILED_PRECONDITION", 9),
        ("OUT_OF_RANGE", 11),
        ("ABORTED", 10),
    ] {
        let text = "
            shop server POST_/order 0-100 http.response.status_code=500 E
              shop client pay/Charge 10-90 peer.service=pay rpc.response.status_code=CODE E
                pay server pay/Charge 20-80 rpc.response.status_code=CODE";
        let to = |other: &str| format!("{code} -> {other}");
        Shape::new(&text.replace("CODE", code))
            .says("failed: caller_error at 'shop POST /order' of shop (high)")
            .near_misses(&[
                (&to("UNKNOWN"), "failed: app_error at 'pay pay/Charge' of pay (high)"),
                (&to("UNIMPLEMENTED"), "failed: app_error at 'pay pay/Charge' of pay (high)"),
                (&to("RESOURCE_EXHAUSTED"), "failed: saturation at 'pay pay/Charge' of pay (high)"),
                (&to("DEADLINE_EXCEEDED"), "failed: timeout_slow_server at 'pay pay/Charge' of pay (medium)"),
                (&to("CANCELLED"), "failed: app_error at 'shop POST /order' of shop (high)"),
                (&to("OK"), "failed: app_error at 'shop POST /order' of shop (high)"),
                ("=500 E -> =200", "ok"),
                (&format!("http.response.status_code=500 -> rpc.response.status_code={code}"), "rejected"),
            ])
            .all_the_same(&[
                &to(&number.to_string()),
                &to(&code.to_lowercase()),
                &format!("rpc.response.status_code={code} -> rpc.grpc.status_code={number}"),
                &format!("20-80 rpc.response.status_code={code} -> 20-80 rpc.response.status_code={code} E"),
                "- pay server",
            ]);
    }
}

#[test]
fn shape_11_out_of_capacity_is_the_callees() {
    Shape::new(
        "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client POST 10-90 peer.service=pay http.response.status_code=429 E
            pay server POST_/charge 20-80 http.response.status_code=429",
    )
    .says("failed: saturation at 'pay POST /charge' of pay (high)")
    .near_misses(&[
        ("=429 -> =428", "failed: caller_error at 'shop POST /order' of shop (high)"),
        ("=429 -> =503", "failed: app_error at 'pay POST /charge' of pay (high)"),
        ("- pay server", "failed: saturation at 'pay' (high)"),
        ("=500 E -> =200", "ok; suppressed at 'pay POST /charge' of pay"),
        ("=429 E -> =429 OK", "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'pay POST /charge' of pay"),
        (
            "+   shop client POST 92-98 peer.service=pay",
            "failed: app_error at 'shop POST /order' of shop (high); masked_retry at 'pay POST /charge' of pay",
        ),
        // It was at its limit because somebody below it was.
        ("+       pay client GET 30-40 peer.service=bank http.response.status_code=429 E", "failed: saturation at 'bank' (high)"),
    ])
    .all_the_same(&[
        "http.response.status_code=429 -> rpc.grpc.status_code=8",
        "http.response.status_code=429 -> rpc.response.status_code=resource_exhausted",
        "=429 E -> =429",
        "=500 E -> =429",
    ]);
    Shape::new("shop server POST_/order 0-100 http.response.status_code=429")
        .says("failed: saturation at 'shop POST /order' of shop (high)")
        .near_misses(&[
            ("=429 -> =428", "rejected"),
            ("=429 -> =429 OK", "ok"),
            ("=429 -> =503", "failed: app_error at 'shop POST /order' of shop (high)"),
        ]);
}

#[test]
fn shape_19_a_customer_who_left_is_not_failed() {
    Shape::new(
        "
        shop server POST_/order 0-100 http.response.status_code=499
          shop client POST 10-90 peer.service=pay error.type=CancelledError E
            pay server POST_/charge 20-88 error.type=CancelledError E",
    )
    .says("abandoned")
    .near_misses(&[
        ("=499 -> =200", "ok"),
        ("=499 -> =408", "rejected"),
        ("=499 -> =500", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("=499 -> =499 OK", "ok"),
        // They were made to wait too long.
        ("http.response.status_code=499 -> error.type=TaskCanceledTimeout", "failed: app_error at 'shop POST /order' of shop (high)"),
        // They left because of an error.
        ("CancelledError -> IOError", "failed: app_error at 'pay POST /charge' of pay (high)"),
        (
            "pay error.type=CancelledError -> pay http.response.status_code=503",
            "failed: unreachable at 'pay POST /charge' of pay (medium, server_finished_without_error)",
        ),
        ("+   shop client GET 2-8 peer.service=stock error.type=ECONNREFUSED E", "failed: unreachable at 'stock' (medium)"),
        // An error that the callee had dealt with is not why.
        (
            "20-88 error.type=CancelledError E -> 20-88; +       pay client GET 30-40 peer.service=bank http.response.status_code=503 E",
            "abandoned; suppressed at 'bank'",
        ),
        ("map: +     objectives: [{id: fast, target: 99%, under: 50ms}]", "abandoned; slow: self_time at 'pay POST /charge' of pay"),
    ])
    .all_the_same(&[
        "http.response.status_code=499 -> rpc.grpc.status_code=1",
        "http.response.status_code=499 -> error.type=java.util.concurrent.CancellationException E",
        "http.response.status_code=499 -> exc=AbortError E",
        "=499 -> =499 E",
        "- pay server",
        "pay error.type=CancelledError E -> pay http.response.status_code=404 E",
        "map: +     hops: [{id: mail, match: {service: mail}, expect: always}]",
    ]);
}
