//! What a span costs behind the wire, by stage, and what decoding it by prost costs on the same machine at the same time.
//!
//! `cargo run --release --example judge_cost [ROUNDS]`. Traces of 5 to 60 spans, one in five with an error in it. With `judge` as second
//! argument only the judge is repeated: under an instruction counter, the difference of two runs with different rounds is the judge's.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, reason = "an example talks")]

#[allow(dead_code, reason = "tests and another example use more of it")]
mod hostile;

use hostile::door::{Door, Judged, Span};
use hostile::ordinary::{request, trace};
use hostile::shapes::MAP;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
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
    let message = request(traces.iter().flatten().map(|span| (7, span))).encode_to_vec();
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
