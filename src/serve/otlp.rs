//! The OTLP/gRPC trace service, by hand: its codec is not prost's, and its errors are not tonic's.

use super::codec::RawCodec;
use super::metered::Meter;
use super::replies::too_big;
use super::run::{self, HealthUntil};
use super::{Accepted, Intake, OtlpLimits};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codegen::{BoxFuture, Bytes, Service, StdError, http};
use tonic::server::{Grpc, NamedService};
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Serves OTLP/gRPC on an open port until `shutdown` is ready; then no new request is begun, and those under way are finished,
/// within five seconds. Metrics and logs are answered UNIMPLEMENTED. The standard health service is on the port, too.
///
/// # Errors
/// The port cannot be served.
pub async fn otlp_grpc(
    listener: TcpListener,
    intake: Arc<dyn Intake>,
    limits: OtlpLimits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let meter = Meter::new(limits.bytes_under_way.max(limits.message_bytes));
    let service = TraceService { intake, message_bytes: limits.message_bytes, meter };
    let routes = Routes::new(service).add_service(health);
    let health = HealthUntil { reporter, services: &["", TraceService::NAME], health: None };
    run::until(run::bulk_server(), listener, routes, health, shutdown).await
}

#[derive(Clone)]
struct TraceService {
    intake: Arc<dyn Intake>,
    message_bytes: usize,
    meter: Meter,
}

impl NamedService for TraceService {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

impl<B> Service<http::Request<B>> for TraceService
where
    B: http_body::Body<Data = Bytes, Error: Into<StdError>> + Unpin + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        if request.uri().path() != EXPORT {
            return Box::pin(ready(Ok(Status::unimplemented("TraceService has only Export").into_http())));
        }
        let limit = self.message_bytes;
        let mut grpc = Grpc::new(RawCodec(Arc::clone(&self.intake)))
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .max_decoding_message_size(limit);
        let request = request.map(|body| self.meter.watch(body));
        Box::pin(async move { Ok(in_words_of_otlp(grpc.unary(HandOn, request).await, limit)) })
    }
}

/// What the codec said is the response.
struct HandOn;

impl Service<Request<Accepted>> for HandOn {
    type Response = Response<Accepted>;
    type Error = Status;
    type Future = Ready<Result<Response<Accepted>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Accepted>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}

/// tonic calls a message that is too big OUT_OF_RANGE, which senders repeat for ever, and one that cannot be read INTERNAL. Neither
/// code is used by the intake, so that whoever carries it comes from tonic.
fn in_words_of_otlp(response: http::Response<Body>, limit: usize) -> http::Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => too_big(limit).into_http(),
        Code::Internal => Status::invalid_argument(format!("not a readable gRPC message: {}", status.message())).into_http(),
        _ => response,
    }
}
