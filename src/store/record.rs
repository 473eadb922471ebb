//! A window as it lies on disk: format 1.
//!
//! The first byte is the number of the format, then follows a protobuf message. Fields may be added to the messages; the number
//! changes only if something is to be read differently. Hops and services are written as text, because their numbers hold only for
//! a process. The same window is always the same bytes. A count of `raw` things is written with what its weights exceed 1 by, so
//! that without sampling it is one small number; counts in a histogram are cut at the binary point for the same reason.

use super::messages::{
    CallerRecord, CountRecord, FailuresRecord, HopRecord, JointRecord, LimitRecord, ShareRecord, SpreadRecord, SumRecord,
    WindowRecord,
};
use crate::measure::{CallWays, Calls, Failures, Histogram, HopFigures, Share, Spread, Tally, Trouble, Window, WithinLimit};
use crate::model::{Cause, Hop, Hops, Name, Names, TraceId};
use prost::Message;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;

/// First byte of a window.
pub(super) const FORMAT: u8 = 1;

/// The highest bucket there is.
const LAST_BUCKET: u32 = 3775;

/// Why bytes are not a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("format {0}")]
    Newer(u8),
    #[error("{0}")]
    Damaged(String),
}

impl From<prost::DecodeError> for Unreadable {
    fn from(error: prost::DecodeError) -> Self {
        Self::Damaged(error.to_string())
    }
}

fn count(tally: Tally) -> Option<CountRecord> {
    let more = tally.units.wrapping_sub(u128::from(tally.raw) << 16);
    (!tally.is_zero()).then_some(CountRecord {
        raw: tally.raw,
        more: more as u64,
        more_high: (more >> 64) as u64,
        excess: tally.excess,
    })
}

fn tally(record: Option<CountRecord>) -> Tally {
    record.map_or_else(Tally::default, |CountRecord { raw, more, more_high, excess }| {
        let more = (u128::from(more_high) << 64) | u128::from(more);
        let units = more.wrapping_add(u128::from(raw) << 16);
        // Since 0.2 it is written how unequal weights are.
        if more > 0 && excess == 0 { Tally::of_equal_weights(units, raw) } else { Tally { units, raw, excess } }
    })
}

/// Counts by position: those at the end that are zero are left out.
fn counts(tallies: &[Tally]) -> Vec<CountRecord> {
    let used = tallies.iter().rposition(|tally| !tally.is_zero()).map_or(0, |last| last + 1);
    tallies[..used].iter().map(|tally| count(*tally).unwrap_or_default()).collect()
}

fn tallies<const N: usize>(records: &[CountRecord]) -> [Tally; N] {
    std::array::from_fn(|at| tally(records.get(at).copied()))
}

fn sum(value: u128) -> Option<SumRecord> {
    (value > 0).then_some(SumRecord { low: value as u64, high: (value >> 64) as u64 })
}

fn number(record: Option<SumRecord>) -> u128 {
    record.map_or(0, |SumRecord { low, high }| (u128::from(high) << 64) | u128::from(low))
}

fn spread_record(spread: &Spread) -> Option<SpreadRecord> {
    if spread.is_empty() {
        return None;
    }
    let mut record = SpreadRecord { sum: sum(spread.sum), max: spread.max, ..SpreadRecord::default() };
    let mut last = 0;
    for (bucket, units) in spread.histogram.buckets() {
        record.steps.push(u32::from(bucket) - last);
        last = u32::from(bucket);
        record.whole.push((units >> 16) as u64);
        record.fraction.push(units as u32 & 0xffff);
        record.high.push((units >> 80) as u64);
    }
    if record.fraction.iter().all(|fraction| *fraction == 0) {
        record.fraction.clear();
    }
    if record.high.iter().all(|high| *high == 0) {
        record.high.clear();
    }
    Some(record)
}

fn spread(record: Option<SpreadRecord>) -> Result<Spread, Unreadable> {
    let Some(record) = record else { return Ok(Spread::default()) };
    let as_long = |length: usize| length == 0 || length == record.steps.len();
    if record.whole.len() != record.steps.len() || !as_long(record.fraction.len()) || !as_long(record.high.len()) {
        return Err(Unreadable::Damaged("lists of a histogram differ in length".into()));
    }
    let mut histogram = Histogram::default();
    let mut bucket = 0u32;
    for (at, step) in record.steps.iter().enumerate() {
        bucket = bucket.saturating_add(*step);
        if bucket > LAST_BUCKET {
            return Err(Unreadable::Damaged("a histogram has a bucket that does not exist".into()));
        }
        let fraction = record.fraction.get(at).copied().unwrap_or(0) & 0xffff;
        let high = record.high.get(at).copied().unwrap_or(0) & 0xffff_ffff;
        histogram.add(bucket as u16, (u128::from(high) << 80) | (u128::from(record.whole[at]) << 16) | u128::from(fraction));
    }
    Ok(Spread { histogram, sum: number(record.sum), max: record.max })
}

