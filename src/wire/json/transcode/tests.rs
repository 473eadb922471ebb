#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::transcode;
use super::value::DEEPEST;
use crate::wire::json::decode;
use crate::wire::otlp::tests::tape;
use crate::wire::seen::{Seen, Told};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue, any_value::Value as Any};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};

fn read(document: &str) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(&*transcode(document.as_bytes()).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// A request as JSON with all its fields, as the specification writes them.
fn whole(request: &ExportTraceServiceRequest) -> Value {
    json!({"resourceSpans": request.resource_spans.iter().map(resource_spans).collect::<Vec<_>>()})
}

fn resource_spans(one: &ResourceSpans) -> Value {
    let resource = |of: &Resource| {
        json!({"attributes": pairs(&of.attributes), "droppedAttributesCount": of.dropped_attributes_count,
            "entityRefs": of.entity_refs.iter().map(entity).collect::<Vec<_>>()})
    };
    json!({"scopeSpans": one.scope_spans.iter().map(scope_spans).collect::<Vec<_>>(), "schemaUrl": one.schema_url,
        "resource": one.resource.as_ref().map(resource)})
}

fn entity(of: &EntityRef) -> Value {
    json!({"schemaUrl": of.schema_url, "type": of.r#type, "idKeys": of.id_keys, "descriptionKeys": of.description_keys})
}

fn scope_spans(one: &ScopeSpans) -> Value {
    let scope = |of: &InstrumentationScope| {
        json!({"name": of.name, "version": of.version, "attributes": pairs(&of.attributes),
            "droppedAttributesCount": of.dropped_attributes_count})
    };
    json!({"scope": one.scope.as_ref().map(scope), "spans": one.spans.iter().map(span).collect::<Vec<_>>(),
        "schemaUrl": one.schema_url})
}

fn span(of: &Span) -> Value {
    json!({
        "traceId": hex(&of.trace_id), "spanId": hex(&of.span_id), "parentSpanId": hex(&of.parent_span_id),
        "traceState": of.trace_state, "flags": of.flags, "name": of.name, "kind": of.kind,
        "startTimeUnixNano": of.start_time_unix_nano.to_string(), "endTimeUnixNano": of.end_time_unix_nano,
        "attributes": pairs(&of.attributes), "droppedAttributesCount": of.dropped_attributes_count,
        "events": of.events.iter().map(event).collect::<Vec<_>>(), "droppedEventsCount": of.dropped_events_count,
        "links": of.links.iter().map(link).collect::<Vec<_>>(), "droppedLinksCount": of.dropped_links_count.to_string(),
        "status": of.status.as_ref().map(|of: &Status| json!({"code": of.code, "message": of.message})),
    })
}

fn event(of: &Event) -> Value {
    json!({"timeUnixNano": of.time_unix_nano, "name": of.name, "attributes": pairs(&of.attributes),
        "droppedAttributesCount": of.dropped_attributes_count})
}

fn link(of: &Link) -> Value {
    json!({"traceId": hex(&of.trace_id), "spanId": hex(&of.span_id), "traceState": of.trace_state,
        "attributes": pairs(&of.attributes), "droppedAttributesCount": of.dropped_attributes_count, "flags": of.flags})
}

fn pairs(of: &[KeyValue]) -> Vec<Value> {
    of.iter().map(|pair| json!({"key": pair.key, "value": pair.value.as_ref().map(value_of)})).collect()
}

fn value_of(of: &AnyValue) -> Value {
    match &of.value {
        Some(Any::StringValue(text)) => json!({"stringValue": text}),
        Some(Any::BoolValue(value)) => json!({"boolValue": value}),
        Some(Any::IntValue(value)) => json!({"intValue": value.to_string()}),
        Some(Any::DoubleValue(value)) => json!({"doubleValue": value.to_string()}),
        Some(Any::ArrayValue(list)) => json!({"arrayValue": {"values": list.values.iter().map(value_of).collect::<Vec<_>>()}}),
        Some(Any::KvlistValue(list)) => json!({"kvlistValue": {"values": pairs(&list.values)}}),
        Some(Any::BytesValue(bytes)) => json!({"bytesValue": base64(bytes)}),
        Some(Any::StringValueStrindex(_)) | None => json!({}),
    }
}

/// Without what JSON cannot say (which NaN it is, and indices into a table of texts, which only profiles have), and cut where it is too deep.
fn sayable(request: &mut ExportTraceServiceRequest) {
    let mut open: Vec<&mut KeyValue> = Vec::new();
    for one in &mut request.resource_spans {
        open.extend(one.resource.iter_mut().flat_map(|resource| &mut resource.attributes));
        for scope in &mut one.scope_spans {
            open.extend(scope.scope.iter_mut().flat_map(|scope| &mut scope.attributes));
            for span in &mut scope.spans {
                open.extend(&mut span.attributes);
                open.extend(span.events.iter_mut().flat_map(|event| &mut event.attributes));
                open.extend(span.links.iter_mut().flat_map(|link| &mut link.attributes));
            }
        }
    }
    let mut open: Vec<(&mut KeyValue, u32)> = open.into_iter().map(|pair| (pair, 0)).collect();
    let mut values: Vec<(&mut AnyValue, u32)> = Vec::new();
    loop {
        while let Some((pair, depth)) = open.pop() {
            pair.key_strindex = 0;
            values.extend(pair.value.as_mut().map(|value| (value, depth)));
        }
        let Some((value, depth)) = values.pop() else { return };
        let nested = matches!(value.value, Some(Any::ArrayValue(_) | Any::KvlistValue(_)));
        if matches!(value.value, Some(Any::StringValueStrindex(_))) || (nested && depth >= DEEPEST) {
            value.value = None;
        }
        match &mut value.value {
            Some(Any::DoubleValue(number)) if number.is_nan() => *number = f64::NAN,
            Some(Any::ArrayValue(list)) => values.extend(list.values.iter_mut().map(|value| (value, depth + 1))),
            Some(Any::KvlistValue(list)) => open.extend(list.values.iter_mut().map(|pair| (pair, depth + 1))),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_written_as_json_comes_back_with_all_there_is_in_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(mut request) = ExportTraceServiceRequest::decode(&*tape::message(&bytes)) {
            sayable(&mut request);
            let document = whole(&request).to_string();
            let transcoded = transcode(document.as_bytes()).unwrap();
            let read = ExportTraceServiceRequest::decode(&*transcoded).unwrap();
            prop_assert_eq!(read.encode_to_vec(), request.encode_to_vec(), "{}", document);
        }
    }
}

#[test]
fn spans_have_the_numbers_that_the_decoder_gives_them() {
    let document = r#"{"resourceSpans":[null,{"scopeSpans":[null,{"spans":[
        {"name":"one"},null,{"name":"two","traceId":"no hex"},5,{"name":"four","events":[7,null,{"name":"kept"}]}]}],
        "resource":{"attributes":[{"key":"late","value":{"intValue":"1"}}]}},
        {"scopeSpans":[{"spans":[{"name":"five"}]}],"scopeSpans":[{"spans":[{"name":"six"}]}]}]}"#;
    let mut seen = Seen::default();
    decode(document.as_bytes(), 128, &mut seen).unwrap();
    let told: Vec<Option<String>> = seen
        .0
        .iter()
        .filter_map(|told| match told {
            Told::Resource(_) => None,
            Told::Span(span) => Some(Some(String::from_utf8(span.name.clone()).unwrap())),
            Told::Reject(_) => Some(None),
        })
        .collect();
    let request = read(document);
    let spans: Vec<&Span> = request.resource_spans.iter().flat_map(|one| &one.scope_spans).flat_map(|one| &one.spans).collect();
    assert_eq!((told.len(), spans.len()), (6, 6), "{told:?}");
    for (told, span) in told.iter().zip(&spans) {
        assert!(told.as_ref().is_none_or(|name| *name == span.name), "{told:?} {}", span.name);
    }
    assert_eq!(spans[3].events.last().unwrap().name, "kept");
    assert_eq!(request.resource_spans[0].resource.as_ref().unwrap().attributes[0].key, "late");
}

