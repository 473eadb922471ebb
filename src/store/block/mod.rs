//! Windows of one capability over a stretch of time, as a block of bytes: formats 1 and 2.
//!
//! History for years is mostly windows that look like the ones before them. As a message each, a window of thirty hops takes 3 to
//! 10 kB; in a block it takes a small part of that, because only what is news is written. Figures are told by their distance from what
//! is known already (`figures`, `spread`); numbers of a kind stand together in a column and are compressed with their like (`column`, `section`);
//! what is chance in a number stays outside, as bits (`number`). Names are written once (`table`). One description of the figures
//! serves both directions (`flow`), so that what is written is what is read. Nothing is lost: what comes out equals what went in.
//!
//! A block has two sections, each with its checksum: figures of the capability and failures by hop and cause, for whoever asks over a
//! long time; and all the rest about hops. The first is read without touching the second.
//!
//! Format 2 tells of callers how many executions called and by which calls failures came back. A block that has nothing of that is of format 1,
//! as early versions wrote it.
//!
//! The roads not taken: one message per window, compressed, in which nothing stands beside its like; and an arithmetic coder, since
//! columns are within a few percent of what frequency alone allows, and it would be many times slower to read.

mod column;
mod figures;
mod flow;
mod habit;
mod moves;
mod number;
mod reading;
mod section;
mod spread;
mod table;

#[cfg(test)]
pub(super) mod load;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod tests;

use super::record::Unreadable;
use crate::measure::Window;
use crate::model::{Hops, Names};
use column::Column;
use figures::{Before, Failed, OfHops, OfServices, Way};
use flow::{Flow, Reader, Survey, Traits, Writer};
use section::Ways;
use std::convert::Infallible;
use std::ops::Range;
use table::Table;

/// First byte of a block: the newest format.
pub(super) const FORMAT: u8 = 2;

/// Format, traits, then length and checksum of both sections.
const HEADER: usize = 18;

fn damaged(why: &str) -> Unreadable {
    Unreadable::Damaged(why.into())
}

/// The bytes of windows of one capability, with the starts of their slices, ascending. The same windows are the same bytes.
pub(super) fn pack(windows: Vec<(u64, Window)>, names: &Names, hops: &Hops) -> Vec<u8> {
    let table = Table::of(&windows, names, hops);
    let mut surveys = (Survey::default(), Survey::default());
    let Ok(windows) = put(windows, &table, &mut surveys.0, &mut surveys.1);
    let (one, other) = (surveys.0.0, surveys.1.0);
    let traits = Traits { weighted: one.weighted | other.weighted, fine: one.fine | other.fine, ways: one.ways | other.ways };
    let (mut first, mut second) = (Writer::new(traits), Writer::new(traits));
    let Ok(()) = table.write(&mut first, names, hops);
    let Ok(_) = put(windows, &table, &mut first, &mut second);
    let mut ways = Ways::new();
    let sections = [first.filling.finish(&mut ways), second.filling.finish(&mut ways)];
    let mut bytes = vec![traits.format(), traits.to_byte()];
    for section in &sections {
        bytes.extend_from_slice(&(section.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&checksum(traits, section).to_le_bytes());
    }
    bytes.extend_from_slice(&sections.concat());
    bytes
}

fn checksum(traits: Traits, section: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&[traits.format(), traits.to_byte()]);
    checksum.update(section);
    checksum.finalize()
}

/// When a window starts: mostly as long after the last one as that after the one before it.
fn start<F: Flow>(flow: &mut F, start: u64, before: &mut Before) -> Result<u64, F::Error> {
    before.step = flow.near(Column::START, start.wrapping_sub(before.start), before.step)?;
    before.start = before.start.wrapping_add(before.step);
    Ok(before.start)
}

/// Takes windows and gives them back, so that they can be looked at twice without a copy.
fn put<F>(windows: Vec<(u64, Window)>, table: &Table, first: &mut F, second: &mut F) -> Result<Vec<(u64, Window)>, Infallible>
where
    F: Flow<Error = Infallible>,
{
    first.number(Column::START, windows.len() as u64)?;
    let mut before = Before::default();
    let mut all = Vec::with_capacity(windows.len());
    for (start_ns, mut window) in windows {
        start(first, start_ns, &mut before)?;
        figures::capability(first, &mut window, &mut before)?;
        let failed = figures::failures(first, figures::failed_of(&window, table), table)?;
        let executions = window.executions();
        let mut way = Way { table, failed: &failed, executions, before: &mut before };
        window.hops = figures::hops(second, &mut window.hops, &mut way)?;
        window.joint = figures::joint(second, &mut window.joint, table, executions)?;
        all.push((start_ns, window));
    }
    Ok(all)
}

