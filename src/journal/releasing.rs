//! What is not needed any more: files are kept for being overwritten, or removed.

use super::layout;
use super::state::{FEWEST_SPARES, Inner, Segment, Spare, State};
use std::io;
use std::sync::PoisonError;

/// With every release, one in so many of the files that were needed of late counts as needed no more: at one release in five seconds
/// half of them in seven minutes.
const FADING: usize = 128;

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

    /// So many that load as of late finds all its files there: those that are in use now, and as many as were begun since the last
    /// release, for so many are begun until the next one. When the load is over they fade away within minutes, not at once: load comes
    /// in waves, and a file that is removed and made again costs three times as much as one that is written over.
    fn spares_wanted(&mut self) -> usize {
        let used = self.sealed.len() + usize::from(self.active.is_some());
        let faded = self.needed - self.needed.div_ceil(FADING);
        // In parts of a file: else few files would fade as fast as many.
        self.needed = faded.max((used + std::mem::take(&mut self.begun)) * FADING);
        (self.needed.div_ceil(FADING) - used).max(FEWEST_SPARES)
    }

    fn gone(&mut self, bytes: u64, spare: Option<String>) {
        match spare {
            Some(name) => self.spares.push(Spare { name, bytes }),
            None => self.held -= bytes,
        }
    }
}
