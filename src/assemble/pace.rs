//! The last part of the budget is given out slowly, as fast as it comes back.
//!
//! Without it a sender that never pauses fills the budget at one blow; nothing comes back before those traces are complete, and then the same
//! happens again. Whoever comes with a normal request waits for up to that long, even when the load is long over. With it there is always
//! somebody who is let in.
//!
//! The road not taken: to refuse the more often the fuller it is. Against a load that asks ten thousand times a second, any chance is a
//! certainty.

use std::sync::{Mutex, PoisonError};

/// This part of the budget: one in so many.
const PART: usize = 8;

/// How much may be taken of the last part of a budget, by the clock.
#[derive(Debug)]
pub(super) struct Pace {
    /// All of it is given out in this time, nanoseconds.
    within_ns: u64,
    bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Below zero after a request that was larger than what there was: the next ones wait for it.
    credit: i128,
    at_ns: u64,
}

impl Pace {
    /// For this budget, of traces that stay for this long.
    pub(super) fn new(budget_bytes: usize, stay_ns: u64) -> Self {
        Self { within_ns: stay_ns.max(1), bytes: budget_bytes / PART, state: Mutex::default() }
    }

    /// Bytes that are given out slowly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Is there something to be taken now? What is not taken does not grow beyond what comes in a second or so.
    pub(super) fn allows(&self, now_ns: u64) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed_ns = now_ns.saturating_sub(state.at_ns).min(self.within_ns);
        // Time that is too short for a byte is kept for the next time.
        let earned = self.bytes as i128 * i128::from(passed_ns) / i128::from(self.within_ns);
        if earned > 0 {
            state.at_ns = now_ns;
            state.credit = (state.credit + earned).min(self.bytes as i128 / PART as i128);
        }
        state.credit > 0
    }

    /// So much was taken.
    pub(super) fn took(&self, bytes: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).credit -= bytes as i128;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::{Batch, Complete, Settings, Table, When};
    use crate::model::{ShapeId, SpanExtra, SpanId, SpanRecord, TraceId};

    const MILLI: u64 = 1_000_000;

    /// A request of 20 traces with five spans each; gives whether it was taken.
    fn send(table: &Table, id: &mut u128, now_ns: u64) -> bool {
        let mut batch = Batch::default();
        for at in 0..100_u64 {
            let flags = if at % 5 == 0 { SpanRecord::ENTRY } else { 0 };
            let (shape, parent) = (ShapeId(0), SpanId::NONE);
            let record = SpanRecord { id: SpanId(at + 1), parent, start_ns: 1, end_ns: 2, shape, operation: 0, host: 0, flags };
            batch.push(TraceId(*id + u128::from(at / 5)), record, None::<SpanExtra>);
        }
        *id += 20;
        let Ok(room) = table.admit(&batch, now_ns) else { return false };
        table.append(&mut batch, room, When::of(now_ns)).kept == 100
    }

    #[test]
    fn when_a_load_that_never_pauses_ends_the_next_request_is_taken_within_two_seconds() {
        for lasting_ms in (7_000..21_000).step_by(1_300) {
            let table = Table::new(Settings { budget_bytes: 4 << 20, ..Settings::default() });
            let (mut id, mut ms, mut out) = (1, 0, Vec::new());
            let clear = |ms: u64, out: &mut Vec<Complete>| {
                let shards = if ms.is_multiple_of(100) { table.shards() } else { 0 };
                (0..shards).for_each(|shard| table.due(shard, 100_000 * MILLI + ms * MILLI, out));
                out.clear();
            };
            while ms < lasting_ms {
                clear(ms, &mut out);
                send(&table, &mut id, 100_000 * MILLI + ms * MILLI);
                ms += 10;
            }
            while !send(&table, &mut id, 100_000 * MILLI + ms * MILLI) {
                ms += 10;
                clear(ms, &mut out);
            }
            assert!(ms - lasting_ms < 2_000, "after {lasting_ms} ms of load, {} ms", ms - lasting_ms);
        }
    }

    #[test]
    fn what_is_given_out_in_the_time_of_a_stay_is_the_last_part_however_often_it_is_asked_for() {
        let pace = Pace::new(8_000_000, 7_000_000_000);
        let (mut taken, start_ns) = (0, 1_700_000_000_000_000_000);
        for milli in 0..7000_u64 {
            while pace.allows(start_ns + milli * 1_000_000) {
                pace.took(5_000);
                taken += 5_000;
            }
        }
        // And at the beginning what had come before.
        assert!((1_000_000..1_200_000).contains(&taken), "{taken}");
    }

    #[test]
    fn a_request_that_is_larger_than_what_there_is_goes_through_and_the_next_ones_wait_for_it() {
        let pace = Pace::new(8_000_000, 10_000_000_000);
        let start_ns = 1_700_000_000_000_000_000;
        assert!(pace.allows(start_ns));
        pace.took(625_000);
        assert!(!pace.allows(start_ns + 4_900_000_000));
        assert!(pace.allows(start_ns + 5_100_000_000));
    }
}
