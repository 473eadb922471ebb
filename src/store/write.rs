//! Commits.

use super::error::Stop;
use super::levels::{LEVELS, MARKS, Marks, floor};
use super::progress;
use super::roll::{remove_lines, time_of_line};
use super::shelf::Shelf;
use super::tables::{
    FATES, LINE_COUNTS, LINES, MOST_OTHER_LINES, MOST_SAMPLE_LINES, OTHER_TIMES, SAMPLE_TIMES, TEXTS, UNKNOWN, key_of,
};
use super::{Commit, KeptLine, Staged, Store, StoreError};
use crate::measure::{Key, MOST_UNKNOWN_CAPABILITIES, Window};
use crate::model::{Name, SpanId, TraceId};
use redb::{ReadableTable, WriteTransaction};
use std::collections::BTreeMap;

impl Store {
    /// Writes what has come about since the last commit, all of it or nothing. Gives back the positions of the
    /// corrections that were applied: those whose failure was found.
    ///
    /// # Errors
    /// A partition has a newer owner, or the disk cannot be written. Nothing was changed then.
    pub fn commit(&self, commit: &Commit<'_>) -> Result<Vec<usize>, StoreError> {
        let (staged, corrected) = self.stage(commit)?;
        staged.commit()?;
        Ok(corrected)
    }

    /// Does all the work of a commit but the last step, which is quick: until then nobody sees anything of it. Tells which corrections
    /// are in it.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn stage(&self, commit: &Commit<'_>) -> Result<(Staged, Vec<usize>), StoreError> {
        let mut applied = Vec::new();
        let staged = self.staging(|transaction| {
            progress::put(transaction, commit.progress)?;
            self.put_windows(transaction, commit.windows)?;
            self.put_lines(transaction, commit.lines)?;
            applied = self.put_corrections(transaction, commit.corrections)?;
            if let Some(map) = commit.map {
                transaction.open_table(TEXTS)?.insert("map", map)?;
            }
            let mut fates = self.fates_before;
            fates += commit.fates;
            let mut table = transaction.open_table(FATES)?;
            for (fate, spans) in fates.iter() {
                table.insert(fate.as_str(), spans)?;
            }
            let mut table = transaction.open_table(UNKNOWN)?;
            for (value, spans) in self.unknown_with(commit.unknown_capabilities) {
                table.insert(value.as_str(), spans)?;
            }
            Ok(())
        })?;
        Ok((staged, applied))
    }

    /// Forgets the windows that start before this moment, and the lines that go with them.
    ///
    /// # Errors
    /// The disk cannot be written. Nothing was changed then.
    pub fn forget_before(&self, moment_ns: u64) -> Result<(), StoreError> {
        let old = moment_ns.to_be_bytes();
        self.writing(|transaction| {
            for level in &LEVELS {
                Shelf::open(transaction, level)?.remove_before(moment_ns)?;
            }
            transaction.open_table(LINE_COUNTS)?.retain_in::<&[u8], _>(..&old[..], |_, _| false)?;
            remove_lines(transaction, SAMPLE_TIMES, moment_ns, usize::MAX)?;
            remove_lines(transaction, OTHER_TIMES, moment_ns, usize::MAX)?;
            Ok(())
        })
    }

    /// Adds windows to every level that holds their time already.
    pub(super) fn put_windows(&self, transaction: &WriteTransaction, windows: &[(Key, Window)]) -> Result<(), Stop> {
        let marks = Marks::read(&transaction.open_table(MARKS)?)?;
        for (at, level) in LEVELS.iter().enumerate() {
            let mut taken = windows.iter().filter(|(key, _)| marks.takes(at, key.slice_ns)).peekable();
            if taken.peek().is_none() {
                continue;
            }
            let mut shelf = Shelf::open(transaction, level)?;
            for (key, window) in taken {
                let start_ns = floor(key.slice_ns, level.length_ns);
                let key = key_of(start_ns, self.names.text(key.capability).as_bytes());
                match at {
                    0 => shelf.add(&key, window, self)?,
                    _ => shelf.add(&key, &window.coarsened(), self)?,
                }
            }
        }
        Ok(())
    }

    /// Changes the window of this slice, and the longer ones that it was added to already. Where the change does not apply to the shortest
    /// one, nothing is changed, and the answer is `false`.
    pub(super) fn change(
        &self,
        transaction: &WriteTransaction,
        key: Key,
        change: &dyn Fn(&mut Window) -> bool,
    ) -> Result<bool, Stop> {
        let marks = Marks::read(&transaction.open_table(MARKS)?)?;
        let mut changed = false;
        for (at, level) in LEVELS.iter().enumerate() {
            if !marks.takes(at, key.slice_ns) {
                continue;
            }
            let mut shelf = Shelf::open(transaction, level)?;
            let (start_ns, capability) = (floor(key.slice_ns, level.length_ns), self.names.text(key.capability).as_bytes());
            changed |= shelf.change(start_ns, capability, self, change)?;
            if !changed {
                break;
            }
        }
        Ok(changed)
    }

    fn put_lines(&self, transaction: &WriteTransaction, lines: &[KeptLine]) -> Result<(), Stop> {
        let mut table = transaction.open_table(LINES)?;
        let mut counts = transaction.open_table(LINE_COUNTS)?;
        let (mut samples_at, mut others_at) = (transaction.open_table(SAMPLE_TIMES)?, transaction.open_table(OTHER_TIMES)?);
        for line in lines {
            let of_window = self.key_bytes(line.key);
            let key = self.line_key(line.trace, line.key, line.entry);
            let (mut samples, mut others) = counts.get(of_window.as_slice())?.map_or((0, 0), |counts| counts.value());
            let (used, most) = if line.sample { (&mut samples, MOST_SAMPLE_LINES) } else { (&mut others, MOST_OTHER_LINES) };
            if *used >= most || table.get(key.as_slice())?.is_some() {
                continue;
            }
            *used += 1;
            table.insert(key.as_slice(), line.text.as_str())?;
            let times = if line.sample { &mut samples_at } else { &mut others_at };
            times.insert(time_of_line(&key).as_slice(), ())?;
            counts.insert(of_window.as_slice(), (samples, others))?;
        }
        Ok(())
    }

    fn unknown_with(&self, current: &[(Name, u64)]) -> BTreeMap<String, u64> {
        let mut sum = self.unknown_before.clone();
        for (value, spans) in current {
            let text = self.names.text(*value);
            let known = sum.contains_key(text) || sum.len() < MOST_UNKNOWN_CAPABILITIES;
            *sum.entry(if known { text } else { "(other)" }.to_string()).or_default() += spans;
        }
        sum
    }

    pub(super) fn key_bytes(&self, key: Key) -> Vec<u8> {
        key_of(key.slice_ns, self.names.text(key.capability).as_bytes())
    }

    pub(super) fn line_key(&self, trace: TraceId, key: Key, SpanId(entry): SpanId) -> Vec<u8> {
        let capability = self.names.text(key.capability).as_bytes();
        [&trace.to_wire()[..], &key.slice_ns.to_be_bytes(), &entry.to_be_bytes(), capability].concat()
    }
}
