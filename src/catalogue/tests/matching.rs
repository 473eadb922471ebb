//! What matchers mean, and what follows from them.

use super::*;

fn text(value: &str) -> Value<'_> {
    Value::Text(value.as_bytes())
}

/// Whether a value of the map, written under one attribute, holds for an attribute's value.
fn meets(written: &str, value: Value<'_>) -> bool {
    holds(&format!("{{attributes: {{k: {written}}}}}"), &Seen::of("s").with("k", value))
}

#[test]
fn a_star_is_any_text_with_slashes_dots_line_ends_and_none() {
    for name in ["/users/1", "/users/", "/users/a/b.c", "/users/a\nb"] {
        assert!(meets("'/users/*'", text(name)), "{name}");
    }
    assert!(!meets("'/users/*'", text("/user")));
    assert!(meets("'*.acme.example'", text(".acme.example")));
    assert!(meets("'a*b*c'", text("a-b-b-c")));
    assert!(!meets("'a*b*c'", text("a-b-b-c-")));
    assert!(meets("'a**c'", text("abc")));
}

#[test]
fn a_question_mark_is_one_character() {
    assert!(meets("'v?'", text("v2")));
    assert!(meets("'v?'", text("vé")));
    assert!(!meets("'v?'", text("v")));
    assert!(!meets("'v?'", text("v12")));
    assert!(meets("'?*'", text("x")));
    assert!(!meets("'?*'", text("")));
}

#[test]
fn all_else_is_itself_and_the_whole_value_counts() {
    assert!(meets("'/users/{id}'", text("/users/{id}")));
    assert!(!meets("'/users/{id}'", text("/users/id")));
    assert!(meets("'[a-z]\\d+(x|y).'", text("[a-z]\\d+(x|y).")));
    assert!(meets("'{a,b}*'", text("{a,b}c")));
    assert!(!meets("cart", text("cart ")));
    assert!(!meets("cart", text("Cart")));
    assert!(!meets("'C*'", text("cart")));
    assert!(meets("''", text("")));
}

#[test]
fn a_list_means_any_of() {
    let list = "[error, 'time*', {regex: '^x.$'}, {gt: 500}]";
    for good in ["error", "timeout", "xy", "501"] {
        assert!(meets(list, text(good)), "{good}");
    }
    assert!(!meets(list, text("ok")));
    assert!(holds("{service: [a, b]}", &Seen::of("b")));
    assert!(!holds("{service: [a, b]}", &Seen::of("c")));
}

#[test]
fn a_regular_expression_is_searched() {
    assert!(meets("{regex: 'rro'}", text("error")));
    assert!(!meets("{regex: '^rro'}", text("error")));
    assert!(meets("{regex: '^5\\d\\d$'}", Value::Int(503)));
    assert!(!meets("{regex: '.*'}", Value::Other));
}

#[test]
fn existence_is_asked_of_what_is_there_in_any_form() {
    let absent = Seen::of("s");
    for value in [text(""), Value::Int(0), Value::Double(f64::NAN), Value::Bool(false), Value::Other, Value::Empty] {
        assert!(meets("{exists: true}", value), "{value:?}");
        assert!(meets("'*'", value), "{value:?}");
        assert!(!meets("{exists: false}", value), "{value:?}");
    }
    assert!(holds("{attributes: {k: {exists: false}}}", &absent));
    assert!(!holds("{attributes: {k: {exists: true}}}", &absent));
    assert!(!holds("{attributes: {k: '*'}}", &absent));
    assert!(holds("{attributes: {k: [{exists: false}, a]}}", &absent));
}

#[test]
fn numbers_and_truth_values_compare_by_their_text() {
    assert!(meets("200", Value::Int(200)));
    assert!(meets("'200'", Value::Int(200)));
    assert!(meets("200", text("200")));
    assert!(meets("'2??'", Value::Int(200)));
    assert!(!meets("200.0", Value::Int(200)));
    assert!(meets("1.5", Value::Double(1.5)));
    assert!(meets("5", Value::Double(5.0)));
    assert!(meets("5.0", Value::Double(5.0)));
    assert!(!meets("5", Value::Double(5.5)));
    assert!(meets("-3", Value::Int(-3)));
    assert!(meets("true", Value::Bool(true)));
    assert!(meets("True", Value::Bool(true)));
    assert!(meets("true", text("true")));
    assert!(!meets("'True'", Value::Bool(true)));
    assert!(!meets("true", Value::Bool(false)));
}

