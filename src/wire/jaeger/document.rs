//! Finds the traces in a document.

use super::trace::{Trace, WantProcesses, WantSpans};
use crate::wire::SpanSink;
use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, scalar, skip};
use serde::de::{MapAccess, SeqAccess};

/// Wants a trace, a list of traces, or an object with such a list as `data`; hands on the spans of each.
pub(super) struct Traces<'s, S> {
    most: usize,
    sink: &'s mut S,
    /// Whether there was something that is Jaeger's.
    found: &'s mut bool,
    /// Whether this is the whole document, and not an element of it.
    outermost: bool,
}

impl<'s, S: SpanSink> Traces<'s, S> {
    pub(super) fn new(most: usize, sink: &'s mut S, found: &'s mut bool) -> Self {
        Self { most, sink, found, outermost: true }
    }

    fn within(&mut self) -> Traces<'_, S> {
        Traces { most: self.most, sink: self.sink, found: self.found, outermost: false }
    }
}

impl<'de, S: SpanSink> Wanted<'de> for Traces<'_, S> {
    type Out = ();

    fn object<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let most = self.most;
        let mut trace = Trace::default();
        let mut is_trace = false;
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "data" if self.outermost => map.next_value_seed(Reading(Data(self.within())))?,
                "traceID" => trace.id = scalar(&mut map)?,
                "spans" => is_trace |= map.next_value_seed(Reading(WantSpans { trace: &mut trace, most }))?,
                "processes" => map.next_value_seed(Reading(WantProcesses { trace: &mut trace, most }))?,
                _ => skip(&mut map)?,
            }
        }
        if is_trace {
            *self.found = true;
            trace.hand_to(self.sink);
        }
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        if !self.outermost {
            while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while list.next_element_seed(Reading(self.within()))?.is_some() {}
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

/// The list in `data`; an empty one is Jaeger's answer to a search that found nothing.
struct Data<'s, S>(Traces<'s, S>);

impl<'de, S: SpanSink> Wanted<'de> for Data<'_, S> {
    type Out = ();

    fn list<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let mut empty = true;
        while list.next_element_seed(Reading(self.0.within()))?.is_some() {
            empty = false;
        }
        *self.0.found |= empty;
        Ok(())
    }

    fn other(self, found: Scalar<'de>) {
        *self.0.found |= found == Scalar::Absent;
    }
}
