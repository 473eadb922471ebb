//! Shapes 27 and 28: slow without an error.

use super::change::Shape;

const LIMIT: &str = "    objectives: [{id: fast, target: 99%, under: 500ms}]\n";

#[test]
fn shape_27_time_between_a_call_and_its_server_is_charged_to_the_callee() {
    Shape::by(
        LIMIT,
        "
        shop server POST_/order 0-1000 host=h1
          shop client GET 10-990 peer.service=cart host=h1
            cart server GET_/cart 400-500 host=h2",
    )
    .says("ok; slow: edge_gap at 'cart GET /cart' of cart")
    .near_misses(&[
        ("400-500 -> 20-980", "ok; slow: self_time at 'cart GET /cart' of cart"),
        ("- cart server", "ok; slow: self_time at 'cart'"),
        ("10-990 -> 600-650", "ok; slow: self_time at 'shop POST /order' of shop"),
        ("map: 500ms -> 1s", "ok"),
        (
            "0-1000 -> 0-1000 E",
            "failed: app_error at 'shop POST /order' of shop (high); slow: edge_gap at 'cart GET /cart' of cart",
        ),
        ("0-1000 -> 0-1000 http.response.status_code=404", "rejected; slow: edge_gap at 'cart GET /cart' of cart"),
        // More of the time was the database's.
        (
            "400-500 -> 400-950; +       cart client SELECT 410-940 db.system=redis server.address=cache",
            "ok; slow: self_time at 'redis:cache'",
        ),
        ("map: +     hops: [{id: basket, match: {service: cart}}]", "ok; slow: edge_gap at 'basket' of cart"),
    ])
    .all_the_same(&["400-500 -> 20-30", "400-500 -> 970-980", "h2 -> h1", "host=h1 ->", "400-500 -> 2000-3000"]);
}

#[test]
fn shape_28_a_callee_on_the_same_host_that_began_late_let_it_queue() {
    Shape::by(
        LIMIT,
        "
        shop server POST_/order 0-1000 host=h1
          shop client GET 10-990 peer.service=cart host=h1
            cart server GET_/cart 800-900 host=h1",
    )
    .says("ok; slow: queue at 'cart GET /cart' of cart")
    .near_misses(&[
        // Another host has another clock.
        ("800-900 host=h1 -> 800-900 host=h2", "ok; slow: edge_gap at 'cart GET /cart' of cart"),
        ("800-900 host=h1 -> 800-900", "ok; slow: edge_gap at 'cart GET /cart' of cart"),
        ("peer.service=cart host=h1 -> peer.service=cart", "ok; slow: edge_gap at 'cart GET /cart' of cart"),
        // 690 ms before and 290 ms after; 780 and 196.
        ("800-900 -> 700-800", "ok; slow: edge_gap at 'cart GET /cart' of cart"),
        ("800-900 -> 790-794", "ok; slow: edge_gap at 'cart GET /cart' of cart"),
        ("800-900 -> 10-20", "ok; slow: edge_gap at 'cart GET /cart' of cart"),
        ("800-900 -> 100-900", "ok; slow: self_time at 'cart GET /cart' of cart"),
        ("map: 500ms -> 1s", "ok"),
    ])
    .all_the_same(&[
        // Four times as long before as after is enough: 780 and 195 ms.
        "800-900 -> 790-795",
        "800-900 -> 980-990",
    ]);
}
