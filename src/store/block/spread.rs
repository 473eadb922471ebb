//! A histogram with its sum and maximum.
//!
//! Little of it is news: the maximum tells the highest bucket; the buckets tell the sum but for a small rest; how many values there
//! are is known from a count beside it; a leaf's own work is its latency; the critical path is own work and gap, so its sum is known.

use super::Unreadable;
use super::column::{Column, Kind, Part};
use super::flow::{Flow, Reader, Traits, Writer};
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
const EMPTY: u64 = 0;
/// As [`Hint::like`].
const LIKE: u64 = 1;
/// All values are the largest.
const FLAT: u64 = 2;
/// Whole counts that make up what is expected; the highest bucket is that of the largest value.
const COUNTED: u64 = 3;
/// Anything.
const GENERAL: u64 = 4;

/// What the four bits of a shape cannot tell any more.
const BEYOND: u64 = 15;

/// The highest bucket there is.
const LAST_BUCKET: u16 = 3775;

fn damaged(why: &str) -> Unreadable {
    Unreadable::Damaged(why.into())
}

/// The bucket of the largest value, if buckets are what the traits say.
fn highest(traits: Traits, max: u64) -> u16 {
    traits.bucket_at(traits.place_of(bucket_of(max)))
}

/// All counts as whole numbers, from the highest bucket down, if they are as expected.
fn counted(traits: Traits, spread: &Spread, buckets: &[(u16, u128)], expected: u128) -> Option<Vec<(u16, u64)>> {
    if buckets.last()?.0 != highest(traits, spread.max) || expected & 0xffff > 0 || expected >> 56 > 0 {
        return None;
    }
    let whole = |(bucket, units): &(u16, u128)| {
        let count = (*units >> 16) as u64;
        (*units & 0xffff == 0 && *units >> 56 == 0 && count > 0).then_some((*bucket, count))
    };
    let counts: Vec<(u16, u64)> = buckets.iter().rev().map(whole).collect::<Option<_>>()?;
    (counts.iter().map(|(_, count)| u128::from(*count) << 16).sum::<u128>() == expected).then_some(counts)
}

/// What the sum would be, in units of 2^-16, if all values but the largest lay in the middle of their buckets.
fn sum_of(counts: &[(u16, u64)], max: u64) -> u128 {
    let middles = counts
        .iter()
        .fold(0u128, |sum, (bucket, count)| sum.wrapping_add(u128::from(*count).wrapping_mul(u128::from(middle_of(*bucket)))));
    let highest = counts.first().map_or(0, |(bucket, _)| middle_of(*bucket));
    middles.wrapping_sub(u128::from(highest)).wrapping_add(u128::from(max)) << 16
}

fn mode_of(traits: Traits, spread: &Spread, buckets: &[(u16, u128)], hint: &Hint<'_>) -> (u64, Vec<(u16, u64)>) {
    if *spread == Spread::default() {
        return (EMPTY, Vec::new());
    }
    if hint.like.is_some_and(|like| like == spread) {
        return (LIKE, Vec::new());
    }
    let at_most = hint.units.checked_mul(u128::from(spread.max));
    if buckets == [(highest(traits, spread.max), hint.units)] && at_most == Some(spread.sum) {
        return (FLAT, Vec::new());
    }
    counted(traits, spread, buckets, hint.units).map_or((GENERAL, Vec::new()), |counts| (COUNTED, counts))
}

/// The largest value, by what is known of it.
fn largest<E>(flow: &mut impl Flow<Error = E>, column: Column, max: u64, likely: Option<u64>) -> Result<u64, E> {
    match likely {
        Some(likely) => flow.near(column, max, likely),
        None => flow.number(column, max),
    }
}

