//! Shapes 17 and 18: several calls failed, and one of them explains the failure.

use super::bench::judge;
use super::change::Shape;

#[test]
fn shape_17_of_parallel_errors_the_one_nearest_to_the_failure() {
    let text = "
        shop server POST_/order 0-100 E
          shop client GET 10-60 peer.service=stock http.response.status_code=503 E
          shop client GET 12-98 peer.service=price http.response.status_code=503 E";
    assert_eq!(judge(text).suspects(), "'price', 'shop POST /order' of shop, 'stock'");
    Shape::new(text)
        .says("failed: dependency_error at 'price' (high)")
        .near_misses(&[
            ("10-60 -> 10-99", "failed: dependency_error at 'stock' (high)"),
            // Both end together: the one that began first.
            ("10-60 -> 10-98", "failed: dependency_error at 'stock' (high)"),
            // Neither is what the entry waited for: the one that ended first.
            ("+   shop client GET 5-99 peer.service=ads", "failed: dependency_error at 'stock' (high)"),
            (
                "price http.response.status_code=503 E -> price http.response.status_code=200",
                "failed: dependency_error at 'stock' (high)",
            ),
            (
                "price http.response.status_code=503 -> price http.response.status_code=499",
                "failed: dependency_error at 'stock' (high)",
            ),
            // A refusal explains it only where there is no error.
            (
                "price http.response.status_code=503 -> price http.response.status_code=404",
                "failed: dependency_error at 'stock' (high)",
            ),
            ("=503 -> =404", "failed: caller_error at 'shop POST /order' of shop (high)"),
            ("+     price server GET_/price 20-90 E", "failed: app_error at 'price GET /price' of price (high)"),
            ("0-100 E -> 0-100", "ok; suppressed at 'stock'; suppressed at 'price'"),
        ])
        .all_the_same(&[
            "12-98 -> 62-98",
            "12-98 -> 8-98",
            "10-60 -> 10-11",
            "=stock http.response.status_code=503 E -> =stock E",
        ]);
}

#[test]
fn shape_18_who_was_cancelled_is_never_blamed() {
    Shape::new(
        "
        shop server POST_/order 0-100 E
          shop client stock/Get 10-60 peer.service=stock rpc.grpc.status_code=14 E
          shop client price/Get 12-98 peer.service=price rpc.grpc.status_code=1 E
            price server price/Get 13-97 rpc.grpc.status_code=1",
    )
    .says("failed: unreachable at 'stock' (medium)")
    .near_misses(&[
        ("- stock", "failed: app_error at 'shop POST /order' of shop (high)"),
        ("=14 E -> =1 E", "failed: app_error at 'shop POST /order' of shop (high)"),
        (
            "status_code=1 -> status_code=13; status_code=134 -> status_code=14",
            "failed: app_error at 'price price/Get' of price (high)",
        ),
        ("=1 E -> =13 E", "failed: unreachable at 'price price/Get' of price (medium, server_finished_without_error)"),
        // Who ran out of time did not leave.
        ("=1 E -> =4 E", "failed: timeout_slow_server at 'price price/Get' of price (medium)"),
        (
            "rpc.grpc.status_code=1 E -> error.type=TaskCanceledTimeout E",
            "failed: timeout_slow_server at 'price price/Get' of price (medium)",
        ),
        ("0-100 E -> 0-100 OK", "ok; suppressed at 'stock'"),
    ])
    .all_the_same(&[
        "rpc.grpc.status_code=1 E -> error.type=context_canceled E",
        "rpc.grpc.status_code=1 E -> http.response.status_code=499 E",
        "=1 E -> =1",
        "0-100 E -> 0-100 rpc.grpc.status_code=1",
        "- price server",
    ]);
}
