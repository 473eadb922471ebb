//! Shapes 9 to 11 and 19: requests that were refused, and customers who left.

use super::bench::{check, judge, judge_with};

#[test]
fn shape_9_a_4xx_inside_is_the_fault_of_who_asked() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client POST 10-90 peer.service=pay http.response.status_code=422 E
            pay server POST_/charge 20-80 http.response.status_code=422";
    check(text, "failed: caller_error at 'shop POST /order' of shop (high)");
    // An old agent calls it an error of the server too.
    check(&format!("{text} E"), "failed: caller_error at 'shop POST /order' of shop (high)");
    check(&text.replace("=422", "=503"), "failed: app_error at 'pay POST /charge' of pay (high)");
    // Passed on to the customer it is their own error.
    check(&text.replace("=500", "=422"), "rejected");
    let fail = "    outcome: {caller_errors: fail}\n";
    assert_eq!(judge_with(fail, &text.replace("=500", "=422")).blame(), "failed: caller_error at '(caller)' (high)");
}

#[test]
fn shape_10_grpc_codes_that_blame_the_caller() {
    for code in [
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "FAILED_PRECONDITION",
        "OUT_OF_RANGE",
        "ABORTED",
    ] {
        let text = format!(
            "
            shop server POST_/order 0-100 http.response.status_code=500 E
              shop client pay/Charge 10-90 peer.service=pay rpc.response.status_code={code} E
                pay server pay/Charge 20-80 rpc.response.status_code={code}"
        );
        check(&text, "failed: caller_error at 'shop POST /order' of shop (high)");
        check(&text.replace(code, "UNKNOWN"), "failed: app_error at 'pay pay/Charge' of pay (high)");
    }
}

#[test]
fn shape_11_out_of_capacity_is_the_callees() {
    let http = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client POST 10-90 peer.service=pay http.response.status_code=429 E
            pay server POST_/charge 20-80 http.response.status_code=429";
    check(http, "failed: saturation at 'pay POST /charge' of pay (high)");
    let grpc = http.replace("http.response.status_code=429", "rpc.grpc.status_code=8");
    check(&grpc, "failed: saturation at 'pay POST /charge' of pay (high)");
    let external = http.lines().filter(|line| !line.contains("pay server")).collect::<Vec<_>>().join("\n");
    check(&external, "failed: saturation at 'pay' (high)");
    check(
        "shop server POST_/order 0-100 http.response.status_code=429",
        "failed: saturation at 'shop POST /order' of shop (high)",
    );
    check(&http.replace("=429", "=428"), "failed: caller_error at 'shop POST /order' of shop (high)");
}

#[test]
fn shape_19_a_customer_who_left_is_not_failed() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=499
          shop client POST 10-90 peer.service=pay error.type=CancelledError E
            pay server POST_/charge 20-88 error.type=CancelledError E";
    assert_eq!((judge(text).blame(), judge(text).absorbed()), ("abandoned".into(), String::new()));
    check(&text.replace("http.response.status_code=499", "rpc.grpc.status_code=1"), "abandoned");
    // They left because of an error.
    let error = text.replace("pay error.type=CancelledError", "pay http.response.status_code=503");
    check(&error, "failed: unreachable at 'pay POST /charge' of pay (medium, server_finished_without_error)");
    // They were made to wait too long.
    check(
        &text.replace("http.response.status_code=499", "error.type=TaskCanceledTimeout"),
        "failed: app_error at 'shop POST /order' of shop (high)",
    );
    let slow = judge_with("    objectives: [{id: fast, target: 99%, under: 50ms}]\n", text);
    assert_eq!((slow.blame(), slow.slow()), ("abandoned".into(), "self_time at 'pay POST /charge' of pay".into()));
}
