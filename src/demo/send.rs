//! From a plan to real OTLP: each service of the shop has its own tracer provider, resource and batch exporter, as if it were a
//! process of its own; the parent of a span is handed over as a span context, as if it had come in a header.

use super::Error;
use super::plan::Plan;
use super::sketch::{PlannedSpan, Service};
use opentelemetry::trace::{Event, Span as _, SpanBuilder, SpanContext, Status, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often a service sends what it has. The default of SDKs, 5 s, would make a dull demo.
const EXPORT_EVERY: Duration = Duration::from_secs(1);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// The services' exporters.
#[derive(Debug)]
pub struct Services {
    /// In the order of [`Service::ALL`].
    senders: Vec<(SdkTracerProvider, SdkTracer)>,
    undelivered: Arc<AtomicU64>,
}

impl Services {
    /// Starts all services. Must be called within a tokio runtime, which then carries the connections. `endpoint` is a URL such
    /// as `http://127.0.0.1:4317`; nobody needs to listen there yet.
    ///
    /// # Errors
    /// The endpoint is no URL.
    pub fn start(endpoint: &str) -> Result<Self, Error> {
        let undelivered = Arc::new(AtomicU64::new(0));
        let start = |service: &Service| {
            let provider = provider(*service, endpoint, Arc::clone(&undelivered))?;
            let tracer = provider.tracer("steelthread.demo");
            Ok::<_, Error>((provider, tracer))
        };
        let senders = Service::ALL.iter().map(start).collect::<Result<_, _>>()?;
        Ok(Self { senders, undelivered })
    }

    /// Hands the spans of an execution that began at this moment (nanoseconds since 1970) to the services' exporters.
    pub fn send(&self, plan: &Plan, began_ns: u64) {
        let mut contexts: Vec<SpanContext> = Vec::with_capacity(plan.spans.len());
        for span in &plan.spans {
            let parent = span.parent.map(|parent| {
                let same = plan.spans[parent].service == span.service;
                if same { contexts[parent].clone() } else { arrived(&contexts[parent]) }
            });
            contexts.push(self.send_span(span, parent, began_ns));
        }
    }

    fn send_span(&self, span: &PlannedSpan, parent: Option<SpanContext>, began_ns: u64) -> SpanContext {
        let moment = |us: u64| moment(began_ns.saturating_add(us.saturating_mul(1000)));
        let mut builder = SpanBuilder::from_name(span.name)
            .with_kind(span.kind.clone())
            .with_start_time(moment(span.start_us))
            .with_attributes(span.attributes.clone());
        if let Some(exception) = span.exception {
            let attributes = vec![KeyValue::new("exception.type", exception)];
            builder = builder.with_events(vec![Event::new("exception", moment(span.end_us), attributes, 0)]);
        }
        let context = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let (_, tracer) = &self.senders[span.service as usize];
        let mut sent = tracer.build_with_context(builder, &context);
        if let Some(error) = span.error {
            sent.set_status(Status::error(error));
        }
        sent.end_with_timestamp(moment(span.end_us));
        sent.span_context().clone()
    }

    /// Sends what is left and ends. Blocks: call it from a thread that may (the exporters need the runtime meanwhile).
    ///
    /// # Errors
    /// Something could not be delivered.
    pub fn finish(self) -> Result<(), Error> {
        let mut failed = Vec::new();
        for (service, (provider, _)) in Service::ALL.iter().zip(&self.senders) {
            if let Err(error) = provider.shutdown_with_timeout(FLUSH_TIMEOUT) {
                failed.push(format!("{}: {error}", service.name()));
            }
        }
        let lost = self.undelivered.load(Ordering::Relaxed);
        if lost > 0 {
            failed.push(format!("{lost} spans were not taken"));
        }
        if failed.is_empty() { Ok(()) } else { Err(Error::Undelivered(failed.join("; "))) }
    }
}

/// The same span, as it is known to a process that read it from a header.
fn arrived(context: &SpanContext) -> SpanContext {
    let (trace, span) = (context.trace_id(), context.span_id());
    SpanContext::new(trace, span, context.trace_flags(), true, context.trace_state().clone())
}

fn moment(ns: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(ns)
}

/// Everything is said here, so that `OTEL_…` variables of the terminal do not change what the shop sends.
fn provider(service: Service, endpoint: &str, undelivered: Arc<AtomicU64>) -> Result<SdkTracerProvider, Error> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        .build()
        .map_err(|error| Error::Exporter(error.to_string()))?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(16_384)
        .with_max_export_batch_size(512)
        .with_scheduled_delay(EXPORT_EVERY)
        .build();
    let host = format!("{}-1.shop.internal", service.name());
    let resource = Resource::builder_empty()
        .with_service_name(service.name())
        .with_attributes([
            KeyValue::new("service.namespace", "shop"),
            KeyValue::new("service.version", "1.0.0"),
            KeyValue::new("host.name", host),
            KeyValue::new("telemetry.sdk.language", "rust"),
            KeyValue::new("telemetry.sdk.name", "opentelemetry"),
        ])
        .build();
    let processor = BatchSpanProcessor::builder(Counting { exporter, undelivered }).with_batch_config(batches).build();
    Ok(SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOn)
        .with_resource(resource)
        .with_span_processor(processor)
        .build())
}

/// The SDK drops what it cannot deliver and says nothing; the shop wants to know.
#[derive(Debug)]
struct Counting {
    exporter: SpanExporter,
    undelivered: Arc<AtomicU64>,
}

impl trace::SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let result = self.exporter.export(batch).await;
        if result.is_err() {
            self.undelivered.fetch_add(spans, Ordering::Relaxed);
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
