//! Shapes 5 to 8: who used up the time.

use super::bench::{check, judge};

#[test]
fn shape_5_nobody_answered_in_time() {
    for error in ["error.type=java.net.SocketTimeoutException", "rpc.grpc.status_code=4", "http.status_code=504"] {
        let text = format!(
            "
            shop server POST_/order 0-1000 E
              shop client GET 10-990 peer.service=cart {error} E"
        );
        check(&text, "failed: timeout_no_server at 'cart' (medium)");
        check(
            &format!("{text}\n                cart server GET_/cart 20-3000"),
            "failed: timeout_slow_server at 'cart GET /cart' of cart (medium)",
        );
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
    check(LATE, "failed: timeout_slow_server at 'cart GET /cart' of cart (medium)");
    check(&LATE.replace("800-2400", "200-2400"), "failed: timeout_slow_server at 'postgresql:pg' (medium)");
    check(
        &LATE.replace("error.type=timeout", "error.type=EPIPE"),
        "failed: unreachable at 'cart GET /cart' of cart (medium, server_finished_without_error)",
    );
}

#[test]
fn shape_7_the_server_echoes_the_deadline_of_its_caller() {
    let text = "
        shop server POST_/order 0-1000 E
          shop client cart/Get 10-900 peer.service=cart rpc.response.status_code=DEADLINE_EXCEEDED E
            cart server cart/Get 20-905 rpc.response.status_code=CODE E
              cart client SELECT 30-2400 db.system=postgresql server.address=pg";
    for code in ["CANCELLED", "DEADLINE_EXCEEDED"] {
        check(&text.replace("CODE", code), "failed: timeout_slow_server at 'postgresql:pg' (medium)");
    }
    check(&text.replace("CODE", "DATA_LOSS"), "failed: app_error at 'cart cart/Get' of cart (high)");
}

#[test]
fn shape_8_the_time_was_used_up_before() {
    let text = "
        shop server POST_/order 0-1000 http.response.status_code=504 E
          shop internal render 5-945
          shop client GET 950-1000 peer.service=cart error.type=timeout E";
    check(text, "failed: timeout_budget at 'shop POST /order' of shop (medium)");
    assert_eq!(judge(text).suspects(), "'shop POST /order' of shop, 'cart'");
    check(&text.replace("950-1000", "600-1000").replace("5-945", "5-595"), "failed: timeout_no_server at 'cart' (medium)");
    check(&text.replace("=504", "=500"), "failed: timeout_no_server at 'cart' (medium)");
}
