//! The map of a running server is changed, and its process is asked to stop.

use crate::made::holds;
use crate::program::{Server, json};
use crate::shop::{self, Told};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use steelthread::demo::{MAP, Tally};

/// A moment in the past of every machine.
fn moments_ago() -> u64 {
    steelthread::app::clock::now_ns() - 60_000_000_000
}

/// The shop's map with one capability more: each payment is one.
fn with_pay() -> String {
    format!("{MAP}\n  - id: pay\n    threads:\n      - id: any\n        entry: {{service: payment, kind: server}}\n")
}

/// Short enough to wait for, long enough for a machine that stalls between two requests.
const WAITS: [&str; 6] = ["--quiet", "1500ms", "--max-age", "4s", "--no-entry", "4s"];

fn start(map: &Path, more: &[&str]) -> Server {
    let map = map.display().to_string();
    Server::start(&[&["--map", &map], &WAITS[..], more].concat())
}

fn map_in(folder: &Path) -> PathBuf {
    let path = folder.join("map.yaml");
    std::fs::write(&path, MAP).unwrap();
    path
}

fn send(server: &Server, told: &Told) {
    let sender = server.sender();
    told.requests.iter().for_each(|request| drop(sender.send(request.clone()).unwrap()));
}

fn executions(status: &serde_json::Value, capability: &str) -> Option<u64> {
    let rows = status["capabilities"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == capability).and_then(|row| row["executions"].as_u64())
}

/// Payments in these requests.
fn payments(told: &Told) -> u64 {
    let of_payment = told.requests.iter().flat_map(|request| &request.resource_spans).filter(|one| {
        let attributes = &one.resource.as_ref().unwrap().attributes;
        attributes.iter().any(|attribute| format!("{:?}", attribute.value).contains("\"payment\""))
    });
    of_payment.flat_map(|one| &one.scope_spans[0].spans).filter(|span| span.kind == 2).count() as u64
}

fn both(one: &Tally, other: &Tally) -> Tally {
    let mut sum = Tally::default();
    sum += one;
    sum += other;
    sum
}

#[test]
fn a_capability_that_is_added_to_the_file_is_counted_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (map, store) = (map_in(folder.path()), folder.path().join("store").display().to_string());
    let mut server = start(&map, &["--map-poll", "200ms", "--store", &store]);
    let (first, second) = (shop::run(21, 6, 30, moments_ago()), shop::run(22, 6, 30, moments_ago()));
    send(&server, &first);
    server.settle();
    std::fs::write(&map, with_pay()).unwrap();
    server.until("steelthread_map_reloads_total", 1.0);
    let said = server.said("is in use from now on");
    assert!(said.contains("1 added (pay), 0 removed, 0 changed"), "{said}");
    assert_eq!(executions(&server.get("/api/v1/status"), "pay"), Some(0));
    send(&server, &second);
    let status = server.settle();
    holds(&status, &both(&first.tally, &second.tally));
    assert!(payments(&second) > 0);
    assert_eq!(executions(&status, "pay"), Some(payments(&second)));
    server.until("steelthread_maps", 1.0);
    // A capability that is taken out is told about no more, and its figures are there again when it comes back.
    let without = with_pay().replace("- id: browse", "- id: look");
    std::fs::write(&map, without).unwrap();
    server.until("steelthread_map_reloads_total", 2.0);
    assert!(executions(&server.get("/api/v1/status"), "browse").is_none());
    std::fs::write(&map, with_pay()).unwrap();
    server.until("steelthread_map_reloads_total", 3.0);
    holds(&server.get("/api/v1/status"), &both(&first.tally, &second.tally));
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    let kept = json(&["status", "--store", &store, "-o", "json"]);
    holds(&kept, &both(&first.tally, &second.tally));
    assert_eq!(executions(&kept, "pay"), Some(payments(&second)));
}

#[test]
fn a_bad_map_is_refused_with_its_places_and_the_old_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let map = map_in(folder.path());
    let mut server = start(&map, &["--map-poll", "200ms"]);
    assert_eq!(server.metric("steelthread_map_reload_failed"), 0.0);
    let loaded = server.metric("steelthread_map_loaded_timestamp_seconds");
    assert!(loaded > 1.7e9);
    std::fs::write(&map, MAP.replace("owner: team-checkout", "ovner: team-checkout")).unwrap();
    server.until("steelthread_map_reload_failed", 1.0);
    let at = format!("{}:7:5: ", map.display());
    let said = server.said(&at);
    assert!(said.contains("`ovner`"), "{said}");
    let told = shop::run(23, 6, 30, moments_ago());
    send(&server, &told);
    holds(&server.settle(), &told.tally);
    let figures = ["map_reloads_total", "map_reload_failures_total", "map_loaded_timestamp_seconds", "ready"];
    let figures = figures.map(|name| server.metric(&format!("steelthread_{name}")));
    assert_eq!(figures, [0.0, 1.0, loaded, 1.0]);
    std::fs::remove_file(&map).unwrap();
    server.until("steelthread_map_reload_failures_total", 2.0);
    assert!(server.said(&format!("{}: cannot be read", map.display())).contains("No such file"));
    map_in(folder.path());
    server.until("steelthread_map_reload_failed", 0.0);
    server.said("is again the one that is in use");
    assert_eq!(server.metric("steelthread_map_reloads_total"), 0.0);
}

