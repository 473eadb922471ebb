//! A server that comes back with much to replay: it says so, and takes nothing in until it is done.

use super::life::Life;
use super::recording::Recording;
use super::truth::Truth;
use crate::program::{Sender, shop_map};
use crate::shop;
use opentelemetry_proto::tonic::trace::v1::Span;
use steelthread::app::clock::now_ns;

const REQUESTS: u64 = 40;
const SPANS_EACH: u64 = 4000;

/// Spans of traces that no map knows, eight each.
fn many(request: u64) -> Vec<(&'static str, Span)> {
    let now_ns = now_ns();
    let one = |number: u64| Span {
        trace_id: (u128::from(request + 1) << 64 | u128::from(number / 8 + 1)).to_be_bytes().to_vec(),
        span_id: (number + 1).to_be_bytes().to_vec(),
        name: "work".into(),
        kind: 1,
        start_time_unix_nano: now_ns - 1000,
        end_time_unix_nano: now_ns,
        ..Span::default()
    };
    (0..SPANS_EACH).map(|number| ("night-job", one(number))).collect()
}

/// OTLP/JSON with one span of this trace.
fn document(trace: u64) -> String {
    let times = r#""startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000001""#;
    let span = format!(r#"{{"traceId":"{trace:032x}","spanId":"eee19b7ec3c1b174","name":"n",{times}}}"#);
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
}

#[test]
fn while_it_replays_it_is_not_ready_and_refuses_spans_for_now() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    let waits = ["--quiet", "1h", "--max-age", "1h", "--no-entry", "1h"];
    let mut life = Life::new(&shop_map(folder.path()), &store, &waits);
    life.start();
    life.ready();
    let mut truth = Truth::default();
    let sender = Sender::new(&life.otlp);
    for request in 0..REQUESTS {
        let spans = many(request);
        truth.add(None, spans.len());
        sender.send(shop::request(&spans)).unwrap();
    }
    // In a store without any execution there is no time to ask about.
    for trace in Recording::new(71).executions(1, now_ns()) {
        truth.add(trace.made.as_ref(), trace.spans.len());
        sender.send(shop::request(&trace.spans)).unwrap();
    }
    drop(sender);
    life.kill();
    life.set("--no-entry", "2s");
    life.set("--quiet", "1s");
    life.start();
    let (mut refused, mut trace) = (0, 0);
    loop {
        let Some((before, why)) = life.readiness() else { continue };
        if before == 200 {
            break;
        }
        assert!(why.contains("journal"), "{why}");
        trace += 1;
        let sent = life.post(&document(trace));
        let after = life.readiness().map(|(code, _)| code);
        match sent {
            Some(200) => {
                // It has become ready in between.
                assert_eq!(after, Some(200));
                truth.add(None, 1);
            }
            Some(code) => {
                assert_eq!(code, 503);
                refused += 1;
            }
            None => {}
        }
    }
    assert!(refused > 0, "it was ready at once: {}", life.said());
    life.ready();
    life.settle();
    life.terminate();
    assert_eq!(truth.differences_of_store(&life.counts_of_store()), Vec::<String>::new(), "{}", life.said());
}
