//! A server span that comes late, through the program as its users start it.

use crate::program::{Server, json};
use serde_json::{Value, json};
use std::time::Duration;

const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: pay
  threads: [{id: web, entry: {service: web, kind: server, name: POST /pay}}]
  hops: [{id: bank, match: {service: bank}}]
";

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Number, parent, service, kind, name; in error of this type.
fn message(spans: &[(u64, u64, &str, u32, &str, &str)], start_ns: u64) -> Vec<u8> {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let resource_spans: Vec<Value> = spans
        .iter()
        .map(|(number, parent, service, kind, name, error)| {
            let mut span = json!({
                "traceId": TRACE, "spanId": format!("{number:016x}"), "name": name, "kind": kind, "status": {"code": 2},
                "startTimeUnixNano": (start_ns + number * 1_000_000).to_string(),
                "endTimeUnixNano": (start_ns + (100 - number) * 1_000_000).to_string(),
                "attributes": [attribute("error.type", error), attribute("server.address", "bank")],
            });
            if *parent > 0 {
                span["parentSpanId"] = format!("{parent:016x}").into();
            }
            json!({"resource": {"attributes": [attribute("service.name", service)]}, "scopeSpans": [{"spans": [span]}]})
        })
        .collect();
    json!({"resourceSpans": resource_spans}).to_string().into_bytes()
}

/// Failures by hop and cause.
fn causes(hops: &Value) -> Vec<(String, String, u64)> {
    let rows = hops["hops"].as_array().unwrap().iter();
    let named =
        rows.flat_map(|row| row["causes"].as_object().unwrap().iter().map(move |one| (row["hop"].as_str().unwrap(), one)));
    named.map(|(hop, (cause, count))| (hop.to_owned(), cause.clone(), count.as_u64().unwrap())).collect()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("never: {what}");
}

#[test]
fn a_server_span_that_comes_when_its_execution_was_judged_corrects_the_culprit_in_all_answers_and_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("map.yaml");
    std::fs::write(&map, MAP).unwrap();
    let store = folder.path().join("store").display().to_string();
    let server = Server::start(&["--map", &map.display().to_string(), "--store", &store, "--quiet", "1s", "--max-age", "1s"]);
    let start_ns = steelthread::app::clock::now_ns() - 60_000_000_000;
    let first = [(1, 0, "web", 2, "POST /pay", "failed"), (2, 1, "web", 3, "POST", "timeout")];
    assert_eq!(server.post_json(&message(&first, start_ns)).0, 200);
    until("judged", || server.get("/api/v1/status")["capabilities"][0]["failed"] == 1);
    let hops = || causes(&server.get("/api/v1/capabilities/pay/hops"));
    assert_eq!(hops(), [("bank".into(), "timeout_no_server".into(), 1)]);

    let late = [(3, 2, "bank", 2, "POST /transfer", "failed"), (4, 3, "bank", 1, "book", "DiskFull")];
    assert_eq!(server.post_json(&message(&late, start_ns)).0, 200);
    let right = [("bank".to_owned(), "app_error".to_owned(), 1)];
    until("corrected", || hops() == right);
    let holds = |status: Value, trace: Value| {
        let pay = &status["capabilities"][0];
        assert_eq!((&pay["executions"], &pay["failed"]), (&json!(1), &json!(1)));
        assert_eq!((&pay["completeness"]["corrected"], &pay["completeness"]["late"]), (&json!(1), &json!(2)));
        assert_eq!(status["spans"]["fates"]["late"], 2);
        let verdict = &trace["verdicts"][0];
        assert_eq!((&verdict["blame"]["cause"], &verdict["corrected"]), (&json!("app_error"), &json!(true)));
    };
    holds(server.get("/api/v1/status"), server.get(&format!("/api/v1/traces/{TRACE}")));
    assert_eq!(server.metric("steelthread_corrections_total{capability=\"pay\"}"), 1.0);
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    assert_eq!(causes(&json(&["hops", "pay", "--store", &store, "-o", "json"])), right);
    let trace = json(&["trace", TRACE, "--store", &store, "-o", "json"]);
    holds(json(&["status", "--store", &store, "-o", "json"]), trace);
}
