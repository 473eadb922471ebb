//! Shapes 27 and 28: slow without an error.

use super::bench::judge_with;

const LIMIT: &str = "    objectives: [{id: fast, target: 99%, under: 500ms}]\n";

const GAP: &str = "
    shop server POST_/order 0-1000 host=h1
      shop client GET 10-990 peer.service=cart host=h1
        cart server GET_/cart 400-500 host=h2";

#[test]
fn shape_27_time_between_a_call_and_its_server_is_charged_to_the_callee() {
    let said = judge_with(LIMIT, GAP);
    assert_eq!((said.blame(), said.slow()), ("ok".into(), "edge_gap at 'cart GET /cart' of cart".into()));
    let worked = GAP.replace("400-500", "20-980");
    assert_eq!(judge_with(LIMIT, &worked).slow(), "self_time at 'cart GET /cart' of cart");
    assert_eq!(judge_with(&LIMIT.replace("500ms", "1s"), GAP).slow(), "not slow");
}

#[test]
fn shape_28_a_callee_on_the_same_host_that_began_late_let_it_queue() {
    let queue = GAP.replace("400-500", "800-900").replace("h2", "h1");
    assert_eq!(judge_with(LIMIT, &queue).slow(), "queue at 'cart GET /cart' of cart");
    // Another host has another clock.
    assert_eq!(
        judge_with(LIMIT, &queue.replace("800-900 host=h1", "800-900 host=h2")).slow(),
        "edge_gap at 'cart GET /cart' of cart"
    );
    // Four times as long before as after is enough: 770 and 190 ms; 690 and 290 ms are not.
    assert_eq!(judge_with(LIMIT, &queue.replace("800-900", "780-800")).slow(), "queue at 'cart GET /cart' of cart");
    assert_eq!(judge_with(LIMIT, &queue.replace("800-900", "700-800")).slow(), "edge_gap at 'cart GET /cart' of cart");
}
