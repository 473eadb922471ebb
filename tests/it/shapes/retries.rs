//! Shapes 12 and 13: attempts.

use super::bench::judge;

const MASKED: &str = "
    shop server POST_/order 0-100 http.response.status_code=200
      cart server GET_/cart 5-95
        cart client GET 10-30 peer.service=stock url.full=http://stock/items?a=1 http.response.status_code=503 E
          stock server GET_/items 12-28 http.response.status_code=503 E
        cart client GET 40-60 peer.service=stock url.full=http://stock/items?a=2 http.request.resend_count=1
          stock server GET_/items 42-58";

#[test]
fn shape_12_a_retry_that_worked_masks_the_error() {
    let said = judge(MASKED);
    assert_eq!((said.blame(), said.absorbed()), ("ok".into(), "masked_retry at 'stock GET /items' of stock".into()));
    let retries: u32 = said.verdict.hops.iter().map(|one| one.retries).sum();
    assert_eq!(retries, 1);
    // Something else was asked for.
    let other = judge(&MASKED.replace("items?a=2", "other?a=2"));
    assert_eq!(other.absorbed(), "suppressed at 'stock GET /items' of stock");
    // At the same time, and nobody says that it is a retry.
    let hedge = judge(&MASKED.replace("40-60", "20-60").replace(" http.request.resend_count=1", ""));
    assert_eq!(hedge.absorbed(), "suppressed at 'stock GET /items' of stock");
    let declared = judge(&MASKED.replace("40-60", "20-60"));
    assert_eq!(declared.absorbed(), "masked_retry at 'stock GET /items' of stock");
}

#[test]
fn shape_13_attempts_that_all_fail_count_once() {
    let text = "
        shop server POST_/order 0-100 http.response.status_code=500 E
          shop client GET 10-20 peer.service=stock url.full=http://stock/items error.type=ECONNREFUSED E
          shop client GET 30-40 peer.service=stock url.full=http://stock/items error.type=ECONNREFUSED E
          shop client GET 50-60 peer.service=stock url.full=http://stock/items http.response.status_code=503 E";
    let said = judge(text);
    assert_eq!((said.blame(), said.absorbed()), ("failed: dependency_error at 'stock' (high)".into(), String::new()));
    assert_eq!(said.suspects(), "'stock', 'shop POST /order' of shop");
    let worked = judge(&text.replace("=503 E", "=200"));
    assert_eq!(worked.blame(), "failed: app_error at 'shop POST /order' of shop (high)");
    assert_eq!(worked.absorbed(), "masked_retry at 'stock', masked_retry at 'stock'");
}
