//! Where questions are put, whichever way they came in.

use super::Health;
use super::live::Live;
use crate::query::{Answers, QueryError};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Questions at work at one time; further ones wait. An answer may read years from disk.
const AT_ONCE: usize = 8;

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) answers: Arc<dyn Answers>,
    /// About what was counted since the process began: counters must only grow.
    counted: Arc<dyn Answers>,
    pub(super) health: Arc<dyn Health>,
    pub(super) clock: fn() -> u64,
    room: Arc<Semaphore>,
    /// One place: for a backup that is being made or sent.
    pub(super) backups: Arc<Semaphore>,
    pub(super) live: Live,
    /// The address of a trace at the users' own viewer, with `{trace_id}` in it.
    pub(super) traces: Option<Arc<str>>,
}

impl Desk {
    pub(super) fn new(answers: Arc<dyn Answers>, counted: Arc<dyn Answers>, health: Arc<dyn Health>, clock: fn() -> u64) -> Self {
        Self {
            answers,
            counted,
            health,
            clock,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            backups: Arc::new(Semaphore::new(1)),
            live: Live::default(),
            traces: None,
        }
    }

    /// The same, and traces are seen at this address.
    pub(super) fn with_traces(self, traces: Option<Arc<str>>) -> Self {
        Self { traces, ..self }
    }

    /// Asks on a thread that may wait for the disk.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Answers) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, QueryError> {
        self.ask_of(&self.answers, question).await
    }

    /// The same, about what was counted since the process began.
    pub(super) async fn ask_counted<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Answers) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, QueryError> {
        self.ask_of(&self.counted, question).await
    }

    async fn ask_of<T: Send + 'static>(
        &self,
        answers: &Arc<dyn Answers>,
        question: impl FnOnce(&dyn Answers) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, QueryError> {
        let answers = Arc::clone(answers);
        let place = Arc::clone(&self.room).acquire_owned().await;
        let answer = std::any::type_name::<T>().rsplit("::").next();
        let span = tracing::info_span!(target: "steelthread::telemetry", "question", answer);
        let asked = tokio::task::spawn_blocking(move || {
            let _place = place;
            span.in_scope(|| question(&*answers))
        });
        asked.await.unwrap_or_else(|error| Err(QueryError::Unreadable(format!("the question could not be answered: {error}"))))
    }
}