#[test]
fn on_sighup_the_map_is_read_again_and_what_came_of_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let map = map_in(folder.path());
    let mut server = start(&map, &["--map-poll", "off"]);
    server.signal("-HUP");
    server.said("has not changed");
    std::fs::write(&map, with_pay().replace("title: Look at a product", "title: Look")).unwrap();
    server.signal("-HUP");
    let said = server.said("is in use from now on");
    assert!(said.contains("3 capabilities, 1 added (pay), 0 removed, 1 changed (browse)"), "{said}");
    std::fs::write(&map, "no map").unwrap();
    for _ in 0..2 {
        server.signal("-HUP");
        server.said(&format!("{}:1:1: ", map.display()));
    }
}

#[test]
fn a_link_that_is_put_in_the_place_of_another_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    for (version, text) in [("v1", MAP.to_owned()), ("v2", with_pay())] {
        std::fs::create_dir(folder.path().join(version)).unwrap();
        std::fs::write(folder.path().join(version).join("map.yaml"), text).unwrap();
    }
    // As a mounted configuration is laid out: a link to a file behind a link that is replaced.
    let current = folder.path().join("..data");
    symlink("v1", &current).unwrap();
    let map = folder.path().join("map.yaml");
    symlink("..data/map.yaml", &map).unwrap();
    let server = start(&map, &["--map-poll", "200ms"]);
    symlink("v2", folder.path().join("..next")).unwrap();
    std::fs::rename(folder.path().join("..next"), &current).unwrap();
    server.until("steelthread_map_reloads_total", 1.0);
    assert_eq!(executions(&server.get("/api/v1/status"), "pay"), Some(0));
}

#[test]
fn under_load_no_span_is_lost_and_no_execution_is_counted_twice_while_maps_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let map = map_in(folder.path());
    let server = start(&map, &["--map-poll", "100ms"]);
    let runs: Vec<Told> = (31..37).map(|seed| shop::run(seed, 6, 60, moments_ago())).collect();
    std::thread::scope(|scope| {
        let server = &server;
        let sender = scope.spawn(|| {
            for told in &runs {
                // A trace's spans are in neighbouring requests; so swaps fall between them.
                send(server, told);
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
        });
        let mut swaps = 0.0;
        while !sender.is_finished() || swaps < 2.0 {
            swaps += 1.0;
            std::fs::write(&map, if swaps % 2.0 == 1.0 { with_pay() } else { MAP.to_owned() }).unwrap();
            server.until("steelthread_map_reloads_total", swaps);
        }
        sender.join().unwrap();
    });
    let status = server.settle();
    let tally = runs.iter().fold(Tally::default(), |sum, told| both(&sum, &told.tally));
    holds(&status, &tally);
    let sent: u64 = runs.iter().map(|told| told.spans).sum();
    let fates = status["spans"]["fates"].as_object().unwrap();
    let sum: u64 = fates.values().map(|spans| spans.as_u64().unwrap()).sum();
    assert_eq!((sum, status["spans"]["received"].as_u64().unwrap(), fates["measured"].as_u64().unwrap()), (sent, sent, sent));
    server.until("steelthread_maps", 1.0);
}

#[test]
fn a_request_that_never_ends_holds_up_the_stop_but_not_for_ever_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    let server = start(&map_in(folder.path()), &["--store", &store]);
    let told = shop::run(24, 6, 30, moments_ago());
    send(&server, &told);
    let unfinished = server.sender().hold_open();
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("{} spans received in all, 0 in flight; all windows are in the store", told.spans)), "{said}");
    holds(&json(&["status", "--store", &store, "-o", "json"]), &told.tally);
    drop(unfinished);
}

#[test]
fn the_second_request_to_stop_ends_the_process_at_once_and_says_what_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(&map_in(folder.path()), &[]);
    // A request that is never finished: for this one the first stop waits.
    let unfinished = server.sender().hold_open();
    server.signal("-TERM");
    server.said("Once more to end at once");
    server.signal("-INT");
    let (code, said) = server.ended();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("Ended at once: what was not judged yet is lost"), "{said}");
    drop(unfinished);
}
