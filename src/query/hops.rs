//! Which hops fail, and which are slow.

use super::estimate::{intervals, seen};
use super::stats::{bounds, latency, milliseconds, share, share_of};
use super::status::{absorbed, absorbed_by_place, count};
use super::{Buckets, By, CriticalPathMs, HopRow, Interval, Level, MeanMs, money};
use crate::catalogue::Capability;
use crate::measure::{HopFigures, Share, Spread, Tally, Trouble, Window};
use crate::model::{Hop, HopId, Hops, Name, Names, Outcome};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// What is summed for a row.
#[derive(Debug, Default)]
struct Sum {
    calls: Tally,
    latency: Spread,
    share: Share,
    trouble: Trouble,
    /// All that is summed here sends no spans of its own.
    external: bool,
    lost: Option<Decimal>,
}

/// Rows and buckets over the windows of one or several capabilities.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: HashMap<Hop, Sum>,
    pub(super) failed: Tally,
    executions: Tally,
    caller: Tally,
    unknown: Tally,
    critical_path: u128,
    pub(super) estimated: bool,
    currency: Currency,
}

/// In which currency costs are told.
#[derive(Debug, Default)]
enum Currency {
    /// No capability has a value.
    #[default]
    None,
    One(String),
    /// Amounts cannot be added.
    Several,
}

/// Under what a hop is summed.
pub(super) fn row_of(hop: Hop, level: Level) -> Hop {
    match level {
        Level::Hop => hop,
        Level::Service => Hop { hop: hop.service, service: hop.service, external: false },
    }
}

/// Under which number each hop of the map was called most. Where a mapped hop was absent nobody can say which of its services or peers
/// it would have been: its absence belongs to the row in which its calls are.
pub(super) fn called_as(window: &Window, hops: &Hops, names: &Names) -> HashMap<Name, HopId> {
    let mut best: HashMap<Name, (u128, &str, HopId)> = HashMap::new();
    for (id, figures) in window.hops.iter().filter(|(_, figures)| !figures.calls.is_zero()) {
        let hop = hops.get(*id);
        let calls = (figures.calls.units, names.text(hop.service), *id);
        let there = best.entry(hop.hop).or_insert(calls);
        if (calls.0, there.1) > (there.0, calls.1) {
            *there = calls;
        }
    }
    best.into_iter().map(|(name, (_, _, id))| (name, id)).collect()
}

fn failures(figures: &HopFigures) -> Tally {
    figures.trouble.as_ref().map_or_else(Tally::default, |trouble| trouble.failed())
}

impl Table {
    /// Adds what is counted of a capability.
    pub(super) fn add(&mut self, capability: &Capability, window: &Window, level: Level, names: &Names, hops: &Hops) {
        let mut failed_at: HashMap<Hop, u128> = HashMap::new();
        let called = called_as(window, hops, names);
        for (id, figures) in &window.hops {
            let failures = failures(figures);
            let absent = figures.calls.is_zero() && figures.trouble.is_none();
            let id = called.get(&hops.get(*id).hop).filter(|_| absent).unwrap_or(id);
            match *id {
                Hops::CALLER => self.caller += failures,
                Hops::UNKNOWN => self.unknown += failures,
                _ => {
                    let row = row_of(hops.get(*id), level);
                    *failed_at.entry(row).or_default() += failures.units;
                    self.add_hop(*id, row, figures, level, hops);
                }
            }
        }
        if level == Level::Service {
            for (service, joint) in &window.joint {
                self.rows
                    .entry(row_of(Hop { hop: *service, service: *service, external: false }, level))
                    .or_default()
                    .share
                    .merge(joint);
            }
        }
        self.failed += window.outcome(Outcome::Failed);
        self.executions += window.executions();
        self.critical_path = self.critical_path.saturating_add(window.critical_path);
        self.estimated |= window.is_estimated();
        self.add_cost(capability, window.outcome(Outcome::Failed).units, failed_at, names);
    }

    fn add_hop(&mut self, id: HopId, row: Hop, figures: &HopFigures, level: Level, hops: &Hops) {
        let external = hops.get(id).external;
        let sum = self.rows.entry(row).or_insert_with(|| Sum { external, ..Sum::default() });
        sum.external &= external;
        sum.calls += figures.calls;
        sum.latency.merge(&figures.latency);
        sum.share.merge(&figures.alone);
        if let Some(several) = figures.several.as_ref().filter(|_| level == Level::Hop) {
            sum.share.merge(several);
        }
        if let Some(trouble) = &figures.trouble {
            sum.trouble.merge(trouble);
        }
    }

    /// Shares out what the failures of a capability cost; what is left is the cost of the buckets.
    fn add_cost(&mut self, capability: &Capability, failed: u128, failed_at: HashMap<Hop, u128>, names: &Names) {
        let Some(rule) = &capability.value else { return };
        let mut parts: Vec<(Hop, u128)> = failed_at.into_iter().collect();
        parts.sort_unstable_by_key(|(hop, _)| (names.text(hop.hop), names.text(hop.service), hop.external));
        let in_rows: u128 = parts.iter().map(|(_, units)| units).sum();
        let units: Vec<u128> = parts.iter().map(|(_, units)| *units).chain([failed.saturating_sub(in_rows)]).collect();
        let Some(amounts) = money::shared_out(&units, rule) else { return };
        self.currency = match std::mem::take(&mut self.currency) {
            Currency::None => Currency::One(rule.currency.clone()),
            Currency::One(known) if known == rule.currency => Currency::One(known),
            _ => Currency::Several,
        };
        for ((hop, _), amount) in parts.iter().zip(amounts) {
            if let Some(sum) = self.rows.get_mut(hop) {
                sum.lost = Some(sum.lost.unwrap_or_default().saturating_add(amount));
            }
        }
    }

