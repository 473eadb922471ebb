//! `explain` from outside: a running server and its store say the same.

use crate::program::{Server, json, shop_map};
use crate::shop;
use prost::Message;
use std::io::Write;

#[test]
fn a_server_without_a_folder_explains_as_an_analysis_of_the_same_spans_does() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    // Whole slices of ten seconds, and recent: what is far from the server's own time it counts at the time of receipt.
    let begin_ns = (steelthread::app::clock::now_ns() - 120_000_000_000) / 10_000_000_000 * 10_000_000_000;
    let told = shop::run(12, 60, 60, begin_ns);
    let input = folder.path().join("traces.pb");
    let mut file = std::fs::File::create(&input).unwrap();
    for request in &told.requests {
        let message = request.encode_to_vec();
        file.write_all(&(message.len() as u32).to_be_bytes()).unwrap();
        file.write_all(&message).unwrap();
    }
    let store = folder.path().join("store").display().to_string();
    json(&["analyze", "--map", &map, "--store", &store, "-o", "json", &input.display().to_string()]);

    let server = Server::start(&["--map", &map, "--quiet", "2s", "--no-entry", "5s"]);
    let sender = server.sender();
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    server.settle();
    let at = |second: u64| steelthread::query::moment_text(begin_ns + second * 1_000_000_000);
    let mut unusual = 0;
    for (from, to) in [(20, 40), (30, 50), (60, 70)] {
        for capability in told.tally.endings.keys() {
            let range = format!("from={}&to={}&baseline_from={}&baseline_to={}", at(from), at(to), at(0), at(80));
            let live = server.get(&format!("/api/v1/capabilities/{capability}/explain?{range}&level=service"));
            let range = ["--from", &at(from), "--to", &at(to), "--baseline-from", &at(0), "--baseline-to", &at(80)];
            let asked = ["explain", capability, "--store", &store, "--level", "service", "-o", "json"];
            assert_eq!(live, json(&[&asked[..], &range[..]].concat()), "{capability} {from} {to}");
            unusual += u32::from(live["kind"] != "nothing_unusual");
        }
    }
    assert!(unusual > 0, "the script breaks something");
}

#[test]
fn a_server_and_then_its_store_explain_a_range_alike() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--store", &store, "--quiet", "2s", "--no-entry", "5s"]);
    // Whole slices of ten seconds, so that the script's faults do not lie across a cut.
    let begin_ns = (steelthread::app::clock::now_ns() - 120_000_000_000) / 10_000_000_000 * 10_000_000_000;
    let told = shop::run(11, 60, 60, begin_ns);
    let sender = server.sender();
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    server.settle();
    let at = |second: u64| steelthread::query::moment_text(begin_ns + second * 1_000_000_000);
    let capabilities: Vec<&str> = told.tally.endings.keys().copied().collect();
    let mut unusual = 0;
    let mut live = Vec::new();
    for capability in &capabilities {
        let path = format!(
            "/api/v1/capabilities/{capability}/explain?from={}&to={}&baseline_from={}&baseline_to={}&level=service",
            at(20),
            at(40),
            at(0),
            at(80)
        );
        let answer = server.get(&path);
        assert_eq!(answer["apiVersion"], "steelthread/v1");
        assert_eq!((&answer["capability"], &answer["range"]["from"]), (&(*capability).into(), &at(20).into()));
        unusual += u32::from(answer["kind"] != "nothing_unusual");
        live.push(answer);
    }
    assert!(unusual > 0, "the script breaks something: {live:#?}");
    assert_eq!(server.terminate().0, 0);
    for (capability, live) in capabilities.iter().zip(live) {
        let asked = ["explain", capability, "--store", &store, "--level", "service", "-o", "json"];
        let (from, to, first, last) = (at(20), at(40), at(0), at(80));
        let range = ["--from", &from, "--to", &to, "--baseline-from", &first, "--baseline-to", &last];
        assert_eq!(json(&[&asked[..], &range[..]].concat()), live, "{capability}");
    }
}
