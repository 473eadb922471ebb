//! Why a recorded trace holds no execution of a capability: its spans are read and held against the entry rules, and nothing is judged.

use super::{AnalyzeSettings, Error};
use crate::model::{Attribute, Names, RawSpan, ShapeId, Shapes, SpanId, SpanRecord, TraceId};
use crate::query::{QueryError, WhyNot, why_not};
use crate::tag::{self, TagWorker, Tagger};
use crate::wire::SpanSink;
use crate::wire::files::{Limits as FileLimits, Reader, Step};
use std::sync::Arc;

/// The answer, and what should be said on standard error.
pub struct WhyNotTold {
    /// What came out.
    pub answer: WhyNot,
    /// One line each.
    pub warnings: Vec<String>,
}

/// The spans of one trace, by shape.
struct OfTrace {
    worker: TagWorker,
    trace: TraceId,
    most: usize,
    spans: Vec<(SpanId, ShapeId)>,
}

impl SpanSink for OfTrace {
    fn resource(&mut self, attributes: &[Attribute<'_>]) {
        self.worker.resource(attributes);
    }

    fn span(&mut self, span: &RawSpan<'_>) {
        // Others are not even read, so that the values that are kept of a shape are those of this trace.
        if TraceId::from_wire(span.trace_id) != Some(self.trace) || self.spans.len() >= self.most {
            return;
        }
        if let Ok(tagged) = self.worker.span(span) {
            let SpanRecord { id, shape, .. } = tagged.record;
            self.spans.push((id, shape));
        }
    }

    fn reject(&mut self, _why: &str) {}
}

/// Reads recorded traces and says which span of one comes nearest to each entry rule of a capability. Blocks.
///
/// # Errors
/// The capability is not in the map, an input cannot be opened or read.
pub fn why_not_of(settings: AnalyzeSettings, trace: TraceId, capability: &str) -> Result<WhyNotTold, Error> {
    let catalogue = Arc::new(settings.catalogue);
    let Some(position) = catalogue.position(capability) else {
        let known: Vec<&str> = catalogue.capabilities().iter().take(20).map(|one| one.id.as_str()).collect();
        return Err(Error(QueryError::NoSuchCapability { asked: capability.into(), known: known.join(", ") }.to_string()));
    };
    let limits = settings.limits;
    let file_limits =
        FileLimits { message: limits.message_bytes, attributes: limits.attributes_per_span, ..FileLimits::default() };
    let mut reader = Reader::open(&settings.inputs, file_limits).map_err(|error| Error(error.to_string()))?;
    let (names, shapes) = (Arc::new(Names::new(limits.names)), Arc::new(Shapes::default()));
    let worker = Tagger::new(catalogue.clone(), names.clone(), shapes.clone(), tag::Limits::default()).worker();
    let mut found = OfTrace { worker, trace, most: limits.spans_per_trace, spans: Vec::new() };
    while reader.step(&mut found).map_err(|error| Error(error.to_string()))? != Step::End {}
    let spans: Vec<_> = found.spans.iter().map(|(span, shape)| (*span, shapes.get(*shape))).collect();
    let answer = why_not(&catalogue, &names, position, trace, &spans);
    Ok(WhyNotTold { answer, warnings: reader.warnings().kept().to_vec() })
}
