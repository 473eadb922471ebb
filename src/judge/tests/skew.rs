//! Clock skew (2.6). The twelve cases are those that an open-source tool (Apache-2.0) is tested with, restated as numbers.

use super::scene::Scene;
use crate::judge::entries::Execution;
use crate::judge::skew::{Clocks, SkewLimit};
use crate::judge::tree::Forest;
use crate::judge::{Judge, PathMode};
use smallvec::smallvec;
use std::time::Duration;

fn limit(ns: u64) -> SkewLimit {
    SkewLimit::new(Duration::from_nanos(ns))
}

/// What it is, the largest move, spans as text, and their starts afterwards.
const CASES: [(&str, u64, &str, &[u64]); 12] = [
    ("single, bad parent", 0, "sa internal 0-100 host=1 parent=99", &[0]),
    ("empty host key", 0, "sa internal 0-100", &[0]),
    ("same host fits", 0, "sa internal 0-100 host=1\n sb internal 10-60 host=1", &[0, 10]),
    ("same host not adjusted", 0, "sa internal 10-110 host=1\n sb internal 0-50 host=1", &[10, 0]),
    ("fits", 0, "sa internal 10-110 host=1\n sb internal 20-70 host=2", &[10, 20]),
    ("longer than parent, not adjusted", 0, "sa internal 10-110 host=1\n sb internal 20-170 host=2", &[10, 20]),
    ("over max +35", 10, "sa internal 10-110 host=1\n sb internal 0-50 host=2", &[10, 0]),
    ("over max -45", 10, "sa internal 10-110 host=1\n sb internal 80-130 host=2", &[10, 80]),
    ("disabled (max 0)", 0, "sa internal 10-110 host=1\n sb internal 0-50 host=2", &[10, 0]),
    ("child before parent", 1000, "sa internal 10-110 host=1\n sb internal 0-50 host=2", &[10, 35]),
    ("child before parent and longer", 1000, "sa internal 10-110 host=1\n sb internal 0-150 host=2", &[10, 10]),
    (
        "child ends after, shorter; grandchild same host inherits",
        1000,
        "sa internal 10-110 host=1\n sb internal 50-120 host=2\n  sb internal 60-80 host=2",
        &[10, 25, 35],
    ),
];

/// Starts and lengths of the spans below the first line, in preorder.
fn adjusted(most: u64, text: &str) -> Vec<(u64, u64)> {
    let scene = Scene::with("");
    let told = scene.trace(text);
    let mut forest = Forest::default();
    forest.build(&told.trace(), &scene.context());
    let execution = Execution { capability: 0, thread: None, entry: 0, roots: smallvec![0], ignored: false };
    Clocks::default().adjust(&mut forest, &told.trace(), &execution, limit(most));
    forest.nodes.iter().map(|node| (node.start, node.end - node.start)).collect()
}

#[track_caller]
fn starts(most: u64, text: &str, expected: &[u64]) {
    let found: Vec<u64> = adjusted(most, text).iter().map(|(start, _)| *start).collect();
    assert_eq!(found, expected, "at most {most}\n{text}");
}

#[test]
fn skew_the_twelve_reference_cases() {
    for (name, most, text, expected) in CASES {
        let found = adjusted(most, text);
        assert_eq!(found.iter().map(|(start, _)| *start).collect::<Vec<_>>(), expected, "{name}");
        let lengths = Scene::with("").trace(text).spans.iter().map(|span| span.duration_ns()).collect::<Vec<_>>();
        assert_eq!(found.iter().map(|(_, length)| *length).collect::<Vec<_>>(), lengths, "{name}");
    }
}

#[test]
fn what_need_not_move_does_not_whatever_the_limit() {
    for (name, _, text, expected) in &CASES[..6] {
        let found: Vec<u64> = adjusted(u64::MAX, text).iter().map(|(start, _)| *start).collect();
        assert_eq!(&found, expected, "{name}");
    }
}

#[test]
fn the_limit_itself_is_allowed_and_one_more_is_not() {
    let text = "sa server 10-110 host=1\n sb server 0-50 host=2";
    starts(35, text, &[10, 35]);
    starts(34, text, &[10, 0]);
}

#[test]
fn a_third_host_is_measured_against_the_moved_parent() {
    // The second was moved by 35; the third agrees with the first.
    let text = "sa server 10-110 host=1\n sb server 0-50 host=2\n  sc server 40-50 host=3";
    starts(1000, text, &[10, 35, 40]);
    // It agrees with the second as it came.
    let text = "sa server 10-110 host=1\n sb server 0-50 host=2\n  sc server 10-20 host=3";
    starts(1000, text, &[10, 35, 55]);
}

#[test]
fn what_is_too_far_off_leaves_its_children_where_they_are() {
    let text = "sa server 10-110 host=1\n sb server 500-550 host=2\n  sb internal 510-520 host=2\n  sc server 520-530 host=3";
    starts(100, text, &[10, 500, 510, 520]);
}

#[test]
fn without_hosts_services_tell_clocks_apart() {
    starts(1000, "sa server 10-110\n sb server 0-50\n  sb internal 60-70", &[10, 35, 95]);
    starts(1000, "sa server 10-110\n sa internal 0-50", &[10, 0]);
    // One host of two is not known: the service decides too.
    starts(1000, "sa server 10-110 host=1\n sa internal 0-50", &[10, 0]);
    starts(1000, "sa server 10-110 host=1\n sb server 0-50", &[10, 35]);
    // Two services on one host have one clock.
    starts(1000, "sa server 10-110 host=1\n sb server 0-50 host=1", &[10, 0]);
}

