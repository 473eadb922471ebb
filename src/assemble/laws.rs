//! The table against a plain reading of what it promises.

#![allow(clippy::unwrap_used)]
use super::shard::CLOSED_BYTES;
use super::{Batch, Settings, Table, When};
use crate::model::{ShapeId, SpanExtra, SpanId, SpanRecord, TraceId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const SECOND: u64 = 1_000_000_000;

/// A span: trace, whether it is an entry, whether it has an extra.
type Sent = (u8, bool, bool);

/// Requests: how many seconds after the one before, and what is in it.
fn requests() -> impl Strategy<Value = Vec<(u64, Vec<Sent>)>> {
    let span = (0u8..40, prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    prop::collection::vec((0u64..12, prop::collection::vec(span, 0..30)), 1..30)
}

fn record(id: u64, entry: bool, extra: bool) -> (SpanRecord, Option<SpanExtra>) {
    let flags = (u32::from(entry) * SpanRecord::ENTRY) | (u32::from(extra) * SpanRecord::EXTRA);
    let (id, shape) = (SpanId(id), ShapeId(0));
    let record = SpanRecord { id, parent: SpanId::NONE, start_ns: 1, end_ns: 2, shape, operation: 0, host: 0, flags };
    (record, extra.then_some(SpanExtra { span: id, link: SpanId::NONE, threshold: 7 }))
}

/// All that the table told to have closed so far.
fn table_told<'t>(table: &Table, told: &'t mut BTreeSet<TraceId>) -> &'t BTreeSet<TraceId> {
    told.extend(table.closed_since());
    told
}

proptest! {
    /// Against a plain reading: a trace is open from its first span until it is given away, and what comes then is late.
    #[test]
    fn every_span_is_given_away_once_in_its_order_or_is_late_and_the_memory_comes_back(requests in requests()) {
        let table = Table::new(Settings { shards: 4, tell_closed: true, ..Settings::default() });
        let mut began: BTreeMap<u128, u64> = BTreeMap::new();
        let (mut now_ns, mut id, mut late, mut out) = (100 * SECOND, 0, 0, Vec::new());
        let mut told = BTreeSet::new();
        let (mut open, mut gone): (BTreeMap<u128, Vec<u64>>, BTreeSet<u128>) = Default::default();
        let mut given: BTreeMap<u128, Vec<u64>> = BTreeMap::new();
        for (wait, spans) in requests {
            now_ns += wait * SECOND;
            (0..table.shards()).for_each(|shard| table.due(shard, now_ns, &mut out));
            for trace in out.drain(..) {
                prop_assert_eq!(trace.extras.len(), trace.spans.iter().filter(|span| span.flags & SpanRecord::EXTRA != 0).count());
                gone.insert(trace.trace.0);
                began.remove(&trace.trace.0);
                prop_assert!(table_told(&table, &mut told).contains(&trace.trace));
                given.insert(trace.trace.0, trace.spans.iter().map(|span| span.id.0).collect());
            }
            let mut batch = Batch::default();
            let mut expected_late = 0;
            for (trace, entry, extra) in spans {
                id += 1;
                let trace = u128::from(trace) + 1;
                let (record, extra) = record(id, entry, extra);
                batch.push(TraceId(trace), record, extra);
                if gone.contains(&trace) {
                    expected_late += 1;
                } else {
                    open.entry(trace).or_default().push(id);
                    began.entry(trace).or_insert(now_ns);
                }
            }
            let room = table.admit(&batch, now_ns).unwrap();
            let appended = table.append(&mut batch, room, When::of(now_ns));
            prop_assert_eq!(appended.late, expected_late);
            late += appended.late;
            prop_assert_eq!(table.oldest_ns(), began.values().min().copied());
        }
        (0..table.shards()).for_each(|shard| table.drain(shard, &mut out));
        given.extend(out.drain(..).map(|trace| (trace.trace.0, trace.spans.iter().map(|span| span.id.0).collect())));
        let kept: usize = given.values().map(Vec::len).sum();
        prop_assert_eq!(kept as u64 + late, id);
        prop_assert_eq!(&given, &open);
        prop_assert_eq!(table.used_bytes(), given.len() * CLOSED_BYTES);
    }
}
