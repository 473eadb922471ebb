//! Shapes 5 to 8: who used up the time.

use super::bench::judge;
use super::change::Shape;

#[test]
fn shape_5_nobody_answered_in_time() {
    for error in
        ["error.type=java.net.SocketTimeoutException", "rpc.grpc.status_code=4", "http.status_code=504", "exc=deadline_exceeded"]
    {
        let text = "
            shop server POST_/order 0-1000 E
              shop client GET 10-990 peer.service=cart ERROR E";
        let to = |other: &str| format!("{error} -> {other}");
        Shape::new(&text.replace("ERROR", error))
            .says("failed: timeout_no_server at 'cart' (medium)")
            .near_misses(&[
                (&to("error.type=ECONNREFUSED"), "failed: unreachable at 'cart' (medium)"),
                (&to("http.response.status_code=503"), "failed: dependency_error at 'cart' (high)"),
                (&to("rpc.grpc.status_code=1"), "failed: app_error at 'shop POST /order' of shop (high)"),
                (&to("http.response.status_code=408"), "failed: caller_error at 'shop POST /order' of shop (high)"),
                ("+     cart server GET_/cart 20-3000", "failed: timeout_slow_server at 'cart GET /cart' of cart (medium)"),
                ("+     cart server GET_/cart 20-3000 E", "failed: app_error at 'cart GET /cart' of cart (high)"),
                ("0-1000 E -> 0-1000", "ok; suppressed at 'cart'"),
                // The entry itself was out of time, and the call had less than a quarter of it.
                (
                    "0-1000 E -> 0-1000 http.status_code=504; 10-990 -> 900-990",
                    "failed: timeout_budget at 'shop POST /order' of shop (medium)",
                ),
            ])
            .all_the_same(&["0-1000 E -> 0-1000 http.status_code=504", "10-990 -> 900-990", "+   cart server GET_/ping 1-5"]);
    }
}

const LATE: &str = "
    shop server POST_/order 0-1000 E
      shop client GET 10-900 peer.service=cart error.type=timeout E
        cart server GET_/cart 20-2500
          cart client SELECT 800-2400 db.system=postgresql server.address=pg";

#[test]
fn shape_6_the_server_answered_too_late() {
    // 790 ms of cart, then 100 ms of the database until the caller had gone.
    Shape::new(LATE)
        .says("failed: timeout_slow_server at 'cart GET /cart' of cart (medium)")
        .near_misses(&[
            ("800-2400 -> 200-2400", "failed: timeout_slow_server at 'postgresql:pg' (medium)"),
            (
                "error.type=timeout -> error.type=EPIPE",
                "failed: unreachable at 'cart GET /cart' of cart (medium, server_finished_without_error)",
            ),
            ("error.type=timeout -> error.type=CancelledError", "failed: app_error at 'shop POST /order' of shop (high)"),
            // An error of its own, and not an echo.
            ("20-2500 -> 20-2500 http.response.status_code=500", "failed: app_error at 'cart GET /cart' of cart (high)"),
            // Its own call ran out of time too: that is why, if it was made before the caller had gone.
            (
                "800-2400 -> 950-2400; =pg -> =pg error.type=timeout E",
                "failed: timeout_slow_server at 'cart GET /cart' of cart (medium); suppressed at 'postgresql:pg'",
            ),
            ("=pg -> =pg error.type=timeout E", "failed: timeout_no_server at 'postgresql:pg' (medium)"),
            ("- /cart; - SELECT", "failed: timeout_no_server at 'cart' (medium)"),
            ("0-1000 E -> 0-1000", "ok; suppressed at 'cart GET /cart' of cart"),
            (
                "0-1000 E -> 0-1000 http.status_code=504; 10-900 -> 700-900",
                "failed: timeout_budget at 'shop POST /order' of shop (medium)",
            ),
        ])
        .all_the_same(&[
            // What came after the caller had gone does not count.
            "20-2500 -> 20-9500",
            "800-2400 -> 950-2400",
            "20-2500 -> 880-890; 800-2400 -> 881-889",
            "error.type=timeout -> rpc.grpc.status_code=4",
            "error.type=timeout -> http.status_code=504",
            "0-1000 E -> 0-1000 http.status_code=504",
        ]);
}

