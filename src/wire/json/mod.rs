//! OTLP/JSON: a document is an `ExportTraceServiceRequest`.
//!
//! It is read by the rules of the OTLP specification and no stricter: ids are hex in either case, 64-bit integers are numbers or text, `null`
//! means absent, unknown fields are ignored, enums are integers, names are lowerCamelCase. A span that breaks a rule is rejected alone, with
//! what is wrong; the rest of the document counts. Only what JSON itself cannot say (half a surrogate pair, a number beyond all doubles) refuses the
//! document.
//!
//! A document is read twice. The survey finds out whether it is one at all, and picks up the resources that stand behind their spans, which JSON
//! allows. Then spans are handed on as they are read, so that memory is bounded by one span, not by the document.
//!
//! The road not taken: the serde of the public proto crate. It refuses `null`, text as a double and unknown enum numbers, and loses a whole batch for
//! one bad span.

mod attribute;
mod emit;
mod span;
mod survey;
mod transcode;

#[cfg(test)]
mod tests;

use super::SpanSink;
pub use super::lenient::NotJson;
use super::lenient::whole_document;
pub use transcode::transcode;

/// Some editors and libraries begin a file with it. It means nothing in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a document cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not JSON.
    #[error(transparent)]
    NotJson(#[from] NotJson),
    /// It is JSON, but no object: nothing that OTLP knows.
    #[error("not OTLP: the document must be an object, not {0}")]
    NoObject(String),
    /// It is an object without `resourceSpans`: something else, maybe another format.
    #[error("no OTLP traces: there is no field `resourceSpans`")]
    NoSpans,
    /// It has `resourceSpans`, but what is in there is not built as OTLP is.
    #[error("not OTLP: {0}")]
    NotOtlp(String),
}

/// Hands each span of an OTLP/JSON document to `sink`. `{}` is a request without spans.
///
/// At most `most_attributes` attributes of a resource, attributes of a span and links of a span are shown; those beyond are read over.
///
/// # Errors
/// A document that is none. The sink may have got spans before: keep them only after `Ok`.
pub fn decode(document: &[u8], most_attributes: usize, sink: &mut impl SpanSink) -> Result<(), Unreadable> {
    let document = document.strip_prefix(BYTE_ORDER_MARK).unwrap_or(document);
    let survey = survey::survey(document, most_attributes)?;
    whole_document(document, emit::Document::new(survey, most_attributes, sink))?;
    Ok(())
}
