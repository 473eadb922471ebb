//! All capabilities of the map, watched.

use super::rule::Fire;
use super::state::{Alert, Kind};
use super::watched::{Burning, Watched};
use super::{Labels, Severity, intake};
use crate::catalogue::Capability;
use crate::measure::{Key, Window};
use crate::model::{Hops, Name, Names};
use crate::objective::{MIN_FAILURES, MINUTE_NS};
use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Further behind than this, the server lags; it has caught up when it was less than half of it behind for [`CAUGHT_UP_NS`].
const LAG_NS: u64 = MINUTE_NS;
const CAUGHT_UP_NS: u64 = 5 * MINUTE_NS;

/// Which moment alerts are looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The watermark: what ended before it is counted, but for what comes very late. A multiple of ten seconds; never in the future.
    pub until_ns: u64,
    /// Now.
    pub now_ns: u64,
    /// By how much the server is further behind than it usually is.
    pub lag_ns: u64,
}

/// What must outlive a restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Kept {
    /// Those that last, and those that ended of late.
    pub alerts: Vec<Alert>,
}

/// An alert with what is known of it now.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// What it is about; `None` for the server itself, and for a capability that is not in the map any more.
    pub capability: Option<&'a Arc<Capability>>,
    /// How its objective burns.
    pub burning: Option<Burning>,
}

/// Watches the capabilities of a map. Time is an argument: it may be made up.
#[derive(Debug)]
pub struct Engine {
    names: Arc<Names>,
    hops: Arc<Hops>,
    order: Vec<Name>,
    watched: HashMap<Name, Watched, RandomState>,
    /// About the server itself, and about capabilities that are gone.
    others: Vec<Alert>,
    min_failures: u64,
    awake_since_ns: u64,
    until_ns: u64,
    /// Executions of any capability that came since it was said that there are none.
    back: u64,
}

impl Engine {
    /// Watches nothing yet.
    pub fn new(names: Arc<Names>, hops: Arc<Hops>) -> Self {
        Self {
            names,
            hops,
            order: Vec::new(),
            watched: HashMap::default(),
            others: Vec::new(),
            min_failures: MIN_FAILURES,
            awake_since_ns: 0,
            until_ns: 0,
            back: 0,
        }
    }

    /// Silence before this moment was nobody's but this server's own.
    pub fn awake_since(&mut self, moment_ns: u64) {
        self.awake_since_ns = moment_ns;
    }

    /// From now on these capabilities. What is known of those that stay is kept. Gives back those with an objective of which nothing is known, so that
    /// it can be learnt.
    pub fn watch(&mut self, capabilities: &[Capability]) -> Vec<Name> {
        let mut before = std::mem::take(&mut self.watched);
        let mut unknown = Vec::new();
        self.order.clear();
        for capability in capabilities {
            let name = self.names.intern(capability.id.as_bytes());
            let mut watched = Watched::new(&Arc::new(capability.clone()), &self.names, self.min_failures);
            if !before.remove(&name).is_some_and(|old| watched.take_over(old)) {
                unknown.push(name);
            }
            watched.take_back(&mut self.others);
            self.order.push(name);
            self.watched.insert(name, watched);
        }
        let until_ns = self.until_ns;
        let gone = before.into_values().flat_map(|old| old.alerts).map(|alert| alert.ended(until_ns));
        self.others.extend(gone);
        unknown
    }

    /// Takes what was kept by an earlier server: what lasted goes on.
    pub fn restore(&mut self, kept: Kept) {
        self.others.extend(kept.alerts);
        for watched in self.watched.values_mut() {
            watched.take_back(&mut self.others);
        }
    }

    /// What a later server must know.
    pub fn keep(&self) -> Kept {
        Kept { alerts: self.alerts().map(|shown| shown.alert.clone()).collect() }
    }

    /// Adds what was counted in a stretch of time, or a part of it. Parts may come late, and in any order.
    pub fn learn(&mut self, key: Key, length_ns: u64, window: &Window) {
        if let Some(watched) = self.watched.get_mut(&key.capability) {
            let came = watched.learn(key, length_ns, window, &self.hops);
            let silence = self.others.iter().find(|alert| intake::is_about_intake(alert) && alert.is_firing());
            if silence.is_some_and(|alert| key.slice_ns.saturating_add(length_ns) > alert.starts_ns) {
                self.back = self.back.saturating_add(came);
            }
        }
    }

