//! Spans of this program's own work, by the OpenTelemetry SDK. Off unless asked for.
//!
//! Only spans with the target [`TARGET`] go out: questions, commits, messages that are passed on. None is made for a request that comes in:
//! whoever sends its own spans here would make this server talk about each of them.

use super::target::{Endpoint, Protocol, Target};
use super::tls;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider};
use std::time::Duration;
use tonic::transport;

/// The target of the spans that go out.
pub const TARGET: &str = "steelthread::telemetry";

const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends spans of this program's own work.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Must be called within a tokio runtime, which then carries the connection.
    ///
    /// # Errors
    /// What is wrong with the endpoint.
    pub fn start(endpoint: &Endpoint) -> Result<Self, String> {
        let mut to = transport::Endpoint::from_shared(endpoint.origin(Protocol::Grpc))
            .map_err(|error| error.to_string())?
            .timeout(EXPORT_TIMEOUT);
        if endpoint.is_secure() {
            let roots = tls::for_grpc(&Target::plain(endpoint.clone()))?;
            to = to.tls_config(roots).map_err(|error| error.to_string())?;
        }
        let exporter =
            SpanExporter::builder().with_tonic().with_channel(to.connect_lazy()).build().map_err(|error| error.to_string())?;
        let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder_empty().with_service_name("steelthread").with_attribute(version).build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
            .with_resource(resource)
            .with_span_processor(BatchSpanProcessor::builder(exporter).build())
            .build();
        Ok(Self { provider })
    }

    /// Makes spans.
    pub fn tracer(&self) -> SdkTracer {
        self.provider.tracer("steelthread")
    }

    /// Sends what is left. Blocks: call it from a thread that may.
    pub fn finish(self) {
        // What it could not deliver is of no use to anybody now.
        let _ = self.provider.shutdown_with_timeout(FLUSH_TIMEOUT);
    }
}
