//! OTLP/JSON through the real door: what is legal, what rejects a span, and what rejects the document (spec 4.4).

use crate::program::{Server, shop_map};
use serde_json::{Value, json};
use std::cell::Cell;

/// What becomes of a document.
enum Fate {
    /// So many spans are taken, and nothing is said.
    Taken(u64),
    /// So many spans are taken and so many rejected; what is said has this in it.
    Partly(u64, u64, &'static str),
    /// Nothing is taken, and it must not be sent again; what is said has this in it.
    Refused(&'static str),
}
use Fate::{Partly, Refused, Taken};

thread_local!(static NEXT: Cell<u64> = const { Cell::new(1) });

/// Ids that no other span of these tests has.
fn ids() -> String {
    let number = NEXT.get();
    NEXT.set(number + 1);
    format!(r#""traceId":"{number:032x}","spanId":"{number:016x}""#)
}

/// A document with these spans.
fn spans(spans: &[String]) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","))
}

/// A span with good ids, and these fields.
fn with(fields: &str) -> String {
    let comma = if fields.is_empty() { "" } else { "," };
    format!("{{{}{comma}{fields}}}", ids())
}

/// A good span, and beside it one with these fields.
fn beside(fields: &str) -> String {
    spans(&[with(""), format!("{{{fields}}}")])
}

/// A good span, and beside it one with good ids and these fields.
fn beside_good_ids(fields: &str) -> String {
    spans(&[with(""), with(fields)])
}

