//! The page, as a browser gets it: its figures are those of the API, its links lead somewhere, and names of others are text.
#![allow(clippy::disallowed_methods, reason = "a test watches the clock that it tests against")]

use crate::program::{Server, shop_map};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use std::collections::BTreeSet;

pub fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// Text as a reader sees it, with plain spaces.
pub fn text(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.replace(['\u{202f}', '\u{a0}'], " ").replace('\u{2212}', "-").split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn first(page: &Html, selector: &str) -> String {
    all(page, selector).first().map(|element| text(*element)).unwrap_or_default()
}

/// Code and text of an answer to a browser.
pub fn browse(server: &Server, path: &str) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent = ureq::Agent::new_with_config(config);
    let mut response = agent.get(format!("{}{path}", server.api)).header("accept", "text/html").call().unwrap();
    let text = response.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
    (response.status().as_u16(), text)
}

pub fn page(server: &Server, path: &str) -> Html {
    let (code, text) = browse(server, path);
    assert_eq!(code, 200, "{path}: {text}");
    Html::parse_document(&text)
}

/// A server with some minutes of the shop: some checkouts fail at the card network, which is an outside supplier.
fn shop(folder: &std::path::Path) -> Server {
    let server = Server::start(&["--map", &shop_map(folder), "--quiet", "200ms", "--max-age", "1s", "--no-entry", "1s"]);
    let spans: Vec<String> = (1..=40).flat_map(|number| checkout(number, number % 4 == 0)).collect();
    let document = format!(
        r#"{{"resourceSpans":[{},{}]}}"#,
        resource("web", spans.iter().filter(|span| span.contains("POST /checkout"))),
        resource("payment", spans.iter().filter(|span| !span.contains("POST /checkout")))
    );
    let (code, told) = server.post_json(document.as_bytes());
    assert_eq!(code, 200, "{told}");
    server.settle();
    server
}

pub fn resource<'a>(service: &str, spans: impl Iterator<Item = &'a String>) -> String {
    let spans: Vec<&str> = spans.map(String::as_str).collect();
    let service = serde_json::to_string(service).unwrap();
    format!(
        r#"{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":{service}}}}}]}},"scopeSpans":[{{"spans":[{}]}}]}}"#,
        spans.join(",")
    )
}

