//! The fast way: one per thread at work, with memories of its own.

use super::cache::Cache;
use super::index::Known;
use super::mix::Mix;
use super::read::Reading;
use super::resource::{Resource, Resources};
use super::sampling;
use super::sorted::Seen;
use super::tagger::Tagger;
use super::tested::{FactMemory, TestsSeen};
use super::{BadSpan, Tagged};
use crate::model::{Attribute, RawSpan, SpanExtra, SpanId, SpanRecord, TraceId};
use std::sync::Arc;

/// Shapes that a worker remembers; more than are met in a stretch of minutes.
const REMEMBERED: usize = 65_536;

/// Reads spans on one thread.
#[derive(Debug)]
pub struct TagWorker {
    tagger: Arc<Tagger>,
    resources: Resources,
    resource: Arc<Resource>,
    seen: Seen,
    tests: TestsSeen,
    facts: FactMemory,
    shapes: Cache<Known>,
}

impl TagWorker {
    pub(super) fn new(tagger: Arc<Tagger>) -> Self {
        let mut resources = Resources::new(&tagger.of_resource);
        let resource = resources.read((&tagger.catalogue, &tagger.seeds), &tagger.names, &tagger.of_resource, &[]);
        Self {
            resources,
            resource,
            seen: Seen::NOTHING,
            tests: tagger.of_span.nothing_seen(),
            facts: FactMemory::default(),
            shapes: Cache::new(REMEMBERED),
            tagger,
        }
    }

    /// The resource of the spans that follow. A worker begins with a resource that says nothing.
    pub fn resource(&mut self, attributes: &[Attribute<'_>]) {
        let tagger = &*self.tagger;
        self.resource = self.resources.read((&tagger.catalogue, &tagger.seeds), &tagger.names, &tagger.of_resource, attributes);
    }

    /// Reads a span.
    ///
    /// # Errors
    /// One of its ids has the wrong length or is zero. A parent's id that is empty or zero says that there is no parent.
    pub fn span(&mut self, span: &RawSpan<'_>) -> Result<Tagged, BadSpan> {
        let (trace, id, parent) = ids(span)?;
        self.look(span.attributes);
        let reading = Reading::of(span, &self.seen);
        let mut name = Mix::new(&self.tagger.seeds, 1);
        name.bytes(span.name);
        let hash = hash(&self.tagger, &self.resource, &mut self.facts, &self.tests, &reading, name, span.attributes);
        let known = match self.shapes.get(hash) {
            Some(known) => *known,
            None => {
                let known = self.tagger.shape(hash, &reading, &self.resource, (&self.tests, span.attributes));
                self.shapes.put(hash, known);
                known
            }
        };
        if known.simplified {
            self.tagger.count_simplified();
        }
        let extra = extra(span, id);
        let mended = if span.end_ns < span.start_ns { SpanRecord::MENDED } else { 0 };
        let record = SpanRecord {
            id,
            parent,
            start_ns: span.start_ns,
            end_ns: span.end_ns.max(span.start_ns),
            shape: known.shape,
            operation: reading.operation(name),
            host: self.resource.host,
            flags: known.flags | mended | if extra.is_some() { SpanRecord::EXTRA } else { 0 },
        };
        Ok(Tagged { trace, record, extra })
    }

    #[inline]
    fn look(&mut self, attributes: &[Attribute<'_>]) {
        self.seen.clear();
        self.tests.clear();
        let keys = &self.tagger.of_span.keys;
        for (attribute, at) in attributes.iter().zip(0u32..) {
            let used = keys.find(attribute.key);
            if used.has_slot() {
                self.seen.put(used.slot, at);
            }
            if used.is_tested() {
                self.tests.put(used.test, at);
            }
        }
    }
}

#[inline]
fn hash(
    tagger: &Tagger,
    resource: &Resource,
    facts: &mut FactMemory,
    tests: &TestsSeen,
    reading: &Reading<'_, '_>,
    mut mix: Mix,
    attributes: &[Attribute<'_>],
) -> u128 {
    let asked = (&*tagger.catalogue, &tagger.seeds);
    mix.hash(resource.hash);
    reading.mix(&mut mix);
    mix.hash(facts.of_attributes(asked, &tagger.of_span, tests, attributes));
    if reading.kind.asks() {
        mix.hash(facts.of_peer(asked, reading.sorted, &reading.url));
    }
    mix.finish()
}

fn ids(span: &RawSpan<'_>) -> Result<(TraceId, SpanId, SpanId), BadSpan> {
    let wrong_trace =
        || if span.trace_id.len() == 16 { BadSpan::TraceIdZero } else { BadSpan::TraceIdLength(span.trace_id.len()) };
    let wrong_span = || if span.span_id.len() == 8 { BadSpan::SpanIdZero } else { BadSpan::SpanIdLength(span.span_id.len()) };
    let trace = TraceId::from_wire(span.trace_id).ok_or_else(wrong_trace)?;
    let id = SpanId::from_wire(span.span_id).ok_or_else(wrong_span)?;
    let parent = match span.parent_span_id.len() {
        0 | 8 => SpanId::from_wire(span.parent_span_id).unwrap_or(SpanId::NONE),
        length => return Err(BadSpan::ParentIdLength(length)),
    };
    Ok((trace, id, parent))
}

/// Of several links into the same trace the first counts. A link of a span to itself says nothing.
fn extra(span: &RawSpan<'_>, id: SpanId) -> Option<SpanExtra> {
    let of_trace = span.links.iter().filter(|link| link.trace_id == span.trace_id);
    let link = of_trace.filter_map(|link| SpanId::from_wire(link.span_id)).find(|link| *link != id).unwrap_or(SpanId::NONE);
    let threshold = sampling::threshold(span.trace_state);
    (link != SpanId::NONE || threshold != 0).then_some(SpanExtra { span: id, link, threshold })
}
