//! Corrections: a failure moves from one hop to another in what is kept already (spec 3.2).
//!
//! They are part of the commit, after its windows: the failure that a correction is about may be among those. It is moved in every level
//! that holds its time, also in what is packed already.

use super::error::Stop;
use super::roll::time_of_line;
use super::tables::{LINE_COUNTS, LINES, MOST_SAMPLE_LINES, SAMPLE_TIMES};
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
            if self.change(transaction, one.key, &|window| window.correct(&one.correction))? {
                self.replace_line(transaction, one)?;
                applied.push(at);
            }
        }
        Ok(applied)
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
            transaction.open_table(SAMPLE_TIMES)?.insert(time_of_line(&key).as_slice(), ())?;
        }
        table.insert(key.as_slice(), one.text.as_str())?;
        Ok(())
    }
}
