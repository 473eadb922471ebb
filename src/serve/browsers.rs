//! What browsers do otherwise than tools: they show a token as a password, they send it along with whatever any page makes them ask for, and
//! they would rather see a page than a document.
//!
//! A browser can send no bearer token by itself, so where tokens are asked, HTTP Basic with the token as the password opens what can be read; the name
//! does not matter. What a browser sends by itself it sends for pages of others, too. So this never changes anything: what is posted needs
//! the bearer, and no page of somebody else may post at all.

use super::page::{html, with_headers};
use super::refused::Reason;
use super::tokens::Denied;
use crate::page::{self, Asked};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

/// Whether whoever asks would rather see a page than a document.
pub(super) fn wants_a_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accepted| accepted.as_bytes().starts_with(b"text/html"))
}

/// The headers of a request in which the password of HTTP Basic stands as bearer token; `None` if there is none, or more is asked than to read.
pub(super) fn bearer<B>(request: &Request<B>) -> Option<HeaderMap> {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let mut all = request.headers().get_all(header::AUTHORIZATION).iter();
    let value = all.next().filter(|_| reads && all.next().is_none())?.as_bytes();
    let scheme = value.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case(b"basic "));
    let text = BASE64_STANDARD.decode(scheme.map(|_| value[6..].trim_ascii())?).ok()?;
    let colon = text.iter().position(|byte| *byte == b':')?;
    let mut shown = HeaderValue::from_bytes(&[b"Bearer ", &text[colon + 1..]].concat()).ok()?;
    shown.set_sensitive(true);
    Some(HeaderMap::from_iter([(header::AUTHORIZATION, shown)]))
}

/// Whether a page of somebody else makes a browser send this.
pub(super) fn is_foreign<B>(request: &Request<B>) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let here = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    origin.is_none() || origin != here
}

/// The answer to that.
pub(super) fn foreign() -> Response {
    let why = "a page of another origin may not change anything here";
    (StatusCode::FORBIDDEN, Json(json!({ "apiVersion": crate::query::API_VERSION, "error": why }))).into_response()
}

/// A page for whoever showed no token that opens pages.
pub(super) fn turned_away(denied: &Denied, reason: Reason) -> Response {
    let why = match reason {
        Reason::Unauthenticated => {
            "A token is needed. Load this page again and write the token as the password; the user name does not matter."
                .to_owned()
        }
        _ => format!("{denied}."),
    };
    let page = page::refused(&Asked::new("/", "", 0), &why).into_string();
    let mut response = with_headers(html(reason.http(), page));
    if reason == Reason::Unauthenticated {
        let asked = HeaderValue::from_static("Basic realm=\"steelthread\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, asked);
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(method: Method, headers: &[(&str, &str)]) -> Request<()> {
        let request = Request::builder().method(method).uri("/api/v1/annotations");
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
    }

    fn shown(method: Method, value: &str) -> Option<String> {
        let headers = bearer(&request(method, &[("authorization", value)]))?;
        Some(headers[header::AUTHORIZATION].to_str().unwrap().to_owned())
    }

    #[test]
    fn the_password_of_a_browser_is_its_token_where_nothing_is_changed() {
        let basic = format!("Basic {}", BASE64_STANDARD.encode("anybody:st_0123:45"));
        assert_eq!(shown(Method::GET, &basic), Some("Bearer st_0123:45".into()));
        assert_eq!(shown(Method::GET, &basic.replace("Basic", "bASIC")), Some("Bearer st_0123:45".into()));
        assert_eq!(shown(Method::POST, &basic), None);
        for none in ["Basic", "Basic !!", "Bearer st_0123", &format!("Basic {}", BASE64_STANDARD.encode("no colon"))] {
            assert_eq!(shown(Method::GET, none), None, "{none}");
        }
        assert!(bearer(&request(Method::GET, &[("authorization", &basic), ("authorization", &basic)])).is_none());
    }

    #[test]
    fn only_pages_of_this_server_may_post() {
        let foreign = |headers: &[(&str, &str)]| is_foreign(&request(Method::POST, headers));
        assert!(!foreign(&[("host", "steelthread.example:4319")]), "a tool says no origin");
        assert!(!foreign(&[("host", "steelthread.example:4319"), ("origin", "https://steelthread.example:4319")]));
        for origin in ["https://evil.example", "null", "https://steelthread.example", "https://steelthread.example:43190"] {
            assert!(foreign(&[("host", "steelthread.example:4319"), ("origin", origin)]), "{origin}");
        }
    }
}
