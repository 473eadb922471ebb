use super::{CLIENT, CONSUMER, Desk, INTERNAL, PRODUCER, SERVER, Sent, span, text};
use crate::model::{Name, Value};
use crate::tag::keys::Keys;
use crate::tag::peer::names;
use crate::tag::sorted::{Seen, Sorted};

/// A client span that says everything.
fn talkative() -> Sent {
    span(CLIENT)
        .say("service.peer.name", "card-network")
        .say("peer.service", "cards")
        .say("messaging.system", "kafka")
        .say("messaging.destination.name", "orders")
        .say("db.system.name", "postgresql")
        .say("db.namespace", "shop")
        .say("rpc.method", "shop.Cart/Get")
        .say("server.address", "db.example")
        .with("server.port", Value::Int(5432))
        .say("url.full", "https://user@pay.example:8443/v1/charge?id=1")
        .say("network.peer.address", "10.0.0.3")
}

fn without(mut sent: Sent, keys: &[&str]) -> Sent {
    sent.attributes.retain(|(key, _)| !keys.contains(key));
    sent
}

#[test]
fn h3_a_peer_is_called_by_the_best_that_is_said() {
    let desk = &mut Desk::default();
    let steps: [(&[&str], &str); 9] = [
        (&[], "card-network"),
        (&["service.peer.name"], "cards"),
        (&["peer.service"], "kafka:orders"),
        (&["messaging.system"], "postgresql:db.example:5432/shop"),
        (&["db.system.name"], "shop.Cart"),
        (&["rpc.method"], "db.example:5432"),
        (&["server.address"], "pay.example"),
        (&["url.full"], "10.0.0.3"),
        (&["network.peer.address"], ""),
    ];
    let mut sent = talkative();
    for (gone, called) in steps {
        sent = without(sent, gone);
        assert_eq!(desk.peer(&sent), called, "without {gone:?}");
    }
}

#[test]
fn h3_a_database_is_called_with_what_is_known_of_its_address() {
    let desk = &mut Desk::default();
    let database = |keys: &[(&'static str, &'static str)]| {
        keys.iter().fold(span(CLIENT).say("db.system", "redis"), |sent, (key, value)| sent.say(key, value))
    };
    assert_eq!(desk.peer(&database(&[("server.address", "cache")])), "redis:cache");
    assert_eq!(desk.peer(&database(&[("server.address", "cache"), ("server.port", "6379")])), "redis:cache:6379");
    assert_eq!(desk.peer(&database(&[("server.address", "cache"), ("db.name", "0")])), "redis:cache/0");
    assert_eq!(desk.peer(&database(&[("net.peer.ip", "10.0.0.3"), ("net.peer.port", "6379")])), "redis:10.0.0.3:6379");
    assert_eq!(desk.peer(&database(&[])), "");
}

#[test]
fn what_is_no_port_is_left_out() {
    let desk = &mut Desk::default();
    for port in [Value::Int(0), Value::Int(-1), Value::Int(70_000), text("http"), Value::Empty] {
        assert_eq!(desk.peer(&span(CLIENT).say("server.address", "a").with("server.port", port)), "a", "{port:?}");
    }
}

#[test]
fn h3_a_queue_without_system_or_name_is_no_peer() {
    let desk = &mut Desk::default();
    assert_eq!(desk.peer(&span(PRODUCER).say("messaging.system", "kafka").say("server.address", "broker")), "broker");
    assert_eq!(desk.peer(&span(PRODUCER).say("messaging.destination.name", "orders")), "");
    assert_eq!(
        desk.peer(&span(PRODUCER).say("messaging.system", "kafka").say("messaging.destination", "orders")),
        "kafka:orders"
    );
}

#[test]
fn only_spans_that_ask_have_a_peer_to_ask() {
    let desk = &mut Desk::default();
    for kind in [INTERNAL, SERVER, CONSUMER] {
        assert_eq!(desk.peer(&Sent { kind, ..talkative() }), "");
    }
    assert_eq!(desk.peer(&Sent { kind: PRODUCER, ..talkative() }), "card-network");
}

#[test]
fn services_of_the_peer_are_told_newest_first() {
    let desk = &mut Desk::default();
    let shape = desk.shape(&talkative().backwards());
    let services: Vec<_> = shape.peer_services.iter().map(|name| desk.text(*name)).collect();
    assert_eq!(services, ["card-network", "cards"]);
}

#[test]
fn h3_the_host_of_a_url_is_found_in_every_form() {
    let desk = &mut Desk::default();
    let forms = [
        ("https://pay.example/v1", "pay.example"),
        ("http://pay.example", "pay.example"),
        ("http://pay.example?x=http://other/", "pay.example"),
        ("http://pay.example#top", "pay.example"),
        ("grpc://u:p@pay.example:80/", "pay.example"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("//pay.example/v1", "pay.example"),
        ("/v1/charge", ""),
        ("/v1?to=http://other/", ""),
        ("pay.example/v1", ""),
        ("http:///v1", ""),
        ("", ""),
        ("http://[", ""),
    ];
    for (url, host) in forms {
        assert_eq!(desk.peer(&span(CLIENT).say("url.full", url)), host, "{url}");
    }
}

#[test]
fn a_number_is_no_name_but_may_be_a_part_of_a_database() {
    let desk = &mut Desk::default();
    let sent = span(CLIENT).say("peer.service", "cards").with("service.peer.name", Value::Int(7));
    assert_eq!(desk.peer(&sent), "cards");
    let sent = span(CLIENT).say("db.system", "redis").say("server.address", "cache").with("db.namespace", Value::Int(0));
    assert_eq!(desk.peer(&sent), "redis:cache/0");
}

#[test]
fn h1_a_matcher_is_held_against_every_name_of_the_peer() {
    let sent =
        talkative().say("net.peer.name", "db-old:5432").say("net.peer.ip", "fe80::4").say("http.url", "http://old.example:1/");
    let keys = Keys::new(crate::tag::alias::names(), &[]);
    let found: Vec<String> = sent.hand_over(|span| {
        let mut seen = Seen::NOTHING;
        for (attribute, at) in span.attributes.iter().zip(0..) {
            let used = keys.find(attribute.key);
            if used.has_slot() {
                seen.put(used.slot, at);
            }
        }
        let mut found = Vec::new();
        names(Sorted::new(&seen, span.attributes), None, |name| found.push(String::from_utf8_lossy(name).into_owned()));
        found
    });
    let expected = ["card-network", "cards", "db.example", "db-old", "10.0.0.3", "fe80::4", "pay.example", "old.example"];
    assert_eq!(found, expected);
}

#[test]
fn a_shape_without_peer_has_no_name_for_it() {
    assert_eq!(Desk::default().shape(&span(CLIENT)).peer, Name::EMPTY);
}
