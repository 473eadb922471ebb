//! A real server on loopback, asked over HTTP and gRPC.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::fakes::{FakeAnswers, FakeHealth, KNOWN, NOON};
use super::proto::query_client::QueryClient;
use super::proto::{
    self, BudgetRequest, ExplainRequest, FlowRequest, GateRequest, HistoryRequest, HopsRequest, MatchingRequest, RangeRequest,
    StatusRequest, TraceRequest,
};
use super::{Port, api, fakes};
use crate::query::{BudgetAnswer, Explanation, Flow, GateAnswer, History, HopsAnswer, Matching, Status, TraceAnswer};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tonic::Code;
use tonic::transport::Channel;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

pub(super) struct Running {
    answers: Arc<FakeAnswers>,
    health: Arc<FakeHealth>,
    address: String,
}

pub(super) async fn server() -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (answers, health) = (Arc::new(FakeAnswers::default()), Arc::new(FakeHealth::default()));
    tokio::spawn(api(
        Port::plain(listener),
        Arc::clone(&answers) as _,
        Arc::clone(&answers) as _,
        Arc::clone(&health) as _,
        || NOON,
        Some("https://traces.example/trace/{trace_id}".into()),
        std::future::pending(),
    ));
    Running { answers, health, address }
}

impl Running {
    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.address);
        let asked = tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false).build();
            let mut response = ureq::Agent::new_with_config(config).get(url).call().unwrap();
            (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
        });
        asked.await.unwrap()
    }

    /// All of an answer but its body.
    pub(super) async fn response(&self, path: &str, accept: &'static str) -> ureq::http::Response<()> {
        let url = format!("{}{}", self.address, path.replace('<', "%3C").replace('>', "%3E"));
        let asked = tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false).build();
            ureq::Agent::new_with_config(config).get(url).header("accept", accept).call().unwrap().map(drop)
        });
        asked.await.unwrap()
    }

    pub(super) async fn document(&self, path: &str) -> Value {
        let (code, text) = self.get(path).await;
        assert_eq!(code, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(super) async fn error(&self, path: &str, code: u16) -> String {
        let (told, text) = self.get(path).await;
        assert_eq!(told, code, "{text}");
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["apiVersion"], "steelthread/v1");
        document["error"].as_str().unwrap().into()
    }

    /// Code and document.
    async fn post(&self, path: &str, kind: &'static str, text: &'static str) -> (u16, Value) {
        let url = format!("{}{path}", self.address);
        let asked = tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false).build();
            let request = ureq::Agent::new_with_config(config).post(url).header("content-type", kind);
            let mut response = request.send(text).unwrap();
            (response.status().as_u16(), serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap())
        });
        asked.await.unwrap()
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(self.address.clone()).unwrap().connect().await.unwrap()
    }

    pub(super) fn asked(&self) -> String {
        self.answers.asked.lock().unwrap().pop().unwrap()
    }
}

#[tokio::test]
async fn each_question_has_a_route_and_answers_with_its_document() {
    let server = server().await;
    let status: Status = serde_json::from_value(server.document("/api/v1/status").await).unwrap();
    assert_eq!(status, fakes::status());
    let one = server.document("/api/v1/capabilities/search").await;
    assert_eq!((one["capabilities"].as_array().unwrap().len(), &one["capabilities"][0]["id"]), (1, &Value::from("search")));
    let hops: HopsAnswer = serde_json::from_value(server.document("/api/v1/capabilities/book-flight/hops").await).unwrap();
    assert_eq!(hops, fakes::hops());
    assert_eq!(server.document("/api/v1/hops").await["capability"], Value::Null);
    let over_time: History = serde_json::from_value(server.document("/api/v1/capabilities/book-flight/history").await).unwrap();
    assert_eq!(over_time, fakes::history());
    let why: Explanation = serde_json::from_value(server.document("/api/v1/capabilities/book-flight/explain").await).unwrap();
    assert_eq!(why, fakes::explanation());
    let flow: Flow = serde_json::from_value(server.document("/api/v1/capabilities/book-flight/flow?last=1h").await).unwrap();
    assert_eq!(flow, fakes::flow());
    let hour = format!("Some(Between {{ from_ns: {}, to_ns: {NOON} }})", NOON - 3_600_000_000_000);
    assert_eq!(server.asked(), format!("FlowQuestion {{ capability: \"book-flight\", between: {hour} }}"));
    assert!(server.error("/api/v1/capabilities/nope/flow", 404).await.contains("there are: book-flight, search"));
    let budget: BudgetAnswer = serde_json::from_value(server.document("/api/v1/budget").await).unwrap();
    assert_eq!(budget, fakes::budget());
    let one: BudgetAnswer = serde_json::from_value(server.document("/api/v1/capabilities/search/budget").await).unwrap();
    assert!(one.budgets.is_empty());
    assert_eq!(server.asked(), format!("BudgetQuestion {{ capability: Some(\"search\"), at_ns: Some({NOON}) }}"));
    let gate: GateAnswer = serde_json::from_value(server.document("/api/v1/capabilities/book-flight/gate").await).unwrap();
    assert_eq!(gate, fakes::gate());
    assert!(server.error("/api/v1/capabilities/nope/gate", 404).await.contains("there are: book-flight, search"));
    let matching: Matching = serde_json::from_value(server.document("/api/v1/matching").await).unwrap();
    assert_eq!(matching, fakes::matching());
    let one = server.document("/api/v1/capabilities/search/matching").await;
    assert_eq!((one["capabilities"].as_array().unwrap().len(), &one["capabilities"][0]["id"]), (1, &Value::from("search")));
    assert!(server.error("/api/v1/capabilities/nope/matching", 404).await.contains("there are: book-flight, search"));
    let trace: TraceAnswer = serde_json::from_value(server.document(&format!("/api/v1/traces/{KNOWN}")).await).unwrap();
    assert_eq!(trace.verdicts, [fakes::verdict()]);
}

