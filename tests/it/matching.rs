//! Why is it empty: a map whose entry name is wrong by a letter, from outside.

use crate::program::{Server, json, run};
use crate::shop;
use prost::Message;
use std::path::Path;

/// The shop's map, with one letter missing in the name of the checkout's entry.
fn misspelt(folder: &Path) -> String {
    let map = steelthread::demo::MAP.replace("name: \"POST /checkout\"", "name: \"POST /chekout\"");
    assert_ne!(map, steelthread::demo::MAP);
    let path = folder.join("map.yaml");
    std::fs::write(&path, map).unwrap();
    path.display().to_string()
}

fn text(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const NEAREST: &str =
    "spans of web, kind server, name 'POST /checkout'; the rule of thread web (line 13 of the map) wants name='POST /chekout'";

#[test]
fn an_entry_name_that_is_wrong_by_a_letter_is_named_by_status_by_the_document_and_by_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(&["--map", &misspelt(folder.path()), "--quiet", "500ms", "--no-entry", "1s"]);
    let empty = text(&["status", "--server", &server.api]);
    assert!(empty.contains("no span has been received; point an OpenTelemetry collector"), "{empty}");

    let told = shop::run(21, 5, 20, steelthread::app::clock::now_ns() - 60_000_000_000);
    let sender = server.sender();
    told.requests.iter().for_each(|request| drop(sender.send(request.clone()).unwrap()));
    server.settle();

    let table = text(&["status", "--server", &server.api]);
    let line = table.lines().find(|line| line.starts_with("checkout: ")).unwrap_or_else(|| panic!("{table}"));
    assert!(line.contains("no span matched; nearest: ") && line.contains(NEAREST), "{line}");
    assert!(!table.contains("\nsearch: "), "{table}");
    let status = server.get("/api/v1/status");
    let of = |document: &serde_json::Value, id: &str| {
        document["capabilities"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    };
    assert!(of(&status, "checkout")["why_empty"].as_str().unwrap().contains(NEAREST));

    let matching = server.get("/api/v1/matching");
    let checkout = of(&matching, "checkout");
    assert_eq!((checkout["executions"].as_u64(), checkout["last_matched"].is_null()), (Some(0), true));
    let near = &checkout["entries"][0]["nearly"][0];
    assert_eq!(near["fails"][0]["key"], "name");
    assert_eq!(near["fails"][0]["found"], "'POST /checkout'");
    let made = |id: &str| told.tally.endings[id].executions();
    assert_eq!(near["spans"].as_u64(), Some(made("checkout")));
    assert_eq!(matching["unmatched"]["traces"].as_u64(), Some(made("checkout")));
    let arrived: u64 = matching["arriving"].as_array().unwrap().iter().map(|one| one["spans"].as_u64().unwrap()).sum();
    assert_eq!((arrived, matching["arriving_more"].as_u64()), (told.spans, Some(0)));
    let others: u64 = told.tally.endings.keys().filter(|id| **id != "checkout").map(|id| made(id)).sum();
    assert!(others > 0 && of(&matching, "checkout")["why"].as_str().unwrap().contains(NEAREST));
    assert_eq!(json(&["matching", "checkout", "--server", &server.api, "-o", "json"])["capabilities"][0], checkout);
    let shown = text(&["matching", "--server", &server.api]);
    assert!(shown.contains("fails: name is 'POST /checkout', and the rule wants 'POST /chekout'"), "{shown}");

    let trace = near["example_trace_id"].as_str().unwrap();
    let why = text(&["trace", trace, "--why-not", "checkout", "--server", &server.api]);
    assert!(why.contains("no execution of any capability is known of this trace") && why.contains("--map MAP INPUT"), "{why}");
    let nope = run(&["trace", trace, "--why-not", "chekout", "--server", &server.api]);
    assert_eq!(nope.status.code(), Some(2));

    let log = server.says("no execution has been counted since the start");
    assert!(log.contains("checkout: no span matched") && log.contains(NEAREST), "{log}");
}

#[test]
fn a_recorded_trace_is_held_against_each_rule_and_the_recording_says_why_it_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let map = misspelt(folder.path());
    let told = shop::run(22, 5, 10, 1_700_000_000_000_000_000);
    let path = folder.path().join("traces.pb").display().to_string();
    let framed = told.requests.iter().flat_map(|request| {
        let message = request.encode_to_vec();
        [&(message.len() as u32).to_be_bytes()[..], &message].concat()
    });
    std::fs::write(&path, framed.collect::<Vec<u8>>()).unwrap();
    let matching = json(&["matching", "checkout", "--map", &map, &path, "-o", "json"]);
    let near = &matching["capabilities"][0]["entries"][0]["nearly"][0];
    assert!(near["what"].as_str().unwrap().contains("'POST /checkout'"), "{near}");
    assert!(matching["arriving"][0]["last_seen"].as_str().unwrap().starts_with("2023-11-14T22:13:"), "{matching}");
    let trace = near["example_trace_id"].as_str().unwrap();
    let why = json(&["trace", trace, "--why-not", "checkout", "--map", &map, &path, "-o", "json"]);
    assert_eq!(why["said"], "no span of this trace meets the entry rule of checkout");
    let nearest = &why["entries"][0]["nearest"];
    assert_eq!(
        (&nearest["fails"][0]["found"], nearest["span_id"].as_str()),
        (&"'POST /checkout'".into(), Some("0000000000000001"))
    );
    let shown = text(&["trace", trace, "--why-not", "checkout", "--map", &map, &path]);
    assert!(shown.contains("nearest: span 0000000000000001, service='web' kind=server name='POST /checkout'"), "{shown}");
    let right = folder.path().join("right.yaml");
    std::fs::write(&right, steelthread::demo::MAP).unwrap();
    let held = text(&["trace", trace, "--why-not", "checkout", "--map", &right.display().to_string(), &path]);
    assert!(held.contains("it does hold one: span 0000000000000001 is an entry of checkout"), "{held}");
    let table = text(&["status", "--map", &map, &path]);
    assert!(table.contains(NEAREST), "{table}");
}
