//! The windows of one level, as they are read: what is loose and what is packed, together.

use super::error::Stop;
use super::levels::{Level, floor};
use super::shelf::{first_in, half, leap, whole};
use super::tables::{Bytes, key_of, split_key};
use super::{Store, block, pieces};
use crate::measure::Window;
use redb::{ReadOnlyTable, ReadTransaction, TableError};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A level to read from.
pub(super) struct Shown<'s> {
    heads: ReadOnlyTable<Bytes, Bytes>,
    rests: ReadOnlyTable<Bytes, Bytes>,
    blocks: ReadOnlyTable<Bytes, Bytes>,
    /// Not there before format 3.
    pieces: Option<ReadOnlyTable<Bytes, Bytes>>,
    level: &'static Level,
    store: &'s Store,
    /// Only the figures of capabilities, and failures by hop.
    totals: bool,
}

type Visitor<'v> = &'v mut dyn FnMut(u64, &[u8], &Window);

impl<'s> Shown<'s> {
    pub fn open(transaction: &ReadTransaction, level: &'static Level, store: &'s Store, totals: bool) -> Result<Self, Stop> {
        let (heads, rests) = (transaction.open_table(level.heads)?, transaction.open_table(level.rests)?);
        let pieces = match transaction.open_table(level.pieces) {
            Err(TableError::TableDoesNotExist(_)) => None,
            found => Some(found?),
        };
        Ok(Self { heads, rests, blocks: transaction.open_table(level.blocks)?, pieces, level, store, totals })
    }

    /// Shows the windows that start in this stretch of time, those of a capability in the order of time.
    pub fn visit(&self, range: Range<u64>, only: Option<&[u8]>, visitor: Visitor<'_>) -> Result<(), Stop> {
        let mut at = range.start;
        for stretch in self.packed_stretches(&range, only)? {
            let part = stretch.max(range.start)..stretch.saturating_add(self.level.block_ns).min(range.end);
            self.visit_loose(at..part.start, only, visitor)?;
            for capability in self.capabilities_in(stretch, &part, only)? {
                self.visit_joined(stretch, &part, &capability, visitor)?;
            }
            at = part.end;
        }
        self.visit_loose(at..range.end, only, visitor)
    }

    /// Starts of the stretches of time of which something is packed.
    fn packed_stretches(&self, range: &Range<u64>, only: Option<&[u8]>) -> Result<Vec<u64>, Stop> {
        let mut stretches = Vec::new();
        let range = floor(range.start, self.level.block_ns)..range.end;
        if let Some(capability) = only {
            leap(&self.blocks, range, capability, &mut |start, _| {
                stretches.push(start);
                Ok(())
            })?;
            return Ok(stretches);
        }
        let mut from = range.start;
        while let Some((start, _)) = first_in(&self.blocks, from..range.end)? {
            stretches.push(start);
            from = start.saturating_add(1);
        }
        Ok(stretches)
    }

    fn capabilities_in(&self, stretch: u64, part: &Range<u64>, only: Option<&[u8]>) -> Result<BTreeSet<Vec<u8>>, Stop> {
        if let Some(capability) = only {
            return Ok(BTreeSet::from([capability.to_vec()]));
        }
        let mut all = BTreeSet::new();
        let of_stretch = (stretch.to_be_bytes(), stretch.saturating_add(1).to_be_bytes());
        let of_part = (part.start.to_be_bytes(), part.end.to_be_bytes());
        for (table, (from, to)) in [(&self.blocks, of_stretch), (&self.heads, of_part)] {
            for entry in table.range::<&[u8]>(&from[..]..&to[..])? {
                let (key, _) = entry?;
                if let Some((_, capability)) = split_key(key.value())
                    && !all.contains(capability)
                {
                    all.insert(capability.to_vec());
                }
            }
        }
        Ok(all)
    }

