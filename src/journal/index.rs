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

    /// There is no message from this offset on; others will come in their place, at other times.
    pub(super) fn cut(&mut self, offset: u64) {
        self.entries.truncate(self.entries.partition_point(|(_, known)| *known < offset));
    }

    /// Messages before this offset are of no interest any more.
    pub(super) fn release(&mut self, offset: u64) {
        while self.entries.get(1).is_some_and(|(_, next)| *next <= offset) {
            self.entries.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_of_weeks_is_bounded_and_still_never_too_late() {
        let mut index = Index::default();
        let step_ns = 3 * STEP_NS / 2;
        let messages = 3 * MOST as u64;
        (0..messages).for_each(|offset| index.note(offset * step_ns, offset));
        assert!(index.entries.len() <= MOST);
        for right in (1..messages).step_by(997) {
            let said = index.offset_at(right * step_ns, 0);
            assert!(said.is_some_and(|said| said <= right && said + 32 >= right), "{said:?} for {right}");
        }
        assert_eq!(index.offset_at(messages * step_ns, 0), None);
        index.release(messages - 100);
        assert!(index.entries.len() <= 101);
        assert_eq!(index.offset_at(0, messages - 100), Some(messages - 100));
    }

    #[test]
    fn messages_read_later_than_newer_ones_find_their_place() {
        let mut index = Index::default();
        for offset in [0, 50, 10, 30, 20, 40] {
            index.note(offset * STEP_NS, offset);
        }
        assert!(index.entries.iter().is_sorted());
        assert_eq!(index.entries.len(), 6);
        assert_eq!(index.offset_at(25 * STEP_NS, 0), Some(21));
    }
}
