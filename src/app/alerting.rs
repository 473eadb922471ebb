//! Alerts of a running server: fed with what is kept, looked at by a thread of their own, kept in the store, told to whoever wants to know.
//!
//! What goes to the store goes to the sums of the alerts, once: from the same list that teaches what is normal. Which alerts last is kept in the store as
//! soon as it changes and before anybody is told, so that a crash makes no second alert of the first. The sums themselves are not kept:
//! after a restart they are made again from the windows in the store (`summing`), beside the intake and not before it.

use super::pipeline::Pipeline;
use super::watermark::Watermark;
use crate::alert::{Engine, Facts, Kept, Moment, Notice, Shown, blames, notice};
use crate::catalogue::Catalogue;
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::{Hops, Name, Names};
use crate::notify::State;
use crate::objective::{HOUR_NS, MINUTE_NS};
use crate::query::{AlertLine, Alerts, Watching};
use crate::store::{Look, StoreError};
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Under this name the store keeps which alerts last.
const KEPT: &str = "alerts";
/// Under this one what sinks were told.
const COURIERS: &str = "alert_sinks";
/// Beside the time that a trace is waited for.
const MARGIN_NS: u64 = 2_000_000_000;
/// So far behind now the watermark is anyway: a slice, and the time between two commits.
const USUAL_NS: u64 = SLICE_NS + 10_000_000_000;
/// Notices are made anew this often while nothing begins or ends.
const ANEW_NS: u64 = MINUTE_NS;
/// Of so many capabilities that a new map promises other things of, the sums are made again at once; of more, beside everything else.
const MOST_AT_ONCE: usize = 20;
/// Of more alerts than this no facts are read: their notices say less.
const MOST_WITH_FACTS: usize = 50;
/// What an alert says of its capability, it says of this long before the watermark at most, or of as long as it looked back.
const FACTS_NS: u64 = HOUR_NS;

/// Alerts of a server.
pub(super) struct Alerting {
    watch: Mutex<Watch>,
    watermark: Mutex<Watermark>,
    /// All that ended before it is fed, Unix nanoseconds; 0 before the first commit.
    fed_ns: AtomicU64,
    /// Held while something is on its way from the counts through the store to the sums.
    pub(super) feeding: Mutex<()>,
    /// Where this server is asked; empty if that is not known.
    base_url: OnceLock<String>,
    /// How often alerts are looked at.
    pub(super) every: OnceLock<Duration>,
    /// What the store holds of what sinks were told.
    couriers_kept: Mutex<String>,
    /// What questions are told.
    told: ArcSwap<Alerts>,
}

pub(super) struct Watch {
    pub(super) engine: Engine,
    pub(super) catalogue: Arc<Catalogue>,
    /// Something was fed since the last look.
    fed: bool,
    /// What lasts is not yet kept as it is.
    unkept: bool,
    told_ns: u64,
    /// Whether the sums hold what was counted before this server began.
    pub(super) learnt: Learnt,
}

/// How far the sums are made again after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learnt {
    /// Nothing is summed: what is fed is read from the store later.
    Not,
    /// The store is read as it was at a moment; what is fed since then is summed.
    Going,
    /// All is summed.
    Done,
}