#[test]
fn ranges_hold_for_numbers_and_text_that_is_a_number_without_their_ends() {
    for value in [Value::Int(500), Value::Double(500.5), text("501"), text(" 5.2e2 ")] {
        assert!(meets("{gt: 499, lt: 600}", value), "{value:?}");
    }
    for value in
        [Value::Int(499), Value::Int(600), text("many"), text(""), text("inf"), Value::Double(f64::NAN), Value::Bool(true)]
    {
        assert!(!meets("{gt: 499, lt: 600}", value), "{value:?}");
    }
    assert!(meets("{gt: -1.5}", Value::Int(-1)));
    assert!(meets("{lt: 0}", Value::Double(-0.5)));
    assert!(!meets("{lt: 0}", Value::Other));
}

#[test]
fn bytes_that_are_no_text_are_replaced_as_in_names() {
    assert!(meets("'a?'", Value::Text(&[b'a', 0xff])));
    assert!(!meets("a", Value::Text(&[b'a', 0xff])));
}

#[test]
fn all_keys_of_a_matcher_must_hold() {
    let matcher =
        "{service: web, namespace: shop, name: 'GET *', attributes.a: 1, resource.host: 'h*', kind: [server, consumer]}";
    let mut seen = Seen::of("web").name("GET /").with("a", Value::Int(1)).resource("host", "h1");
    seen.namespace = Some("shop");
    assert!(holds(matcher, &seen));
    let mut other = seen.clone();
    other.namespace = None;
    assert!(!holds(matcher, &other));
    assert!(!holds(matcher, &seen.clone().name("POST /")));
    let mut other = seen.clone();
    other.resource.clear();
    assert!(!holds(matcher, &other));
    let map = read(&capability(&format!("threads: [{{id: web, entry: {matcher}}}]")));
    assert_eq!(seen.tags(&map, Kind::Consumer).entries.len(), 1);
    assert_eq!(seen.tags(&map, Kind::Internal).entries.len(), 0);
}

#[test]
fn both_ways_to_write_attributes_are_the_same() {
    let seen = Seen::of("s").text("http.route", "/a").resource("host.name", "h");
    for matcher in
        ["{attributes.http.route: /a}", "{attributes: {http.route: /a}}", "{resource.host.name: h}", "{resource: {host.name: h}}"]
    {
        assert!(holds(matcher, &seen), "{matcher}");
        assert!(!holds(matcher, &Seen::of("s")), "{matcher}");
    }
    assert!(!holds("{resource.http.route: /a}", &seen));
}

#[test]
fn an_absent_namespace_does_not_exist_and_an_absent_service_is_called_unknown() {
    let seen = Seen::of("unknown_service");
    assert!(holds("{namespace: {exists: false}}", &seen));
    assert!(!holds("{namespace: '*'}", &seen));
    assert!(holds("{service: unknown_service}", &seen));
}

#[test]
fn e1_the_first_thread_in_map_order_names_an_entry() {
    let map =
        read(&capability("threads:\n- {id: one, entry: {attributes.a: [x, y]}}\n- {id: two, entry: {attributes.a: [y, z]}}"));
    for (value, thread) in [("x", 0), ("y", 0), ("z", 1)] {
        assert_eq!(*Seen::of("s").text("a", value).tags(&map, Kind::Server).entries, [(0, Some(thread))]);
    }
}

#[test]
fn e1_an_entry_may_be_any_of_a_list_of_matchers() {
    let map = read(&capability("threads: [{id: web, entry: [{service: a}, {service: b, kind: server}]}]"));
    assert_eq!(Seen::of("a").tags(&map, Kind::Client).entries.len(), 1);
    assert_eq!(Seen::of("b").tags(&map, Kind::Server).entries.len(), 1);
    assert_eq!(Seen::of("b").tags(&map, Kind::Client).entries.len(), 0);
}

