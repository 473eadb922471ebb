#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::measure::testing::{START_NS, World, verdict};
use crate::measure::{CallWays, Calls, SLICE_NS, Spread, Tally};
use crate::model::{Cause, Hop, Name, TraceId, Verdict, Weight};
use proptest::prelude::*;
use std::cmp::Reverse;

/// Windows of the first capability of [`World`], with their starts.
fn windows(verdicts: &[Verdict]) -> Vec<(u64, Window)> {
    let world = World::default();
    let windows = world.windows();
    verdicts.iter().for_each(|verdict| windows.record(verdict));
    let taken = windows.take_closed(u64::MAX).into_iter();
    taken.filter(|(key, _)| key.capability == world.capabilities[0]).map(|(key, window)| (key.slice_ns, window)).collect()
}

fn unpacked(bytes: &[u8], wanted: Range<u64>, totals: bool, world: &World) -> Result<Vec<(u64, Window)>, Unreadable> {
    let mut all = Vec::new();
    unpack(bytes, wanted, totals, &world.names, &world.hops, &mut |start, window| all.push((start, window.clone())))?;
    Ok(all)
}

fn all_of(bytes: &[u8], world: &World) -> Vec<(u64, Window)> {
    unpacked(bytes, 0..u64::MAX, false, world).unwrap()
}

fn packed(windows: &[(u64, Window)], world: &World) -> Vec<u8> {
    pack(windows.to_vec(), &world.names, &world.hops)
}

/// What a question about totals is to see of a window.
fn totals_of(window: &Window) -> Window {
    let mut totals = Window { hops: OfHops::default(), joint: OfServices::default(), ..window.clone() };
    for (hop, figures) in &window.hops {
        for (cause, failures) in figures.trouble.iter().flat_map(|trouble| &trouble.failures) {
            let trouble = totals.hops.entry(*hop).or_default().trouble.get_or_insert_default();
            trouble.failures_mut(*cause).count += failures.count;
        }
    }
    totals
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    prop::collection::vec(verdict(), 0..40)
}

/// All verdicts have weight 1.
fn unweighted(mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
    verdicts.iter_mut().for_each(|verdict| verdict.weight = Weight::ONE);
    verdicts
}

