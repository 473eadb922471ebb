//! Writes a request as OTLP/JSON, in every way that is allowed: a flag says which of two.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use serde_json::{Map, Value, json};

pub fn write(request: &ExportTraceServiceRequest, flag: bool) -> String {
    let resource_spans: Vec<_> = request.resource_spans.iter().map(|one| write_resource_spans(one, flag)).collect();
    format!(r#"{{"unknown":{{"x":[]}},"resourceSpans":[{}]}}"#, resource_spans.join(","))
}

/// By hand, because the resource may stand before or behind its spans.
fn write_resource_spans(of: &ResourceSpans, late: bool) -> String {
    let scopes: Vec<_> =
        of.scope_spans.iter().map(|scope| json!({"spans": list(&scope.spans, |span| write_span(span, late))})).collect();
    let resource = of.resource.as_ref().map(|resource| json!({"attributes": attributes(&resource.attributes, late)}));
    let (resource, scopes) = (format!(r#""resource":{}"#, json!(resource)), format!(r#""scopeSpans":{}"#, json!(scopes)));
    if late { format!("{{{scopes},{resource}}}") } else { format!("{{{resource},{scopes}}}") }
}

fn write_span(span: &Span, flag: bool) -> Value {
    let number = |value: u64| if flag { json!(value) } else { json!(value.to_string()) };
    json!({
        "traceId": hex(&span.trace_id, flag),
        "spanId": hex(&span.span_id, flag),
        "parentSpanId": hex(&span.parent_span_id, flag),
        "traceState": span.trace_state,
        "name": span.name,
        "kind": if flag { json!(span.kind) } else { json!(span.kind.to_string()) },
        "startTimeUnixNano": number(span.start_time_unix_nano),
        "endTimeUnixNano": number(span.end_time_unix_nano),
        "attributes": attributes(&span.attributes, flag),
        "status": span.status.as_ref().map(|status| json!({"code": status.code, "message": status.message})),
        "links": list(&span.links, |link| json!({"traceId": hex(&link.trace_id, flag), "spanId": hex(&link.span_id, flag)})),
        "events": list(&span.events, |event| json!({"attributes": attributes(&event.attributes, flag), "name": event.name})),
        "flags": 257,
    })
}

fn attributes(pairs: &[KeyValue], flag: bool) -> Value {
    list(pairs, |pair| json!({"key": pair.key, "value": pair.value.as_ref().map(|value| any_value(value, flag))}))
}

fn any_value(value: &AnyValue, flag: bool) -> Value {
    let mut object = Map::new();
    let (name, value) = match &value.value {
        Some(Any::StringValue(text)) => ("stringValue", json!(text)),
        Some(Any::IntValue(value)) if flag => ("intValue", json!(value)),
        Some(Any::IntValue(value)) => ("intValue", json!(value.to_string())),
        Some(Any::DoubleValue(value)) => ("doubleValue", json!(value.to_string())),
        Some(Any::BoolValue(value)) => ("boolValue", json!(value)),
        Some(Any::ArrayValue(_)) => ("arrayValue", json!({"values": [{"intValue": 1}]})),
        Some(Any::KvlistValue(_)) => ("kvlistValue", json!({"values": []})),
        Some(Any::BytesValue(_)) => ("bytesValue", json!("AAEC")),
        Some(Any::StringValueStrindex(_)) | None => ("stringValue", Value::Null),
    };
    object.insert(name.to_owned(), value);
    Value::Object(object)
}

/// An empty list may as well be absent.
fn list<T>(of: &[T], write: impl FnMut(&T) -> Value) -> Value {
    if of.is_empty() { Value::Null } else { Value::Array(of.iter().map(write).collect()) }
}

fn hex(bytes: &[u8], upper: bool) -> String {
    bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}
