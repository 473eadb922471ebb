//! What is kept, as it is asked for.

use super::tables::{FATES, LINES, TEXTS, UNKNOWN, WINDOWS, split_key};
use super::{Store, StoreError, View};
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::{Fate, Fates, Name, TraceId};
use redb::ReadableTable;
use std::collections::BTreeMap;
use std::ops::Range;

impl Store {
    /// Shows the windows of slices that start in this range, in the order of time, then of capability ids.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(
        &self,
        range: Range<u64>,
        capability: Option<Name>,
        visitor: &mut dyn FnMut(Key, &Window),
    ) -> Result<(), StoreError> {
        self.read_in(&self.view()?, range, capability, visitor)
    }

    /// The same, of the moment of this view.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read_in(
        &self,
        view: &View,
        range: Range<u64>,
        capability: Option<Name>,
        visitor: &mut dyn FnMut(Key, &Window),
    ) -> Result<(), StoreError> {
        let wanted = capability.map(|name| self.names.text(name));
        self.reading_in(view, |transaction| {
            let (from, to) = (range.start.to_be_bytes(), range.end.to_be_bytes());
            if from >= to {
                return Ok(());
            }
            for entry in transaction.open_table(WINDOWS)?.range::<&[u8]>(&from[..]..&to[..])? {
                let (key, value) = entry?;
                let Some((slice, id)) = split_key(key.value()) else { continue };
                if wanted.is_some_and(|wanted| wanted.as_bytes() != id) {
                    continue;
                }
                let window = self.decode(value.value())?;
                visitor(Key { slice_ns: slice, capability: self.names.intern(id) }, &window);
            }
            Ok(())
        })
    }

    /// From the start of the first slice to the end of the last one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn extent(&self) -> Result<Option<Range<u64>>, StoreError> {
        self.reading(|transaction| {
            let table = transaction.open_table(WINDOWS)?;
            let first = table.first()?.and_then(|(key, _)| split_key(key.value()).map(|(slice, _)| slice));
            let last = table.last()?.and_then(|(key, _)| split_key(key.value()).map(|(slice, _)| slice));
            Ok(first.zip(last).map(|(first, last)| first..last.saturating_add(SLICE_NS)))
        })
    }

    /// Verdict lines that are kept of this trace, in the order of time.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn lines(&self, trace: TraceId) -> Result<Vec<String>, StoreError> {
        self.reading(|transaction| {
            let mut lines = Vec::new();
            let from = trace.to_wire();
            for entry in transaction.open_table(LINES)?.range::<&[u8]>(&from[..]..)? {
                let (key, text) = entry?;
                if !key.value().starts_with(&from) {
                    break;
                }
                lines.push(text.value().to_string());
            }
            Ok(lines)
        })
    }

    /// Spans of all runs by fate.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn fates(&self) -> Result<Fates, StoreError> {
        self.reading(|transaction| {
            let table = transaction.open_table(FATES)?;
            let mut fates = Fates::default();
            for fate in Fate::ALL {
                fates[fate] = table.get(fate.as_str())?.map_or(0, |spans| spans.value());
            }
            Ok(fates)
        })
    }

    /// Values of `steelthread.capability` that are not in the map, with how many spans carried them.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn unknown_capabilities(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.reading(|transaction| {
            let table = transaction.open_table(UNKNOWN)?;
            let pairs = table.iter()?.map(|entry| entry.map(|(value, spans)| (value.value().to_string(), spans.value())));
            Ok(pairs.collect::<Result<_, _>>()?)
        })
    }

    /// The map that it was last written with.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn map(&self) -> Result<String, StoreError> {
        self.reading(|transaction| {
            Ok(transaction.open_table(TEXTS)?.get("map")?.map_or_else(String::new, |text| text.value().into()))
        })
    }
}
