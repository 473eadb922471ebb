//! Records by span id, for one trace after the other.
//!
//! Every span is put in once and looked for once, so this is asked as often as anything in the judge. The road not taken: ids sorted, and
//! searched by halves, which costs as much as all else that is done to build a forest.

use crate::model::SpanId;
use std::hash::{BuildHasher, RandomState};

#[derive(Debug, Clone, Copy)]
struct Slot {
    id: SpanId,
    /// The trace that wrote here; slots of earlier ones are free.
    round: u32,
    record: u32,
}

const FREE: Slot = Slot { id: SpanId::NONE, round: 0, record: 0 };

/// An open hash table, at most half full. Where an id lies hangs on secrets, so that nobody can send ids that all lie in one place.
#[derive(Debug)]
pub struct Ids {
    slots: Vec<Slot>,
    mask: usize,
    round: u32,
    secrets: [u64; 2],
}

impl Default for Ids {
    fn default() -> Self {
        let secret = |at: u64| RandomState::new().hash_one(at);
        Self { slots: vec![FREE], mask: 0, round: 0, secrets: [secret(0), secret(1) | 1] }
    }
}

impl Ids {
    /// Forgets everything, and has room for so many.
    pub fn clear(&mut self, spans: usize) {
        let size = (2 * spans).next_power_of_two();
        if size > self.slots.len() || self.round == u32::MAX {
            let size = size.max(self.slots.len());
            self.slots.clear();
            self.slots.resize(size, FREE);
            self.round = 0;
        }
        self.round += 1;
        // A small trace uses the beginning only: what it needs lies close together, whatever came before.
        self.mask = size - 1;
    }

    /// Puts a record in, unless there is one with its id: then that one is the answer.
    #[inline]
    pub fn put(&mut self, id: SpanId, record: u32) -> Option<u32> {
        let at = self.place(id);
        let there = self.record_at(at);
        if there.is_none() {
            self.slots[at] = Slot { id, round: self.round, record };
        }
        there
    }

    /// The record with this id that was put in.
    #[inline]
    pub fn find(&self, id: SpanId) -> Option<u32> {
        self.record_at(self.place(id))
    }

    /// Where this id is, or the free slot where it would be.
    #[inline]
    fn place(&self, id: SpanId) -> usize {
        let product = u128::from(id.0 ^ self.secrets[0]) * u128::from(self.secrets[1]);
        let mut at = (product as u64 ^ (product >> 64) as u64) as usize & self.mask;
        while self.slots[at].round == self.round && self.slots[at].id != id {
            at = (at + 1) & self.mask;
        }
        at
    }

    #[inline]
    fn record_at(&self, at: usize) -> Option<u32> {
        let slot = &self.slots[at];
        (slot.round == self.round).then_some(slot.record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_of_an_id_stays_and_a_new_trace_knows_none_of_the_last() {
        let mut ids = Ids::default();
        for spans in [1_u64, 100, 3, 1000, 10] {
            ids.clear(spans as usize);
            assert_eq!(ids.find(SpanId(1)), None);
            for id in 1..=spans {
                assert_eq!(ids.put(SpanId(id), id as u32 + 7), None);
            }
            assert_eq!(ids.put(SpanId(spans), 1), Some(spans as u32 + 7));
            assert!((1..=spans).all(|id| ids.find(SpanId(id)) == Some(id as u32 + 7)));
            assert_eq!(ids.find(SpanId(spans + 1)), None);
        }
    }
}