    /// Forgets all sums of a capability, because they are to be learnt from the beginning.
    pub fn forget(&mut self, capability: Name) {
        if let Some(watched) = self.watched.get_mut(&capability) {
            watched.forget_sums(&self.names, self.min_failures);
        }
    }

    /// The same, of all of them.
    pub fn forget_all(&mut self) {
        for watched in self.watched.values_mut() {
            watched.forget_sums(&self.names, self.min_failures);
        }
    }

    /// Lets alerts begin and end. True if one did.
    pub fn evaluate(&mut self, moment: Moment) -> bool {
        // A clock that was put back must not undo what was seen.
        self.until_ns = self.until_ns.max(moment.until_ns);
        let (until_ns, awake_since_ns) = (self.until_ns, self.awake_since_ns);
        let mut changed = self.look_at_itself(moment);
        changed |= self.look_at_intake(until_ns);
        let stopped = self.others.iter().any(|alert| intake::is_about_intake(alert) && alert.is_firing());
        for watched in self.watched.values_mut() {
            changed |= watched.evaluate(until_ns, awake_since_ns, stopped);
        }
        changed
    }

    /// Whether anything comes in at all.
    fn look_at_intake(&mut self, until_ns: u64) -> bool {
        let missed = intake::is_missed(self.watched.values(), self.awake_since_ns, until_ns);
        let lasting = self.others.iter_mut().find(|alert| intake::is_about_intake(alert) && alert.is_firing());
        if let Some(alert) = lasting {
            let over = intake::ends(alert, missed, self.back, until_ns);
            alert.resolved_ns = over.then_some(until_ns);
            return over;
        }
        if missed {
            self.back = 0;
            self.others.push(intake::alert(until_ns));
        }
        missed
    }

    fn look_at_itself(&mut self, moment: Moment) -> bool {
        let Moment { now_ns, lag_ns, .. } = moment;
        self.others.retain(|alert| !alert.is_forgotten(now_ns));
        let mut changed = false;
        for alert in self.others.iter_mut().filter(|alert| alert.is_firing() && !intake::is_about_intake(alert)) {
            let lagging = alert.kind == Kind::IngestionLagging;
            if lagging && lag_ns >= LAG_NS / 2 {
                alert.fire.burnt_ns = now_ns;
            }
            if !lagging || now_ns.saturating_sub(alert.fire.burnt_ns) >= CAUGHT_UP_NS {
                alert.resolved_ns = Some(now_ns);
                changed = true;
            }
        }
        if lag_ns >= LAG_NS && !self.others.iter().any(|alert| alert.kind == Kind::IngestionLagging && alert.is_firing()) {
            let labels = Labels {
                alertname: Kind::IngestionLagging.as_str().to_owned(),
                capability: String::new(),
                objective: String::new(),
                tier: String::new(),
                severity: Severity::Page,
                owner: String::new(),
            };
            self.others.push(Alert::new(Kind::IngestionLagging, labels, now_ns, Fire::at(now_ns)));
            changed = true;
        }
        changed
    }

    /// All alerts that last or ended of late, in the order of the map, those about the server itself first.
    pub fn alerts(&self) -> impl Iterator<Item = Shown<'_>> {
        let others = self.others.iter().map(|alert| Shown { alert, capability: None, burning: None });
        let watched = self.order.iter().filter_map(|name| self.watched.get(name));
        others.chain(watched.flat_map(|watched| {
            watched.alerts.iter().map(|alert| Shown {
                alert,
                capability: Some(&watched.capability),
                burning: watched.burning(alert, self.until_ns),
            })
        }))
    }

    /// Burn rates of the objectives of a capability at the last evaluation, by id: in each window that tiers look at, those with data. Infinite ones, where
    /// nothing may fail, are left out.
    pub fn burns(&self, capability: Name) -> Vec<(&str, Vec<(&'static str, f64)>)> {
        let series = self.watched.get(&capability).map_or(&[][..], |watched| &watched.series);
        series.iter().map(|series| (series.id.as_str(), series.burns(self.until_ns))).collect()
    }

    /// The moment of the last evaluation: no window after it was read.
    pub fn until_ns(&self) -> u64 {
        self.until_ns
    }

    /// How many objectives are watched.
    pub fn objectives(&self) -> usize {
        self.watched.values().map(|watched| watched.series.len()).sum()
    }
}
