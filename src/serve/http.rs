//! Questions over HTTP: one route a question, answered with the documents of spec 4.2.

use super::asked::{ExplainWords, HopsWords, NoWords, StatusWords};
use super::desk::Desk;
use super::metrics;
use crate::model::TraceId;
use crate::query::{API_VERSION, Explanation, HopsAnswer, Matching, QueryError, Status, TraceAnswer};
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::json;

/// All routes; whatever else is asked for is told what there is.
pub(super) fn routes(desk: Desk) -> Router {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/capabilities/{id}", get(capability))
        .route("/api/v1/capabilities/{id}/hops", get(capability_hops))
        .route("/api/v1/capabilities/{id}/explain", get(explain))
        .route("/api/v1/hops", get(hops))
        .route("/api/v1/matching", get(matching))
        .route("/api/v1/capabilities/{id}/matching", get(capability_matching))
        .route("/api/v1/traces/{trace_id}", get(trace))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .fallback(nothing_here)
        .method_not_allowed_fallback(only_get)
        .with_state(desk)
}

/// Why there is no answer, as a document.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "apiVersion": API_VERSION, "error": self.1 }))).into_response()
    }
}

impl From<QueryError> for Refused {
    fn from(error: QueryError) -> Self {
        let code = match error {
            QueryError::NoSuchCapability { .. } | QueryError::NoSuchTrace(_) => StatusCode::NOT_FOUND,
            QueryError::Bad(_) => StatusCode::BAD_REQUEST,
            QueryError::Unreadable(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(code, error.to_string())
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self(StatusCode::BAD_REQUEST, rejection.body_text())
    }
}

type Words<T> = Result<Query<T>, QueryRejection>;

async fn status(State(desk): State<Desk>, words: Words<StatusWords>) -> Result<Json<Status>, Refused> {
    let question = words?.0.question(None, (desk.clock)())?;
    Ok(Json(desk.ask(move |answers| answers.status(&question)).await?))
}

async fn capability(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    words: Words<StatusWords>,
) -> Result<Json<Status>, Refused> {
    let question = words?.0.question(Some(id), (desk.clock)())?;
    Ok(Json(desk.ask(move |answers| answers.status(&question)).await?))
}

async fn hops(State(desk): State<Desk>, words: Words<HopsWords>) -> Result<Json<HopsAnswer>, Refused> {
    let question = words?.0.question(None, (desk.clock)())?;
    Ok(Json(desk.ask(move |answers| answers.hops(&question)).await?))
}

async fn capability_hops(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    words: Words<HopsWords>,
) -> Result<Json<HopsAnswer>, Refused> {
    let question = words?.0.question(Some(id), (desk.clock)())?;
    Ok(Json(desk.ask(move |answers| answers.hops(&question)).await?))
}

async fn explain(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    words: Words<ExplainWords>,
) -> Result<Json<Explanation>, Refused> {
    let question = words?.0.question(id, (desk.clock)())?;
    Ok(Json(desk.ask(move |answers| answers.explain(&question)).await?))
}

async fn matching(State(desk): State<Desk>, words: Words<NoWords>) -> Result<Json<Matching>, Refused> {
    words?;
    Ok(Json(desk.ask(|answers| answers.matching(None)).await?))
}

async fn capability_matching(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    words: Words<NoWords>,
) -> Result<Json<Matching>, Refused> {
    words?;
    Ok(Json(desk.ask(move |answers| answers.matching(Some(&id))).await?))
}

async fn trace(State(desk): State<Desk>, Path(id): Path<String>) -> Result<Json<TraceAnswer>, Refused> {
    let id = TraceId::parse(&id).map_err(|error| QueryError::Bad(error.to_string()))?;
    Ok(Json(desk.ask(move |answers| answers.trace(id)).await?))
}

async fn ready(State(desk): State<Desk>) -> Result<&'static str, (StatusCode, String)> {
    desk.health.ready().map(|()| "ready\n").map_err(|why| (StatusCode::SERVICE_UNAVAILABLE, why + "\n"))
}

async fn figures(State(desk): State<Desk>) -> Result<Response, Refused> {
    let gauges = desk.health.gauges();
    let ready = desk.health.ready().is_ok();
    let health = desk.health.clone();
    let text = desk.ask_counted(move |answers| metrics::text(answers, ready, &gauges, health.refusals())).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

async fn nothing_here(uri: Uri, headers: HeaderMap) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    if content_type.starts_with(b"application/grpc") {
        return tonic::Status::unimplemented(format!("there is no {}", uri.path())).into_http::<axum::body::Body>();
    }
    let told = format!(
        "there is no {}; there are /api/v1/status, /api/v1/capabilities/ID, /api/v1/capabilities/ID/hops, \
         /api/v1/capabilities/ID/explain, /api/v1/capabilities/ID/matching, /api/v1/hops, /api/v1/matching, /api/v1/traces/TRACE_ID, /healthz, /readyz, /metrics",
        uri.path()
    );
    Refused(StatusCode::NOT_FOUND, told).into_response()
}

async fn only_get(method: Method) -> Refused {
    Refused(StatusCode::METHOD_NOT_ALLOWED, format!("questions are asked with GET, not {method}"))
}
