//! Commits.

use super::error::Stop;
use super::tables::{FATES, LINE_COUNTS, LINES, MOST_OTHER_LINES, MOST_SAMPLE_LINES, TEXTS, UNKNOWN, WINDOWS};
use super::{Commit, KeptLine, Staged, Store, StoreError};
use super::{progress, record};
use crate::measure::{Key, MOST_UNKNOWN_CAPABILITIES, Window};
use crate::model::{Name, SpanId};
use redb::{ReadableTable, WriteTransaction};
use std::collections::BTreeMap;

impl Store {
    /// Writes what has come about since the last commit, all of it or nothing.
    ///
    /// # Errors
    /// A partition has a newer owner, or the disk cannot be written. Nothing was changed then.
    pub fn commit(&self, commit: &Commit<'_>) -> Result<(), StoreError> {
        self.stage(commit)?.commit()
    }

    /// Does all the work of a commit but the last step, which is quick: until then nobody sees anything of it.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn stage(&self, commit: &Commit<'_>) -> Result<Staged, StoreError> {
        self.staging(|transaction| {
            progress::put(transaction, commit.progress)?;
            self.put_windows(transaction, commit.windows)?;
            self.put_lines(transaction, commit.lines)?;
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
        })
    }

    /// Forgets the windows that start before this moment, and the lines that go with them.
    ///
    /// # Errors
    /// The disk cannot be written. Nothing was changed then.
    pub fn forget_before(&self, moment_ns: u64) -> Result<(), StoreError> {
        let old = moment_ns.to_be_bytes();
        self.writing(|transaction| {
            transaction.open_table(WINDOWS)?.retain_in::<&[u8], _>(..&old[..], |_, _| false)?;
            transaction.open_table(LINE_COUNTS)?.retain_in::<&[u8], _>(..&old[..], |_, _| false)?;
            transaction.open_table(LINES)?.retain(|key, _| key.get(16..24).is_some_and(|slice| *slice >= old[..]))?;
            Ok(())
        })
    }

    pub(super) fn put_windows(&self, transaction: &WriteTransaction, windows: &[(Key, Window)]) -> Result<(), Stop> {
        let mut table = transaction.open_table(WINDOWS)?;
        for (key, window) in windows {
            let bytes_of_key = self.key_bytes(*key);
            let there = table.get(bytes_of_key.as_slice())?.map(|bytes| self.decode(bytes.value())).transpose()?;
            let merged = match there {
                None => record::encode(window, &self.names, &self.hops),
                Some(mut there) => {
                    there.merge(window);
                    record::encode(&there, &self.names, &self.hops)
                }
            };
            table.insert(bytes_of_key.as_slice(), merged.as_slice())?;
        }
        Ok(())
    }

    fn put_lines(&self, transaction: &WriteTransaction, lines: &[KeptLine]) -> Result<(), Stop> {
        let mut table = transaction.open_table(LINES)?;
        let mut counts = transaction.open_table(LINE_COUNTS)?;
        for line in lines {
            let of_window = self.key_bytes(line.key);
            let key = self.line_key(line);
            let (mut samples, mut others) = counts.get(of_window.as_slice())?.map_or((0, 0), |counts| counts.value());
            let (used, most) = if line.sample { (&mut samples, MOST_SAMPLE_LINES) } else { (&mut others, MOST_OTHER_LINES) };
            if *used >= most || table.get(key.as_slice())?.is_some() {
                continue;
            }
            *used += 1;
            table.insert(key.as_slice(), line.text.as_str())?;
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

    fn key_bytes(&self, key: Key) -> Vec<u8> {
        [&key.slice_ns.to_be_bytes(), self.names.text(key.capability).as_bytes()].concat()
    }

    fn line_key(&self, line: &KeptLine) -> Vec<u8> {
        let SpanId(entry) = line.entry;
        [
            &line.trace.to_wire()[..],
            &line.key.slice_ns.to_be_bytes(),
            &entry.to_be_bytes(),
            self.names.text(line.key.capability).as_bytes(),
        ]
        .concat()
    }
}
