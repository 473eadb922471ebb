//! OTLP and its relatives: bytes become spans here, and only here.
//!
//! Whatever the format, spans are handed to a [`SpanSink`] one by one, borrowed from the bytes they came in.

use crate::model::{Attribute, RawSpan};

/// Who takes spans as they are read. Calls come in this order: a resource, then its spans, then the next resource.
pub trait SpanSink {
    /// The resource of the spans that follow.
    fn resource(&mut self, attributes: &[Attribute<'_>]);

    /// A span. Its ids are as sent; whether they are valid is the sink's business.
    fn span(&mut self, span: &RawSpan<'_>);

    /// A span that is there but cannot be read (JSON only); says why. It counts as received and malformed.
    fn reject(&mut self, why: &str);
}
