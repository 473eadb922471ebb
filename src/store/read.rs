//! What is kept beside windows, as it is asked for.

use super::tables::{FATES, LINES, TEXTS, UNKNOWN};
use super::{Store, StoreError};
use crate::model::{Fate, Fates, TraceId};
use redb::ReadableTable;
use std::collections::BTreeMap;

impl Store {
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
