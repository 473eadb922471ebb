//! Pages of a real server on loopback, as a browser gets them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::query_tests::server;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_forbids_what_does_not_come_from_this_server() {
    let server = server().await;
    for path in ["/", "/?last=nonsense", "/assets/none.css"] {
        let response = server.response(path, "text/html").await;
        let header = |name: &str| response.headers().get(name).unwrap_or_else(|| panic!("{path}: no {name}")).to_str().unwrap();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"));
        assert_eq!((header("x-content-type-options"), header("referrer-policy")), ("nosniff", "no-referrer"));
        assert_eq!((header("x-frame-options"), header("cross-origin-opener-policy")), ("DENY", "same-origin"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_kept_for_ever_and_pages_not_at_all() {
    let server = server().await;
    let (code, page) = server.get("/").await;
    assert_eq!(code, 200);
    for end in [".css\"", ".js\"", ".svg\""] {
        let until = page.split(end).next().unwrap();
        let path = format!("/assets/{}{}", until.rsplit("/assets/").next().unwrap(), end.trim_end_matches('"'));
        let response = server.response(&path, "*/*").await;
        assert_eq!((response.status().as_u16(), path.len() > 30), (200, true), "{path}");
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
    }
    assert_eq!(server.response("/", "text/html").await.headers()["cache-control"], "no-store");
    assert_eq!(server.get("/assets/page-0000000000000000.css").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_goes_astray_gets_a_page_and_a_tool_a_document() {
    let server = server().await;
    let response = server.response("/nowhere/<script>", "text/html,application/xhtml+xml").await;
    assert_eq!((response.status().as_u16(), response.headers().contains_key("content-security-policy")), (404, true));
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(server.error("/nowhere", 404).await.starts_with("there is no /nowhere; there are /api/v1/status"));
    let (code, told) = server.get("/?last=nonsense").await;
    assert_eq!(code, 400);
    assert!(told.contains("is no length of time; write for example"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capability_shows_who_calls_whom_and_where_it_breaks() {
    let server = server().await;
    let (code, page) = server.get("/c/book-flight?last=1h").await;
    assert_eq!(code, 200);
    assert!(page.contains("75\u{202f}% of failures end here:") && page.contains("no answer in time"), "{page}");
    assert!(
        page.contains("class=\"hop ext bad\" id=\"culprit\" href=\"/c/book-flight?last=1h&amp;hop=card-network&amp;of="),
        "{page}"
    );
    assert!(page.contains("class=\"chart time area\"") && !page.contains("style="), "{page}");
    let (_, slow) = server.get("/c/book-flight?last=1h&strand=slow").await;
    assert!(slow.contains("class=\"flow slow") && !slow.contains("of failures end here"), "{slow}");
    let (_, chosen) = server.get("/c/book-flight?last=1h&hop=card-network").await;
    assert!(chosen.contains("id=\"chosen\"") && !page.contains("id=\"chosen\""), "{chosen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_shows_the_thread_and_the_views_of_time_their_charts() {
    let server = server().await;
    let (_, board) = server.get("/?last=1h").await;
    assert!(board.contains("failures end at card-network") && board.contains("id=\"thread-3\""), "{board}");
    let (code, heatmap) = server.get("/c/book-flight/heatmap?last=1h").await;
    assert_eq!(code, 200);
    assert!(heatmap.contains("class=\"chart time heat\"") && heatmap.contains("data-from="), "{heatmap}");
    let asked = server.asked();
    assert!(asked.contains("durations: true"), "{asked}");
    let (_, budget) = server.get("/c/book-flight/budget").await;
    assert!(budget.contains("class=\"chart time burn\""), "{budget}");
}

/// Text as a reader sees it, with plain spaces.
fn read(page: &str) -> String {
    let main = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let spaced = main.replace("</", " </").replace(['\u{202f}', '\u{a0}'], " ").replace('\u{2212}', "-").replace("&#39;", "'");
    let text = regex::Regex::new("<[^>]*>").unwrap().replace_all(&spaced, " ").into_owned();
    let text = text.split_once('>').map_or(text.clone(), |(_, rest)| rest.to_owned());
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" .", ".")
        .replace(" ,", ",")
        .replace(" :", ":")
        .replace(" ;", ";")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_view_tells_the_figures_of_its_document() {
    let server = server().await;
    let views: [(&str, &[&str]); 10] = [
        ("/", &["is failing.", "goal 99.9 %", "card-network", "75 % of failures · AcmePay", "team-booking", "-20 %"]),
        ("/c/book-flight", &["12 of 120 attempts failed", "supplied by AcmePay", "812 ms", "no answer in time", "498.00 EUR"]),
        (
            "/c/book-flight/explain",
            &["A hop fails.", "120 attempts, held against 2 400", "card-network", "7.5 %", "0.1 %", "score 0.222"],
        ),
        (
            "/c/book-flight/budget",
            &["Hold releases.", "It is gone.", "-20 %", "12", "75 %", "500 attempts in announced maintenance", "pricing"],
        ),
        ("/c/search/matching", &["'GET /search'", "412 spans", "should be 'GET /search'", "'GET /serch'", "line 7 of the map"]),
        ("/hops?by=latency", &["card-network", "external", "Failures at hops"]),
        ("/incidents", &["1 incident", "90", "15 %", "3 735 EUR", "card-network", "67 %", "team-booking"]),
        (
            "/incidents/1788262200-1a2b3c4d",
            &[
                "90 attempts failed in 10 min",
                "3 735 EUR",
                "deploy: payments 1.4.2",
                "2026-09-01 11:20:00 UTC",
                "told as a page, tier 1h/5m",
            ],
        ),
        (
            &format!("/trace/{}", super::fakes::KNOWN),
            &["card-network is to blame: no answer in time", "confidence is medium", "own work", "web-bff"],
        ),
        (
            "/health",
            &["Ready.", "1 000 spans", "900", "in judged executions", "Traces that wait for spans.", "steelthread_open_traces"],
        ),
    ];
    for (path, told) in views {
        let (code, page) = server.get(path).await;
        assert_eq!(code, 200, "{path}: {page}");
        let text = read(&page);
        for told in told {
            assert!(text.contains(told), "{path} does not tell '{told}': {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_view_names_its_document_and_its_command_and_leads_traces_to_the_viewer_of_the_users() {
    let server = server().await;
    let named = [
        ("/?last=6h", "/api/v1/status?last=6h", "steelthread status --last 6h"),
        ("/c/search", "/api/v1/capabilities/search?last=1h", "steelthread status search --last 1h"),
        (
            "/hops?by=cost&level=service",
            "/api/v1/hops?last=1h&amp;by=cost&amp;level=service",
            "steelthread hops --by cost --level service --last 1h",
        ),
        (
            "/c/search/explain?last=15m&baseline_from=now-2h",
            "/api/v1/capabilities/search/explain?last=15m&amp;baseline_from=now-2h",
            "steelthread explain search --last 15m --baseline-from now-2h",
        ),
        ("/incidents/1788262200-1a2b3c4d", "/api/v1/incidents/1788262200-1a2b3c4d", "steelthread incidents 1788262200-1a2b3c4d"),
    ];
    for (path, document, command) in named {
        let (_, page) = server.get(path).await;
        assert!(page.contains(&format!("<a href=\"{document}\">JSON</a>")), "{path}: {page}");
        assert!(page.contains(&format!("<code class=\"command\">{command}</code>")), "{path}: {page}");
        assert_eq!(server.get(&document.replace("&amp;", "&")).await.0, 200, "{document}");
    }
    let (_, page) = server.get("/c/book-flight/explain").await;
    let known = super::fakes::KNOWN;
    assert!(page.contains(&format!("href=\"https://traces.example/trace/{known}\" rel=\"noreferrer\"")), "{page}");
    assert!(page.contains(&format!("href=\"/trace/{known}\"")), "{page}");
}
