//! `explain` from outside: a running server and its store say the same.

use crate::program::{Server, json, shop_map};
use crate::shop;

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
