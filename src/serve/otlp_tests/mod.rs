//! Both doors of OTLP on loopback, with real clients and with bytes as they go over the wire.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bombs;
mod grpc;
mod hostile;
mod http;
mod table;
mod tls;
mod wire;

use super::fakes::FakeIntake;
use super::{Accepted, ConnectionLimits, OtlpLimits, Port, Reception, Refusal, Refusals, otlp_grpc, otlp_http};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::ServerConfig;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

/// Bytes of a message.
const LIMIT: usize = 1 << 20;
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// The clock of the doors, in nanoseconds: it stands still.
fn clock() -> u64 {
    static NOW: AtomicU64 = AtomicU64::new(1);
    NOW.load(Ordering::Relaxed)
}

struct Running {
    intake: Arc<FakeIntake>,
    refusals: Arc<Refusals>,
    grpc: SocketAddr,
    http: SocketAddr,
    stop: watch::Sender<bool>,
    ended: Vec<JoinHandle<std::io::Result<()>>>,
}

async fn server(result: Result<Accepted, Refusal>) -> Running {
    limited(result, OtlpLimits::of_messages(LIMIT), ConnectionLimits::default()).await
}

async fn limited(result: Result<Accepted, Refusal>, limits: OtlpLimits, connections: ConnectionLimits) -> Running {
    behind(None, result, limits, connections).await
}

/// The same, behind TLS if there is a configuration for it.
async fn behind(
    tls: Option<Arc<ServerConfig>>,
    result: Result<Accepted, Refusal>,
    limits: OtlpLimits,
    connections: ConnectionLimits,
) -> Running {
    let intake = Arc::new(FakeIntake::new(result));
    let refusals = Arc::new(Refusals::default());
    let reception = Arc::new(Reception::new(intake.clone(), limits, refusals.clone(), clock));
    let (stop, stopping) = watch::channel(false);
    let until = || {
        let mut stopping = stopping.clone();
        async move { drop(stopping.wait_for(|stop| *stop).await) }
    };
    let (grpc, http) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addresses = (grpc.local_addr().unwrap(), http.local_addr().unwrap());
    let port =
        |listener| Port { listener, limits: connections, tls: tls.clone(), tokens: Arc::default(), refusals: refusals.clone() };
    let ended = vec![
        tokio::spawn(otlp_grpc(port(grpc), reception.clone(), until())),
        tokio::spawn(otlp_http(port(http), reception, until())),
    ];
    Running { intake, refusals, grpc: addresses.0, http: addresses.1, stop, ended }
}

impl Running {
    async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.grpc)).unwrap().connect().await.unwrap()
    }

    async fn export(
        &self,
        request: ExportTraceServiceRequest,
        encoding: Option<CompressionEncoding>,
    ) -> Result<ExportTraceServiceResponse, tonic::Status> {
        let mut client = TraceServiceClient::new(self.channel().await);
        if let Some(encoding) = encoding {
            client = client.send_compressed(encoding);
        }
        client.export(request).await.map(tonic::Response::into_inner)
    }

    /// How many messages came to the intake.
    fn taken(&self) -> usize {
        self.intake.messages.lock().unwrap().len()
    }
}

fn request(name_bytes: usize) -> ExportTraceServiceRequest {
    let span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "x".repeat(name_bytes), ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}