/// An entry, the payment below it, and its call of the card network.
fn checkout(number: u64, fails: bool) -> Vec<String> {
    let now_ns = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64 - 60_000_000_000;
    let (start, code) = (now_ns + number * 1_000_000, if fails { 2 } else { 0 });
    let status = if fails { 500 } else { 200 };
    let span = |id: u64, parent: u64, kind: u8, name: &str, more: &str, lasts_ms: u64| {
        let parent = if parent == 0 { String::new() } else { format!(r#""parentSpanId":"{parent:016x}","#) };
        format!(
            r#"{{"traceId":"{number:032x}","spanId":"{id:016x}",{parent}"name":"{name}","kind":{kind},"startTimeUnixNano":"{start}","endTimeUnixNano":"{}","status":{{"code":{code}}},"attributes":[{{"key":"http.response.status_code","value":{{"intValue":{status}}}}}{more}]}}"#,
            start + lasts_ms * 1_000_000
        )
    };
    let peer = r#",{"key":"server.address","value":{"stringValue":"api.cardnet.example"}}"#;
    let at = number * 10;
    vec![
        span(at + 1, 0, 2, "POST /checkout", "", 100),
        span(at + 2, at + 1, 2, "authorise", "", 80),
        span(at + 3, at + 2, 3, "POST", peer, 60),
    ]
}

/// A percentage as the page writes it, from a share of the API: cut, not rounded.
fn percent(share: &Value, digits: usize) -> String {
    let scale = 10_f64.powi(digits as i32);
    format!("{:.digits$} %", (share.as_f64().unwrap() * 100.0 * scale + 1e-6).floor() / scale)
}

#[test]
fn figures_on_the_board_and_in_a_capability_are_those_of_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(folder.path());
    let status = &server.get("/api/v1/capabilities/checkout?last=1h")["capabilities"][0].clone();
    assert_eq!((status["failed"].as_u64(), status["worst_hop"]["hop"].as_str()), (Some(10), Some("card-network")));
    let board = page(&server, "/");
    let row = "table.board tr.fail";
    assert_eq!(first(&board, &format!("{row} .chip")), "failing");
    assert_eq!(first(&board, &format!("{row} td:nth-child(4) b")), percent(&status["success_rate"], 1));
    assert_eq!(first(&board, &format!("{row} td:nth-child(4) small")), "goal 99.5 %");
    assert_eq!(first(&board, &format!("{row} td:nth-child(8) a")), "card-network");
    assert!(first(&board, &format!("{row} td:nth-child(8) small")).starts_with("100 % of failures · Cardnet · "));
    let left = server.get("/api/v1/capabilities/checkout/budget")["budgets"][0]["left_share"].clone();
    assert_eq!(
        first(&board, &format!("{row} td:nth-child(7)")),
        format!("-{}", percent(&(-left.as_f64().unwrap()).into(), 0)).replace("4900", "4 900")
    );
    let said = "Buy what is in the cart is failing. 25 of 100 attempts fail; 100 % of those end at card-network. 1 has no data.";
    assert_eq!(first(&board, "p.say"), said);

    let view = page(&server, "/c/checkout");
    assert!(
        first(&view, "p.say")
            .starts_with("10 of 40 attempts failed. 100 % of the failures end at card-network, supplied by Cardnet.")
    );
    let figures: Vec<String> = all(&view, ".figure b").into_iter().map(text).collect();
    assert_eq!(figures[..3], [percent(&status["success_rate"], 1), "40".into(), "10".into()]);

    let hops = server.get("/api/v1/capabilities/checkout/hops?last=1h");
    let view = page(&server, "/c/checkout/hops");
    let rows: Vec<String> = all(&view, "table.list tbody th b").into_iter().map(text).collect();
    let names: Vec<&str> = hops["hops"].as_array().unwrap().iter().map(|row| row["hop"].as_str().unwrap()).collect();
    assert_eq!(rows, names);
    assert_eq!(first(&view, "p.sum"), "Failures at hops 10 + asked for something wrong 0 + unknown 0 = 10 failed.");
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = shop(folder.path());
    let mut open = vec!["/".to_owned()];
    let mut seen = BTreeSet::new();
    // A page about another time, in another order and so on is the same page again.
    let kind = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
    let mut kinds = BTreeSet::new();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) || path == "/api/v1/live" {
            continue;
        }
        let (code, told) = browse(&server, &path);
        assert_eq!(code, 200, "{path}: {told}");
        if path.starts_with("/api/") || path.starts_with("/assets/") || path == "/metrics" || !kinds.insert(kind(&path)) {
            continue;
        }
        let page = Html::parse_document(&told);
        for (selector, name) in [("[href]", "href"), ("[src]", "src"), ("form[action]", "action")] {
            let found = all(&page, selector);
            let links = found.iter().filter_map(|element| element.value().attr(name)).filter(|link| !link.starts_with('#'));
            for link in links {
                assert!(link.starts_with('/') && !link.starts_with("//"), "{path} leads to {link}");
                open.push(link.to_owned());
            }
        }
    }
    for wanted in ["/c/checkout", "/c/checkout/explain", "/c/browse/budget", "/hops", "/incidents", "/matching", "/health"] {
        assert!(kinds.contains(wanted), "{wanted} is not reached: {kinds:?}");
    }
    assert!(kinds.iter().any(|path| path.starts_with("/trace/")), "no page leads to a trace: {kinds:?}");
}

#[test]
fn an_empty_server_says_how_to_point_a_collector_at_it_and_a_map_that_fits_nothing_where_to_look() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--quiet", "200ms", "--max-age", "1s", "--no-entry", "1s"]);
    let empty = page(&server, "/");
    assert_eq!(first(&empty, "h1"), "Nothing has arrived yet");
    assert!(first(&empty, "pre").contains("endpoint: 127.0.0.1:4317"), "{}", first(&empty, "pre"));
    let span = r#"{"traceId":"0000000000000000000000000000abcd","spanId":"000000000000abcd","name":"GET /else","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2"}"#;
    server.post_json(format!(r#"{{"resourceSpans":[{}]}}"#, resource("other", [span.to_owned()].iter())).as_bytes());
    let board = page(&server, "/");
    assert!(first(&board, "p.remark").starts_with("Spans arrive, and none of them is part of a capability yet."));
    assert_eq!(all(&board, "p.remark a")[0].value().attr("href"), Some("/matching"));
    // Nothing is ever told as good because nothing is known.
    assert!(all(&board, ".board td:nth-child(4) b").into_iter().all(|cell| text(cell) == "–"));
}
