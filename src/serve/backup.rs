//! A copy of what is kept, for a backup: made first, then sent piece by piece.

use super::NoSnapshot;
use super::desk::Desk;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// Read at once. So many pieces wait for a slow reader, and no more.
const PIECE_BYTES: usize = 256 << 10;
const PIECES: usize = 2;

/// Answers with the copy, or a code and why there is none.
pub(super) async fn made(State(desk): State<Desk>) -> Result<Response, (StatusCode, String)> {
    // Each copy takes as much room on the disk as the store: one at a time.
    let Ok(place) = desk.backups.clone().try_acquire_owned() else {
        let told = "another backup is under way; ask again when it has ended";
        return Err((StatusCode::SERVICE_UNAVAILABLE, told.into()));
    };
    let failed = |why: String| (StatusCode::INTERNAL_SERVER_ERROR, format!("the backup could not be made: {why}"));
    let health = desk.health.clone();
    let file = tokio::task::spawn_blocking(move || health.snapshot()).await.map_err(|error| failed(error.to_string()))?;
    let file = file.map_err(|why| match why {
        NoSnapshot::NothingKept => (StatusCode::NOT_FOUND, why.to_string()),
        NoSnapshot::Failed(why) => failed(why),
    })?;
    let left = file.metadata().map_err(|error| failed(error.to_string()))?.len();
    let (sender, pieces) = mpsc::channel(PIECES);
    tokio::task::spawn_blocking(move || send(file, left, &sender, place));
    let body = Body::new(Pieces { pieces, left });
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response())
}

/// Reads on as fast as pieces are taken; ends when there is no more, or nobody takes them.
fn send(file: File, length: u64, pieces: &mpsc::Sender<io::Result<Bytes>>, _place: OwnedSemaphorePermit) {
    let mut file = file.take(length);
    loop {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        let read = file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
        let piece = match read {
            Ok(0) => return,
            Ok(_) => Ok(Bytes::from(piece)),
            Err(error) => Err(error),
        };
        let ended = piece.is_err();
        if pieces.blocking_send(piece).is_err() || ended {
            return;
        }
    }
}

/// A body whose length is told beforehand, so that whoever reads it knows when something is missing.
struct Pieces {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.pieces.poll_recv(context).map(|piece| match piece {
            Some(Ok(piece)) => {
                self.left = self.left.saturating_sub(piece.len() as u64);
                Some(Ok(Frame::data(piece)))
            }
            Some(Err(error)) => Some(Err(error)),
            None if self.left > 0 => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::super::fakes::{FakeAnswers, FakeHealth, NOON, kept};
    use super::super::{Health, NoSnapshot};
    use super::*;
    use http_body_util::BodyExt;
    use std::sync::Arc;
    use std::time::Duration;

    fn desk(health: impl Health) -> State<Desk> {
        let answers = Arc::new(FakeAnswers::default());
        State(Desk::new(answers.clone(), answers, Arc::new(health), || NOON))
    }

    /// Keeps nothing.
    struct Bare;

    impl Health for Bare {
        fn ready(&self) -> Result<(), String> {
            Ok(())
        }

        fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
            Vec::new()
        }
    }

    /// Its copy is said to be longer than it is.
    struct Short;

    impl Health for Short {
        fn ready(&self) -> Result<(), String> {
            Ok(())
        }

        fn gauges(&self) -> Vec<(&'static str, &'static str, f64)> {
            Vec::new()
        }

        fn snapshot(&self) -> Result<File, NoSnapshot> {
            let file = FakeHealth::default().snapshot()?;
            // Read up to here already.
            io::copy(&mut (&file).take(1000), &mut io::sink()).unwrap();
            Ok(file)
        }
    }

    #[tokio::test]
    async fn the_copy_is_sent_whole_with_its_length_before_it() {
        let response = made(desk(FakeHealth::default())).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(kept().len() as u64));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), kept().as_bytes());
    }

    #[tokio::test]
    async fn a_copy_that_ends_too_early_is_an_error_and_not_a_shorter_copy() {
        let response = made(desk(Short)).await.unwrap();
        assert!(response.into_body().collect().await.is_err());
    }

    #[tokio::test]
    async fn a_server_without_a_folder_says_how_to_have_one() {
        let (code, told) = made(desk(Bare)).await.unwrap_err();
        assert_eq!((code, told.contains("--store DIR")), (StatusCode::NOT_FOUND, true), "{told}");
    }

    #[tokio::test]
    async fn one_copy_is_made_at_a_time_and_one_that_nobody_takes_is_given_up() {
        let desk = desk(FakeHealth::default());
        let first = made(desk.clone()).await.unwrap();
        let (code, told) = made(desk.clone()).await.unwrap_err();
        assert_eq!((code, told.contains("another backup is under way")), (StatusCode::SERVICE_UNAVAILABLE, true), "{told}");
        drop(first);
        for _ in 0..600 {
            if made(desk.clone()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the first copy is still being made");
    }
}