    /// Failures that no hop caused.
    pub(super) fn buckets(&self) -> Buckets {
        Buckets { caller: count(self.caller), unknown: count(self.unknown) }
    }

    fn told(&self) -> [(String, Tally); 3] {
        [("failed", self.failed), ("caller", self.caller), ("unknown", self.unknown)].map(|(name, tally)| (name.into(), tally))
    }

    /// Unweighted counts beside the rows, where they are estimated.
    pub(super) fn sampled(&self) -> Option<BTreeMap<String, u64>> {
        self.estimated.then(|| seen(self.told()))
    }

    /// In which range the weighted counts are known.
    pub(super) fn intervals(&self) -> Option<BTreeMap<String, Interval>> {
        self.estimated.then(|| intervals(self.told(), self.executions))
    }

    /// The rows, ordered. Between equals: most failures, most slow executions, most errors, then by name.
    pub(super) fn rows(&self, by: By, names: &Names) -> Vec<HopRow> {
        let mut rows: Vec<(&Sum, HopRow)> = self.rows.iter().map(|(hop, sum)| (sum, self.row(*hop, sum, names))).collect();
        rows.sort_by(|(sum, row), (other_sum, other)| {
            let wanted = match by {
                By::Failures => Ordering::Equal,
                By::Latency => other_sum.share.critical_path.sum.cmp(&sum.share.critical_path.sum),
                By::Cost => other_sum.lost.cmp(&sum.lost),
                By::Resilience => least_resilient_first(row, other),
            };
            let by_trouble = || {
                let trouble = |sum: &Sum| (sum.trouble.failed().units, sum.trouble.slow_blamed.units, sum.trouble.errors.units);
                trouble(other_sum).cmp(&trouble(sum))
            };
            let by_name = || (&row.hop, &row.service, row.external).cmp(&(&other.hop, &other.service, other.external));
            wanted.then_with(by_trouble).then_with(by_name)
        });
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn row(&self, hop: Hop, sum: &Sum, names: &Names) -> HopRow {
        let (per_execution, trouble) = (&sum.share, &sum.trouble);
        let failures = trouble.failed();
        let (failure_share_low, failure_share_high) = bounds(share_of(failures, self.failed));
        let (resilience_low, resilience_high) = bounds(share_of(per_execution.ok_with_error, per_execution.with_error));
        let causes = trouble.failures.iter().map(|(cause, failures)| (cause.as_str().to_string(), count(failures.count)));
        HopRow {
            hop: names.text(hop.hop).into(),
            service: names.text(hop.service).into(),
            external: sum.external,
            executions: count(per_execution.executions),
            calls: count(sum.calls),
            errors: count(trouble.errors),
            failures: count(failures),
            failure_share: share(failures.units, self.failed.units),
            failure_share_low,
            failure_share_high,
            causes: causes.collect(),
            slow_blamed: count(trouble.slow_blamed),
            absorbed: absorbed(&trouble.absorbed),
            retries: count(trouble.retries),
            resilience: share(per_execution.ok_with_error.units, per_execution.with_error.units),
            resilience_low,
            resilience_high,
            latency_ms: latency(&sum.latency),
            critical_path_ms: critical_path(&per_execution.critical_path, self.critical_path),
            self_ms: mean(&per_execution.self_time),
            edge_gap_ms: mean(&per_execution.edge_gap),
            missing: count(per_execution.missing),
            lost_value: match (&self.currency, sum.lost) {
                (Currency::One(currency), Some(lost)) => Some(money::written(lost, currency)),
                _ => None,
            },
            sampled: self.estimated.then(|| seen(told(sum))),
            intervals: self.estimated.then(|| intervals(told(sum), self.executions)),
        }
    }
}

/// The counts of a row by their places in the answer.
fn told(sum: &Sum) -> impl Iterator<Item = (String, Tally)> {
    let counts = [
        ("executions", sum.share.executions),
        ("calls", sum.calls),
        ("errors", sum.trouble.errors),
        ("failures", sum.trouble.failed()),
        ("slow_blamed", sum.trouble.slow_blamed),
        ("retries", sum.trouble.retries),
        ("missing", sum.share.missing),
    ];
    let counts = counts.map(|(name, tally)| (name.to_owned(), tally)).into_iter();
    let causes = sum.trouble.failures.iter().map(|(cause, failures)| (format!("causes.{}", cause.as_str()), failures.count));
    counts.chain(causes).chain(absorbed_by_place(&sum.trouble.absorbed))
}

/// Hops that never had an error come last.
fn least_resilient_first(one: &HopRow, other: &HopRow) -> Ordering {
    match (one.resilience, other.resilience) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    }
}

fn critical_path(spread: &Spread, all: u128) -> CriticalPathMs {
    let MeanMs { mean, p95 } = mean(spread);
    CriticalPathMs { mean, p95, share: share(spread.sum, all) }
}

fn mean(spread: &Spread) -> MeanMs {
    let [p95] = spread.percentiles([950]);
    MeanMs { mean: spread.mean().map(milliseconds), p95: p95.map(|value| milliseconds(value as f64)) }
}
