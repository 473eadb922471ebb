//! Spans go through: collector, steelthread, a second collector, file. Every span comes out once, as it went in, with our attributes on
//! those that have something to say.

use crate::collector::Collector;
use crate::processes::{PATIENCE, poll};
use crate::sender::Sender;
use crate::server::Server;
use crate::shop;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Trace and span.
type Id = (Vec<u8>, Vec<u8>);

/// A span with the name of its service.
type Sent = (String, Span);

fn text_of<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let one = attributes.iter().find(|one| one.key == key)?;
    match one.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn spans(requests: &[ExportTraceServiceRequest]) -> Vec<Sent> {
    let mut all = Vec::new();
    for resource in requests.iter().flat_map(|request| &request.resource_spans) {
        let service = text_of(&resource.resource.as_ref().unwrap().attributes, "service.name").unwrap();
        let spans = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
        all.extend(spans.map(|span| (service.to_owned(), span.clone())));
    }
    all
}

/// Messages as the file exporter writes them: each after its length. The last may be half written.
fn written(file: &Path) -> Vec<ExportTraceServiceRequest> {
    let bytes = std::fs::read(file).unwrap_or_default();
    let (mut rest, mut messages) = (&bytes[..], Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let Some((message, after)) = after.split_at_checked(u32::from_be_bytes(*length) as usize) else { break };
        messages.push(ExportTraceServiceRequest::decode(message).unwrap());
        rest = after;
    }
    messages
}

/// What a span of the shop must carry, from the shop's map, read by hand: entries their capability; servers and consumers the hop of their
/// service; those that ask somebody outside, who sends no spans, the hop of that one; nobody else anything.
fn wanted((service, span): &Sent) -> Vec<(&'static str, String)> {
    let address = text_of(&span.attributes, "server.address").unwrap_or_default();
    match (span.kind, span.name.as_str()) {
        (2, "POST /checkout") => entry("checkout", span),
        (2, "GET /products/{id}") => entry("browse", span),
        (2 | 5, _) => vec![("steelthread.hop", service.clone())],
        (3, _) if address == "stock-db.shop.internal" => vec![("steelthread.hop", "stock-db".into())],
        (3, _) if address.ends_with(".cardnet.example") => vec![("steelthread.hop", "card-network".into())],
        _ => Vec::new(),
    }
}

fn entry(capability: &str, span: &Span) -> Vec<(&'static str, String)> {
    vec![
        ("steelthread.capability", capability.into()),
        ("steelthread.hop", format!("web {}", span.name)),
        ("steelthread.thread", "web".into()),
    ]
}

/// Takes our attributes off a span.
fn taken_off(span: &mut Span) -> Vec<(String, String)> {
    let ours = |one: &KeyValue| one.key.starts_with("steelthread.");
    let mut taken: Vec<(String, String)> = span
        .attributes
        .iter()
        .filter(|one| ours(one))
        .map(|one| (one.key.clone(), text_of(&span.attributes, &one.key).unwrap().to_owned()))
        .collect();
    span.attributes.retain(|one| !ours(one));
    taken.sort();
    taken
}

/// A collector that writes all it gets to a file.
fn at_the_end(folder: &Path, name: &str) -> (Collector, PathBuf) {
    let file = folder.join(format!("{name}.proto"));
    let config = format!(
        "exporters: {{file: {{path: {}, format: proto}}}}\nservice: {{pipelines: {{traces: {{receivers: [otlp], exporters: [file]}}}}}}\n",
        file.display()
    );
    (Collector::start(folder, name, &config), file)
}

#[test]
fn every_span_goes_on_once_with_capability_thread_and_hop() {
    let folder = tempfile::tempdir().unwrap();
    let (by_grpc, grpc_file) = at_the_end(folder.path(), "by-grpc");
    let (by_http, http_file) = at_the_end(folder.path(), "by-http");
    let (grpc, http) = (format!("http://127.0.0.1:{}", by_grpc.grpc), format!("http://127.0.0.1:{}", by_http.http));
    let start = |name: &str, flags: &[&str]| Server::start(folder.path(), name, steelthread::demo::MAP, flags);
    let mut servers = [
        start("one", &["--forward-endpoint", &grpc, "--forward-compression", "zstd"]),
        start("two", &["--forward-endpoint", &http, "--forward-protocol", "http/protobuf", "--forward-compression", "gzip"]),
    ];
    let first = Collector::start(
        folder.path(),
        "first",
        &format!(
            "processors: {{batch: {{timeout: 200ms}}}}\nexporters:\n  otlp_grpc: {{endpoint: 127.0.0.1:{}, tls: {{insecure: true}}}}\n  \
             otlp_http: {{endpoint: \"http://127.0.0.1:{}\", encoding: json}}\nservice: {{pipelines: {{traces: {{receivers: [otlp], \
             processors: [batch], exporters: [otlp_grpc, otlp_http]}}}}}}\n",
            servers[0].grpc, servers[1].http
        ),
    );
    let told = shop::run(19, 12, 60, steelthread::app::clock::now_ns() - 60_000_000_000);
    let sender = Sender::new(first.grpc);
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    let sent = spans(&told.requests);
    for (server, file) in servers.iter_mut().zip([&grpc_file, &http_file]) {
        server.arrived(told.spans);
        let all = poll(PATIENCE, || (spans(&written(file)).len() >= sent.len()).then_some(()));
        assert!(all.is_some(), "{} of {} spans went on", spans(&written(file)).len(), sent.len());
        // What would come twice would come now at the latest.
        server.go();
    }
    by_grpc.stop();
    by_http.stop();
    for file in [grpc_file, http_file] {
        same(&sent, spans(&written(&file)));
    }
}

fn same(sent: &[Sent], got: Vec<Sent>) {
    assert_eq!(got.len(), sent.len());
    let mut by_id: BTreeMap<Id, Sent> = BTreeMap::new();
    for one in got {
        let twice = by_id.insert((one.1.trace_id.clone(), one.1.span_id.clone()), one);
        assert!(twice.is_none(), "a span came twice: {twice:?}");
    }
    for one in sent {
        let (service, mut span) = by_id.remove(&(one.1.trace_id.clone(), one.1.span_id.clone())).unwrap();
        let carried = taken_off(&mut span);
        let wanted: Vec<_> = wanted(one).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        assert_eq!(carried, wanted, "{one:?}");
        assert_eq!((&service, &span), (&one.0, &one.1));
    }
}
