//! By which calls a failure comes back to the customer, and what made it slow.

use super::scene::Scene;
use crate::model::{CallerUse, Verdict};

/// Calls that are marked, sorted: `shop GET > cart get`.
fn marked(scene: &Scene, verdict: &Verdict, is: fn(&CallerUse) -> bool) -> String {
    let name = |id| scene.names.text(scene.hops.get(id).hop);
    let calls = verdict.hops.iter().flat_map(|usage| usage.callers.iter().map(move |caller| (caller, usage.hop)));
    let marked = calls.filter(|(caller, _)| is(caller));
    let mut told: Vec<String> = marked.map(|(caller, callee)| format!("{} > {}", name(caller.hop), name(callee))).collect();
    told.sort();
    told.join(", ")
}

fn failed(map: &str, text: &str) -> String {
    let scene = Scene::with(map);
    let verdict = scene.one(text);
    format!("{}: {}", scene.say(&verdict), marked(&scene, &verdict, |caller| caller.failed))
}

const TEXT: &str = "
    shop server 0-100 E entry name=GET
      shop client 5-20 >cart
        cart server 6-19 name=get
          cart client 7-18 >db
            db server 8-17 name=read
      shop client 30-60 E >stock
        stock server 31-59 E name=take
          stock client 32-58 E >db
            db server 33-57 E name=read";

#[test]
fn a_failure_is_marked_on_the_calls_that_lead_to_the_culprit_and_on_no_other() {
    let expected = "failed: app_error at 'db read' of db (high, B5): shop GET > stock take, stock take > db read";
    assert_eq!(failed("", TEXT), expected);
    // The database says nothing: the call to it is the way.
    let unseen: Vec<&str> = TEXT.lines().filter(|line| !line.contains("33-57")).collect();
    let told = failed("", &unseen.join("\n"));
    assert!(told.ends_with("shop GET > stock take, stock take > db"), "{told}");
}

#[test]
fn where_the_entry_itself_is_to_blame_nothing_is_marked() {
    assert_eq!(
        failed("", "shop server 0-100 E entry name=GET\n  shop client 5-20 >cart"),
        "failed: app_error at 'shop GET' of shop (high, B5): "
    );
}

#[test]
fn a_step_that_is_missing_fails_by_the_way_to_whoever_should_have_called_it() {
    let map = "    hops: [{id: mail, match: {service: mail}, expect: always, called_by: [cart]}]\n";
    let text = "shop server 0-100 entry name=GET\n  shop client 5-20 >cart\n    cart server 6-19 name=get";
    let told = failed(map, text);
    assert!(told.contains("missing_step at 'cart get'") && told.ends_with("shop GET > cart get"), "{told}");
}

#[test]
fn a_circle_is_marked_once_on_each_of_its_calls() {
    let text = "
    shop server 0-100 E entry name=GET
      shop client 5-95 E >cart
        cart server 6-94 E name=get
          cart client 7-93 E >shop
            shop server 8-92 E name=GET
              shop client 9-91 E >cart
                cart server 10-90 E name=get";
    let told = failed("", text);
    assert!(told.ends_with("'cart get' of cart (high, B5): cart get > shop GET, shop GET > cart get"), "{told}");
}

#[test]
fn calls_that_nobody_waits_for_are_told_apart() {
    let scene = Scene::with("");
    let text = "
    shop server 0-100 entry name=GET
      shop producer 10-20 to=kafka:orders
      shop producer 30-40 >mail
        mail consumer 50-60 name=send
      shop client 70-80 >cart
        cart server 71-79 name=get";
    let verdict = scene.one(text);
    assert_eq!(
        marked(&scene, &verdict, |caller| caller.asynchronous > 0),
        "shop GET > kafka:orders, shop GET > mail, shop GET > mail send"
    );
    assert_eq!(marked(&scene, &verdict, |caller| caller.failed || caller.slow), "");
}

#[test]
fn what_made_it_slow_is_marked_up_to_the_customer() {
    let scene = Scene::with("    objectives: [{id: fast, target: 99%, under: 0.001ms}]\n");
    let slow = |text: &str| {
        let verdict = scene.one(text);
        let hop = scene.hop(verdict.slow_blame.unwrap().hop);
        format!("{hop}: {}", marked(&scene, &verdict, |caller| caller.slow))
    };
    let text = "
    shop server 0-3000 entry name=GET
      shop client 100-200 >cart
        cart server 110-190 name=get
      shop client 300-2900 >stock
        stock server 310-2890 name=take
          stock client 320-2880 >db
            db server 330-2870 name=read";
    assert_eq!(slow(text), "'db read' of db: shop GET > stock take, stock take > db read");
    // On the way to it, where nobody worked.
    assert_eq!(slow(&text.replace("330-2870", "2860-2870")), "'db read' of db: shop GET > stock take, stock take > db read");
    assert_eq!(
        slow(
            &text
                .replace("300-2900", "2600-2900")
                .replace("310-2890", "2610-2890")
                .replace("320-2880", "2620-2880")
                .replace("330-2870", "2630-2870")
        ),
        "'shop GET' of shop: "
    );
}
