#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Unreadable, decode};
use crate::wire::seen::{Seen, SeenSpan, SeenValue};

fn read(document: &str) -> Seen {
    let mut seen = Seen::default();
    decode(document.as_bytes(), 128, &mut seen).unwrap();
    seen
}

/// The only span of a trace with this span.
fn span(fields: &str) -> SeenSpan {
    let seen = read(&format!(r#"{{"data":[{{"traceID":"0a","spans":[{{{fields}}}]}}]}}"#));
    assert!(seen.rejects().is_empty(), "{:?}", seen.rejects());
    seen.spans()[0].clone()
}

fn id(last: u8, width: usize) -> Vec<u8> {
    let mut id = vec![0; width];
    id[width - 1] = last;
    id
}

const DOWNLOAD: &str = r#"{
  "data": [{
    "traceID": "5b8efff798038103d269b633813fc60c",
    "spans": [
      {"traceID": "5b8efff798038103d269b633813fc60c", "spanID": "eee19b7ec3c1b174", "operationName": "POST /orders", "references": [],
       "startTime": 1661140339213560, "duration": 504, "processID": "p1", "warnings": null,
       "tags": [{"key": "span.kind", "type": "string", "value": "server"}, {"key": "http.status_code", "type": "int64", "value": 500},
                {"key": "otel.status_code", "type": "string", "value": "ERROR"}, {"key": "error", "type": "bool", "value": true}],
       "logs": [{"timestamp": 1661140339213600, "fields": [{"key": "event", "type": "string", "value": "exception"},
                {"key": "exception.type", "type": "string", "value": "java.net.ConnectException"}]}]},
      {"traceID": "5b8efff798038103d269b633813fc60c", "spanID": "1b7ec3c1b174eee1", "operationName": "charge", "processID": "p2",
       "references": [{"refType": "CHILD_OF", "traceID": "5b8efff798038103d269b633813fc60c", "spanID": "eee19b7ec3c1b174"}],
       "startTime": 1661140339213570, "duration": 100, "tags": [{"key": "span.kind", "type": "string", "value": "client"}], "logs": []},
      {"traceID": "5b8efff798038103d269b633813fc60c", "spanID": "02", "operationName": "log", "processID": "p1",
       "startTime": 1661140339213570, "duration": 0}],
    "processes": {"p1": {"serviceName": "orders", "tags": [{"key": "hostname", "type": "string", "value": "h1"}]},
                  "p2": {"serviceName": "pay"}}
  }],
  "total": 0, "limit": 0, "offset": 0, "errors": null
}"#;

#[test]
fn a_download_shows_the_spans_of_each_process_behind_its_resource() {
    let seen = read(DOWNLOAD);
    let text = |text: &str| SeenValue::Text(text.into());
    assert_eq!(
        seen.resources(),
        [
            &[(b"service.name".to_vec(), text("orders")), (b"hostname".to_vec(), text("h1"))][..],
            &[(b"service.name".to_vec(), text("pay"))][..]
        ]
    );
    let names: Vec<_> = seen.spans().iter().map(|span| String::from_utf8_lossy(&span.name).into_owned()).collect();
    assert_eq!(names, ["POST /orders", "log", "charge"]);
}

#[test]
fn a_span_is_what_it_would_have_been_in_otlp() {
    let seen = read(DOWNLOAD);
    let (server, client) = (seen.spans()[0], seen.spans()[2]);
    assert_eq!((server.start_ns, server.end_ns), (1_661_140_339_213_560_000, 1_661_140_339_214_064_000));
    assert_eq!((server.kind, server.status, client.kind, client.status), (2, 2, 3, 0));
    assert_eq!(server.attributes[1], (b"http.status_code".to_vec(), SeenValue::Int(500)));
    assert_eq!(server.attributes[3], (b"error".to_vec(), SeenValue::Bool(true)));
    assert_eq!(server.exception_type.as_deref(), Some(&b"java.net.ConnectException"[..]));
    assert_eq!(client.parent_span_id, server.span_id);
    assert!(server.parent_span_id.is_empty() && client.links.is_empty());
}

#[test]
fn one_trace_and_a_list_of_traces_are_documents_too() {
    let trace = r#"{"traceID":"1","spans":[{"spanID":"2"}]}"#;
    for document in [trace.to_owned(), format!("[{trace}]"), format!(r#"{{"data":[{trace}]}}"#)] {
        assert_eq!(read(&document).spans().len(), 1, "{document}");
    }
    for nothing in [r#"{"data":[]}"#, r#"{"data":null}"#] {
        assert!(read(nothing).0.is_empty());
    }
}

#[test]
fn a_document_without_traces_is_told_apart() {
    for other in ["{}", "[]", "[1]", "7", r#"{"data":[1]}"#, r#"{"data":{}}"#, r#"{"spans":5}"#, r#"{"resourceSpans":[]}"#] {
        assert_eq!(decode(other.as_bytes(), 128, &mut Seen::default()), Err(Unreadable::NoTraces), "{other}");
    }
    let error = decode(b"{\"data\":[\n}", 128, &mut Seen::default()).unwrap_err();
    assert_eq!(error.to_string(), "not JSON (expected value at line 2, column 1)");
}

#[test]
fn ids_get_their_leading_zeros_back() {
    let span = span(r#""traceID":"ABC","spanID":"123456789abcdef0""#);
    assert_eq!(span.trace_id[13..], [0, 0x0a, 0xbc]);
    assert_eq!((span.trace_id.len(), span.span_id[0]), (16, 0x12));
    assert!(super::tests::span(r#""spanID":"""#).span_id.is_empty());
}

#[test]
fn a_span_without_a_trace_id_has_that_of_its_trace() {
    assert_eq!(span(r#""spanID":"1""#).trace_id, id(0x0a, 16));
}

#[test]
fn the_parent_is_the_first_child_of_else_the_first_follows_from_of_the_same_trace() {
    let reference =
        |kind: &str, trace: &str, span: &str| format!(r#"{{"refType":"{kind}","traceID":"{trace}","spanID":"{span}"}}"#);
    let with = |references: &[String]| span(&format!(r#""spanID":"1","references":[{}]"#, references.join(",")));
    let (other, follows) = (reference("CHILD_OF", "ff", "5"), reference("FOLLOWS_FROM", "0a", "6"));
    let (child, second) = (reference("CHILD_OF", "a", "7"), reference("CHILD_OF", "0a", "8"));
    let span = with(&[other.clone(), follows.clone(), child, second]);
    assert_eq!(span.parent_span_id, id(7, 8));
    assert_eq!(span.links, [(id(0xff, 16), id(5, 8)), (id(0x0a, 16), id(6, 8)), (id(0x0a, 16), id(8, 8))]);
    let consumer = with(&[other.clone(), follows]);
    assert_eq!((consumer.parent_span_id, consumer.links.len()), (id(6, 8), 1));
    let root = with(&[other]);
    assert_eq!((root.parent_span_id.len(), root.links.len()), (0, 1));
    assert_eq!(super::tests::span(r#""spanID":"1","parentSpanID":"9""#).parent_span_id, id(9, 8));
}

#[test]
fn tags_have_the_type_that_is_written_beside_them_or_else_their_own() {
    let tag = |kind: &str, value: &str| {
        let fields = format!(r#""tags":[{{"key":"k","type":"{kind}","value":{value}}}]"#);
        span(&fields).attributes[0].1.clone()
    };
    assert_eq!(tag("int64", r#""9007199254740993""#), SeenValue::Int(9_007_199_254_740_993));
    assert_eq!(tag("float64", "1"), SeenValue::Double(1.0_f64.to_bits()));
    assert_eq!(tag("bool", r#""true""#), SeenValue::Bool(true));
    assert_eq!(tag("binary", r#""AAEC""#), SeenValue::Other);
    assert_eq!(tag("string", "12"), SeenValue::Int(12));
    assert_eq!(tag("int64", r#""many""#), SeenValue::Text(b"many".to_vec()));
    assert_eq!(tag("", "null"), SeenValue::Empty);
    assert_eq!(tag("string", "[1]"), SeenValue::Other);
}

#[test]
fn trace_state_and_kind_are_read_from_tags() {
    let span =
        span(r#""tags":[{"key":"w3c.tracestate","type":"string","value":"ot=th:8"},{"key":"span.kind","value":"Consumer"}]"#);
    assert_eq!((span.trace_state, span.kind), (b"ot=th:8".to_vec(), 5));
}

#[test]
fn an_exception_is_known_by_any_of_its_names() {
    let with = |logs: &[&str]| {
        let logs: Vec<_> = logs.iter().map(|fields| format!(r#"{{"fields":[{fields}]}}"#)).collect();
        span(&format!(r#""logs":[{}]"#, logs.join(","))).exception_type
    };
    let object = r#"{"key":"event","value":"error"},{"key":"error.object","value":"Timeout: 5 s"}"#;
    let kind = r#"{"key":"error.kind","value":"Refused"},{"key":"error.object","value":"long text"}"#;
    assert_eq!(with(&[object]).unwrap(), b"Timeout: 5 s");
    assert_eq!(with(&[object, kind]).unwrap(), b"Refused");
    assert_eq!(with(&[kind, r#"{"key":"event","value":"retry"}"#]).unwrap(), b"Refused");
    assert_eq!(with(&[r#"{"key":"event","value":"exception"}"#]), None);
}

#[test]
fn a_span_that_cannot_be_read_is_rejected_alone() {
    let bad = [r#"{"spanID":"x"}"#, r#"{"startTime":-5}"#, r#"{"duration":"long"}"#, r#"{"operationName":7}"#, "8"];
    let seen = read(&format!(r#"{{"spans":[{},null,{{"operationName":"good"}}]}}"#, bad.join(",")));
    assert_eq!((seen.rejects().len(), seen.spans().len()), (bad.len(), 1));
    assert_eq!(seen.rejects()[0], r#"spanID must be hex digits as text, not "x""#);
    assert!(seen.rejects()[1].starts_with("startTime must be microseconds"));
}
