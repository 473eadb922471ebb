//! The threads behind the ports: some judge what is due, one keeps what is closed, one looks at alerts.

use super::clock;
use super::judging::Bench;
use super::pipeline::Pipeline;
use super::telling::Teller;
use crate::export::TARGET;
use crate::judge::PathMode;
use crate::store::StoreError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often open traces are looked through.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often alerts are looked at, unless told otherwise.
const ALERT_EVERY: Duration = Duration::from_secs(1);
/// The log says so where sums took longer, nanoseconds.
const LONG_NS: u64 = 1_000_000_000;
/// How often what was counted is kept, unless that takes long.
const KEEP_EVERY: Duration = Duration::from_secs(5);
/// Keeping takes one part in so many of the time at most.
const KEEPING: u32 = 20;
/// So much is to be read again after a crash at most, unless a single commit takes longer.
const KEEP_AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// Threads at work. They end when they are told to; the judges then judge what is still open.
pub(super) struct Crew {
    judges: Vec<JoinHandle<()>>,
    keeper: Option<JoinHandle<()>>,
    alerter: Option<JoinHandle<()>>,
    told: Arc<Told>,
}

/// What the threads are told, and what they tell.
#[derive(Debug, Default)]
struct Told {
    stop: AtomicBool,
    drained: AtomicU64,
    trouble: Mutex<Option<String>>,
}

impl Crew {
    /// Starts one judge a core, and the keeper.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(super) fn start(pipeline: &Arc<Pipeline>) -> std::io::Result<Self> {
        let told = Arc::new(Told::default());
        let parts = thread::available_parallelism().map_or(1, usize::from).min(pipeline.table.shards());
        let mut judges = Vec::new();
        for part in 0..parts {
            let (pipeline, told) = (pipeline.clone(), told.clone());
            let judge = thread::Builder::new().name(format!("judge-{part}"));
            judges.push(judge.spawn(move || judge_until_told(&pipeline, part, parts, &told))?);
        }
        let (for_keeping, for_keeper) = (pipeline.clone(), told.clone());
        let keeper = thread::Builder::new().name("keeper".into()).spawn(move || keep_until_told(&for_keeping, &for_keeper))?;
        let (pipeline, for_alerter) = (pipeline.clone(), told.clone());
        let alerter = thread::Builder::new().name("alerts".into()).spawn(move || alert_until_told(&pipeline, &for_alerter))?;
        Ok(Self { judges, keeper: Some(keeper), alerter: Some(alerter), told })
    }

    /// Why closed windows could not be kept the last time; they are counted on in memory then.
    pub(super) fn trouble(&self) -> Option<String> {
        self.told.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets the judges judge what is still open, and ends all threads. Returns how many traces that were.
    pub(super) fn finish(&mut self) -> u64 {
        self.told.stop.store(true, Ordering::Relaxed);
        let threads = self.judges.drain(..).chain(self.keeper.take()).chain(self.alerter.take());
        for thread in threads {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("a thread has failed; figures may be incomplete");
            }
        }
        self.told.drained.load(Ordering::Relaxed)
    }
}

fn judge_until_told(pipeline: &Pipeline, part: usize, parts: usize, told: &Told) {
    let mut bench = Bench::new(PathMode::Default);
    let shards = || (part..pipeline.table.shards()).step_by(parts);
    while !told.stop.load(Ordering::Relaxed) {
        for shard in shards() {
            pipeline.judge_due(shard, pipeline.settled_ns(clock::now_ns()), &mut bench);
        }
        thread::park_timeout(LOOK_EVERY);
    }
    let drained: usize = shards().map(|shard| pipeline.judge_rest(shard, &mut bench)).sum();
    told.drained.fetch_add(drained as u64, Ordering::Relaxed);
}

fn alert_until_told(pipeline: &Pipeline, told: &Told) {
    let mut trouble = None;
    let every = pipeline.alerting.every.get().copied().unwrap_or(ALERT_EVERY);
    let began_ns = clock::now_ns();
    if let Err(error) = pipeline.sum_again(began_ns, &told.stop) {
        tracing::error!("what was counted before cannot be read for alerts, and is tried again: {error}");
    }
    let took_ns = clock::now_ns().saturating_sub(began_ns);
    if took_ns > LONG_NS {
        tracing::info!("alerts are looked at from now on: the sums of their objectives took {} s", took_ns / LONG_NS);
    }
    while !told.stop.load(Ordering::Relaxed) {
        let looked = pipeline.look_at_alerts(clock::now_ns()).err().map(|error| error.to_string());
        if let Some(why) = looked.as_ref().filter(|_| looked != trouble) {
            tracing::error!("which alerts last could not be read or kept: {why}");
        }
        trouble = looked;
        thread::park_timeout(every);
    }
}

fn keep_until_told(pipeline: &Pipeline, told: &Told) {
    let mut teller = Teller::default();
    while !told.stop.load(Ordering::Relaxed) {
        if let Some(line) = teller.line(pipeline, clock::now_ns()) {
            tracing::warn!("{line}");
        }
        let began_ns = clock::now_ns();
        let kept = tracing::info_span!(target: TARGET, "commit").in_scope(|| pipeline.keep_closed(began_ns));
        let took = Duration::from_nanos(clock::now_ns().saturating_sub(began_ns));
        let kept = kept.and_then(|()| pipeline.roll(began_ns));
        let trouble = kept.err().map(|error: StoreError| error.to_string());
        if let Some(trouble) = &trouble {
            tracing::error!("closed windows could not be kept, and stay in memory: {trouble}");
        }
        *told.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        thread::park_timeout((took * KEEPING).clamp(KEEP_EVERY, KEEP_AT_LEAST_EVERY));
    }
}
