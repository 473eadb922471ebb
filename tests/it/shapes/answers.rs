//! Shapes 1 to 4: who answered with an error, or did not answer.

use super::bench::judge;
use super::change::Shape;

#[test]
fn shape_1_a_server_with_an_exception_of_its_own() {
    Shape::new(
        "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client GET 10-90 server.address=cart http.response.status_code=500 E
            cart server GET_/cart 20-80 http.response.status_code=500 E exc=java.lang.IllegalStateException",
    )
    .says("failed: app_error at 'cart GET /cart' of cart (high)")
    .near_misses(&[
        // Its database failed before.
        (
            "+       cart client SELECT 30-70 db.system.name=postgresql server.address=pg db.namespace=carts E",
            "failed: dependency_error at 'postgresql:pg/carts' (high)",
        ),
        // It asked its database for something wrong.
        (
            "+       cart client GET 30-70 server.address=es http.response.status_code=400 E",
            "failed: caller_error at 'cart GET /cart' of cart (high)",
        ),
        // The server was done, and well: something between the two.
        (
            "20-80 http.response.status_code=500 E -> 20-80 http.response.status_code=200",
            "failed: unreachable at 'cart GET /cart' of cart (medium, server_finished_without_error)",
        ),
        (
            "20-80 http.response.status_code=500 -> 20-80 http.response.status_code=429",
            "failed: saturation at 'cart GET /cart' of cart (high)",
        ),
        // The caller says that it got what it asked for.
        (
            "cart http.response.status_code=500 E -> cart http.response.status_code=200",
            "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'cart GET /cart' of cart",
        ),
        (
            "0-100 http.response.status_code=500 E -> 0-100 http.response.status_code=200",
            "ok; suppressed at 'cart GET /cart' of cart",
        ),
        ("- cart server", "failed: dependency_error at 'cart' (high)"),
        ("map: +     hops: [{id: basket, match: {service: cart}}]", "failed: app_error at 'basket' of cart (high)"),
    ])
    .all_the_same(&[
        "- shop client",
        " E -> ",
        "http.response.status_code -> http.status_code",
        "http.response.status_code=500 ->",
        "exc=java.lang.IllegalStateException ->",
        "+       cart client SELECT 30-70 db.system.name=postgresql server.address=pg",
        "server.address=cart -> url.full=http://10.0.0.7:8080/cart",
        "20-80 -> 200-800",
    ]);
}

#[test]
fn shape_2_a_database_that_answers_with_an_error() {
    let text = "
        shop server POST_/order 0-100 E
          cart server cart.Cart/Get 20-80 rpc.system=grpc rpc.grpc.status_code=13 E
            cart client SELECT 30-70 db.system=postgresql net.peer.name=pg net.peer.port=5432 db.name=carts error.type=53300 E";
    assert_eq!(judge(text).suspects(), "'postgresql:pg:5432/carts', 'cart cart.Cart/Get' of cart");
    Shape::new(text)
        .says("failed: dependency_error at 'postgresql:pg:5432/carts' (high)")
        .near_misses(&[
            ("53300 -> econnrefused", "failed: unreachable at 'postgresql:pg:5432/carts' (medium)"),
            ("53300 -> QueryTimeoutException", "failed: timeout_no_server at 'postgresql:pg:5432/carts' (medium)"),
            ("53300 E -> 53300 OK", "failed: app_error at 'cart cart.Cart/Get' of cart (high)"),
            ("53300 -> AbortError", "failed: app_error at 'cart cart.Cart/Get' of cart (high)"),
            ("+       pg server SELECT 31-69 E", "failed: app_error at 'pg SELECT' of pg (high)"),
            (
                "+       pg server SELECT 31-69",
                "failed: unreachable at 'pg SELECT' of pg (medium, server_finished_without_error)",
            ),
            // The same database, but another part of it.
            ("db.name=carts -> db.name=users", "failed: dependency_error at 'postgresql:pg:5432/users' (high)"),
            ("net.peer.name=pg net.peer.port=5432 ->", "failed: dependency_error at 'unknown@cart' (high)"),
            // The caller made do without.
            (
                "rpc.grpc.status_code=13 E -> rpc.grpc.status_code=0",
                "failed: app_error at 'shop POST /order' of shop (high); suppressed at 'postgresql:pg:5432/carts'",
            ),
        ])
        .all_the_same(&[
            "error.type=53300 E -> error.type=53300",
            "error.type=53300 E -> E",
            "db.system=postgresql -> db.system.name=postgresql db.system=other_sql",
            "net.peer.name=pg net.peer.port=5432 db.name=carts -> server.address=pg server.port=5432 db.namespace=carts",
        ]);
}

