//! The critical path (spec 2.5) in the default way, and who is charged.

use super::scene::{BUY, Scene};
use crate::judge::PathMode;

fn path(text: &str) -> String {
    let scene = Scene::with("");
    scene.path(&scene.one(text))
}

#[test]
fn path_children_that_touch_are_all_on_it_by_default_only() {
    let text = "a internal 0-30 entry\n  b internal 0-10\n  c internal 10-20\n  d internal 20-30";
    assert_eq!(path(text), "self 0-10 'b do' of b | self 10-20 'c do' of c | self 20-30 'd do' of d");
    let mut scene = Scene::new(BUY);
    scene.path = PathMode::Reference;
    assert_eq!(scene.path(&scene.one(text)), "self 0-10 'b do' of b | self 10-20 'a do' of a | self 20-30 'd do' of d");
}

#[test]
fn path_time_between_a_call_and_its_server_is_charged_to_the_callee() {
    let text = "shop server 0-100 entry\n  shop client 10-90 >cart\n    cart server 30-70";
    let expected = "self 0-10 'shop do' of shop | gap 10-30 'cart do' of cart | self 30-70 'cart do' of cart | gap 70-90 'cart do' of cart | self 90-100 'shop do' of shop";
    assert_eq!(path(text), expected);
}

#[test]
fn queue_is_a_gap_on_one_host_four_times_as_long_before_the_server_as_after() {
    let kind = |caller: &str, callee: &str, server: &str| {
        let told =
            path(&format!("shop server 0-100 entry\n  shop client 10-90 {caller} >cart\n    cart server {server} {callee}"));
        told.split(" | ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    };
    assert_eq!(kind("host=7", "host=7", "50-80"), "queue", "40 before, 10 after");
    assert_eq!(kind("host=7", "host=7", "49-80"), "gap", "39 before, 10 after");
    assert_eq!(kind("host=7", "host=8", "50-80"), "gap");
    assert_eq!(kind("", "", "50-80"), "gap");
    assert_eq!(kind("host=7", "host=7", "50-200"), "queue", "the server outlived its caller");
}

#[test]
fn path_what_runs_asynchronously_is_not_waited_for() {
    let text = "
        shop server 0-100 entry
          shop producer 10-90 to=kafka:orders #send
            worker consumer 20-80
        other consumer 30-40 link=send";
    assert_eq!(path(text), "self 0-10 'shop do' of shop | self 10-90 'kafka:orders' | self 90-100 'shop do' of shop");
}

#[test]
fn path_a_required_step_is_waited_for_and_its_wait_is_a_queue() {
    let scene = Scene::with("    hops: [{id: packing, match: {service: worker}, async: required}]\n");
    let text = "
        shop server 0-100 entry
          shop producer 10-20 to=kafka:orders
            worker consumer 150-300
              worker client 200-250 >db";
    let verdict = scene.one(text);
    let expected = "self 0-10 'shop do' of shop | self 10-20 'kafka:orders' | self 20-100 'shop do' of shop | queue 100-150 'packing' of worker | self 150-200 'packing' of worker | self 200-250 'db' | self 250-300 'packing' of worker";
    assert_eq!(scene.path(&verdict), expected);
    let packing = verdict.hops.iter().find(|one| scene.hop(one.hop) == "'packing' of worker").unwrap();
    assert_eq!((packing.critical_path_ns, packing.self_ns, packing.edge_gap_ns), (150, 100, 50));
}

#[test]
fn path_a_child_without_length_is_on_it_and_takes_nothing_from_it() {
    assert_eq!(path("a internal 0-30 entry\n  b internal 10-10"), "self 0-30 'a do' of a");
}

#[test]
fn path_times_that_make_no_sense_give_one_that_tiles() {
    let most = u64::MAX;
    assert_eq!(path("a internal 50-10 entry\n  b internal 0-90"), "");
    assert_eq!(
        path(&format!("a internal 0-{most} entry\n  b internal {most}-{most}\n  c internal 5-{most}")),
        format!("self 0-5 'a do' of a | self 5-{most} 'c do' of c")
    );
}
