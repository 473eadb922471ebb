//! Reads what `spread` writes.

use super::column::{Column, Kind, Part};
use super::flow::{Flow, Reader};
use super::moves::{self, Counts};
use super::spread::{
    BEYOND, COUNTED, CROSSED, EMPTY, FLAT, GENERAL, Hint, LIKE, STEPPED, TWO, highest, largest, likely_sum, sum_of, two,
    value_beside, whole,
};
use super::{Unreadable, damaged};
use crate::measure::{Histogram, Spread, bucket_of};

/// The highest bucket there is.
const LAST_BUCKET: u16 = 3775;

fn read_moves(reader: &mut Reader, kind: Kind, number: usize, moves: &mut Vec<u64>) -> Result<(), Unreadable> {
    moves.clear();
    for at in (0..number).step_by(2) {
        let two = reader.section.byte(Column::of(kind, Part::Moves))?;
        for mut one in [u64::from(two >> 4), u64::from(two & 15)].into_iter().take(number - at) {
            if one == BEYOND {
                one = one.saturating_add(reader.number(Column::of(kind, Part::Many), 0)?);
            }
            moves.push(one);
        }
    }
    Ok(())
}

/// What a reader remembers of the histograms of a hop.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Of the last latency or own work.
    from: Counts,
    /// Of which of these, if it is known.
    kind: Option<Kind>,
    /// Room.
    counts: Counts,
    moves: Vec<u64>,
}

impl Known {
    /// Own work is like latency.
    fn is_like_latency(&mut self) {
        self.kind = self.kind.filter(|kind| *kind == Kind::Latency).map(|_| Kind::SelfTime);
    }

    fn see(&mut self, kind: Kind) {
        if matches!(kind, Kind::Latency | Kind::SelfTime) {
            std::mem::swap(&mut self.from, &mut self.counts);
            self.kind = Some(kind);
        }
    }
}

pub(super) fn read(reader: &mut Reader, kind: Kind, hint: &Hint<'_>) -> Result<Spread, Unreadable> {
    let mode = reader.number(Column::of(kind, Part::Mode), 0)?;
    if mode == LIKE {
        if kind == Kind::SelfTime {
            reader.known.is_like_latency();
        }
        return hint.like.cloned().ok_or_else(|| damaged("a histogram in a block is like one that is not there"));
    }
    if matches!(kind, Kind::Latency | Kind::SelfTime) {
        reader.known.kind = None;
    }
    match mode {
        EMPTY => Ok(Spread::default()),
        FLAT => {
            let max = largest(reader, Column::of(kind, Part::Max), 0, hint.max)?;
            let mut histogram = Histogram::with_room_for(1);
            histogram.add(highest(reader.traits(), max), hint.units);
            Ok(Spread { histogram, sum: hint.units.saturating_mul(u128::from(max)), max })
        }
        GENERAL => read_any(reader, kind),
        TWO | COUNTED | STEPPED | CROSSED => {
            // Taken out, so that the reader can be used meanwhile.
            let mut known = std::mem::take(&mut reader.known);
            known.counts.clear();
            let read = read_counted(reader, kind, mode, hint, &mut known);
            known.see(kind);
            reader.known = known;
            read
        }
        other => Err(damaged(&format!("a histogram in a block is written in way {other}, which is not known"))),
    }
}

fn read_counted(reader: &mut Reader, kind: Kind, mode: u64, hint: &Hint<'_>, known: &mut Known) -> Result<Spread, Unreadable> {
    if hint.units & 0xffff > 0 || hint.units >> 56 > 0 {
        return Err(damaged("a histogram in a block cannot have whole counts"));
    }
    let values = (hint.units >> 16) as u64;
    let max = largest(reader, Column::of(kind, Part::Max), 0, hint.max)?;
    if mode == TWO {
        let other = value_beside(reader, kind, 0, max, hint)?;
        known.counts.extend(two(reader.traits(), max, other));
        let sum = (u128::from(max) + u128::from(other)) << 16;
        return Ok(Spread { histogram: Histogram::of_counts(&known.counts), sum, max });
    }
    if mode == COUNTED {
        read_counts(reader, kind, max, values, &mut known.counts)?;
    } else {
        read_moved(reader, kind, mode, max, hint, known)?;
        if moves::total(&known.counts) != values {
            return Err(damaged("a histogram in a block has moved from one with other counts"));
        }
    }
    let likely = hint.sum.unwrap_or_else(|| sum_of(&known.counts, max));
    let sum = reader.sum(Column::of(kind, Part::Rest), 0, likely)?;
    Ok(Spread { histogram: Histogram::of_counts(&known.counts), sum, max })
}

fn read_moved(
    reader: &mut Reader,
    kind: Kind,
    mode: u64,
    max: u64,
    hint: &Hint<'_>,
    known: &mut Known,
) -> Result<(), Unreadable> {
    let traits = reader.traits();
    let like = hint.like.ok_or_else(|| damaged("a histogram in a block has moved from one that is not there"))?;
    let counts;
    let from = if known.kind == Some(Kind::SelfTime) {
        &known.from
    } else {
        counts = whole(&like.histogram.buckets()).ok_or_else(|| damaged("a histogram in a block has moved in parts"))?;
        &counts
    };
    if mode == STEPPED {
        read_moves(reader, kind, moves::number_of_steps(from)?, &mut known.moves)?;
        let last = traits.place_of(LAST_BUCKET);
        return moves::stepped(traits, from, &known.moves, u64::from(last), &mut known.counts);
    }
    let highest = u64::from(traits.place_of(bucket_of(max)));
    read_moves(reader, kind, moves::number_of_crossings(traits, from, highest)?, &mut known.moves)?;
    moves::crossed(traits, from, &known.moves, highest, &mut known.counts)
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
        let shape = u64::from(reader.section.byte(Column::of(kind, Part::Shape))?);
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
