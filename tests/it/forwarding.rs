//! What goes out, seen by who takes it: spans, figures, the program's own spans.

use crate::program::{Server, run, shop_map};
use crate::receiver::{Answer, Receiver, free_address, spans_of, wait};
use crate::shop;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tonic::Code;

pub const KEYS: [&str; 3] = ["steelthread.capability", "steelthread.thread", "steelthread.hop"];

pub fn moments_ago() -> u64 {
    steelthread::app::clock::now_ns() - 60_000_000_000
}

/// The text of an attribute that stands there once.
pub fn attribute<'s>(span: &'s Span, key: &str) -> Option<&'s str> {
    let of_key: Vec<_> = span.attributes.iter().filter(|one| one.key == key).collect();
    assert!(of_key.len() <= 1, "{key} stands there twice");
    match of_key.first()?.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

/// The spans, without what was added, in an order of their own.
fn bare(spans: impl IntoIterator<Item = Span>) -> Vec<Vec<u8>> {
    let mut bare: Vec<_> = spans
        .into_iter()
        .map(|mut span| {
            span.attributes.retain(|one| !KEYS.contains(&one.key.as_str()));
            span.encode_to_vec()
        })
        .collect();
    bare.sort();
    bare
}

fn sent(requests: &[ExportTraceServiceRequest]) -> Vec<Vec<u8>> {
    bare(requests.iter().flat_map(spans_of).cloned())
}

fn dropped(server: &Server, reason: &str) -> f64 {
    server.metric(&format!("steelthread_forward_dropped_spans_total{{reason=\"{reason}\"}}"))
}

fn all_dropped(server: &Server) -> f64 {
    ["queue_full", "refused", "rejected", "expired", "left", "unreadable"].map(|reason| dropped(server, reason)).iter().sum()
}

