//! The demo's shop as OTLP requests: what was done to each execution is known, so whatever comes out can be held against it.

use opentelemetry::trace::SpanKind;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span, status};
use prost::Message;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use steelthread::demo::{Arrival, PlannedSpan, Script, Tally, Traffic};

/// A run of the shop, told.
pub struct Told {
    pub requests: Vec<ExportTraceServiceRequest>,
    pub tally: Tally,
    pub spans: u64,
}

/// Its requests in a file, as the collector's file exporter frames them.
#[allow(dead_code, reason = "not every binary of tests records")]
pub fn recorded(folder: &Path, told: &Told) -> String {
    let path = folder.join("traces.pb");
    let mut file = std::fs::File::create(&path).unwrap();
    for request in &told.requests {
        let message = request.encode_to_vec();
        file.write_all(&(message.len() as u32).to_be_bytes()).unwrap();
        file.write_all(&message).unwrap();
    }
    path.display().to_string()
}

/// What the shop does in so many seconds at so many executions a second, beginning at this moment: one span a service and request, so
/// that a trace is spread over many requests.
pub fn run(seed: u64, seconds: u64, per_second: u32, from_ns: u64) -> Told {
    let script = Script::new("default", Duration::from_secs(seconds)).unwrap();
    let mut told = Told { requests: Vec::new(), tally: Tally::default(), spans: 0 };
    let mut spans: Vec<(&'static str, Span)> = Vec::new();
    for (number, arrival) in Traffic::new(script, seed, per_second).enumerate() {
        told.tally.add(&arrival.plan.made);
        let trace = u128::from(seed) << 64 | (number as u128 + 1);
        spans.extend(arrival.plan.spans.iter().enumerate().map(|(at, planned)| span_of(trace, at, planned, &arrival, from_ns)));
    }
    told.spans = spans.len() as u64;
    told.requests = spans.chunks(100).map(request).collect();
    told
}

fn span_of(trace: u128, at: usize, planned: &PlannedSpan, arrival: &Arrival, from_ns: u64) -> (&'static str, Span) {
    let begin_ns = from_ns + (arrival.at_us + 10_000_000).saturating_sub(arrival.plan.length_us()) * 1000;
    planned_span(trace, at, planned, begin_ns)
}

/// A span of an execution that begins at this moment, with the service that sends it. `at`: its position in the plan.
pub fn planned_span(trace: u128, at: usize, planned: &PlannedSpan, begin_ns: u64) -> (&'static str, Span) {
    let id = |at: usize| (at as u64 + 1).to_be_bytes().to_vec();
    let code = if planned.error.is_some() { status::StatusCode::Error } else { status::StatusCode::Unset };
    let exception = planned.exception.map(|name| span::Event {
        name: "exception".into(),
        attributes: vec![text("exception.type", name)],
        ..Default::default()
    });
    let span = Span {
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: id(at),
        parent_span_id: planned.parent.map(id).unwrap_or_default(),
        name: planned.name.into(),
        kind: match planned.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        },
        start_time_unix_nano: begin_ns + planned.start_us * 1000,
        end_time_unix_nano: begin_ns + planned.end_us * 1000,
        attributes: planned.attributes.iter().map(attribute).collect(),
        events: exception.into_iter().collect(),
        status: Some(Status { code: code.into(), message: planned.error.unwrap_or_default().into() }),
        ..Default::default()
    };
    (planned.service.name(), span)
}

fn attribute(one: &opentelemetry::KeyValue) -> KeyValue {
    let value = match &one.value {
        opentelemetry::Value::Bool(it) => any_value::Value::BoolValue(*it),
        opentelemetry::Value::I64(it) => any_value::Value::IntValue(*it),
        opentelemetry::Value::F64(it) => any_value::Value::DoubleValue(*it),
        other => any_value::Value::StringValue(other.as_str().into_owned()),
    };
    KeyValue { key: one.key.to_string(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

pub fn text(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.into());
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

pub fn request(spans: &[(&'static str, Span)]) -> ExportTraceServiceRequest {
    let mut by_service: Vec<(&'static str, Vec<Span>)> = Vec::new();
    for (service, span) in spans {
        match by_service.iter_mut().find(|(name, _)| name == service) {
            Some((_, there)) => there.push(span.clone()),
            None => by_service.push((service, vec![span.clone()])),
        }
    }
    let resource_spans = by_service.into_iter().map(|(service, spans)| ResourceSpans {
        resource: Some(Resource { attributes: vec![text("service.name", service)], ..Default::default() }),
        scope_spans: vec![ScopeSpans { spans, ..Default::default() }],
        ..Default::default()
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}
