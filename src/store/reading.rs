//! Windows that are kept, each moment once, in windows as long as they may be.

use super::error::Stop;
use super::levels::{LEVELS, MARKS, Marks};
use super::shelf::Shown;
use super::tables::{WINDOWS, split_key};
use super::{Store, StoreError, View};
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::Name;
use redb::{ReadTransaction, ReadableTable};
use std::ops::Range;

/// How a question looks at what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Windows longer than this, nanoseconds, are only shown where there are no shorter ones any more.
    pub at_most_ns: u64,
    /// Only the figures of capabilities and how many executions each hop failed; a window's other figures of hops are left out.
    pub totals: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { at_most_ns: u64::MAX, totals: false }
    }
}

/// Which window is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kept {
    /// Its start, nanoseconds since 1970.
    pub slice_ns: u64,
    /// Its length: that of a slice, a minute, an hour or a day.
    pub length_ns: u64,
    /// Id of its capability.
    pub capability: Name,
}

impl Kept {
    /// First moment after it.
    pub fn end_ns(&self) -> u64 {
        self.slice_ns.saturating_add(self.length_ns)
    }
}

impl From<Key> for Kept {
    fn from(key: Key) -> Self {
        Self { slice_ns: key.slice_ns, length_ns: SLICE_NS, capability: key.capability }
    }
}

impl Store {
    /// Shows all windows of a range, as long as they are: see [`Store::read_by`].
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read(
        &self,
        range: Range<u64>,
        capability: Option<Name>,
        visitor: &mut dyn FnMut(Key, &Window),
    ) -> Result<(), StoreError> {
        self.read_by(range, capability, Look::default(), &mut |kept, window| {
            visitor(Key { slice_ns: kept.slice_ns, capability: kept.capability }, window);
        })
    }

    /// Shows the windows that *start* in this range, at the finest level that still holds their time, in the order of time. Where a whole
    /// coarser one lies in the range and is not too long, it stands for the finer ones. So ranges side by side share everything
    /// among them, and the sum of a range does not hang on how it is looked at, but for histograms, which are coarser in longer
    /// windows.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn read_by(
        &self,
        range: Range<u64>,
        capability: Option<Name>,
        look: Look,
        visitor: &mut dyn FnMut(Kept, &Window),
    ) -> Result<(), StoreError> {
        self.read_in(&self.view()?, range, capability, look, visitor)
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
        look: Look,
        visitor: &mut dyn FnMut(Kept, &Window),
    ) -> Result<(), StoreError> {
        let wanted = capability.map(|name| self.names.text(name).as_bytes());
        if range.start >= range.end {
            return Ok(());
        }
        self.reading_in(view, |transaction| {
            if self.format == 1 {
                return self.read_format_1(transaction, &range, wanted, visitor);
            }
            let marks = Marks::read(&transaction.open_table(MARKS)?)?;
            for (at, piece) in marks.plan(&range, look.at_most_ns) {
                let length_ns = LEVELS[at].length_ns;
                let shown = Shown::open(transaction, &LEVELS[at], self, look.totals)?;
                shown.visit(piece, wanted, &mut |slice_ns, id, window| {
                    visitor(Kept { slice_ns, length_ns, capability: self.names.intern(id) }, window);
                })?;
            }
            Ok(())
        })
    }

    /// The longest windows that a question about this range cannot do without, nanoseconds: what is old is not kept in short ones.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn longest_ns(&self, range: &Range<u64>) -> Result<u64, StoreError> {
        if self.format == 1 {
            return Ok(SLICE_NS);
        }
        self.reading(|transaction| Ok(Marks::read(&transaction.open_table(MARKS)?)?.longest_ns(range)))
    }

    /// From the start of the first window to the end of the last one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn extent(&self) -> Result<Option<Range<u64>>, StoreError> {
        self.reading(|transaction| {
            if self.format == 1 {
                return extent_of_format_1(transaction);
            }
            let marks = Marks::read(&transaction.open_table(MARKS)?)?;
            let mut extent: Option<Range<u64>> = None;
            for (at, level) in LEVELS.iter().enumerate() {
                let shown = Shown::open(transaction, level, self, true)?;
                let Some((first, last)) = shown.ends(&marks.own(at))? else { continue };
                let end = last.saturating_add(level.length_ns);
                let all = extent.get_or_insert(first..end);
                *all = all.start.min(first)..all.end.max(end);
            }
            Ok(extent)
        })
    }

    fn read_format_1(
        &self,
        transaction: &ReadTransaction,
        range: &Range<u64>,
        wanted: Option<&[u8]>,
        visitor: &mut dyn FnMut(Kept, &Window),
    ) -> Result<(), Stop> {
        let (from, to) = (range.start.to_be_bytes(), range.end.to_be_bytes());
        for entry in transaction.open_table(WINDOWS)?.range::<&[u8]>(&from[..]..&to[..])? {
            let (key, value) = entry?;
            let Some((slice_ns, id)) = split_key(key.value()) else { continue };
            if wanted.is_none_or(|wanted| wanted == id) {
                let window = self.decode(value.value())?;
                visitor(Key { slice_ns, capability: self.names.intern(id) }.into(), &window);
            }
        }
        Ok(())
    }
}

fn extent_of_format_1(transaction: &ReadTransaction) -> Result<Option<Range<u64>>, Stop> {
    let table = transaction.open_table(WINDOWS)?;
    let first = table.first()?.and_then(|(key, _)| split_key(key.value()).map(|(slice, _)| slice));
    let last = table.last()?.and_then(|(key, _)| split_key(key.value()).map(|(slice, _)| slice));
    Ok(first.zip(last).map(|(first, last)| first..last.saturating_add(SLICE_NS)))
}
