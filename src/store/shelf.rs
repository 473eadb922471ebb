//! The windows of one level, as they lie in its two tables.

use super::Store;
use super::error::Stop;
use super::levels::Level;
use super::record::{self, Parts, Unreadable};
use super::tables::{Bytes, split_key};
use crate::measure::Window;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, WriteTransaction};
use std::ops::Range;

/// A level to write to.
pub(super) struct Shelf<'t> {
    heads: Table<'t, Bytes, Bytes>,
    rests: Table<'t, Bytes, Bytes>,
}

impl<'t> Shelf<'t> {
    pub fn open(transaction: &'t WriteTransaction, level: &Level) -> Result<Self, Stop> {
        Ok(Self { heads: transaction.open_table(level.heads)?, rests: transaction.open_table(level.rests)? })
    }

    pub fn get(&self, key: &[u8], store: &Store) -> Result<Option<Window>, Stop> {
        let Some(head) = self.heads.get(key)? else { return Ok(None) };
        let rest = self.rests.get(key)?.ok_or_else(half)?;
        Ok(Some(whole(head.value(), Some(rest.value()), store)?))
    }

    pub fn put(&mut self, key: &[u8], parts: &Parts) -> Result<(), Stop> {
        self.heads.insert(key, parts.head.as_slice())?;
        self.rests.insert(key, parts.rest.as_slice())?;
        Ok(())
    }

    /// Adds to what is there.
    pub fn add(&mut self, key: &[u8], window: &Window, store: &Store) -> Result<(), Stop> {
        let parts = match self.get(key, store)? {
            None => store.parts(window),
            Some(mut there) => {
                there.merge(window);
                store.parts(&there)
            }
        };
        self.put(key, &parts)
    }

    /// Start of the first window at or after this moment.
    pub fn first_from(&self, moment_ns: u64) -> Result<Option<u64>, Stop> {
        let first = self.heads.range::<&[u8]>(&moment_ns.to_be_bytes()[..]..)?.next().transpose()?;
        Ok(first.and_then(|(key, _)| split_key(key.value()).map(|(start, _)| start)))
    }

    /// Shows the keys in a stretch of time, until the visitor has enough.
    pub fn keys(&self, range: Range<u64>, mut visitor: impl FnMut(u64, &[u8]) -> bool) -> Result<(), Stop> {
        for entry in self.heads.range::<&[u8]>(&range.start.to_be_bytes()[..]..&range.end.to_be_bytes()[..])? {
            let (key, _) = entry?;
            if let Some((start, capability)) = split_key(key.value())
                && !visitor(start, capability)
            {
                break;
            }
        }
        Ok(())
    }

    pub fn remove_before(&mut self, moment_ns: u64) -> Result<(), Stop> {
        let end = moment_ns.to_be_bytes();
        self.heads.retain_in::<&[u8], _>(..&end[..], |_, _| false)?;
        self.rests.retain_in::<&[u8], _>(..&end[..], |_, _| false)?;
        Ok(())
    }
}

/// A level to read from.
pub(super) struct Shown<'s> {
    heads: ReadOnlyTable<Bytes, Bytes>,
    rests: ReadOnlyTable<Bytes, Bytes>,
    store: &'s Store,
    /// Only the heads.
    totals: bool,
}

impl<'s> Shown<'s> {
    pub fn open(transaction: &ReadTransaction, level: &Level, store: &'s Store, totals: bool) -> Result<Self, Stop> {
        Ok(Self { heads: transaction.open_table(level.heads)?, rests: transaction.open_table(level.rests)?, store, totals })
    }

    /// Shows the windows that start in this stretch of time: all in the order of their keys, or those of one capability.
    pub fn visit(
        &self,
        range: Range<u64>,
        only: Option<&[u8]>,
        visitor: &mut dyn FnMut(u64, &[u8], &Window),
    ) -> Result<(), Stop> {
        match only {
            None => self.visit_all(range, visitor),
            Some(capability) => self.visit_one(range, capability, visitor),
        }
    }

    fn visit_all(&self, range: Range<u64>, visitor: &mut dyn FnMut(u64, &[u8], &Window)) -> Result<(), Stop> {
        let (from, to) = (range.start.to_be_bytes(), range.end.to_be_bytes());
        let mut rests = if self.totals { None } else { Some(self.rests.range::<&[u8]>(&from[..]..&to[..])?) };
        for entry in self.heads.range::<&[u8]>(&from[..]..&to[..])? {
            let (key, head) = entry?;
            let rest = match &mut rests {
                None => None,
                // Both tables have the same keys.
                Some(rests) => {
                    let (key_of_rest, rest) = rests.next().ok_or_else(half)??;
                    if key_of_rest.value() != key.value() {
                        return Err(half().into());
                    }
                    Some(rest)
                }
            };
            let window = whole(head.value(), rest.as_ref().map(|rest| rest.value()), self.store)?;
            if let Some((start, capability)) = split_key(key.value()) {
                visitor(start, capability, &window);
            }
        }
        Ok(())
    }

    /// Leaps from window to window of the capability, so that it does not matter how many others there are.
    fn visit_one(&self, range: Range<u64>, wanted: &[u8], visitor: &mut dyn FnMut(u64, &[u8], &Window)) -> Result<(), Stop> {
        let mut at = range.start;
        while at < range.end {
            let sought = super::tables::key_of(at, wanted);
            let Some(entry) = self.heads.range::<&[u8]>(sought.as_slice()..)?.next() else { break };
            let (key, head) = entry?;
            let Some((start, capability)) = split_key(key.value()) else { break };
            if start >= range.end {
                break;
            }
            if start == at && capability == wanted {
                let rest = if self.totals { None } else { Some(self.rests.get(sought.as_slice())?.ok_or_else(half)?) };
                visitor(start, capability, &whole(head.value(), rest.as_ref().map(|rest| rest.value()), self.store)?);
            }
            // The next one of this capability is at this start, if that is later and its id not yet passed; else after it.
            at = if start > at && capability <= wanted { start } else { start.saturating_add(1) };
        }
        Ok(())
    }

    /// Starts of the first and the last window that start in this stretch of time.
    pub fn ends(&self, range: &Range<u64>) -> Result<Option<(u64, u64)>, Stop> {
        let (from, to) = (range.start.to_be_bytes(), range.end.to_be_bytes());
        let mut keys = self.heads.range::<&[u8]>(&from[..]..&to[..])?;
        let first = keys.next().transpose()?.and_then(|(key, _)| split_key(key.value()).map(|(start, _)| start));
        let last = keys.next_back().transpose()?.and_then(|(key, _)| split_key(key.value()).map(|(start, _)| start));
        Ok(first.map(|first| (first, last.unwrap_or(first))))
    }
}

fn half() -> Unreadable {
    Unreadable::Damaged("a window has only one of its two parts".into())
}

fn whole(head: &[u8], rest: Option<&[u8]>, store: &Store) -> Result<Window, Unreadable> {
    let mut window = record::decode(head, &store.names, &store.hops)?;
    if let Some(rest) = rest {
        record::add_rest(&mut window, rest, &store.names, &store.hops)?;
    }
    Ok(window)
}
