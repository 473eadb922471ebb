//! Questions over HTTP: one route a question, answered with the documents of spec 4.2.

use super::asked::{ExplainWords, HistoryWords, HopsWords, NoWords, StatusWords};
use super::desk::Desk;
use super::openapi::{self, Answer, Route};
use super::{backup, browsers, metrics, page};
use crate::model::TraceId;
use crate::query::{
    API_VERSION, Alerts, Annotations, BudgetAnswer, BudgetQuestion, Explanation, Flow, FlowQuestion, GateAnswer, GateQuestion,
    History, HopsAnswer, IncidentsAnswer, IncidentsQuestion, Matching, NewAnnotation, QueryError, Status, TraceAnswer,
};
use axum::Router;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{MethodRouter, get};
use serde_json::{Value, json};

const RANGE: &[&str] = &["from", "to", "last"];
const HOPS: &[&str] = &["from", "to", "last", "by", "level"];
const HISTORY: &[&str] = &["from", "to", "last", "step", "durations"];
const EXPLAIN: &[&str] = &["from", "to", "last", "baseline_from", "baseline_to", "level"];

/// All that can be asked, and who answers: what the server is built of, and what `/api/openapi.json` tells.
fn table() -> Vec<(Route, MethodRouter<Desk>)> {
    let about = |path, summary, words, message, answers| {
        (Route { path, summary, words, answer: Answer::Document(message), takes: None }, answers)
    };
    let text = |path, summary, answer, answers| (Route { path, summary, words: &[], answer, takes: None }, answers);
    let annotations = Route {
        path: "/api/v1/annotations",
        summary: "What was done to the system: deploys, flags, notes; POST keeps one.",
        words: RANGE,
        answer: Answer::Document("AnnotationsResponse"),
        takes: Some("NewAnnotation"),
    };
    vec![
        about("/api/v1/status", "How the capabilities are doing.", RANGE, "StatusResponse", get(status)),
        about("/api/v1/capabilities/{id}", "How a capability is doing.", RANGE, "StatusResponse", get(capability)),
        about(
            "/api/v1/capabilities/{id}/hops",
            "Which hops fail it, and which are slow.",
            HOPS,
            "HopsResponse",
            get(capability_hops),
        ),
        about("/api/v1/capabilities/{id}/history", "Its figures over time.", HISTORY, "HistoryResponse", get(history)),
        about("/api/v1/capabilities/{id}/explain", "Why it was bad.", EXPLAIN, "ExplainResponse", get(explain)),
        about(
            "/api/v1/capabilities/{id}/flow",
            "Who calls whom, and where failures come from.",
            RANGE,
            "FlowResponse",
            get(flow),
        ),
        about("/api/v1/capabilities/{id}/budget", "What is left of its budgets.", &[], "BudgetResponse", get(capability_budget)),
        about("/api/v1/capabilities/{id}/gate", "Whether to release.", &[], "GateResponse", get(gate)),
        about("/api/v1/capabilities/{id}/matching", "What matches it.", &[], "MatchingResponse", get(capability_matching)),
        about("/api/v1/hops", "Which hops fail, and which are slow.", HOPS, "HopsResponse", get(hops)),
        about("/api/v1/budget", "What is left of the budgets of objectives.", &[], "BudgetResponse", get(budget)),
        about("/api/v1/matching", "What arrives, what matches, and what nearly does.", &[], "MatchingResponse", get(matching)),
        about("/api/v1/alerts", "Which alerts last, and which ended of late.", &[], "AlertsResponse", get(alerts)),
        about(
            "/api/v1/incidents",
            "When objectives were broken, how much was lost, by whom.",
            RANGE,
            "IncidentsResponse",
            get(incidents),
        ),
        about("/api/v1/incidents/{incident_id}", "One incident, over time.", &[], "IncidentsResponse", get(incident)),
        (annotations, get(told_annotations).post(annotate)),
        about("/api/v1/traces/{trace_id}", "The verdicts about a recent trace.", &[], "TraceResponse", get(trace)),
        text("/api/v1/live", "An event whenever something more was counted.", Answer::Events, get(live)),
        text("/api/v1/backup", "A copy of what the server keeps, as a file.", Answer::File, get(backup)),
        text("/api/openapi.json", "This document.", Answer::Json, get(openapi)),
        text("/healthz", "Whether the process lives.", Answer::Health, get(|| async { "ok\n" })),
        text("/readyz", "Whether spans are taken and questions answered.", Answer::Health, get(ready)),
        text("/metrics", "Own health and figures of the capabilities.", Answer::Figures, get(figures)),
    ]
}

/// All routes; whatever else is asked for is told what there is.
pub(super) fn routes(desk: Desk) -> Router {
    let router = table().into_iter().fold(Router::new(), |router, (route, answers)| router.route(route.path, answers));
    router.merge(page::routes()).fallback(nothing_here).method_not_allowed_fallback(only_get).with_state(desk)
}

/// What can be asked, without who answers.
pub(super) fn described() -> Vec<Route> {
    table().into_iter().map(|(route, _)| route).collect()
}

async fn openapi() -> Json<Value> {
    Json(openapi::document(&described()))
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
        Self(code_of(&error), error.to_string())
    }
}