#[test]
fn shape_3_a_peer_that_emits_spans_answered_and_its_span_is_lost() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client GET 10-90 service.peer.name=cart http.response.status_code=503 E";
    Shape::by("    hops: [{id: basket, match: {service: cart}}]\n", text)
        .says("failed: dependency_error at 'basket' of cart (low, missing_server_span)")
        .near_misses(&[
            ("map: service: cart} -> service: cart}, external: true", "failed: dependency_error at 'basket' of cart (high)"),
            // Nobody knows the peer to emit spans.
            ("map: service: cart -> service: stock", "failed: dependency_error at 'cart' (high)"),
            // Nothing shows that somebody answered.
            ("cart http.response.status_code=503 E -> cart E", "failed: dependency_error at 'basket' of cart (high)"),
            (
                "cart http.response.status_code=503 E -> cart error.type=ECONNREFUSED E",
                "failed: unreachable at 'basket' of cart (medium)",
            ),
            (
                "cart http.response.status_code=503 -> cart rpc.grpc.status_code=14",
                "failed: unreachable at 'basket' of cart (medium)",
            ),
            (
                "cart http.response.status_code=503 -> cart rpc.grpc.status_code=4",
                "failed: timeout_no_server at 'basket' of cart (medium)",
            ),
            (
                "cart http.response.status_code=503 -> cart http.response.status_code=404",
                "failed: caller_error at 'shop POST /order' of shop (high)",
            ),
            // That nobody answered in time, or that a limit was reached, says more than that a span is missing.
            (
                "cart http.response.status_code=503 -> cart http.response.status_code=504",
                "failed: timeout_no_server at 'basket' of cart (medium)",
            ),
            (
                "cart http.response.status_code=503 -> cart http.response.status_code=429",
                "failed: saturation at 'basket' of cart (high)",
            ),
            // It came after all.
            ("+     cart server GET_/cart 20-80 http.response.status_code=503 E", "failed: app_error at 'basket' of cart (high)"),
        ])
        .all_the_same(&[
            "service.peer.name=cart -> peer.service=cart",
            "service.peer.name=cart -> server.address=cart server.port=8080",
            "service.peer.name=cart -> url.full=http://cart:8080/items",
            "cart http.response.status_code=503 -> cart rpc.grpc.status_code=13",
            "map: service: cart -> service: [cart, basket]",
        ]);
    // It emits spans: one is here, whatever it is.
    Shape::new(text).says("failed: dependency_error at 'cart' (high)").near_misses(&[
        ("+   cart internal refresh 1-2 lost", "failed: dependency_error at 'cart' (low, missing_server_span)"),
        ("+   cart server GET_/ping 1-2", "failed: dependency_error at 'cart' (low, missing_server_span)"),
    ]);
}

#[test]
fn shape_4_a_peer_that_nobody_reaches() {
    for error in [
        "java.net.UnknownHostException",
        "ECONNREFUSED",
        "x509:_certificate_signed_by_unknown_authority",
        "System.Net.Sockets.SocketException",
    ] {
        let text = "
            shop server POST_/order 0-100 http.response.status_code=500 E
              shop client GET 10-90 peer.service=cart error.type=ERROR E";
        let alone = Shape::new(&text.replace("ERROR", error))
            .says("failed: unreachable at 'cart' (medium)")
            .near_misses(&[
                ("error.type -> http.status_code=502 error.type", "failed: dependency_error at 'cart' (high)"),
                ("error.type -> rpc.grpc.status_code=13 error.type", "failed: dependency_error at 'cart' (high)"),
                (&format!("{error} -> IllegalStateException"), "failed: dependency_error at 'cart' (high)"),
                (&format!("{error} -> {error}.Timeout"), "failed: timeout_no_server at 'cart' (medium)"),
                ("+     cart server GET_/cart 20-80 E", "failed: app_error at 'cart GET /cart' of cart (high)"),
                (
                    "+     cart server GET_/cart 20-80",
                    "failed: unreachable at 'cart GET /cart' of cart (medium, server_finished_without_error)",
                ),
            ])
            .all_the_same(&[
                "error.type -> rpc.grpc.status_code=14 error.type",
                "error.type -> exc",
                "+   shop client GET 92-95 peer.service=ads",
            ]);
        // Two peers, and nobody answers: it is the caller that is cut off.
        alone
            .but(&format!("+   shop client GET 12-88 peer.service=stock error.type={error} E"))
            .says("failed: unreachable at 'shop POST /order' of shop (medium)")
            .near_misses(&[
                ("=stock -> =cart", "failed: unreachable at 'cart' (medium)"),
                ("+   shop client GET 1-5 peer.service=ads", "failed: unreachable at 'cart' (medium)"),
                ("+   shop client GET 1-5 peer.service=ads http.status_code=404 E", "failed: unreachable at 'cart' (medium)"),
                ("+     stock server GET_/stock 13-87", "failed: unreachable at 'cart' (medium)"),
            ])
            .all_the_same(&["+   shop client GET 1-5 peer.service=ads error.type=AbortError E"]);
    }
}
