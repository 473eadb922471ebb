//! The collector counts spans and edges itself, with its connectors `span_metrics` and `service_graph`. On the same stream its figures and
//! ours must agree wherever both count the same thing.
//!
//! What is the same:
//! - calls of a span name of a service and kind, if that is an entry, and executions;
//! - those in status ERROR and failed executions, where the entry span itself is in error (in the shop it always is);
//! - requests from one service to another, and `calls` of the hop, over all capabilities;
//! - failed requests and `errors` of the hop.
//!
//! Where they cannot agree:
//! - a rejected execution (4xx) is neither a failure nor a success for us, while its server span has no status;
//! - a capability fails by what happened inside (`failed_when`, `expect: always`) although its entry span is fine;
//! - `service_graph` waits `store.ttl` (2 s by default) for the other side of a call and drops what comes when `store.max_items` (1000) are
//!   waiting; what is unpaired is counted again under the peer's address, if the span has one;
//! - a client span with several server spans below it is one edge there, and as many calls as there are server spans here;
//! - spans that come twice are counted twice there and once here; spans outside of executions are edges there and `unmatched` here;
//! - their counters begin anew when the collector does.

use crate::collector::Collector;
use crate::processes::{PATIENCE, poll};
use crate::sender::Sender;
use crate::server::{NOT_BEFORE_THE_END, Server};
use crate::shop;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use steelthread::demo::Tally;

/// By the values of the attributes that were asked for.
type Counts = BTreeMap<Vec<String>, u64>;

/// The sums of this name in the file, by these attributes. They only grow: the last of a series is the one that holds.
fn sums(file: &Path, metric: &str, attributes: &[&str]) -> Counts {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut last: BTreeMap<String, (Vec<String>, u64)> = BTreeMap::new();
    // The last line may be half written.
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let resources = line["resourceMetrics"].as_array().into_iter().flatten();
        let scopes = resources.flat_map(|one| one["scopeMetrics"].as_array().into_iter().flatten());
        let metrics = scopes.flat_map(|one| one["metrics"].as_array().into_iter().flatten());
        for point in metrics.filter(|one| one["name"] == metric).flat_map(|one| one["sum"]["dataPoints"].as_array().unwrap()) {
            let all = point["attributes"].as_array().unwrap();
            let value =
                |name: &str| all.iter().find(|one| one["key"] == name).and_then(|one| one["value"]["stringValue"].as_str());
            let key = attributes.iter().map(|name| value(name).unwrap_or_default().to_owned()).collect();
            last.insert(point["attributes"].to_string(), (key, point["asInt"].as_str().unwrap().parse().unwrap()));
        }
    }
    let mut sums = Counts::new();
    for (key, count) in last.into_values() {
        *sums.entry(key).or_default() += count;
    }
    sums
}

/// Counts both, and hands on to a server. Nobody but a client knows of calls that were never answered by a span: `service_graph` names the
/// peer of those by its address.
fn config(grpc: u16, metrics: &Path) -> String {
    format!(
        "connectors:
  span_metrics: {{metrics_flush_interval: 500ms, histogram: {{disable: true}}}}
  service_graph:
    metrics_flush_interval: 500ms
    store: {{ttl: 15s, max_items: 1000000}}
    store_expiration_loop: 500ms
    virtual_node_peer_attributes: [server.address]
exporters:
  otlp_grpc: {{endpoint: 127.0.0.1:{grpc}, tls: {{insecure: true}}}}
  file: {{path: {}}}
service:
  pipelines:
    traces: {{receivers: [otlp], exporters: [otlp_grpc, span_metrics, service_graph]}}
    metrics: {{receivers: [span_metrics, service_graph], exporters: [file]}}
",
        metrics.display()
    )
}

/// Entry spans of the shop, by capability.
const ENTRIES: [(&str, &str); 2] = [("checkout", "POST /checkout"), ("browse", "GET /products/{id}")];

