//! OTLP and its relatives: bytes become spans here, and only here.
//!
//! Whatever the format, spans are handed to a [`SpanSink`] one by one, borrowed from the bytes they came in. This room decides what
//! a span looked like on the wire and nothing else: whether its ids are valid, what its attributes mean and whether it counts is
//! decided further in. It knows formats and no capability.
//!
//! - [`otlp`] walks the protobuf of an export request in place: the hot path of the product.
//! - [`json`] reads OTLP/JSON as leniently as the specification asks; [`jaeger`] reads what Jaeger lets one download.
//! - [`files`] finds out how a file is compressed, framed and written, and reads it step by step.
//!
//! The road not taken: decoding to the structs that prost generates. It allocates thirty times a span and costs eight times what the walk
//! costs; it is the oracle of the tests instead.

pub mod files;
pub mod jaeger;
pub mod json;
pub mod otlp;

mod hex;
mod lenient;

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

#[cfg(test)]
mod seen;
