//! Walks an OTLP export request where it lies: no copy, no allocation per span, no check of UTF-8.
//!
//! It decides exactly what prost would decide about the same bytes: fields in any order, a message given twice is merged, the last value of a
//! scalar wins, unknown fields are skipped, and what prost refuses is refused. Text is the one exception: prost refuses a message with
//! text that is not UTF-8, the walk hands the bytes on, and whoever keeps a text checks it then, once.
//!
//! Parts that no [`RawSpan`](crate::model::RawSpan) shows (scopes, nested values, attributes of links) are checked against a table of the
//! schema, so that a broken message is refused wherever it is broken.
//!
//! The road not taken: views that decode a field when asked for it. They look at a span once per question; the walk looks at each byte once.

mod check;
mod cursor;
mod malformed;
mod rewrite;
mod schema;
mod span;
mod value;

#[cfg(test)]
pub(in crate::wire) mod tests;

use super::SpanSink;
use crate::model::{Attribute, RawLink};
use check::{DEPTH, skip_or_refuse};
use cursor::Cursor;
use malformed::Fault;
pub use malformed::{Malformed, Problem};
pub use rewrite::{Addition, rewrite};
pub use schema::{Form, Message};
use span::Lists;

/// Memory that walks use again and again: one per thread.
#[derive(Debug, Default)]
pub struct Scratch {
    attributes: Vec<Attribute<'static>>,
    links: Vec<RawLink<'static>>,
}

/// Hands each span of `message`, an `ExportTraceServiceRequest` in protobuf, to `sink`.
///
/// At most `most_attributes` attributes of a resource, attributes of a span and links of a span are shown; those beyond are read over.
///
/// # Errors
/// The first place that is not as the schema wants it. The sink may have got spans before: keep them only after `Ok`.
pub fn walk(message: &[u8], most_attributes: usize, scratch: &mut Scratch, sink: &mut impl SpanSink) -> Result<(), Malformed> {
    let mut lists = Lists {
        attributes: std::mem::take(&mut scratch.attributes),
        links: std::mem::take(&mut scratch.links),
        most: most_attributes,
    };
    let outcome = request(message, &mut lists, sink);
    scratch.attributes = emptied(lists.attributes, |_| None);
    scratch.links = emptied(lists.links, |_| None);
    outcome.map_err(|fault| fault.within(message))
}

/// An empty vector for values of another lifetime that keeps the memory of this one: collecting a vector's own iterator works in place.
fn emptied<A, B>(mut vector: Vec<A>, nothing: impl FnMut(A) -> Option<B>) -> Vec<B> {
    vector.clear();
    vector.into_iter().filter_map(nothing).collect()
}

fn request<'m>(message: &'m [u8], lists: &mut Lists<'m>, sink: &mut impl SpanSink) -> Result<(), Fault> {
    let mut cursor = Cursor::over(message);
    while !cursor.is_empty() {
        match cursor.key()? {
            schema::request::RESOURCE_SPANS => resource_spans(cursor.bytes()?, lists, sink)?,
            other => cursor = skip_or_refuse(cursor, Message::Request, other, DEPTH)?,
        }
    }
    Ok(())
}

/// Looks twice: the resource may stand after its spans, and may come in pieces.
fn resource_spans<'m>(body: &'m [u8], lists: &mut Lists<'m>, sink: &mut impl SpanSink) -> Result<(), Fault> {
    use schema::resource_spans::{RESOURCE, SCHEMA_URL, SCOPE_SPANS};
    lists.attributes.clear();
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            RESOURCE => resource(cursor.bytes()?, lists)?,
            SCOPE_SPANS | SCHEMA_URL => drop(cursor.bytes()?),
            other => cursor = skip_or_refuse(cursor, Message::ResourceSpans, other, DEPTH - 1)?,
        }
    }
    sink.resource(&lists.attributes);
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            SCOPE_SPANS => scope_spans(cursor.bytes()?, lists, sink)?,
            other => cursor = cursor.skip(other, DEPTH - 1)?,
        }
    }
    Ok(())
}

fn resource<'m>(body: &'m [u8], lists: &mut Lists<'m>) -> Result<(), Fault> {
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            schema::resource::ATTRIBUTES => lists.attribute(cursor.bytes()?, DEPTH - 3)?,
            schema::resource::DROPPED => drop(cursor.varint()?),
            schema::resource::ENTITY_REFS => check::check(Message::EntityRef, cursor.bytes()?, DEPTH - 3)?,
            other => cursor = skip_or_refuse(cursor, Message::Resource, other, DEPTH - 2)?,
        }
    }
    Ok(())
}

fn scope_spans<'m>(body: &'m [u8], lists: &mut Lists<'m>, sink: &mut impl SpanSink) -> Result<(), Fault> {
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            schema::scope_spans::SPANS => span::span(cursor.bytes()?, lists, sink)?,
            schema::scope_spans::SCOPE => check::check(Message::Scope, cursor.bytes()?, DEPTH - 3)?,
            schema::scope_spans::SCHEMA_URL => drop(cursor.bytes()?),
            other => cursor = skip_or_refuse(cursor, Message::ScopeSpans, other, DEPTH - 2)?,
        }
    }
    Ok(())
}
