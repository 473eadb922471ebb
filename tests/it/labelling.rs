//! What spans carry when they go on, and what comes of it.

use crate::forwarding::{KEYS, attribute, moments_ago};
use crate::program::{Server, shop_map};
use crate::receiver::{Receiver, wait};
use crate::shop;
use opentelemetry_proto::tonic::trace::v1::Span;

const LABELS: &str = r#"
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: book
    title: Book
    threads:
      - {id: web, entry: {service: web, name: "POST /book"}}
      - {id: app, entry: {service: app, name: "POST /book"}}
    hops:
      - {id: seats, match: {service: seats}}
      - {id: card, external: true, match: {peer: "*.card.example"}}
      - {id: check, match: {name: "check *", kind: internal}}
  - id: pay
    title: Pay
    threads:
      - {id: any, entry: {name: "POST /book"}}
      - {id: job, entry: {service: jobs}}
    hops:
      - {id: vault, match: {service: [vault, seats]}}
"#;

/// A span of a service: what it says, and what it is to carry when it goes on.
struct Case {
    service: &'static str,
    name: &'static str,
    kind: i32,
    says: &'static [(&'static str, &'static str)],
    carries: [Option<&'static str>; 3],
}

fn case(
    (service, name, kind): (&'static str, &'static str, i32),
    says: &'static [(&'static str, &'static str)],
    carries: [Option<&'static str>; 3],
) -> Case {
    Case { service, name, kind, says, carries }
}

#[test]
fn attributes_are_what_is_known_of_a_span_by_itself() {
    let cases = [
        // Entries: of several capabilities the first; their hop by its rules, else by their own name.
        case(("web", "POST /book", 2), &[], [Some("book"), Some("web"), Some("web POST /book")]),
        case(("other", "POST /book", 2), &[], [Some("pay"), Some("any"), Some("other POST /book")]),
        case(("jobs", "nightly", 1), &[], [Some("pay"), Some("job"), Some("jobs nightly")]),
        case(("jobs", "ask", 3), &[], [Some("pay"), Some("job"), None]),
        // What a span says itself stays, and nothing else is said beside it.
        case(("x", "tagged", 2), &[(KEYS[0], "book")], [Some("book"), None, Some("x tagged")]),
        case(("x", "tagged", 2), &[(KEYS[0], "book"), (KEYS[1], "app")], [Some("book"), Some("app"), Some("x tagged")]),
        case(("web", "POST /book", 2), &[(KEYS[0], "pay")], [Some("pay"), Some("any"), Some("web POST /book")]),
        case(("web", "POST /book", 2), &[(KEYS[0], "unknown")], [Some("unknown"), None, Some("web POST /book")]),
        case(("x", "GET /", 2), &[(KEYS[2], "my own")], [None, None, Some("my own")]),
        // Others: the first capability with a rule that holds, else the name of a server or consumer.
        case(("seats", "hold", 2), &[], [None, None, Some("seats")]),
        case(("vault", "read", 1), &[], [None, None, Some("vault")]),
        case(("x", "check age", 1), &[], [None, None, Some("check")]),
        case(("x", "work", 1), &[], [None, None, None]),
        case(("x", "process", 5), &[], [None, None, Some("x process")]),
        case(("x", "pay", 3), &[("server.address", "api.card.example")], [None, None, Some("card")]),
        case(("x", "call", 3), &[("server.address", "seats")], [None, None, None]),
        case(("x", "publish", 4), &[("messaging.system", "kafka")], [None, None, None]),
    ];
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("map.yaml");
    std::fs::write(&map, LABELS).unwrap();
    let receiver = Receiver::grpc();
    let server = Server::start(&["--map", &map.display().to_string(), "--forward-endpoint", &receiver.url()]);
    let spans: Vec<_> = (1..).zip(&cases).map(|(at, case)| (case.service, span_of(at, case))).collect();
    server.sender().send(shop::request(&spans)).unwrap();
    receiver.wait_for(cases.len());
    for span in receiver.spans() {
        let case = &cases[span.span_id[7] as usize - 1];
        let carries = KEYS.map(|key| attribute(&span, key));
        assert_eq!(carries, case.carries, "{} {} of kind {} that says {:?}", case.service, case.name, case.kind, case.says);
    }
}

fn span_of(at: u64, case: &Case) -> Span {
    let now_ns = moments_ago();
    Span {
        trace_id: vec![at as u8; 16],
        span_id: at.to_be_bytes().to_vec(),
        name: case.name.into(),
        kind: case.kind,
        start_time_unix_nano: now_ns,
        end_time_unix_nano: now_ns + 1_000_000,
        attributes: case.says.iter().map(|(key, value)| shop::text(key, value)).collect(),
        ..Span::default()
    }
}

#[test]
fn a_map_that_is_read_again_changes_what_spans_carry_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("map.yaml");
    std::fs::write(&map, LABELS).unwrap();
    let receiver = Receiver::grpc();
    let path = map.display().to_string();
    let mut server = Server::start(&["--map", &path, "--map-poll", "off", "--forward-endpoint", &receiver.url()]);
    let one = case(("seats", "hold", 2), &[], [None; 3]);
    let sender = server.sender();
    sender.send(shop::request(&[("seats", span_of(1, &one))])).unwrap();
    receiver.wait_for(1);
    std::fs::write(&map, LABELS.replace("id: seats,", "id: places,").replace("id: book\n", "id: reserve\n")).unwrap();
    server.signal("-HUP");
    server.said("is in use from now on");
    sender
        .send(shop::request(&[("seats", span_of(2, &one)), ("web", span_of(3, &case(("web", "POST /book", 2), &[], [None; 3])))]))
        .unwrap();
    receiver.wait_for(3);
    let mut spans = receiver.spans();
    spans.sort_by_key(|span| span.span_id.clone());
    let hops: Vec<_> = spans.iter().map(|span| attribute(span, KEYS[2])).collect();
    assert_eq!(hops, [Some("seats"), Some("places"), Some("web POST /book")]);
    assert_eq!(attribute(&spans[2], KEYS[0]), Some("reserve"));
}

#[test]
fn a_second_server_that_is_passed_everything_counts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    let waits = ["--quiet", "2s", "--no-entry", "5s"];
    let second = Server::start(&[&["--map", &map][..], &waits].concat());
    let url = format!("http://{}", second.otlp);
    let more = ["--forward-endpoint", &url, "--forward-compression", "gzip"];
    let first = Server::start(&[&["--map", &map][..], &waits, &more].concat());
    let told = shop::run(23, 12, 40, moments_ago());
    let sender = first.sender();
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    wait("the last span", || (second.get("/api/v1/status")["spans"]["received"].as_u64() == Some(told.spans)).then_some(()));
    let (one, other) = (first.settle(), second.settle());
    assert_eq!((&one["capabilities"], &one["spans"]), (&other["capabilities"], &other["spans"]));
    assert_eq!(one["spans"]["fates"]["measured"].as_u64(), Some(told.spans));
    for capability in ["checkout", "browse"] {
        let hops = |server: &Server| server.get(&format!("/api/v1/capabilities/{capability}/hops"))["hops"].clone();
        assert_eq!(hops(&first), hops(&second), "{capability}");
    }
}
