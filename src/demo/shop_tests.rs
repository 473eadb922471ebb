//! A real receiver on loopback: what arrives is what was planned.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use tonic::{Request, Response, Status};

#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Receiver {
    /// Listens on a port of loopback that is free.
    async fn listen() -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Self::default();
        let service = TraceServiceServer::new(receiver.clone());
        let connections = tonic::transport::server::TcpIncoming::from(listener);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(connections));
        (receiver, endpoint)
    }

    /// All spans with the name of their service.
    fn spans(&self) -> Vec<(String, Span)> {
        let requests = self.0.lock().unwrap();
        let mut spans = Vec::new();
        for resource in requests.iter().flat_map(|request| &request.resource_spans) {
            let attributes = &resource.resource.as_ref().unwrap().attributes;
            let name = attributes.iter().find(|one| one.key == "service.name").unwrap();
            let name = format!("{:?}", name.value.as_ref().unwrap().value).replace("Some(StringValue(\"", "").replace("\"))", "");
            spans.extend(resource.scope_spans.iter().flat_map(|scope| &scope.spans).map(|span| (name.clone(), span.clone())));
        }
        spans
    }
}

fn settings(endpoint: String, lasting: Duration) -> ShopSettings {
    ShopSettings { endpoint, scenario: "all".into(), seed: 4, lasting, per_second: 40 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_planned_spans_arrive_and_all_parents_resolve() {
    let (receiver, endpoint) = Receiver::listen().await;
    let mut said = Vec::new();
    let settings = settings(endpoint, Duration::from_secs(2));
    let truth = run(&settings, std::future::pending(), &mut |line| said.push(line.to_owned())).await.unwrap();
    let spans = receiver.spans();
    assert_eq!(spans.len() as u64, truth.spans);
    let ids: HashMap<&[u8], &Span> = spans.iter().map(|(_, span)| (span.span_id.as_slice(), span)).collect();
    assert_eq!(ids.len(), spans.len());
    let mut entries: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, span) in &spans {
        if span.parent_span_id.is_empty() {
            *entries.entry(&span.name).or_default() += 1;
        } else {
            assert_eq!(ids[span.parent_span_id.as_slice()].trace_id, span.trace_id);
        }
    }
    let total = truth.total();
    assert_eq!(entries["POST /checkout"], total.endings["checkout"].executions());
    assert_eq!(entries["GET /products/{id}"], total.endings["browse"].executions());
    let services: BTreeSet<&str> = spans.iter().map(|(service, _)| service.as_str()).collect();
    assert_eq!(
        services.into_iter().collect::<Vec<_>>(),
        ["cart", "inventory", "mail", "payment", "pricing", "recommendations", "web"]
    );
    assert!(said.iter().any(|line| line.contains("card-network: the card network")), "{said:?}");
    assert_eq!(said.len(), 16, "two lines a phase: {said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_entries_on_the_wire_are_as_many_as_the_shop_made_fail() {
    let (receiver, endpoint) = Receiver::listen().await;
    let settings = ShopSettings { scenario: "pricing".into(), ..settings(endpoint, Duration::from_secs(2)) };
    let truth = run(&settings, std::future::pending(), &mut |_| ()).await.unwrap();
    let spans = receiver.spans();
    let failed = |span: &Span| span.parent_span_id.is_empty() && span.status.as_ref().is_some_and(|status| status.code == 2);
    let failed = spans.iter().filter(|(_, span)| failed(span)).count() as u64;
    assert_eq!(failed, truth.total().failures.values().sum::<u64>());
    assert!(failed > 5, "{failed}");
    let thrown = spans.iter().filter(|(_, span)| !span.events.is_empty()).count() as u64;
    assert_eq!(thrown, failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_is_stopped_sends_what_it_has() {
    let (receiver, endpoint) = Receiver::listen().await;
    let stop = tokio::time::sleep(Duration::from_millis(300));
    let truth = run(&settings(endpoint, Duration::from_secs(600)), stop, &mut |_| ()).await.unwrap();
    assert!(truth.spans > 0);
    assert_eq!(receiver.spans().len() as u64, truth.spans);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_scenario_and_a_wrong_endpoint_are_refused() {
    let good = settings("http://127.0.0.1:1".into(), Duration::from_secs(1));
    let unknown = ShopSettings { scenario: "storm".into(), ..good.clone() };
    let error = run(&unknown, std::future::pending(), &mut |_| ()).await.unwrap_err();
    assert!(error.to_string().starts_with("there is no scenario 'storm'; write one of: default"));
    let wrong = ShopSettings { endpoint: "not a url".into(), ..good };
    let error = run(&wrong, std::future::pending(), &mut |_| ()).await.unwrap_err();
    assert!(error.to_string().contains("not a url"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_that_nobody_takes_are_told() {
    // Bound, so that no other test gets the port, and not listening.
    let deaf = tokio::net::TcpSocket::new_v4().unwrap();
    deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = format!("http://{}", deaf.local_addr().unwrap());
    let mut said = Vec::new();
    // Long enough for the shop to send something on a busy machine.
    let stop = tokio::time::sleep(Duration::from_millis(1500));
    let settings = settings(nobody, Duration::from_secs(60));
    let truth = run(&settings, stop, &mut |line| said.push(line.to_owned())).await.unwrap();
    let told = format!("some spans could not be delivered: {} spans were not taken", truth.spans);
    assert_eq!(said.last().unwrap(), &told);
}
