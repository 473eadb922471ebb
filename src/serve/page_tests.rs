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