#[test]
fn e1_a_span_is_an_entry_of_several_capabilities_once_each() {
    let map = read(
        "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n\
         - {id: a, threads: [{id: t, entry: {service: s}}]}\n\
         - {id: b, threads: [{id: t, entry: {name: n}}, {id: u, entry: {service: 's*'}}]}\n\
         - {id: c, threads: [{id: t, entry: {service: other}}]}\n",
    );
    assert_eq!(*Seen::of("s").name("n").tags(&map, Kind::Server).entries, [(0, Some(0)), (1, Some(0))]);
    assert_eq!(*Seen::of("s").tags(&map, Kind::Server).entries, [(0, Some(0)), (1, Some(1))]);
}

#[test]
fn e1_a_span_that_names_a_capability_is_its_entry() {
    let map = read(&capability("threads: [{id: web, entry: {service: web}}, {id: app, entry: {service: app}}]"));
    let entries = |service: &'static str, claimed| {
        map.tags_of(Kind::Server, &Seen::of(service).facts(&map), Some(claimed)).entries.into_vec()
    };
    assert_eq!(entries("x", ("shop", None)), [(0, None)]);
    assert_eq!(entries("x", ("shop", Some("app"))), [(0, Some(1))]);
    assert_eq!(entries("x", ("shop", Some("none"))), [(0, None)]);
    assert_eq!(entries("web", ("shop", None)), [(0, Some(0))]);
    assert_eq!(entries("web", ("shop", Some("none"))), [(0, Some(0))]);
    assert_eq!(entries("web", ("shop", Some("app"))), [(0, Some(1))]);
    assert_eq!(entries("x", ("unknown", None)), []);
    assert_eq!(entries("web", ("unknown", None)), [(0, Some(0))]);
}

#[test]
fn outcome_2_rules_hold_for_any_kind_and_any_of_their_matchers() {
    let map =
        read(&capability("outcome:\n  failed_when: [{attributes.a: 1}, {peer: bank}]\n  ignored_when: {attributes.robot: true}"));
    for kind in [Kind::Server, Kind::Client, Kind::Internal, Kind::Producer, Kind::Consumer] {
        assert_eq!(*Seen::of("s").text("a", "1").tags(&map, kind).failed, [0]);
        assert_eq!(*Seen::of("s").peer("bank").tags(&map, kind).failed, [0]);
        assert_eq!(*Seen::of("s").with("robot", Value::Bool(true)).tags(&map, kind).ignored, [0]);
    }
    assert!(Seen::of("s").tags(&map, Kind::Server).failed.is_empty());
}

#[test]
fn h1_tries_a_matcher_without_peer_on_the_side_that_works() {
    let map = read(&capability("hops: [{id: pay, match: {service: pay}}]"));
    for kind in [Kind::Server, Kind::Consumer, Kind::Internal] {
        assert_eq!(Seen::of("pay").hop(&map, kind).as_deref(), Some("pay"));
    }
    for kind in [Kind::Client, Kind::Producer] {
        assert_eq!(Seen::of("pay").hop(&map, kind), None);
    }
}

#[test]
fn h1_tries_a_matcher_with_peer_on_the_side_that_asks_and_any_name_will_do() {
    let map = read(&capability("hops: [{id: bank, match: {peer: '*.bank.example'}}]"));
    let seen = Seen::of("pay").peer("10.0.0.1").peer("api.bank.example");
    for kind in [Kind::Client, Kind::Producer] {
        assert_eq!(seen.hop(&map, kind).as_deref(), Some("bank"));
    }
    for kind in [Kind::Server, Kind::Consumer, Kind::Internal] {
        assert_eq!(seen.hop(&map, kind), None);
    }
    assert_eq!(seen.clone().peer("api.bank.example").hop(&map, Kind::Client).as_deref(), Some("bank"));
    assert_eq!(Seen::of("pay").peer("10.0.0.1").hop(&map, Kind::Client), None);
    assert_eq!(Seen::of("pay").hop(&map, Kind::Client), None);
}