#[test]
fn shape_7_the_server_echoes_the_deadline_of_its_caller() {
    let text = "
        shop server POST_/order 0-1000 E
          shop client cart/Get 10-900 peer.service=cart rpc.response.status_code=DEADLINE_EXCEEDED E
            cart server cart/Get 20-905 rpc.response.status_code=ECHO E
              cart client SELECT 30-2400 db.system=postgresql server.address=pg";
    for echo in ["CANCELLED", "DEADLINE_EXCEEDED"] {
        let server = |other: &str| format!("20-905 rpc.response.status_code={echo} E -> 20-905 {other}");
        Shape::new(&text.replace("ECHO", echo))
            .says("failed: timeout_slow_server at 'postgresql:pg' (medium)")
            .near_misses(&[
                (&server("rpc.response.status_code=DATA_LOSS E"), "failed: app_error at 'cart cart/Get' of cart (high)"),
                (&server("error.type=IOError E"), "failed: app_error at 'cart cart/Get' of cart (high)"),
                ("30-2400 -> 700-2400", "failed: timeout_slow_server at 'cart cart/Get' of cart (medium)"),
                ("- SELECT", "failed: timeout_slow_server at 'cart cart/Get' of cart (medium)"),
                ("=pg -> =pg error.type=timeout E", "failed: timeout_no_server at 'postgresql:pg' (medium)"),
                ("0-1000 E -> 0-1000 OK", "ok; suppressed at 'postgresql:pg'"),
            ])
            .all_the_same(&[
                &server("rpc.response.status_code=OK"),
                &server("http.status_code=499"),
                &server("http.status_code=504"),
                &server(""),
                "cart rpc.response.status_code=DEADLINE_EXCEEDED E -> cart error.type=timeout E",
                "SELECT 30-2400 -> SELECT 30-890",
            ]);
    }
    // Who did not run out of time got an answer, be it an echo.
    Shape::new(&text.replace("ECHO", "DEADLINE_EXCEEDED"))
        .but("cart rpc.response.status_code=DEADLINE_EXCEEDED -> cart rpc.response.status_code=UNAVAILABLE")
        .says("failed: app_error at 'cart cart/Get' of cart (high)");
}

#[test]
fn shape_8_the_time_was_used_up_before() {
    let text = "
        shop server POST_/order 0-1000 http.response.status_code=504 E
          shop internal render 5-945
          shop client GET 950-1000 peer.service=cart error.type=timeout E";
    assert_eq!(judge(text).suspects(), "'shop POST /order' of shop, 'cart'");
    Shape::new(text)
        .says("failed: timeout_budget at 'shop POST /order' of shop (medium)")
        .near_misses(&[
            ("shop internal -> stock server", "failed: timeout_budget at 'stock render' of stock (medium)"),
            // The entry was not out of time: the call had a short limit of its own.
            ("=504 -> =500", "failed: timeout_no_server at 'cart' (medium)"),
            // A quarter is enough.
            ("950-1000 -> 750-1000", "failed: timeout_no_server at 'cart' (medium)"),
            ("error.type=timeout -> error.type=ECONNREFUSED", "failed: unreachable at 'cart' (medium)"),
            ("error.type=timeout -> http.status_code=503", "failed: dependency_error at 'cart' (high)"),
            ("=504 E -> =504 OK", "ok; suppressed at 'cart'"),
            ("http.response.status_code=504 E -> http.response.status_code=499", "failed: timeout_no_server at 'cart' (medium)"),
        ])
        .all_the_same(&[
            "950-1000 -> 751-1000",
            "http.response.status_code=504 -> error.type=TimeoutError",
            "http.response.status_code=504 -> rpc.grpc.status_code=4",
            "- render",
            "+     cart server GET_/cart 955-1200",
        ]);
}
