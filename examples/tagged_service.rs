//! A service that says itself which of its spans are attempts at a capability: no entry rule in the map is needed.
//!
//! It books eight flights, of which every fourth fails because the card network, which sends no spans, answers 503. Run it against
//! a server: `steelthread serve --map examples/smallest-map.yaml`, then `cargo run --example tagged_service`.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt, Tracer, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::error::Error;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = "http://127.0.0.1:4317";
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("booking").build())
        .with_batch_exporter(exporter)
        .build();
    let tracer = provider.tracer("booking");
    for number in 1..=8 {
        let booked = book(&tracer, number % 4 != 0).await;
        println!("booking {number}: {}", if booked { "done" } else { "failed, the card network answered 503" });
    }
    // Flushing blocks: on a thread of its own, because the exporter needs the runtime meanwhile.
    tokio::task::spawn_blocking(move || provider.shutdown()).await??;
    println!("sent to {endpoint}; in ten seconds ask: steelthread status, steelthread hops book-flight");
    Ok(())
}

/// One attempt at the capability: its first span carries the tag.
async fn book(tracer: &SdkTracer, card_network_works: bool) -> bool {
    let entry = tracer
        .span_builder("POST /bookings")
        .with_kind(SpanKind::Server)
        .with_attributes([
            KeyValue::new("steelthread.capability", "book-flight"),
            // Optional: which of the capability's ways in this is.
            KeyValue::new("steelthread.thread", "web"),
            KeyValue::new("http.request.method", "POST"),
            KeyValue::new("http.route", "/bookings"),
        ])
        .start_with_context(tracer, &Context::new());
    let context = Context::new().with_span(entry);
    let paid = pay(tracer, &context, card_network_works).await;
    let span = context.span();
    span.set_attribute(KeyValue::new("http.response.status_code", if paid { 201 } else { 500 }));
    if !paid {
        span.set_status(Status::error("payment failed"));
    }
    span.end();
    paid
}

/// A call to somebody who sends no spans: the client span alone tells of it.
async fn pay(tracer: &SdkTracer, booking: &Context, works: bool) -> bool {
    let mut call = tracer
        .span_builder("POST")
        .with_kind(SpanKind::Client)
        .with_attributes([
            KeyValue::new("http.request.method", "POST"),
            KeyValue::new("url.full", "https://api.acmepay.example/v2/charges"),
            KeyValue::new("server.address", "api.acmepay.example"),
            KeyValue::new("server.port", 443),
        ])
        .start_with_context(tracer, booking);
    tokio::time::sleep(Duration::from_millis(80)).await;
    call.set_attribute(KeyValue::new("http.response.status_code", if works { 200 } else { 503 }));
    if !works {
        call.set_attribute(KeyValue::new("error.type", "503"));
        call.set_status(Status::error("the card network answered 503"));
    }
    call.end();
    works
}
