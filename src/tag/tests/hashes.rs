use super::{CLIENT, Desk, SERVER, span};
use crate::catalogue::parse;
use crate::model::{Attribute, Names, RawSpan, Value};
use crate::tag::Limits;
use crate::tag::mix::{Mix, Seeds};
use std::collections::HashSet;

fn hash(seeds: &Seeds, parts: &[&[u8]]) -> u128 {
    let mut mix = Mix::new(seeds, 1);
    parts.iter().for_each(|part| mix.bytes(part));
    mix.finish()
}

#[test]
fn each_half_of_a_hash_tells_texts_apart() {
    let seeds = Seeds::by_chance();
    let numbered = (0..100_000).map(|number| format!("10.0.{}.{}/{number}", number / 256, number % 256));
    let long = (0..1000).map(|number| format!("https://service.example/{number:040}/and/so/on"));
    let repeated = (0..100).flat_map(|length| ["a".repeat(length), "\0".repeat(length)]);
    let texts: HashSet<String> = numbered.chain(long).chain(repeated).collect();
    let hashes: Vec<u128> = texts.iter().map(|text| hash(&seeds, &[text.as_bytes()])).collect();
    let high: HashSet<u64> = hashes.iter().map(|hash| (hash >> 64) as u64).collect();
    let low: HashSet<u64> = hashes.iter().map(|hash| *hash as u64).collect();
    assert_eq!((high.len(), low.len()), (texts.len(), texts.len()));
}

#[test]
fn where_a_text_ends_makes_a_difference() {
    let seeds = Seeds::by_chance();
    let text = b"kafka:orders and some more words";
    let splits: HashSet<u128> = (0..=text.len()).map(|at| hash(&seeds, &[&text[..at], &text[at..]])).collect();
    assert_eq!(splits.len(), text.len() + 1);
}

#[test]
fn hashes_of_two_taggers_have_nothing_in_common() {
    assert_ne!(hash(&Seeds::by_chance(), &[b"a"]), hash(&Seeds::by_chance(), &[b"a"]));
}

#[test]
fn peers_of_the_same_text_and_different_parts_are_two_shapes_of_one_name() {
    let desk = &mut Desk::default();
    let one = desk.tag(&span(CLIENT).say("messaging.system", "a:b").say("messaging.destination.name", "c")).record.shape;
    let other = desk.tag(&span(CLIENT).say("messaging.system", "a").say("messaging.destination.name", "b:c")).record.shape;
    assert_ne!(one, other);
    assert_eq!(desk.shapes.get(one), desk.shapes.get(other));
}

/// The code that is read from an attribute of this key.
fn code_under(desk: &mut Desk, key: &[u8]) -> u16 {
    let attributes = [Attribute { key, value: Value::Int(503) }];
    let tagged = span(SERVER).hand_over(|span| desk.worker.span(&RawSpan { attributes: &attributes, ..*span })).unwrap();
    desk.shapes.get(tagged.record.shape).http_status
}

#[test]
fn a_key_that_is_nearly_known_is_not_known() {
    let desk = &mut Desk::default();
    let key = b"http.response.status_code";
    assert_eq!(code_under(desk, key), 503);
    for at in 0..key.len() {
        let mut near = *key;
        near[at] ^= 1;
        assert_eq!(code_under(desk, &near), 0, "{}", String::from_utf8_lossy(&near));
        assert_eq!(code_under(desk, &key[..at]), 0);
    }
}

#[test]
fn keys_of_the_map_are_told_apart_whatever_their_length() {
    let key = |length: usize, at: usize| -> String { (0..length).map(|here| if here == at { 'x' } else { 'k' }).collect() };
    for length in [1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 80] {
        let map = format!(
            "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities: [{{id: a, threads: [{{id: b, entry: {{attributes: {{{}: z}}}}}}]}}]",
            key(length, length)
        );
        let mut desk = Desk::with(parse("map.yaml", &map).unwrap(), Names::default(), Limits::default());
        for at in 0..=length {
            let key = key(length, at);
            let attributes = [Attribute { key: key.as_bytes(), value: Value::Text(b"z") }];
            let raw = |span: &RawSpan<'_>| desk.worker.span(&RawSpan { attributes: &attributes, ..*span });
            assert_eq!(span(SERVER).hand_over(raw).unwrap().record.is_entry(), at == length, "{key}");
        }
    }
}
