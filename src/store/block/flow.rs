//! The figures flow one way, into a block, or the other, out of it. What is written where is told once, for both directions.

use super::column::{Column, Kind};
use super::number::{unzigzag, unzigzag_64, zigzag, zigzag_64};
use super::section::{Filling, Reading};
use super::{Unreadable, reading, spread};
use crate::measure::{Spread, Tally, bucket_of_group, group_of};
use crate::model::TraceId;
use std::collections::HashMap;
use std::convert::Infallible;

/// A direction. Each function takes the value there is (of which a reader makes nothing) and gives the value that is to be.
pub(super) trait Flow {
    /// What can go wrong.
    type Error;

    /// What holds for all windows of the block.
    fn traits(&self) -> Traits;

    /// A number of 64 bits.
    fn number(&mut self, column: Column, value: u64) -> Result<u64, Self::Error>;

    /// 128 bits as they are.
    fn bits(&mut self, value: u128) -> Result<u128, Self::Error>;

    /// A position in a list of so many, near the likely one.
    fn position(&mut self, column: Column, value: usize, likely: usize, among: usize) -> Result<usize, Self::Error>;

    /// A trace id, which may have come already since [`Flow::forget_traces`].
    fn trace(&mut self, trace: TraceId) -> Result<TraceId, Self::Error>;

    /// Another window has other traces.
    fn forget_traces(&mut self);

    /// What follows is of this hop or service.
    fn turn_to(&mut self, place: usize);

    /// Whether it is told in how many executions hops called each other, and what came by these ways. `there`: this caller has something of it.
    fn tells_ways(&mut self, _there: bool) -> bool {
        self.traits().ways
    }

    /// A histogram.
    fn spread(&mut self, kind: Kind, spread: &mut Spread, hint: &spread::Hint<'_>) -> Result<(), Self::Error>;

    /// A number near the likely one.
    fn near(&mut self, column: Column, value: u64, likely: u64) -> Result<u64, Self::Error> {
        Ok(unzigzag_64(self.number(column, zigzag_64(value, likely))?, likely))
    }

    /// A number of 128 bits near the likely one.
    fn wide(&mut self, column: Column, value: u128, likely: u128) -> Result<u128, Self::Error> {
        let distance = zigzag(value, likely);
        let low = self.number(column, u64::try_from(distance).unwrap_or(u64::MAX))?;
        let distance = if low == u64::MAX { self.bits(distance)? } else { u128::from(low) };
        Ok(unzigzag(distance, likely))
    }

    /// A sum of weights, in units of 2^-16: whole part, and fraction if there are weights.
    fn sum(&mut self, column: Column, value: u128, likely: u128) -> Result<u128, Self::Error> {
        let whole = self.wide(column, value >> 16, likely >> 16)?;
        let fraction = if self.traits().weighted { self.number(Column::FRACTIONS, value as u64 & 0xffff)? } else { 0 };
        Ok((whole << 16) | u128::from(fraction & 0xffff))
    }

    /// A count.
    fn tally(&mut self, column: Column, value: Tally, likely: Tally) -> Result<Tally, Self::Error> {
        let raw = self.near(column, value.raw, likely.raw)?;
        let units = u128::from(raw) << 16;
        if !self.traits().weighted {
            return Ok(Tally { units, raw, excess: 0 });
        }
        let likely = if raw == likely.raw { likely } else { Tally { units, raw, excess: 0 } };
        let units = self.wide(Column::WEIGHTS, value.units, likely.units)?;
        let excess = self.near(Column::EXCESS, value.excess, likely.excess)?;
        Ok(Tally { units, raw, excess })
    }
}

/// What holds for all windows of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits {
    /// Something has a weight other than 1.
    pub weighted: bool,
    /// Some histogram has buckets other than those that stand for groups.
    pub fine: bool,
    /// Executions and ways are told of callers. Early versions had neither.
    pub ways: bool,
}

impl Traits {
    pub(super) fn to_byte(self) -> u8 {
        u8::from(self.weighted) | (u8::from(self.fine) << 1) | (u8::from(self.ways) << 2)
    }

    pub(super) fn from_byte(byte: u8) -> Result<Self, Unreadable> {
        if byte > 7 {
            return Err(Unreadable::Damaged(format!("a block has the unknown traits {byte}")));
        }
        Ok(Self { weighted: byte & 1 > 0, fine: byte & 2 > 0, ways: byte & 4 > 0 })
    }

    /// The format of a block: the oldest that has all there is to tell.
    pub(super) fn format(self) -> u8 {
        if self.ways { 2 } else { 1 }
    }

    /// Neighbouring buckets are neighbouring places.
    pub(super) fn place_of(self, bucket: u16) -> u16 {
        if self.fine { bucket } else { group_of(bucket) }
    }

    /// The bucket at a place.
    pub(super) fn bucket_at(self, place: u16) -> u16 {
        if self.fine { place } else { bucket_of_group(place) }
    }
}

/// Looks at everything, to find out the traits.
#[derive(Debug, Default)]
pub(super) struct Survey(pub Traits);

impl Flow for Survey {
    type Error = Infallible;

    fn traits(&self) -> Traits {
        self.0
    }

    fn number(&mut self, _: Column, value: u64) -> Result<u64, Infallible> {
        Ok(value)
    }

