//! The page against names that want to be more than names, and against many of them.
#![allow(clippy::disallowed_methods, reason = "a test watches the clock that it tests against")]

use crate::page::{all, browse, first, page, resource, text};
use crate::program::Server;
use scraper::Html;
use std::fmt::Write;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Each would do something if it were taken for anything but text.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "<script>document.title='gone'</script>",
        "</title><script src=//evil.example></script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "<svg/onload=alert(1)>",
        "javascript:alert(1)",
        "--><iframe src=https://evil.example>",
        "&lt;b&gt; & &amp;",
        "abc\u{202e}gnp.exe",
        "{{constructor.constructor('alert(1)')()}}",
    ]
    .map(str::to_owned)
    .into();
    names.push("x".repeat(5000));
    names
}

/// A map with a capability for each name, by number.
fn map(names: &[String]) -> String {
    let mut map = String::from("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n");
    for (number, name) in names.iter().enumerate() {
        let name = serde_json::to_string(name).unwrap();
        writeln!(map, "  - id: cap-{number}\n    title: {name}\n    owner: {name}\n    customer: {name}").unwrap();
        writeln!(map, "    threads: [{{id: web, entry: {{service: web, name: \"enter {number}\"}}}}]").unwrap();
        writeln!(map, "    hops: [{{id: bank, supplier: {name}, match: {{peer: \"bank-{number}.example\"}}}}]").unwrap();
        writeln!(map, "    objectives: [{{id: available, target: 99.9%, window: 28d}}]").unwrap();
    }
    map
}

/// Executions of each capability, of which some fail at a hop that is called like the capability.
fn spans(names: &[String], each: u64) -> String {
    let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 - 60_000_000_000;
    let mut resources = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let (mut entries, mut calls) = (Vec::new(), Vec::new());
        for execution in 0..each {
            let id = (number as u64) * each + execution + 1;
            let code = if execution % 5 == 0 { 2 } else { 0 };
            let (start, end) = (now_ns, now_ns + 5_000_000);
            let common = format!(
                r#""traceId":"{id:032x}","startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","status":{{"code":{code}}}"#
            );
            entries.push(format!(r#"{{{common},"spanId":"{:016x}","kind":2,"name":"enter {number}"}}"#, id * 2));
            let operation = serde_json::to_string(name).unwrap();
            calls.push(format!(
                r#"{{{common},"spanId":"{:016x}","parentSpanId":"{:016x}","kind":2,"name":{operation}}}"#,
                id * 2 + 1,
                id * 2
            ));
        }
        resources.push(resource("web", entries.iter()));
        resources.push(resource(name, calls.iter()));
    }
    format!(r#"{{"resourceSpans":[{}]}}"#, resources.join(","))
}

fn server(folder: &std::path::Path, names: &[String], each: u64) -> Server {
    let file = folder.join("map.yaml");
    std::fs::write(&file, map(names)).unwrap();
    let file = file.display().to_string();
    let server = Server::start(&["--map", &file, "--quiet", "200ms", "--max-age", "1s", "--no-entry", "1s"]);
    let (code, told) = server.post_json(spans(names, each).as_bytes());
    assert_eq!(code, 200, "{told}");
    server.settle();
    server
}

/// What no page of this server has, whatever anything is called.
fn is_inert(path: &str, page: &Html) {
    for element in all(page, "*") {
        let element = element.value();
        for (name, value) in element.attrs() {
            assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{path}: {name}={value}");
            let leads = ["href", "src", "action", "formaction"].contains(&name);
            assert!(
                !leads || (value.starts_with('/') && !value.starts_with("//")) || value.starts_with('#'),
                "{path}: {name}={value}"
            );
        }
        let strange =
            ["iframe", "img", "object", "embed", "base", "link", "script", "style", "foreignobject"].contains(&element.name());
        let own = element.attr("src").or(element.attr("href")).is_some_and(|place| place.starts_with("/assets/"));
        assert!(!strange || own, "{path}: there is a {}", element.name());
    }
    assert_eq!(all(page, "script").len(), 1, "{path}");
    // Pictures have titles of their own, which are text.
    assert_eq!(all(page, "head > title").len(), 1, "{path}");
}

#[test]
fn names_that_want_to_be_more_are_text_on_every_page() {
    let folder = tempfile::tempdir().unwrap();
    let names = names();
    let server = server(folder.path(), &names, 20);
    let mut paths: Vec<String> = ["/", "/?group=owner", "/hops", "/matching", "/incidents", "/health"].map(str::to_owned).into();
    for number in 0..names.len() {
        paths.extend(["", "/hops", "/explain", "/budget", "/matching"].map(|view| format!("/c/cap-{number}{view}")));
    }
    paths.push(format!("/trace/{:032x}", 1));
    for path in &paths {
        is_inert(path, &page(&server, path));
    }
    let board = page(&server, "/");
    let titles: Vec<String> = all(&board, "table.board tbody th a").into_iter().map(text).collect();
    for name in names.iter().filter(|name| name.chars().count() <= 60) {
        let as_read = name.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(titles.contains(&as_read), "{name} is not on the board: {titles:?}");
    }
    // A name in the other direction turns nothing round but itself.
    assert!(all(&board, "table.board th a bdi").iter().any(|name| text(*name).starts_with("abc\u{202e}")));
}

#[test]
fn words_of_an_address_are_text_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path(), &["Search".to_owned()], 20);
    let evil = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [
        "/?q=X",
        "/?last=X",
        "/?from=X&to=X",
        "/?tz=X&refresh=X&group=X",
        "/c/X",
        "/hops?by=X",
        "/incidents/X",
        "/trace/X",
        "/X",
        "/c/cap-0/explain?baseline_from=X",
    ] {
        let path = path.replace('X', evil);
        let (code, told) = browse(&server, &path);
        assert!([200, 400, 404].contains(&code), "{path}: {code}");
        is_inert(&path, &Html::parse_document(&told));
        assert!(!told.contains("<script>alert"), "{path}");
    }
    assert_eq!(first(&page(&server, &format!("/?q={evil}")), "p.card q"), "\"><script>alert(1)</script>");
}

#[test]
fn a_board_of_two_hundred_capabilities_is_small_and_quickly_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..200).map(|number| format!("Book a thing {number}")).collect();
    let server = server(folder.path(), &names, 10);
    let (code, told) = browse(&server, "/");
    assert_eq!((code, all(&Html::parse_document(&told), "table.board tbody tr").len()), (200, 200));
    assert!(told.len() < 120_000, "{} bytes", told.len());
    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let began = Instant::now();
            browse(&server, "/");
            began.elapsed()
        })
        .collect();
    times.sort();
    // This is a debug build on whatever machine: ten times what is promised of a release build.
    assert!(times[0].as_millis() < 2000, "{times:?}");
}
