//! A bound on the bytes of all requests that have begun and are not yet whole.
//!
//! One request may have 64 MiB, and there may be many: senders that are slow, or mean, would otherwise decide how much memory the
//! server takes. The road not taken: a limit on the number of requests, which small ones would reach long before the memory is gone.

use super::replies::try_again;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tonic::Status;
use tonic::codegen::{Bytes, StdError};

/// How long a sender is asked to wait when too much is under way.
const PAUSE: Duration = Duration::from_secs(5);

/// Bytes under way on one port.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    bytes: Arc<AtomicUsize>,
    most: usize,
}

impl Meter {
    /// At most this many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Arc::default(), most }
    }

    /// Counts what comes in with this body, until it is dropped.
    pub(super) fn watch<B>(&self, body: B) -> Metered<B> {
        Metered { body, meter: self.clone(), mine: 0 }
    }
}

/// A body whose bytes are counted.
pub(super) struct Metered<B> {
    body: B,
    meter: Meter,
    mine: usize,
}

impl<B> Metered<B> {
    fn count(&mut self, bytes: usize) -> Result<(), Status> {
        self.mine += bytes;
        let all = self.meter.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        // A request that has the room to itself always goes through: it has a limit of its own.
        if all <= self.meter.most || all == self.mine {
            return Ok(());
        }
        let reason = format!("requests of more than {} bytes are under way; send this again later", self.meter.most);
        Err(try_again(reason, PAUSE))
    }
}

impl<B> Drop for Metered<B> {
    fn drop(&mut self) {
        self.meter.bytes.fetch_sub(self.mine, Ordering::Relaxed);
    }
}

impl<B: Body<Data = Bytes, Error: Into<StdError>> + Unpin> Body for Metered<B> {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let this = self.get_mut();
        let frame = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        };
        let counted = this.count(frame.data_ref().map_or(0, Bytes::len));
        Poll::Ready(Some(counted.map(|()| frame).map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::task::Waker;
    use tonic::Code;

    /// Never ends, a hundred bytes at a time.
    struct Endless;

    impl Body for Endless {
        type Data = Bytes;
        type Error = StdError;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 100])))))
        }
    }

    fn next(body: &mut Metered<Endless>) -> Result<usize, Code> {
        let Poll::Ready(Some(frame)) = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) else {
            panic!("there is always more");
        };
        frame.map(|frame| frame.into_data().unwrap().len()).map_err(|error| error.downcast::<Status>().unwrap().code())
    }

    #[test]
    fn a_request_finds_no_room_while_others_take_it() {
        let meter = Meter::new(250);
        let (mut first, mut second) = (meter.watch(Endless), meter.watch(Endless));
        assert_eq!((next(&mut first), next(&mut second)), (Ok(100), Ok(100)));
        assert_eq!(next(&mut first), Err(Code::Unavailable));
        drop(first);
        assert_eq!(next(&mut second), Ok(100));
    }

    #[test]
    fn a_request_that_is_alone_always_has_room() {
        let meter = Meter::new(50);
        let mut only = meter.watch(Endless);
        assert_eq!((next(&mut only), next(&mut only)), (Ok(100), Ok(100)));
    }
}