    /// What is packed of a capability, together with what came later.
    fn visit_joined(&self, stretch: u64, part: &Range<u64>, capability: &[u8], visitor: Visitor<'_>) -> Result<(), Stop> {
        let mut later: BTreeMap<u64, Window> = BTreeMap::new();
        self.visit_loose_one(part.clone(), capability, &mut |start, _, window| {
            later.insert(start, window.clone());
        })?;
        let key = key_of(stretch, capability);
        let Some(first) = self.blocks.get(key.as_slice())? else {
            later.iter().for_each(|(start, window)| visitor(*start, capability, window));
            return Ok(());
        };
        let (names, hops) = (&self.store.names, &self.store.hops);
        let block = pieces::whole(first.value(), self.pieces.as_ref(), &key, self.totals)?;
        block::unpack(&block, part.clone(), self.totals, names, hops, &mut |start, window| {
            if later.is_empty() {
                return visitor(start, capability, window);
            }
            let after = later.split_off(&start);
            std::mem::replace(&mut later, after).iter().for_each(|(start, window)| visitor(*start, capability, window));
            match later.remove(&start) {
                None => visitor(start, capability, window),
                Some(mut sum) => {
                    sum.merge(window);
                    visitor(start, capability, &sum);
                }
            }
        })?;
        later.iter().for_each(|(start, window)| visitor(*start, capability, window));
        Ok(())
    }

    fn visit_loose(&self, range: Range<u64>, only: Option<&[u8]>, visitor: Visitor<'_>) -> Result<(), Stop> {
        match only {
            _ if range.start >= range.end => Ok(()),
            None => self.visit_loose_all(range, visitor),
            Some(capability) => self.visit_loose_one(range, capability, visitor),
        }
    }

    fn visit_loose_all(&self, range: Range<u64>, visitor: Visitor<'_>) -> Result<(), Stop> {
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

    fn visit_loose_one(&self, range: Range<u64>, capability: &[u8], visitor: Visitor<'_>) -> Result<(), Stop> {
        leap(&self.heads, range, capability, &mut |start, head| {
            let key = key_of(start, capability);
            let rest = if self.totals { None } else { Some(self.rests.get(key.as_slice())?.ok_or_else(half)?) };
            visitor(start, capability, &whole(head, rest.as_ref().map(|rest| rest.value()), self.store)?);
            Ok(())
        })
    }

    /// Start of the first window, and of the last one, that start in this stretch of time, which begins with a packed one. The last
    /// only among those that are loose: what is newest is not packed.
    pub fn ends(&self, range: &Range<u64>) -> Result<Option<(u64, u64)>, Stop> {
        let (from, to) = (range.start.to_be_bytes(), range.end.to_be_bytes());
        if from >= to {
            return Ok(None);
        }
        let mut keys = self.heads.range::<&[u8]>(&from[..]..&to[..])?;
        let start_of = |key: &[u8]| split_key(key).map(|(start, _)| start);
        let first = keys.next().transpose()?.and_then(|(key, _)| start_of(key.value()));
        let last = keys.next_back().transpose()?.and_then(|(key, _)| start_of(key.value()));
        let mut first = first.unwrap_or(u64::MAX);
        let mut last = last.unwrap_or(first);
        if let Some((stretch, _)) = first_in(&self.blocks, range.clone())?
            && stretch < first
        {
            let (names, hops) = (&self.store.names, &self.store.hops);
            for entry in self.blocks.range::<&[u8]>(&stretch.to_be_bytes()[..]..&(stretch + 1).to_be_bytes()[..])? {
                let (key, piece) = entry?;
                let block = pieces::whole(piece.value(), self.pieces.as_ref(), key.value(), true)?;
                block::unpack(&block, range.clone(), true, names, hops, &mut |start, _| {
                    last = if last == u64::MAX { start } else { last.max(start) };
                    first = first.min(start);
                })?;
            }
        }
        Ok((first < u64::MAX).then_some((first, last)))
    }
}
