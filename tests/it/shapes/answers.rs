//! Shapes 1 to 4, 14 to 18, 20 to 23, 26: who answered with an error, and whether it got through.

use super::bench::{check, judge, judge_with};

#[test]
fn shape_1_a_server_with_an_exception_of_its_own() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client GET 10-90 server.address=cart http.response.status_code=500 E
            cart server GET_/cart 20-80 http.response.status_code=500 E exc=java.lang.IllegalStateException";
    check(text, "failed: app_error at 'cart GET /cart' of cart (high)");
    let deeper = format!(
        "{text}\n              cart client SELECT 30-70 db.system.name=postgresql server.address=pg db.namespace=carts E"
    );
    check(&deeper, "failed: dependency_error at 'postgresql:pg/carts' (high)");
    check(&deeper.replace("carts E", "carts"), "failed: app_error at 'cart GET /cart' of cart (high)");
}

#[test]
fn shape_2_a_database_that_answers_with_an_error() {
    let text = "
        shop server POST_/order 0-100 E
          cart server cart.Cart/Get 20-80 rpc.system=grpc rpc.grpc.status_code=13 E
            cart client SELECT 30-70 db.system=postgresql net.peer.name=pg net.peer.port=5432 db.name=carts error.type=53300 E";
    check(text, "failed: dependency_error at 'postgresql:pg:5432/carts' (high)");
    assert_eq!(judge(text).suspects(), "'postgresql:pg:5432/carts', 'cart cart.Cart/Get' of cart");
    check(&text.replace("53300", "econnrefused"), "failed: unreachable at 'postgresql:pg:5432/carts' (medium)");
}

#[test]
fn shape_3_a_peer_that_emits_spans_answered_and_its_span_is_lost() {
    let hops = "    hops: [{id: basket, match: {service: cart}}]\n";
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client GET 10-90 service.peer.name=cart http.response.status_code=503 E";
    assert_eq!(judge_with(hops, text).blame(), "failed: dependency_error at 'basket' of cart (low, missing_server_span)");
    // Nobody knows the peer to emit spans.
    check(text, "failed: dependency_error at 'cart' (high)");
    // It emits spans: one is here.
    let known = format!("{text}\n          cart internal refresh 1-2 lost");
    check(&known, "failed: dependency_error at 'cart' (low, missing_server_span)");
}

#[test]
fn shape_4_a_peer_that_nobody_reaches() {
    for error in [
        "java.net.UnknownHostException",
        "ECONNREFUSED",
        "x509:_certificate_signed_by_unknown_authority",
        "System.Net.Sockets.SocketException",
    ] {
        let text = format!(
            "
            shop server POST_/order 0-100 http.response.status_code=500 E
              shop client GET 10-90 peer.service=cart error.type={error} E"
        );
        check(&text, "failed: unreachable at 'cart' (medium)");
        check(&text.replace("error.type", "http.status_code=502 error.type"), "failed: dependency_error at 'cart' (high)");
        // Two peers, and nobody answers: it is the caller that is cut off.
        let both = format!("{text}\n              shop client GET 12-88 peer.service=stock error.type={error} E");
        check(&both, "failed: unreachable at 'shop POST /order' of shop (medium)");
    }
}

#[test]
fn shape_14_a_fallback_served_the_customer() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=200
          shop client GET 10-90 peer.service=recommendation error.type=ECONNREFUSED E";
    assert_eq!((judge(text).blame(), judge(text).absorbed()), ("ok".into(), "suppressed at 'recommendation'".into()));
    check(&text.replace("=200", "=500"), "failed: unreachable at 'recommendation' (medium)");
}

#[test]
fn shape_15_a_suppressed_error_does_not_explain_one_of_the_entrys_own() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 exc=RuntimeError E
          shop client GET 10-50
            recommendation server GET_/list 12-48
              recommendation client GET 20-40 peer.service=model error.type=ECONNREFUSED E";
    let said = judge(text);
    assert_eq!(said.blame(), "failed: app_error at 'shop POST /order' of shop (high)");
    assert_eq!(
        (said.absorbed(), said.suspects()),
        ("suppressed at 'model'".into(), "'shop POST /order' of shop, 'model'".into())
    );
    let chain = text.replace("GET 10-50", "GET 10-50 http.status_code=500").replace("12-48", "12-48 http.status_code=500");
    check(&chain, "failed: unreachable at 'model' (medium)");
}

#[test]
fn shape_16_silent_own_work_is_looked_through() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop internal placeOrder 5-95
            shop client POST 10-90 peer.service=pay http.response.status_code=503 E";
    check(text, "failed: dependency_error at 'pay' (high)");
    check(&text.replace("5-95", "5-95 OK"), "failed: app_error at 'shop POST /order' of shop (high)");
    check(&text.replace("shop internal", "shop client"), "failed: app_error at 'shop POST /order' of shop (high)");
}