impl Alerting {
    pub(super) fn new(catalogue: &Arc<Catalogue>, names: &Arc<Names>, hops: &Arc<Hops>) -> Self {
        let mut engine = Engine::new(names.clone(), hops.clone());
        engine.watch(catalogue.capabilities());
        let watch = Watch { engine, catalogue: catalogue.clone(), fed: false, unkept: false, told_ns: 0, learnt: Learnt::Done };
        Self {
            watch: Mutex::new(watch),
            watermark: Mutex::default(),
            fed_ns: AtomicU64::new(0),
            feeding: Mutex::default(),
            base_url: OnceLock::new(),
            every: OnceLock::new(),
            couriers_kept: Mutex::default(),
            told: ArcSwap::default(),
        }
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Links in alerts lead where people find this server; where that is not told, to its own address, unless that is none.
    pub(super) fn reached_at(&self, external_url: &str, secured: bool, api: SocketAddr) {
        if !external_url.is_empty() {
            let _ = self.base_url.set(external_url.trim_end_matches('/').to_owned());
        } else if !api.ip().is_unspecified() {
            let _ = self.base_url.set(format!("{}://{api}", if secured { "https" } else { "http" }));
        }
    }

    /// Adds what was kept. All that ended before the watermark is among it, or was before.
    pub(super) fn feed(&self, kept: &[(Key, Window)], watermark_ns: u64) {
        let mut watch = self.lock();
        // What is fed before the store is read is read with it.
        let kept = if watch.learnt == Learnt::Not { &[][..] } else { kept };
        for (key, window) in kept {
            watch.engine.learn(*key, SLICE_NS, window);
        }
        watch.fed = true;
        self.fed_ns.fetch_max(watermark_ns, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Alerting {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Alerting").field("fed_ns", &self.fed_ns).finish_non_exhaustive()
    }
}

impl Watching for Alerting {
    fn alerts(&self) -> Alerts {
        Alerts::clone(&self.told.load())
    }

    fn burns(&self, capability: Name, until_ns: Option<u64>) -> BTreeMap<String, BTreeMap<String, f64>> {
        let watch = self.lock();
        // A question about the last hour asks up to now, and the watermark is a little behind.
        let early = watch.learnt != Learnt::Done;
        if early || until_ns.is_some_and(|until_ns| until_ns < watch.engine.until_ns()) {
            return BTreeMap::new();
        }
        let named = |rates: Vec<(&'static str, f64)>| rates.into_iter().map(|(name, rate)| (name.to_owned(), rate)).collect();
        watch.engine.burns(capability).into_iter().map(|(id, rates)| (id.to_owned(), named(rates))).collect()
    }
}

impl Pipeline {
    /// The watermark at a commit that began now and takes windows that end before this moment.
    pub(super) fn alert_watermark_ns(&self, before_ns: u64, now_ns: u64) -> u64 {
        let mut watermark = self.alerting.watermark.lock().unwrap_or_else(PoisonError::into_inner);
        let at_ns = watermark.at(now_ns, self.settled_ns(now_ns), self.alert_wait_ns());
        at_ns.min(before_ns - before_ns % SLICE_NS)
    }

    fn alert_wait_ns(&self) -> u64 {
        u64::try_from(self.limits.quiet.as_nanos()).unwrap_or(u64::MAX).saturating_add(MARGIN_NS)
    }

    /// What lasted before a restart lasts after it. Before the first message is taken; the sums are made again later ([`Pipeline::sum_again`]).
    pub(super) fn recall_alerts(&self, now_ns: u64) -> Result<(), StoreError> {
        let mut watch = self.alerting.lock();
        watch.engine.awake_since(now_ns);
        let Some(store) = self.keeper.store() else { return Ok(()) };
        self.recall_incidents()?;
        let kept = store.text(KEPT)?;
        match serde_json::from_str::<Kept>(&kept) {
            Ok(kept) => watch.engine.restore(kept),
            Err(_) if kept.is_empty() => {}
            Err(error) => tracing::error!("which alerts lasted cannot be read, and is forgotten: {error}"),
        }
        watch.learnt = Learnt::Not;
        Ok(())
    }

    /// Another map is in use: what it promises is watched from now on.
    fn watch_map(&self, watch: &mut Watch, now_ns: u64) -> Result<(), StoreError> {
        let catalogue = self.maps.load().fresh.catalogue.clone();
        if Arc::ptr_eq(&catalogue, &watch.catalogue) {
            return Ok(());
        }
        watch.catalogue = catalogue.clone();
        watch.unkept = true;
        let unknown = watch.engine.watch(catalogue.capabilities());
        if unknown.len() > MOST_AT_ONCE {
            watch.engine.forget_all();
            watch.learnt = Learnt::Not;
            return Ok(());
        }
        for capability in unknown {
            watch.engine.forget(capability);
            self.learn_sums(&mut watch.engine, &catalogue, capability, now_ns)?;
        }
        Ok(())
    }

    /// Lets alerts begin and end, keeps which do, and tells.
    pub(super) fn look_at_alerts(&self, now_ns: u64) -> Result<(), StoreError> {
        self.sum_again(now_ns, &AtomicBool::new(false))?;
        // Nothing may be on its way to the sums while they are made again.
        let passing = self.alerting.feeding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut watch = self.alerting.lock();
        let followed = self.watch_map(&mut watch, now_ns);
        drop(passing);
        if watch.learnt != Learnt::Done {
            drop(watch);
            return followed.and_then(|()| self.sum_again(now_ns, &AtomicBool::new(false)));
        }
        let until_ns = self.alerting.fed_ns.load(Ordering::Relaxed);
        if until_ns == 0 {
            return followed;
        }
        let usual_ns = until_ns.saturating_add(self.alert_wait_ns()).saturating_add(USUAL_NS);
        let lag_ns = now_ns.saturating_sub(usual_ns);
        // Between two commits there is nothing new to see, unless there should have been one.
        let news = std::mem::take(&mut watch.fed) || lag_ns > 0;
        let changed = news && watch.engine.evaluate(Moment { until_ns, now_ns, lag_ns });
        let due = changed || now_ns.saturating_sub(watch.told_ns) >= ANEW_NS;
        // How bad it was of late is kept too: without it a later server would take what was bad for what came since.
        watch.unkept |= changed || due && watch.engine.alerts().any(|shown| shown.alert.is_firing());
        let kept = if watch.unkept { self.keep_alerts(&mut watch) } else { Ok(()) };
        let mut noted = Ok(());
        if due {
            watch.told_ns = now_ns;
            noted = self.note_incidents(&watch.engine);
            self.tell_alerts(&watch.engine, now_ns);
        }
        let (map, engine_ns) = (watch.catalogue.clone(), watch.engine.until_ns());
        drop(watch);
        let noted = noted.and_then(|()| self.settle_incidents(&map, engine_ns));
        followed.and(kept).and(self.keep_couriers()).and(noted)
    }

    fn keep_alerts(&self, watch: &mut Watch) -> Result<(), StoreError> {
        if let Some(store) = self.keeper.store() {
            let text = serde_json::to_string(&watch.engine.keep()).unwrap_or_default();
            store.put_text(KEPT, &text)?;
        }
        watch.unkept = false;
        Ok(())
    }

    /// What sinks were told before this server began.
    pub(super) fn kept_of_couriers(&self) -> State {
        let text = self.keeper.store().map_or_else(|| Ok(String::new()), |store| store.text(COURIERS)).unwrap_or_default();
        let kept = serde_json::from_str(&text);
        if let Some(error) = kept.as_ref().err().filter(|_| !text.is_empty()) {
            tracing::error!("what sinks were told cannot be read, and is told again: {error}");
        }
        kept.unwrap_or_default()
    }

    /// Keeps what sinks were told, if it is news.
    pub(super) fn keep_couriers(&self) -> Result<(), StoreError> {
        let (Some(store), Some(couriers)) = (self.keeper.store(), self.couriers.get()) else { return Ok(()) };
        let text = serde_json::to_string(&couriers.state()).unwrap_or_default();
        let mut kept = self.alerting.couriers_kept.lock().unwrap_or_else(PoisonError::into_inner);
        if *kept != text {
            store.put_text(COURIERS, &text)?;
            *kept = text;
        }
        Ok(())
    }

    fn tell_alerts(&self, engine: &Engine, now_ns: u64) {
        let (mut lines, mut notices) = (Vec::new(), Vec::new());
        for (at, shown) in engine.alerts().enumerate() {
            let notice = self.notice_of(&shown, engine.until_ns(), at < MOST_WITH_FACTS);
            lines.push(AlertLine::of(&notice, shown.burning));
            notices.push(notice);
        }
        if let Some(couriers) = self.couriers.get() {
            couriers.observe(&notices, now_ns);
        }
        self.alerting.told.store(Arc::new(Alerts::of(lines, engine.until_ns())));
    }

    fn notice_of(&self, shown: &Shown<'_>, until_ns: u64, with_facts: bool) -> Notice {
        let facts = (with_facts && shown.capability.is_some()).then(|| self.facts_of(shown, until_ns)).flatten();
        let facts = facts.as_ref().map(|(window, range)| Facts { window, range, names: &self.names, hops: &self.hops });
        notice(shown, facts, self.alerting.base_url.get().map_or("", String::as_str))
    }

    /// What was counted of its capability since its short window when it began, an hour at most. Where nothing is broken any more it still says who broke it:
    /// the hops are then those of its beginning.
    fn facts_of(&self, shown: &Shown<'_>, until_ns: u64) -> Option<(Window, Range<u64>)> {
        let capability = self.names.find(shown.alert.labels.capability.as_bytes())?;
        let end_ns = shown.alert.resolved_ns.unwrap_or(until_ns);
        let back_ns = shown.alert.looks_back_ns();
        let began_ns = shown.alert.starts_ns.min(end_ns).saturating_sub(back_ns);
        let most_ns = FACTS_NS.max(back_ns);
        let range = began_ns.max(end_ns.saturating_sub(most_ns)) / SLICE_NS * SLICE_NS..end_ns;
        let mut sum = self.counted_of(capability, range.clone())?;
        let facts = Facts { window: &sum, range: &range, names: &self.names, hops: &self.hops };
        if range.start > began_ns && !blames(shown, facts) {
            sum.hops = self.counted_of(capability, began_ns..began_ns.saturating_add(most_ns).min(end_ns))?.hops;
        }
        Some((sum, range))
    }

    fn counted_of(&self, capability: Name, range: Range<u64>) -> Option<Window> {
        let mut sum = Window::default();
        let look = Look { totals: false, ..Look::default() };
        let read = self.keeper.read_by(range, Some(capability), look, &mut |_, window| sum.merge(window));
        read.ok().map(|()| sum)
    }
}
