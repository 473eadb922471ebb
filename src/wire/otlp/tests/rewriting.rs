//! The rewriting walk against prost: what comes out is what came in, with the attributes appended and the spans left out.

use super::tape;
use crate::wire::otlp::{Addition, Scratch, rewrite, walk};
use crate::wire::seen::Seen;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use prost::Message;

/// Keys of additions; the second one also stands in messages made from a tape.
const KEYS: [&str; 3] = ["steelthread.capability", "service.name", "steelthread.hop"];

/// What is done to the spans: nothing, left out, or additions by number and length of their text.
fn changes() -> impl Strategy<Value = Vec<Option<Vec<(usize, usize)>>>> {
    let additions = proptest::collection::vec((0..KEYS.len(), prop_oneof![Just(0), 1..20_usize, 100..300_usize]), 0..4);
    proptest::collection::vec(proptest::option::weighted(0.8, additions), 0..12)
}

fn text_of(length: usize) -> String {
    "x".repeat(length)
}

fn pair(key: &str, text: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(text.into())) };
    KeyValue { key: key.into(), value: Some(value), ..Default::default() }
}

/// The same by prost.
fn changed(mut request: ExportTraceServiceRequest, changes: &[Option<Vec<(usize, usize)>>]) -> ExportTraceServiceRequest {
    let mut at = 0;
    for scope in request.resource_spans.iter_mut().flat_map(|one| &mut one.scope_spans) {
        scope.spans.retain_mut(|span| {
            let change = changes.get(at);
            at += 1;
            let Some(change) = change else { return true };
            let Some(added) = change else { return false };
            let had: Vec<String> = span.attributes.iter().map(|one| one.key.clone()).collect();
            let new = added.iter().filter(|(key, _)| !had.iter().any(|had| had == KEYS[*key]));
            span.attributes.extend(new.map(|(key, length)| pair(KEYS[*key], &text_of(*length))));
            true
        });
    }
    request
}

fn additions(changes: &[Option<Vec<(usize, usize)>>]) -> Vec<Option<Vec<Addition>>> {
    let of_one = |added: &Vec<(usize, usize)>| {
        added.iter().map(|(key, length)| Addition::text(KEYS[*key], &text_of(*length))).collect::<Vec<_>>()
    };
    changes.iter().map(|change| change.as_ref().map(of_one)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_rewritten_decodes_to_what_was_sent_with_the_attributes_appended(tape in super::tapes(), changes in changes()) {
        let message = tape::message(&tape);
        prop_assume!(walk(&message, 128, &mut Scratch::default(), &mut Seen::default()).is_ok());
        let Ok(request) = ExportTraceServiceRequest::decode(&*message) else { return Ok(()) };
        let rewritten = rewrite(&message, &additions(&changes)).unwrap();
        prop_assert_eq!(rewritten.capacity(), rewritten.len(), "one allocation, exactly large enough");
        let decoded = ExportTraceServiceRequest::decode(&*rewritten).unwrap();
        prop_assert_eq!(decoded.encode_to_vec(), changed(request, &changes).encode_to_vec());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), 0..20_u8], 0..60), changes in changes()) {
        let _ = rewrite(&bytes, &additions(&changes));
    }
}

fn request() -> ExportTraceServiceRequest {
    let span = |name: &str| Span { name: name.into(), attributes: vec![pair("k", "v")], ..Default::default() };
    let scope = ScopeSpans { spans: vec![span("one"), span("two"), span("three")], ..Default::default() };
    let resource = Resource { attributes: vec![pair("service.name", "cart")], ..Default::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans: vec![scope], ..Default::default() }],
    }
}

#[test]
fn a_message_without_changes_goes_on_as_it_is_also_where_it_could_be_written_otherwise() {
    // A length of one in two bytes.
    let odd = [0x0a, 0x80, 0x00];
    assert_eq!(rewrite(&odd, &[Some(Vec::new()), Some(Vec::new())]).unwrap(), odd);
    let message = request().encode_to_vec();
    assert_eq!(rewrite::<Vec<Addition>>(&message, &[]).unwrap(), message);
}

#[test]
fn fields_that_the_schema_does_not_know_go_on_on_every_level() {
    let mut span = Span { name: "pay".into(), ..Default::default() }.encode_to_vec();
    let unknown = [0xa2, 0x06, 0x03, b'n', b'e', b'w'];
    span.extend(unknown);
    let wrapped = |key: u8, body: &[u8]| [&[key, body.len() as u8][..], body, &unknown].concat();
    let message = wrapped(0x0a, &wrapped(0x12, &wrapped(0x12, &span)));
    let rewritten = rewrite(&message, &[Some(vec![Addition::text("steelthread.hop", "pay")])]).unwrap();
    let count = |bytes: &[u8]| bytes.windows(unknown.len()).filter(|window| *window == unknown).count();
    assert_eq!((count(&message), count(&rewritten)), (4, 4));
}

#[test]
fn a_key_that_the_span_has_is_not_added_and_a_span_can_be_left_out() {
    let message = request().encode_to_vec();
    let both = vec![Addition::text("k", "other"), Addition::text("new", "text")];
    let rewritten = rewrite(&message, &[Some(both), None]).unwrap();
    let decoded = ExportTraceServiceRequest::decode(&*rewritten).unwrap();
    let spans = &decoded.resource_spans[0].scope_spans[0].spans;
    assert_eq!(spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["one", "three"]);
    assert_eq!(spans[0].attributes, [pair("k", "v"), pair("new", "text")]);
    assert_eq!(spans[1].attributes, [pair("k", "v")]);
}