/// Names of hops that `hops` shows for a capability.
fn hops_of(server: &Server, capability: &str) -> BTreeSet<String> {
    let answer = server.get(&format!("/api/v1/capabilities/{capability}/hops"));
    answer["hops"].as_array().unwrap().iter().map(|row| row["hop"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_span_goes_on_once_with_its_capability_thread_and_hop() {
    type Way = (&'static str, &'static str, fn() -> Receiver);
    let ways: [Way; 4] = [
        ("grpc", "none", Receiver::grpc),
        ("grpc", "zstd", Receiver::grpc),
        ("http/protobuf", "none", Receiver::http),
        ("http/protobuf", "gzip", Receiver::http),
    ];
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    for (protocol, compression, receiver) in ways {
        let receiver = receiver();
        let url = receiver.url();
        let more = ["--forward-endpoint", &url, "--forward-protocol", protocol, "--forward-compression", compression];
        let server = Server::start(&[&["--map", &map, "--quiet", "1s", "--no-entry", "3s"][..], &more].concat());
        let told = shop::run(11, 10, 20, moments_ago());
        let sender = server.sender();
        for request in &told.requests {
            assert!(sender.send(request.clone()).unwrap().partial_success.is_none());
        }
        receiver.wait_for(told.spans as usize);
        assert_eq!(bare(receiver.spans()), sent(&told.requests), "{protocol} {compression}");
        assert_eq!(server.metric("steelthread_forwarded_spans_total"), told.spans as f64);
        assert_eq!(all_dropped(&server), 0.0);
        server.settle();
        labelled(&server, &receiver);
        let (code, said) = server.terminate();
        assert_eq!(code, 0);
        assert!(said.contains(&format!("all {} spans passed on", told.spans)), "{said}");
    }
}

/// The attributes say what the map says, and hops are called as `hops` calls them.
fn labelled(server: &Server, receiver: &Receiver) {
    let known: BTreeMap<&str, BTreeSet<String>> =
        ["checkout", "browse"].into_iter().map(|one| (one, hops_of(server, one))).collect();
    let all: BTreeSet<&String> = known.values().flatten().collect();
    let mut seen = BTreeSet::new();
    for span in receiver.spans() {
        let entry = match span.name.as_str() {
            "POST /checkout" if span.kind == 2 => Some("checkout"),
            "GET /products/{id}" if span.kind == 2 => Some("browse"),
            _ => None,
        };
        assert_eq!(attribute(&span, KEYS[0]), entry, "{span:?}");
        assert_eq!(attribute(&span, KEYS[1]), entry.map(|_| "web"), "{span:?}");
        let hop = attribute(&span, KEYS[2]);
        if let Some(entry) = entry {
            assert!(known[entry].contains(hop.unwrap()), "{hop:?} is not among {:?}", known[entry]);
        }
        assert!(hop.is_some() || ![2, 5].contains(&span.kind), "a server or consumer has a hop: {span:?}");
        if let Some(hop) = hop {
            assert!(all.contains(&hop.to_owned()), "{hop} is not among {all:?}");
            seen.insert((hop.to_owned(), span.kind));
        }
    }
    for wanted in [("web POST /checkout", 2), ("pricing", 2), ("mail", 5), ("card-network", 3), ("stock-db", 3)] {
        assert!(seen.contains(&(wanted.0.to_owned(), wanted.1)), "{wanted:?} is not among {seen:?}");
    }
}

#[test]
fn what_is_refused_for_now_is_sent_again_when_it_was_asked_for_and_comes_once() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    let later = |code, http| Answer::Refuse(code, http, Some(Duration::from_secs(1)));
    for (protocol, receiver) in [("grpc", Receiver::grpc()), ("http/protobuf", Receiver::http())] {
        receiver.answer([later(Code::Unavailable, 503), later(Code::ResourceExhausted, 429), later(Code::Aborted, 502)]);
        let server = Server::start(&["--map", &map, "--forward-endpoint", &receiver.url(), "--forward-protocol", protocol]);
        let told = shop::run(12, 5, 10, moments_ago());
        let sender = server.sender();
        for request in &told.requests {
            sender.send(request.clone()).unwrap();
        }
        receiver.wait_for(told.spans as usize);
        assert_eq!(bare(receiver.spans()), sent(&told.requests), "{protocol}");
        assert_eq!(receiver.look(|heard| heard.refused), 3);
        assert_eq!(server.metric("steelthread_forward_retries_total"), 3.0);
        assert_eq!(all_dropped(&server), 0.0);
    }
}

#[test]
fn what_is_refused_for_good_is_dropped_and_counted_and_so_is_what_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    for (protocol, receiver) in [("grpc", Receiver::grpc()), ("http/protobuf", Receiver::http())] {
        receiver.answer([Answer::Refuse(Code::ResourceExhausted, 413, None), Answer::Partly(7)]);
        let server = Server::start(&["--map", &map, "--forward-endpoint", &receiver.url(), "--forward-protocol", protocol]);
        let sender = server.sender();
        let told = shop::run(13, 5, 10, moments_ago());
        let (first, second) = (&told.requests[0], &told.requests[1]);
        let spans = |request: &ExportTraceServiceRequest| spans_of(request).count() as f64;
        sender.send(first.clone()).unwrap();
        wait("the first refusal", || (dropped(&server, "refused") > 0.0).then_some(()));
        sender.send(second.clone()).unwrap();
        wait("the second message", || (server.metric("steelthread_forwarded_spans_total") > 0.0).then_some(()));
        let of = |name: &str| server.metric(&format!("steelthread_forward{name}"));
        assert_eq!(dropped(&server, "refused"), spans(first), "{protocol}");
        assert_eq!((dropped(&server, "rejected"), of("ed_spans_total")), (7.0, spans(second) - 7.0));
        assert_eq!(all_dropped(&server), spans(first) + 7.0);
        assert_eq!((of("_retries_total"), of("_queue_bytes")), (0.0, 0.0));
    }
}

#[test]
fn a_receiver_that_is_away_for_a_while_gets_everything_when_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--forward-endpoint", &format!("http://{address}")]);
    let told = shop::run(14, 5, 10, moments_ago());
    let sender = server.sender();
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    wait("a retry", || (server.metric("steelthread_forward_retries_total") > 0.0).then_some(()));
    assert!(server.metric("steelthread_forward_queue_bytes") > 0.0);
    let receiver = Receiver::grpc_at(address, None);
    receiver.wait_for(told.spans as usize);
    assert_eq!(bare(receiver.spans()), sent(&told.requests));
}

