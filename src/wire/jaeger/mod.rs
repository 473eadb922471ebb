//! Jaeger JSON: what the Jaeger UI downloads and its API answers with.
//!
//! A document is `{"data": [trace, …]}`, a bare list of traces, or one trace. It is turned into what the same spans would have been in OTLP:
//! the process becomes the resource, tags become attributes (also `span.kind` and `otel.status_code`, which are read besides), microseconds become
//! nanoseconds, ids written without leading zeros get them back.
//!
//! **The parent** of a span is its first `CHILD_OF` reference within the same trace, else its first `FOLLOWS_FROM` within the same trace (a consumer
//! that follows from a producer hangs below it, as Jaeger draws it), else the field `parentSpanID` of older versions. All other references become links.
//!
//! A trace is read whole before its spans are handed on, because its processes stand behind its spans. Spans are handed on process by process, so that
//! each resource is told once. A span that cannot be read is rejected alone.
//!
//! The road not taken: treating the tag `error` as a status. It stays an attribute, and whoever judges a span reads it there.

mod document;
mod span;
mod tags;
mod trace;

#[cfg(test)]
mod tests;

use super::SpanSink;
use super::lenient::{NotJson, whole_document};

/// Why a document cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not JSON.
    #[error(transparent)]
    NotJson(#[from] NotJson),
    /// It is JSON, and there is no trace in it.
    #[error("no Jaeger traces: there is no object with a list `spans`, alone, in a list or in `data`")]
    NoTraces,
}

/// Hands each span of a Jaeger JSON document to `sink`.
///
/// At most `most_attributes` tags and references of a span and tags of a process are looked at.
///
/// # Errors
/// A document that is none. The sink may have got spans before: keep them only after `Ok`.
pub fn decode(document: &[u8], most_attributes: usize, sink: &mut impl SpanSink) -> Result<(), Unreadable> {
    let mut found = false;
    whole_document(document, document::Traces::new(most_attributes, sink, &mut found))?;
    if found { Ok(()) } else { Err(Unreadable::NoTraces) }
}
