//! Live changes as server-sent events (spec 4.3): a small event when something more was counted, and no figures.
//!
//! Whoever listens asks again, by the address that they have anyway; so there is one way to a figure, and no second one that could say
//! something else. One look serves all listeners, and there is none while nobody listens.
//!
//! The road not taken: figures in the events. Each listener has another question, and a slow one would have a queue.

use super::desk::Desk;
use crate::query::{API_VERSION, moment_text};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::Frame;
use serde_json::json;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// How often it is looked whether something was counted.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Something is said at least this often, so that a peer that is gone is noticed, and whatever stands between does not hang up.
const SAY_EVERY: Duration = Duration::from_secs(15);
/// Listeners at one time.
const MOST_LISTENERS: usize = 200;
/// How long a browser waits before it comes back, milliseconds.
const BACK_AFTER: &str = "retry: 5000\n\n";

/// What is told to listeners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    /// The end of the last slice in which something was counted, nanoseconds since 1970.
    until_ns: u64,
    /// The server stops.
    is_over: bool,
}

/// Who listens.
#[derive(Clone)]
pub(super) struct Live {
    told: watch::Sender<Told>,
    room: Arc<Semaphore>,
    look_every: Duration,
    say_every: Duration,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            told: watch::Sender::new(Told::default()),
            room: Arc::new(Semaphore::new(MOST_LISTENERS)),
            look_every: LOOK_EVERY,
            say_every: SAY_EVERY,
        }
    }
}

impl Live {
    /// Looks whether something was counted, and tells it. Never ends.
    pub(super) async fn watch(&self, desk: &Desk) {
        loop {
            tokio::time::sleep(self.look_every).await;
            if self.told.receiver_count() == 0 {
                continue;
            }
            if let Ok(extent) = desk.ask(|answers| answers.extent()).await {
                self.told.send_if_modified(|told| std::mem::replace(&mut told.until_ns, extent.to_ns) != extent.to_ns);
            }
        }
    }

    /// Sends everybody home.
    pub(super) fn end(&self) {
        self.told.send_modify(|told| told.is_over = true);
    }

    /// The answer to somebody who wants to listen.
    pub(super) fn listen(&self) -> Response {
        let Ok(place) = self.room.clone().try_acquire_owned() else {
            let why = format!("{MOST_LISTENERS} listen already; ask again now and then instead");
            return (StatusCode::SERVICE_UNAVAILABLE, axum::Json(json!({ "apiVersion": API_VERSION, "error": why })))
                .into_response();
        };
        // One piece waits at most: whoever reads slowly is told less often, and holds nothing.
        let (pieces, taken) = mpsc::channel(1);
        tokio::spawn(tell(self.told.subscribe(), pieces, self.say_every, place));
        let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
        (headers, Body::new(Events(taken))).into_response()
    }
}

/// Tells one listener until either side has had enough.
async fn tell(mut told: watch::Receiver<Told>, pieces: mpsc::Sender<Bytes>, say_every: Duration, _place: OwnedSemaphorePermit) {
    let mut piece = Bytes::from_static(BACK_AFTER.as_bytes());
    loop {
        if told.borrow().is_over || pieces.send(piece).await.is_err() {
            return;
        }
        piece = tokio::select! {
            changed = told.changed() => match changed {
                Ok(()) => event(*told.borrow_and_update()),
                Err(_) => return,
            },
            () = tokio::time::sleep(say_every) => Bytes::from_static(b":\n\n"),
            () = pieces.closed() => return,
        };
    }
}

fn event(told: Told) -> Bytes {
    let data = json!({ "apiVersion": API_VERSION, "until": moment_text(told.until_ns) });
    format!("event: counted\ndata: {data}\n\n").into()
}

/// A body that ends when nothing more is told.
struct Events(mpsc::Receiver<Bytes>);

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::fakes::{FakeAnswers, FakeHealth, NOON};
    use super::*;
    use http_body_util::BodyExt;

    async fn next(response: &mut Response) -> Option<String> {
        let frame = response.body_mut().frame().await?.unwrap();
        Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_listener_is_told_once_of_what_was_counted_and_then_now_and_then_that_it_is_quiet() {
        let answers = Arc::new(FakeAnswers::default());
        let desk = Desk::new(answers.clone(), answers, Arc::new(FakeHealth::default()), || NOON);
        let live = Live { look_every: Duration::from_millis(20), say_every: Duration::from_millis(500), ..Live::default() };
        let mut response = live.listen();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        let heard = async {
            assert_eq!(next(&mut response).await.unwrap(), BACK_AFTER);
            let told = next(&mut response).await.unwrap();
            assert_eq!(told, "event: counted\ndata: {\"apiVersion\":\"steelthread/v1\",\"until\":\"2026-09-01T12:00:00Z\"}\n\n");
            assert_eq!(next(&mut response).await.unwrap(), ":\n\n");
            live.end();
            assert_eq!(next(&mut response).await, None);
        };
        tokio::select! { () = live.watch(&desk) => {}, () = heard => {} }
    }

    #[tokio::test]
    async fn listeners_are_bounded_and_whoever_leaves_makes_room() {
        let live = Live::default();
        let mut all: Vec<_> = (0..MOST_LISTENERS).map(|_| live.listen()).collect();
        assert_eq!(live.listen().status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(all.pop());
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if live.listen().status() == StatusCode::OK {
                return;
            }
        }
        panic!("there is still no room");
    }

    #[tokio::test]
    async fn whoever_comes_after_the_end_is_sent_home_at_once() {
        let live = Live::default();
        live.end();
        assert!(live.listen().into_body().collect().await.unwrap().to_bytes().is_empty());
    }
}
