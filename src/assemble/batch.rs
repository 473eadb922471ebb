//! The spans of one request, staged until the whole request has been read.

use crate::model::{SpanExtra, SpanRecord, TraceId};

/// The spans of one request. Reused from request to request.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) spans: Vec<(TraceId, SpanRecord)>,
    pub(super) extras: Vec<(u32, SpanExtra)>,
    /// Positions of the spans, those of a shard together, in it those of a trace, and those in the order in which they came.
    order: Vec<Place>,
    /// Where the positions of each shard end.
    ends: Vec<u32>,
    /// By which reading the spans were staged.
    pub(super) reading: u32,
    /// Positions of the spans whose trace had been given away, once it has been appended.
    pub(super) late: Vec<u32>,
}

impl Batch {
    /// A batch for spans that are staged by this reading: a trace keeps to the reading of its first span. The number 0 is as good
    /// as any; of two readings in use at one time, one number is even and one is odd.
    pub fn of_reading(reading: u32) -> Self {
        Self { reading, ..Self::default() }
    }

    /// Stages a span.
    pub fn push(&mut self, trace: TraceId, record: SpanRecord, extra: Option<SpanExtra>) {
        if let Some(extra) = extra {
            self.extras.push((self.spans.len() as u32, extra));
        }
        self.spans.push((trace, record));
    }

    /// Spans staged.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Spans that can be staged in the memory it has.
    pub fn capacity(&self) -> usize {
        self.spans.capacity()
    }

    /// Forgets what is staged, keeps the memory.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.extras.clear();
        self.order.clear();
        self.ends.clear();
        self.late.clear();
    }

    /// Spans of an appended batch whose trace had been given away before.
    pub fn late(&self) -> impl Iterator<Item = &SpanRecord> {
        self.late.iter().filter_map(|at| self.spans.get(*at as usize)).map(|(_, record)| record)
    }

    /// Unstages spans of traces that are not wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(TraceId) -> bool) {
        let (mut at, mut left, mut extras) = (0, 0, self.extras.drain(..).peekable());
        let mut kept_extras = Vec::new();
        self.spans.retain(|(trace, _)| {
            let (mine, keep) = (extras.next_if(|(of, _)| *of == at), wanted(*trace));
            at += 1;
            if keep {
                kept_extras.extend(mine.map(|(_, extra)| (left, extra)));
                left += 1;
            }
            keep
        });
        drop(extras);
        self.extras = kept_extras;
    }

    /// Groups the spans by shard and trace. Counted, then placed, which is cheaper than sorting all of them; what is left to sort is
    /// short.
    pub(super) fn sort_by_trace(&mut self, shards: usize) {
        let Self { spans, order, ends, .. } = self;
        ends.clear();
        ends.resize(shards, 0);
        for (trace, _) in spans.iter() {
            ends[shard_of(*trace, shards)] += 1;
        }
        let mut begin = 0;
        for end in ends.iter_mut() {
            let many = *end;
            *end = begin;
            begin += many;
        }
        order.clear();
        order.resize(spans.len(), Place(0));
        // What was the beginning of a shard moves on to its end as it is filled.
        for (at, (trace, _)) in (0..).zip(spans.iter()) {
            let next = &mut ends[shard_of(*trace, shards)];
            order[*next as usize] = Place::new(*trace, at);
            *next += 1;
        }
        let mut begin = 0;
        for end in ends.iter().map(|end| *end as usize) {
            order[begin..end].sort_unstable();
            begin = end;
        }
    }

    /// Shards that have spans, with the places of those.
    pub(super) fn by_shard(&self) -> impl Iterator<Item = (usize, &[Place])> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = begins.zip(&self.ends).map(|(begin, end)| &self.order[begin as usize..*end as usize]);
        ranges.enumerate().filter(|(_, places)| !places.is_empty())
    }

    /// The places of a shard, cut where another trace begins.
    pub(super) fn by_trace<'a>(&'a self, of_shard: &'a [Place]) -> impl Iterator<Item = (TraceId, &'a [Place])> {
        let trace_of = |place: &Place| self.spans[place.at() as usize].0;
        of_shard.chunk_by(move |one, next| trace_of(one) == trace_of(next)).map(move |run| (trace_of(&run[0]), run))
    }

    /// What the span at this position has beside its record.
    pub(super) fn extra(&self, at: u32, record: &SpanRecord) -> Option<SpanExtra> {
        let there = record.flags & SpanRecord::EXTRA != 0;
        there.then(|| self.extras.binary_search_by_key(&at, |extra| extra.0).ok().map(|found| self.extras[found].1)).flatten()
    }
}

/// Where a span stands in its request. In order: by a part of the hash of its trace, so that its spans come together, then as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

impl Place {
    fn new(trace: TraceId, at: u32) -> Self {
        Self(spread(trace) >> 32 << 32 | u64::from(at))
    }

    /// Position among the spans of the request.
    #[inline]
    pub(super) fn at(self) -> u32 {
        self.0 as u32
    }
}

/// Trace ids are random by rule, but not always: the multiplication spreads counters and timestamps too.
#[inline]
fn spread(trace: TraceId) -> u64 {
    let folded = (trace.0 as u64) ^ ((trace.0 >> 64) as u64);
    folded.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// In which of so many shards a trace is; their number is a power of two.
#[inline]
pub(super) fn shard_of(trace: TraceId, shards: usize) -> usize {
    (spread(trace) >> 40) as usize & (shards - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ShapeId, SpanId};

    #[test]
    fn spans_that_are_not_wanted_go_with_what_belongs_to_them() {
        let mut batch = Batch::default();
        for id in 1..=6_u64 {
            let (span, flags) = (SpanId(id), if id % 2 == 0 { SpanRecord::EXTRA } else { 0 });
            let (parent, shape) = (SpanId::NONE, ShapeId(0));
            let record = SpanRecord { id: span, parent, start_ns: 1, end_ns: 2, shape, operation: 0, host: 0, flags };
            let extra = (id % 2 == 0).then_some(SpanExtra { span, link: SpanId::NONE, threshold: id });
            batch.push(TraceId(u128::from(id / 3)), record, extra);
        }
        batch.retain(|trace| trace != TraceId(1));
        let left = batch.spans.iter().enumerate();
        let left: Vec<_> =
            left.map(|(at, (_, record))| (record.id.0, batch.extra(at as u32, record).map(|it| it.span.0))).collect();
        assert_eq!(left, [(1, None), (2, Some(2)), (6, Some(6))]);
    }
}
