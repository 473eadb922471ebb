//! `history`, `backup` and `compact` from outside: a store, a server and a recording say the same.

use crate::program::{Server, json, refused, run, shop_map};
use crate::secured::{Folder, Secured};
use crate::shop::{self, recorded};
use serde_json::Value;
use std::path::Path;

/// 2020-02-29T12:00:00Z: years back.
const FROM_NS: u64 = 1_582_977_600_000_000_000;

fn sum(history: &Value, field: &str) -> u64 {
    history["points"].as_array().unwrap().iter().map(|point| point[field].as_u64().unwrap()).sum()
}

/// The capabilities that the recording has executions of.
fn used(status: &Value) -> Vec<&Value> {
    status["capabilities"].as_array().unwrap().iter().filter(|one| one["executions"].as_u64().unwrap() > 0).collect()
}

#[test]
fn a_recording_and_its_store_have_one_history_and_its_points_add_up_to_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let told = shop::run(21, 60, 20, FROM_NS);
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &told));
    let store = folder.path().join("store").display().to_string();
    let status = json(&["analyze", "--map", &map, "--store", &store, "-o", "json", &input]);
    let mut executions = 0;
    for one in used(&status) {
        let id = one["id"].as_str().unwrap();
        let kept = json(&["history", id, "--store", &store, "--step", "20s", "-o", "json"]);
        assert_eq!(kept, json(&["history", id, "--map", &map, "--step", "20s", "-o", "json", &input]));
        for field in ["executions", "ok", "failed", "rejected", "abandoned", "incomplete", "slow"] {
            assert_eq!(sum(&kept, field), one[field].as_u64().unwrap(), "{id} {field}");
        }
        executions += sum(&kept, "executions");
        let points = kept["points"].as_array().unwrap();
        assert!(points.len() > 2 && points.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]));
        assert_eq!((&points[0]["from"], &points[points.len() - 1]["to"]), (&kept["range"]["from"], &kept["range"]["to"]));
        // Each point is what the status says about its time.
        for point in points.iter().take(3) {
            let (from, to) = (point["from"].as_str().unwrap(), point["to"].as_str().unwrap());
            let of_it = json(&["status", id, "--store", &store, "--from", from, "--to", to, "-o", "json"]);
            for field in ["executions", "failed", "success_rate", "success_rate_low", "latency_ms", "absorbed", "worst_hop"] {
                assert_eq!(point[field], of_it["capabilities"][0][field], "{id} {field} {from}");
            }
        }
    }
    assert_eq!(executions, told.tally.executions());
}

#[test]
fn ranges_and_steps_are_years_or_seconds_and_what_cannot_be_is_refused_with_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let told = shop::run(22, 60, 10, FROM_NS);
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &told));
    let store = folder.path().join("store").display().to_string();
    let status = json(&["analyze", "--map", &map, "--store", &store, "-o", "json", &input]);
    let id = used(&status)[0]["id"].as_str().unwrap();
    let ask = |more: &[&str]| json(&[&["history", id, "--store", &store, "-o", "json"], more].concat());
    let whole = sum(&ask(&[]), "executions");
    for range in [
        &["--last", "2y"][..],
        &["--from", "2019-01-01T00:00:00Z"],
        &["--from", "now-90d"],
        &["--to", "2020-03-01T01:00:00+01:00"],
    ] {
        let answer = ask(range);
        assert_eq!(sum(&answer, "executions"), whole, "{range:?}");
        assert!(answer["points"].as_array().unwrap().len() <= 130, "{range:?}");
        assert!(answer["note"].as_str().unwrap().contains("nothing is kept of the time before 2020-02-29T12:00"), "{range:?}");
        let told = json(&[&["status", id, "--store", &store, "-o", "json"], range].concat());
        assert_eq!(told["capabilities"][0]["executions"], whole, "{range:?}");
    }
    for (more, part) in [
        (&["--step", "15s"][..], "write a multiple of 10s"),
        (&["--last", "3 months"], "write days or weeks, such as 30d, 13w or 1y"),
        (&["--from", "2020-01-01"], "write 2020-01-01T00:00:00Z"),
        (&["--to", "2026-03-01T00:00:00Z", "--step", "10m"], "write a step of 6h or more"),
    ] {
        let (code, told) = refused(&[&["history", id, "--store", &store], more].concat());
        assert_eq!((code, told.contains(part)), (2, true), "{more:?}: {told}");
    }
    let text = String::from_utf8(run(&["history", id, "--store", &store]).stdout).unwrap();
    assert!(text.starts_with("executions  ") && !text.contains('\u{1b}'), "{text}");
    let csv = String::from_utf8(run(&["history", id, "--store", &store, "-o", "csv"]).stdout).unwrap();
    assert!(csv.starts_with("capability,from,to,executions,ok,failed,"), "{csv}");
}

