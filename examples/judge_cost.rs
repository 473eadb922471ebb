//! What a span costs behind the wire, by stage, and what decoding it by prost costs on the same machine at the same time.
//!
//! `cargo run --release --example judge_cost [ROUNDS]`. Traces of 5 to 60 spans, one in five with an error in it. With `judge` as second
//! argument only the judge is repeated: under an instruction counter, the difference of two runs with different rounds is the judge's.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, reason = "an example talks")]

#[allow(dead_code, reason = "tests and another example use more of it")]
mod hostile;

use hostile::door::{CLIENT, Door, INTERNAL, Judged, NOW_NS, SERVER, Span};
use hostile::shapes::MAP;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Sent};
use prost::Message;
use std::hint::black_box;
use std::time::Instant;

const TRACES: u64 = 500;

fn main() {
    let rounds: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(50);
    let judge_only = std::env::args().nth(2).is_some();
    let traces: Vec<Vec<Span>> = (0..TRACES).map(trace).collect();
    let spans: usize = traces.iter().map(Vec::len).sum();
    let mut door = Door::new(MAP, 10_000);
    let (mut judged, mut number, mut complete) = (Judged::default(), 0, Vec::new());
    for round in 0..if judge_only { 1 } else { rounds } {
        for spans in &traces {
            number += 1;
            let out = door.assemble(number, spans, &mut judged.times);
            if round == 0 {
                complete.extend(out);
            }
        }
    }
    let executions = judged.executions;
    for _ in 0..rounds {
        complete.iter().for_each(|trace| door.judge(trace, false, &mut judged));
    }
    println!("{spans} spans in {TRACES} traces, {rounds} rounds, {} executions", judged.executions - executions);
    if judge_only {
        return;
    }
    let each = |seconds: f64| seconds * 1e9 / (spans as f64 * f64::from(rounds));
    let [tag, assemble, judge, count] = judged.times.map(|time| each(time.as_secs_f64()));
    let message = message(&traces).encode_to_vec();
    let begun = Instant::now();
    for _ in 0..rounds {
        black_box(ExportTraceServiceRequest::decode(black_box(&*message)).unwrap());
    }
    let prost = each(begun.elapsed().as_secs_f64());
    println!(
        "ns per span: tag {tag:.0}, assemble {assemble:.0}, judge {judge:.0}, count and keep {count:.0}; prost decodes in {prost:.0}"
    );
    println!("judge / prost {:.3}; the goal for all stages is 240 / 957 = 0.251", judge / prost);
}

/// A request to the shop that goes through a few services; each makes calls, does work of its own, and sometimes fails.
fn trace(seed: u64) -> Vec<Span> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut dice = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (most, fails) = (5 + dice(56), dice(5) == 0);
    let services = ["shop", "cart", "stock", "price", "mail", "pay"];
    let mut spans: Vec<Span> = Vec::new();
    for id in 1..=most {
        let parent = if id == 1 { 0 } else { 1 + dice(id - 1) };
        let above = spans.get((parent as usize).wrapping_sub(1)).cloned();
        let (kind, service, start, end) = match &above {
            None => (SERVER, "shop".to_owned(), NOW_NS, NOW_NS + 200_000_000),
            Some(above) => {
                let quarter = (above.end - above.start) / 4;
                let start = above.start + dice(quarter.max(1) * 2);
                let kind = if above.kind == CLIENT { SERVER } else { [CLIENT, CLIENT, INTERNAL][dice(3) as usize] };
                let service = if above.kind == CLIENT { services[dice(6) as usize].to_owned() } else { above.service.clone() };
                (kind, service, start, start + quarter + dice(quarter.max(1)))
            }
        };
        let name = if id == 1 { "buy".to_owned() } else { format!("op-{}", dice(8)) };
        let mut text = vec![("http.request.method", "POST".to_owned()), ("url.scheme", "https".to_owned())];
        if kind == CLIENT {
            text.push(("server.address", services[dice(6) as usize].to_owned()));
        }
        let status = if fails && (id == 1 || dice(3) == 0) { 2 } else { 0 };
        text.push(("http.response.status_code", if status == 2 { "503".into() } else { "200".into() }));
        spans.push(Span { id, parent, kind, service, name, start, end, status, text, ..Span::default() });
    }
    spans
}

fn message(traces: &[Vec<Span>]) -> ExportTraceServiceRequest {
    let pair = |(key, text): &(&str, String)| KeyValue {
        key: (*key).to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(text.clone())) }),
        ..KeyValue::default()
    };
    // Eleven attributes, as the goal was measured with.
    let more = |at: usize| ([("app.label.a", ""), ("network.protocol.version", "1.1")][at % 2].0, format!("value number {at}"));
    let sent = |span: &Span| Sent {
        trace_id: vec![7; 16],
        span_id: span.id.to_be_bytes().to_vec(),
        parent_span_id: span.parent.to_be_bytes().to_vec(),
        name: span.name.clone(),
        kind: span.kind,
        start_time_unix_nano: span.start,
        end_time_unix_nano: span.end,
        attributes: span.text.iter().cloned().chain((span.text.len()..11).map(more)).map(|one| pair(&one)).collect(),
        ..Sent::default()
    };
    let spans = traces.iter().flatten().map(sent).collect();
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }
}
