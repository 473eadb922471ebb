//! The server from outside: what is sent over sockets equals what is answered.

use crate::made::{holds, hops_hold};
use crate::program::{Server, json, run, shop_map};
use crate::shop;
use serde_json::Value;

/// A moment in the past of every machine, so that no execution is in the future.
fn moments_ago() -> u64 {
    steelthread::app::clock::now_ns() - 60_000_000_000
}

#[test]
fn figures_equal_what_the_shop_made_although_requests_are_shuffled_and_some_are_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--quiet", "2s", "--no-entry", "5s"]);
    let told = shop::run(7, 12, 60, moments_ago());
    let mut requests = told.requests.clone();
    let twice: Vec<_> = requests.iter().step_by(20).cloned().collect();
    let again: u64 =
        twice.iter().flat_map(|one| &one.resource_spans).flat_map(|one| &one.scope_spans).map(|one| one.spans.len() as u64).sum();
    requests.extend(twice);
    // A fixed shuffle: a step that shares no factor with the number of requests.
    let many = requests.len();
    let step = (many / 2..).find(|step| (2..=*step).all(|factor| step % factor > 0 || !many.is_multiple_of(factor))).unwrap();
    let sender = server.sender();
    for at in 0..many {
        let answer = sender.send(requests[at * step % many].clone()).unwrap();
        assert!(answer.partial_success.is_none());
    }
    let status = server.settle();
    holds(&status, &told.tally);
    hops_hold(|capability| server.get(&format!("/api/v1/capabilities/{capability}/hops")), &told.tally);
    let fates = &status["spans"]["fates"];
    // On a machine that stalls, a span may come for the second time when its trace has been judged.
    let twice = fates["duplicate"].as_u64().unwrap() + fates["late"].as_u64().unwrap();
    assert_eq!((twice, fates["measured"].as_u64()), (again, Some(told.spans)));
    assert_eq!(status["spans"]["received"].as_u64(), Some(told.spans + again));
}

#[test]
fn sigterm_judges_what_is_open_and_the_store_then_answers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--store", &store, "--quiet", "1h", "--max-age", "1h"]);
    let told = shop::run(8, 10, 30, moments_ago());
    let sender = server.sender();
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    assert_eq!(server.get("/api/v1/status")["spans"]["fates"]["in_flight"].as_u64(), Some(told.spans));
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("open traces judged"), "{said}");
    let status = json(&["status", "--store", &store, "-o", "json"]);
    holds(&status, &told.tally);
    hops_hold(|capability| json(&["hops", capability, "--store", &store, "-o", "json"]), &told.tally);
}

#[test]
fn a_port_in_use_is_said_with_the_flag_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["serve", "--map", &shop_map(folder.path()), "--otlp-grpc", &address, "--api", "127.0.0.1:0"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&address) && said.contains("--otlp-grpc"), "{said}");
}

#[test]
fn what_a_map_promises_and_nobody_will_be_told_of_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("lax.yaml").display().to_string();
    let text =
        "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n- {id: a, objectives: [{id: lax, target: 50%}]}\n";
    std::fs::write(&map, text).unwrap();
    let mut server = Server::start(&["--map", &map]);
    let said = server.said("the tier 1h/5m of the objective `lax` never fires");
    assert!(said.contains("WARN"), "{said}");
}

#[test]
fn traces_that_never_complete_stay_within_the_budget_and_the_books_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--open-trace-bytes", "1MiB", "--no-entry", "1h"]);
    let told = shop::run(9, 20, 200, moments_ago());
    let sender = server.sender();
    let mut refused = 0;
    for mut request in told.requests {
        for resource in &mut request.resource_spans {
            resource.resource = None;
        }
        if let Err(status) = sender.send(request) {
            assert_eq!(status.code(), tonic::Code::Unavailable);
            refused += 1;
        }
    }
    let status = server.get("/api/v1/status");
    let fates = &status["spans"]["fates"];
    assert!(refused > 0);
    assert_eq!(fates["in_flight"].as_u64().unwrap() + fates["shed"].as_u64().unwrap(), told.spans);
    let used = server.metric("steelthread_open_trace_bytes");
    assert!(used > 0.5e6 && used <= 1_048_576.0, "{used}");
}

#[test]
fn spans_that_were_moved_are_a_figure_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    let mut request = shop::run(9, 5, 4, moments_ago()).requests.swap_remove(0);
    // All services but one have clocks that are slow.
    for span in request.resource_spans.iter_mut().skip(1).flat_map(|of_service| &mut of_service.scope_spans[0].spans) {
        span.start_time_unix_nano -= 30_000_000_000;
        span.end_time_unix_nano -= 30_000_000_000;
    }
    for (skew, moves) in [("off", false), ("20s", false), ("40s", true)] {
        let server = Server::start(&["--map", &map, "--quiet", "200ms", "--clock-skew", skew]);
        server.sender().send(request.clone()).unwrap();
        server.settle();
        let moved = server.metric("steelthread_adjusted_spans_total");
        assert_eq!(moved > 0.0, moves, "{skew}: {moved}");
    }
}

#[test]
fn spans_sent_as_json_are_counted_and_a_bad_one_is_rejected_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--no-entry", "1h"]);
    let span = |trace: &str| {
        format!(r#"{{"traceId":"{trace}","spanId":"EEE19B7EC3C1B174","name":"n","startTimeUnixNano":"1","endTimeUnixNano":2}}"#)
    };
    let document = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{},{}]}}]}}]}}"#,
        span("5B8EFFF798038103D269B633813FC60C"),
        span("5b8e")
    );
    let (code, told) = server.post_json(document.as_bytes());
    assert_eq!((code, &told["partialSuccess"]["rejectedSpans"]), (200, &Value::from("1")), "{told}");
    let (code, told) = server.post_json(b"{");
    assert_eq!((code, &told["code"]), (400, &Value::from(3)), "{told}");
    let spans = &server.get("/api/v1/status")["spans"];
    assert_eq!(
        (&spans["received"], &spans["fates"]["in_flight"], &spans["fates"]["malformed"]),
        (&3.into(), &1.into(), &2.into())
    );
    assert_eq!(server.metric(r#"steelthread_refused_requests_total{door="otlp_http",reason="malformed"}"#), 1.0);
}
