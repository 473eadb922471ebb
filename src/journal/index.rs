//! When which message came, roughly: where to read again if the oldest open trace began then.

use std::collections::VecDeque;

/// Log time between two entries, nanoseconds: more than this is never read again in vain.
const STEP_NS: u64 = 100_000_000;
/// Entries kept, 16 bytes each. When they are that many, every other one goes.
const MOST: usize = 1 << 16;

/// Some of the messages by time.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Time and offset; both rise.
    entries: VecDeque<(u64, u64)>,
    /// Time of the newest message.
    newest_ns: Option<u64>,
}

impl Index {
    /// A message was read or written. Times do not fall with offsets.
    pub(super) fn note(&mut self, time_ns: u64, offset: u64) {
        self.newest_ns = self.newest_ns.max(Some(time_ns));
        let place = self.entries.partition_point(|(_, known)| *known < offset);
        let near = |entry: Option<&(u64, u64)>| entry.is_some_and(|(known, _)| known.abs_diff(time_ns) < STEP_NS);
        if near(self.entries.get(place)) || place > 0 && near(self.entries.get(place - 1)) {
            return;
        }
        if self.entries.len() == MOST {
            let mut odd = false;
            self.entries.retain(|_| {
                odd = !odd;
                odd
            });
            return self.note(time_ns, offset);
        }
        self.entries.insert(place, (time_ns, offset));
    }

    /// Offset of the first message whose time is not before this, or an earlier one; `None` if there is no such message.
    pub(super) fn offset_at(&self, time_ns: u64, first: u64) -> Option<u64> {
        if self.newest_ns.is_none_or(|newest_ns| newest_ns < time_ns) {
            return None;
        }
        // The last entry before the time is itself too early; the next message may be the one.
        let place = self.entries.partition_point(|(known, _)| *known < time_ns);
        let before = place.checked_sub(1).and_then(|place| self.entries.get(place));
        Some(before.map_or(first, |(_, offset)| offset + 1).max(first))
    }

    /// Messages before this offset are of no interest any more.
    pub(super) fn release(&mut self, offset: u64) {
        while self.entries.get(1).is_some_and(|(_, next)| *next <= offset) {
            self.entries.pop_front();
        }
    }
}
