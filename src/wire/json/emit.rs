//! The second look at a document: spans are handed on as they are read.

use super::attribute::{Attributes, WantAttributes};
use super::span::WantSpan;
use super::survey::Survey;
use crate::wire::SpanSink;
use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, skip};
use serde::de::{MapAccess, SeqAccess};
use std::iter::Peekable;
use std::vec::IntoIter;

/// A resource as read.
#[derive(Debug, Default)]
pub(super) struct Resource<'de> {
    attributes: Attributes<'de>,
    wrong: Option<String>,
}

/// Wants a resource and keeps at most `most` of its attributes.
pub(super) struct WantResource {
    pub(super) most: usize,
}

impl<'de> Wanted<'de> for WantResource {
    type Out = Resource<'de>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Resource<'de>, A::Error> {
        let mut resource = Resource::default();
        while let Some(name) = next_name(&mut map)? {
            if name == "attributes" {
                resource.attributes = map.next_value_seed(Reading(WantAttributes { most: self.most }))?;
            } else {
                skip(&mut map)?;
            }
        }
        Ok(resource)
    }

    fn other(self, found: Scalar<'de>) -> Resource<'de> {
        let wrong = (found != Scalar::Absent).then(|| format!("it must be an object, not {}", found.found()));
        Resource { attributes: Attributes::default(), wrong }
    }
}

/// A document that the survey has found to be OTLP.
pub(super) struct Document<'s, 'de, S> {
    late: Peekable<IntoIter<(usize, Resource<'de>)>>,
    count: usize,
    most: usize,
    sink: &'s mut S,
}

impl<'s, 'de, S: SpanSink> Document<'s, 'de, S> {
    pub(super) fn new(survey: Survey<'de>, most: usize, sink: &'s mut S) -> Self {
        Self { late: survey.late.into_iter().peekable(), count: 0, most, sink }
    }

    /// The resource of the `ResourceSpans` of this number, if it stands behind its spans; the last, if it is given more than once.
    fn late_resource(&mut self, number: usize) -> Option<Resource<'de>> {
        let mut resource = None;
        while let Some((_, late)) = self.late.next_if(|(of, _)| *of == number) {
            resource = Some(late);
        }
        resource
    }
}

impl<'de, S: SpanSink> Wanted<'de> for Document<'_, 'de, S> {
    type Out = ();

    fn object<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = next_name(&mut map)? {
            if name == "resourceSpans" {
                map.next_value_seed(Reading(AllResourceSpans(&mut self)))?;
            } else {
                skip(&mut map)?;
            }
        }
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

struct AllResourceSpans<'d, 's, 'de, S>(&'d mut Document<'s, 'de, S>);

impl<'de, S: SpanSink> Wanted<'de> for AllResourceSpans<'_, '_, 'de, S> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Reading(ResourceSpans(&mut *self.0)))?.is_some() {}
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

struct ResourceSpans<'d, 's, 'de, S>(&'d mut Document<'s, 'de, S>);

impl<'de, S: SpanSink> Wanted<'de> for ResourceSpans<'_, '_, 'de, S> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let document = self.0;
        let late = document.late_resource(document.count);
        document.count += 1;
        let most = document.most;
        let is_late = late.is_some();
        let mut resource = late.unwrap_or_default();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "resource" if !is_late => resource = map.next_value_seed(Reading(WantResource { most }))?,
                "scopeSpans" => {
                    let wrong = announce(&resource, document.sink);
                    map.next_value_seed(Reading(AllScopeSpans(Target { most, wrong: &wrong, sink: &mut *document.sink })))?;
                }
                _ => skip(&mut map)?,
            }
        }
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

/// Tells the sink of a resource, and gives back what is wrong with it: its spans cannot be told whose they are.
fn announce(resource: &Resource<'_>, sink: &mut impl SpanSink) -> Option<String> {
    let mut shown = Vec::new();
    let outcome = match &resource.wrong {
        Some(wrong) => Err(wrong.clone()),
        None => resource.attributes.show(&mut shown),
    };
    if outcome.is_err() {
        shown.clear();
    }
    sink.resource(&shown);
    outcome.err().map(|wrong| format!("its resource cannot be read: {wrong}"))
}

/// Where spans of a resource go.
struct Target<'s, S> {
    most: usize,
    /// Why none of them can be taken.
    wrong: &'s Option<String>,
    sink: &'s mut S,
}

struct AllScopeSpans<'s, S>(Target<'s, S>);

impl<'de, S: SpanSink> Wanted<'de> for AllScopeSpans<'_, S> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Reading(ScopeSpans(&mut self.0)))?.is_some() {}
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

struct ScopeSpans<'t, 's, S>(&'t mut Target<'s, S>);

impl<'de, S: SpanSink> Wanted<'de> for ScopeSpans<'_, '_, S> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = next_name(&mut map)? {
            if name == "spans" {
                map.next_value_seed(Reading(Spans(&mut *self.0)))?;
            } else {
                skip(&mut map)?;
            }
        }
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

struct Spans<'t, 's, S>(&'t mut Target<'s, S>);

impl<'de, S: SpanSink> Wanted<'de> for Spans<'_, '_, S> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Target { most, wrong, sink } = self.0;
        while let Some(span) = list.next_element_seed(Reading(WantSpan { most: *most }))? {
            let Some(span) = span else { continue };
            match wrong {
                Some(wrong) => sink.reject(wrong),
                None => span.hand_to(*sink),
            }
        }
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}