proptest! {
    #[test]
    fn what_comes_out_is_what_went_in(verdicts in verdicts()) {
        let (world, windows) = (World::default(), windows(&verdicts));
        prop_assert_eq!(all_of(&packed(&windows, &world), &world), windows);
    }

    #[test]
    fn it_is_without_weights_too(verdicts in verdicts()) {
        let (world, windows) = (World::default(), windows(&unweighted(verdicts)));
        prop_assert_eq!(all_of(&packed(&windows, &world), &world), windows);
    }

    #[test]
    fn it_is_with_coarse_buckets_too(verdicts in verdicts()) {
        let world = World::default();
        let windows: Vec<_> = windows(&unweighted(verdicts)).into_iter().map(|(start, window)| (start, window.coarsened())).collect();
        prop_assert_eq!(all_of(&packed(&windows, &world), &world), windows);
    }

    #[test]
    fn what_early_versions_counted_is_written_as_they_wrote_it(verdicts in verdicts()) {
        let (world, mut windows) = (World::default(), windows(&verdicts));
        let figures = windows.iter_mut().flat_map(|(_, window)| window.hops.values_mut());
        for (_, calls) in figures.flat_map(|figures| &mut figures.callers) {
            *calls = Calls { calls: calls.calls, gap: calls.gap, ..Calls::default() };
        }
        let bytes = packed(&windows, &world);
        prop_assert_eq!(bytes[0], 1);
        prop_assert!(bytes[1] < 4);
        prop_assert_eq!(all_of(&bytes, &world), windows);
    }

    #[test]
    fn another_process_reads_the_same_whatever_numbers_its_names_have(verdicts in verdicts()) {
        let (world, windows) = (World::default(), windows(&verdicts));
        let other = World { names: Default::default(), hops: Default::default(), ..World::default() };
        for at in (0..10).rev() {
            let hop = world.hops.get(world.hop(at));
            let name = |name: Name| other.names.intern(world.names.text(name).as_bytes());
            other.hops.intern(Hop { hop: name(hop.hop), service: name(hop.service), external: hop.external });
        }
        let bytes = packed(&windows, &world);
        let there = all_of(&bytes, &other);
        prop_assert_eq!(packed(&there, &other), bytes);
        prop_assert!(there.iter().zip(&windows).all(|((_, there), (_, here))| there.durations == here.durations));
    }

    #[test]
    fn only_windows_that_start_in_the_time_asked_for_are_shown(verdicts in verdicts(), from in 0u64..5, slices in 0u64..4) {
        let (world, windows) = (World::default(), windows(&verdicts));
        let wanted = START_NS + from * SLICE_NS..START_NS + (from + slices) * SLICE_NS;
        let shown = unpacked(&packed(&windows, &world), wanted.clone(), false, &world).unwrap();
        prop_assert_eq!(shown, windows.into_iter().filter(|(start, _)| wanted.contains(start)).collect::<Vec<_>>());
    }

    #[test]
    fn totals_are_the_figures_of_the_capability_and_failures_by_hop_and_cause(verdicts in verdicts()) {
        let (world, windows) = (World::default(), windows(&verdicts));
        let shown = unpacked(&packed(&windows, &world), 0..u64::MAX, true, &world).unwrap();
        prop_assert_eq!(shown, windows.into_iter().map(|(start, window)| (start, totals_of(&window))).collect::<Vec<_>>());
    }

    #[test]
    fn a_flipped_bit_is_found(verdicts in verdicts(), place: prop::sample::Index, bit in 0u32..8) {
        let world = World::default();
        let mut bytes = packed(&windows(&verdicts), &world);
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(at == 0 || unpacked(&bytes, 0..u64::MAX, false, &world).is_err(), "byte {}", at);
    }

    #[test]
    fn bytes_that_were_changed_and_signed_again_do_no_harm(verdicts in verdicts(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let world = World::default();
        let mut bytes = packed(&windows(&verdicts), &world);
        for (place, byte) in changes {
            let at = HEADER + place.index(bytes.len() - HEADER);
            bytes[at] = byte;
        }
        sign(&mut bytes);
        // It may be another block, or none.
        let _ = unpacked(&bytes, 0..u64::MAX, false, &world);
    }

    #[test]
    fn any_bytes_do_no_harm(mut bytes: Vec<u8>) {
        let world = World::default();
        let _ = unpacked(&bytes, 0..u64::MAX, false, &world);
        bytes.splice(0..0, [0; HEADER]);
        (bytes[0], bytes[1]) = (FORMAT, 7);
        sign(&mut bytes);
        let _ = unpacked(&bytes, 0..u64::MAX, false, &world);
    }
}

/// Makes lengths and checksums right.
fn sign(bytes: &mut [u8]) {
    let traits = Traits::from_byte(bytes[1]).unwrap();
    let first = (u32::from_le_bytes(*bytes[2..].first_chunk().unwrap()) as usize).min(bytes.len() - HEADER);
    let (header, sections) = bytes.split_at_mut(HEADER);
    let (one, two) = sections.split_at(first);
    for (at, section) in [(2, one), (10, two)] {
        header[at..at + 4].copy_from_slice(&(section.len() as u32).to_le_bytes());
        header[at + 4..at + 8].copy_from_slice(&checksum(traits, section).to_le_bytes());
    }
}

#[test]
fn no_windows_are_a_block_too() {
    let world = World::default();
    assert_eq!(all_of(&packed(&[], &world), &world), []);
}

#[test]
fn numbers_at_the_end_of_their_range_come_back() {
    let world = World::default();
    let most = Tally { units: u128::MAX, raw: u64::MAX, excess: u64::MAX };
    let mut window = Window { outcomes: [most; 5], critical_path: u128::MAX, skewed: u64::MAX, ..Window::default() };
    let mut spread = Spread { sum: u128::MAX, max: u64::MAX, ..Spread::default() };
    spread.histogram.add(3775, u128::MAX >> 16);
    spread.histogram.add(0, 0);
    window.durations = spread.clone();
    let figures = window.hops.entry(world.hop(0)).or_default();
    (figures.latency, figures.calls) = (spread, most);
    let ways = CallWays { asynchronous: most, failures: most, slow: most };
    let calls = Calls { calls: most, executions: most, ways: Some(Box::new(ways)), gap: u128::MAX };
    figures.callers = vec![(world.hop(0), calls), (world.hop(1), Calls::default())];
    figures.slowest = Some((u64::MAX, Reverse(TraceId(u128::MAX))));
    figures.trouble = Some(Box::default());
    window.hops.insert(world.hop(2), Default::default());
    window.joint.insert(world.hops.get(world.hop(1)).service, Default::default());
    let windows = vec![(0, Window::default()), (7, window), (u64::MAX - 1, Window::default())];
    assert_eq!(all_of(&packed(&windows, &world), &world), windows);
}

#[test]
fn all_causes_come_back() {
    let world = World::default();
    let failures = Cause::ALL.iter().enumerate().map(|(at, cause)| world.failed(at as u128 + 1, world.hop(at % 10), *cause));
    let windows = windows(&failures.collect::<Vec<_>>());
    assert_eq!(all_of(&packed(&windows, &world), &world), windows);
}

#[test]
fn a_newer_format_and_a_cut_off_block_are_told() {
    let world = World::default();
    let mut bytes = packed(&windows(&[world.ok(1)]), &world);
    assert!(unpacked(&bytes[..bytes.len() - 1], 0..u64::MAX, false, &world).is_err());
    bytes[0] = FORMAT + 1;
    assert_eq!(unpacked(&bytes, 0..u64::MAX, false, &world), Err(Unreadable::Newer(FORMAT + 1)));
    assert!(matches!(unpacked(&[], 0..u64::MAX, false, &world), Err(Unreadable::Damaged(_))));
}

#[test]
fn damage_beyond_the_totals_does_not_hide_them() {
    let world = World::default();
    let windows = windows(&[world.ok(1)]);
    let mut bytes = packed(&windows, &world);
    *bytes.last_mut().unwrap() ^= 1;
    assert!(unpacked(&bytes, 0..u64::MAX, false, &world).is_err());
    assert_eq!(unpacked(&bytes, 0..u64::MAX, true, &world).unwrap().len(), 1);
}