#[test]
fn nothing_is_adjusted_under_a_call_that_was_given_up() {
    let under = |words: &str| {
        format!(
            "sa server 0-100 host=1\n sa client 10-50 host=1 {words}\n  sb server 20-55 host=2\n   sb client 21-54 host=2\n    sc server 0-5 host=3"
        )
    };
    for words in ["E type=timeout", "grpc=4", "http=504", "grpc=1", "http=499", "E type=cancelled"] {
        starts(1000, &under(words), &[0, 10, 20, 21, 0]);
    }
    // The call only failed, or went well: one start moves both of its server and of what is below it.
    for words in ["E", "http=503", ""] {
        starts(1000, &under(words), &[0, 10, 12, 13, 27]);
    }
    // A call that was given up moves along with its own host.
    let text = "sa server 0-100 host=1\n sb server 200-250 host=2\n  sb client 210-240 host=2 grpc=4\n   sc server 0-90 host=3";
    starts(1000, text, &[0, 25, 35, 0]);
}

#[test]
fn what_nobody_waits_for_and_what_hangs_by_a_guess_is_left_alone() {
    starts(1000, "sa server 0-100 host=1\n sa producer 10-20 host=1\n  sb consumer 300-310 host=2", &[0, 10, 300]);
    starts(1000, "sa server 0-100 host=1 #a\nsb consumer 300-310 host=2 link=a", &[0, 300]);
    starts(1000, "sa server 0-100 host=1\n sa client 10-50 host=1 >sb\nsb server 200-210 host=2 parent=1", &[0, 10, 200]);
}

const SKEWED: &str = "
    shop server 0-100 entry host=1
      shop client 10-90 host=1 >cart
        cart server 1000-1060 host=2 name=get";

#[test]
fn it_is_off_unless_it_is_asked_for() {
    let mut scene = Scene::with("");
    let off = scene.one(SKEWED);
    assert_eq!(scene.path(&off), "self 0-10 'shop do' of shop | gap 10-90 'cart get' of cart | self 90-100 'shop do' of shop");
    scene.skew = Some(limit(1000));
    let on = scene.one(SKEWED);
    assert_eq!(
        scene.path(&on),
        "self 0-10 'shop do' of shop | gap 10-20 'cart get' of cart | self 20-80 'cart get' of cart | gap 80-90 'cart get' of cart | self 90-100 'shop do' of shop"
    );
    assert_eq!((off.start_ns, off.end_ns, off.duration_ns), (on.start_ns, on.end_ns, on.duration_ns));
}

#[test]
fn spans_that_were_moved_are_counted_trace_by_trace() {
    let mut scene = Scene::with("");
    scene.skew = Some(limit(1000));
    let (skewed, right) = (scene.trace(SKEWED), scene.trace("shop server 0-100 entry"));
    let mut judge = Judge::default();
    for (told, moved) in [(&skewed, 1), (&right, 0), (&skewed, 1)] {
        judge.judge(&told.trace(), &scene.context(), &mut |_| ());
        assert_eq!(judge.adjusted_spans(), moved);
    }
    scene.skew = None;
    judge.judge(&skewed.trace(), &scene.context(), &mut |_| ());
    assert_eq!(judge.adjusted_spans(), 0);
}

/// The entry of `pay` is also an answer in `buy`: moved there, the reference here.
#[test]
fn each_execution_goes_by_the_clock_of_its_own_entry() {
    let map =
        "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n  - {id: buy, title: Buy}\n  - {id: pay, title: Pay}\n";
    let mut scene = Scene::new(map);
    (scene.skew, scene.path) = (Some(limit(10_000)), PathMode::Default);
    let (verdicts, _) = scene.judge(
        "shop server 0-100 entry host=1
           pay server 1000-1060 entry=pay host=2 name=charge
             bank server 15-35 host=3 name=debit",
    );
    let times: Vec<_> = verdicts.iter().map(|one| (one.start_ns, one.end_ns, scene.path(one))).collect();
    let outer = "self 0-20 'shop do' of shop | self 20-40 'pay charge' of pay | self 40-60 'bank debit' of bank | self 60-80 'pay charge' of pay | self 80-100 'shop do' of shop";
    let inner = "self 1000-1020 'pay charge' of pay | self 1020-1040 'bank debit' of bank | self 1040-1060 'pay charge' of pay";
    assert_eq!(times, [(0, 100, outer.into()), (1000, 1060, inner.into())]);
}

/// Its tree is partly that of another execution, which is judged first.
#[test]
fn an_execution_without_entry_keeps_its_times() {
    let map = "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n  - {id: buy, title: Buy, hops: [{id: till, match: {service: till}}]}\n  - {id: pay, title: Pay}\n";
    let text = "till server 0-2000 host=1 parent=5\n  pay server 1000-1060 entry=pay host=2\n    bank server 3000-3020 host=3";
    let mut scene = Scene::new(map);
    let told = |scene: &Scene| {
        let (verdicts, _) = scene.judge(text);
        verdicts.iter().map(|one| (one.entry_span_id.0, one.start_ns, one.end_ns, one.duration_ns)).collect::<Vec<_>>()
    };
    let off = told(&scene);
    assert_eq!(off, [(2, 1000, 1060, 60), (0, 0, 3020, 3020)]);
    scene.skew = Some(limit(10_000));
    assert_eq!(told(&scene), off);
}
