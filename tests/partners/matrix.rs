//! Every protocol, encoding and compression that the collector's exporters have, at once: one stream goes to one server for each, and
//! all of them must tell what was sent.

use crate::collector::{Collector, Generated};
use crate::made::{holds, hops_hold};
use crate::sender::Sender;
use crate::server::{NOT_BEFORE_THE_END, Server};
use crate::shop;
use serde_json::{Value, json};

/// The shop, and what telemetrygen sends.
fn map() -> String {
    let generated = |service: &str| {
        format!(
            "  - id: {service}\n    title: Generated\n    threads:\n      - id: only\n        \
             entry: {{service: {service}, kind: client, name: lets-go}}\n"
        )
    };
    format!("{}\n{}{}", steelthread::demo::MAP, generated("gen-fine"), generated("gen-broken"))
}

/// Type, compression and encoding of an exporter; an encoding is only known to HTTP.
const EXPORTERS: [(&str, &str, &str); 9] = [
    ("otlp_grpc", "none", ""),
    ("otlp_grpc", "gzip", ""),
    ("otlp_grpc", "zstd", ""),
    ("otlp_http", "none", "proto"),
    ("otlp_http", "gzip", "proto"),
    ("otlp_http", "zstd", "proto"),
    ("otlp_http", "none", "json"),
    ("otlp_http", "gzip", "json"),
    ("otlp_http", "zstd", "json"),
];

/// Its key in the configuration, and its lines there.
fn exporter(number: usize, server: &Server) -> (String, String) {
    let (kind, compression, encoding) = EXPORTERS[number];
    let key = format!("{kind}/{number}");
    let settings = match kind {
        "otlp_grpc" => format!("endpoint: 127.0.0.1:{}, tls: {{insecure: true}}", server.grpc),
        _ => format!("endpoint: \"http://127.0.0.1:{}\", encoding: {encoding}", server.http),
    };
    let line = format!("  {key}: {{{settings}, compression: {compression}}}\n");
    (key, line)
}

#[test]
fn every_exporter_of_the_collector_brings_the_same_figures() {
    let folder = tempfile::tempdir().unwrap();
    let start = |number: usize| Server::start(folder.path(), &format!("server-{number}"), &map(), &NOT_BEFORE_THE_END);
    let mut servers: Vec<Server> = (0..EXPORTERS.len()).map(start).collect();
    let (keys, lines): (Vec<String>, Vec<String>) = servers.iter().enumerate().map(|(n, server)| exporter(n, server)).unzip();
    let pipeline = format!("{{receivers: [otlp], processors: [batch], exporters: [{}]}}", keys.join(", "));
    let config = format!(
        "processors: {{batch: {{timeout: 200ms, send_batch_size: 1000}}}}\nexporters:\n{}service: {{pipelines: {{traces: {pipeline}}}}}\n",
        lines.concat()
    );
    let collector = Collector::start(folder.path(), "matrix", &config);

    let fine = Generated { service: "gen-fine", traces: 300, children: 3, status: "Unset" };
    let broken = Generated { service: "gen-broken", traces: 200, children: 2, status: "Error" };
    fine.send(collector.grpc);
    broken.send(collector.grpc);
    let told = shop::run(11, 12, 60, steelthread::app::clock::now_ns() - 60_000_000_000);
    let sender = Sender::new(collector.grpc);
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }

    let sent = told.spans + fine.spans() + broken.spans();
    for (server, exporter) in servers.iter_mut().zip(EXPORTERS) {
        let spans = &server.arrived(sent)["spans"];
        assert_eq!((&spans["received"], &spans["fates"]["in_flight"]), (&json!(sent), &json!(sent)), "{exporter:?}: {spans}");
        server.go();
        let status = server.kept(&["status"]);
        holds(&status, &told.tally);
        hops_hold(|capability| server.kept(&["hops", capability]), &told.tally);
        assert_eq!(outcomes(&status, "gen-fine"), (300, 300, 0), "{exporter:?}");
        assert_eq!(outcomes(&status, "gen-broken"), (200, 0, 200), "{exporter:?}");
        // All spans of a trace are in error, and the last part of it is to blame.
        let blamed = &server.kept(&["hops", "gen-broken"])["hops"][0];
        assert_eq!(
            (&blamed["hop"], &blamed["causes"]),
            (&json!("gen-broken okey-dokey-1"), &json!({"app_error": 200})),
            "{exporter:?}"
        );
    }
}

/// Executions of a capability, ok ones, failed ones.
fn outcomes(status: &Value, capability: &str) -> (u64, u64, u64) {
    let rows = status["capabilities"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == capability).unwrap();
    let told = |key: &str| row[key].as_u64().unwrap();
    (told("executions"), told("ok"), told("failed"))
}
