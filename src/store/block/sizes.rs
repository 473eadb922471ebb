//! How small blocks are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use super::load::Load;
use super::{pack, unpack};
use crate::measure::Calls;
use crate::measure::testing::World;

const SECOND: u64 = 1_000_000_000;

/// Packs an ordinary load; bytes for each window and hop, rounded up.
fn bytes_per_hop(per_minute: f64, slice_ns: u64, slices: u64, coarse: bool) -> usize {
    let world = World::default();
    let mut windows = Load { per_minute, gaps: true, paired: false }.windows(&world, slice_ns, slices);
    if coarse {
        windows.iter_mut().for_each(|(_, window)| *window = window.coarsened());
    }
    let bytes = pack(windows.clone(), &world.names, &world.hops);
    let mut again = Vec::new();
    unpack(&bytes, 0..u64::MAX, false, &world.names, &world.hops, &mut |start, window| again.push((start, window.clone())))
        .unwrap();
    assert_eq!(again, windows);
    let each = bytes.len().div_ceil(windows.len() * 30);
    println!("{per_minute} a minute, {} s, coarse {coarse}: {each} bytes per window and hop", slice_ns / SECOND);
    each
}

/// What executions and ways of callers take, in hundredths of a byte for each window and hop, rounded up.
fn hundredths_for_ways(per_minute: f64, slice_ns: u64, slices: u64) -> usize {
    let world = World::default();
    let windows = Load { per_minute, gaps: true, paired: false }.windows(&world, slice_ns, slices);
    let mut without = windows.clone();
    for figures in without.iter_mut().flat_map(|(_, window)| window.hops.values_mut()) {
        for (_, calls) in &mut figures.callers {
            *calls = Calls { calls: calls.calls, gap: calls.gap, ..Calls::default() };
        }
    }
    let size = |windows: Vec<_>| pack(windows, &world.names, &world.hops).len();
    let hops = windows.len() * 30;
    let (with, without) = (size(windows), size(without));
    let each = (with.saturating_sub(without) * 100).div_ceil(hops);
    println!(
        "{per_minute} a minute, {} s: {without} and {} bytes, {each}/100 a window and hop",
        slice_ns / SECOND,
        with - without
    );
    each
}

/// Two years of fifty capabilities with thirty hops are a hundred million hops in windows: most of them in minutes, which are kept for thirty days.
/// A twentieth of a byte each is 5 MiB.
#[test]
fn ways_take_a_twentieth_of_a_byte_a_hop_in_short_windows_and_a_quarter_in_hours() {
    assert!(hundredths_for_ways(1.0, 10 * SECOND, 360) <= 5);
    assert!(hundredths_for_ways(1.0, 60 * SECOND, 60) <= 5);
    assert!(hundredths_for_ways(1.0, 3600 * SECOND, 24) <= 25);
}

#[test]
fn ten_seconds_with_an_execution_or_two_take_a_dozen_bytes_a_hop() {
    assert!(bytes_per_hop(1.0, 10 * SECOND, 360, false) <= 12);
}

#[test]
fn minutes_with_an_execution_or_two_take_fifteen_bytes_a_hop() {
    assert!(bytes_per_hop(1.0, 60 * SECOND, 60, false) <= 15);
}

#[test]
fn hours_with_sixty_executions_take_eighty_bytes_a_hop() {
    assert!(bytes_per_hop(1.0, 3600 * SECOND, 24, true) <= 82);
}
