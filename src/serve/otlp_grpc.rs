//! The OTLP/gRPC trace service, by hand: its codec is not prost's, and its errors are not tonic's.

use super::body::{self, Framing, QUESTION_BYTES};
use super::connections::{self, ConnectionLimits, Load, Peer, Port};
use super::health::HealthUntil;
use super::inflate::Coding;
use super::reception::Reception;
use super::refused::{Door, Reason, Refused};
use super::replies::{ExportResponse, status};
use super::tokens::Tokens;
use super::{Accepted, Encoding};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use prost::Message;
use std::sync::Arc;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::service::Routes;
use tonic::{Code, Status};

const SERVICE: &str = "opentelemetry.proto.collector.trace.v1.TraceService";
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const CODINGS: &str = "identity,gzip,zstd";

/// Serves OTLP/gRPC on an open port until `shutdown` is ready; then no new request is begun, and those under way are finished,
/// within five seconds. Metrics and logs are answered UNIMPLEMENTED. The standard health service is on the port, too.
///
/// # Errors
/// The port cannot be served.
pub async fn otlp_grpc(
    port: Port,
    reception: Arc<Reception>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let others = Routes::new(health.max_decoding_message_size(QUESTION_BYTES)).prepare();
    let health = HealthUntil { reporter, services: &["", SERVICE], health: None };
    let (limits, tokens) = (port.limits, port.tokens.clone());
    let answer = move |request: Request<Incoming>| {
        let (reception, tokens, others) = (reception.clone(), tokens.clone(), others.clone());
        async move {
            if request.uri().path() == EXPORT {
                export(request, reception, &tokens, limits).await
            } else {
                other(request, others, &limits).await
            }
        }
    };
    connections::serve(port, Door::OtlpGrpc, Load::Bulk, answer, health.until(shutdown)).await
}

async fn export(
    request: Request<Incoming>,
    reception: Arc<Reception>,
    tokens: &Tokens,
    limits: ConnectionLimits,
) -> Response<Body> {
    if let Some(response) = no_grpc(&request) {
        return response;
    }
    match take(request, &reception, tokens, limits).await {
        Ok(accepted) => accepted_as_grpc(accepted),
        Err(refused) => {
            reception.count(Door::OtlpGrpc, &refused);
            let mut status = status(&refused);
            if refused.reason == Reason::NoSuchType {
                status.metadata_mut().insert("grpc-accept-encoding", tonic::metadata::MetadataValue::from_static(CODINGS));
            }
            status.into_http()
        }
    }
}

async fn take(
    request: Request<Incoming>,
    reception: &Arc<Reception>,
    tokens: &Tokens,
    limits: ConnectionLimits,
) -> Result<Accepted, Refused> {
    let (head, mut body) = request.into_parts();
    let sender = reception.greet(tokens, &head.headers, head.extensions.get::<Peer>())?;
    let coding = coding(&head.headers)?;
    let (framed, holding) = reception.read(&sender, &mut body, Framing::Grpc, &limits).await?;
    let (compressed, message) = body::unframed(framed)?;
    if compressed && coding.is_none() {
        return Err(Refused::malformed("not a readable gRPC message: it is compressed, but grpc-encoding does not say how"));
    }
    reception.take(message, holding, coding.filter(|_| compressed), Encoding::Protobuf).await
}

fn coding(headers: &HeaderMap) -> Result<Option<Coding>, Refused> {
    match headers.get("grpc-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(None),
        Some(b"gzip") => Ok(Some(Coding::Gzip)),
        Some(b"zstd") => Ok(Some(Coding::Zstd)),
        Some(other) => {
            let told = format!("compression '{}' is not known here; there are {CODINGS}", String::from_utf8_lossy(other));
            Err(Refused::for_good(Reason::NoSuchType, told))
        }
    }
}

/// Says to whoever speaks something else where that is spoken.
fn no_grpc(request: &Request<Incoming>) -> Option<Response<Body>> {
    let content_type = request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let is_grpc = content_type == b"application/grpc"
        || content_type.starts_with(b"application/grpc+")
        || content_type.starts_with(b"application/grpc;");
    if is_grpc && request.method() == Method::POST {
        return None;
    }
    let told = "this port takes OTLP/gRPC (content-type application/grpc); OTLP/HTTP is taken at the address of --otlp-http\n";
    let mut response = Response::new(Body::new(Full::new(Bytes::from_static(told.as_bytes()))));
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Some(response)
}

/// The health service, and all that is not there.
async fn other(request: Request<Incoming>, mut others: Routes, limits: &ConnectionLimits) -> Response<Body> {
    if let Some(response) = no_grpc(&request) {
        return response;
    }
    let path = request.uri().path();
    if path.starts_with("/grpc.health.") {
        return match others.call(request.map(|body| body::of_question(body, limits))).await {
            Ok(response) => response.map(Body::new),
        };
    }
    let told = match path {
        _ if path.starts_with("/opentelemetry.proto.collector.trace.v1.TraceService/") => {
            "TraceService has only Export".to_owned()
        }
        _ if path.starts_with("/opentelemetry.proto.collector.") => {
            "only traces are taken here, no metrics, logs or profiles".to_owned()
        }
        _ => format!("there is no {path}"),
    };
    Status::unimplemented(told).into_http()
}

fn accepted_as_grpc(accepted: Accepted) -> Response<Body> {
    let told = ExportResponse::from(accepted);
    let mut framed = BytesMut::with_capacity(5 + told.encoded_len());
    framed.put_u8(0);
    framed.put_u32(told.encoded_len() as u32);
    framed.put_slice(&told.encode_to_vec());
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(Code::Ok as i32));
    let body = Full::new(framed.freeze()).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
