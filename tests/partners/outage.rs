//! A server that is away for a while under load: what the collector keeps for it comes later, and the counts are exact.
//!
//! Every trace is sent whole, in one request, and the collector does not cut requests: a trace that is open when the server is told to stop
//! is judged then, and the rest of it, if there were one, would be another execution to the server that comes back.

use crate::collector::Collector;
use crate::made::{holds, hops_hold};
use crate::processes::{PATIENCE, poll};
use crate::sender::Sender;
use crate::server::Server;
use crate::shop;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long the server is away.
const AWAY: Duration = Duration::from_secs(30);

/// How long it is there before and after, under load.
const THERE: Duration = Duration::from_secs(5);

/// The same spans, every trace in a request of its own.
fn whole_traces(requests: &[ExportTraceServiceRequest]) -> Vec<ExportTraceServiceRequest> {
    let mut by_trace: BTreeMap<Vec<u8>, ExportTraceServiceRequest> = BTreeMap::new();
    for resource in requests.iter().flat_map(|request| &request.resource_spans) {
        for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
            let mut alone = resource.clone();
            alone.scope_spans.truncate(1);
            alone.scope_spans[0].spans = vec![span.clone()];
            by_trace.entry(span.trace_id.clone()).or_default().resource_spans.push(alone);
        }
    }
    by_trace.into_values().collect()
}

/// One exporter for each door; both keep what they cannot deliver.
fn config(servers: &[Server; 2]) -> String {
    let patient = "retry_on_failure: {initial_interval: 500ms, max_interval: 2s, max_elapsed_time: 0s}, \
                   sending_queue: {queue_size: 100000, num_consumers: 4}";
    format!(
        "exporters:
  otlp_grpc: {{endpoint: 127.0.0.1:{}, tls: {{insecure: true}}, {patient}}}
  otlp_http: {{endpoint: \"http://127.0.0.1:{}\", {patient}}}
service: {{pipelines: {{traces: {{receivers: [otlp], exporters: [otlp_grpc, otlp_http]}}}}}}
",
        servers[0].grpc, servers[1].http
    )
}

fn executions(status: &Value) -> u64 {
    status["capabilities"].as_array().unwrap().iter().map(|row| row["executions"].as_u64().unwrap()).sum()
}

#[test]
fn nothing_is_lost_or_counted_twice_when_the_server_is_away_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let start = |name: &str| Server::start(folder.path(), name, steelthread::demo::MAP, &["--quiet", "2s"]);
    let mut servers = [start("by-grpc"), start("by-http")];
    let collector = Collector::start(folder.path(), "outage", &config(&servers));
    let told = shop::run(17, 40, 50, steelthread::app::clock::now_ns() - 100_000_000_000);
    let requests = whole_traces(&told.requests);
    assert_eq!(requests.len() as u64, told.tally.executions());

    let sending = AWAY + THERE * 2;
    let sender = Sender::new(collector.grpc);
    let load = std::thread::spawn(move || {
        let began = Instant::now();
        let pause = sending / requests.len() as u32;
        for (number, request) in requests.into_iter().enumerate() {
            std::thread::sleep((pause * number as u32).saturating_sub(began.elapsed()));
            sender.send(request).unwrap();
        }
    });
    std::thread::sleep(THERE);
    servers.iter_mut().for_each(Server::go);
    let before = servers.each_ref().map(|server| executions(&server.kept(&["status"])));
    std::thread::sleep(AWAY);
    servers.iter_mut().for_each(Server::come);
    load.join().unwrap();

    let all = told.tally.executions();
    for server in &servers {
        let there = poll(PATIENCE, || (executions(&server.get("/api/v1/status")) >= all).then_some(()));
        assert!(there.is_some(), "of {all} executions {} came", executions(&server.get("/api/v1/status")));
    }
    let said = collector.stop();
    assert!(!said.contains("Dropping data"), "{said}");
    for (server, before) in servers.iter_mut().zip(before) {
        server.go();
        assert!(before > 0 && before < all / 2, "{before} of {all} executions came before the server went");
        holds(&server.kept(&["status"]), &told.tally);
        hops_hold(|capability| server.kept(&["hops", capability]), &told.tally);
    }
}
