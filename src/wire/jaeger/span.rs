//! One span of a trace, as Jaeger writes it.

use super::tags::{Tag, WantTags, text_of};
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
    name: Scalar<'de>,
    start: Scalar<'de>,
    duration: Scalar<'de>,
    pub(super) process: Scalar<'de>,
    references: Vec<Reference<'de>>,
    tags: Vec<Tag<'de>>,
    exception_type: Option<Cow<'de, str>>,
    wrong: Option<String>,
}

#[derive(Debug, Default)]
struct Reference<'de> {
    kind: Scalar<'de>,
    trace_id: Scalar<'de>,
    span_id: Scalar<'de>,
}

impl Span<'_> {
    /// Hands the span on, or says why it cannot be read. `trace_id` is that of the trace, for a span that has none.
    pub(super) fn hand_to(&self, trace_id: &Scalar<'_>, sink: &mut impl SpanSink) {
        if let Err(why) = self.try_hand_to(trace_id, sink) {
            sink.reject(&why);
        }
    }

    fn try_hand_to(&self, trace_id: &Scalar<'_>, sink: &mut impl SpanSink) -> Result<(), String> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let trace_id = id("traceID", first_given(&self.trace_id, trace_id), 16)?;
        let mut references = Vec::with_capacity(self.references.len());
        for reference in &self.references {
            references.push(reference.ids(&trace_id)?);
        }
        let parent = self.parent(&references, &trace_id);
        let parent_span_id = match parent {
            Some(index) => references.remove(index).1,
            None => id("parentSpanID", &self.parent_span_id, 8)?,
        };
        let links: Vec<_> = references.iter().map(|(trace_id, span_id)| RawLink { trace_id, span_id }).collect();
        let attributes: Vec<_> = self.tags.iter().map(Tag::show).collect();
        let start = microseconds("startTime", &self.start)?;
        sink.span(&RawSpan {
            trace_id: &trace_id,
            span_id: &id("spanID", &self.span_id, 8)?,
            parent_span_id: &parent_span_id,
            trace_state: text_of(&self.tags, "w3c.tracestate").unwrap_or_default().as_bytes(),
            name: self.name.text("operationName")?,
            kind: kind(&self.tags),
            start_ns: start,
            end_ns: start.saturating_add(microseconds("duration", &self.duration)?),
            status: status(&self.tags),
            attributes: &attributes,
            links: &links,
            exception_type: self.exception_type.as_ref().map(|text| text.as_bytes()),
        });
        Ok(())
    }

    /// Which of the references names the parent.
    fn parent(&self, references: &[(Id, Id)], trace_id: &Id) -> Option<usize> {
        let first = |wanted: &str| {
            let is = |(reference, (of, _)): (&Reference<'_>, &(Id, Id))| reference.is(wanted) && of == trace_id;
            self.references.iter().zip(references).position(is)
        };
        first("CHILD_OF").or_else(|| first("FOLLOWS_FROM"))
    }
}

impl Reference<'_> {
    fn is(&self, wanted: &str) -> bool {
        matches!(&self.kind, Scalar::Text(kind) if kind == wanted)
    }

    /// A reference without a trace id is one within the trace.
    fn ids(&self, own_trace: &Id) -> Result<(Id, Id), String> {
        let trace_id = match &self.trace_id {
            Scalar::Absent => own_trace.clone(),
            given => id("traceID of a reference", given, 16)?,
        };
        Ok((trace_id, id("spanID of a reference", &self.span_id, 8)?))
    }
}

fn first_given<'a, 'de>(one: &'a Scalar<'de>, other: &'a Scalar<'de>) -> &'a Scalar<'de> {
    if *one == Scalar::Absent { other } else { one }
}

fn id(field: &str, found: &Scalar<'_>, width: usize) -> Result<Id, String> {
    let decoded = match found {
        Scalar::Absent => Some(Id::new()),
        Scalar::Text(text) => hex::decode_padded(text, width),
        _ => None,
    };
    decoded.ok_or_else(|| format!("{field} must be hex digits as text, not {}", found.found()))
}

