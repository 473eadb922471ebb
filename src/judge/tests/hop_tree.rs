//! Who called whom, as the tree of an execution tells it.

use super::scene::Scene;
use crate::model::{TreeHop, Verdict};

/// One hop a line, below its caller: `'cart get' of cart x3 error 2/1 longest 40` and marks; `2/1` are errors and retries.
fn tree(scene: &Scene, verdict: &Verdict) -> Vec<String> {
    let above = |one: &TreeHop| verdict.tree.get(one.caller as usize);
    let depth = |one: &TreeHop| std::iter::successors(above(one), |one| above(one)).count();
    let one = |one: &TreeHop| {
        let (hop, ending) = (scene.hop(one.hop), one.ending.as_str());
        let mut text = format!("{}{hop} x{} {ending} {}/{}", ". ".repeat(depth(one)), one.calls, one.errors, one.retries);
        text += &format!(" longest {}", one.longest_ns);
        let marks = [(one.asynchronous, " async"), (one.blamed, " BLAMED"), (one.further, " further")];
        marks.iter().filter(|(set, _)| *set).for_each(|(_, mark)| text += mark);
        if one.more > 0 {
            text += &format!(" and {} more", one.more);
        }
        text
    };
    verdict.tree.iter().map(one).collect()
}

fn told(more: &str, text: &str) -> Vec<String> {
    let scene = Scene::with(more);
    let verdict = scene.one(text);
    tree(&scene, &verdict)
}

#[test]
fn attempts_are_one_line_and_what_they_led_to_another() {
    let text = "
        shop server 0-100 E entry name=buy
          shop internal 1-99 name=work
            shop client 10-30 E http=503 >cart
              cart server 12-28 E name=get
            shop client 40-60 E http=503 >cart
              cart server 42-58 E name=get
                cart client 44-50 E >db
          shop producer 70-72 to=kafka:orders
            mail consumer 200-300 E name=send";
    let expected = [
        "'shop buy' of shop x1 error 1/0 longest 100",
        ". 'cart get' of cart x2 error 2/1 longest 16",
        ". . 'db' x1 error 1/0 longest 6 BLAMED",
        ". 'kafka:orders' x1 ok 0/0 longest 2",
        ". . 'mail send' of mail x1 error 1/0 longest 100 async",
    ];
    assert_eq!(told("", text), expected);
}

#[test]
fn what_the_calling_side_says_counts_as_the_end_of_a_call() {
    let text = "
        shop server 0-110 E entry http=500
          shop client 10-100 E type=timeout >cart
            cart server 20-300 name=get
          shop client 101-102 http=404 >stock
          shop client 103-104 http=499 >ads";
    let expected = [
        "'shop do' of shop x1 error 1/0 longest 110",
        ". 'cart get' of cart x1 error 1/0 longest 280 BLAMED",
        ". 'stock' x1 refused 0/0 longest 1",
        ". 'ads' x1 cancelled 0/0 longest 1",
    ];
    assert_eq!(told("", text), expected);
    assert_eq!(told("", "shop server 0-100 entry http=404"), ["'shop do' of shop x1 refused 0/0 longest 100"]);
}

#[test]
fn a_hop_in_two_places_is_to_blame_where_it_failed() {
    let text = "
        shop server 0-100 E entry
          shop client 1-9 >order
            order server 2-8
              order client 3-4 >cart
          shop client 10-90 E >cart http=503";
    let expected = [
        "'shop do' of shop x1 error 1/0 longest 100",
        ". 'order do' of order x1 ok 0/0 longest 6",
        ". . 'cart' x1 ok 0/0 longest 1",
        ". 'cart' x1 error 1/0 longest 80 BLAMED",
    ];
    assert_eq!(told("", text), expected);
}

#[test]
fn a_step_that_is_missing_has_its_line_below_who_should_have_called_it() {
    let hops = "    hops:
      - {id: mail, expect: always, match: {service: mail}, called_by: [order]}
      - {id: order, match: {service: order}}\n";
    let expected =
        ["'shop do' of shop x1 ok 0/0 longest 100", ". 'order' x1 ok 0/0 longest 70 BLAMED", ". . 'mail' x0 ok 0/0 longest 0"];
    assert_eq!(told(hops, "shop server 0-100 entry\n  shop client 10-90 >order\n    order server 15-85"), expected);
}

#[test]
fn a_call_at_the_top_is_told_by_who_calls() {
    let text = "shop client 0-100 entry E http=500 >cart\n  cart server 10-90 E http=500";
    let expected = ["'shop call' of shop x1 error 1/0 longest 100", ". 'cart do' of cart x1 error 1/0 longest 80 BLAMED"];
    assert_eq!(told("", text), expected);
}

#[test]
fn a_caller_of_the_customer_has_no_line() {
    let lines = told("    outcome: {caller_errors: fail}\n", "shop server 0-100 entry http=404");
    assert_eq!(lines, ["'shop do' of shop x1 refused 0/0 longest 100"]);
}

#[test]
fn what_is_too_wide_or_too_deep_is_counted_and_the_culprit_has_a_line() {
    let wide: String =
        (1..=99).map(|n| format!("\n  shop client {n}-{} {} >peer{n}", n + 1, if n == 60 { "E" } else { "" })).collect();
    let lines = told("", &format!("shop server 0-100 entry E{wide}"));
    assert_eq!(lines.len(), 1 + 12 + 1);
    assert_eq!(lines[0], "'shop do' of shop x1 error 1/0 longest 100 and 87 more");
    assert_eq!(lines[13], ". 'peer60' x1 error 1/0 longest 1 BLAMED further");
    let deep: String = (1..=99).map(|n| format!("\n{}s{n} server {n}-{} E", " ".repeat(n), 300 - n)).collect();
    let lines = told("", &format!("s0 server 0-300 entry E{deep}"));
    assert_eq!(lines.len(), 64 + 1);
    assert!(lines[63].ends_with("'s63 do' of s63 x1 error 1/0 longest 174 and 36 more"), "{}", lines[63]);
    assert!(lines[64].ends_with("'s99 do' of s99 x1 error 1/0 longest 102 BLAMED further"), "{}", lines[64]);
}

#[test]
fn without_an_entry_the_tree_begins_with_what_there_is() {
    let hops = "    hops: [{id: cart, match: {service: cart}}]\n";
    let expected = ["'cart' x1 ok 0/0 longest 60", ". 'db' x1 ok 0/0 longest 20"];
    assert_eq!(told(hops, "cart server 20-80 parent=99\n  cart client 30-50 >db"), expected);
}
