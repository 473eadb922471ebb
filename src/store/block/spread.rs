//! A histogram with its sum and maximum.
//!
//! Little of it is news: the maximum tells the highest bucket; the buckets tell the sum but for a small rest; how many values there
//! are is known from a count beside it; a leaf's own work is its latency; the critical path is own work and gap, so its sum is known.

use super::column::{Column, Kind, Part};
use super::flow::{Flow, Traits, Writer};
use super::moves::{self, Counts};
use crate::measure::{Histogram, Spread, bucket_of, middle_of};
use std::convert::Infallible;

/// What is known before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hint<'a> {
    /// It may be the same as this one.
    pub like: Option<&'a Spread>,
    /// All it counts, probably, in units of 2^-16.
    pub units: u128,
    /// Its sum, probably.
    pub sum: Option<u128>,
    /// Its largest value, about.
    pub max: Option<u64>,
}

/// Nothing.
pub(super) const EMPTY: u64 = 0;
/// As [`Hint::like`].
pub(super) const LIKE: u64 = 1;
/// All values are the largest.
pub(super) const FLAT: u64 = 2;
/// Whole counts that make up what is expected; the highest bucket is that of the largest value.
pub(super) const COUNTED: u64 = 3;
/// Anything.
pub(super) const GENERAL: u64 = 4;
/// Two values.
pub(super) const TWO: u64 = 5;
/// As [`Hint::like`], but with each value so many places further up.
pub(super) const STEPPED: u64 = 6;
/// As [`Hint::like`], but with so many values crossed into each place from below.
pub(super) const CROSSED: u64 = 7;

/// What the four bits of a shape cannot tell any more.
pub(super) const BEYOND: u64 = 15;

/// The bucket of the largest value, if buckets are what the traits say.
pub(super) fn highest(traits: Traits, max: u64) -> u16 {
    traits.bucket_at(traits.place_of(bucket_of(max)))
}

/// All counts as whole numbers, from the highest bucket down, if they are.
pub(super) fn whole(buckets: &[(u16, u128)]) -> Option<Counts> {
    let whole = |(bucket, units): &(u16, u128)| {
        let count = (*units >> 16) as u64;
        (*units & 0xffff == 0 && *units >> 56 == 0 && count > 0).then_some((*bucket, count))
    };
    buckets.iter().rev().map(whole).collect()
}

/// The same, if they are as expected.
fn counted(traits: Traits, spread: &Spread, buckets: &[(u16, u128)], expected: u128) -> Option<Counts> {
    if buckets.last()?.0 != highest(traits, spread.max) || expected & 0xffff > 0 || expected >> 56 > 0 {
        return None;
    }
    whole(buckets).filter(|counts| u128::from(moves::total(counts)) << 16 == expected)
}

/// What the sum would be, in units of 2^-16, if all values but the largest lay in the middle of their buckets.
pub(super) fn sum_of(counts: &[(u16, u64)], max: u64) -> u128 {
    let middles = counts
        .iter()
        .fold(0u128, |sum, (bucket, count)| sum.wrapping_add(u128::from(*count).wrapping_mul(u128::from(middle_of(*bucket)))));
    let highest = counts.first().map_or(0, |(bucket, _)| middle_of(*bucket));
    middles.wrapping_sub(u128::from(highest)).wrapping_add(u128::from(max)) << 16
}

/// Two values, of which one is the largest.
pub(super) fn two(traits: Traits, max: u64, other: u64) -> Counts {
    let (larger, smaller) = (highest(traits, max), highest(traits, other));
    if larger == smaller { vec![(larger, 2)] } else { vec![(larger, 1), (smaller, 1)] }
}

/// The value beside the largest, if there are two.
fn other_of(traits: Traits, spread: &Spread, counts: &[(u16, u64)]) -> Option<u64> {
    let other = u64::try_from(spread.sum >> 16).ok()?.checked_sub(spread.max)?;
    (spread.sum & 0xffff == 0 && other <= spread.max && two(traits, spread.max, other) == counts).then_some(other)
}

/// How a histogram is written.
enum Way {
    Empty,
    Like,
    Flat,
    Two(u64),
    Counted(Counts),
    Stepped(Counts, Vec<u64>),
    Crossed(Counts, Vec<u64>),
    General,
}

impl Way {
    fn mode(&self) -> u64 {
        match self {
            Self::Empty => EMPTY,
            Self::Like => LIKE,
            Self::Flat => FLAT,
            Self::Two(_) => TWO,
            Self::Counted(_) => COUNTED,
            Self::Stepped(..) => STEPPED,
            Self::Crossed(..) => CROSSED,
            Self::General => GENERAL,
        }
    }
}

fn way_of(traits: Traits, spread: &Spread, buckets: &[(u16, u128)], hint: &Hint<'_>) -> Way {
    if *spread == Spread::default() {
        return Way::Empty;
    }
    if hint.like.is_some_and(|like| like == spread) {
        return Way::Like;
    }
    let at_most = hint.units.checked_mul(u128::from(spread.max));
    if buckets == [(highest(traits, spread.max), hint.units)] && at_most == Some(spread.sum) {
        return Way::Flat;
    }
    let Some(counts) = counted(traits, spread, buckets, hint.units) else { return Way::General };
    match other_of(traits, spread, &counts) {
        Some(other) if hint.units == 2 << 16 => Way::Two(other),
        _ => shortest(traits, counts, hint),
    }
}

