//! A request as OTLP/JSON.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};
use std::fmt::Write;

pub fn document(request: &ExportTraceServiceRequest) -> Value {
    let resources = request.resource_spans.iter().map(|of_resource| {
        let attributes = of_resource.resource.iter().flat_map(|resource| &resource.attributes).map(attribute);
        let spans = of_resource.scope_spans.iter().flat_map(|scope| &scope.spans).map(span);
        json!({
            "resource": {"attributes": attributes.collect::<Vec<_>>()},
            "scopeSpans": [{"spans": spans.collect::<Vec<_>>()}],
        })
    });
    json!({"resourceSpans": resources.collect::<Vec<_>>()})
}

fn span(span: &Span) -> Value {
    let events = span
        .events
        .iter()
        .map(|event| json!({"name": event.name, "attributes": event.attributes.iter().map(attribute).collect::<Vec<_>>()}));
    let status = span.status.as_ref().map(|status| json!({"code": status.code, "message": status.message}));
    json!({
        "traceId": hex(&span.trace_id),
        "spanId": hex(&span.span_id),
        "parentSpanId": hex(&span.parent_span_id),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": span.start_time_unix_nano.to_string(),
        "endTimeUnixNano": span.end_time_unix_nano.to_string(),
        "attributes": span.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "status": status.unwrap_or_else(|| json!({})),
    })
}

fn attribute(one: &KeyValue) -> Value {
    let value = match one.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => json!({"stringValue": text}),
        Some(Any::BoolValue(it)) => json!({"boolValue": it}),
        Some(Any::IntValue(number)) => json!({"intValue": number.to_string()}),
        Some(Any::DoubleValue(number)) => json!({"doubleValue": number}),
        other => panic!("the shop says nothing like {other:?}"),
    };
    json!({"key": one.key, "value": value})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
