//! A connection that is watched: does it do anything, and does it do it in time?
//!
//! hyper has a clock for the head of a request, but the same clock runs while a connection rests between two requests, and a sender
//! that sends every ten seconds would lose its connection all the time. So the clock here begins with the first byte of a head.

use http_body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// HTTP/2 begins with these bytes, and no request of HTTP/1 does.
const HTTP2: &[u8; 3] = b"PRI";

/// What a connection has done so far.
#[derive(Debug, Default)]
pub(super) struct Activity {
    bytes: AtomicU64,
    begun: AtomicU64,
    at_work: AtomicUsize,
}

impl Activity {
    /// A request has begun: its head is whole.
    pub(super) fn begin(self: &Arc<Self>) -> AtWork {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.at_work.fetch_add(1, Ordering::Relaxed);
        AtWork(self.clone())
    }

    /// Requests that have begun, ever.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// No request is being answered.
    pub(super) fn rests(&self) -> bool {
        self.at_work.load(Ordering::Relaxed) == 0
    }

    /// Nothing has come in, ever.
    pub(super) fn is_mute(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) == 0
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct AtWork(Arc<Activity>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer: the request is at work until it is gone.
pub(super) struct Answering<B> {
    pub(super) body: B,
    pub(super) _at_work: AtWork,
}

impl<B: Body + Unpin> Body for Answering<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A socket whose heads must come in time, and whose peer must read what it is told.
pub(super) struct Watched<S> {
    socket: S,
    activity: Arc<Activity>,
    head_within: Duration,
    /// Runs while a head of HTTP/1 comes in; with the number of requests that had begun before.
    head: Option<(u64, Pin<Box<Sleep>>)>,
    first: [u8; 3],
    first_known: usize,
    written_within: Duration,
    /// Runs while the peer takes nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub(super) fn new(socket: S, activity: Arc<Activity>, head_within: Duration, written_within: Duration) -> Self {
        Self { socket, activity, head_within, head: None, first: [0; 3], first_known: 0, written_within, stuck: None }
    }

    fn came(&mut self, bytes: &[u8]) {
        self.activity.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        for byte in bytes.iter().take(self.first.len() - self.first_known) {
            self.first[self.first_known] = *byte;
            self.first_known += 1;
        }
        if self.first == *HTTP2 || !self.activity.rests() {
            self.head = None;
        } else if self.head_is_over() {
            self.head = Some((self.activity.begun(), Box::pin(tokio::time::sleep(self.head_within))));
        }
    }

    /// No head is waited for, or the one that was has become a request.
    fn head_is_over(&self) -> bool {
        self.head.as_ref().is_none_or(|(begun, _)| *begun != self.activity.begun())
    }

    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.head_is_over() {
            self.head = None;
        }
        match &mut self.head {
            Some((_, sleep)) => {
                ready!(sleep.as_mut().poll(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the head of a request did not come in time")))
            }
            None => Poll::Pending,
        }
    }

    fn poll_stuck<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let within = self.written_within;
        let sleep = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer does not take the answer")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.socket).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                this.came(&buffer.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => this.poll_late(context),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(context, bytes);
        this.poll_stuck(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write_vectored(context, bytes);
        this.poll_stuck(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.socket).poll_flush(context);
        this.poll_stuck(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.socket).poll_shutdown(context);
        this.poll_stuck(context, shut)
    }
}
