//! Messages that wait for being sent: bounded by bytes, never waited for by whoever puts one in.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What a message costs beside its bytes.
const OVERHEAD: usize = 64;
/// Messages that wait anyway are put together up to this size: two requests one behind the other are one request.
const TOGETHER: usize = 512 << 10;

/// An encoded request.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) message: Vec<u8>,
    pub(super) spans: u64,
    /// What it takes of the queue until it is done.
    pub(super) charged: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Batch>,
    closed: bool,
}

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    there: Notify,
    /// Of all messages that wait or are on their way.
    bytes: AtomicUsize,
    most: usize,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), there: Notify::new(), bytes: AtomicUsize::new(0), most }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Sets room aside for a message of at most so many bytes.
    pub(super) fn admit(&self, bytes: usize) -> Option<usize> {
        let charged = bytes.saturating_add(OVERHEAD);
        let take = |now: usize| now.checked_add(charged).filter(|then| *then <= self.most);
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok().map(|_| charged)
    }

    /// Gives room back.
    pub(super) fn release(&self, charged: usize) {
        self.bytes.fetch_sub(charged, Ordering::Relaxed);
    }

    /// Puts a message in for which there is room. Gives it back if nothing is taken any more.
    pub(super) fn put(&self, batch: Batch) -> Result<(), Batch> {
        let mut state = self.lock();
        if state.closed {
            return Err(batch);
        }
        state.waiting.push_back(batch);
        drop(state);
        self.there.notify_one();
        Ok(())
    }

    /// The next messages, as one; waits for one. `None` when the queue is closed and empty.
    pub(super) async fn take(&self) -> Option<Batch> {
        loop {
            let told = self.there.notified();
            {
                let mut state = self.lock();
                if let Some(batch) = next(&mut state.waiting) {
                    return Some(batch);
                }
                if state.closed {
                    return None;
                }
            }
            told.await;
        }
    }

    /// Nothing comes any more; what is there can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.there.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn next(waiting: &mut VecDeque<Batch>) -> Option<Batch> {
    let mut first = waiting.pop_front()?;
    while let Some(more) = waiting.front().filter(|more| first.message.len() + more.message.len() <= TOGETHER) {
        first.message.extend_from_slice(&more.message);
        first.spans += more.spans;
        first.charged += more.charged;
        waiting.pop_front();
    }
    Some(first)
}
