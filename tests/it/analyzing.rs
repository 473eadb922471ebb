//! `analyze` from outside: recordings in every framing, and what is said about bad ones.

use crate::program::{json, refused, run, shop_map};
use crate::shop::{self, recorded};

const FROM_NS: u64 = 1_700_000_000_000_000_000;

#[test]
fn a_recording_gives_the_same_answers_from_the_analysis_from_its_store_and_for_a_part_of_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let told = shop::run(3, 30, 40, FROM_NS);
    let (map, input) = (shop_map(folder.path()), recorded(folder.path(), &told));
    let store = folder.path().join("store").display().to_string();
    let verdicts = folder.path().join("verdicts.jsonl").display().to_string();
    let analyzed = json(&["analyze", "--map", &map, "--store", &store, "--verdicts", &verdicts, "-o", "json", &input]);
    let kept = json(&["status", "--store", &store, "-o", "json"]);
    assert_eq!(analyzed["capabilities"], kept["capabilities"]);
    assert_eq!(analyzed["spans"], kept["spans"]);
    assert_eq!(kept["spans"]["fates"]["measured"].as_u64(), Some(told.spans));

    let sum = |status: &serde_json::Value| -> u64 {
        status["capabilities"].as_array().unwrap().iter().map(|row| row["executions"].as_u64().unwrap()).sum()
    };
    assert_eq!(sum(&kept), told.tally.executions());
    let part = |from: &str, to: &str| sum(&json(&["status", "--store", &store, "--from", from, "--to", to, "-o", "json"]));
    let (start, cut, end) = ("2023-11-14T22:13:20Z", "2023-11-14T22:13:50Z", "2023-11-14T22:30:00Z");
    let (first, second) = (part(start, cut), part(cut, end));
    assert!(first > 0 && second > 0);
    assert_eq!(first + second, told.tally.executions());
    // What is kept has a time of its own: the last ten seconds are those before its end.
    let ended = json(&["status", "--store", &store, "--last", "10s", "-o", "json"]);
    assert_eq!(ended["range"]["to"], kept["range"]["to"]);
    assert!(sum(&ended) > 0 && sum(&ended) < sum(&kept));

    let lines = std::fs::read_to_string(&verdicts).unwrap();
    assert_eq!(lines.lines().count() as u64, told.tally.executions());
    let failed = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let failed: Vec<_> = failed.filter(|line| line["outcome"] == "failed").collect();
    assert!(!failed.is_empty() && failed.iter().all(|line| line["blame"]["hop"].is_string()));
    let trace = failed[0]["trace_id"].as_str().unwrap();
    // Whoever asks about one trace is also told who called whom.
    let mut from_file = json(&["trace", trace, "--map", &map, "-o", "json", &input]);
    let tree = from_file["verdicts"][0].as_object_mut().unwrap().remove("tree").unwrap();
    assert_eq!(from_file["verdicts"][0], failed[0]);
    let culprits: Vec<_> = tree.as_array().unwrap().iter().filter(|hop| hop["blamed"] == true).collect();
    assert_eq!((culprits.len(), &culprits[0]["hop"]), (1, &failed[0]["blame"]["hop"]));
    let text = String::from_utf8(run(&["trace", trace, "--map", &map, &input]).stdout).unwrap();
    assert!(
        text.lines().any(|line| line.contains(culprits[0]["hop"].as_str().unwrap()) && line.contains("◀ to blame: ")),
        "{text}"
    );
}

