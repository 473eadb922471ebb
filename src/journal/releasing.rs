//! What is not needed any more: files are kept for being overwritten, or removed.

use super::layout;
use super::state::{FEWEST_SPARES, Inner, Segment, Spare, State};
use std::io;
use std::sync::PoisonError;

impl Inner {
    pub(super) fn release(&self, resume_offset: u64) -> io::Result<()> {
        let _one = self.releasing.lock().unwrap_or_else(PoisonError::into_inner);
        let (leaving, first_spare, mut places) = {
            let mut state = self.lock();
            state.collect(resume_offset);
            let most = state.spares_wanted();
            let first_spare = state.next_spare;
            state.next_spare += most as u64;
            let kept = most.min(state.spares.len());
            let mut leaving = std::mem::take(&mut state.leaving);
            // If there are too many, there is no place, and all that leaves is removed.
            let too_many = state.spares.split_off(kept).into_iter();
            leaving.extend(too_many.map(|Spare { name, bytes }| Segment { first: u64::MAX, name, bytes }));
            (leaving, first_spare, most - kept)
        };
        // Renaming and removing take a while: appending goes on meanwhile.
        let mut outcome = Ok(());
        for segment in leaving {
            let spare =
                (places > 0 && segment.bytes == self.segment_bytes).then(|| layout::spare_name(first_spare + places as u64 - 1));
            match self.let_go(&segment, spare.as_deref()) {
                Ok(()) => {
                    places -= usize::from(spare.is_some());
                    self.lock().gone(segment.bytes, spare);
                }
                // Somebody else has removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.lock().gone(segment.bytes, None),
                Err(error) => {
                    outcome = Err(self.failed("cannot let go of what is not needed any more", &error));
                    self.lock().leaving.push(segment);
                }
            }
        }
        outcome
    }

    fn let_go(&self, segment: &Segment, spare: Option<&str>) -> io::Result<()> {
        match spare {
            Some(spare) => self.disk.rename(&segment.name, spare),
            None => self.disk.remove(&segment.name),
        }
    }
}

impl State {
    /// Puts aside the segments that lie wholly before the offset. The last one stays: it tells which offset comes next.
    fn collect(&mut self, resume_offset: u64) {
        self.released = self.released.max(resume_offset.min(self.next));
        self.index.release(self.released);
        let ends = |state: &Self| match (state.sealed.get(1), &state.active) {
            (Some(next), _) => Some(next.first),
            (None, Some(active)) => Some(active.segment.first),
            (None, None) => None,
        };
        while !self.sealed.is_empty() && ends(self).is_some_and(|end| end <= self.released) {
            self.leaving.extend(self.sealed.pop_front());
        }
    }

    /// As many as were begun between two releases, so that hardly any file has to grow; less and less when that is over.
    fn spares_wanted(&mut self) -> usize {
        self.needed = std::mem::take(&mut self.begun).max(self.needed / 2).max(FEWEST_SPARES);
        self.needed
    }

    fn gone(&mut self, bytes: u64, spare: Option<String>) {
        match spare {
            Some(name) => self.spares.push(Spare { name, bytes }),
            None => self.held -= bytes,
        }
    }
}