pub(super) fn write(writer: &mut Writer, kind: Kind, spread: &Spread, hint: &Hint<'_>) -> Result<(), Infallible> {
    let buckets = spread.histogram.buckets();
    let (mode, counts) = mode_of(writer.traits(), spread, &buckets, hint);
    writer.number(Column::of(kind, Part::Mode), mode)?;
    match mode {
        FLAT => {
            largest(writer, Column::of(kind, Part::Max), spread.max, hint.max)?;
        }
        COUNTED => {
            largest(writer, Column::of(kind, Part::Max), spread.max, hint.max)?;
            write_counts(writer, kind, &counts);
            let likely = hint.sum.unwrap_or_else(|| sum_of(&counts, spread.max));
            writer.sum(Column::of(kind, Part::Rest), spread.sum, likely)?;
        }
        GENERAL => write_any(writer, kind, spread, &buckets)?,
        _ => {}
    }
    Ok(())
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
fn likely_sum(histogram: &Histogram) -> u128 {
    let products = histogram.buckets().into_iter().map(|(bucket, units)| units.wrapping_mul(u128::from(middle_of(bucket))));
    products.fold(0, u128::wrapping_add)
}

pub(super) fn read(reader: &mut Reader, kind: Kind, hint: &Hint<'_>) -> Result<Spread, Unreadable> {
    match reader.number(Column::of(kind, Part::Mode), 0)? {
        EMPTY => Ok(Spread::default()),
        LIKE => hint.like.cloned().ok_or_else(|| damaged("a histogram in a block is like one that is not there")),
        FLAT => {
            let max = largest(reader, Column::of(kind, Part::Max), 0, hint.max)?;
            let mut histogram = Histogram::with_room_for(1);
            histogram.add(highest(reader.traits(), max), hint.units);
            Ok(Spread { histogram, sum: hint.units.saturating_mul(u128::from(max)), max })
        }
        COUNTED => read_counted(reader, kind, hint),
        GENERAL => read_any(reader, kind),
        other => Err(damaged(&format!("a histogram in a block is written in way {other}, which is not known"))),
    }
}

fn read_counted(reader: &mut Reader, kind: Kind, hint: &Hint<'_>) -> Result<Spread, Unreadable> {
    if hint.units & 0xffff > 0 || hint.units >> 56 > 0 {
        return Err(damaged("a histogram in a block cannot have whole counts"));
    }
    let max = largest(reader, Column::of(kind, Part::Max), 0, hint.max)?;
    let mut buckets = std::mem::take(&mut reader.buckets);
    buckets.clear();
    read_counts(reader, kind, max, (hint.units >> 16) as u64, &mut buckets)?;
    let likely = hint.sum.unwrap_or_else(|| sum_of(&buckets, max));
    let sum = reader.sum(Column::of(kind, Part::Rest), 0, likely)?;
    let mut histogram = Histogram::with_room_for(buckets.len());
    for (bucket, count) in &buckets {
        histogram.add(*bucket, u128::from(*count) << 16);
    }
    reader.buckets = buckets;
    Ok(Spread { histogram, sum, max })
}

fn read_counts(
    reader: &mut Reader,
    kind: Kind,
    max: u64,
    mut left: u64,
    buckets: &mut Vec<(u16, u64)>,
) -> Result<(), Unreadable> {
    let traits = reader.traits();
    let mut above = u64::from(traits.place_of(bucket_of(max))) + 1;
    while left > 0 {
        let shape = u64::from(reader.reading.byte(Column::of(kind, Part::Shape))?);
        let (mut left_out, mut more) = (shape >> 4, shape & 15);
        if left_out == BEYOND {
            left_out = left_out.saturating_add(reader.number(Column::of(kind, Part::Far), 0)?);
        }
        if more == BEYOND {
            more = more.saturating_add(reader.number(Column::of(kind, Part::Many), 0)?);
        }
        let place = above.checked_sub(1).and_then(|above| above.checked_sub(left_out));
        above = place.ok_or_else(|| damaged("a histogram in a block has a bucket that does not exist"))?;
        left = left.checked_sub(more.saturating_add(1)).ok_or_else(|| damaged("a histogram in a block counts too much"))?;
        buckets.push((traits.bucket_at(above as u16), more + 1));
    }
    Ok(())
}

fn read_any(reader: &mut Reader, kind: Kind) -> Result<Spread, Unreadable> {
    let buckets = reader.number(Column::STEPS, 0)?;
    if buckets > u64::from(LAST_BUCKET) + 1 {
        return Err(damaged("a histogram in a block has too many buckets"));
    }
    let mut histogram = Histogram::with_room_for(buckets as usize);
    let mut bucket = 0u64;
    for _ in 0..buckets {
        bucket = bucket.saturating_add(reader.number(Column::STEPS, 0)?);
        if bucket > u64::from(LAST_BUCKET) {
            return Err(damaged("a histogram in a block has a bucket that does not exist"));
        }
        let units = reader.sum(Column::UNITS, 0, 0)?;
        histogram.add(bucket as u16, units);
    }
    let max = reader.number(Column::of(kind, Part::Max), 0)?;
    let sum = reader.sum(Column::UNITS, 0, likely_sum(&histogram))?;
    Ok(Spread { histogram, sum, max })
}
