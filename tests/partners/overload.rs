//! Far more load than the server may take: it refuses the rest in words that senders understand, keeps to its memory, loses nothing that it
//! said yes to, and is well again soon after.

use crate::blaster::{Door, Template, blast};
use crate::sender::Sender;
use crate::server::Server;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use std::time::{Duration, Instant};

const MAP: &str = "
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    title: Buy
    threads: [{id: web, entry: {service: shop, name: POST /buy}}]
";

const MIB: u64 = 1 << 20;

/// `--open-trace-bytes`.
const OPEN_TRACES: u64 = 4 * MIB;

/// `--message-bytes`; requests that are not yet whole may take twice as much.
const MESSAGE: u64 = MIB;

/// So many that not every one has the widest window.
const CONNECTIONS: u64 = 64;

/// Requests at one time on each connection: more than fit into any window.
const STREAMS: usize = 32;

/// What the server may grow by: open traces, requests under way, what may be sent ahead on each connection before it is read (8 MiB on the
/// first 16, 1 MiB on further ones), the room into which a frame is read on each (1 MiB is the largest), and what an allocator keeps. It is
/// reached within seconds; a minute and a half of load add nothing to it.
const BOUND: u64 = OPEN_TRACES + 2 * MESSAGE + (16 * 8 + (CONNECTIONS - 16)) * MIB + CONNECTIONS * MIB + 32 * MIB;

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(Value::StringValue(value.into())) }), ..KeyValue::default() }
}

/// Traces of an entry span and 15 below it, ids as a template wants them, under a common beginning.
fn request(beginning: u64, traces: u64) -> ExportTraceServiceRequest {
    let now_ns = steelthread::app::clock::now_ns();
    let span = |trace: u64, number: u64| Span {
        trace_id: [beginning.to_be_bytes(), trace.to_be_bytes()].concat(),
        span_id: (number + 1).to_be_bytes().into(),
        parent_span_id: if number == 0 { Vec::new() } else { 1u64.to_be_bytes().into() },
        name: if number == 0 { "POST /buy".into() } else { format!("GET /part/{number}") },
        kind: if number == 0 { 2 } else { 3 },
        start_time_unix_nano: now_ns - 20_000_000,
        end_time_unix_nano: now_ns,
        attributes: (0..10).map(|n| text(&format!("shop.attribute.{n}"), "a value of usual length")).collect(),
        ..Span::default()
    };
    let spans = (0..traces).flat_map(|trace| (0..16).map(move |number| span(trace, number))).collect();
    let resource = Resource { attributes: vec![text("service.name", "shop")], ..Resource::default() };
    let of_service = ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![of_service] }
}

/// Fifteen seconds, or as many as STEELTHREAD_OVERLOAD_SECONDS says.
fn lasting() -> Duration {
    let seconds = std::env::var("STEELTHREAD_OVERLOAD_SECONDS").ok();
    Duration::from_secs(seconds.map_or(15, |text| text.parse().expect("STEELTHREAD_OVERLOAD_SECONDS is a number of seconds")))
}

/// Ten times too much through this door.
fn endures(door: Door) {
    let folder = tempfile::tempdir().unwrap();
    let (open, message) = (OPEN_TRACES.to_string(), MESSAGE.to_string());
    let limits = ["--open-trace-bytes", &open, "--message-bytes", &message];
    let server = Server::start(folder.path(), "server", MAP, &limits);
    let sender = Sender::new(server.grpc);
    sender.send(request(1, 1)).unwrap();
    let before = server.memory("VmRSS");

    let template = Template::new(&request(2, 32));
    let (spans, traces) = (template.spans, template.traces);
    let port = if door == Door::Grpc { server.grpc } else { server.http };
    let answers = blast(port, door, template, lasting(), CONNECTIONS as usize, STREAMS);

    let ended = Instant::now();
    // As large as those of the load, at a moment when open traces have taken all that there is.
    while sender.send(request(3, 32)).is_err() {
        assert!(ended.elapsed() < Duration::from_secs(5), "a normal request is still refused");
        std::thread::sleep(Duration::from_millis(50));
    }
    let well = ended.elapsed();
    let (taken, refused, others) = (answers.acknowledged, answers.refused, answers.others);
    let grown = server.memory("VmHWM").saturating_sub(before);
    let told = format!(
        "{taken} requests were taken, {refused} refused; well after {well:?}; grown by {} of {} MiB",
        grown / MIB,
        BOUND / MIB
    );
    assert!(others.is_empty(), "{} other answers, such as {}; {told}", others.len(), others[0]);
    assert!(taken > 0 && refused >= 9 * taken, "that is not ten times too much: {told}");
    assert!(grown <= BOUND, "{told}");

    // Before it, after it, and what was taken of it.
    let (spans, traces) = (16 + (taken + 1) * spans, 1 + (taken + 1) * traces);
    let status = server.settle(spans);
    assert_eq!(status["spans"]["fates"]["measured"], spans);
    let row = &status["capabilities"][0];
    assert_eq!((&row["executions"], &row["ok"]), (&traces.into(), &traces.into()));
}

#[test]
fn ten_times_too_much_by_grpc_is_refused_with_a_delay_and_nothing_that_was_acknowledged_is_lost() {
    endures(Door::Grpc);
}

#[test]
fn ten_times_too_much_by_http_is_refused_with_a_delay_and_nothing_that_was_acknowledged_is_lost() {
    endures(Door::Http);
}