/// The way that will take the fewest bits, about.
fn shortest(traits: Traits, counts: Counts, hint: &Hint<'_>) -> Way {
    let small = |numbers: &[u64]| numbers.iter().map(|number| 8 + 16 * u64::from((number + 1).ilog2())).sum::<u64>();
    let mut above = counts.first().map_or(0, |(bucket, _)| traits.place_of(*bucket)) + 1;
    let mut price = 0;
    for (bucket, count) in &counts {
        let place = traits.place_of(*bucket);
        price += 24 + 14 * u64::from((above - place).ilog2() + count.ilog2());
        above = place;
    }
    let from = hint.like.and_then(|like| whole(&like.histogram.buckets())).unwrap_or_default();
    let steps = moves::steps(traits, &from, &counts).map(|steps| (small(&steps), steps));
    let crossings = moves::crossings(traits, &from, &counts).map(|crossings| (small(&crossings), crossings));
    match (steps, crossings) {
        (Some((steps_price, steps)), other)
            if steps_price < price && other.as_ref().is_none_or(|other| steps_price <= other.0) =>
        {
            Way::Stepped(counts, steps)
        }
        (_, Some((crossings_price, crossings))) if crossings_price < price => Way::Crossed(counts, crossings),
        _ => Way::Counted(counts),
    }
}

/// The largest value, by what is known of it.
pub(super) fn largest<E>(flow: &mut impl Flow<Error = E>, column: Column, max: u64, likely: Option<u64>) -> Result<u64, E> {
    match likely {
        Some(likely) => flow.near(column, max, likely),
        None => flow.number(column, max),
    }
}

pub(super) fn write(writer: &mut Writer, kind: Kind, spread: &Spread, hint: &Hint<'_>) -> Result<(), Infallible> {
    let buckets = spread.histogram.buckets();
    let way = way_of(writer.traits(), spread, &buckets, hint);
    writer.number(Column::of(kind, Part::Mode), way.mode())?;
    if matches!(way, Way::Empty | Way::Like) {
        return Ok(());
    }
    if let Way::General = way {
        return write_any(writer, kind, spread, &buckets);
    }
    largest(writer, Column::of(kind, Part::Max), spread.max, hint.max)?;
    let counts = match &way {
        Way::Two(other) => return value_beside(writer, kind, *other, spread.max, hint).map(|_| ()),
        Way::Stepped(counts, moves) | Way::Crossed(counts, moves) => {
            write_moves(writer, kind, moves);
            counts
        }
        Way::Counted(counts) => {
            write_counts(writer, kind, counts);
            counts
        }
        _ => return Ok(()),
    };
    let likely = hint.sum.unwrap_or_else(|| sum_of(counts, spread.max));
    writer.sum(Column::of(kind, Part::Rest), spread.sum, likely)?;
    Ok(())
}

/// The other of two values.
pub(super) fn value_beside<F: Flow>(flow: &mut F, kind: Kind, other: u64, max: u64, hint: &Hint<'_>) -> Result<u64, F::Error> {
    match hint.sum {
        Some(sum) => flow.near(Column::of(kind, Part::Rest), other, ((sum >> 16) as u64).wrapping_sub(max)),
        None => flow.number(Column::of(kind, Part::Max), other),
    }
}

fn write_moves(writer: &mut Writer, kind: Kind, moves: &[u64]) {
    for two in moves.chunks(2) {
        let (one, other) = (two[0], two.get(1).copied().unwrap_or(0));
        writer.filling.byte(Column::of(kind, Part::Moves), ((one.min(BEYOND) << 4) | other.min(BEYOND)) as u8);
        for far in [one, other].into_iter().filter(|far| *far >= BEYOND) {
            writer.filling.number(Column::of(kind, Part::Many), far - BEYOND);
        }
    }
}

fn write_counts(writer: &mut Writer, kind: Kind, counts: &[(u16, u64)]) {
    let traits = writer.traits();
    let mut above = counts.first().map_or(0, |(bucket, _)| traits.place_of(*bucket)) + 1;
    for (bucket, count) in counts {
        let place = traits.place_of(*bucket);
        let (left_out, more) = (u64::from(above - place - 1), count - 1);
        above = place;
        let shape = (left_out.min(BEYOND) << 4) | more.min(BEYOND);
        writer.filling.byte(Column::of(kind, Part::Shape), shape as u8);
        if left_out >= BEYOND {
            writer.filling.number(Column::of(kind, Part::Far), left_out - BEYOND);
        }
        if more >= BEYOND {
            writer.filling.number(Column::of(kind, Part::Many), more - BEYOND);
        }
    }
}

fn write_any(writer: &mut Writer, kind: Kind, spread: &Spread, buckets: &[(u16, u128)]) -> Result<(), Infallible> {
    writer.number(Column::STEPS, buckets.len() as u64)?;
    let mut last = 0;
    for (bucket, units) in buckets {
        writer.number(Column::STEPS, u64::from(bucket - last))?;
        writer.sum(Column::UNITS, *units, 0)?;
        last = *bucket;
    }
    writer.number(Column::of(kind, Part::Max), spread.max)?;
    writer.sum(Column::UNITS, spread.sum, likely_sum(&spread.histogram))?;
    Ok(())
}

/// What the sum of any histogram is about.
pub(super) fn likely_sum(histogram: &Histogram) -> u128 {
    let products = histogram.buckets().into_iter().map(|(bucket, units)| units.wrapping_mul(u128::from(middle_of(bucket))));
    products.fold(0, u128::wrapping_add)
}
