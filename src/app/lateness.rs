//! Which capability a late span is of: as far as the span alone tells, for its trace is gone.
//!
//! An entry is of its capabilities. Else a span is of the one capability whose map has a hop for it, or, where none has one, of the one in
//! whose executions its automatic name has been seen. Where several come into question it is of none of them, and only in the books on spans:
//! a guess would make a capability look worse than it is.

use super::generation::Generation;
use super::pipeline::Pipeline;
use crate::measure::Key;
use crate::model::{Name, Shape, SpanRecord};
use std::collections::BTreeMap;

impl Pipeline {
    /// Counts late spans, as they were read by this map. `received_ns` is when they came; where nobody knows, their own time counts.
    pub(super) fn count_late_spans<'s>(
        &self,
        late: impl Iterator<Item = &'s SpanRecord>,
        map: &Generation,
        received_ns: Option<u64>,
    ) {
        let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
        for span in late {
            for capability in self.capabilities_of(map.shapes.get(span.shape), map) {
                let received_ns = received_ns.unwrap_or(span.end_ns);
                *counts.entry(Key::of_received(span.end_ns, received_ns, capability)).or_default() += 1;
            }
        }
        counts.into_iter().for_each(|(key, spans)| self.windows.record_late(key, spans));
    }

    fn capabilities_of(&self, shape: &Shape, map: &Generation) -> Vec<Name> {
        let name = |position: u32| {
            let capability = map.catalogue.capabilities().get(position as usize)?;
            Some(self.names.intern(capability.id.as_bytes()))
        };
        let entries = &shape.tags.entries;
        if !entries.is_empty() {
            return entries.iter().filter_map(|(capability, _)| name(*capability)).collect();
        }
        match map.catalogue.capabilities_with_hop(shape)[..] {
            [] => self.hop_limit.only_owner(shape).into_iter().collect(),
            [only] => name(only).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}
