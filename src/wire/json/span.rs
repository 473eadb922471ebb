//! One span in OTLP/JSON.

use super::attribute::{Attributes, WantAttributes, WantExceptionType};
use crate::model::{RawLink, RawSpan};
use crate::wire::SpanSink;
use crate::wire::hex::{self, Id};
use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, scalar, skip};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use std::borrow::Cow;

/// A span as read: whether its values are right is asked when it is handed on.
#[derive(Debug, Default)]
pub(super) struct Span<'de> {
    trace_id: Scalar<'de>,
    span_id: Scalar<'de>,
    parent_span_id: Scalar<'de>,
    trace_state: Scalar<'de>,
    name: Scalar<'de>,
    kind: Scalar<'de>,
    start: Scalar<'de>,
    end: Scalar<'de>,
    status: Scalar<'de>,
    attributes: Attributes<'de>,
    links: Vec<Link<'de>>,
    exception_type: Option<Cow<'de, str>>,
    wrong: Option<String>,
}

#[derive(Debug, Default)]
struct Link<'de> {
    trace_id: Scalar<'de>,
    span_id: Scalar<'de>,
}

impl Span<'_> {
    /// Hands the span on, or says why it cannot be read.
    pub(super) fn hand_to(&self, sink: &mut impl SpanSink) {
        if let Err(why) = self.try_hand_to(sink) {
            sink.reject(&why);
        }
    }

    fn try_hand_to(&self, sink: &mut impl SpanSink) -> Result<(), String> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let mut attributes = Vec::new();
        self.attributes.show(&mut attributes)?;
        let ids = self.links.iter().map(Link::ids).collect::<Result<Vec<_>, String>>()?;
        let links: Vec<_> = ids.iter().map(|(trace_id, span_id)| RawLink { trace_id, span_id }).collect();
        sink.span(&RawSpan {
            trace_id: &id("traceId", &self.trace_id)?,
            span_id: &id("spanId", &self.span_id)?,
            parent_span_id: &id("parentSpanId", &self.parent_span_id)?,
            trace_state: self.trace_state.text("traceState")?,
            name: self.name.text("name")?,
            kind: number("kind", &self.kind)?,
            start_ns: nanoseconds("startTimeUnixNano", &self.start)?,
            end_ns: nanoseconds("endTimeUnixNano", &self.end)?,
            status: number("status.code", &self.status)?,
            attributes: &attributes,
            links: &links,
            exception_type: self.exception_type.as_ref().map(|text| text.as_bytes()),
        });
        Ok(())
    }
}

impl Link<'_> {
    fn ids(&self) -> Result<(Id, Id), String> {
        Ok((id("traceId of a link", &self.trace_id)?, id("spanId of a link", &self.span_id)?))
    }
}

fn id(field: &str, found: &Scalar<'_>) -> Result<Id, String> {
    let decoded = match found {
        Scalar::Absent => Some(Id::new()),
        Scalar::Text(text) => hex::decode(text),
        _ => None,
    };
    decoded.ok_or_else(|| format!("{field} must be hex digits in pairs as text, not {}", found.found()))
}

fn number(field: &str, found: &Scalar<'_>) -> Result<i32, String> {
    let value = if *found == Scalar::Absent { Some(0) } else { found.int() };
    value
        .and_then(|value| i32::try_from(value).ok())
        .ok_or_else(|| format!("{field} must be the number of the enum value, such as 2, not {}", found.found()))
}

fn nanoseconds(field: &str, found: &Scalar<'_>) -> Result<u64, String> {
    let value = if *found == Scalar::Absent { Some(0) } else { found.uint() };
    value.ok_or_else(|| format!("{field} must be nanoseconds since 1970, a number or one as text, not {}", found.found()))
}

/// Wants a span; shows at most `most` attributes and links. `None` for `null`.
pub(super) struct WantSpan {
    pub(super) most: usize,
}

impl<'de> Wanted<'de> for WantSpan {
    type Out = Option<Span<'de>>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let mut span = Span::default();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "traceId" => span.trace_id = scalar(&mut map)?,
                "spanId" => span.span_id = scalar(&mut map)?,
                "parentSpanId" => span.parent_span_id = scalar(&mut map)?,
                "traceState" => span.trace_state = scalar(&mut map)?,
                "name" => span.name = scalar(&mut map)?,
                "kind" => span.kind = scalar(&mut map)?,
                "startTimeUnixNano" => span.start = scalar(&mut map)?,
                "endTimeUnixNano" => span.end = scalar(&mut map)?,
                "attributes" => span.attributes = map.next_value_seed(Reading(WantAttributes { most: self.most }))?,
                "status" => map.next_value_seed(Reading(WantStatus(&mut span)))?,
                "links" => map.next_value_seed(Reading(WantLinks(&mut span, self.most)))?,
                "events" => map.next_value_seed(Reading(WantEvents(&mut span)))?,
                _ => skip(&mut map)?,
            }
        }
        Ok(Some(span))
    }

    fn other(self, found: Scalar<'de>) -> Self::Out {
        (found != Scalar::Absent).then(|| {
            let wrong = Some(format!("a span must be an object, not {}", found.found()));
            Span { wrong, ..Span::default() }
        })
    }
}

impl Span<'_> {
    fn expected(&mut self, what: &str, found: &Scalar<'_>) {
        if *found != Scalar::Absent && self.wrong.is_none() {
            self.wrong = Some(format!("{what}, not {}", found.found()));
        }
    }
}

struct WantStatus<'s, 'de>(&'s mut Span<'de>);

impl<'de> Wanted<'de> for WantStatus<'_, 'de> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "code" => self.0.status = scalar(&mut map)?,
                _ => skip(&mut map)?,
            }
        }
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.0.expected("`status` must be an object", &found);
    }
}

struct WantLinks<'s, 'de>(&'s mut Span<'de>, usize);

impl<'de> Wanted<'de> for WantLinks<'_, 'de> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.links.len() < self.1 {
            if list.next_element_seed(Reading(WantLink(&mut *self.0)))?.is_none() {
                return Ok(());
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.0.expected("`links` must be a list", &found);
    }
}

struct WantLink<'s, 'de>(&'s mut Span<'de>);

impl<'de> Wanted<'de> for WantLink<'_, 'de> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut link = Link::default();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "traceId" => link.trace_id = scalar(&mut map)?,
                "spanId" => link.span_id = scalar(&mut map)?,
                _ => skip(&mut map)?,
            }
        }
        self.0.links.push(link);
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.0.expected("a link must be an object", &found);
    }
}

struct WantEvents<'s, 'de>(&'s mut Span<'de>);

impl<'de> Wanted<'de> for WantEvents<'_, 'de> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Reading(WantEvent(&mut *self.0)))?.is_some() {}
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.0.expected("`events` must be a list", &found);
    }
}

struct WantEvent<'s, 'de>(&'s mut Span<'de>);

impl<'de> Wanted<'de> for WantEvent<'_, 'de> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut is_exception, mut exception_type) = (false, None);
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "name" => is_exception = matches!(scalar(&mut map)?, Scalar::Text(name) if name == "exception"),
                "attributes" => exception_type = map.next_value_seed(Reading(WantExceptionType))?,
                _ => skip(&mut map)?,
            }
        }
        if is_exception && exception_type.is_some() {
            self.0.exception_type = exception_type;
        }
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.0.expected("an event must be an object", &found);
    }
}