/// A checkout whose card service lives a second in the future.
const SKEWED: &str = r#"{"resourceSpans":[
{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"storefront"}},{"key":"host.name","value":{"stringValue":"a"}}]},"scopeSpans":[{"spans":[
{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00000000000000a1","name":"buy","kind":2,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000100000000","attributes":[{"key":"steelthread.capability","value":{"stringValue":"checkout"}}]},
{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00000000000000a2","parentSpanId":"00000000000000a1","name":"charge","kind":3,"startTimeUnixNano":"1700000000010000000","endTimeUnixNano":"1700000000090000000"}]}]},
{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cards"}},{"key":"host.name","value":{"stringValue":"b"}}]},"scopeSpans":[{"spans":[
{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00000000000000b1","parentSpanId":"00000000000000a2","name":"charge","kind":2,"startTimeUnixNano":"1700000001000000000","endTimeUnixNano":"1700000001060000000"}]}]}]}"#;

#[test]
fn clocks_that_disagree_are_put_right_only_if_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (map, input) = (shop_map(folder.path()), folder.path().join("skewed.jsonl").display().to_string());
    std::fs::write(&input, SKEWED.replace('\n', "")).unwrap();
    let analyzed = |more: &[&str]| {
        let output = run(&[&["analyze", "--map", &map, "--verdicts", "-", &input], more].concat());
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let own = line["critical_path"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|section| section["service"] == "cards" && section["kind"] == "self");
        (
            own.count(),
            line["critical_path"].as_array().unwrap().last().unwrap()["end_ns"].clone(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (own, end, said) = analyzed(&[]);
    assert!(own == 0 && !said.contains("clocks"), "{said}");
    for more in [["--clock-skew", "off"], ["--clock-skew", "500ms"]] {
        assert_eq!(analyzed(&more), (own, end.clone(), said.clone()));
    }
    let (own, same_end, said) = analyzed(&["--clock-skew", "1s"]);
    assert!(own == 1 && said.contains("1 spans were moved, because the clocks of two hosts disagreed"), "{own} {said}");
    assert_eq!((&same_end, end.as_u64()), (&end, Some(1_700_000_000_100_000_000)));
    let (code, said) = refused(&["analyze", "--map", &map, "--clock-skew", "yes", &input]);
    assert!(code == 2 && said.contains("--clock-skew takes off, or"), "{code} {said}");
}

#[test]
fn the_order_of_a_recording_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = shop::run(4, 15, 40, FROM_NS);
    let map = shop_map(folder.path());
    let of = |told: &shop::Told| {
        let output = run(&["analyze", "--map", &map, "--verdicts", "-", "-o", "json", &recorded(folder.path(), told)]);
        assert!(output.status.success());
        output.stdout
    };
    let first = of(&told);
    told.requests.reverse();
    assert!(!first.is_empty() && first == of(&told));
}

#[test]
fn bad_input_gets_one_clear_message_and_exit_code_two() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let (code, said) = refused(&["analyze", "--map", &map, "/no/such/file"]);
    assert!(code == 2 && said.contains("/no/such/file"), "{code} {said}");
    let (code, said) = refused(&["analyze", "--map", &map, &file("noise", &[0x17; 4000])]);
    assert!(code == 2 && said.contains("noise"), "{code} {said}");
    let (code, said) = refused(&["analyze", "--map", &map, &file("cut.gz", &[0x1f, 0x8b, 8, 0, 0, 0])]);
    assert!(code == 2 && said.contains("cut.gz"), "{code} {said}");
    let (code, said) = refused(&["analyze", "--map", &file("bad.yaml", b"apiVersion: nope\n"), "x"]);
    assert!(code == 2 && said.contains("bad.yaml:1:"), "{code} {said}");
    let checked = run(&["check", &file("bad.yaml", b"apiVersion: nope\n")]);
    assert_eq!((checked.status.code(), String::from_utf8(checked.stderr).unwrap()), (Some(2), said));
    let (code, said) = refused(&["analyze", "--maps", &map]);
    assert!(code == 2 && said.contains("--map"), "{code} {said}");
    let (code, said) = refused(&["status", "--store", "/no/such/store"]);
    assert!(code == 2 && said.contains("/no/such/store"), "{code} {said}");
    let (code, said) = refused(&["status", "--server", "http://127.0.0.1:1"]);
    assert!(code == 2 && said.contains("127.0.0.1:1"), "{code} {said}");
}

#[test]
fn a_line_that_is_not_json_is_named_and_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    let span = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331","name":"x","startTimeUnixNano":"1","endTimeUnixNano":2}]}]}]}"#;
    let path = folder.path().join("lines.jsonl");
    std::fs::write(&path, format!("{span}\nthis is no JSON\n")).unwrap();
    let output = run(&["analyze", "--map", &map, "-o", "json", &path.display().to_string()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("lines.jsonl:2"), "{said}");
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["spans"]["fates"]["unmatched"], 1);
}
