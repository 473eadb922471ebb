#![allow(clippy::unwrap_used, clippy::expect_used)]

mod write;

use super::{Unreadable, decode};
use crate::wire::otlp::tests::{compare::shown, tape};
use crate::wire::seen::{Seen, SeenSpan, SeenValue, Told};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use proptest::prelude::*;
use prost::Message;
use write::write;

fn read(document: &str) -> Seen {
    let mut seen = Seen::default();
    decode(document.as_bytes(), 128, &mut seen).unwrap();
    seen
}

fn unreadable(document: &str) -> Unreadable {
    decode(document.as_bytes(), 128, &mut Seen::default()).unwrap_err()
}

/// A document with these spans.
fn document(spans: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
}

/// The only span of a document with this span.
fn span(span: &str) -> SeenSpan {
    let seen = read(&document(span));
    assert!(seen.rejects().is_empty(), "{:?}", seen.rejects());
    seen.spans()[0].clone()
}

/// Why this span is rejected, while the one beside it is taken.
fn rejected(span: &str) -> String {
    let seen = read(&document(&format!(r#"{span},{{"name":"beside"}}"#)));
    assert_eq!(seen.spans().len(), 1, "{:?}", seen.0);
    assert_eq!(seen.spans()[0].name, b"beside");
    seen.rejects()[0].to_owned()
}

/// The value of the only attribute of a span with this attribute.
fn value(any_value: &str) -> SeenValue {
    span(&format!(r#"{{"attributes":[{{"key":"k","value":{any_value}}}]}}"#)).attributes[0].1.clone()
}

fn without_payload_of_nan(mut told: Vec<Told>) -> Vec<Told> {
    for told in &mut told {
        let attributes = match told {
            Told::Resource(attributes) => attributes,
            Told::Span(span) => &mut span.attributes,
            Told::Reject(_) => continue,
        };
        for (_, value) in attributes {
            if let SeenValue::Double(bits) = value
                && f64::from_bits(*bits).is_nan()
            {
                *value = SeenValue::Double(f64::NAN.to_bits());
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_shows_what_the_same_message_shows_in_protobuf(bytes in proptest::collection::vec(any::<u8>(), 0..300), flag: bool) {
        if let Ok(request) = ExportTraceServiceRequest::decode(&*tape::message(&bytes)) {
            let mut seen = Seen::default();
            let document = write(&request, flag);
            decode(document.as_bytes(), 5, &mut seen).unwrap();
            // A resource is told per list of scopes; without one there are no spans to tell it for.
            prop_assert_eq!(without_payload_of_nan(seen.0), without_payload_of_nan(shown(&request, 5)), "{}", document);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in r#"(\{|\}|\[|\]|,|:|"resourceSpans"|"scopeSpans"|"spans"|"resource"|"attributes"|"key"|"value"|null|1|"a"){0,40}"#) {
        let _ = decode(text.as_bytes(), 128, &mut Seen::default());
    }
}

#[test]
fn ids_are_hex_in_either_case_and_of_any_length() {
    let span = span(r#"{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":"ab"}"#);
    assert_eq!(span.trace_id[..3], [0x5b, 0x8e, 0xff]);
    assert_eq!((span.span_id.len(), span.parent_span_id), (8, vec![0xab]));
    let nothing = super::tests::span(r#"{"traceId":"","spanId":null}"#);
    assert!(nothing.trace_id.is_empty() && nothing.span_id.is_empty());
}

#[test]
fn an_id_that_is_no_hex_rejects_its_span_alone() {
    assert_eq!(rejected(r#"{"traceId":"xyz0"}"#), r#"traceId must be hex digits in pairs as text, not "xyz0""#);
    assert_eq!(rejected(r#"{"spanId":"abc"}"#), r#"spanId must be hex digits in pairs as text, not "abc""#);
    assert_eq!(rejected(r#"{"parentSpanId":12}"#), "parentSpanId must be hex digits in pairs as text, not 12");
    assert!(rejected(r#"{"links":[{"traceId":"q"}]}"#).starts_with("traceId of a link must be hex digits"));
}

#[test]
fn times_are_numbers_or_text() {
    let span = span(r#"{"startTimeUnixNano":"18446744073709551615","endTimeUnixNano":1661140339213560192}"#);
    assert_eq!((span.start_ns, span.end_ns), (u64::MAX, 1_661_140_339_213_560_192));
    assert!(rejected(r#"{"startTimeUnixNano":"yesterday"}"#).starts_with("startTimeUnixNano must be nanoseconds since 1970"));
    assert!(rejected(r#"{"endTimeUnixNano":-1}"#).starts_with("endTimeUnixNano must be nanoseconds since 1970"));
    assert!(rejected(r#"{"endTimeUnixNano":{"a":[1,{}]}}"#).ends_with("not an object"));
}

#[test]
fn enums_are_numbers_and_names_of_values_reject_the_span() {
    let span = span(r#"{"kind":3,"status":{"code":"2","message":null}}"#);
    assert_eq!((span.kind, span.status), (3, 2));
    assert_eq!(super::tests::span(r#"{"kind":17,"status":{"code":-1}}"#).kind, 17);
    let why = rejected(r#"{"kind":"SPAN_KIND_SERVER"}"#);
    assert_eq!(why, r#"kind must be the number of the enum value, such as 2, not "SPAN_KIND_SERVER""#);
    assert!(rejected(r#"{"status":{"code":"STATUS_CODE_ERROR"}}"#).starts_with("status.code must be the number"));
}

#[test]
fn null_is_absent_everywhere() {
    let all = r#"{"traceId":null,"spanId":null,"parentSpanId":null,"traceState":null,"name":null,"kind":null,"startTimeUnixNano":null,
        "endTimeUnixNano":null,"attributes":null,"events":null,"links":null,"status":null}"#;
    assert_eq!(span(all), SeenSpan::default());
    assert_eq!(span(r#"{"attributes":[null],"links":[null],"events":[null],"status":{"code":null}}"#), SeenSpan::default());
    assert_eq!(read(&document("null")).spans().len(), 0);
    for nothing in [
        "{}",
        r#"{"resourceSpans":null}"#,
        r#"{"resourceSpans":[null,{"scopeSpans":null},{"scopeSpans":[null,{"spans":null}]}]}"#,
    ] {
        assert!(read(nothing).spans().is_empty(), "{nothing}");
    }
}

#[test]
fn unknown_fields_are_ignored_and_only_lower_camel_case_is_known() {
    let span = span(r#"{"trace_id":"zz","Name":"x","name":"n","new":{"deep":[[[]]]},"spanId":"01","span_id":5}"#);
    assert_eq!((span.trace_id.len(), span.name, span.span_id), (0, b"n".to_vec(), vec![1]));
}

#[test]
fn integers_are_numbers_or_text_and_doubles_too() {
    assert_eq!(value(r#"{"intValue":-7}"#), SeenValue::Int(-7));
    assert_eq!(value(r#"{"intValue":"9223372036854775807"}"#), SeenValue::Int(i64::MAX));
    assert_eq!(value(r#"{"intValue":200.0}"#), SeenValue::Int(200));
    assert_eq!(value(r#"{"doubleValue":2.5}"#), SeenValue::Double(2.5_f64.to_bits()));
    assert_eq!(value(r#"{"doubleValue":3}"#), SeenValue::Double(3.0_f64.to_bits()));
    assert_eq!(value(r#"{"doubleValue":"2.5"}"#), SeenValue::Double(2.5_f64.to_bits()));
    assert_eq!(value(r#"{"doubleValue":"-Infinity"}"#), SeenValue::Double(f64::NEG_INFINITY.to_bits()));
    assert!(matches!(value(r#"{"doubleValue":"NaN"}"#), SeenValue::Double(bits) if f64::from_bits(bits).is_nan()));
}

#[test]
fn other_values_are_present_and_absent_ones_are_empty() {
    assert_eq!(value(r#"{"boolValue":true}"#), SeenValue::Bool(true));
    assert_eq!(value(r#"{"stringValue":"a\"\u00e9"}"#), SeenValue::Text("a\"é".into()));
    assert_eq!(value(r#"{"arrayValue":{"values":[{"intValue":"1"}]}}"#), SeenValue::Other);
    assert_eq!(value(r#"{"kvlistValue":{}}"#), SeenValue::Other);
    assert_eq!(value(r#"{"bytesValue":"AA=="}"#), SeenValue::Other);
    for nothing in ["null", "{}", r#"{"stringValue":null}"#, r#"{"newValue":1}"#] {
        assert_eq!(value(nothing), SeenValue::Empty, "{nothing}");
    }
}

#[test]
fn a_value_of_the_wrong_type_rejects_its_span_with_the_attribute_named() {
    let of = |any_value: &str| rejected(&format!(r#"{{"attributes":[{{"key":"http.route","value":{any_value}}}]}}"#));
    assert_eq!(of(r#"{"stringValue":5}"#), r#"attribute "http.route": `stringValue` must be text, not 5"#);
    assert_eq!(of(r#"{"boolValue":"true"}"#), r#"attribute "http.route": `boolValue` must be true or false, not "true""#);
    assert!(of(r#"{"intValue":1.5}"#).contains("`intValue` must be an integer of 64 bits"));
    assert!(of(r#"{"doubleValue":"fast"}"#).contains("`doubleValue` must be a number"));
    assert!(of("7").contains("its value must be an object"));
    assert_eq!(rejected(r#"{"attributes":{"a":1}}"#), "`attributes` must be a list, not an object");
    assert!(rejected(r#"{"attributes":[5]}"#).starts_with("an attribute must be an object"));
    assert_eq!(rejected("5"), "a span must be an object, not 5");
    assert_eq!(rejected(r#"{"name":[]}"#), "name must be text, not a list");
}

#[test]
fn attributes_and_links_beyond_the_limit_are_not_looked_at() {
    let document = document(
        r#"{"attributes":[{"key":"a"},{"key":"b"},{"key":"c"},5,{"value":7}],"links":[{},{},{},{"traceId":"zz"}],"name":"n"}"#,
    );
    let mut seen = Seen::default();
    decode(document.as_bytes(), 2, &mut seen).unwrap();
    let span = seen.spans()[0];
    assert_eq!((span.attributes.len(), span.links.len(), &span.name[..]), (2, 2, &b"n"[..]));
}

#[test]
fn a_resource_behind_its_spans_is_told_before_them() {
    let document = r#"{"resourceSpans":[
        {"scopeSpans":[{"spans":[{"name":"one"}]}],"resource":{"attributes":[{"key":"late","value":{"intValue":1}}]}},
        {"resource":{"attributes":[{"key":"early"}]},"scopeSpans":[{"spans":[{"name":"two"}]}]},
        {"scopeSpans":[{"spans":[{"name":"three"}]}]}]}"#;
    let seen = read(document);
    let keys: Vec<_> = seen.resources().iter().map(|of| of.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>()).collect();
    assert_eq!(keys, [vec![b"late".to_vec()], vec![b"early".to_vec()], vec![]]);
    assert_eq!(seen.spans().len(), 3);
}

#[test]
fn spans_of_a_resource_that_cannot_be_read_are_rejected() {
    for resource in ["7", r#"{"attributes":[{"key":"service.name","value":{"stringValue":1}}]}"#] {
        let document = format!(r#"{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"spans":[{{}},{{}}]}}]}}]}}"#);
        let seen = read(&document);
        assert_eq!((seen.spans().len(), seen.rejects().len()), (0, 2));
        assert!(seen.rejects()[0].starts_with("its resource cannot be read: "));
    }
}

#[test]
fn the_type_of_the_last_exception_that_has_one_is_shown() {
    let event = |name: &str, value: &str| {
        format!(r#"{{"attributes":[{{"key":"exception.type","value":{value}}},{{"key":"x"}}],"name":"{name}"}}"#)
    };
    let events = [
        event("exception", r#"{"stringValue":"First"}"#),
        event("exception", r#"{"stringValue":"Second"}"#),
        event("exception", r#"{"intValue":3}"#),
        event("other", r#"{"stringValue":"Third"}"#),
    ];
    let span = span(&format!(r#"{{"events":[{}]}}"#, events.join(",")));
    assert_eq!(span.exception_type.as_deref(), Some(&b"Second"[..]));
}

#[test]
fn a_document_that_is_no_json_is_an_error_with_its_place() {
    let error = unreadable("{\"resourceSpans\":[\n  {\"scopeSpans\": oops}]}");
    assert_eq!(error.to_string(), "not JSON (expected value at line 2, column 18)");
    assert!(matches!(unreadable(&format!("{} x", document(""))), Unreadable::NotJson(what) if what.why == "trailing characters"));
    assert!(matches!(unreadable(""), Unreadable::NotJson(_)));
}

#[test]
fn a_document_of_something_else_is_told_apart_from_broken_otlp() {
    for other in [r#"{"data":[]}"#, r#"{"resourceMetrics":[]}"#] {
        assert_eq!(unreadable(other), Unreadable::NoSpans, "{other}");
    }
    for (other, found) in [("[]", "a list"), ("5", "5"), ("null", "nothing")] {
        assert_eq!(unreadable(other), Unreadable::NoObject(found.into()), "{other}");
    }
    let error = unreadable(r#"{"resourceSpans":{}}"#);
    assert_eq!(error.to_string(), "not OTLP: `resourceSpans` must be a list, not an object");
    assert!(matches!(unreadable(r#"{"resourceSpans":[5]}"#), Unreadable::NotOtlp(_)));
    assert!(matches!(unreadable(r#"{"resourceSpans":[{"scopeSpans":[{"spans":"x"}]}]}"#), Unreadable::NotOtlp(_)));
}

#[test]
fn a_document_nested_very_deep_is_no_stack_overflow() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(value(&format!(r#"{{"arrayValue":{deep}}}"#)), SeenValue::Other);
    assert_eq!(unreadable(&deep), Unreadable::NoObject("a list".into()));
}

#[test]
fn a_byte_order_mark_means_nothing() {
    assert_eq!(read(&format!("\u{feff}{}", document(r#"{"name":"n"}"#))).spans().len(), 1);
    assert!(matches!(unreadable("\u{feff}\u{feff}{}"), Unreadable::NotJson(_)));
}