/// A span with an attribute of this value.
fn attribute(value: &str) -> String {
    spans(&[with(&format!(r#""attributes":[{{"key":"k","value":{value}}}]"#))])
}

fn check(server: &Server, name: &str, document: &str, fate: &Fate) {
    let fates = |server: &Server| server.get("/api/v1/status")["spans"]["fates"].clone();
    let count = |fates: &Value, fate: &str| fates[fate].as_u64().unwrap();
    let before = fates(server);
    let (code, told) = server.post_json(document.as_bytes());
    let after = fates(server);
    let taken = count(&after, "in_flight") - count(&before, "in_flight");
    let malformed = count(&after, "malformed") - count(&before, "malformed");
    match fate {
        Taken(spans) => assert_eq!((code, &told, taken, malformed), (200, &json!({}), *spans, 0), "{name}"),
        Partly(spans, rejected, why) => {
            assert_eq!((code, taken, malformed), (200, *spans, *rejected), "{name}: {told}");
            let partial = &told["partialSuccess"];
            let number = partial["rejectedSpans"].as_str().map_or(0, |text| text.parse().unwrap());
            assert_eq!(number, *rejected, "{name}: {told}");
            assert!(partial["errorMessage"].as_str().unwrap().contains(why), "{name}: {told}");
        }
        Refused(why) => {
            assert_eq!((code, &told["code"], taken), (400, &json!(3), 0), "{name}: {told}");
            assert!(malformed >= 1, "{name}: nothing is lost silently");
            assert!(told["message"].as_str().unwrap().contains(why), "{name}: {told}");
        }
    }
}

/// Runs a table against a server whose open traces stay open.
fn run(table: Vec<(&str, String, Fate)>) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--no-entry", "1h"]);
    for (name, document, fate) in table {
        check(&server, name, &document, &fate);
    }
}

#[test]
fn legal_documents() {
    let upper = ids().to_uppercase().replace("TRACEID", "traceId").replace("SPANID", "spanId");
    run(vec![
        ("an empty object", "{}".into(), Taken(0)),
        ("no resource spans", r#"{"resourceSpans":[]}"#.into(), Taken(0)),
        ("null for lists", r#"{"resourceSpans":null}"#.into(), Taken(0)),
        ("null among lists", r#"{"resourceSpans":[null,{"scopeSpans":[null,{"spans":[null]}]}]}"#.into(), Taken(0)),
        ("ids alone", spans(&[with("")]), Taken(1)),
        ("upper-case hex", spans(&[format!("{{{upper}}}")]), Taken(1)),
        (
            "null for every field",
            spans(&[with(
                r#""parentSpanId":null,"traceState":null,"name":null,"kind":null,"startTimeUnixNano":null,"endTimeUnixNano":null,
                   "attributes":null,"events":null,"links":null,"status":null,"flags":null,"droppedAttributesCount":null"#,
            )]),
            Taken(1),
        ),
        (
            "64-bit integers as text and as numbers",
            spans(&[
                with(r#""startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000""#),
                with(r#""startTimeUnixNano":1544712660000000000,"endTimeUnixNano":1544712661000000000"#),
                with(r#""startTimeUnixNano":1.5447126600e18"#),
            ]),
            Taken(3),
        ),
        ("the largest integer as text", attribute(r#"{"intValue":"9223372036854775807"}"#), Taken(1)),
        ("the smallest integer as a number", attribute(r#"{"intValue":-9223372036854775808}"#), Taken(1)),
        ("a double that is none", attribute(r#"{"doubleValue":"NaN"}"#), Taken(1)),
        ("infinite doubles", attribute(r#"{"doubleValue":"-Infinity"}"#), Taken(1)),
        ("a double as text", attribute(r#"{"doubleValue":"2.5"}"#), Taken(1)),
        ("a double without a fraction", attribute(r#"{"doubleValue":3}"#), Taken(1)),
        ("a value that is null", attribute("null"), Taken(1)),
        ("an empty value", attribute("{}"), Taken(1)),
        ("bytes", attribute(r#"{"bytesValue":"AAEC"}"#), Taken(1)),
        ("lists and objects", attribute(r#"{"arrayValue":{"values":[{"kvlistValue":{"values":[]}},null]}}"#), Taken(1)),
        ("enums as integers", spans(&[with(r#""kind":2,"status":{"code":2,"message":"m"}"#)]), Taken(1)),
        ("an enum value of tomorrow", spans(&[with(r#""kind":17"#)]), Taken(1)),
        (
            "unknown fields at every depth",
            format!(
                r#"{{"new":[1],"resourceSpans":[{{"new":{{}},"resource":{{"new":1,"entityRefs":[]}},"schemaUrl":"u",
                    "scopeSpans":[{{"new":null,"scope":{{"name":"s","new":"x"}},"spans":[{}]}}]}}]}}"#,
                with(r#""new":{"deep":[[{"er":1}]]},"status":{"new":1},"events":[{"new":1}],"links":[]"#)
            ),
            Taken(1),
        ),
        ("snake case is unknown", spans(&[with(r#""trace_id":"zz","start_time_unix_nano":"yesterday","Name":7"#)]), Taken(1)),
        ("a field twice: the last holds", spans(&[format!(r#"{{"traceId":"zz",{}}}"#, ids())]), Taken(1)),
        ("escapes in names of fields", spans(&[with(r#""na\u006de":"n""#)]), Taken(1)),
        ("a byte order mark", format!("\u{feff}{}", spans(&[with("")])), Taken(1)),
        ("space around", format!(" \r\n\t{} \n", spans(&[with("")])), Taken(1)),
        (
            "much depth where nobody looks",
            spans(&[with(&format!(r#""new":{}1{}"#, "[".repeat(50_000), "]".repeat(50_000)))]),
            Taken(1),
        ),
        (
            "much depth in a value",
            attribute(&format!(r#"{{"arrayValue":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000))),
            Taken(1),
        ),
        (
            "a resource behind its spans",
            format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}],"resource":{{"attributes":[]}}}}]}}"#, with("")),
            Taken(1),
        ),
    ]);
}

#[test]
fn a_bad_span_is_rejected_alone() {
    run(vec![
        ("a trace id that is short", beside(r#""traceId":"5b8e","spanId":"eee19b7ec3c1b174""#), Partly(1, 1, "trace_id")),
        (
            "a span id that is long",
            beside(r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b17400""#),
            Partly(1, 1, "span_id"),
        ),
        ("no ids", beside(r#""name":"n""#), Partly(1, 1, "trace_id")),
        ("empty ids", beside(r#""traceId":"","spanId":"""#), Partly(1, 1, "trace_id")),
        (
            "ids of zeros",
            beside(r#""traceId":"00000000000000000000000000000000","spanId":"0000000000000000""#),
            Partly(1, 1, "trace_id"),
        ),
        (
            "ids in base64",
            beside(r#""traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=""#),
            Partly(1, 1, "traceId must be hex digits"),
        ),
        ("an id as a number", beside(r#""traceId":12,"spanId":"eee19b7ec3c1b174""#), Partly(1, 1, "traceId must be hex digits")),
        (
            "a parent that is no hex",
            beside_good_ids(r#""parentSpanId":"parent""#),
            Partly(1, 1, "parentSpanId must be hex digits"),
        ),
        (
            "a name of an enum value",
            beside_good_ids(r#""kind":"SPAN_KIND_SERVER""#),
            Partly(1, 1, "kind must be the number of the enum value"),
        ),
        (
            "a name of a status",
            beside_good_ids(r#""status":{"code":"STATUS_CODE_ERROR"}"#),
            Partly(1, 1, "status.code must be the number"),
        ),
        (
            "a time before 1970",
            beside_good_ids(r#""startTimeUnixNano":-1"#),
            Partly(1, 1, "startTimeUnixNano must be nanoseconds"),
        ),
        (
            "a time beyond 64 bits",
            beside_good_ids(r#""endTimeUnixNano":"18446744073709551616""#),
            Partly(1, 1, "endTimeUnixNano must be nanoseconds"),
        ),
        ("a name that is a number", beside_good_ids(r#""name":5"#), Partly(1, 1, "name must be text")),
        ("attributes as an object", beside_good_ids(r#""attributes":{"a":1}"#), Partly(1, 1, "`attributes` must be a list")),
        (
            "a value without its type",
            beside_good_ids(r#""attributes":[{"key":"k","value":"v"}]"#),
            Partly(1, 1, "its value must be an object"),
        ),
        (
            "an integer with a fraction",
            beside_good_ids(r#""attributes":[{"key":"k","value":{"intValue":1.5}}]"#),
            Partly(1, 1, "`intValue` must be an integer"),
        ),
        (
            "a boolean as text",
            beside_good_ids(r#""attributes":[{"key":"k","value":{"boolValue":"true"}}]"#),
            Partly(1, 1, "`boolValue` must be true or false"),
        ),
        ("a span that is text", spans(&[with(""), r#""span""#.into()]), Partly(1, 1, "a span must be an object")),
        ("all of them", spans(&["{}".into(), "{}".into(), "7".into()]), Partly(0, 3, "trace_id")),
        ("something else than traces", r#"{"resourceMetrics":[]}"#.into(), Partly(0, 0, "there is no field `resourceSpans`")),
        ("snake case at the top", r#"{"resource_spans":[]}"#.into(), Partly(0, 0, "there is no field `resourceSpans`")),
    ]);
}

#[test]
fn what_is_no_document_is_refused_whole() {
    let good = spans(&[with("")]);
    run(vec![
        ("nothing", String::new(), Refused("not JSON")),
        ("half a document", good[..good.len() - 3].into(), Refused("not JSON")),
        ("something behind it", format!("{good} x"), Refused("not JSON")),
        ("two documents", format!("{good}{good}"), Refused("not JSON")),
        ("a comma too many", r#"{"resourceSpans":[],}"#.into(), Refused("not JSON")),
        ("single quotes", "{'resourceSpans':[]}".into(), Refused("not JSON")),
        ("a bare NaN", attribute(r#"{"doubleValue":NaN}"#), Refused("not JSON")),
        ("a number beyond all doubles", attribute(r#"{"doubleValue":1e999}"#), Refused("not JSON")),
        ("half a surrogate pair", spans(&[with(r#""name":"\ud800""#)]), Refused("not JSON")),
        ("a list at the top", "[]".into(), Refused("the document must be an object")),
        ("null at the top", "null".into(), Refused("the document must be an object")),
        ("text at the top", r#""{}""#.into(), Refused("the document must be an object")),
        ("resource spans as an object", r#"{"resourceSpans":{}}"#.into(), Refused("`resourceSpans` must be a list")),
        ("spans as text", r#"{"resourceSpans":[{"scopeSpans":[{"spans":"x"}]}]}"#.into(), Refused("`spans` must be a list")),
        ("much depth that is nothing", "[".repeat(100_000), Refused("not JSON")),
    ]);
}
