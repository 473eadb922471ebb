//! Who may ask. What says whether the server lives stays open: whoever restarts it has no token.

use super::refused::{Door, Reason, Refusals};
use super::tokens::{Denied, Scope, Tokens};
use crate::query::API_VERSION;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use axum::response::{IntoResponse, Json};
use serde_json::json;

const OPEN: [&str; 4] = ["/healthz", "/readyz", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];

/// The answer to a request that shows no token that would open the API; `None` if it may come in.
pub(super) fn turned_away<B>(request: &Request<B>, tokens: &Tokens, refusals: &Refusals) -> Option<Response<Body>> {
    if OPEN.contains(&request.uri().path()) {
        return None;
    }
    let denied = tokens.check(request.headers(), Scope::Read).err()?;
    let reason = Reason::from(&denied);
    refusals.request(Door::Api, reason);
    tracing::debug!("a question was refused: {denied}");
    let content_type = request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if content_type.starts_with(b"application/grpc") {
        return Some(tonic::Status::new(reason.code(), denied.to_string()).into_http());
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