#[tokio::test]
async fn an_annotation_is_posted_as_json_and_told_again() {
    let server = server().await;
    let path = "/api/v1/annotations";
    let (code, told) = server.post(path, "application/json", r#"{"text": "payments 1.4.2", "kind": "deploy"}"#).await;
    assert_eq!((code, server.asked()), (201, format!("payments 1.4.2 at {NOON}")));
    assert_eq!(told, serde_json::to_value(fakes::annotations()).unwrap());
    assert_eq!(server.document(path).await, told);
    // A page of somebody else can make a browser send such a text, but not say that it is JSON.
    assert_eq!(server.post(path, "text/plain", r#"{"text": "a"}"#).await.0, 415);
    let (code, told) = server.post(path, "application/json", r#"{"text": "a", "who": "me"}"#).await;
    assert!(code == 422 && told["error"].as_str().unwrap().contains("unknown field `who`"), "{code} {told}");
    assert_eq!(server.post("/api/v1/status", "application/json", "{}").await.0, 405);
    let one = server.document("/api/v1/incidents/1788262200-1a2b3c4d").await;
    assert_eq!(one, serde_json::to_value(fakes::incidents()).unwrap());
    assert!(server.error("/api/v1/incidents/none", 404).await.contains("there is no incident 'none'"));
}

#[tokio::test]
async fn words_in_the_address_mean_what_they_mean_on_the_command_line() {
    let server = server().await;
    server.document("/api/v1/hops?last=1h&by=latency&level=service").await;
    let hour = format!("Some(Between {{ from_ns: {}, to_ns: {NOON} }})", NOON - 3_600_000_000_000);
    assert_eq!(server.asked(), format!("HopsQuestion {{ capability: None, between: {hour}, by: Latency, level: Service }}"));
    server.document("/api/v1/capabilities/search/explain?last=1h&baseline_from=now-1h&baseline_to=now&level=service").await;
    assert_eq!(
        server.asked(),
        format!("ExplainQuestion {{ capability: \"search\", between: {hour}, baseline: {hour}, level: Service }}")
    );
    server.document("/api/v1/capabilities/search/history?last=1h&step=5m").await;
    assert_eq!(
        server.asked(),
        format!("HistoryQuestion {{ capability: \"search\", between: {hour}, step_ns: Some(300000000000), durations: false }}")
    );
    server.document("/api/v1/capabilities/search?from=2026-09-01T11:00:00Z&to=now").await;
    assert_eq!(server.asked(), format!("StatusQuestion {{ capability: Some(\"search\"), between: {hour} }}"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_a_document_that_says_why() {
    let server = server().await;
    assert!(server.error("/api/v1/status?last=soon", 400).await.contains("'soon' is no length of time"));
    assert!(server.error("/api/v1/matching?last=1h", 400).await.contains("unknown field `last`"));
    assert!(server.error("/api/v1/status?lst=1h", 400).await.contains("unknown field `lst`"));
    let told = server.error("/api/v1/hops?by=name", 400).await;
    assert_eq!(told, "'name' is no value of 'by'; write one of failures, latency, cost, resilience");
    assert!(server.error("/api/v1/capabilities/search/history?step=7s", 400).await.contains("write a multiple of 10s"));
    assert!(server.error("/api/v1/capabilities/nope/history", 404).await.contains("there are: book-flight, search"));
    assert!(server.error("/api/v1/status?last=2months", 400).await.contains("write days or weeks"));
    assert!(server.error("/api/v1/capabilities/nope", 404).await.contains("there are: book-flight, search"));
    assert!(server.error("/api/v1/traces/12", 400).await.contains("32 hexadecimal digits"));
    assert!(server.error("/api/v1/traces/11111111111111111111111111111111", 404).await.contains("--map MAP INPUT"));
    assert!(server.error("/api/v2/status", 404).await.contains("/api/v1/status"));
}

#[tokio::test]
async fn ready_follows_the_health_of_the_server_and_healthz_does_not() {
    let server = server().await;
    assert_eq!(server.get("/readyz").await, (200, "ready\n".into()));
    server.health.0.store(true, Ordering::Relaxed);
    assert_eq!(server.get("/readyz").await, (503, "the store is gone\n".into()));
    assert_eq!(server.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn metrics_give_the_figures_of_the_answers() {
    let (code, text) = server().await.get("/metrics").await;
    assert_eq!(code, 200);
    for line in [
        "# TYPE steelthread_open_traces gauge",
        "steelthread_open_traces 3",
        "# TYPE steelthread_requests_total counter",
        "steelthread_ready 1",
        "steelthread_spans_received_total 1000",
        "steelthread_spans_total{fate=\"in_flight\"} 14",
        "steelthread_executions_total{capability=\"book-flight\",outcome=\"failed\"} 12",
        "steelthread_executions_total{capability=\"search\",outcome=\"ok\"} 0",
        "steelthread_absorbed_errors_total{capability=\"book-flight\",kind=\"masked_retry\"} 5",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is not in:\n{text}");
    }
    let sum = |name: &str| -> f64 {
        let of_family = text.lines().filter(|line| line.starts_with(name));
        of_family.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    };
    assert_eq!(sum("steelthread_spans_total{"), 1000.0);
    assert_eq!(sum("steelthread_hop_failures_total{"), 12.0);
    assert_eq!(sum("steelthread_objective_executions_total{capability=\"book-flight\",objective=\"available\""), 100.0);
    assert_eq!((sum("steelthread_corrections_total{"), sum("steelthread_late_spans_total{")), (4.0, 7.0));
}

#[tokio::test]
async fn grpc_asks_the_same_questions_on_the_same_port() {
    let server = server().await;
    let mut client = QueryClient::new(server.channel().await);
    let range = Some(RangeRequest { last: "1h".into(), ..RangeRequest::default() });
    let request = StatusRequest { capability: "book-flight".into(), range: range.clone() };
    let status = client.status(request).await.unwrap().into_inner();
    let one = &status.capabilities[0];
    assert_eq!((one.state(), one.failed, one.success_rate), (proto::State::Failing, 12.0, Some(0.88)));
    assert_eq!(status.spans.unwrap().fates["measured"], 900);
    let request =
        HopsRequest { range, by: proto::By::Cost.into(), level: proto::Level::Service.into(), ..HopsRequest::default() };
    let hops = client.hops(request).await.unwrap().into_inner();
    assert_eq!((hops.hops[0].causes["timeout_no_server"], hops.buckets.unwrap().unknown), (7.0, 1.0));
    assert!(server.asked().ends_with("by: Cost, level: Service }"));
    let request = ExplainRequest {
        capability: "book-flight".into(),
        baseline: Some(RangeRequest { from: "now-2h".into(), to: "now-1h".into(), ..RangeRequest::default() }),
        level: proto::Level::Service.into(),
        ..ExplainRequest::default()
    };
    let why = client.explain(request.clone()).await.unwrap().into_inner();
    assert_eq!((why.kind.as_str(), why.suspects[0].evidence[0].normal), ("hop_failure", Some(0.001)));
    assert!(server.asked().contains("baseline: Some(Between"));
    let last = Some(RangeRequest { last: "1h".into(), ..RangeRequest::default() });
    let asked = HistoryRequest { capability: "book-flight".into(), range: last.clone(), step: "30m".into(), durations: false };
    let over_time = client.history(asked.clone()).await.unwrap().into_inner();
    let failed: Vec<_> = over_time.points.iter().map(|point| point.failed).collect();
    assert_eq!((over_time.step_seconds, failed, over_time.note), (1800, vec![12.0, 0.0], None));
    assert_eq!(over_time.points[0].worst_hop.as_ref().unwrap().hop, "card-network");
    assert!(server.asked().ends_with("step_ns: Some(1800000000000), durations: false }"));
    let wrong = HistoryRequest { step: "1s".into(), ..asked };
    assert_eq!(client.history(wrong).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(client.explain(ExplainRequest { baseline: last, ..request }).await.unwrap_err().code(), Code::InvalidArgument);
    let flow = client.flow(FlowRequest { capability: "book-flight".into(), range: None }).await.unwrap().into_inner();
    let last = flow.edges.last().unwrap();
    assert_eq!((flow.nodes.len(), last.from, last.to, last.failures, flow.edges[0].from), (5, Some(1), 4, 9.0, None));
    assert!(flow.edges[3].r#async && flow.nodes[3].queue && flow.nodes[1].passes_on);
    let budget = client.budget(BudgetRequest { capability: String::new() }).await.unwrap().into_inner();
    let (first, second) = (&budget.budgets[0], &budget.budgets[1]);
    assert_eq!((first.left, first.spent[0].share, first.excluded.as_ref().unwrap().used), (-2.0, 0.75, 400.0));
    assert_eq!((second.hop.as_deref(), second.left_share, second.excluded.as_ref()), (Some("pricing"), None, None));
    let gate = client.gate(GateRequest { capability: "book-flight".into() }).await.unwrap().into_inner();
    assert_eq!((gate.decision(), gate.exemptions.len(), gate.budgets.len()), (proto::Decision::Freeze, 2, 2));
    assert!(server.asked().starts_with("GateQuestion"));
    assert_eq!(client.gate(GateRequest { capability: "nope".into() }).await.unwrap_err().code(), Code::NotFound);
    let matching = client.matching(MatchingRequest { capability: "search".into() }).await.unwrap().into_inner();
    let fails = &matching.capabilities[0].entries[0].nearly[0].fails[0];
    assert_eq!((fails.key.as_str(), fails.found.as_deref()), ("name", Some("'GET /serch'")));
    assert_eq!((matching.arriving.len(), matching.unmatched.unwrap().traces), (2, 412));
    let unknown = client.matching(MatchingRequest { capability: "nope".into() }).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let trace = client.trace(TraceRequest { trace_id: KNOWN.into() }).await.unwrap().into_inner();
    assert_eq!(trace.verdicts[0].critical_path.len(), 4);
}

#[tokio::test]
async fn grpc_errors_have_the_codes_of_their_kind() {
    let mut client = QueryClient::new(server().await.channel().await);
    let unknown = StatusRequest { capability: "nope".into(), range: None };
    assert_eq!(client.status(unknown).await.unwrap_err().code(), Code::NotFound);
    let wrong = HopsRequest { by: 99, ..HopsRequest::default() };
    assert_eq!(client.hops(wrong).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(client.trace(TraceRequest::default()).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn reflection_lists_the_services() {
    let mut client = ServerReflectionClient::new(server().await.channel().await);
    let request =
        ServerReflectionRequest { host: String::new(), message_request: Some(MessageRequest::ListServices(String::new())) };
    let mut stream = client.server_reflection_info(tonic::codegen::tokio_stream::once(request)).await.unwrap().into_inner();
    let response: ServerReflectionResponse = stream.message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = response.message_response else { panic!("no list: {response:?}") };
    let names: Vec<_> = list.service.iter().map(|one| one.name.as_str()).collect();
    assert!(names.contains(&"steelthread.v1.Query") && names.contains(&"grpc.health.v1.Health"), "{names:?}");
}

#[tokio::test]
async fn the_standard_health_service_follows_the_health_of_the_server() {
    let server = server().await;
    server.health.0.store(true, Ordering::Relaxed);
    let mut client = tonic_health::pb::health_client::HealthClient::new(server.channel().await);
    let mut watch = client.watch(tonic_health::pb::HealthCheckRequest::default()).await.unwrap().into_inner();
    let mut told = watch.message().await.unwrap().unwrap().status;
    if told == 1 {
        // It is asked once a second.
        told = watch.message().await.unwrap().unwrap().status;
    }
    assert_eq!(told, 2, "not serving");
}

#[tokio::test]
async fn a_question_that_is_no_question_is_not_kept_in_memory() {
    let server = server().await;
    let channel = Channel::from_shared(server.address.clone()).unwrap().connect().await.unwrap();
    let huge = StatusRequest { capability: "x".repeat(1 << 20), range: None };
    let status = QueryClient::new(channel.clone()).status(huge).await.unwrap_err();
    assert!([Code::OutOfRange, Code::ResourceExhausted].contains(&status.code()), "{status:?}");
    assert!(QueryClient::new(channel).status(StatusRequest::default()).await.is_ok());
}
