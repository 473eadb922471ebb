//! A span as it came, borrowed from the message it came in: nothing is copied, nothing is checked.

/// An attribute's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text; not yet checked for UTF-8.
    Text(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// An array, a map or bytes: it is present, and that is all that is known of it.
    Other,
    /// The key is there and the value is not.
    Empty,
}

/// An attribute of a span or a resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attribute<'a> {
    /// Its key.
    pub key: &'a [u8],
    /// Its value.
    pub value: Value<'a>,
}

/// A link to another span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLink<'a> {
    /// Trace id, 16 bytes if it is one.
    pub trace_id: &'a [u8],
    /// Span id, 8 bytes if it is one.
    pub span_id: &'a [u8],
}

/// A span as it came. Lengths of ids are not checked yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawSpan<'a> {
    /// 16 bytes if it is one.
    pub trace_id: &'a [u8],
    /// 8 bytes if it is one.
    pub span_id: &'a [u8],
    /// 8 bytes, or empty or zeros for a root.
    pub parent_span_id: &'a [u8],
    /// W3C tracestate.
    pub trace_state: &'a [u8],
    /// Span name.
    pub name: &'a [u8],
    /// Number of the span kind in OTLP, as sent.
    pub kind: i32,
    /// Nanoseconds since 1970.
    pub start_ns: u64,
    /// Nanoseconds since 1970.
    pub end_ns: u64,
    /// Number of the status code in OTLP, as sent.
    pub status: i32,
    /// In the order in which they came.
    pub attributes: &'a [Attribute<'a>],
    /// In the order in which they came.
    pub links: &'a [RawLink<'a>],
    /// `exception.type` of the last event named `exception`, where it has one.
    pub exception_type: Option<&'a [u8]>,
}
