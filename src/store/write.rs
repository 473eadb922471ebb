//! Commits.

use super::error::Stop;
use super::record;
use super::tables::{
    Bytes, FATES, LINE_COUNTS, LINES, MOST_OTHER_LINES, MOST_SAMPLE_LINES, PARTITIONS, ProgressRecord, TEXTS, UNKNOWN, WINDOWS,
};
use super::{Commit, KeptLine, Store, StoreError};
use crate::journal::Progress;
use crate::measure::{Key, MOST_UNKNOWN_CAPABILITIES, Window};
use crate::model::{Name, SpanId, TraceId};
use prost::Message;
use redb::{ReadableTable, Table, WriteTransaction};
use std::collections::BTreeMap;

impl Store {
    /// Writes what has come about since the last commit, all of it or nothing. Gives back the positions of the
    /// corrections that were applied: those whose failure was found.
    ///
    /// # Errors
    /// A partition has a newer owner, or the disk cannot be written. Nothing was changed then.
    pub fn commit(&self, commit: &Commit<'_>) -> Result<Vec<usize>, StoreError> {
        let mut applied = Vec::new();
        self.writing(|transaction| {
            put_progress(transaction, commit.progress)?;
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
        Ok(applied)
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
            let key = self.line_key(line.trace, line.key, line.entry);
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

    pub(super) fn key_bytes(&self, key: Key) -> Vec<u8> {
        [&key.slice_ns.to_be_bytes(), self.names.text(key.capability).as_bytes()].concat()
    }

    pub(super) fn line_key(&self, trace: TraceId, key: Key, SpanId(entry): SpanId) -> Vec<u8> {
        let capability = self.names.text(key.capability).as_bytes();
        [&trace.to_wire()[..], &key.slice_ns.to_be_bytes(), &entry.to_be_bytes(), capability].concat()
    }
}

fn put_progress(transaction: &WriteTransaction, progress: &[Progress]) -> Result<(), Stop> {
    let mut table: Table<'_, u32, Bytes> = transaction.open_table(PARTITIONS)?;
    for one in progress {
        let newest = match table.get(one.partition)? {
            None => 0,
            Some(bytes) => ProgressRecord::decode(bytes.value())?.epoch,
        };
        if one.epoch < newest {
            return Err(StoreError::OldEpoch { partition: one.partition, epoch: one.epoch, newest }.into());
        }
        let closed = one.closed.iter().flat_map(|trace| trace.to_wire()).collect();
        let Progress { epoch, resume_offset, next_offset, .. } = *one;
        let record = ProgressRecord { epoch, resume_offset, closed, next_offset };
        table.insert(one.partition, record.encode_to_vec().as_slice())?;
    }
    Ok(())
}
