//! Who gets a page, who may change something by way of a browser, and how live updates begin and end.
#![allow(clippy::disallowed_methods, reason = "a test watches the clock that it tests against")]

use crate::page::resource;
use crate::program::{Server, shop_map};
use crate::secured::{Folder, Secured};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::{BufRead, BufReader};
use std::time::Instant;
use ureq::http::Response;

const OPS: &str = "canary-ops-5b1c9e7730aa4d21";
const ADMIN: &str = "canary-admin-91f4c2d07be68a35";
const NOTE: &str = r#"{"text": "checkout 1.4.2", "kind": "deploy"}"#;

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().new_agent()
}

fn get(url: &str, headers: &[(&str, &str)]) -> Response<ureq::Body> {
    headers.iter().fold(agent().get(url), |request, (name, value)| request.header(*name, *value)).call().unwrap()
}

fn post(url: &str, headers: &[(&str, &str)]) -> u16 {
    let request = agent().post(url).header("content-type", "application/json");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send(NOTE).unwrap().status().as_u16()
}

fn basic(token: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("somebody:{token}")))
}

#[test]
fn a_browser_shows_its_token_as_a_password_and_can_change_nothing_by_it() {
    let folder = Folder::new();
    let tokens = folder.write("tokens", &format!("ops: {OPS}\nadmin {ADMIN} read,admin\n"));
    let store = folder.path().join("store").display().to_string();
    let server = Secured::start(folder, &["--api-token-file", &tokens, "--store", &store]);
    let (api, accept) = (&server.api, ("accept", "text/html,application/xhtml+xml"));

    let mut turned_away = get(&format!("{api}/"), &[accept]);
    assert_eq!(turned_away.status().as_u16(), 401);
    assert_eq!(turned_away.headers()["www-authenticate"], "Basic realm=\"steelthread\", charset=\"UTF-8\"");
    assert!(turned_away.headers().contains_key("content-security-policy"));
    assert!(turned_away.body_mut().read_to_string().unwrap().contains("write the token as the password"));
    let tool = get(&format!("{api}/api/v1/status"), &[]);
    assert_eq!((tool.status().as_u16(), tool.headers()["www-authenticate"].to_str().unwrap()), (401, "Bearer"));

    let (ops, admin) = (basic(OPS), basic(ADMIN));
    for path in ["/", "/health", "/api/v1/status", "/metrics"] {
        assert_eq!(get(&format!("{api}{path}"), &[accept, ("authorization", &ops)]).status().as_u16(), 200, "{path}");
        let wrong = basic("canary-nobody-0123456789abcdef");
        assert_eq!(get(&format!("{api}{path}"), &[accept, ("authorization", &wrong)]).status().as_u16(), 401, "{path}");
    }
    // What a browser sends by itself opens nothing that changes something, not even with a token that might.
    let notes = format!("{api}/api/v1/annotations");
    assert_eq!(post(&notes, &[("authorization", &admin)]), 401);
    let bearer = format!("Bearer {ADMIN}");
    assert_eq!(post(&notes, &[("authorization", &bearer), ("origin", "https://evil.example")]), 403);
    assert_eq!(post(&notes, &[("authorization", &bearer), ("origin", "null")]), 403);
    assert_eq!(post(&notes, &[("authorization", &bearer), ("origin", api)]), 201);
    assert_eq!(post(&notes, &[("authorization", &bearer)]), 201);

    let said = server.folder.read("stderr") + &server.folder.read("stdout");
    assert!(said.len() > 1000, "it logs all there is to log");
    for secret in [OPS, ADMIN, ops.trim_start_matches("Basic "), admin.trim_start_matches("Basic ")] {
        assert!(!said.contains(secret), "a secret is in the log");
    }
}

#[test]
fn pages_of_others_may_not_post_where_no_token_is_asked_either() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").display().to_string();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--store", &store]);
    let notes = format!("{}/api/v1/annotations", server.api);
    assert_eq!(post(&notes, &[("origin", "http://127.0.0.1:1")]), 403);
    assert_eq!(post(&notes, &[("origin", &server.api)]), 201);
    // No question changes anything: there is only one that posts.
    for path in ["/", "/hops", "/api/v1/status"] {
        assert_eq!(post(&format!("{}{path}", server.api), &[]), 405, "{path}");
    }
}

#[test]
fn whoever_listens_hears_of_what_was_counted_and_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--quiet", "200ms", "--max-age", "1s", "--no-entry", "1s"]);
    let listener = agent().get(format!("{}/api/v1/live", server.api)).call().unwrap();
    assert_eq!(listener.headers()["content-type"], "text/event-stream");
    let mut lines = BufReader::new(listener.into_body().into_reader()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "retry: 5000");
    let now_ns = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let span = format!(
        r#"{{"traceId":"0000000000000000000000000000abcd","spanId":"000000000000abcd","name":"POST /checkout","kind":2,"startTimeUnixNano":"{now_ns}","endTimeUnixNano":"{now_ns}"}}"#
    );
    server.post_json(format!(r#"{{"resourceSpans":[{}]}}"#, resource("web", [span].iter())).as_bytes());
    assert_eq!(lines.find(|line| line.starts_with("event:")).unwrap(), "event: counted");
    let data = lines.next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data.trim_start_matches("data: ")).unwrap();
    assert_eq!(data["apiVersion"], "steelthread/v1");
    assert_eq!(data["until"], server.get("/api/v1/status")["range"]["to"]);
    let began = Instant::now();
    let (code, said) = server.terminate();
    assert_eq!(code, 0, "{said}");
    // Connections that do not end are cut off after five seconds: this one was told to go.
    assert!(began.elapsed().as_secs_f64() < 4.5, "{:?}", began.elapsed());
    assert_eq!(lines.filter(|line| line.starts_with("event:")).count(), 0);
}