#[test]
fn a_full_queue_holds_its_bound_drops_and_counts_and_hurts_no_sender() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let url = format!("http://{address}");
    let more = ["--forward-endpoint", &url, "--forward-queue-bytes", "256KiB"];
    let server = Server::start(&[&["--map", &shop_map(folder.path())][..], &more].concat());
    let told = shop::run(15, 20, 60, moments_ago());
    let sender = server.sender();
    for request in &told.requests {
        assert!(sender.send(request.clone()).unwrap().partial_success.is_none());
        assert!(server.metric("steelthread_forward_queue_bytes") <= 262_144.0);
    }
    let dropped = dropped(&server, "queue_full");
    assert!(dropped > 0.0 && dropped < told.spans as f64, "{dropped} of {}", told.spans);
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    let waiting = told.spans as f64 - dropped;
    assert!(said.contains(&format!("0 spans passed on, {} not, of which {waiting} were still waiting", told.spans)), "{said}");
}

#[test]
fn a_server_that_is_told_to_stop_empties_its_queue_first() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    receiver.dawdle(Duration::from_millis(300));
    let server = Server::start(&["--map", &shop_map(folder.path()), "--forward-endpoint", &receiver.url()]);
    let told = shop::run(16, 5, 20, moments_ago());
    let sender = server.sender();
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("all {} spans passed on", told.spans)), "{said}");
    assert_eq!(bare(receiver.spans()), sent(&told.requests));
}

#[test]
fn a_span_that_is_rejected_goes_nowhere_and_those_beside_it_do() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--forward-endpoint", &receiver.url()]);
    let mut request = shop::run(17, 5, 4, moments_ago()).requests.swap_remove(0);
    let all = spans_of(&request).count();
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = vec![1; 3];
    let answer = server.sender().send(request.clone()).unwrap();
    assert_eq!(answer.partial_success.unwrap().rejected_spans, 1);
    receiver.wait_for(all - 1);
    request.resource_spans[0].scope_spans[0].spans.remove(0);
    assert_eq!(bare(receiver.spans()), sent(&[request]));
}

#[test]
fn a_server_does_not_send_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let own = free_address();
    let map = shop_map(folder.path());
    for flag in ["--forward-endpoint", "--metrics-endpoint", "--telemetry-endpoint"] {
        let url = format!("http://localhost:{}", own.port());
        let output = run(&["serve", "--map", &map, "--otlp-grpc", &own.to_string(), "--api", "127.0.0.1:0", flag, &url]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("{flag} {url}")) && said.contains("send to itself for ever"), "{said}");
    }
}

#[test]
fn headers_go_along_and_are_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("headers");
    std::fs::write(&file, "# who we are\nauthorization: Bearer canary-4711\nX-Tenant: shop\n").unwrap();
    let file = file.display().to_string();
    for (protocol, receiver) in [("grpc", Receiver::grpc()), ("http/protobuf", Receiver::http())] {
        receiver.answer([Answer::Refuse(Code::Unauthenticated, 401, None)]);
        let url = receiver.url();
        let more = ["--forward-endpoint", &url, "--forward-protocol", protocol, "--forward-header-file", &file];
        let server = Server::start(&[&["--map", &shop_map(folder.path())][..], &more].concat());
        server.sender().send(shop::run(18, 5, 1, moments_ago()).requests.swap_remove(0)).unwrap();
        wait("the refusal", || (dropped(&server, "refused") > 0.0).then_some(()));
        let headers = receiver.look(|heard| heard.headers.clone());
        assert!(headers.contains("Bearer canary-4711") && headers.contains("\"x-tenant\": \"shop\""), "{headers}");
        let page = ureq::get(format!("{}/metrics", server.api)).call().unwrap().body_mut().read_to_string().unwrap();
        let (_, said) = server.terminate();
        assert!(said.contains("forwarding to"), "{said}");
        assert!(!said.contains("canary") && !page.contains("canary"), "{said}");
    }
}

#[test]
fn an_endpoint_with_tls_is_trusted_if_its_signer_is_named_and_else_not() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &certificate).unwrap();
    let file = file.display().to_string();
    let grpc = Receiver::grpc_at("127.0.0.1:0".parse().unwrap(), Some((certificate.clone(), key.clone())));
    for (protocol, receiver) in [("grpc", grpc), ("http/protobuf", Receiver::https(&certificate, &key))] {
        let url = format!("https://localhost:{}", receiver.address.port());
        let request = shop::run(19, 5, 4, moments_ago()).requests.swap_remove(0);
        let start = |more: &[&str]| {
            let usual = ["--forward-endpoint", &url, "--forward-protocol", protocol];
            Server::start(&[&["--map", &shop_map(folder.path())][..], &usual, more].concat())
        };
        let distrusting = start(&[]);
        distrusting.sender().send(request.clone()).unwrap();
        wait("a retry", || (distrusting.metric("steelthread_forward_retries_total") > 0.0).then_some(()));
        let (_, said) = distrusting.terminate();
        assert!(receiver.spans().is_empty() && said.to_lowercase().contains("certificate"), "{protocol}: {said}");
        let trusting = start(&["--forward-ca", &file]);
        trusting.sender().send(request.clone()).unwrap();
        receiver.wait_for(spans_of(&request).count());
        assert_eq!(bare(receiver.spans()), sent(&[request]), "{protocol}");
    }
}

