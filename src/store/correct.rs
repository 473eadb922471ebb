//! Corrections: a failure moves from one hop to another in what is kept already (spec 3.2).
//!
//! They are part of the commit, after its windows: the failure that a correction is about may be among those. It is moved in every level
//! that holds its time. A correction reaches ten minutes back, and what is packed is older than that.

use super::error::Stop;
use super::levels::{LEVELS, MARKS, Marks, floor};
use super::shelf::Shelf;
use super::tables::{LINE_COUNTS, LINES, MOST_SAMPLE_LINES, key_of};
use super::{CorrectedLine, Store};
use redb::{ReadableTable, WriteTransaction};

impl Store {
    /// Applies them one after the other, and gives back the positions of those whose failure was found.
    pub(super) fn put_corrections(
        &self,
        transaction: &WriteTransaction,
        corrections: &[CorrectedLine],
    ) -> Result<Vec<usize>, Stop> {
        let mut applied = Vec::new();
        for (at, one) in corrections.iter().enumerate() {
            if self.correct(transaction, one)? {
                self.replace_line(transaction, one)?;
                applied.push(at);
            }
        }
        Ok(applied)
    }

    /// Whether the failure was there. Where it is not in the finest windows that hold its time, nothing is changed.
    fn correct(&self, transaction: &WriteTransaction, one: &CorrectedLine) -> Result<bool, Stop> {
        let marks = Marks::read(&transaction.open_table(MARKS)?)?;
        let mut found = false;
        for (at, level) in LEVELS.iter().enumerate() {
            if !marks.takes(at, one.key.slice_ns) {
                continue;
            }
            let key = key_of(floor(one.key.slice_ns, level.length_ns), self.names.text(one.key.capability).as_bytes());
            let mut shelf = Shelf::open(transaction, level)?;
            let mut window = shelf.get(&key, self)?.unwrap_or_default();
            if window.correct(&one.correction) {
                shelf.put(&key, &self.parts(&window))?;
                found = true;
            } else if !found {
                break;
            }
        }
        Ok(found)
    }

    /// In the place of the line before. If none was kept, it is kept as a sample, where there is room.
    fn replace_line(&self, transaction: &WriteTransaction, one: &CorrectedLine) -> Result<(), Stop> {
        let mut table = transaction.open_table(LINES)?;
        let mut counts = transaction.open_table(LINE_COUNTS)?;
        let of_window = self.key_bytes(one.key);
        let key = self.line_key(one.correction.trace, one.key, one.entry);
        if table.get(key.as_slice())?.is_none() {
            let (samples, others) = counts.get(of_window.as_slice())?.map_or((0, 0), |counts| counts.value());
            if samples >= MOST_SAMPLE_LINES {
                return Ok(());
            }
            counts.insert(of_window.as_slice(), (samples + 1, others))?;
        }
        table.insert(key.as_slice(), one.text.as_str())?;
        Ok(())
    }
}
