//! Pages: an address is read, the questions of a view are put, and [`crate::page`] draws what was answered.
//!
//! A browser does what a page tells it, so each says what it may do: nothing but what comes from this server. There is no inline
//! script and no inline style, so that text of others could do nothing even if it got past the escaping.

mod views;

use super::desk::Desk;
use super::http::code_of;
use crate::page::{self, Asked, Markup};
use crate::query::{Answers, QueryError};
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What a browser may do with a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Headers of all pages.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // A link to somebody else's trace viewer does not tell it which capability was looked at.
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// All pages, and what they refer to.
pub(super) fn routes() -> Router<Desk> {
    views::routes().route("/assets/{file}", get(asset)).layer(map_response(secured))
}

async fn secured(response: Response) -> Response {
    with_headers(response)
}

/// With what a browser must know.
pub(super) fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn asset(Path(file): Path<String>) -> Response {
    match page::asset(&file) {
        Some(asset) => {
            let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.text).into_response()
        }
        None => (StatusCode::NOT_FOUND, "there is no such file in this version\n").into_response(),
    }
}

/// A view: what is asked, and what is drawn of the answers.
async fn shown(
    desk: Desk,
    uri: Uri,
    view: impl FnOnce(&dyn Answers, &Asked) -> Result<Markup, QueryError> + Send + 'static,
) -> Response {
    let asked = Asked::new(uri.path(), uri.query().unwrap_or_default(), (desk.clock)()).with_traces(desk.traces.clone());
    let about = asked.clone();
    let drawn = desk.ask(move |answers| Ok(view(answers, &about)?.into_string())).await;
    match drawn {
        Ok(text) => html(StatusCode::OK, text),
        Err(error) => html(code_of(&error), page::refused(&asked, &error.to_string()).into_string()),
    }
}

pub(super) fn html(code: StatusCode, text: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (code, headers, text).into_response()
}

/// For a browser that asks for what there is not.
pub(super) fn missing(desk: &Desk, uri: &Uri) -> Response {
    let asked = Asked::new("/", uri.query().unwrap_or_default(), (desk.clock)());
    let why = format!("There is no {} here.", uri.path());
    with_headers(html(StatusCode::NOT_FOUND, page::refused(&asked, &why).into_string()))
}

/// How the browser calls this machine, without the port; only what can be nothing but a name.
fn host(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_name =
        !name.is_empty() && name.len() < 254 && name.chars().all(|one| one.is_ascii_alphanumeric() || ".-".contains(one));
    is_name.then(|| name.to_owned())
}
