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
    /// Executions, as many as were seen.
    pub executions: f64,
    /// Executions, weighted.
    pub weighted: f64,
}

impl Table {
    pub fn of(window: &Window, level: Level, hops: &Hops) -> Self {
        let mut rows: HashMap<Hop, Figures> = HashMap::new();
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
            for (caller, calls) in &figures.callers {
                let caller = row(*caller, level, hops);
                if caller == own {
                    continue;
                }
                let sum = row_of_hop.callers.entry(caller).or_default();
                sum.calls += calls.calls;
                sum.gap = sum.gap.saturating_add(calls.gap);
            }
        }
        if level == Level::Service {
            for (service, joint) in &window.joint {
                let row = row_of(Hop { hop: *service, service: *service, external: false }, level);
                rows.entry(row).or_default().share.merge(joint);
            }
        }
        let Tally { raw, .. } = window.executions();
        Self { rows, executions: raw as f64, weighted: window.executions().count() }
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

fn row(id: HopId, level: Level, hops: &Hops) -> Hop {
    row_of(hops.get(id), level)
}

/// The row of a bucket.
pub(super) fn bucket(id: HopId, hops: &Hops) -> Hop {
    row_of(hops.get(id), Level::Service)
}