/// Shows the windows that start in `wanted`, in the order of time. With `totals` they have the figures of the capability, and of its
/// hops only how many executions failed by cause, without samples; the greater part of the block is not looked at then.
///
/// # Errors
/// If this is not a block, or of a newer format. Windows before the damage may have been shown.
pub(super) fn unpack(
    bytes: &[u8],
    wanted: Range<u64>,
    totals: bool,
    names: &Names,
    hops: &Hops,
    visitor: &mut dyn FnMut(u64, &Window),
) -> Result<(), Unreadable> {
    let (traits, [first, second]) = sections(bytes, totals)?;
    let mut first = Reader::new(checked(traits, first)?, traits)?;
    let mut second = if totals { None } else { Some(Reader::new(checked(traits, second)?, traits)?) };
    let table = Table::read(&mut first, names, hops)?;
    let mut before = Before::default();
    for _ in 0..first.number(Column::START, 0)? {
        let start_ns = start(&mut first, 0, &mut before)?;
        if start_ns >= wanted.end {
            break;
        }
        let mut window = Window::default();
        figures::capability(&mut first, &mut window, &mut before)?;
        let failed = figures::failures(&mut first, Vec::new(), &table)?;
        if let Some(second) = &mut second {
            let executions = window.executions();
            let mut way = Way { table: &table, failed: &failed, executions, before: &mut before };
            window.hops = figures::hops(second, &mut OfHops::default(), &mut way)?;
            window.joint = figures::joint(second, &mut OfServices::default(), &table, executions)?;
        } else {
            count_failures(&mut window, &failed, &table);
        }
        if wanted.contains(&start_ns) {
            visitor(start_ns, &window);
        }
    }
    Ok(())
}

fn count_failures(window: &mut Window, failed: &[Failed], table: &Table) {
    for failed in failed {
        let trouble = window.hops.entry(table.hops[failed.hop]).or_default().trouble.get_or_insert_default();
        trouble.failures_mut(failed.cause).count += failed.count;
    }
}

/// A section and its checksum.
type Section<'a> = (&'a [u8], u32);

/// How long a block is that begins with these bytes; with `totals`, how much of it is to be there for them.
///
/// # Errors
/// If this is not the beginning of a block.
pub(super) fn length(bytes: &[u8], totals: bool) -> Result<usize, Unreadable> {
    let lengths = bytes.get(..HEADER).map(|header| [2, 10].map(|at| number(header, at) as usize));
    let [first, second] = lengths.ok_or_else(|| damaged("a block ends too early"))?;
    Ok(HEADER.saturating_add(first).saturating_add(if totals { 0 } else { second }))
}

fn number(header: &[u8], at: usize) -> u32 {
    header[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// With `totals`, the second may be there in part.
fn sections(bytes: &[u8], totals: bool) -> Result<(Traits, [Section<'_>; 2]), Unreadable> {
    let format = *bytes.first().ok_or_else(|| damaged("a block is empty"))?;
    if format > FORMAT {
        return Err(Unreadable::Newer(format));
    }
    let (header, sections) = bytes.split_at_checked(HEADER).ok_or_else(|| damaged("a block ends too early"))?;
    let traits = Traits::from_byte(header[1])?;
    if traits.format() != format {
        return Err(damaged("a block has traits of another format"));
    }
    let (first, second) =
        sections.split_at_checked(number(header, 2) as usize).ok_or_else(|| damaged("a block ends too early"))?;
    let expected = number(header, 10) as usize;
    if second.len() > expected || (second.len() < expected && !totals) {
        return Err(damaged("a block has another length than it says"));
    }
    Ok((traits, [(first, number(header, 6)), (second, number(header, 14))]))
}

fn checked(traits: Traits, (section, expected): Section<'_>) -> Result<&[u8], Unreadable> {
    if checksum(traits, section) != expected {
        return Err(damaged("the checksum of a block is wrong"));
    }
    Ok(section)
}
