//! Shapes 12 and 13: attempts.

use super::bench::judge;
use super::change::Shape;

const MASKED: &str = "
    shop server POST_/order 0-100 http.response.status_code=200
      cart server GET_/cart 5-95
        cart client GET 10-30 peer.service=stock url.full=http://stock/items?a=1 http.response.status_code=503 E
          stock server GET_/items 12-28 http.response.status_code=503 E
        cart client GET 40-60 peer.service=stock url.full=http://stock/items?a=2 http.request.resend_count=1
          stock server GET_/items 42-58";

#[test]
fn shape_12_a_retry_that_worked_masks_the_error() {
    let retries: u32 = judge(MASKED).verdict.unwrap().hops.iter().map(|one| one.retries).sum();
    assert_eq!(retries, 1);
    Shape::new(MASKED)
        .says("ok; masked_retry at 'stock GET /items' of stock")
        .near_misses(&[
            // Something else was asked for, or somebody else.
            ("items?a=2 -> other?a=2", "ok; suppressed at 'stock GET /items' of stock"),
            ("GET 40-60 -> PUT 40-60", "ok; suppressed at 'stock GET /items' of stock"),
            ("40-60 peer.service=stock -> 40-60 peer.service=depot", "ok; suppressed at 'stock GET /items' of stock"),
            ("cart client GET 40-60 -> cart producer GET 40-60", "ok; suppressed at 'stock GET /items' of stock"),
            // At the same time, and nobody says that it is a retry: a hedge.
            ("40-60 -> 20-60; http.request.resend_count=1 ->", "ok; suppressed at 'stock GET /items' of stock"),
            // The one that worked came first.
            ("10-30 -> 70-90; 12-28 -> 72-88; http.request.resend_count=1 ->", "ok; suppressed at 'stock GET /items' of stock"),
            // The retry failed like the first.
            (
                "http.request.resend_count=1 -> http.response.status_code=503 E; 42-58 -> 42-58 E",
                "ok; suppressed at 'stock GET /items' of stock",
            ),
            // There was no error to mask.
            ("=503 E -> =404", "ok"),
            ("=503 E -> =499", "ok"),
            (
                "=200 -> =500",
                "failed: app_error at 'shop POST /order' of shop (high); masked_retry at 'stock GET /items' of stock",
            ),
            ("5-95 -> 5-95 E", "ok; suppressed at 'cart GET /cart' of cart; masked_retry at 'stock GET /items' of stock"),
            (
                "=200 -> =500; 5-95 -> 5-95 E",
                "failed: app_error at 'cart GET /cart' of cart (high); masked_retry at 'stock GET /items' of stock",
            ),
        ])
        .all_the_same(&[
            "40-60 -> 20-60",
            "http.request.resend_count=1 ->",
            "http.request.resend_count=1 -> http.request.resend_count=1 http.response.status_code=200",
            "=503 E -> =503",
        ]);
}

#[test]
fn shape_13_attempts_that_all_fail_count_once() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client GET 10-20 peer.service=stock url.full=http://stock/items error.type=ECONNREFUSED E
          shop client GET 30-40 peer.service=stock url.full=http://stock/items error.type=ECONNREFUSED E
          shop client GET 50-60 peer.service=stock url.full=http://stock/items http.response.status_code=503 E";
    assert_eq!(judge(text).suspects(), "'stock', 'shop POST /order' of shop");
    Shape::new(text)
        .says("failed: dependency_error at 'stock' (high)")
        .near_misses(&[
            (
                "=503 E -> =200",
                "failed: app_error at 'shop POST /order' of shop (high); masked_retry at 'stock'; masked_retry at 'stock'",
            ),
            // The last one decides ...
            ("http.response.status_code=503 E -> error.type=ECONNREFUSED E", "failed: unreachable at 'stock' (medium)"),
            ("=503 E -> =404 E", "failed: caller_error at 'shop POST /order' of shop (high)"),
            ("=503 E -> =429 E", "failed: saturation at 'stock' (high)"),
            ("http.response.status_code=503 E -> rpc.grpc.status_code=4 E", "failed: timeout_no_server at 'stock' (medium)"),
            // ... unless it was cancelled.
            ("=503 E -> =499 E", "failed: unreachable at 'stock' (medium)"),
            ("- 50-60", "failed: unreachable at 'stock' (medium)"),
            ("=500 E -> =200", "ok; suppressed at 'stock'"),
            ("50-60 peer.service=stock -> 50-60 peer.service=depot", "failed: dependency_error at 'depot' (high)"),
            ("+     stock server GET_/items 52-58 E", "failed: app_error at 'stock GET /items' of stock (high)"),
        ])
        .all_the_same(&["- 10-20", "50-60 -> 35-60", "10-20 -> 10-20 http.request.resend_count=0"]);
}
