//! The judge without a server: a map, a trace of three spans made by hand, and the verdict about it.
//!
//! `cargo run --example judge_as_library`
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::sync::Arc;
use steelthread::catalogue;
use steelthread::judge::{Context, HopLimit, Judge, PathMode, Trace};
use steelthread::model::{Attribute, Hops, Names, NothingKnown, RawSpan, Shapes, SpanRecord, TraceId, Value, Verdict};
use steelthread::tag::{Limits, TagWorker, Tagger};

const MAP: &str = r#"
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: book-flight
    threads:
      - id: web
        entry: {service: web-bff, kind: server, name: "POST /bookings"}
    hops:
      - id: card-network
        external: true
        match: {peer: "*.acmepay.example"}
"#;

const TRACE: [u8; 16] = [7; 16];
/// Ids of the spans; zeros say that there is no parent.
static IDS: [[u8; 8]; 4] = [[0; 8], [1; 8], [2; 8], [3; 8]];

fn main() -> Result<(), Box<dyn Error>> {
    let catalogue = Arc::new(catalogue::parse("map.yaml", MAP)?);
    let (names, shapes, hops) = (Arc::new(Names::default()), Arc::new(Shapes::default()), Hops::default());

    // Spans are read first: what they say about themselves becomes a shape, and the rest is 48 bytes.
    let tagger = Tagger::new(Arc::clone(&catalogue), Arc::clone(&names), Arc::clone(&shapes), Limits::default());
    let spans = spans(&mut tagger.worker())?;

    // Then the whole trace is judged. Nothing is known yet of what is normal; a server learns that from executions that went well.
    let trace = Trace { id: TraceId(u128::from_be_bytes(TRACE)), spans: &spans, extras: &[] };
    let context = Context {
        catalogue: &catalogue,
        names: &names,
        shapes: &shapes,
        hops: &hops,
        limit: &HopLimit::default(),
        normal: &NothingKnown,
        path: PathMode::Default,
        skew: None,
    };
    let fates = Judge::default().judge(&trace, &context, &mut |verdict| print(verdict, &names, &hops));
    for (fate, spans) in fates.iter().filter(|(_, spans)| *spans > 0) {
        println!("{spans} spans {}", fate.as_str());
    }
    Ok(())
}

/// A booking that failed because the card network did not answer within half a second: each service says only what it saw.
fn spans(worker: &mut TagWorker) -> Result<Vec<SpanRecord>, Box<dyn Error>> {
    let failed = [number("http.response.status_code", 500)];
    let timed_out = [text("server.address", "api.acmepay.example"), text("error.type", "timeout")];
    let mut records = Vec::new();
    let mut tell = |service: &str, span: RawSpan<'_>| -> Result<(), Box<dyn Error>> {
        worker.resource(&[text("service.name", service)]);
        records.push(worker.span(&span)?.record);
        Ok(())
    };
    tell("web-bff", span((1, 0), "POST /bookings", SERVER, (0, 540), &failed))?;
    tell("booking", span((2, 1), "POST /v1/bookings", SERVER, (10, 530), &failed))?;
    tell("booking", span((3, 2), "POST", CLIENT, (20, 520), &timed_out))?;
    Ok(records)
}

/// Numbers of span kinds and of the status ERROR on the wire.
const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const ERROR: i32 = 2;

/// A span in error, as it would be read off the wire: borrowed bytes, times in nanoseconds.
fn span<'a>(
    (id, parent): (usize, usize),
    name: &'a str,
    kind: i32,
    (start_ms, end_ms): (u64, u64),
    attributes: &'a [Attribute<'a>],
) -> RawSpan<'a> {
    RawSpan {
        trace_id: &TRACE,
        span_id: &IDS[id],
        parent_span_id: &IDS[parent],
        trace_state: b"",
        name: name.as_bytes(),
        kind,
        start_ns: start_ms * 1_000_000,
        end_ns: end_ms * 1_000_000,
        status: ERROR,
        attributes,
        links: &[],
        exception_type: None,
    }
}

fn text<'a>(key: &'a str, value: &'a str) -> Attribute<'a> {
    Attribute { key: key.as_bytes(), value: Value::Text(value.as_bytes()) }
}

fn number(key: &str, value: i64) -> Attribute<'_> {
    Attribute { key: key.as_bytes(), value: Value::Int(value) }
}

fn print(verdict: &Verdict, names: &Names, hops: &Hops) {
    println!("{} {}", names.text(verdict.capability), verdict.outcome.as_str());
    if let Some(blame) = verdict.blame {
        let hop = names.text(hops.get(blame.hop).hop);
        let (cause, confidence) = (blame.cause.as_str(), blame.confidence.as_str());
        println!("    {hop} is to blame: {cause} (confidence {confidence}, rule B{})", blame.rule);
    }
    println!("    it waited for:");
    for section in &verdict.critical_path {
        let milliseconds = (section.end_ns - section.start_ns) / 1_000_000;
        println!("    {milliseconds:>5} ms {} ({})", names.text(hops.get(section.hop).hop), section.kind.as_str());
    }
}
