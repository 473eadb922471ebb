//! The rules of protobuf that senders rely on, one by one.

use super::compare::{Agreed, compare, shown};
use super::seen::{Seen, SeenValue, Told};
use crate::wire::otlp::{Problem, Scratch, walk};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span};
use prost::Message;

/// A field with a length: key, length, bytes.
fn sized(number: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(body.len() as u64, &mut out);
    out.extend(body);
    out
}

/// A request with one span.
fn request_of(span: &[u8]) -> Vec<u8> {
    sized(1, &sized(2, &sized(2, span)))
}

fn walked(message: &[u8]) -> Seen {
    let mut seen = Seen::default();
    walk(message, 128, &mut Scratch::default(), &mut seen).unwrap();
    seen
}

fn refused(message: &[u8]) -> crate::wire::otlp::Malformed {
    assert_eq!(compare(message, 128, &mut Scratch::default()), Ok(Agreed::Refused));
    walk(message, 128, &mut Scratch::default(), &mut Seen::default()).unwrap_err()
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

#[test]
fn a_request_shows_resources_and_spans_in_order() {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "GET /cart".to_owned(),
        kind: 2,
        start_time_unix_nano: 1_661_140_339_213_560_192,
        end_time_unix_nano: 1_661_140_339_214_065_344,
        attributes: vec![text("http.route", "/cart"), pair("ratio", Value::DoubleValue(0.5))],
        links: vec![span::Link { trace_id: vec![3; 16], span_id: vec![4; 8], ..Default::default() }],
        status: Some(Status { code: 2, message: "no".to_owned() }),
        ..Span::default()
    };
    let of_resource = |name: &str| ResourceSpans {
        resource: Some(Resource { attributes: vec![text("service.name", name)], ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans: vec![span.clone(), Span::default()], ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    };
    let request = ExportTraceServiceRequest { resource_spans: vec![of_resource("cart"), of_resource("pay")] };
    let seen = walked(&request.encode_to_vec());
    assert_eq!(seen.0, shown(&request, 128));
    assert_eq!(seen.spans()[0].name, b"GET /cart");
    assert_eq!(seen.resources()[1][0].1, SeenValue::Text(b"pay".to_vec()));
}

#[test]
fn an_empty_message_is_a_request_without_spans() {
    assert!(walked(&[]).0.is_empty());
}

#[test]
fn a_resource_behind_its_spans_and_in_two_pieces_is_one_resource_before_them() {
    let piece = |key| sized(1, &sized(1, &text(key, "x").encode_to_vec()));
    let spans = sized(2, &sized(2, &[]));
    let message = sized(1, &[piece("one"), spans, piece("two")].concat());
    let seen = walked(&message);
    assert!(matches!(&seen.0[..], [Told::Resource(attributes), Told::Span(_)] if attributes.len() == 2));
    assert_eq!(compare(&message, 128, &mut Scratch::default()), Ok(Agreed::Taken { spans: 1 }));
}

#[test]
fn the_last_value_of_a_field_wins_and_a_status_in_two_pieces_is_merged() {
    let code = sized(15, &[3 << 3, 2]);
    let remark = sized(15, &sized(2, b"remark"));
    let span = [sized(5, b"first"), code, sized(5, b"last"), remark].concat();
    let seen = walked(&request_of(&span));
    assert_eq!(seen.spans()[0].name, b"last");
    assert_eq!(seen.spans()[0].status, 2);
}

#[test]
fn the_last_kind_of_value_wins_and_an_empty_value_changes_nothing() {
    let last_wins = [sized(1, b"key"), sized(2, &[sized(1, b"text"), vec![3 << 3, 7]].concat()), sized(2, &[])].concat();
    let seen = walked(&request_of(&sized(9, &last_wins)));
    assert_eq!(seen.spans()[0].attributes, [(b"key".to_vec(), SeenValue::Int(7))]);
}

#[test]
fn numbers_below_zero_take_ten_bytes_and_keep_their_sign() {
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: vec![Span { kind: -3, attributes: vec![pair("n", Value::IntValue(i64::MIN))], ..Span::default() }],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    let seen = walked(&request.encode_to_vec());
    assert_eq!(seen.spans()[0].kind, -3);
    assert_eq!(seen.spans()[0].attributes[0].1, SeenValue::Int(i64::MIN));
}

#[test]
fn the_type_of_the_last_exception_that_has_one_is_shown() {
    let event = |name: &str, attributes: Vec<KeyValue>| span::Event { name: name.to_owned(), attributes, ..Default::default() };
    let events = [
        event("exception", vec![text("exception.type", "Timeout")]),
        event("exception", vec![text("exception.type", "Refused"), text("exception.message", "no")]),
        event("exception", vec![text("exception.message", "nothing known")]),
        event("exception", vec![pair("exception.type", Value::IntValue(3))]),
        event("retry", vec![text("exception.type", "Other")]),
    ];
    let bytes: Vec<u8> = events.iter().flat_map(|event| sized(11, &event.encode_to_vec())).collect();
    assert_eq!(walked(&request_of(&bytes)).spans()[0].exception_type.as_deref(), Some(&b"Refused"[..]));
}

#[test]
fn the_name_of_an_event_may_stand_behind_its_attributes() {
    let event = [sized(3, &text("exception.type", "Late").encode_to_vec()), sized(2, b"exception")].concat();
    assert_eq!(walked(&request_of(&sized(11, &event))).spans()[0].exception_type.as_deref(), Some(&b"Late"[..]));
}

#[test]
fn attributes_and_links_beyond_the_limit_are_read_over_and_still_checked() {
    let attribute = sized(9, &text("a", "b").encode_to_vec());
    let link = sized(13, &sized(1, &[9; 16]));
    let span = [attribute.repeat(5), link.repeat(4)].concat();
    let mut seen = Seen::default();
    walk(&request_of(&span), 3, &mut Scratch::default(), &mut seen).unwrap();
    assert_eq!((seen.spans()[0].attributes.len(), seen.spans()[0].links.len()), (3, 3));
    let broken = [attribute.repeat(5), sized(9, &[0x0a, 9])].concat();
    assert!(walk(&request_of(&broken), 3, &mut Scratch::default(), &mut Seen::default()).is_err());
}

#[test]
fn text_that_is_not_utf8_passes() {
    let message = request_of(&sized(5, &[b'a', 0xff]));
    assert_eq!(compare(&message, 128, &mut Scratch::default()), Ok(Agreed::NotText));
    assert_eq!(walked(&message).spans()[0].name, [b'a', 0xff]);
}

#[test]
fn arrays_maps_and_bytes_are_present_and_no_more() {
    let of = |value: Vec<u8>| sized(9, &[sized(1, b"k"), sized(2, &value)].concat());
    let span =
        [of(sized(5, &sized(1, &[]))), of(sized(6, &sized(1, &[]))), of(sized(7, b"raw")), of(vec![]), of(vec![8 << 3, 1])];
    let seen = walked(&request_of(&span.concat()));
    let values: Vec<_> = seen.spans()[0].attributes.iter().map(|(_, value)| value.clone()).collect();
    assert_eq!(values, [SeenValue::Other, SeenValue::Other, SeenValue::Other, SeenValue::Empty, SeenValue::Empty]);
}

#[test]
fn nesting_is_allowed_exactly_as_deep_as_prost_allows_it() {
    let nested = |levels: usize| {
        let value = (0..levels).fold(Vec::new(), |inner, _| sized(5, &sized(1, &inner)));
        request_of(&sized(9, &sized(2, &value)))
    };
    let verdicts: Vec<_> = (40..56).map(|levels| compare(&nested(levels), 128, &mut Scratch::default()).unwrap()).collect();
    assert_eq!(verdicts.first(), Some(&Agreed::Taken { spans: 1 }));
    assert_eq!(verdicts.last(), Some(&Agreed::Refused));
    assert_eq!(refused(&nested(5_000)).problem, Problem::TooDeep);
}

#[test]
fn a_broken_message_is_refused_with_the_byte_and_what_was_expected() {
    let cut = refused(&request_of(&sized(5, b"name"))[..8]);
    assert_eq!((cut.offset, cut.problem), (2, Problem::ValueCutOff));
    let wrong_type = refused(&request_of(&[5 << 3, 1]));
    assert_eq!(
        wrong_type.to_string(),
        "at byte 7: expected a length and bytes for field 5 of Span, but the wire type is another"
    );
    assert_eq!(refused(&[0x02, 0x00]).problem, Problem::FieldZero);
    assert_eq!(refused(&[0x0e]).problem, Problem::NoWireType(6));
    assert_eq!(refused(&[0x9b, 0x06, 0xa4, 0x06]).problem, Problem::StrayGroupEnd);
    assert_eq!(refused(&[0x0a, 0x80]).problem, Problem::NumberCutOff);
    assert_eq!(refused(&[&[0x98, 0x06][..], &[0xff; 9], &[2]].concat()).problem, Problem::NumberTooLong);
    assert_eq!(refused(&[0xff, 0xff, 0xff, 0xff, 0x7f, 0]).problem, Problem::KeyTooLarge);
}

#[test]
fn scratch_keeps_its_memory_from_message_to_message() {
    let message = request_of(&sized(9, &text("a", "b").encode_to_vec()).repeat(40));
    let mut scratch = Scratch::default();
    walk(&message, 128, &mut scratch, &mut Seen::default()).unwrap();
    let memory = (scratch.attributes.as_ptr(), scratch.attributes.capacity());
    assert!(memory.1 >= 40);
    walk(&message, 128, &mut scratch, &mut Seen::default()).unwrap();
    assert_eq!((scratch.attributes.as_ptr(), scratch.attributes.capacity()), memory);
}
