//! One trace: its spans, and the processes they ran in.

use super::span::{Span, WantSpan};
use super::tags::{Tag, WantTags};
use crate::model::{Attribute, Value};
use crate::wire::SpanSink;
use crate::wire::lenient::{Reading, Scalar, Wanted, next_name, scalar, skip};
use serde::de::{MapAccess, SeqAccess};
use std::borrow::Cow;
use std::collections::HashMap;

/// A trace as read.
#[derive(Debug, Default)]
pub(super) struct Trace<'de> {
    pub(super) id: Scalar<'de>,
    spans: Vec<Span<'de>>,
    processes: HashMap<Cow<'de, str>, Process<'de>>,
}

#[derive(Debug, Default)]
struct Process<'de> {
    service: Scalar<'de>,
    tags: Vec<Tag<'de>>,
}

impl Trace<'_> {
    /// Hands the spans on, process by process in the order of their names; spans of one process in the order in which they stand.
    pub(super) fn hand_to(mut self, sink: &mut impl SpanSink) {
        let spans = &mut self.spans;
        spans.sort_by(|one, other| process_name(one).cmp(process_name(other)));
        for of_process in self.spans.chunk_by(|one, other| process_name(one) == process_name(other)) {
            let process = of_process.first().and_then(|span| self.processes.get(process_name(span)));
            announce(process, sink);
            for span in of_process {
                span.hand_to(&self.id, sink);
            }
        }
    }
}

fn process_name<'a>(span: &'a Span<'_>) -> &'a str {
    match &span.process {
        Scalar::Text(name) => name,
        _ => "",
    }
}

/// Tells the sink of a process as OTLP would: its service is the attribute `service.name`.
fn announce(process: Option<&Process<'_>>, sink: &mut impl SpanSink) {
    let mut attributes = Vec::new();
    if let Some(process) = process {
        if let Scalar::Text(service) = &process.service {
            attributes.push(Attribute { key: b"service.name", value: Value::Text(service.as_bytes()) });
        }
        attributes.extend(process.tags.iter().map(Tag::show));
    }
    sink.resource(&attributes);
}

/// Wants the spans of a trace. Says whether they are a list.
pub(super) struct WantSpans<'t, 'de> {
    pub(super) trace: &'t mut Trace<'de>,
    pub(super) most: usize,
}

impl<'de> Wanted<'de> for WantSpans<'_, 'de> {
    type Out = bool;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        while let Some(span) = list.next_element_seed(Reading(WantSpan { most: self.most }))? {
            self.trace.spans.extend(span);
        }
        Ok(true)
    }

    fn other(self, _: Scalar<'de>) -> bool {
        false
    }
}

/// Wants the processes of a trace: an object with one field each.
pub(super) struct WantProcesses<'t, 'de> {
    pub(super) trace: &'t mut Trace<'de>,
    pub(super) most: usize,
}

impl<'de> Wanted<'de> for WantProcesses<'_, 'de> {
    type Out = ();

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = next_name(&mut map)? {
            let process = map.next_value_seed(Reading(WantProcess { most: self.most }))?;
            self.trace.processes.insert(name, process);
        }
        Ok(())
    }

    fn other(self, _: Scalar<'de>) {}
}

struct WantProcess {
    most: usize,
}

impl<'de> Wanted<'de> for WantProcess {
    type Out = Process<'de>;

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let mut process = Process::default();
        while let Some(name) = next_name(&mut map)? {
            match &*name {
                "serviceName" => process.service = scalar(&mut map)?,
                "tags" => process.tags = map.next_value_seed(Reading(WantTags { most: self.most }))?,
                _ => skip(&mut map)?,
            }
        }
        Ok(process)
    }

    fn other(self, _: Scalar<'de>) -> Self::Out {
        Process::default()
    }
}
