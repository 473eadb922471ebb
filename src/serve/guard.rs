//! Who may ask. What says whether the server lives stays open: whoever restarts it has no token.

use super::browsers;
use super::refused::{Door, Reason, Refusals};
use super::tokens::{Denied, Scope, Tokens};
use crate::query::API_VERSION;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, header};
use axum::response::{IntoResponse, Json};
use serde_json::json;

const OPEN: [&str; 4] = ["/healthz", "/readyz", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];

/// The answer to a request that shows no token that would open the API; `None` if it may come in.
pub(super) fn turned_away<B>(request: &Request<B>, tokens: &Tokens, refusals: &Refusals) -> Option<Response<Body>> {
    if OPEN.contains(&request.uri().path()) {
        return None;
    }
    // gRPC posts its questions; all else that is posted changes something.
    let changes = request.method() == Method::POST && request.uri().path().starts_with("/api/");
    if changes && browsers::is_foreign(request) {
        return Some(browsers::foreign());
    }
    let checked = if changes {
        tokens.check_change(request.headers())
    } else {
        let of_browser = browsers::bearer(request);
        tokens.check(of_browser.as_ref().unwrap_or_else(|| request.headers()), Scope::Read)
    };
    let denied = checked.err()?;
    let reason = Reason::from(&denied);
    refusals.request(Door::Api, reason);
    tracing::debug!("a question was refused: {denied}");
    let content_type = request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if content_type.starts_with(b"application/grpc") {
        return Some(tonic::Status::new(reason.code(), denied.to_string()).into_http());
    }
    if browsers::wants_a_page(request.headers()) {
        return Some(browsers::turned_away(&denied, reason));
    }
    let document = Json(json!({ "apiVersion": API_VERSION, "error": denied.to_string() }));
    let mut response = (reason.http(), document).into_response();
    if reason == Reason::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Some(response)
}

impl From<&Denied> for Reason {
    fn from(denied: &Denied) -> Self {
        match denied {
            Denied::Unauthenticated(_) => Self::Unauthenticated,
            Denied::Forbidden { .. } => Self::Forbidden,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::TokenFiles;
    use super::*;
    use axum::http::StatusCode;

    #[test]
    fn what_is_posted_needs_a_token_that_may_change_something_and_a_question_over_grpc_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("api");
        std::fs::write(&file, "ops: canary-0123456789abcdef\n").unwrap();
        let tokens = Tokens::open(TokenFiles { intake: None, api: Some(file) }).unwrap();
        let answer = |method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path).header("authorization", "Bearer canary-0123456789abcdef");
            turned_away(&request.body(()).unwrap(), &tokens, &Refusals::default()).map(|response| response.status())
        };
        assert_eq!(answer(Method::GET, "/api/v1/annotations"), None);
        assert_eq!(answer(Method::POST, "/api/v1/annotations"), Some(StatusCode::FORBIDDEN));
        assert_eq!(answer(Method::POST, "/steelthread.v1.Query/Status"), None);
    }
}
