//! The walk against prost on one realistic request: 512 spans, 11 attributes and about 470 bytes a span.
//!
//! `cargo bench --bench walk`. The walk looks at every attribute key, as the tagger does.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use std::hint::black_box;
use steelthread::model::{Attribute, RawSpan};
use steelthread::wire::{SpanSink, json, otlp};

const SPANS: u64 = 512;

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

fn span(number: u64) -> Span {
    let start = 1_661_140_339_213_560_192 + number * 1_000_003;
    Span {
        trace_id: [number.to_be_bytes(), 0x9e37_79b9_7f4a_7c15_u64.to_be_bytes()].concat(),
        span_id: (number * 7 + 1).to_be_bytes().to_vec(),
        parent_span_id: (number * 7).to_be_bytes().to_vec(),
        flags: 257,
        name: "POST /api/v1/orders/{id}/payment".to_owned(),
        kind: 2 + (number % 2) as i32,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 1_234_567,
        attributes: vec![
            text("http.request.method", "POST"),
            text("url.scheme", "https"),
            text("http.route", "/api/v1/orders/{id}/payment"),
            text("url.path", "/api/v1/orders/8812/payment"),
            pair("http.response.status_code", Value::IntValue(200)),
            text("server.address", "orders.shop.svc.cluster.local"),
            pair("server.port", Value::IntValue(8080)),
            text("network.protocol.version", "1.1"),
            text("user_agent.original", "okhttp/4.12.0"),
            text("client.address", "10.42.3.117"),
            pair("app.priority", Value::BoolValue(true)),
        ],
        status: Some(Status::default()),
        ..Span::default()
    }
}

fn request() -> ExportTraceServiceRequest {
    let attributes = vec![text("service.name", "orders"), text("service.version", "1.4.2"), text("host.name", "node-7")];
    let resource_spans = (0..4)
        .map(|part| ResourceSpans {
            resource: Some(Resource { attributes: attributes.clone(), ..Resource::default() }),
            scope_spans: vec![ScopeSpans {
                spans: (part * SPANS / 4..(part + 1) * SPANS / 4).map(span).collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        })
        .collect();
    ExportTraceServiceRequest { resource_spans }
}

/// Looks at every key and counts.
#[derive(Default)]
struct Looking(usize);

impl SpanSink for Looking {
    fn resource(&mut self, attributes: &[Attribute<'_>]) {
        self.0 += attributes.len();
    }

    fn span(&mut self, span: &RawSpan<'_>) {
        let known = |attribute: &&Attribute<'_>| {
            matches!(attribute.key, b"http.route" | b"server.address" | b"http.response.status_code")
        };
        self.0 += span.attributes.iter().filter(known).count() + span.trace_id.len();
    }

    fn reject(&mut self, _: &str) {}
}

fn walk(criterion: &mut Criterion) {
    let message = request().encode_to_vec();
    let document = as_json();
    let mut group = criterion.benchmark_group("request of 512 spans");
    group.throughput(Throughput::Elements(SPANS));
    group.bench_function("walk", |bencher| {
        let mut scratch = otlp::Scratch::default();
        bencher.iter(|| {
            let mut sink = Looking::default();
            let outcome = otlp::walk(black_box(&message), 128, &mut scratch, &mut sink);
            (outcome.is_ok(), sink.0)
        });
    });
    group.bench_function("prost", |bencher| bencher.iter(|| ExportTraceServiceRequest::decode(black_box(&*message))));
    group.bench_function("json", |bencher| {
        bencher.iter(|| {
            let mut sink = Looking::default();
            (json::decode(black_box(document.as_bytes()), 128, &mut sink).is_ok(), sink.0)
        });
    });
    group.finish();
}

/// Spans of about the same kind as JSON.
fn as_json() -> String {
    let span = r#"{"traceId":"8b51e36eaee3265bec099d0c5c63fd37","spanId":"81bb89d4400f5187","parentSpanId":"5ad88c3dc3137b99","name":"GetProduct",
        "kind":2,"startTimeUnixNano":"1661140339211069725","endTimeUnixNano":"1661140339214263097","attributes":[
        {"key":"rpc.system","value":{"stringValue":"grpc"}},{"key":"rpc.service","value":{"stringValue":"shop.Catalog"}},
        {"key":"rpc.method","value":{"stringValue":"GetProduct"}},{"key":"server.port","value":{"intValue":"8080"}}]}"#;
    let spans = vec![span; SPANS as usize].join(",");
    format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[]}},"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
}

criterion_group!(benches, walk);
criterion_main!(benches);
