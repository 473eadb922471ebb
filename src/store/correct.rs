//! Corrections: a failure moves from one hop to another in what is kept already (spec 3.2).
//!
//! They are part of the commit, after its windows: the failure that a correction is about may be among those. A correction reaches ten
//! minutes back, so it is found in the finest windows; whoever keeps sums of them in another table names that table here, too.

use super::error::Stop;
use super::record;
use super::tables::{Bytes, LINE_COUNTS, LINES, MOST_SAMPLE_LINES, WINDOWS};
use super::{CorrectedLine, Store};
use crate::measure::{Key, SLICE_NS};
use redb::{ReadableTable, TableDefinition, WriteTransaction};

/// A table of windows, and how long its slices are.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) table: TableDefinition<'static, Bytes, Bytes>,
    pub(super) slice_ns: u64,
}

/// Where the windows are of which a commit consists.
const FINEST: Place = Place { table: WINDOWS, slice_ns: SLICE_NS };

impl Store {
    /// Applies them one after the other, and gives back the positions of those whose failure was found.
    pub(super) fn put_corrections(
        &self,
        transaction: &WriteTransaction,
        corrections: &[CorrectedLine],
    ) -> Result<Vec<usize>, Stop> {
        let mut applied = Vec::new();
        for (at, one) in corrections.iter().enumerate() {
            if self.correct(transaction, one, &[FINEST])? {
                self.replace_line(transaction, one)?;
                applied.push(at);
            }
        }
        Ok(applied)
    }

    /// Applies a correction in each of these tables that has its failure. Whether one had it. A table belongs here only if the whole slice
    /// of the failure has been added to it, or else not the failure but another one of the same hop would move.
    fn correct(&self, transaction: &WriteTransaction, one: &CorrectedLine, places: &[Place]) -> Result<bool, Stop> {
        let mut found = false;
        for place in places {
            let slice_ns = one.key.slice_ns - one.key.slice_ns % place.slice_ns.max(1);
            let key = self.key_bytes(Key { slice_ns, ..one.key });
            let mut table = transaction.open_table(place.table)?;
            let there = table.get(key.as_slice())?.map(|bytes| self.decode(bytes.value())).transpose()?;
            let Some(mut window) = there else { continue };
            if window.correct(&one.correction) {
                table.insert(key.as_slice(), record::encode(&window, &self.names, &self.hops).as_slice())?;
                found = true;
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