    fn bits(&mut self, value: u128) -> Result<u128, Infallible> {
        Ok(value)
    }

    fn position(&mut self, _: Column, value: usize, _: usize, _: usize) -> Result<usize, Infallible> {
        Ok(value)
    }

    fn trace(&mut self, trace: TraceId) -> Result<TraceId, Infallible> {
        Ok(trace)
    }

    fn forget_traces(&mut self) {}

    fn turn_to(&mut self, _: usize) {}

    fn tells_ways(&mut self, there: bool) -> bool {
        self.0.ways |= there;
        true
    }

    fn spread(&mut self, _: Kind, spread: &mut Spread, _: &spread::Hint<'_>) -> Result<(), Infallible> {
        for (bucket, units) in spread.histogram.buckets() {
            self.0.weighted |= units & 0xffff > 0;
            self.0.fine |= bucket_of_group(group_of(bucket)) != bucket;
        }
        self.0.weighted |= spread.sum & 0xffff > 0;
        Ok(())
    }

    fn sum(&mut self, _: Column, value: u128, _: u128) -> Result<u128, Infallible> {
        self.0.weighted |= value & 0xffff > 0;
        Ok(value)
    }

    fn tally(&mut self, _: Column, value: Tally, _: Tally) -> Result<Tally, Infallible> {
        self.0.weighted |= value.is_weighted() || value.excess > 0;
        Ok(value)
    }
}

/// Into a section.
#[derive(Default)]
pub(super) struct Writer {
    pub filling: Filling,
    traits: Traits,
    traces: HashMap<TraceId, usize>,
}

impl Writer {
    pub(super) fn new(traits: Traits) -> Self {
        Self { traits, ..Self::default() }
    }
}

impl Flow for Writer {
    type Error = Infallible;

    fn traits(&self) -> Traits {
        self.traits
    }

    fn number(&mut self, column: Column, value: u64) -> Result<u64, Infallible> {
        self.filling.number(column, value);
        Ok(value)
    }

    fn bits(&mut self, value: u128) -> Result<u128, Infallible> {
        self.filling.bits(value as u64, 64);
        self.filling.bits((value >> 64) as u64, 64);
        Ok(value)
    }

    fn position(&mut self, column: Column, value: usize, likely: usize, _: usize) -> Result<usize, Infallible> {
        self.near(column, value as u64, likely as u64)?;
        Ok(value)
    }

    fn trace(&mut self, trace: TraceId) -> Result<TraceId, Infallible> {
        let known = self.traces.len();
        match self.traces.get(&trace) {
            Some(at) => self.filling.number(Column::TRACE, (known - at) as u64),
            None => {
                self.traces.insert(trace, known);
                self.filling.number(Column::TRACE, 0);
                self.bits(trace.0)?;
            }
        }
        Ok(trace)
    }

    fn forget_traces(&mut self) {
        self.traces.clear();
    }

    fn turn_to(&mut self, place: usize) {
        self.filling.turn_to(place);
    }

    fn spread(&mut self, kind: Kind, spread: &mut Spread, hint: &spread::Hint<'_>) -> Result<(), Infallible> {
        spread::write(self, kind, spread, hint)
    }
}

/// Out of a section.
#[derive(Debug)]
pub(super) struct Reader {
    pub section: Reading,
    traits: Traits,
    traces: Vec<TraceId>,
    pub known: reading::Known,
}

impl Reader {
    pub(super) fn new(section: &[u8], traits: Traits) -> Result<Self, Unreadable> {
        Ok(Self { section: Reading::open(section)?, traits, traces: Vec::new(), known: reading::Known::default() })
    }
}

impl Flow for Reader {
    type Error = Unreadable;

    fn traits(&self) -> Traits {
        self.traits
    }

    fn number(&mut self, column: Column, _: u64) -> Result<u64, Unreadable> {
        self.section.number(column)
    }

    fn bits(&mut self, _: u128) -> Result<u128, Unreadable> {
        let low = self.section.bits(64)?;
        Ok(u128::from(low) | (u128::from(self.section.bits(64)?) << 64))
    }

    fn position(&mut self, column: Column, _: usize, likely: usize, among: usize) -> Result<usize, Unreadable> {
        let position = self.near(column, 0, likely as u64)?;
        let found = usize::try_from(position).ok().filter(|position| *position < among);
        found.ok_or_else(|| Unreadable::Damaged("a block points to something that it does not have".into()))
    }

    fn trace(&mut self, _: TraceId) -> Result<TraceId, Unreadable> {
        let back = self.section.number(Column::TRACE)?;
        if back == 0 {
            let trace = TraceId(self.bits(0)?);
            self.traces.push(trace);
            return Ok(trace);
        }
        let at = usize::try_from(back).ok().and_then(|back| self.traces.len().checked_sub(back));
        let known = at.and_then(|at| self.traces.get(at)).copied();
        known.ok_or_else(|| Unreadable::Damaged("a block points to a trace that it does not have".into()))
    }

    fn forget_traces(&mut self) {
        self.traces.clear();
    }

    fn turn_to(&mut self, place: usize) {
        self.section.turn_to(place);
    }

    fn spread(&mut self, kind: Kind, spread: &mut Spread, hint: &spread::Hint<'_>) -> Result<(), Unreadable> {
        *spread = reading::read(self, kind, hint)?;
        Ok(())
    }
}
