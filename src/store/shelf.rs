//! The windows of one level, as they are written: loose ones in two tables, packed ones in two others.

use super::error::Stop;
use super::levels::{Level, floor};
use super::record::{self, Parts, Unreadable};
use super::tables::{Bytes, key_of, split_key};
use super::{Store, block, pieces};
use crate::measure::Window;
use redb::{ReadableTable, Table, WriteTransaction};
use std::collections::BTreeMap;
use std::ops::Range;

/// A level to write to.
pub(super) struct Shelf<'t> {
    heads: Table<'t, Bytes, Bytes>,
    rests: Table<'t, Bytes, Bytes>,
    blocks: Table<'t, Bytes, Bytes>,
    pieces: Table<'t, Bytes, Bytes>,
    level: &'static Level,
}

impl<'t> Shelf<'t> {
    pub fn open(transaction: &'t WriteTransaction, level: &'static Level) -> Result<Self, Stop> {
        let (heads, rests) = (transaction.open_table(level.heads)?, transaction.open_table(level.rests)?);
        let (blocks, pieces) = (transaction.open_table(level.blocks)?, transaction.open_table(level.pieces)?);
        Ok(Self { heads, rests, blocks, pieces, level })
    }

    /// A loose window.
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

    /// Adds to what is loose.
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

    /// The first loose window that starts in this stretch of time.
    pub fn first_in(&self, range: Range<u64>) -> Result<Option<(u64, Vec<u8>)>, Stop> {
        first_in(&self.heads, range)
    }

    /// Shows the keys of the loose windows in a stretch of time.
    pub fn keys(&self, range: Range<u64>, mut visitor: impl FnMut(u64, &[u8])) -> Result<(), Stop> {
        for entry in self.heads.range::<&[u8]>(&range.start.to_be_bytes()[..]..&range.end.to_be_bytes()[..])? {
            let (key, _) = entry?;
            if let Some((start, capability)) = split_key(key.value()) {
                visitor(start, capability);
            }
        }
        Ok(())
    }

    /// Packs the loose windows of a capability around this moment, with those that are packed already. Returns how many were loose.
    pub fn pack(&mut self, moment_ns: u64, capability: &[u8], store: &Store) -> Result<usize, Stop> {
        let (windows, loose) = self.take(moment_ns, capability, store)?;
        self.put_block(moment_ns, capability, windows, store)?;
        Ok(loose)
    }

    /// Changes a window, wherever it lies, if it is there and the change applies. Whether that was so.
    pub fn change(
        &mut self,
        start_ns: u64,
        capability: &[u8],
        store: &Store,
        change: &dyn Fn(&mut Window) -> bool,
    ) -> Result<bool, Stop> {
        if self.blocks.get(key_of(floor(start_ns, self.level.block_ns), capability).as_slice())?.is_some() {
            // A part of it may be loose: first put together.
            let (mut windows, _) = self.take(start_ns, capability, store)?;
            let changed = windows.get_mut(&start_ns).is_some_and(change);
            self.put_block(start_ns, capability, windows, store)?;
            return Ok(changed);
        }
        let key = key_of(start_ns, capability);
        let Some(mut window) = self.get(&key, store)? else { return Ok(false) };
        let changed = change(&mut window);
        if changed {
            self.put(&key, &store.parts(&window))?;
        }
        Ok(changed)
    }

    /// All windows of a capability in the stretch of time around this moment, with how many were loose. Those are removed.
    fn take(&mut self, moment_ns: u64, capability: &[u8], store: &Store) -> Result<(BTreeMap<u64, Window>, usize), Stop> {
        let start_ns = floor(moment_ns, self.level.block_ns);
        let mut windows: BTreeMap<u64, Window> = BTreeMap::new();
        let mut loose = Vec::new();
        leap(&self.heads, start_ns..start_ns.saturating_add(self.level.block_ns), capability, &mut |start, _| {
            loose.push(start);
            Ok(())
        })?;
        for start in &loose {
            let key = key_of(*start, capability);
            if let Some(window) = self.get(&key, store)? {
                windows.insert(*start, window);
            }
            self.heads.remove(key.as_slice())?;
            self.rests.remove(key.as_slice())?;
        }
        let key = key_of(start_ns, capability);
        if let Some(first) = self.blocks.get(key.as_slice())? {
            let bytes = pieces::whole(first.value(), Some(&self.pieces), &key, false)?;
            block::unpack(&bytes, 0..u64::MAX, false, &store.names, &store.hops, &mut |start, window| {
                windows.entry(start).or_default().merge(window);
            })?;
        }
        Ok((windows, loose.len()))
    }