#[test]
fn what_the_specification_allows_is_read_as_it_is_meant() {
    let document = r#"{"resourceSpans":[{"scopeSpans":[{"scope":null,"spans":[{"kind":"2","flags":"257","startTimeUnixNano":"18446744073709551615",
        "traceId":"5B8EFFF798038103D269B633813FC60C","status":null,"new":{"a":[]},"attributes":[
        {"key":"n","value":{"doubleValue":"NaN"}},{"key":"b","value":{"bytesValue":"-_8="}},{"key":"c","value":{"bytesValue":"+/8"}},
        {"key":"a","value":{"arrayValue":{"values":[null,{"intValue":200.0},{"kvlistValue":{"values":[{"key":"k"}]}}]}}}]}]}]}]}"#;
    let request = read(document);
    let scope = &request.resource_spans[0].scope_spans[0];
    let span = &scope.spans[0];
    assert!(scope.scope.is_none() && span.status.is_none());
    assert_eq!((span.kind, span.flags, span.start_time_unix_nano, span.trace_id[0]), (2, 257, u64::MAX, 0x5b));
    let value = |at: usize| span.attributes[at].value.as_ref().unwrap().value.clone().unwrap();
    assert!(matches!(value(0), Any::DoubleValue(number) if number.is_nan()));
    assert_eq!((value(1), value(2)), (Any::BytesValue(vec![0xfb, 0xff]), Any::BytesValue(vec![0xfb, 0xff])));
    let Any::ArrayValue(list) = value(3) else { panic!("no array") };
    assert_eq!((list.values.len(), list.values[1].value.clone()), (3, Some(Any::IntValue(200))));
    assert!(matches!(&list.values[2].value, Some(Any::KvlistValue(list)) if list.values[0].key == "k"));
}

#[test]
fn values_nested_very_deep_are_cut_and_nothing_overflows() {
    let around = |depth: usize| {
        let (open, close) = (r#"{"kvlistValue":{"values":[{"key":"k","value":"#.repeat(depth), "}]}}".repeat(depth));
        format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"name":"n","attributes":[{{"key":"k","value":{open}null{close}}}]}}]}}]}}]}}"#
        )
    };
    for depth in [1, 27, 28, 29, 1_000, 100_000] {
        let request = read(&around(depth));
        assert_eq!(request.resource_spans[0].scope_spans[0].spans[0].name, "n", "{depth}");
    }
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(&deep).resource_spans.is_empty());
}