#[test]
fn h1_tries_a_matcher_with_kind_on_that_kind() {
    let map = read(&capability(
        "hops:\n- {id: send, match: {service: pay, kind: producer}}\n- {id: both, match: {service: pay, kind: [client, server]}}\n\
         - {id: rest, match: {service: pay}}",
    ));
    let hop = |kind| Seen::of("pay").hop(&map, kind);
    assert_eq!(hop(Kind::Producer).as_deref(), Some("send"));
    assert_eq!(hop(Kind::Client).as_deref(), Some("both"));
    assert_eq!(hop(Kind::Server).as_deref(), Some("both"));
    assert_eq!(hop(Kind::Internal).as_deref(), Some("rest"));
}

#[test]
fn h1_takes_the_first_hop_in_map_order() {
    let map = read(&capability("hops:\n- {id: one, match: {name: charge}}\n- {id: two, match: {service: pay}}"));
    assert_eq!(Seen::of("pay").name("charge").hop(&map, Kind::Server).as_deref(), Some("one"));
    assert_eq!(Seen::of("pay").hop(&map, Kind::Server).as_deref(), Some("two"));
}

#[test]
fn h2_asks_for_the_hops_own_service_and_not_for_its_callers() {
    let map = read(&capability(
        "hops:\n- {id: bank, match: {service: pay, peer: bank}}\n- {id: sent, match: {service: pay, kind: client}}\n\
         - {id: pay, match: {service: [pay, pay-v2], name: charge}}\n- {id: any, match: {service: 's-*'}}",
    ));
    assert_eq!(map.hop_of_service(0, "pay"), Some(2));
    assert_eq!(map.hop_of_service(0, "pay-v2"), Some(2));
    assert_eq!(map.hop_of_service(0, "s-1"), Some(3));
    assert_eq!(map.hop_of_service(0, "bank"), None);
    assert_eq!(map.hop_of_service(7, "pay"), None);
    let literal: Vec<_> = map.capabilities()[0].hops.iter().map(|hop| hop.literal_service.as_deref()).collect();
    assert_eq!(literal, [None, None, None, None]);
    let map = read(&capability("hops: [{id: pay, match: {service: pay, name: 'c*'}}]"));
    assert_eq!(map.capabilities()[0].hops[0].literal_service.as_deref(), Some("pay"));
}

#[test]
fn e6_names_each_capability_of_which_a_hop_matches() {
    let map = read(
        "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n\
         - {id: a, hops: [{id: x, match: {service: pay}}, {id: y, match: {service: 'p*'}}]}\n\
         - {id: b, hops: [{id: x, match: {service: cart}}]}\n\
         - {id: c, hops: [{id: x, match: {kind: server}}]}\n",
    );
    assert_eq!(map.capabilities_with_hop(&Seen::of("pay").shape(&map, Kind::Server)), [0, 2]);
    assert_eq!(map.capabilities_with_hop(&Seen::of("pay").shape(&map, Kind::Consumer)), [0]);
    assert_eq!(map.capabilities_with_hop(&Seen::of("pay").shape(&map, Kind::Client)), Vec::<u32>::new());
}

#[test]
fn the_same_test_has_one_number_and_its_keys_are_listed_once() {
    let map = read(&capability(
        "outcome:\n  failed_when: [{attributes.a: x, service: s}, {attributes: {a: [x, 'y*']}}]\n  ignored_when: [{attributes.a: x, resource.a: x}]",
    ));
    assert_eq!(map.keys(Scope::Span), ["a"]);
    assert_eq!(map.keys(Scope::Resource), ["a"]);
    assert_eq!(Seen::of("s").text("a", "x").facts(&map).len(), 2);
    let twice = Seen::of("s").peer("bank").peer("bank");
    assert_eq!(twice.facts(&read(&capability("outcome: {failed_when: [{peer: bank}]}"))).len(), 1);
    let mut facts = Vec::new();
    map.facts_of_attribute(Scope::Span, 9, None, &mut facts);
    assert!(facts.is_empty());
}