/// Whom `service_graph` calls what we call by the name of a hop: a service by its name, or, where a call found nobody, by its address.
const HOPS: [(&str, &str); 10] = [
    ("cart", "cart"),
    ("pricing", "pricing"),
    ("inventory", "inventory"),
    ("payment", "payment"),
    ("mail", "mail"),
    ("recommendations", "recommendations"),
    ("recommendations.shop.internal", "recommendations"),
    ("stock-db.shop.internal", "stock-db"),
    ("api.cardnet.example", "card-network"),
    // The entry spans, whose caller sends no spans.
    ("web", "web"),
];

/// `calls` or `errors` of our hops, over both capabilities.
fn ours(server: &Server, figure: &str) -> Counts {
    let mut counts = Counts::new();
    for (capability, entry) in ENTRIES {
        for row in server.kept(&["hops", capability])["hops"].as_array().unwrap() {
            let hop = row["hop"].as_str().unwrap().replace(&format!("web {entry}"), "web");
            // The queue itself is a hop for us; `service_graph` knows only those at its two ends.
            if !hop.starts_with("kafka:") {
                *counts.entry(vec![hop]).or_default() += row[figure].as_u64().unwrap();
            }
        }
    }
    counts.retain(|_, count| *count > 0);
    counts
}

/// Requests that go to each hop, whoever asks.
fn theirs(metrics: &Path, name: &str) -> Counts {
    let mut counts = Counts::new();
    for (edge, count) in sums(metrics, name, &["server"]) {
        let hop = HOPS.iter().find(|(server, _)| *server == edge[0]).map_or(edge[0].as_str(), |(_, hop)| hop);
        *counts.entry(vec![hop.into()]).or_default() += count;
    }
    counts
}

/// Executions and failed ones, as spans of the entry's name in any status and in status ERROR.
fn entries(status: &Value, tally: &Tally) -> (Counts, Counts) {
    let (mut all, mut failed) = (Counts::new(), Counts::new());
    for (capability, entry) in ENTRIES {
        let rows = status["capabilities"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == capability).unwrap();
        all.insert(vec![entry.into()], row["executions"].as_u64().unwrap());
        failed.insert(vec![entry.into()], row["failed"].as_u64().unwrap());
        assert_eq!(row["failed"], tally.endings[capability].failed);
    }
    (all, failed)
}

/// Waits until the collector tells the same, and says where it does not.
fn agree(what: &str, ours: &Counts, theirs: impl Fn() -> Counts) {
    let same = poll(PATIENCE, || (theirs() == *ours).then_some(()));
    if same.is_none() {
        assert_eq!(*ours, theirs(), "{what}: ours stand on the left");
    }
}

#[test]
fn our_executions_and_calls_are_those_that_the_collector_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), "server", steelthread::demo::MAP, &NOT_BEFORE_THE_END);
    let metrics = folder.path().join("metrics.json");
    let collector = Collector::start(folder.path(), "agreement", &config(server.grpc, &metrics));
    let told = shop::run(13, 12, 60, steelthread::app::clock::now_ns() - 60_000_000_000);
    let sender = Sender::new(collector.grpc);
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    server.arrived(told.spans);
    server.go();
    let status = server.kept(&["status"]);
    let (executions, failed) = entries(&status, &told.tally);
    let calls = |status: Option<&str>| {
        let mut counts = Counts::new();
        for (key, count) in
            sums(&metrics, "traces.span.metrics.calls", &["span.name", "service.name", "span.kind", "status.code"])
        {
            let entry = key[1] == "web" && key[2] == "SPAN_KIND_SERVER" && status.is_none_or(|wanted| key[3] == wanted);
            if entry {
                *counts.entry(vec![key[0].clone()]).or_default() += count;
            }
        }
        counts
    };
    agree("executions", &executions, || calls(None));
    agree("failed executions", &failed, || calls(Some("STATUS_CODE_ERROR")));
    agree("calls", &ours(&server, "calls"), || theirs(&metrics, "traces_service_graph_request_total"));
    agree("errors", &ours(&server, "errors"), || theirs(&metrics, "traces_service_graph_request_failed_total"));
}