#[test]
fn the_programs_own_spans_go_out_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (next, watcher) = (Receiver::grpc(), Receiver::grpc());
    let (forward, telemetry) = (next.url(), watcher.url());
    let more = ["--forward-endpoint", &forward, "--telemetry-endpoint", &telemetry];
    let server = Server::start(&[&["--map", &shop_map(folder.path())][..], &more].concat());
    server.sender().send(shop::run(20, 5, 1, moments_ago()).requests.swap_remove(0)).unwrap();
    server.get("/api/v1/status");
    wait("a message", || (!next.spans().is_empty()).then_some(()));
    assert_eq!(server.terminate().0, 0);
    let names: BTreeSet<String> = watcher.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["commit", "forward", "question"].map(String::from).into());
    let resource = watcher.look(|heard| heard.traces[0].resource_spans[0].resource.clone().unwrap());
    let service = resource.attributes.iter().find(|one| one.key == "service.name").unwrap().value.clone().unwrap();
    assert_eq!(service.value, Some(Value::StringValue("steelthread".into())));
}

#[test]
fn what_comes_as_json_goes_on_with_all_there_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--forward-endpoint", &receiver.url()]);
    let document = r#"{"resourceSpans":[{"scopeSpans":[{"scope":{"name":"lib","version":"1"},"schemaUrl":"s","spans":[
        {"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","kind":2,"name":"POST /checkout","flags":257,
         "startTimeUnixNano":"1661140339213560192","endTimeUnixNano":1661140339213560193,"droppedEventsCount":3,
         "attributes":[{"key":"list","value":{"arrayValue":{"values":[{"intValue":"7"},{"bytesValue":"AAE="}]}}}],
         "events":[{"name":"e","timeUnixNano":"5","attributes":[{"key":"k","value":{"doubleValue":"NaN"}}]}],
         "links":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175","flags":1}],
         "status":{"code":2,"message":"no"},"new":{"x":[]}},
        {"traceId":"12","spanId":"eee19b7ec3c1b176","name":"rejected"},
        {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b177","name":"query","kind":3,
         "attributes":[{"key":"server.address","value":{"stringValue":"stock-db.shop.internal"}}]}]}],
        "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]}}]}"#;
    let mut response = ureq::post(&server.otlp_http).content_type("application/json").send(document).unwrap();
    let told: serde_json::Value = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(told["partialSuccess"]["rejectedSpans"], "1", "{told}");
    receiver.wait_for(2);
    let request = receiver.look(|heard| heard.traces[0].clone());
    let scope = &request.resource_spans[0].scope_spans[0];
    assert_eq!((scope.scope.as_ref().unwrap().name.as_str(), scope.schema_url.as_str()), ("lib", "s"));
    assert_eq!(request.resource_spans[0].resource.as_ref().unwrap().attributes, [shop::text("service.name", "web")]);
    let [entry, query] = &scope.spans[..] else { panic!("{:?}", scope.spans) };
    let carries = |span: &Span| KEYS.map(|key| attribute(span, key).map(str::to_owned));
    assert_eq!(carries(entry), ["checkout", "web", "web POST /checkout"].map(|text| Some(text.to_owned())));
    assert_eq!(carries(query), [None, None, Some("stock-db".to_owned())]);
    assert_eq!((entry.flags, entry.start_time_unix_nano, entry.dropped_events_count), (257, 1_661_140_339_213_560_192, 3));
    assert_eq!((entry.events[0].time_unix_nano, entry.links[0].span_id[7], entry.links[0].flags), (5, 0x75, 1));
    assert_eq!(entry.status.as_ref().unwrap().message, "no");
    let Some(Value::ArrayValue(list)) = &entry.attributes[0].value.as_ref().unwrap().value else { panic!("{entry:?}") };
    assert_eq!(list.values[1].value, Some(Value::BytesValue(vec![0, 1])));
}