/// What HTTP calls it that a question has no answer.
pub(super) fn code_of(error: &QueryError) -> StatusCode {
    match error {
        QueryError::NoSuchCapability { .. } | QueryError::NoSuchTrace(_) | QueryError::NoSuchIncident(_) => StatusCode::NOT_FOUND,
        QueryError::Bad(_) => StatusCode::BAD_REQUEST,
        QueryError::Unreadable(_) => StatusCode::INTERNAL_SERVER_ERROR,
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

async fn history(State(desk): State<Desk>, Path(id): Path<String>, words: Words<HistoryWords>) -> Result<Json<History>, Refused> {
    let question = words?.0.question(id, (desk.clock)())?;
    Ok(Json(desk.ask(move |answers| answers.history(&question)).await?))
}

async fn explain(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    words: Words<ExplainWords>,
) -> Result<Json<Explanation>, Refused> {
    let question = words?.0.question(id, (desk.clock)())?;
    Ok(Json(desk.ask(move |answers| answers.explain(&question)).await?))
}

async fn flow(State(desk): State<Desk>, Path(id): Path<String>, words: Words<StatusWords>) -> Result<Json<Flow>, Refused> {
    let between = words?.0.question(None, (desk.clock)())?.between;
    let question = FlowQuestion { capability: id, between };
    Ok(Json(desk.ask(move |answers| answers.flow(&question)).await?))
}

async fn budget(State(desk): State<Desk>, words: Words<NoWords>) -> Result<Json<BudgetAnswer>, Refused> {
    words?;
    let question = BudgetQuestion { capability: None, at_ns: Some((desk.clock)()) };
    Ok(Json(desk.ask(move |answers| answers.budget(&question)).await?))
}

async fn capability_budget(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    words: Words<NoWords>,
) -> Result<Json<BudgetAnswer>, Refused> {
    words?;
    let question = BudgetQuestion { capability: Some(id), at_ns: Some((desk.clock)()) };
    Ok(Json(desk.ask(move |answers| answers.budget(&question)).await?))
}

async fn gate(State(desk): State<Desk>, Path(id): Path<String>, words: Words<NoWords>) -> Result<Json<GateAnswer>, Refused> {
    words?;
    let question = GateQuestion { capability: id, at_ns: Some((desk.clock)()) };
    Ok(Json(desk.ask(move |answers| answers.gate(&question)).await?))
}

async fn matching(State(desk): State<Desk>, words: Words<NoWords>) -> Result<Json<Matching>, Refused> {
    words?;
    Ok(Json(desk.ask(|answers| answers.matching(None)).await?))
}

async fn alerts(State(desk): State<Desk>, words: Words<NoWords>) -> Result<Json<Alerts>, Refused> {
    words?;
    Ok(Json(desk.ask(|answers| answers.alerts()).await?))
}

async fn incidents(State(desk): State<Desk>, words: Words<StatusWords>) -> Result<Json<IncidentsAnswer>, Refused> {
    let between = words?.0.question(None, (desk.clock)())?.between;
    let question = IncidentsQuestion { id: None, between };
    Ok(Json(desk.ask(move |answers| answers.incidents(&question)).await?))
}

async fn incident(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    words: Words<NoWords>,
) -> Result<Json<IncidentsAnswer>, Refused> {
    words?;
    let question = IncidentsQuestion { id: Some(id), between: None };
    Ok(Json(desk.ask(move |answers| answers.incidents(&question)).await?))
}

async fn told_annotations(State(desk): State<Desk>, words: Words<StatusWords>) -> Result<Json<Annotations>, Refused> {
    let between = words?.0.question(None, (desk.clock)())?.between;
    Ok(Json(desk.ask(move |answers| answers.annotations(between)).await?))
}

/// Only JSON that says that it is JSON: a page of somebody else cannot make a browser post that.
async fn annotate(
    State(desk): State<Desk>,
    posted: Result<Json<NewAnnotation>, JsonRejection>,
) -> Result<(StatusCode, Json<Annotations>), Refused> {
    let posted = posted.map_err(|rejection| Refused(rejection.status(), rejection.body_text()))?.0;
    let now_ns = (desk.clock)();
    Ok((StatusCode::CREATED, Json(desk.ask(move |answers| answers.annotate(&posted, now_ns)).await?)))
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

async fn live(State(desk): State<Desk>) -> Response {
    desk.live.listen()
}

async fn backup(desk: State<Desk>, words: Words<NoWords>) -> Result<Response, Refused> {
    words?;
    backup::made(desk).await.map_err(|(code, why)| Refused(code, why))
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

async fn nothing_here(State(desk): State<Desk>, uri: Uri, headers: HeaderMap) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    if content_type.starts_with(b"application/grpc") {
        return tonic::Status::unimplemented(format!("there is no {}", uri.path())).into_http::<axum::body::Body>();
    }
    if browsers::wants_a_page(&headers) {
        return page::missing(&desk, &uri);
    }
    let paths = described()
        .iter()
        .map(|one| one.path.replace("{id}", "ID").replace("{trace_id}", "TRACE_ID").replace("{incident_id}", "INCIDENT_ID"))
        .collect::<Vec<_>>()
        .join(", ");
    let told = format!("there is no {}; there are {paths}", uri.path());
    Refused(StatusCode::NOT_FOUND, told).into_response()
}

async fn only_get(method: Method) -> Refused {
    Refused(StatusCode::METHOD_NOT_ALLOWED, format!("questions are asked with GET, not {method}"))
}
