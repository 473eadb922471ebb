//! Traces as services do send them, for measuring what a span costs: 5 to 60 spans, eleven attributes on each.

use super::door::{CLIENT, INTERNAL, NOW_NS, SERVER, Span};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Sent, Status};
use std::collections::BTreeMap;

/// A request to the shop that goes through a few services; each makes calls, does work of its own, and sometimes fails.
pub fn trace(seed: u64) -> Vec<Span> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut dice = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (most, fails) = (5 + dice(56), dice(5) == 0);
    let services = ["shop", "cart", "stock", "price", "mail", "pay"];
    let mut spans: Vec<Span> = Vec::new();
    for id in 1..=most {
        let parent = if id == 1 { 0 } else { 1 + dice(id - 1) };
        let above = spans.get((parent as usize).wrapping_sub(1)).cloned();
        let (kind, service, start, end) = match &above {
            None => (SERVER, "shop".to_owned(), NOW_NS, NOW_NS + 200_000_000),
            Some(above) => {
                let quarter = (above.end - above.start) / 4;
                let start = above.start + dice(quarter.max(1) * 2);
                let kind = if above.kind == CLIENT { SERVER } else { [CLIENT, CLIENT, INTERNAL][dice(3) as usize] };
                let service = if above.kind == CLIENT { services[dice(6) as usize].to_owned() } else { above.service.clone() };
                (kind, service, start, start + quarter + dice(quarter.max(1)))
            }
        };
        let name = if id == 1 { "buy".to_owned() } else { format!("op-{}", dice(8)) };
        let mut text = vec![("http.request.method", "POST".to_owned()), ("url.scheme", "https".to_owned())];
        if kind == CLIENT {
            text.push(("server.address", services[dice(6) as usize].to_owned()));
        }
        let status = if fails && (id == 1 || dice(3) == 0) { 2 } else { 0 };
        text.push(("http.response.status_code", if status == 2 { "503".into() } else { "200".into() }));
        spans.push(Span { id, parent, kind, service, name, start, end, status, text, ..Span::default() });
    }
    spans
}

/// These spans with the numbers of their traces as one request, by service.
pub fn request<'a>(spans: impl Iterator<Item = (u128, &'a Span)>) -> ExportTraceServiceRequest {
    let mut by_service: BTreeMap<&str, Vec<Sent>> = BTreeMap::new();
    for (trace, span) in spans {
        by_service.entry(&span.service).or_default().push(sent(trace, span));
    }
    let resource_spans = by_service.into_iter().map(|(service, spans)| ResourceSpans {
        resource: Some(Resource { attributes: vec![pair("service.name", service)], ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

fn pair(key: &str, text: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// With eleven attributes, as the goals of cost are meant.
fn sent(trace: u128, span: &Span) -> Sent {
    let more = |at: usize| pair(["app.label.a", "network.protocol.version"][at % 2], &format!("value number {at}"));
    let own = span.text.iter().map(|(key, text)| pair(key, text));
    Sent {
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: span.id.to_be_bytes().to_vec(),
        parent_span_id: if span.parent == 0 { Vec::new() } else { span.parent.to_be_bytes().to_vec() },
        name: span.name.clone(),
        kind: span.kind,
        start_time_unix_nano: span.start,
        end_time_unix_nano: span.end,
        attributes: own.chain((span.text.len()..11).map(more)).collect(),
        status: Some(Status { code: span.status, ..Status::default() }),
        ..Sent::default()
    }
}