/// Microseconds as nanoseconds.
fn microseconds(field: &str, found: &Scalar<'_>) -> Result<u64, String> {
    let value = if *found == Scalar::Absent { Some(0) } else { found.uint() };
    value
        .map(|value| value.saturating_mul(1_000))
        .ok_or_else(|| format!("{field} must be microseconds, a whole number from 0 on, not {}", found.found()))
}

/// The number of the kind in OTLP.
fn kind(tags: &[Tag<'_>]) -> i32 {
    const KINDS: [&str; 5] = ["internal", "server", "client", "producer", "consumer"];
    let kind = text_of(tags, "span.kind").unwrap_or_default();
    KINDS.iter().zip(1..).find(|(name, _)| kind.eq_ignore_ascii_case(name)).map_or(0, |(_, number)| number)
}

/// The number of the status code in OTLP.
fn status(tags: &[Tag<'_>]) -> i32 {
    match text_of(tags, "otel.status_code") {
        Some(code) if code.eq_ignore_ascii_case("ok") => 1,
        Some(code) if code.eq_ignore_ascii_case("error") => 2,
        _ => 0,
    }
}

/// Wants a span; looks at most at `most` tags and references. `None` for `null`.
pub(super) struct WantSpan {
    pub(super) most: usize,
}

impl<'de> Wanted<'de> for WantSpan {
    type Out = Option<Span<'de>>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let mut span = Span::default();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "traceID" => span.trace_id = scalar(&mut map)?,
                "spanID" => span.span_id = scalar(&mut map)?,
                "parentSpanID" => span.parent_span_id = scalar(&mut map)?,
                "operationName" => span.name = scalar(&mut map)?,
                "startTime" => span.start = scalar(&mut map)?,
                "duration" => span.duration = scalar(&mut map)?,
                "processID" => span.process = scalar(&mut map)?,
                "tags" => span.tags = map.next_value_seed(Reading(WantTags { most: self.most }))?,
                "references" => map.next_value_seed(Reading(WantReferences(&mut span.references, self.most)))?,
                "logs" => map.next_value_seed(Reading(WantLogs(&mut span.exception_type, self.most)))?,
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

struct WantReferences<'s, 'de>(&'s mut Vec<Reference<'de>>, usize);

impl<'de> Wanted<'de> for WantReferences<'_, 'de> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.len() < self.1 {
            if list.next_element_seed(Reading(WantReference(&mut *self.0)))?.is_none() {
                return Ok(());
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

struct WantReference<'s, 'de>(&'s mut Vec<Reference<'de>>);

impl<'de> Wanted<'de> for WantReference<'_, 'de> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut reference = Reference::default();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "refType" => reference.kind = scalar(&mut map)?,
                "traceID" => reference.trace_id = scalar(&mut map)?,
                "spanID" => reference.span_id = scalar(&mut map)?,
                _ => skip(&mut map)?,
            }
        }
        self.0.push(reference);
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

/// Looks for the type of the last exception among logs.
struct WantLogs<'s, 'de>(&'s mut Option<Cow<'de, str>>, usize);

impl<'de> Wanted<'de> for WantLogs<'_, 'de> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Reading(WantLog(&mut *self.0, self.1)))?.is_some() {}
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

struct WantLog<'s, 'de>(&'s mut Option<Cow<'de, str>>, usize);

impl<'de> Wanted<'de> for WantLog<'_, 'de> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = next_name(&mut map)? {
            if name == "fields" {
                let fields = map.next_value_seed(Reading(WantTags { most: self.1 }))?;
                if let Some(exception_type) = exception_type(&fields) {
                    *self.0 = Some(Cow::Owned(exception_type.to_owned()));
                }
            } else {
                skip(&mut map)?;
            }
        }
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

/// What an exception is called: OpenTelemetry's name for the field first, then OpenTracing's two.
fn exception_type<'a>(fields: &'a [Tag<'_>]) -> Option<&'a str> {
    ["exception.type", "error.kind", "error.object"].iter().find_map(|key| text_of(fields, key))
}
