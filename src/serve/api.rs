//! The port where questions are answered: HTTP and gRPC side by side.

use super::body::{self, QUESTION_BYTES};
use super::connections::{self, Load, Port};
use super::desk::Desk;
use super::grpc::QueryService;
use super::health::HealthUntil;
use super::proto::query_server::{QueryServer, SERVICE_NAME};
use super::refused::Door;
use super::{Health, guard, http, proto};
use crate::query::Answers;
use hyper::Request;
use hyper::body::Incoming;
use std::sync::Arc;
use tonic::codegen::Service;
use tonic::service::Routes;
use tonic_reflection::server::Builder;

/// Answers questions on an open port until `shutdown` is ready: HTTP/1 and HTTP/2, gRPC with reflection and the standard
/// health service. `counted` answers, without a range, about what was counted since the
/// process began: what /metrics tells. `traces`: the address of a trace at the users' own viewer, with `{trace_id}` in it. `clock` gives nanoseconds since 1970: words such as `last=1h` are measured from it.
///
/// # Errors
/// The port cannot be served.
pub async fn api(
    port: Port,
    answers: Arc<dyn Answers>,
    counted: Arc<dyn Answers>,
    health: Arc<dyn Health>,
    clock: fn() -> u64,
    traces: Option<Arc<str>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let desk = Desk::new(answers, counted, Arc::clone(&health), clock).with_traces(traces);
    let (live, looking) = (desk.live.clone(), desk.clone());
    let (reporter, health_service) = tonic_health::server::health_reporter();
    let described = || {
        Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIBED)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let routes = Routes::from(http::routes(desk.clone()))
        .add_service(QueryServer::new(QueryService(desk)).max_decoding_message_size(QUESTION_BYTES))
        .add_service(health_service.max_decoding_message_size(QUESTION_BYTES))
        .add_service(described().build_v1().map_err(std::io::Error::other)?.max_decoding_message_size(QUESTION_BYTES))
        .add_service(described().build_v1alpha().map_err(std::io::Error::other)?.max_decoding_message_size(QUESTION_BYTES));
    let health = HealthUntil { reporter, services: &["", SERVICE_NAME], health: Some(health) };
    let router = routes.prepare().into_axum_router();
    let (limits, tokens, refusals) = (port.limits, port.tokens.clone(), port.refusals.clone());
    let answer = move |request: Request<Incoming>| {
        let turned_away = guard::turned_away(&request, &tokens, &refusals);
        let request = request.map(|body| body::of_question(body, &limits));
        let mut router = router.clone();
        async move {
            if let Some(response) = turned_away {
                return response;
            }
            match router.call(request).await {
                Ok(response) => response,
            }
        }
    };
    let until = async {
        health.until(shutdown).await;
        live.end();
    };
    tokio::select! {
        ended = connections::serve(port, Door::Api, Load::Small, answer, until) => ended,
        () = looking.live.watch(&looking) => Ok(()),
    }
}