#[test]
fn a_server_and_the_store_that_it_leaves_have_one_history() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--store", &store, "--quiet", "300ms"]);
    let now = steelthread::app::clock::now_ns();
    let told = shop::run(23, 30, 20, now - 120_000_000_000);
    let sender = server.sender();
    for request in &told.requests {
        sender.send(request.clone()).unwrap();
    }
    let status = server.settle();
    let ids: Vec<String> = used(&status).iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    let range = &status["range"];
    let (from, to) = (range["from"].as_str().unwrap(), range["to"].as_str().unwrap());
    let ask = |id: &str, who: &[&str]| json(&[&["history", id, "--from", from, "--to", to, "-o", "json"], who].concat());
    let live: Vec<Value> = ids.iter().map(|id| ask(id, &["--server", &server.api])).collect();
    assert_eq!(live.iter().map(|history| sum(history, "executions")).sum::<u64>(), told.tally.executions());
    let path = format!("/api/v1/capabilities/{}/history?from={from}&to={to}", ids[0]);
    assert_eq!(server.get(&path), live[0]);
    // Nobody else may touch the store meanwhile.
    for command in [
        &["compact", "--store", &store][..],
        &["backup", "--store", &store, "--to", &folder.path().join("x").display().to_string()],
    ] {
        let (code, told) = refused(command);
        assert_eq!((code, told.contains("in use by another steelthread")), (2, true), "{told}");
    }
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    let kept: Vec<Value> = ids.iter().map(|id| ask(id, &["--store", &store])).collect();
    assert_eq!(kept, live);
}

#[test]
fn what_cannot_be_backed_up_is_said_and_nothing_is_left_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy").display().to_string();
    let server = Server::start(&["--map", &shop_map(folder.path())]);
    let (code, told) = refused(&["backup", "--server", &server.api, "--to", &copy]);
    assert_eq!((code, told.contains("this server keeps nothing") && told.contains("--store DIR")), (2, true), "{told}");
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    assert_eq!(agent.get(format!("{}/api/v1/backup", server.api)).call().unwrap().status(), 404);
    for command in [&["backup", "--store", &copy, "--to", &copy][..], &["compact", "--store", &copy]] {
        let (code, told) = refused(command);
        assert_eq!((code, told.contains("there is no store in")), (2, true), "{told}");
    }
    let (code, told) = refused(&["backup", "--server", &server.api, "--to", "/no/such/folder/copy"]);
    assert_eq!((code, told.contains("there is no folder '/no/such/folder'; make it first")), (2, true), "{told}");
    assert!(!Path::new(&copy).exists() && !Path::new(&format!("{copy}.part")).exists());
}

#[test]
fn a_copy_of_what_a_server_keeps_needs_the_token_that_questions_need() {
    let folder = Folder::new();
    let tokens = folder.write("tokens", "ops: canary-backup-71c2d9\n");
    let copy = folder.path().join("copy").display().to_string();
    let server = Secured::start(folder, &["--api-token-file", &tokens]);
    let ask = |more: &[&str]| refused(&[&["backup", "--server", &server.api, "--to", &copy], more].concat());
    let (code, told) = ask(&[]);
    assert_eq!((code, told.contains("does not answer") && told.contains("--token-file FILE")), (2, true), "{told}");
    let (code, told) = ask(&["--token-file", &tokens]);
    assert_eq!((code, told.contains("this server keeps nothing")), (2, true), "{told}");
}

