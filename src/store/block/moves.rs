//! A histogram told by how its values have moved from those of another one.
//!
//! Most of the critical path of a hop is its own work, with a gap added that is short beside it: value by value, one histogram is the
//! other, with some values in a bucket further up. Two ways to tell: for few values, how many places each moved, from the largest
//! down; for many, how many crossed from each place to the next. Both are small numbers, most of them zero.

use super::Unreadable;
use super::flow::Traits;

/// Buckets and their counts, from the highest down.
pub(super) type Counts = Vec<(u16, u64)>;

/// More values are not told one by one.
const MOST_VALUES: u64 = 512;

/// The number of values.
pub(super) fn total(counts: &[(u16, u64)]) -> u64 {
    counts.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
}

/// The place of each value, from the largest down.
fn places(traits: Traits, counts: &[(u16, u64)]) -> impl Iterator<Item = u16> {
    counts.iter().flat_map(move |(bucket, count)| std::iter::repeat_n(traits.place_of(*bucket), *count as usize))
}

/// How far each value has moved up, from the largest down; if none moved down and there are not too many.
pub(super) fn steps(traits: Traits, from: &[(u16, u64)], to: &[(u16, u64)]) -> Option<Vec<u64>> {
    if total(from) != total(to) || total(to) > MOST_VALUES {
        return None;
    }
    let pairs = places(traits, from).zip(places(traits, to));
    pairs.map(|(from, to)| to.checked_sub(from).map(u64::from)).collect()
}

/// How many steps lead from these values to others.
pub(super) fn number_of_steps(from: &[(u16, u64)]) -> Result<usize, Unreadable> {
    let values = total(from);
    if values > MOST_VALUES {
        return Err(Unreadable::Damaged("a histogram in a block has too many values to move each".into()));
    }
    Ok(values as usize)
}

/// The values after these steps, as many as there are values.
pub(super) fn stepped(traits: Traits, from: &[(u16, u64)], steps: &[u64], last: u64, to: &mut Counts) -> Result<(), Unreadable> {
    for (place, step) in places(traits, from).zip(steps) {
        push(traits, u64::from(place).saturating_add(*step), 1, last, to)?;
    }
    Ok(())
}

/// Adds to the lowest bucket, or below it.
fn push(traits: Traits, place: u64, count: u64, last: u64, to: &mut Counts) -> Result<(), Unreadable> {
    let wrong = || Unreadable::Damaged("a histogram in a block has a bucket that does not exist".into());
    let bucket = if place <= last { traits.bucket_at(place as u16) } else { return Err(wrong()) };
    match to.last_mut() {
        Some((lowest, there)) if *lowest == bucket => *there = there.saturating_add(count),
        Some((lowest, _)) if *lowest < bucket => return Err(wrong()),
        _ => to.push((bucket, count)),
    }
    Ok(())
}

/// How many values crossed into each place from below, from the highest down to the one above the lowest; if none moved down.
pub(super) fn crossings(traits: Traits, from: &[(u16, u64)], to: &[(u16, u64)]) -> Option<Vec<u64>> {
    let (lowest, highest) = (traits.place_of(from.last()?.0), traits.place_of(to.first()?.0));
    if total(from) != total(to) || traits.place_of(to.last()?.0) < lowest || traits.place_of(from.first()?.0) > highest {
        return None;
    }
    let (mut from, mut to) = (from.iter().peekable(), to.iter().peekable());
    let mut crossed = 0u64;
    let mut all = Vec::with_capacity(usize::from(highest - lowest));
    for place in (lowest + 1..=highest).rev() {
        let here = |(bucket, _): &&(u16, u64)| traits.place_of(*bucket) == place;
        crossed = crossed.saturating_add(to.next_if(here).map_or(0, |(_, count)| *count));
        crossed = crossed.checked_sub(from.next_if(here).map_or(0, |(_, count)| *count))?;
        all.push(crossed);
    }
    Some(all)
}

/// How many numbers tell crossings from these values up to this place.
pub(super) fn number_of_crossings(traits: Traits, from: &[(u16, u64)], highest: u64) -> Result<usize, Unreadable> {
    let wrong = || Unreadable::Damaged("a histogram in a block has moved down".into());
    let (Some(first), Some(last)) = (from.first(), from.last()) else { return Err(wrong()) };
    if u64::from(traits.place_of(first.0)) > highest {
        return Err(wrong());
    }
    Ok((highest - u64::from(traits.place_of(last.0))) as usize)
}

/// The values after these crossings.
pub(super) fn crossed(
    traits: Traits,
    from: &[(u16, u64)],
    crossings: &[u64],
    highest: u64,
    to: &mut Counts,
) -> Result<(), Unreadable> {
    let wrong = || Unreadable::Damaged("a histogram in a block has moved values that are not there".into());
    let mut from = from.iter().peekable();
    let mut above = 0u64;
    for (down, crossed) in crossings.iter().chain([&0]).enumerate() {
        let place = highest - down as u64;
        let there = from.next_if(|(bucket, _)| u64::from(traits.place_of(*bucket)) == place).map_or(0, |(_, count)| *count);
        let count = there.saturating_add(*crossed).checked_sub(above).ok_or_else(wrong)?;
        above = *crossed;
        if count > 0 {
            to.push((traits.bucket_at(place as u16), count));
        }
    }
    Ok(())
}