#[test]
fn shape_17_of_parallel_errors_the_one_nearest_to_the_failure() {
    let text = "
        shop server POST_/order 0-100 E
          shop client GET 10-60 peer.service=stock http.response.status_code=503 E
          shop client GET 12-98 peer.service=price http.response.status_code=503 E";
    check(text, "failed: dependency_error at 'price' (high)");
    assert_eq!(judge(text).suspects(), "'price', 'shop POST /order' of shop, 'stock'");
    check(&text.replace("10-60", "10-99"), "failed: dependency_error at 'stock' (high)");
}

#[test]
fn shape_18_who_was_cancelled_is_never_blamed() {
    let text = "
        shop server POST_/order 0-100 E
          shop client stock/Get 10-60 peer.service=stock rpc.grpc.status_code=14 E
          shop client price/Get 12-98 peer.service=price rpc.grpc.status_code=1 E
            price server price/Get 13-97 rpc.grpc.status_code=1";
    check(text, "failed: unreachable at 'stock' (medium)");
    assert_eq!(judge(text).absorbed(), "");
    let alone = text.lines().filter(|line| !line.contains("stock")).collect::<Vec<_>>().join("\n");
    check(&alone, "failed: app_error at 'shop POST /order' of shop (high)");
    check(&alone.replace("status_code=1", "status_code=13"), "failed: app_error at 'price price/Get' of price (high)");
}

#[test]
fn shape_20_an_asynchronous_step_fails_for_itself() {
    let text = "
        shop server POST_/order 0-100
          shop producer send_orders 10-20 messaging.system=kafka messaging.destination.name=orders #sent
        mail consumer process_orders 400-500 link=sent exc=SmtpError E";
    let said = judge(text);
    assert_eq!((said.blame(), said.absorbed()), ("ok".into(), "async_error at 'mail process orders' of mail".into()));
    let required = "    hops: [{id: confirmation, match: {service: mail}, async: required}]\n";
    let said = judge_with(required, text);
    assert_eq!((said.blame(), said.absorbed()), ("failed: async_error at 'confirmation' of mail (high)".into(), String::new()));
    assert_eq!(said.verdict.duration_ns, 500_000_000);
    assert_eq!(judge_with(required, &text.replace(" E", "")).blame(), "ok");
}

#[test]
fn shape_21_a_queue_that_takes_nothing() {
    let text = "
        shop server POST_/order 0-100 E
          shop producer send_orders 10-20 messaging.system=kafka messaging.destination.name=orders error.type=_OTHER E";
    check(text, "failed: dependency_error at 'kafka:orders' (high)");
    assert_eq!(judge(&text.replace("0-100 E", "0-100")).absorbed(), "suppressed at 'kafka:orders'");
}

#[test]
fn shape_22_ok_that_was_set_is_final() {
    let text = "
        shop server POST_/order 0-100 OK
          shop client GET 10-90 peer.service=pay http.response.status_code=503 E";
    assert_eq!((judge(text).blame(), judge(text).absorbed()), ("ok".into(), "suppressed at 'pay'".into()));
    check(&text.replace("OK", "OK http.response.status_code=500"), "ok");
    check(&text.replace("OK", "http.response.status_code=500"), "failed: dependency_error at 'pay' (high)");
    let below = text.replace("OK", "E").replace("GET 10-90", "GET 10-90 OK").replace("=503 E", "=503");
    check(&below, "failed: app_error at 'shop POST /order' of shop (high)");
}

#[test]
fn shape_23_codes_speak_where_the_status_is_not_set() {
    let text = "
        shop server POST_/order 0-100 http.status_code=502
          cart server cart.Cart/Get 20-80 rpc.grpc.status_code=2";
    check(text, "failed: app_error at 'cart cart.Cart/Get' of cart (high)");
    check(
        &text.replace("rpc.grpc.status_code=2", "rpc.response.status_code=unknown"),
        "failed: app_error at 'cart cart.Cart/Get' of cart (high)",
    );
    check(&text.replace("=2\n", "=0\n").replace("code=2", "code=0"), "failed: app_error at 'shop POST /order' of shop (high)");
    check(&text.replace("=502", "=200"), "ok");
}

#[test]
fn shape_26_an_orphan_hangs_where_its_caller_is_and_is_a_guess() {
    let text = "
        shop server POST_/order 0-100 E
          shop client GET 10-90 peer.service=cart http.response.status_code=500 E
        cart server GET_/cart 20-80 http.response.status_code=500 E lost";
    check(text, "failed: app_error at 'cart GET /cart' of cart (low, orphan)");
    // Silence alone blames nobody.
    check(&text.replace(" E", "").replace("=500", "=200"), "ok");
    // The entry never came.
    let without_entry = text.lines().filter(|line| !line.contains("POST_/order")).collect::<Vec<_>>().join("\n");
    assert_eq!(judge_with("    hops: [{id: basket, match: {service: cart}}]\n", &without_entry).blame(), "incomplete");
}
