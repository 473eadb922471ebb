//! Spans, their events, links and status: the hot loop.

use super::check::{DEPTH, check, skip_or_refuse};
use super::cursor::Cursor;
use super::malformed::Fault;
use super::schema::{self, Message, any_value};
use super::value;
use crate::model::{Attribute, RawLink, RawSpan, Value};
use crate::wire::SpanSink;

/// Lists that a resource or span shows, at most `most` entries each; filled anew for each.
pub(super) struct Lists<'m> {
    pub(super) attributes: Vec<Attribute<'m>>,
    pub(super) links: Vec<RawLink<'m>>,
    pub(super) most: usize,
}

impl<'m> Lists<'m> {
    /// Reads an attribute and keeps it if there is room. `depth` is how many levels may still begin within it.
    ///
    /// What nearly all attributes are is told at a glance: text, a small integer, a truth value. Each is put into the list by itself, so that it goes
    /// there from registers; one place for all of them costs half of the walk again.
    #[inline(always)]
    pub(super) fn attribute(&mut self, body: &'m [u8], depth: usize) -> Result<(), Fault> {
        const TEXT: u8 = any_value::TEXT as u8;
        const INT: u8 = any_value::INT as u8;
        const BOOL: u8 = any_value::BOOL as u8;
        if let Some((key, value)) = value::usual(body) {
            match value {
                [TEXT, length @ 0..0x80, text @ ..] if usize::from(*length) == text.len() => {
                    self.keep(Attribute { key, value: Value::Text(text) });
                    return Ok(());
                }
                [INT, low @ 0x80..=0xff, high @ 0..0x80] => {
                    self.keep(Attribute { key, value: Value::Int(i64::from(low & 0x7f) | i64::from(*high) << 7) });
                    return Ok(());
                }
                [INT, value @ 0..0x80] => {
                    self.keep(Attribute { key, value: Value::Int(i64::from(*value)) });
                    return Ok(());
                }
                [BOOL, value @ 0..0x80] => {
                    self.keep(Attribute { key, value: Value::Bool(*value != 0) });
                    return Ok(());
                }
                _ => {}
            }
        }
        let attribute = value::attribute(body, depth)?;
        self.keep(attribute);
        Ok(())
    }

    #[inline(always)]
    fn keep(&mut self, attribute: Attribute<'m>) {
        if self.attributes.len() < self.most {
            self.attributes.push(attribute);
        }
    }
}

/// How many levels may begin within a span's attributes, events, links and status.
const BELOW: usize = DEPTH - 4;

pub(super) fn span<'m>(body: &'m [u8], lists: &mut Lists<'m>, sink: &mut impl SpanSink) -> Result<(), Fault> {
    use schema::span as field;
    lists.attributes.clear();
    lists.links.clear();
    let (mut trace_id, mut span_id, mut parent_span_id): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    let (mut trace_state, mut name): (&[u8], &[u8]) = (&[], &[]);
    let (mut kind, mut status, mut start_ns, mut end_ns) = (0, 0, 0, 0);
    let mut exception_type = None;
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            field::ATTRIBUTES => lists.attribute(cursor.bytes()?, BELOW)?,
            field::TRACE_ID => trace_id = cursor.bytes()?,
            field::SPAN_ID => span_id = cursor.bytes()?,
            field::PARENT_SPAN_ID => parent_span_id = cursor.bytes()?,
            field::NAME => name = cursor.bytes()?,
            field::KIND => kind = cursor.varint()? as i32,
            field::START => start_ns = cursor.fixed64()?,
            field::END => end_ns = cursor.fixed64()?,
            field::STATUS => status_code(cursor.bytes()?, &mut status)?,
            field::EVENTS => exception_type = event(cursor.bytes()?)?.or(exception_type),
            field::LINKS => {
                let link = link(cursor.bytes()?)?;
                if lists.links.len() < lists.most {
                    lists.links.push(link);
                }
            }
            field::TRACE_STATE => trace_state = cursor.bytes()?,
            field::DROPPED_ATTRIBUTES | field::DROPPED_EVENTS | field::DROPPED_LINKS => drop(cursor.varint()?),
            field::FLAGS => cursor.skip_fixed32()?,
            other => cursor = skip_or_refuse(cursor, Message::Span, other, DEPTH - 3)?,
        }
    }
    let (attributes, links) = (lists.attributes.as_slice(), lists.links.as_slice());
    sink.span(&RawSpan {
        trace_id,
        span_id,
        parent_span_id,
        trace_state,
        name,
        kind,
        start_ns,
        end_ns,
        status,
        attributes,
        links,
        exception_type,
    });
    Ok(())
}

/// A status given twice is merged: the last code that is there wins.
fn status_code(body: &[u8], code: &mut i32) -> Result<(), Fault> {
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            schema::status::CODE => *code = cursor.varint()? as i32,
            schema::status::MESSAGE => drop(cursor.bytes()?),
            other => cursor = skip_or_refuse(cursor, Message::Status, other, BELOW)?,
        }
    }
    Ok(())
}

/// The `exception.type` of an event, if the event is an exception and has one as text; of several the last.
fn event(body: &[u8]) -> Result<Option<&[u8]>, Fault> {
    use schema::event as field;
    let (mut name, mut exception_type): (&[u8], _) = (&[], None);
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            field::TIME => drop(cursor.fixed64()?),
            field::NAME => name = cursor.bytes()?,
            field::ATTRIBUTES => {
                let attribute = value::attribute(cursor.bytes()?, BELOW - 1)?;
                if let Attribute { key: b"exception.type", value: Value::Text(text) } = attribute {
                    exception_type = Some(text);
                }
            }
            field::DROPPED => drop(cursor.varint()?),
            other => cursor = skip_or_refuse(cursor, Message::Event, other, BELOW)?,
        }
    }
    Ok(exception_type.filter(|_| name == b"exception"))
}

fn link(body: &[u8]) -> Result<RawLink<'_>, Fault> {
    use schema::link as field;
    let mut link = RawLink { trace_id: &[], span_id: &[] };
    let mut cursor = Cursor::over(body);
    while !cursor.is_empty() {
        match cursor.key()? {
            field::TRACE_ID => link.trace_id = cursor.bytes()?,
            field::SPAN_ID => link.span_id = cursor.bytes()?,
            field::TRACE_STATE => drop(cursor.bytes()?),
            field::ATTRIBUTES => check(Message::KeyValue, cursor.bytes()?, BELOW - 1)?,
            field::DROPPED => drop(cursor.varint()?),
            field::FLAGS => cursor.skip_fixed32()?,
            other => cursor = skip_or_refuse(cursor, Message::Link, other, BELOW)?,
        }
    }
    Ok(link)
}