    fn put_block(
        &mut self,
        moment_ns: u64,
        capability: &[u8],
        windows: BTreeMap<u64, Window>,
        store: &Store,
    ) -> Result<(), Stop> {
        let bytes = block::pack(windows.into_iter().collect(), &store.names, &store.hops);
        let key = key_of(floor(moment_ns, self.level.block_ns), capability);
        pieces::put(&mut self.blocks, &mut self.pieces, &key, &bytes)
    }

    /// Start of the first stretch of time in which there is something, loose or packed.
    pub fn first(&self) -> Result<Option<u64>, Stop> {
        let loose = self.first_in(0..u64::MAX)?.map(|(start, _)| floor(start, self.level.block_ns));
        let packed = first_in(&self.blocks, 0..u64::MAX)?.map(|(start, _)| start);
        Ok(loose.into_iter().chain(packed).min())
    }

    /// Removes what starts before this moment, the start of a stretch. Returns how many windows that were, by the room in blocks.
    pub fn remove_before(&mut self, moment_ns: u64) -> Result<usize, Stop> {
        let end = moment_ns.to_be_bytes();
        let (mut loose, mut blocks) = (0, 0);
        self.heads.retain_in::<&[u8], _>(..&end[..], |_, _| {
            loose += 1;
            false
        })?;
        self.rests.retain_in::<&[u8], _>(..&end[..], |_, _| false)?;
        self.blocks.retain_in::<&[u8], _>(..&end[..], |_, _| {
            blocks += 1;
            false
        })?;
        self.pieces.retain_in::<&[u8], _>(..&end[..], |_, _| false)?;
        Ok(loose + blocks * (self.level.block_ns / self.level.length_ns) as usize)
    }
}

/// The first key in a stretch of time.
pub(super) fn first_in(table: &impl ReadableTable<Bytes, Bytes>, range: Range<u64>) -> Result<Option<(u64, Vec<u8>)>, Stop> {
    let (from, to) = (range.start.to_be_bytes(), range.end.to_be_bytes());
    if from >= to {
        return Ok(None);
    }
    let first = table.range::<&[u8]>(&from[..]..&to[..])?.next().transpose()?;
    Ok(first.and_then(|(key, _)| split_key(key.value()).map(|(start, capability)| (start, capability.to_vec()))))
}

/// Is shown a start and the bytes of what is there.
pub(super) type Visit<'v> = dyn FnMut(u64, &[u8]) -> Result<(), Stop> + 'v;

/// Shows what there is of one capability in a stretch of time. Leaps from one entry of it to the next, so that it hardly matters how many
/// others there are.
pub(super) fn leap(
    table: &impl ReadableTable<Bytes, Bytes>,
    range: Range<u64>,
    wanted: &[u8],
    visitor: &mut Visit<'_>,
) -> Result<(), Stop> {
    let mut at = range.start;
    while at < range.end {
        let Some(entry) = table.range::<&[u8]>(key_of(at, wanted).as_slice()..)?.next() else { break };
        let (key, value) = entry?;
        let Some((start, capability)) = split_key(key.value()) else { break };
        if start >= range.end {
            break;
        }
        if capability == wanted {
            visitor(start, value.value())?;
        }
        // At a later start its own key may be still to come; at this one, or with a greater id, it is not there.
        at = if start > at && capability < wanted { start } else { start.saturating_add(1) };
    }
    Ok(())
}

pub(super) fn half() -> Unreadable {
    Unreadable::Damaged("a window has only one of its two parts".into())
}

/// The window of its parts; without the second one, only figures of the capability and failures by hop.
pub(super) fn whole(head: &[u8], rest: Option<&[u8]>, store: &Store) -> Result<Window, Unreadable> {
    let mut window = record::decode(head, &store.names, &store.hops)?;
    if let Some(rest) = rest {
        record::add_rest(&mut window, rest, &store.names, &store.hops)?;
    }
    Ok(window)
}
