//! The worker against a plain reading of the specification: no hash, no cache, no slots; a map of the last value of each key.

use super::{Desk, Limits, Sent, span, text};
use crate::catalogue::{Catalogue, Field, Scope, parse};
use crate::model::{Attribute, FactId, GrpcCode, Kind, Name, Names, Shape, Status, Value};
use proptest::prelude::*;
use std::collections::HashMap;

const MAP: &str = r#"
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: book
    threads:
      - id: web
        entry: {service: [cart, web], kind: server, attributes: {http.route: ["/a*", "/b"]}}
      - id: late
        entry: {name: pay, attributes: {retry: {exists: false}, amount: {gt: 5}}}
    outcome:
      failed_when: [{attributes: {error.type: "b*"}}, {resource: {zone: [x, y]}, peer: "a"}]
      ignored_when: [{attributes: {error: "true"}}, {namespace: {exists: false}, attributes.peer.service: c}]
    hops:
      - {id: bank, external: true, match: {peer: "b*"}}
      - {id: any, match: {name: {regex: "^p"}, attributes.http.status_code: "500"}}
  - id: pay
    threads: [{id: only, entry: {kind: client, peer: {exists: false}}}]
    outcome: {failed_when: [{attributes: {amount: {lt: 3}}}]}
"#;

type Last<'a> = HashMap<&'a str, Value<'a>>;

/// Newest first; what says nothing is passed over.
fn given<'a>(last: &Last<'a>, keys: &[&str]) -> Vec<Value<'a>> {
    let silent = |value: &Value<'_>| matches!(value, Value::Empty | Value::Other) || *value == Value::Text(b"");
    keys.iter().filter_map(|key| last.get(key)).copied().filter(|value| !silent(value)).collect()
}

fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}

/// A name: text, and no other value.
fn first(last: &Last<'_>, keys: &[&str]) -> Option<String> {
    texts(last, keys).into_iter().next()
}

fn texts(last: &Last<'_>, keys: &[&str]) -> Vec<String> {
    given(last, keys).iter().filter(|value| matches!(value, Value::Text(_))).map(plain).collect()
}

/// Text, number or truth value.
fn any_value(last: &Last<'_>, keys: &[&str]) -> Option<String> {
    given(last, keys).first().map(plain)
}

fn whole(value: &Value<'_>) -> Option<i64> {
    matches!(value, Value::Text(_) | Value::Int(_)).then(|| plain(value)).and_then(|text| text.parse().ok())
}

fn peer(last: &Last<'_>) -> String {
    let address = first(last, &["server.address", "net.peer.name"]);
    let network = first(last, &["network.peer.address", "net.sock.peer.addr", "net.peer.ip"]);
    let ports = given(last, &["server.port", "net.peer.port"]);
    let port =
        ports.iter().find_map(whole).filter(|port| (1..65_536).contains(port)).map_or(String::new(), |port| format!(":{port}"));
    let database = || {
        let system = first(last, &["db.system.name", "db.system"])?;
        let address = address.clone().or_else(|| network.clone())?;
        let namespace = any_value(last, &["db.namespace", "db.name"]).map_or(String::new(), |name| format!("/{name}"));
        Some(format!("{system}:{address}{port}{namespace}"))
    };
    let queue = || {
        let names = ["messaging.destination.template", "messaging.destination.name", "messaging.destination"];
        Some(format!("{}:{}", first(last, &["messaging.system"])?, first(last, &names)?))
    };
    let rpc = || {
        let method = last.get("rpc.method").filter(|value| matches!(value, Value::Text(_))).map(plain);
        let of_method =
            method.and_then(|method| method.rsplit_once('/').map(|(service, _)| service.trim_start_matches('/').to_string()));
        of_method.filter(|service| !service.is_empty()).or_else(|| first(last, &["rpc.service"]))
    };
    first(last, &["service.peer.name", "peer.service"])
        .or_else(queue)
        .or_else(database)
        .or_else(rpc)
        .or_else(|| address.clone().map(|address| address + &port))
        .or_else(|| hosts(last).first().cloned())
        .or(network)
        .unwrap_or_default()
}

/// The pool of URLs has no other forms.
fn hosts(last: &Last<'_>) -> Vec<String> {
    let urls = given(last, &["url.full", "http.url"]);
    let host =
        |url: &Value<'_>| plain(url).strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap().to_string());
    urls.iter().filter_map(host).collect()
}