#[test]
fn a_copy_answers_as_the_store_did_also_one_that_a_server_sent_and_one_that_was_compacted() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path.display().to_string()
    };
    let told = shop::run(24, 60, 20, FROM_NS);
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &told));
    let (store, copy, sent) = (made("store"), made("copy"), made("sent"));
    json(&["analyze", "--map", &map, "--store", &store, "-o", "json", &input]);
    let ask = |store: &str| json(&["status", "--store", store, "-o", "json"]);
    let kept = ask(&store);
    let backed = json(&["backup", "--store", &store, "--to", &copy, "-o", "json"]);
    assert_eq!(backed["file"], format!("{copy}/steelthread.redb"));
    assert!(backed["bytes_before"].as_u64().unwrap() > 0 && backed["bytes_after"].as_u64().unwrap() > 0);
    assert_eq!(ask(&copy), kept);
    // Again, over the copy that is there; and a server that goes on.
    json(&["backup", "--store", &store, "--to", &copy, "-o", "json"]);
    let server = Server::start(&["--map", &map, "--store", &store]);
    let backed = json(&["backup", "--server", &server.api, "--to", &sent, "-o", "json"]);
    assert_eq!((&backed["source"], &backed["bytes_before"]), (&Value::from(server.api.as_str()), &Value::Null));
    let (code, told) = refused(&["backup", "--server", &server.api, "--to", &store]);
    assert_eq!((code, told.contains("a backup cannot be written there")), (2, true), "{told}");
    assert_eq!(ask(&sent)["capabilities"], kept["capabilities"]);
    let names = std::fs::read_dir(&store).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("backup")).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(server.terminate().0, 0);
    let sizes = json(&["compact", "--store", &copy, "-o", "json"]);
    assert!(sizes["bytes_after"].as_u64().unwrap() <= sizes["bytes_before"].as_u64().unwrap());
    assert_eq!(ask(&copy), kept);
}

#[test]
fn a_store_of_nothing_is_asked_about_any_time_and_has_nothing_to_tell() {
    let folder = tempfile::tempdir().unwrap();
    let (map, store) = (shop_map(folder.path()), folder.path().join("store").display().to_string());
    assert_eq!(Server::start(&["--map", &map, "--store", &store]).terminate().0, 0);
    for range in [&["--from", "now-12h"][..], &["--last", "90d"], &["--from", "now-2y", "--to", "now-1y"], &[]] {
        let told = json(&[&["status", "--store", &store, "-o", "json"], range].concat());
        assert_eq!(used(&told), Vec::<&Value>::new(), "{range:?}");
    }
    let (code, told) = refused(&["status", "--store", &store, "--from", "now", "--to", "now-1h"]);
    assert_eq!((code, told.contains("nothing lies between 20")), (2, true), "{told}");
}

#[test]
fn a_span_of_a_clock_that_runs_twenty_years_ahead_ages_nothing_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let now = steelthread::app::clock::now_ns();
    let (hour, year) = (3_600_000_000_000, 31_536_000_000_000_000);
    let (old, ahead) = (shop::run(25, 60, 10, now - 5 * hour), shop::run(26, 2, 1, now + 20 * year));
    let executions = old.tally.executions() + ahead.tally.executions();
    let both = shop::Told { requests: [old.requests, ahead.requests].concat(), tally: old.tally, spans: 0 };
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &both));
    let store = folder.path().join("store").display().to_string();
    json(&["analyze", "--map", &map, "--store", &store, "-o", "json", &input]);
    let kept = json(&["status", "--store", &store, "-o", "json"]);
    let told: u64 = used(&kept).iter().map(|one| one["executions"].as_u64().unwrap()).sum();
    assert_eq!((told, ahead.tally.executions() > 0), (executions, true));
}
