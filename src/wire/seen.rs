//! A sink for tests: remembers what it was told, so that two readings can be compared. Also part of the fuzz crate.

use crate::model::{Attribute, RawSpan, Value};
use crate::wire::SpanSink;

/// What a sink was told, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// A resource.
    Resource(Vec<SeenAttribute>),
    /// A span.
    Span(Box<SeenSpan>),
    /// A span that cannot be read.
    Reject(String),
}

/// A value that can be compared: a double is its bits.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum SeenValue {
    Text(Vec<u8>),
    Int(i64),
    Double(u64),
    Bool(bool),
    Other,
    Empty,
}

/// An attribute: key and value.
pub type SeenAttribute = (Vec<u8>, SeenValue);

/// All that a span shows.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct SeenSpan {
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub parent_span_id: Vec<u8>,
    pub trace_state: Vec<u8>,
    pub name: Vec<u8>,
    pub kind: i32,
    pub start_ns: u64,
    pub end_ns: u64,
    pub status: i32,
    pub attributes: Vec<SeenAttribute>,
    pub links: Vec<(Vec<u8>, Vec<u8>)>,
    pub exception_type: Option<Vec<u8>>,
}

/// Remembers everything.
#[derive(Debug, Default)]
pub struct Seen(
    /// What it was told.
    pub Vec<Told>,
);

#[allow(dead_code)]
impl Seen {
    /// The spans alone.
    pub fn spans(&self) -> Vec<&SeenSpan> {
        self.0.iter().filter_map(|told| if let Told::Span(span) = told { Some(&**span) } else { None }).collect()
    }

    /// Why spans were rejected.
    pub fn rejects(&self) -> Vec<&str> {
        self.0.iter().filter_map(|told| if let Told::Reject(why) = told { Some(why.as_str()) } else { None }).collect()
    }

    /// The resources alone.
    pub fn resources(&self) -> Vec<&[SeenAttribute]> {
        self.0.iter().filter_map(|told| if let Told::Resource(of) = told { Some(of.as_slice()) } else { None }).collect()
    }
}

impl SpanSink for Seen {
    fn resource(&mut self, attributes: &[Attribute<'_>]) {
        self.0.push(Told::Resource(attributes.iter().map(seen).collect()));
    }

    fn span(&mut self, span: &RawSpan<'_>) {
        self.0.push(Told::Span(Box::new(SeenSpan {
            trace_id: span.trace_id.to_vec(),
            span_id: span.span_id.to_vec(),
            parent_span_id: span.parent_span_id.to_vec(),
            trace_state: span.trace_state.to_vec(),
            name: span.name.to_vec(),
            kind: span.kind,
            start_ns: span.start_ns,
            end_ns: span.end_ns,
            status: span.status,
            attributes: span.attributes.iter().map(seen).collect(),
            links: span.links.iter().map(|link| (link.trace_id.to_vec(), link.span_id.to_vec())).collect(),
            exception_type: span.exception_type.map(<[u8]>::to_vec),
        })));
    }

    fn reject(&mut self, why: &str) {
        self.0.push(Told::Reject(why.to_owned()));
    }
}

fn seen(attribute: &Attribute<'_>) -> SeenAttribute {
    let value = match attribute.value {
        Value::Text(text) => SeenValue::Text(text.to_vec()),
        Value::Int(value) => SeenValue::Int(value),
        Value::Double(value) => SeenValue::Double(value.to_bits()),
        Value::Bool(value) => SeenValue::Bool(value),
        Value::Other => SeenValue::Other,
        Value::Empty => SeenValue::Empty,
    };
    (attribute.key.to_vec(), value)
}
