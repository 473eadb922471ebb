//! Shapes 24 and 25: nothing is in error, and still the customer did not get what they came for.

use super::bench::judge_with;

const DECLINED: &str = "    outcome: {failed_when: [{attributes: {order.status: DECLINED}}]}\n";

#[test]
fn shape_24_a_business_attribute_says_that_it_failed() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=200 order.status=DECLINED
          shop client POST 10-90 peer.service=pay http.response.status_code=200
            pay server POST_/charge 20-80 http.response.status_code=200 order.status=DECLINED
          shop client GET 12-50 peer.service=log
            log server GET_/log 14-48
              log internal write 20-40 order.status=DECLINED";
    assert_eq!(judge_with(DECLINED, text).blame(), "failed: business_failure at 'pay POST /charge' of pay (high)");
    assert_eq!(judge_with("", text).blame(), "ok");
    assert_eq!(judge_with(DECLINED, &text.replace("=DECLINED", "=PLACED")).blame(), "ok");
    let errored = text.replace("=200 order", "=200 E order").replacen("=200 E", "=500 E", 1);
    assert_eq!(judge_with(DECLINED, &errored).blame(), "failed: app_error at 'shop POST /order' of shop (high)", "B1");
}

const MAIL: &str = "    hops:
      - {id: confirmation, match: {service: mail}, expect: always, called_by: [checkout]}
      - {id: checkout, match: {service: checkout}}\n";

#[test]
fn shape_25_a_step_that_must_be_there_is_not() {
    let text = "
        shop server POST_/order 0-100
          shop client checkout/Place 10-90 peer.service=checkout
            checkout server checkout/Place 20-80
              checkout client stock/Get 30-40 peer.service=stock
                stock server stock/Get 31-39
              checkout client mail/Send 50-70 peer.service=mail
                mail server mail/Send 52-68";
    assert_eq!(judge_with(MAIL, text).blame(), "ok");
    let early = text.lines().filter(|line| !line.contains("mail")).collect::<Vec<_>>().join("\n");
    assert_eq!(judge_with(MAIL, &early).blame(), "failed: missing_step at 'checkout' (medium)");
    assert_eq!(judge_with(&MAIL.replace("always", "usually"), &early).blame(), "ok");
    let unknown_caller = MAIL.replace(", called_by: [checkout]", "");
    assert_eq!(judge_with(&unknown_caller, &early).blame(), "failed: missing_step at 'stock stock/Get' of stock (medium)");
    // Its server's span is lost, but it was called.
    let called = text.lines().filter(|line| !line.contains("mail server")).collect::<Vec<_>>().join("\n");
    assert_eq!(judge_with(MAIL, &called).blame(), "ok");
}
