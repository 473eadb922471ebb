//! Shape 26: a span is lost.

use super::change::Shape;

#[test]
fn shape_26_an_orphan_hangs_where_its_caller_is_and_is_a_guess() {
    Shape::new(
        "
        shop server POST_/order 0-100 E
          shop client GET 10-90 peer.service=cart http.response.status_code=500 E
        cart server GET_/cart 20-80 http.response.status_code=500 E lost",
    )
    .says("failed: app_error at 'cart GET /cart' of cart (low, orphan)")
    .near_misses(&[
        // Silence alone blames nobody.
        (" E -> ; =500 -> =200", "ok"),
        // A trace of its own would name no parent.
        ("lost ->", "failed: dependency_error at 'cart' (high)"),
        (
            "20-80 http.response.status_code=500 E -> 20-80 http.response.status_code=200",
            "failed: unreachable at 'cart GET /cart' of cart (low, server_finished_without_error)",
        ),
        // The call was to somebody else, so the orphan is taken for work of the entry at that time ...
        ("peer.service=cart -> peer.service=basket", "failed: dependency_error at 'basket' (high)"),
        // ... and of nobody at another time.
        ("peer.service=cart -> peer.service=basket; 20-80 -> 200-300", "failed: dependency_error at 'basket' (high)"),
        ("- shop client; 20-80 -> 200-300", "failed: app_error at 'shop POST /order' of shop (high)"),
        // The entry never came.
        ("- POST_/order; map: +     hops: [{id: basket, match: {service: cart}}]", "incomplete"),
        ("- POST_/order", "no execution"),
        ("- POST_/order; lost -> ; map: +     hops: [{id: basket, match: {service: cart}}]", "no execution"),
    ])
    .all_the_same(&[
        "- shop client",
        "20-80 -> 200-800",
        "=cart -> =cart server.address=10.0.0.7",
        "peer.service=cart -> url.full=http://cart:80/cart",
    ]);
}
