//! The walk against prost on the same bytes. Also part of the fuzz crate.

use super::seen::{Seen, SeenAttribute, SeenSpan, SeenValue, Told};
use crate::wire::otlp::{Scratch, walk};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// What both made of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// Both read it, and it shows this many spans.
    Taken {
        /// Spans in it.
        spans: usize,
    },
    /// Both refuse it.
    Refused,
    /// Text in it is not UTF-8: prost refuses it, the walk need not.
    NotText,
}

/// Walks and decodes `message` and compares.
///
/// # Errors
/// How the two differ.
pub fn compare(message: &[u8], most: usize, scratch: &mut Scratch) -> Result<Agreed, String> {
    let mut seen = Seen::default();
    let walked = walk(message, most, scratch, &mut seen);
    match (ExportTraceServiceRequest::decode(message), walked) {
        (Ok(request), Ok(())) => {
            let expected = shown(&request, most);
            if seen.0 != expected {
                return Err(format!("walked {:#?}\nprost {expected:#?}", seen.0));
            }
            Ok(Agreed::Taken { spans: seen.spans().len() })
        }
        (Ok(_), Err(malformed)) => Err(format!("prost takes what the walk refuses: {malformed}")),
        (Err(error), walked) if error.to_string().contains("not UTF-8") => match walked {
            Err(malformed) if malformed.offset > message.len() => Err(format!("offset beyond the message: {malformed}")),
            _ => Ok(Agreed::NotText),
        },
        (Err(error), Ok(())) => Err(format!("the walk takes what prost refuses: {error}")),
        (Err(_), Err(malformed)) if malformed.offset > message.len() => Err(format!("offset beyond the message: {malformed}")),
        (Err(_), Err(_)) => Ok(Agreed::Refused),
    }
}

/// What a sink should be told of a request.
pub fn shown(request: &ExportTraceServiceRequest, most: usize) -> Vec<Told> {
    let mut told = Vec::new();
    for resource_spans in &request.resource_spans {
        let attributes = resource_spans.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        told.push(Told::Resource(attributes.iter().take(most).map(attribute).collect()));
        for span in resource_spans.scope_spans.iter().flat_map(|scope_spans| &scope_spans.spans) {
            told.push(Told::Span(Box::new(seen_span(span, most))));
        }
    }
    told
}

fn seen_span(span: &Span, most: usize) -> SeenSpan {
    let exceptions = span.events.iter().filter(|event| event.name == "exception");
    let mut types = exceptions.flat_map(|event| &event.attributes).map(attribute).filter_map(|(key, value)| match value {
        SeenValue::Text(text) if key == b"exception.type" => Some(text),
        _ => None,
    });
    SeenSpan {
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        parent_span_id: span.parent_span_id.clone(),
        trace_state: span.trace_state.clone().into_bytes(),
        name: span.name.clone().into_bytes(),
        kind: span.kind,
        start_ns: span.start_time_unix_nano,
        end_ns: span.end_time_unix_nano,
        status: span.status.as_ref().map_or(0, |status| status.code),
        attributes: span.attributes.iter().take(most).map(attribute).collect(),
        links: span.links.iter().take(most).map(|link| (link.trace_id.clone(), link.span_id.clone())).collect(),
        exception_type: types.next_back(),
    }
}

fn attribute(pair: &KeyValue) -> SeenAttribute {
    let value = match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => SeenValue::Text(text.clone().into_bytes()),
        Some(Value::IntValue(value)) => SeenValue::Int(*value),
        Some(Value::DoubleValue(value)) => SeenValue::Double(value.to_bits()),
        Some(Value::BoolValue(value)) => SeenValue::Bool(*value),
        Some(Value::ArrayValue(_) | Value::KvlistValue(_) | Value::BytesValue(_)) => SeenValue::Other,
        Some(Value::StringValueStrindex(_)) | None => SeenValue::Empty,
    };
    (pair.key.clone().into_bytes(), value)
}