fn facts(catalogue: &Catalogue, resource: &Last<'_>, last: &Last<'_>, sent: &Sent) -> Vec<FactId> {
    let mut facts = Vec::new();
    for (scope, attributes) in [(Scope::Span, last), (Scope::Resource, resource)] {
        for (at, key) in catalogue.keys(scope).iter().enumerate() {
            catalogue.facts_of_attribute(scope, at, attributes.get(key.as_str()), &mut facts);
        }
    }
    let service = any_value(resource, &["service.name"]).unwrap_or("unknown_service".into());
    let namespace: Vec<String> = any_value(resource, &["service.namespace"]).into_iter().collect();
    let mut peers: Vec<String> = Vec::new();
    if matches!(sent.kind, 3 | 4) {
        let keys = ["service.peer.name", "peer.service", "server.address", "net.peer.name", "network.peer.address"];
        peers.extend(texts(last, &keys));
        peers.extend(texts(last, &["net.sock.peer.addr", "net.peer.ip"]));
        peers.extend(hosts(last));
    }
    let mut of_field = |field, texts: &[String]| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        catalogue.facts_of_field(field, &texts, &mut facts);
    };
    of_field(Field::Service, &[service]);
    of_field(Field::Namespace, &namespace);
    of_field(Field::Name, &[sent.name.to_string()]);
    of_field(Field::Peer, &peers);
    facts.sort_unstable();
    facts.dedup();
    facts
}

fn naive(catalogue: &Catalogue, names: &Names, resource: &Last<'_>, sent: &Sent) -> Shape {
    let last: Last<'_> = sent.attributes.iter().copied().collect();
    let intern = |text: &str| names.intern(text.as_bytes());
    let kind = Kind::from_otlp(sent.kind);
    let facts = facts(catalogue, resource, &last, sent);
    let error_type = any_value(&last, &["error.type"]).or(sent.exception.map(str::to_string)).unwrap_or_default();
    let said: String = error_type.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let claimed = (first(&last, &["steelthread.capability"]), first(&last, &["steelthread.thread"]));
    let http = given(&last, &["http.response.status_code", "http.status_code"]);
    let grpc = given(&last, &["rpc.status_code", "rpc.response.status_code", "rpc.grpc.status_code"]);
    let code = |value: &Value<'_>| match plain(value).as_str() {
        "UNAVAILABLE" | "Unavailable" => Some(GrpcCode(14)),
        _ => whole(value).filter(|code| (0..17).contains(code)).map(|code| GrpcCode(code as u8)),
    };
    let operation = first(&last, &["messaging.operation.type", "messaging.operation"]);
    let claims = claimed.0.as_deref().map(|capability| (capability, claimed.1.as_deref()));
    let unknown = claimed.0.as_deref().filter(|id| !["book", "pay"].contains(id)).unwrap_or_default();
    Shape {
        service: any_value(resource, &["service.name"]).map_or(Name::UNKNOWN_SERVICE, |name| intern(&name)),
        namespace: intern(&any_value(resource, &["service.namespace"]).unwrap_or_default()),
        name: intern(sent.name),
        kind,
        status: Status::from_otlp(sent.status),
        http_status: http.iter().find_map(whole).filter(|code| (100..1000).contains(code)).map_or(0, |code| code as u16),
        grpc_code: grpc.iter().find_map(code),
        says_timeout: ["timeout", "deadline"].iter().any(|word| said.contains(word)),
        says_unreachable: said.contains("refused"),
        says_cancelled: said.contains("abort"),
        error_type: intern(&error_type),
        error_flag: any_value(&last, &["error"]).is_some_and(|error| error == "true")
            || any_value(&last, &["error.type"]).is_some(),
        resend: last.get("http.request.resend_count").and_then(whole).is_some_and(|count| count != 0),
        receives: kind == Kind::Client && operation.is_some_and(|operation| operation == "receive"),
        peer_services: texts(&last, &["service.peer.name", "peer.service"]).iter().map(|name| intern(name)).collect(),
        peer: if kind.asks() { intern(&peer(&last)) } else { Name::EMPTY },
        tags: catalogue.tags_of(kind, &facts, claims),
        facts: facts.into(),
        unknown_capability: intern(unknown),
        first_values: Box::default(),
    }
}

