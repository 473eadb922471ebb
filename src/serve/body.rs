//! A body, read whole: in one piece, within a limit, in time, and counted.

use super::connections::ConnectionLimits;
use super::refused::{PAUSE, Reason, Refused};
use super::senders::Holding;
use axum::http::Version;
use bytes::{BufMut, Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;
use tonic::body::Body;
use tonic::codegen::StdError;

/// Set aside at once for a body that is said to be this long, or longer.
const FIRST_ROOM: usize = 512 << 10;
/// How much of a body is read over that nobody wants, and how long.
const MOST_READ_OVER: usize = 64 << 20;
/// The same where a stream can be ended by itself, so that a sender of more learns to stop.
const MOST_READ_OVER_OF_A_STREAM: usize = 1 << 20;
const READ_OVER_WITHIN: Duration = Duration::from_secs(10);

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// It is the message. So many bytes are announced.
    Bare(usize),
    /// gRPC: one message behind a flag and a length.
    Grpc,
}

/// Flag and length of gRPC.
const GRPC_HEAD: usize = 5;

/// How long a body may be, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    /// Bytes of the message in it.
    pub(super) bytes: usize,
    /// Between two pieces of it.
    pub(super) pause: Duration,
    /// For the whole.
    pub(super) whole: Duration,
}

impl BodyLimits {
    pub(super) fn new(bytes: usize, limits: &ConnectionLimits) -> Self {
        Self { bytes, pause: limits.pause, whole: limits.body }
    }
}

/// Reads a body to its end. What is read counts as held.
pub(super) async fn read(
    body: &mut Incoming,
    framing: Framing,
    limits: BodyLimits,
    holding: &mut Holding,
) -> Result<Bytes, Refused> {
    let all = gather(body, framing, limits, holding);
    tokio::time::timeout(limits.whole, all).await.unwrap_or_else(|_| Err(too_slow(limits.whole)))
}

async fn gather(body: &mut Incoming, framing: Framing, limits: BodyLimits, holding: &mut Holding) -> Result<Bytes, Refused> {
    let mut gathered = Gathered { framing, limit: limits.bytes, pieces: Pieces::None };
    gathered.check()?;
    loop {
        let piece = match tokio::time::timeout(limits.pause, body.frame()).await {
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(Some(Err(error))) => {
                return Err(Refused::for_good(Reason::BrokenOff, format!("the body cannot be read to its end: {error}")));
            }
            Ok(None) => return Ok(gathered.pieces.into_bytes()),
            Err(_) => return Err(too_slow(limits.pause)),
        };
        if !piece.is_empty() {
            holding.add(piece.len())?;
            gathered.add(piece)?;
        }
    }
}

fn too_slow(within: Duration) -> Refused {
    let told = format!("nothing more of the body came within {} s; send this again", within.as_secs());
    Refused::for_now(Reason::TooSlow, told, PAUSE)
}

struct Gathered {
    framing: Framing,
    limit: usize,
    pieces: Pieces,
}

/// A body that comes in one piece is never copied.
enum Pieces {
    None,
    One(Bytes),
    Many(BytesMut),
}

impl Gathered {
    fn add(&mut self, piece: Bytes) -> Result<(), Refused> {
        match &mut self.pieces {
            Pieces::None => self.pieces = Pieces::One(piece),
            Pieces::One(first) => {
                let whole = announced(self.framing, first).unwrap_or(0).min(FIRST_ROOM);
                let mut many = BytesMut::with_capacity(whole.max(first.len() + piece.len()));
                many.put_slice(first);
                many.put_slice(&piece);
                self.pieces = Pieces::Many(many);
            }
            Pieces::Many(many) => many.put_slice(&piece),
        }
        self.check()
    }

    /// Is it still within the limit, as far as it has come and as far as it is announced?
    fn check(&self) -> Result<(), Refused> {
        let so_far = self.pieces.as_slice();
        let announced = announced(self.framing, so_far);
        let most = match self.framing {
            Framing::Bare(_) => self.limit,
            Framing::Grpc => self.limit.saturating_add(GRPC_HEAD),
        };
        if so_far.len().max(announced.unwrap_or(0)) > most {
            return Err(Refused::too_big(self.limit));
        }
        match announced {
            Some(whole) if self.framing == Framing::Grpc && so_far.len() > whole => {
                Err(Refused::malformed("a call carries one ExportTraceServiceRequest, not several"))
            }
            _ => Ok(()),
        }
    }
}

/// How long the body says it will be.
fn announced(framing: Framing, so_far: &[u8]) -> Option<usize> {
    match framing {
        Framing::Bare(bytes) => Some(bytes),
        Framing::Grpc => {
            let [_, length @ ..] = *so_far.first_chunk::<GRPC_HEAD>()?;
            Some((u32::from_be_bytes(length) as usize).saturating_add(GRPC_HEAD))
        }
    }
}

impl Pieces {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(one) => one,
            Self::Many(many) => many.freeze(),
        }
    }
}

/// The message of a gRPC body, and whether it is compressed.
pub(super) fn unframed(mut body: Bytes) -> Result<(bool, Bytes), Refused> {
    let Some([flag, length @ ..]) = body.first_chunk::<GRPC_HEAD>().copied() else {
        return Err(Refused::malformed("not a readable gRPC message: the call ended before its message began"));
    };
    let message = body.split_off(GRPC_HEAD);
    if message.len() != u32::from_be_bytes(length) as usize {
        return Err(Refused::malformed("not a readable gRPC message: the call ended within its message"));
    }
    match flag {
        0 => Ok((false, message)),
        1 => Ok((true, message)),
        _ => Err(Refused::malformed(format!("not a readable gRPC message: {flag} is no compressed-flag, which is 0 or 1"))),
    }
}

/// Reads over what is left of a body, so that a sender that writes first and reads then gets to read why it was refused. A connection
/// that is closed with bytes unread takes the answer with it; so does, with some clients, a stream of HTTP/2 that is ended while they
/// still write. Nothing is kept.
pub(super) fn read_over(mut body: Incoming, version: Version) {
    tokio::spawn(async move {
        let over = async {
            let mut left = if version < Version::HTTP_2 { MOST_READ_OVER } else { MOST_READ_OVER_OF_A_STREAM };
            while let Some(Ok(frame)) = body.frame().await {
                match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                    Some(rest) => left = rest,
                    None => return,
                }
            }
        };
        let _ = tokio::time::timeout(READ_OVER_WITHIN, over).await;
    });
}

/// What is asked for, and about whose health, is short. More than this is not read, nor set aside.
pub(super) const QUESTION_BYTES: usize = 64 << 10;

/// The body of a question: short, and whole in time.
pub(super) fn of_question(body: Incoming, limits: &ConnectionLimits) -> Body {
    Body::new(InTime { body: Limited::new(body, QUESTION_BYTES), late: Box::pin(tokio::time::sleep(limits.body)) })
}

/// A body that ends in an error when it takes too long.
struct InTime<B> {
    body: B,
    late: Pin<Box<Sleep>>,
}

impl<B: HttpBody<Error = StdError> + Unpin> HttpBody for InTime<B> {
    type Data = B::Data;
    type Error = StdError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, StdError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        if frame.is_pending() && this.late.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err("the body did not come in time".into())));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
