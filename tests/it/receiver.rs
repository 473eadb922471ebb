//! Somebody who takes OTLP: remembers what came, and refuses or dawdles where a test wants it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{MetricsService, MetricsServiceServer};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::VecDeque;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tonic::codec::CompressionEncoding;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// What the next request is answered with.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Not taken: gRPC code, HTTP code, and when to come again.
    Refuse(Code, u16, Option<Duration>),
    /// Taken, but for so many spans.
    Partly(i64),
}

/// What came.
#[derive(Debug, Default)]
pub struct Heard {
    pub traces: Vec<ExportTraceServiceRequest>,
    pub metrics: Vec<ExportMetricsServiceRequest>,
    /// Headers of the last request, as text.
    pub headers: String,
    answers: VecDeque<Answer>,
    pause: Duration,
    pub refused: u64,
}

type Shared = Arc<Mutex<Heard>>;

/// A receiver that runs until it is dropped.
pub struct Receiver {
    heard: Shared,
    pub address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

/// An address at which nobody listens, and where one can listen.
pub fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Receiver {
    pub fn grpc() -> Self {
        Self::grpc_at("127.0.0.1:0".parse().unwrap(), None)
    }

    /// Certificate and key in PEM for TLS.
    pub fn grpc_at(address: SocketAddr, tls: Option<(String, String)>) -> Self {
        Self::start(address, |listener, heard| async move {
            let own = Own(heard);
            let traces = TraceServiceServer::new(own.clone())
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .max_decoding_message_size(64 << 20);
            let metrics = MetricsServiceServer::new(own).accept_compressed(CompressionEncoding::Gzip);
            let mut server = Server::builder();
            if let Some((certificate, key)) = tls {
                server = server.tls_config(ServerTlsConfig::new().identity(Identity::from_pem(certificate, key))).unwrap();
            }
            let incoming = TcpIncoming::from(listener);
            server.add_service(traces).add_service(metrics).serve_with_incoming(incoming).await.unwrap();
        })
    }

    pub fn http() -> Self {
        Self::start("127.0.0.1:0".parse().unwrap(), |listener, heard| async move {
            axum::serve(listener, routes(heard)).await.unwrap();
        })
    }

    /// Certificate and key in PEM.
    pub fn https(certificate: &str, key: &str) -> Self {
        let certificates = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(certificates, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start("127.0.0.1:0".parse().unwrap(), |listener, heard| async move {
            axum::serve(Secure { listener, acceptor }, routes(heard)).await.unwrap();
        })
    }

    fn start<F: Future<Output = ()> + Send + 'static>(
        address: SocketAddr,
        serve: impl FnOnce(tokio::net::TcpListener, Shared) -> F,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let heard = Shared::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(listener, heard.clone()));
        Self { heard, address, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.heard.lock().unwrap().answers.extend(answers);
    }

    /// Takes so long for each request.
    pub fn dawdle(&self, pause: Duration) {
        self.heard.lock().unwrap().pause = pause;
    }

    pub fn look<T>(&self, at: impl FnOnce(&Heard) -> T) -> T {
        at(&self.heard.lock().unwrap())
    }

    /// All spans that came.
    pub fn spans(&self) -> Vec<Span> {
        self.look(|heard| heard.traces.iter().flat_map(spans_of).cloned().collect())
    }

    /// Waits until so many spans have come.
    pub fn wait_for(&self, spans: usize) {
        wait(&format!("{spans} spans"), || (self.spans().len() >= spans).then_some(()));
    }
}

/// Waits for something, half a minute at most.
pub fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} did not come");
}

pub fn spans_of(request: &ExportTraceServiceRequest) -> impl Iterator<Item = &Span> {
    request.resource_spans.iter().flat_map(|one| &one.scope_spans).flat_map(|one| &one.spans)
}

impl Heard {
    fn next(&mut self) -> Option<Answer> {
        let answer = self.answers.pop_front();
        self.refused += u64::from(matches!(answer, Some(Answer::Refuse(..))));
        answer
    }
}

#[derive(Clone)]
struct Own(Shared);

impl Own {
    async fn asked(&self, headers: String) -> Result<i64, Status> {
        let (answer, pause) = {
            let mut heard = self.0.lock().unwrap();
            heard.headers = headers;
            (heard.next(), heard.pause)
        };
        tokio::time::sleep(pause).await;
        match answer {
            None => Ok(0),
            Some(Answer::Partly(rejected)) => Ok(rejected),
            Some(Answer::Refuse(code, _, None)) => Err(Status::new(code, "not now")),
            Some(Answer::Refuse(code, _, after)) => {
                Err(Status::with_error_details(code, "not now", ErrorDetails::with_retry_info(after)))
            }
        }
    }
}

#[tonic::async_trait]
impl TraceService for Own {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let rejected = self.asked(format!("{:?}", request.metadata().clone().into_headers())).await?;
        self.0.lock().unwrap().traces.push(request.into_inner());
        Ok(Response::new(answered(rejected)))
    }
}

#[tonic::async_trait]
impl MetricsService for Own {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.asked(format!("{:?}", request.metadata().clone().into_headers())).await?;
        self.0.lock().unwrap().metrics.push(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

fn answered(rejected: i64) -> ExportTraceServiceResponse {
    let partial = ExportTracePartialSuccess { rejected_spans: rejected, error_message: "too old".into() };
    ExportTraceServiceResponse { partial_success: (rejected > 0).then_some(partial) }
}

fn routes(heard: Shared) -> Router {
    Router::new().route("/v1/traces", post(traces)).route("/v1/metrics", post(metrics)).with_state(heard)
}

struct Secure {
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Secure {
    type Io = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

type Answered = (StatusCode, HeaderMap, Vec<u8>);

async fn traces(State(heard): State<Shared>, headers: HeaderMap, body: Bytes) -> Answered {
    taken(&heard, &headers, |heard, rejected| {
        heard.traces.push(ExportTraceServiceRequest::decode(&*plain(&headers, &body)).unwrap());
        answered(rejected).encode_to_vec()
    })
    .await
}

async fn metrics(State(heard): State<Shared>, headers: HeaderMap, body: Bytes) -> Answered {
    taken(&heard, &headers, |heard, _| {
        heard.metrics.push(ExportMetricsServiceRequest::decode(&*plain(&headers, &body)).unwrap());
        Vec::new()
    })
    .await
}

async fn taken(heard: &Shared, headers: &HeaderMap, take: impl FnOnce(&mut Heard, i64) -> Vec<u8>) -> Answered {
    let pause = heard.lock().unwrap().pause;
    tokio::time::sleep(pause).await;
    let mut heard = heard.lock().unwrap();
    heard.headers = format!("{headers:?}");
    let rejected = match heard.next() {
        Some(Answer::Refuse(_, code, after)) => {
            let mut headers = HeaderMap::new();
            if let Some(after) = after {
                headers.insert("retry-after", after.as_secs().into());
            }
            return (StatusCode::from_u16(code).unwrap(), headers, b"not now".to_vec());
        }
        Some(Answer::Partly(rejected)) => rejected,
        None => 0,
    };
    (StatusCode::OK, HeaderMap::new(), take(&mut heard, rejected))
}

/// The body without its compression.
fn plain(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    match headers.get("content-encoding").map(|value| value.to_str().unwrap()) {
        None => body.to_vec(),
        Some("gzip") => {
            let mut out = Vec::new();
            flate2::read::GzDecoder::new(body).read_to_end(&mut out).unwrap();
            out
        }
        Some("zstd") => zstd::stream::decode_all(body).unwrap(),
        Some(other) => panic!("compressed by {other}"),
    }
}