const KEYS: [&str; 47] = [
    "service.peer.name",
    "peer.service",
    "server.address",
    "net.peer.name",
    "server.port",
    "net.peer.port",
    "network.peer.address",
    "net.sock.peer.addr",
    "net.peer.ip",
    "http.request.method",
    "http.response.status_code",
    "http.status_code",
    "url.full",
    "http.url",
    "http.request.resend_count",
    "rpc.method",
    "rpc.service",
    "rpc.status_code",
    "rpc.response.status_code",
    "rpc.grpc.status_code",
    "db.system.name",
    "db.system",
    "db.namespace",
    "db.name",
    "db.collection.name",
    "db.operation.name",
    "db.query.summary",
    "messaging.system",
    "messaging.destination.name",
    "messaging.destination",
    "messaging.destination.template",
    "messaging.operation.type",
    "messaging.operation",
    "error.type",
    "error.type",
    "error",
    "steelthread.capability",
    "steelthread.thread",
    "http.route",
    "http.route",
    "retry",
    "amount",
    "amount",
    "service.name",
    "",
    "http.response.status_cod",
    "http.request.resend-count",
];

fn value() -> impl Strategy<Value = Value<'static>> {
    let texts = [
        "a",
        "b",
        "c",
        "",
        "/a/1",
        "/b",
        "s/m",
        "true",
        "14",
        "UNAVAILABLE",
        "500",
        "book",
        "pay",
        "late",
        "receive",
        "http://b/x?y",
    ];
    prop_oneof![
        6 => proptest::sample::select(texts.to_vec()).prop_map(text),
        1 => proptest::sample::select(&["refused", "TimeOut!", "abort", "deadline", "http://c:1", "2.5", "Unavailable"][..]).prop_map(text),
        2 => proptest::sample::select(&[0, 1, 5, 14, 503, -1, 1 << 40][..]).prop_map(Value::Int),
        1 => proptest::sample::select(&[0.5, 2.5, 1e20, f64::INFINITY][..]).prop_map(Value::Double),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Other),
        1 => Just(Value::Empty),
    ]
}

prop_compose! {
    fn sent()(
        kind in 0..7, status in 0..4, name in proptest::sample::select(&["pay", "get", ""][..]),
        exception in proptest::option::of(proptest::sample::select(&["refused", "x"][..])),
        attributes in proptest::collection::vec((proptest::sample::select(&KEYS[..]), value()), 0..14),
    ) -> Sent {
        Sent { status, name, exception, attributes, ..span(kind) }
    }
}

fn resource() -> impl Strategy<Value = Vec<(&'static str, Value<'static>)>> {
    let keys = ["service.name", "service.name", "service.namespace", "zone", "host.id", "other"];
    let texts = ["cart", "web", "x", "y", ""];
    let value = prop_oneof![6 => proptest::sample::select(texts.to_vec()).prop_map(text), 1 => Just(Value::Int(7)), 1 => Just(Value::Empty)];
    proptest::collection::vec((proptest::sample::select(keys.to_vec()), value), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_worker_reads_what_a_plain_reading_reads(groups in proptest::collection::vec((resource(), proptest::collection::vec(sent(), 1..12)), 1..4)) {
        let mut desk = Desk::with(parse("map.yaml", MAP).unwrap(), Names::default(), Limits::default());
        let catalogue = parse("map.yaml", MAP).unwrap();
        for _ in 0..2 {
            for (attributes, spans) in &groups {
                desk.resource(attributes);
                for sent in spans {
                    let tagged = desk.tag(sent);
                    let expected = naive(&catalogue, &desk.names, &attributes.iter().copied().collect(), sent);
                    // Which span was the first is no matter of what a span says.
                    let told = Shape { first_values: Box::default(), ..desk.shapes.get(tagged.record.shape).clone() };
                    prop_assert_eq!(&told, &expected, "{:?}", sent);
                    prop_assert_eq!(tagged.record.is_entry(), !expected.tags.entries.is_empty());
                }
            }
        }
    }

    #[test]
    fn the_order_of_attributes_does_not_matter(sent in sent(), turn in 0usize..14) {
        let mut desk = Desk::with(parse("map.yaml", MAP).unwrap(), Names::default(), Limits::default());
        let mut once = sent.clone();
        once.attributes = sent.attributes.iter().copied().collect::<Last<'_>>().into_iter().collect();
        let mut turned = once.clone();
        turned.attributes.rotate_left(turn.min(once.attributes.len()));
        let turned = turned.backwards();
        let first = desk.tag(&sent);
        prop_assert_eq!(desk.tag(&once), first);
        prop_assert_eq!(desk.tag(&turned), first);
        prop_assert_eq!(desk.shapes.len(), 1);
    }

    #[test]
    fn nothing_that_can_be_sent_makes_it_panic(
        ids in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..17), 3), texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..24), 14),
        numbers in any::<(i32, i32, u64, u64, i64, f64)>(),
    ) {
        let mut desk = Desk::with(parse("map.yaml", MAP).unwrap(), Names::default(), Limits::default());
        let mut values: Vec<Value<'_>> = texts.iter().map(|text| Value::Text(text)).collect();
        values.extend([Value::Int(numbers.4), Value::Double(numbers.5)]);
        let attributes: Vec<_> = KEYS.iter().zip(values.iter().cycle().skip(numbers.0 as usize % 14)).map(|(key, value)| Attribute { key: key.as_bytes(), value: *value }).collect();
        let raw = crate::model::RawSpan {
            trace_id: &ids[0], span_id: &ids[1], parent_span_id: &ids[2], trace_state: &texts[0], name: &texts[1], kind: numbers.0, start_ns: numbers.2,
            end_ns: numbers.3, status: numbers.1, attributes: &attributes, links: &[], exception_type: Some(&texts[2]),
        };
        desk.worker.resource(&attributes);
        let _ = desk.worker.span(&raw);
        let _ = desk.worker.span(&crate::model::RawSpan { trace_id: &[1; 16], span_id: &[1; 8], parent_span_id: b"", kind: 3, ..raw });
    }
}