fn share_record(share: &Share) -> ShareRecord {
    ShareRecord {
        executions: count(share.executions),
        with_error: count(share.with_error),
        ok_with_error: count(share.ok_with_error),
        missing: count(share.missing),
        critical_path: spread_record(&share.critical_path),
        self_time: spread_record(&share.self_time),
        edge_gap: spread_record(&share.edge_gap),
        ok_units: sum(share.ok_units),
        ok_self: sum(share.ok_self),
        ok_gap: sum(share.ok_gap),
    }
}

fn share(record: ShareRecord) -> Result<Share, Unreadable> {
    Ok(Share {
        executions: tally(record.executions),
        with_error: tally(record.with_error),
        ok_with_error: tally(record.ok_with_error),
        missing: tally(record.missing),
        critical_path: spread(record.critical_path)?,
        self_time: spread(record.self_time)?,
        edge_gap: spread(record.edge_gap)?,
        ok_units: number(record.ok_units),
        ok_self: number(record.ok_self),
        ok_gap: number(record.ok_gap),
    })
}

fn caller_record(caller: Hop, calls: &Calls, names: &Names) -> CallerRecord {
    let ways = calls.ways.as_deref().copied().unwrap_or_default();
    CallerRecord {
        hop: names.text(caller.hop).into(),
        service: names.text(caller.service).into(),
        external: caller.external,
        calls: count(calls.calls),
        gap: sum(calls.gap),
        executions: count(calls.executions),
        asynchronous: count(ways.asynchronous),
        failures: count(ways.failures),
        slow: count(ways.slow),
    }
}

fn calls(record: &CallerRecord) -> Calls {
    let ways = CallWays { asynchronous: tally(record.asynchronous), failures: tally(record.failures), slow: tally(record.slow) };
    Calls {
        calls: tally(record.calls),
        executions: tally(record.executions),
        ways: (ways != CallWays::default()).then(|| Box::new(ways)),
        gap: number(record.gap),
    }
}

fn hop_record(hop: Hop, figures: &HopFigures, names: &Names, hops: &Hops) -> HopRecord {
    let nothing = Trouble::default();
    let trouble = figures.trouble.as_deref().unwrap_or(&nothing);
    let failures = trouble.failures.iter().map(|(cause, failures)| FailuresRecord {
        cause: cause.as_str().into(),
        count: count(failures.count),
        samples: failures.samples.iter().map(|trace| trace.to_wire().to_vec()).collect(),
    });
    let mut callers: Vec<CallerRecord> =
        figures.callers.iter().map(|(caller, calls)| caller_record(hops.get(*caller), calls, names)).collect();
    callers
        .sort_unstable_by(|one, other| (&one.hop, &one.service, one.external).cmp(&(&other.hop, &other.service, other.external)));
    HopRecord {
        hop: names.text(hop.hop).into(),
        service: names.text(hop.service).into(),
        external: hop.external,
        calls: count(figures.calls),
        latency: spread_record(&figures.latency),
        alone: Some(share_record(&figures.alone)),
        several: figures.several.as_deref().map(share_record),
        errors: count(trouble.errors),
        retries: count(trouble.retries),
        slow_blamed: count(trouble.slow_blamed),
        absorbed: counts(&trouble.absorbed),
        failures: failures.collect(),
        callers,
        slowest_ns: figures.slowest.map_or(0, |(time_ns, _)| time_ns),
        slowest: figures.slowest.map_or_else(Vec::new, |(_, trace)| trace.0.to_wire().to_vec()),
    }
}

fn hop_figures(record: HopRecord, names: &Names, hops: &Hops) -> Result<HopFigures, Unreadable> {
    let mut trouble = Trouble {
        errors: tally(record.errors),
        retries: tally(record.retries),
        slow_blamed: tally(record.slow_blamed),
        absorbed: tallies(&record.absorbed),
        failures: Vec::new(),
    };
    for failures in record.failures {
        let samples = failures.samples.iter().filter_map(|bytes| TraceId::from_wire(bytes)).collect();
        let read = Failures { count: tally(failures.count), samples };
        trouble.failures_mut(Cause::from_word(&failures.cause).unwrap_or(Cause::Unknown)).merge(&read);
    }
    let slowest = TraceId::from_wire(&record.slowest).map(|trace| (record.slowest_ns, Reverse(trace)));
    let mut figures = HopFigures {
        calls: tally(record.calls),
        latency: spread(record.latency)?,
        alone: share(record.alone.unwrap_or_default())?,
        several: record.several.map(share).transpose()?.map(Box::new),
        trouble: (trouble != Trouble::default()).then(|| Box::new(trouble)),
        callers: Vec::new(),
        slowest,
    };
    for one in record.callers {
        let caller =
            Hop { hop: names.intern(one.hop.as_bytes()), service: names.intern(one.service.as_bytes()), external: one.external };
        figures.calls_of(hops.intern(caller)).merge(&calls(&one));
    }
    Ok(figures)
}

