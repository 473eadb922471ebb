//! Carries what an outbox holds to its sink: a task for each, one message at a time.

use super::outbox::{Counts, Outbox, SavedOutbox};
use super::sink::{Sender, Sent, Sink};
use crate::alert::Notice;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// A clock that is set anew is noticed after this time.
const LONGEST_NAP: Duration = Duration::from_secs(1);
/// Alertmanager is told that an alert ends after so many intervals, unless it is told again.
const INTERVALS: u32 = 4;

/// Who is told, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Who.
    pub sinks: Vec<Sink>,
    /// How often alerts are evaluated.
    pub evaluation: Duration,
    /// How often Alertmanager is told again of what lasts.
    pub resend: Duration,
    /// Where people find this server; empty if that is not known.
    pub external_url: String,
    /// Certificates in PEM of who may have signed those of the sinks; `None`: those that this machine trusts.
    pub ca_pem: Option<Vec<u8>>,
}

impl Default for Settings {
    /// Nobody is told; a second and a minute.
    fn default() -> Self {
        Self {
            sinks: Vec::new(),
            evaluation: Duration::from_secs(1),
            resend: Duration::from_secs(60),
            external_url: String::new(),
            ca_pem: None,
        }
    }
}

impl Settings {
    /// After now, an alert that is not told again has ended.
    pub fn ends_in(&self) -> Duration {
        INTERVALS * self.evaluation.max(self.resend)
    }
}

/// What all outboxes know, to be kept over a restart; by the names of the sinks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State(BTreeMap<String, SavedOutbox>);

/// How a kind of sink is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// What became of messages.
    pub counts: Counts,
    /// Things of which it has not been told how they are.
    pub waiting: usize,
    /// Sinks of this kind that could not be reached the last time.
    pub failing: usize,
}

/// All sinks, and what they are still to be told.
pub struct Couriers {
    each: Vec<Arc<Courier>>,
    tasks: Mutex<JoinSet<()>>,
    stopping: watch::Sender<bool>,
}

struct Courier {
    name: String,
    sender: Sender,
    settings: Arc<Settings>,
    outbox: Mutex<Outbox>,
    /// There is something new.
    news: Notify,
    failing: std::sync::atomic::AtomicBool,
    now_ns: fn() -> u64,
}

impl Couriers {
    /// Starts, with what was kept. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Which sink cannot be used, and why; without secrets.
    pub fn start(settings: Settings, mut kept: State, now_ns: fn() -> u64) -> Result<Self, String> {
        let settings = Arc::new(settings);
        let (stopping, told) = watch::channel(false);
        let mut couriers = Self { each: Vec::new(), tasks: Mutex::new(JoinSet::new()), stopping };
        for sink in &settings.sinks {
            let name = sink.name();
            let sender = Sender::new(sink.clone(), settings.ca_pem.as_deref()).map_err(|why| format!("{name}: {why}"))?;
            let outbox = Outbox::restore(sink.habit(settings.resend), kept.0.remove(&name).unwrap_or_default());
            let courier = Courier {
                name,
                sender,
                settings: settings.clone(),
                outbox: Mutex::new(outbox),
                news: Notify::new(),
                failing: false.into(),
                now_ns,
            };
            couriers.each.push(Arc::new(courier));
        }
        for courier in &couriers.each {
            let (courier, told) = (courier.clone(), told.clone());
            couriers.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move { courier.work(told).await });
        }
        Ok(couriers)
    }

    /// Takes in **all** alerts that last, and those that ended lately; see [`Outbox::observe`]. Does not wait.
    pub fn observe(&self, all: &[Notice], now_ns: u64) {
        let all: Vec<_> = all.iter().cloned().map(Arc::new).collect();
        for courier in &self.each {
            courier.outbox().observe(&all, now_ns);
            courier.news.notify_one();
        }
    }

    /// What to keep over a restart.
    pub fn state(&self) -> State {
        State(self.each.iter().map(|courier| (courier.name.clone(), courier.outbox().state())).collect())
    }

    /// By the kind of sink.
    pub fn figures(&self, now_ns: u64) -> BTreeMap<&'static str, Figures> {
        let mut all: BTreeMap<&'static str, Figures> = BTreeMap::new();
        for courier in &self.each {
            let sum = all.entry(courier.sender.sink().kind()).or_default();
            let (counts, waiting) = courier.counted(now_ns);
            sum.counts.told += counts.told;
            sum.counts.failed += counts.failed;
            sum.counts.refused += counts.refused;
            sum.counts.dropped += counts.dropped;
            sum.waiting += waiting;
            sum.failing += usize::from(courier.failing.load(std::sync::atomic::Ordering::Relaxed));
        }
        all
    }

    /// Sends what can be sent at once, within this time, and stops. What was not sent is in the state.
    pub async fn finish(&self, within: Duration) {
        self.stopping.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tasks.shutdown().await;
        }
    }
}

impl Courier {
    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted(&self, now_ns: u64) -> (Counts, usize) {
        let outbox = self.outbox();
        (outbox.counts(), outbox.waiting(now_ns))
    }

    async fn work(&self, mut stopping: watch::Receiver<bool>) {
        loop {
            if self.deliver_one().await {
                continue;
            }
            if *stopping.borrow() {
                return;
            }
            let nap = self.nap();
            tokio::select! {
                () = self.news.notified() => {}
                () = tokio::time::sleep(nap) => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        }
    }

    fn nap(&self) -> Duration {
        let due_ns = self.outbox().due_ns();
        due_ns.map_or(LONGEST_NAP, |due_ns| Duration::from_nanos(due_ns.saturating_sub((self.now_ns)())).min(LONGEST_NAP))
    }

    /// False if there was nothing to send.
    async fn deliver_one(&self) -> bool {
        let now_ns = (self.now_ns)();
        let Some(parcel) = self.outbox().next(now_ns) else { return false };
        let settings = &self.settings;
        let message = self.sender.sink().message(&parcel, settings.ends_in(), &settings.external_url, now_ns);
        let sent = self.sender.send(message).await;
        self.outbox().done(&parcel, &sent, (self.now_ns)());
        self.say(&sent);
        true
    }

    /// Once until it works again: a sink that is down must not fill the log.
    fn say(&self, sent: &Sent) {
        use std::sync::atomic::Ordering::Relaxed;
        let name = &self.name;
        match sent {
            Sent::Taken if self.failing.swap(false, Relaxed) => tracing::warn!("alerts can be told to {name} again"),
            Sent::Taken => {}
            Sent::Later { why, .. } if !self.failing.swap(true, Relaxed) => {
                tracing::warn!("alerts cannot be told to {name}: {why}; it is tried again");
            }
            Sent::Later { .. } => {}
            Sent::Never { why } => {
                if !self.failing.swap(true, Relaxed) {
                    tracing::error!("an alert is not told to {name}, which refuses it: {why}");
                }
            }
        }
    }
}