#[test]
fn only_the_facts_about_a_booking_s_amount_make_shapes() {
    let mut desk = Desk::with(parse("map.yaml", MAP).unwrap(), Names::default(), Limits::default());
    for amount in 6..5000 {
        desk.tag(&span(2).with("amount", Value::Int(amount)));
    }
    assert_eq!(desk.shapes.len(), 1);
    desk.tag(&span(2).with("amount", Value::Int(1)));
    assert_eq!(desk.shapes.len(), 2);
    assert_eq!(desk.tag(&span(2).with("amount", Value::Double(7.25))).record.flags, crate::model::SpanRecord::ENTRY);
}

#[test]
fn addresses_of_a_peer_that_is_known_by_name_make_no_shapes() {
    let mut desk = Desk::with(parse("map.yaml", MAP).unwrap(), Names::default(), Limits::default());
    let addresses: Vec<String> = (0..5000).map(|number| format!("10.0.{}.{}", number / 256, number % 256)).collect();
    for address in &addresses {
        let attributes = [("peer.service", text("cards")), ("network.peer.address", Value::Text(address.as_bytes()))]
            .map(|(key, value)| Attribute { key: key.as_bytes(), value });
        span(3).hand_over(|span| desk.worker.span(&crate::model::RawSpan { attributes: &attributes, ..*span })).unwrap();
    }
    assert_eq!(desk.shapes.len(), 1);
}

#[test]
fn a_claim_is_an_entry_and_names_its_thread() {
    let mut desk = Desk::with(parse("map.yaml", MAP).unwrap(), Names::default(), Limits::default());
    let shape = desk.shape(&span(1).say("steelthread.capability", "book").say("steelthread.thread", "late"));
    assert_eq!(*shape.tags.entries, [(0, Some(1))]);
    assert!(shape.unknown_capability.is_empty());
    let tagged = desk.tag(&span(1).say("steelthread.capability", "fly"));
    let shape = desk.shapes.get(tagged.record.shape);
    assert_eq!((desk.names.text(shape.unknown_capability), tagged.record.is_entry()), ("fly", false));
}

#[test]
fn beyond_the_limit_entries_are_still_entries() {
    let mut desk = Desk::with(parse("map.yaml", MAP).unwrap(), Names::default(), Limits { shapes: 0 });
    desk.resource(&[("service.name", text("web"))]);
    let tagged = desk.tag(&span(2).say("http.route", "/b"));
    assert!(tagged.record.is_entry());
    assert_eq!(*desk.shapes.get(tagged.record.shape).tags.entries, [(0, Some(0))]);
}