fn window_record(window: &Window, names: &Names, hops: &Hops) -> WindowRecord {
    let limits = window.limits.iter();
    let mut record = WindowRecord {
        outcomes: counts(&window.outcomes),
        slow: count(window.slow),
        absorbed: counts(&window.absorbed),
        durations: spread_record(&window.durations),
        limits: limits.map(|one| LimitRecord { under_ns: one.under_ns, good: count(one.good), all: count(one.all) }).collect(),
        critical_path: sum(window.critical_path),
        skewed: window.skewed,
        hops: window.hops.iter().map(|(hop, figures)| hop_record(hops.get(*hop), figures, names, hops)).collect(),
        joint: Vec::new(),
        late: window.late,
        orphans: window.orphans,
        orphaned: count(window.orphaned),
        corrected: count(window.corrected),
    };
    record
        .hops
        .sort_unstable_by(|one, other| (&one.hop, &one.service, one.external).cmp(&(&other.hop, &other.service, other.external)));
    let joint = window.joint.iter();
    record.joint = joint
        .map(|(service, share)| JointRecord { service: names.text(*service).into(), share: Some(share_record(share)) })
        .collect();
    record.joint.sort_unstable_by(|one, other| one.service.cmp(&other.service));
    record
}

fn bytes_of(record: &WindowRecord) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + record.encoded_len());
    bytes.push(FORMAT);
    // Encoding to a vector grows it as needed and cannot fail.
    let _ = record.encode(&mut bytes);
    bytes
}

/// The bytes of a window.
#[cfg(test)]
pub(super) fn encode(window: &Window, names: &Names, hops: &Hops) -> Vec<u8> {
    bytes_of(&window_record(window, names, hops))
}

/// A window in two parts, each the bytes of a window, which added up are the whole: the head has the figures of the capability and
/// which hop failed how many executions, the rest has all else of the hops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub head: Vec<u8>,
    pub rest: Vec<u8>,
}

/// The parts of a window.
pub(super) fn encode_parts(window: &Window, names: &Names, hops: &Hops) -> Parts {
    parts(window_record(window, names, hops))
}

/// The parts of a window that was written whole.
pub(super) fn split(bytes: &[u8]) -> Result<Parts, Unreadable> {
    Ok(parts(WindowRecord::decode(message(bytes)?)?))
}

fn parts(mut head: WindowRecord) -> Parts {
    let mut rest = WindowRecord { joint: std::mem::take(&mut head.joint), ..WindowRecord::default() };
    rest.hops = std::mem::take(&mut head.hops);
    for hop in rest.hops.iter_mut().filter(|hop| !hop.failures.is_empty()) {
        head.hops.push(HopRecord {
            hop: hop.hop.clone(),
            service: hop.service.clone(),
            external: hop.external,
            failures: std::mem::take(&mut hop.failures),
            ..HopRecord::default()
        });
    }
    Parts { head: bytes_of(&head), rest: bytes_of(&rest) }
}

fn message(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let (format, message) = bytes.split_first().ok_or_else(|| Unreadable::Damaged("a window is empty".into()))?;
    if *format > FORMAT {
        return Err(Unreadable::Newer(*format));
    }
    Ok(message)
}

/// The window of these bytes.
pub(super) fn decode(bytes: &[u8], names: &Names, hops: &Hops) -> Result<Window, Unreadable> {
    let record = WindowRecord::decode(message(bytes)?)?;
    let mut window = Window {
        outcomes: tallies(&record.outcomes),
        slow: tally(record.slow),
        absorbed: tallies(&record.absorbed),
        durations: spread(record.durations)?,
        critical_path: number(record.critical_path),
        skewed: record.skewed,
        late: record.late,
        orphans: record.orphans,
        orphaned: tally(record.orphaned),
        corrected: tally(record.corrected),
        ..Window::default()
    };
    let limits = record.limits.into_iter();
    window.limits =
        limits.map(|one| WithinLimit { under_ns: one.under_ns, good: tally(one.good), all: tally(one.all) }).collect();
    add_hops(&mut window, record.hops, record.joint, names, hops)?;
    Ok(window)
}

fn add_hops(
    window: &mut Window,
    records: Vec<HopRecord>,
    joint: Vec<JointRecord>,
    names: &Names,
    hops: &Hops,
) -> Result<(), Unreadable> {
    let name = |text: &str| -> Name { names.intern(text.as_bytes()) };
    for one in records {
        let hop = hops.intern(Hop { hop: name(&one.hop), service: name(&one.service), external: one.external });
        let figures = hop_figures(one, names, hops)?;
        match window.hops.entry(hop) {
            Entry::Vacant(free) => {
                free.insert(figures);
            }
            Entry::Occupied(mut there) => there.get_mut().merge(&figures),
        }
    }
    for one in joint {
        window.joint.entry(name(&one.service)).or_default().merge(&share(one.share.unwrap_or_default())?);
    }
    Ok(())
}

/// Adds the rest of a window to its head.
pub(super) fn add_rest(head: &mut Window, rest: &[u8], names: &Names, hops: &Hops) -> Result<(), Unreadable> {
    let record = WindowRecord::decode(message(rest)?)?;
    add_hops(head, record.hops, record.joint, names, hops)
}
