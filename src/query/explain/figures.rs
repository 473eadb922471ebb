//! What is known of each hop, or each service, in a stretch of time.

use crate::measure::{Calls, Share, Spread, Tally, Trouble, Window};
use crate::model::{Hop, HopId, Hops, TraceId};
use crate::query::Level;
use crate::query::hops::row_of;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// Of one hop, or of all hops of a service.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub share: Share,
    pub trouble: Trouble,
    pub callers: BTreeMap<Hop, Calls>,
    /// Calls by operation of the caller, as many as were seen.
    pub calls_by: BTreeMap<Hop, f64>,
    pub slowest: Option<(u64, Reverse<TraceId>)>,
    /// Calls, as many as were seen.
    pub calls: f64,
    /// Duration of each call.
    pub latency: Spread,
    /// Spans of its own came.
    pub speaks: bool,
}

impl Figures {
    /// Executions in which it was called; as many as were seen.
    pub fn executions(&self) -> f64 {
        self.share.executions.raw as f64
    }
}

/// By hop or service; the buckets `(caller)` and `(unknown)` among them.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub rows: HashMap<Hop, Figures>,
    /// Executions of each hop, as many as were seen, and its row.
    pub at_work: HashMap<Hop, (f64, Hop)>,
    /// Executions, as many as were seen.
    pub executions: f64,
    /// How long executions take on average, nanoseconds.
    pub mean_ns: Option<f64>,
    /// Executions, weighted.
    pub weighted: f64,
}

impl Table {
    pub fn of(window: &Window, level: Level, hops: &Hops) -> Self {
        let mut rows: HashMap<Hop, Figures> = HashMap::new();
        let mut at_work: HashMap<Hop, (f64, Hop)> = HashMap::new();
        for (id, figures) in &window.hops {
            let own = row(*id, level, hops);
            let row_of_hop = rows.entry(own).or_default();
            row_of_hop.share.merge(&figures.alone);
            if let Some(several) = figures.several.as_ref().filter(|_| level == Level::Hop) {
                row_of_hop.share.merge(several);
            }
            if let Some(trouble) = &figures.trouble {
                row_of_hop.trouble.merge(trouble);
            }
            row_of_hop.slowest = row_of_hop.slowest.max(figures.slowest);
            row_of_hop.calls += figures.calls.raw as f64;
            row_of_hop.latency.merge(&figures.latency);
            row_of_hop.speaks |= !hops.get(*id).external && !figures.calls.is_zero();
            let several = figures.several.as_ref().map_or(0, |several| several.executions.raw);
            at_work.entry(hops.get(*id)).or_insert((0.0, own)).0 += (figures.alone.executions.raw + several) as f64;
            for (caller, calls) in &figures.callers {
                let operation = hops.get(*caller);
                let caller = row(*caller, level, hops);
                if caller == own {
                    continue;
                }
                let sum = row_of_hop.callers.entry(caller).or_default();
                sum.calls += calls.calls;
                sum.gap = sum.gap.saturating_add(calls.gap);
                *row_of_hop.calls_by.entry(operation).or_default() += calls.calls.raw as f64;
            }
        }
        if level == Level::Service {
            for (service, joint) in &window.joint {
                let row = row_of(Hop { hop: *service, service: *service, external: false }, level);
                rows.entry(row).or_default().share.merge(joint);
            }
        }
        let Tally { raw, .. } = window.executions();
        Self { rows, at_work, mean_ns: window.durations.mean(), executions: raw as f64, weighted: window.executions().count() }
    }

    pub fn row(&self, hop: Hop) -> Option<&Figures> {
        self.rows.get(&hop)
    }

    /// Calls from one to another, as many as were seen, and their time on the way, nanoseconds.
    pub fn calls(&self, caller: Hop, callee: Hop) -> (f64, f64) {
        let calls = self.row(callee).and_then(|figures| figures.callers.get(&caller));
        calls.map_or((0.0, 0.0), |calls| (calls.calls.raw as f64, calls.gap as f64 / 65536.0))
    }
}

impl Table {
    /// Calls of one operation, or of a whole row if it is one, to a row; as many as were seen.
    pub fn calls_at(&self, at: At, callee: Hop) -> f64 {
        match at {
            At::Row(caller) => self.calls(caller, callee).0,
            At::Operation(operation) => self.row(callee).and_then(|row| row.calls_by.get(&operation)).copied().unwrap_or(0.0),
        }
    }

    /// Executions in which it was called.
    pub fn executions_at(&self, at: At) -> f64 {
        match at {
            At::Row(caller) => self.row(caller).map_or(0.0, Figures::executions),
            At::Operation(operation) => self.at_work.get(&operation).map_or(0.0, |(executions, _)| *executions),
        }
    }
}

/// Who calls: a row, or one of its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    Row(Hop),
    Operation(Hop),
}

fn row(id: HopId, level: Level, hops: &Hops) -> Hop {
    row_of(hops.get(id), level)
}

/// The row of a bucket.
pub(super) fn bucket(id: HopId, hops: &Hops) -> Hop {
    row_of(hops.get(id), Level::Service)
}
