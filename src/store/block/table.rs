//! The names of a block: once, as text, because their numbers hold only for a process.

use super::Unreadable;
use super::column::Column;
use super::flow::{Flow, Reader, Writer};
use crate::measure::Window;
use crate::model::{Cause, Hop, HopId, Hops, Name, Names};
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;

/// Bytes of all names of a block.
const MOST_TEXT: u64 = 1 << 26;

/// What windows of a block point to.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// By text, so that the same windows are the same bytes.
    pub hops: Vec<HopId>,
    /// Services with several hops in an execution, by text.
    pub services: Vec<Name>,
    /// Causes of failures.
    pub causes: Vec<Cause>,
    positions: HashMap<HopId, usize>,
}

impl Table {
    /// What these windows point to.
    pub(super) fn of(windows: &[(u64, Window)], names: &Names, hops: &Hops) -> Self {
        let (mut used, mut services, mut causes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (_, window) in windows {
            services.extend(window.joint.keys().map(|service| (names.text(*service), *service)));
            for (id, figures) in &window.hops {
                let callers = figures.callers.iter().map(|(caller, _)| *caller);
                used.extend(callers.chain([*id]));
                causes.extend(figures.trouble.iter().flat_map(|trouble| &trouble.failures).map(|(cause, _)| *cause));
            }
        }
        let by_text = |id: HopId| {
            let hop = hops.get(id);
            ((names.text(hop.hop), names.text(hop.service), hop.external), id)
        };
        let sorted: BTreeSet<_> = used.into_iter().map(by_text).collect();
        Self::with(
            sorted.into_iter().map(|(_, id)| id).collect(),
            services.into_iter().map(|(_, name)| name).collect(),
            causes.into_iter().collect(),
        )
    }

    fn with(hops: Vec<HopId>, services: Vec<Name>, causes: Vec<Cause>) -> Self {
        let positions = hops.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        Self { hops, services, causes, positions }
    }

    /// Where a hop stands; 0 where it does not.
    pub(super) fn position(&self, hop: HopId) -> usize {
        self.positions.get(&hop).copied().unwrap_or(0)
    }

    /// Where a cause stands; 0 where it does not.
    pub(super) fn position_of_cause(&self, cause: Cause) -> usize {
        self.causes.iter().position(|known| *known == cause).unwrap_or(0)
    }

    pub(super) fn write(&self, writer: &mut Writer, names: &Names, hops: &Hops) -> Result<(), Infallible> {
        let put = |writer: &mut Writer, text: &str| {
            writer.filling.number(Column::LENGTHS, text.len() as u64);
            writer.filling.text(Column::TEXT, text);
        };
        writer.number(Column::TABLE, self.hops.len() as u64)?;
        for id in &self.hops {
            let hop = hops.get(*id);
            put(writer, names.text(hop.hop));
            put(writer, names.text(hop.service));
            writer.number(Column::TABLE, u64::from(hop.external))?;
        }
        writer.number(Column::TABLE, self.services.len() as u64)?;
        self.services.iter().for_each(|service| put(writer, names.text(*service)));
        writer.number(Column::TABLE, self.causes.len() as u64)?;
        self.causes.iter().for_each(|cause| put(writer, cause.as_str()));
        Ok(())
    }

    pub(super) fn read(reader: &mut Reader, names: &Names, hops: &Hops) -> Result<Self, Unreadable> {
        let mut left = MOST_TEXT;
        let mut take = |reader: &mut Reader| {
            let length = reader.number(Column::LENGTHS, 0)?;
            left = left.checked_sub(length).ok_or_else(|| Unreadable::Damaged("names of a block are too long".into()))?;
            reader.section.text(Column::TEXT, length)
        };
        let mut table = Self::default();
        for _ in 0..reader.number(Column::TABLE, 0)? {
            let (hop, service) = (names.intern(take(reader)?.as_bytes()), names.intern(take(reader)?.as_bytes()));
            let external = reader.number(Column::TABLE, 0)? > 0;
            table.hops.push(hops.intern(Hop { hop, service, external }));
        }
        for _ in 0..reader.number(Column::TABLE, 0)? {
            table.services.push(names.intern(take(reader)?.as_bytes()));
        }
        for _ in 0..reader.number(Column::TABLE, 0)? {
            table.causes.push(Cause::from_word(&take(reader)?).unwrap_or(Cause::Unknown));
        }
        Ok(table)
    }
}
