//! The first look at a document: is it OTLP, and which resources stand behind their spans?

use super::Unreadable;
use super::emit::{Resource, WantResource};
use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, skip, whole_document};
use serde::de::{MapAccess, SeqAccess};

/// What a survey finds.
#[derive(Debug, Default)]
pub(super) struct Survey<'de> {
    /// Whether there is `resourceSpans`, or nothing at all.
    otlp: bool,
    /// What the document is instead of an object.
    no_object: Option<String>,
    /// The first thing that is not built as OTLP is.
    wrong: Option<String>,
    /// How many `ResourceSpans` have been seen.
    count: usize,
    /// Resources that stand behind their spans, by the number of their `ResourceSpans`, in order.
    pub(super) late: Vec<(usize, Resource<'de>)>,
    most_attributes: usize,
}

pub(super) fn survey(document: &[u8], most_attributes: usize) -> Result<Survey<'_>, Unreadable> {
    let mut survey = Survey { most_attributes, ..Survey::default() };
    whole_document(document, Whole(&mut survey))?;
    match survey.wrong.take() {
        _ if survey.no_object.is_some() => Err(Unreadable::NoObject(survey.no_object.take().unwrap_or_default())),
        Some(wrong) => Err(Unreadable::NotOtlp(wrong)),
        None if !survey.otlp => Err(Unreadable::NoSpans),
        None => Ok(survey),
    }
}

impl Survey<'_> {
    /// Notes that something else stands where a list or an object should be; `null` is absent and no wrong.
    fn expected(&mut self, what: &str, found: &Scalar<'_>) {
        if *found != Scalar::Absent && self.wrong.is_none() {
            self.wrong = Some(format!("{what}, not {}", found.found()));
        }
    }
}

struct Whole<'s, 'de>(&'s mut Survey<'de>);

impl<'de> Wanted<'de> for Whole<'_, 'de> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut empty = true;
        while let Some(name) = next_name(&mut map)? {
            empty = false;
            if name == "resourceSpans" {
                self.0.otlp = true;
                map.next_value_seed(Reading(ListOf("`resourceSpans` must be a list", self.0, ResourceSpans)))?;
            } else {
                skip(&mut map)?;
            }
        }
        self.0.otlp |= empty;
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.0.no_object = Some(found.found());
    }
}

/// What the elements of a list are.
trait Element: Copy {
    fn look<'de, A: MapAccess<'de>>(self, map: A, survey: &mut Survey<'de>) -> Result<(), A::Error>;
}

/// Wants a list of objects; says so otherwise.
struct ListOf<'s, 'de, E>(&'static str, &'s mut Survey<'de>, E);

impl<'de, E: Element> Wanted<'de> for ListOf<'_, 'de, E> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Reading(ObjectIn(self.0, &mut *self.1, self.2)))?.is_some() {}
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.1.expected(self.0, &found);
    }
}

struct ObjectIn<'s, 'de, E>(&'static str, &'s mut Survey<'de>, E);

impl<'de, E: Element> Wanted<'de> for ObjectIn<'_, 'de, E> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.2.look(map, self.1)
    }

    fn other(self, found: Scalar<'de>) {
        self.1.expected(&format!("{} of objects", self.0), &found);
    }
}

#[derive(Clone, Copy)]
struct ResourceSpans;

impl Element for ResourceSpans {
    fn look<'de, A: MapAccess<'de>>(self, mut map: A, survey: &mut Survey<'de>) -> Result<(), A::Error> {
        let number = survey.count;
        survey.count += 1;
        let mut spans_seen = false;
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "scopeSpans" => {
                    spans_seen = true;
                    map.next_value_seed(Reading(ListOf("`scopeSpans` must be a list", survey, ScopeSpans)))?;
                }
                "resource" if spans_seen => {
                    let resource = map.next_value_seed(Reading(WantResource { most: survey.most_attributes }))?;
                    survey.late.push((number, resource));
                }
                _ => skip(&mut map)?,
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct ScopeSpans;

impl Element for ScopeSpans {
    fn look<'de, A: MapAccess<'de>>(self, mut map: A, survey: &mut Survey<'de>) -> Result<(), A::Error> {
        while let Some(name) = next_name(&mut map)? {
            if name == "spans" {
                map.next_value_seed(Reading(Spans(&mut *survey)))?;
            } else {
                skip(&mut map)?;
            }
        }
        Ok(())
    }
}

/// A list of spans; what is in there is looked at later.
struct Spans<'s, 'de>(&'s mut Survey<'de>);

impl<'de> Wanted<'de> for Spans<'_, 'de> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        self.0.expected("`spans` must be a list", &found);
    }
}
