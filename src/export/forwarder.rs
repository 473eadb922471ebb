//! Passes messages on: some tasks, each with one message at a time.

use super::counts::{Counts, add};
use super::queue::{Batch, Queue};
use super::sender::{Sender, Sent};
use super::telemetry::TARGET;
use crate::outgoing::Backoff;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument;

/// Messages that are on their way at one time.
const AT_ONCE: usize = 4;
/// A message for which so much has been waited is dropped: one that a receiver cannot digest would block the others for ever.
const GIVE_UP: Duration = Duration::from_secs(300);
/// Longest wait between two attempts while the server is stopping.
const HURRIED: Duration = Duration::from_millis(500);

/// What had not been passed on when the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// Spans.
    pub spans: u64,
}

/// Passes messages on to one endpoint.
pub struct Forwarder {
    shared: Arc<Shared>,
    tasks: Mutex<JoinSet<()>>,
    stopping: watch::Sender<bool>,
}

struct Shared {
    sender: Sender,
    queue: Queue,
    counts: Counts,
    /// Spans that wait or are on their way.
    pending: AtomicU64,
    /// The last attempt failed, and that has been said.
    failing: AtomicBool,
    /// There was no room, and that has been said.
    full: AtomicBool,
}

impl Forwarder {
    /// Starts; at most so many bytes wait. Must be called within a tokio runtime.
    pub fn start(sender: Sender, queue_bytes: usize) -> Self {
        let (stopping, told) = watch::channel(false);
        let shared = Arc::new(Shared {
            sender,
            queue: Queue::new(queue_bytes),
            counts: Counts::default(),
            pending: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            full: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (shared, told) = (shared.clone(), told.clone());
            tasks.spawn(async move { shared.work(told).await });
        }
        Self { shared, tasks: Mutex::new(tasks), stopping }
    }

    /// Takes a message of so many spans and at most so many bytes, if there is room: only then it is made. Does not wait.
    pub fn offer(&self, spans: u64, most_bytes: usize, make: impl FnOnce() -> Option<Vec<u8>>) {
        let shared = &self.shared;
        let Some(room) = shared.queue.admit(most_bytes) else {
            add(&shared.counts.queue_full, spans);
            shared.say_full();
            return;
        };
        let Some(message) = make() else {
            shared.queue.release(room);
            add(&shared.counts.unreadable, spans);
            return;
        };
        shared.pending.fetch_add(spans, Ordering::Relaxed);
        if let Err(batch) = shared.queue.put(Batch { message, spans, charged: room }) {
            shared.done(&batch);
            add(&shared.counts.left, spans);
        }
    }

    /// What became of spans.
    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// Bytes that wait or are on their way.
    pub fn queue_bytes(&self) -> usize {
        self.shared.queue.bytes()
    }

    /// Takes nothing more, and gives what is there so much time to be delivered.
    pub async fn finish(&self, within: Duration) -> Left {
        self.shared.queue.close();
        self.stopping.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tasks.shutdown().await;
        }
        let left = self.shared.pending.swap(0, Ordering::Relaxed);
        add(&self.shared.counts.left, left);
        Left { spans: left }
    }
}

impl Shared {
    async fn work(&self, mut stopping: watch::Receiver<bool>) {
        while let Some(mut batch) = self.queue.take().await {
            let span = tracing::info_span!(target: TARGET, "forward", spans = batch.spans);
            self.deliver(&mut batch, &mut stopping).instrument(span).await;
            self.done(&batch);
        }
    }

    /// Until it has arrived, or never will.
    async fn deliver(&self, batch: &mut Batch, stopping: &mut watch::Receiver<bool>) {
        let message = Bytes::from(std::mem::take(&mut batch.message));
        let (mut backoff, mut waited) = (Backoff::new(), Duration::ZERO);
        loop {
            let (why, after) = match self.sender.send(message.clone()).await {
                Sent::Taken { rejected, message } => return self.arrived(batch.spans, rejected, &message),
                Sent::Never { why } => {
                    add(&self.counts.refused, batch.spans);
                    return self.say_failing(&format!("{why}; {} spans are dropped", batch.spans));
                }
                Sent::Later { why, after } => (why, after),
            };
            self.say_failing(&format!("{why}; it is tried again"));
            let wait = backoff.wait(after);
            if waited >= GIVE_UP {
                return add(&self.counts.expired, batch.spans);
            }
            waited += wait;
            pause(wait, stopping).await;
            add(&self.counts.retries, 1);
        }
    }

    fn arrived(&self, spans: u64, rejected: u64, message: &str) {
        let rejected = rejected.min(spans);
        add(&self.counts.rejected, rejected);
        add(&self.counts.forwarded, spans - rejected);
        if rejected > 0 {
            self.say_failing(&format!("{rejected} of {spans} spans were rejected: {message}"));
        } else if self.failing.swap(false, Ordering::Relaxed) {
            tracing::warn!("forwarding to {} works again", self.sender.to());
        }
    }

    fn done(&self, batch: &Batch) {
        self.pending.fetch_sub(batch.spans, Ordering::Relaxed);
        self.queue.release(batch.charged);
        if self.queue.bytes() == 0 {
            self.full.store(false, Ordering::Relaxed);
        }
    }

    /// Once until it works again: a receiver that is down must not fill the log.
    fn say_failing(&self, what: &str) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!("forwarding to {} fails: {what}", self.sender.to());
        }
    }

    /// Once until the queue has been empty.
    fn say_full(&self) {
        if !self.full.swap(true, Ordering::Relaxed) {
            tracing::warn!("the queue to {} is full: spans are counted here, but not passed on", self.sender.to());
        }
    }
}

/// Waits; hardly at all once the server is stopping.
async fn pause(wait: Duration, stopping: &mut watch::Receiver<bool>) {
    let hurried = *stopping.borrow();
    tokio::select! {
        () = tokio::time::sleep(if hurried { wait.min(HURRIED) } else { wait }) => {}
        _ = stopping.wait_for(|stop| *stop), if !hurried => {}
    }
}
