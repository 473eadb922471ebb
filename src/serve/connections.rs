//! Accepting connections, with limits, and ending them.
//!
//! Whoever can reach a port can open connections and then do nothing, do it slowly, or do much and take it back. Each connection is a task
//! of its own, so that a slow one, or one in its TLS handshake, is nobody else's delay; how many there are is bounded, and so is
//! the time a connection may take for a head, between two requests, and to read an answer. What HTTP/2 may cost (streams begun and
//! reset, endless headers) is bounded by its library; the bounds are set here.
//!
//! The road not taken: the server of tonic. It takes any number of connections and lets them rest for ever.

use super::refused::{Door, Refusals};
use super::tokens::Tokens;
use super::watched::{Activity, Answering, AtWork, Watched};
use bytes::Bytes;
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// How long requests that are under way have when the server stops. A sender that holds a stream open must not keep it alive.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// Dead peers are found out by pings.
const PING_EVERY: Duration = Duration::from_secs(60);
const PONG_WITHIN: Duration = Duration::from_secs(20);
/// HTTP/2's own window.
const SMALL_WINDOW: u32 = 64 << 10;
/// When the system has no more connections to give.
const CATCH_BREATH: Duration = Duration::from_millis(200);
/// Streams of HTTP/2 that a peer began and took back before they were looked at.
const MOST_RESET_UNSEEN: usize = 20;
/// Streams of HTTP/2 that this side had to reset.
const MOST_RESET_HERE: usize = 256;

/// What connections of one port may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections at one time; further ones are closed at once.
    pub connections: usize,
    /// A TLS handshake takes no longer.
    pub handshake: Duration,
    /// The head of a request, from its first byte on, takes no longer; nor does the first byte of a connection.
    pub head: Duration,
    /// Between two pieces of a body, or of an answer that is read, there is no longer pause.
    pub pause: Duration,
    /// A whole body takes no longer.
    pub body: Duration,
    /// A connection without requests is closed after this time, and before twice as long.
    pub idle: Duration,
    /// Requests at one time on one connection (HTTP/2).
    pub streams: u32,
    /// Bytes of all headers of a request.
    pub head_bytes: u32,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 4096,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            pause: Duration::from_secs(30),
            body: Duration::from_secs(120),
            idle: Duration::from_secs(300),
            streams: 256,
            head_bytes: 32 << 10,
        }
    }
}

/// A port that is open, and how it is served.
pub struct Port {
    /// Opened by the caller, so that a port that is taken is told before anything has begun.
    pub listener: TcpListener,
    /// What connections may cost.
    pub limits: ConnectionLimits,
    /// TLS, if there is to be TLS.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who may come in.
    pub tokens: Arc<Tokens>,
    /// Where refused connections are counted.
    pub refusals: Arc<Refusals>,
}

impl Port {
    /// Without TLS, with the usual limits, open to everybody; nobody asks what was refused.
    pub fn plain(listener: TcpListener) -> Self {
        Self { listener, limits: ConnectionLimits::default(), tls: None, tokens: Arc::default(), refusals: Arc::default() }
    }
}

/// Who is at the other end of a connection; among the extensions of each request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// What kind of traffic is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Batches of spans: with the windows of HTTP/2's default a sender waits for the network at every 64 KiB.
    Bulk,
    /// Questions.
    Small,
}

impl Load {
    /// Bytes that a peer may send on a connection of HTTP/2 before they are read, given how many connections there are already. What lies
    /// there is not yet part of a request, so that no other limit sees it: a few fast senders may have much, thousands may not.
    fn window(self, connections: usize) -> u32 {
        match (self, connections) {
            (Self::Bulk, 0..16) => 8 << 20,
            (Self::Bulk, 16..128) => 1 << 20,
            _ => SMALL_WINDOW,
        }
    }
}

/// Serves until `shutdown` is ready; then no connection is taken, and requests under way are finished, at most for [`GRACE`].
/// `answer` is asked for each request.
pub(super) async fn serve<A, F, B>(
    port: Port,
    door: Door,
    load: Load,
    answer: A,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: HttpBody<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + Send + 'static,
{
    let (stop, stopping) = watch::channel(false);
    let room = Arc::new(Semaphore::new(port.limits.connections));
    let acceptor = port.tls.map(TlsAcceptor::from);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = port.listener.accept() => accepted,
        };
        // The system has no more to give, or the peer has thought better of it.
        let Ok((socket, peer)) = accepted else {
            tokio::time::sleep(CATCH_BREATH).await;
            continue;
        };
        let Ok(place) = room.clone().try_acquire_owned() else {
            port.refusals.connection(door);
            continue;
        };
        let before = port.limits.connections.saturating_sub(room.available_permits() + 1);
        let one = One {
            limits: port.limits,
            builder: builder(&port.limits, load.window(before)),
            peer: Peer(peer),
            answer: answer.clone(),
            stopping: stopping.clone(),
        };
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            let _place = place;
            one.begin(socket, acceptor).await;
        });
    }
    drop(port.listener);
    let _ = stop.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever is not done by then is cut off.
    let _ = tokio::time::timeout(GRACE, all).await;
    Ok(())
}

/// `window`: what a peer may send on a connection of HTTP/2 before it is read, bytes.
fn builder(limits: &ConnectionLimits, window: u32) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The clock for heads is that of `Watched`.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(limits.head_bytes.max(64 << 10) as usize);
    let mut http2 = builder.http2();
    http2
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(PING_EVERY))
        .keep_alive_timeout(PONG_WITHIN)
        .max_concurrent_streams(Some(limits.streams))
        .max_header_list_size(limits.head_bytes)
        .max_pending_accept_reset_streams(Some(MOST_RESET_UNSEEN))
        .max_local_error_reset_streams(Some(MOST_RESET_HERE))
        .initial_connection_window_size(Some(window))
        .initial_stream_window_size(Some((window / 2).max(SMALL_WINDOW)))
        .max_frame_size(Some(window.min(1 << 20)));
    builder
}

/// One connection.
struct One<A> {
    limits: ConnectionLimits,
    builder: Builder<TokioExecutor>,
    peer: Peer,
    answer: A,
    stopping: watch::Receiver<bool>,
}

impl<A, F, B> One<A>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: HttpBody<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + Send + 'static,
{
    async fn begin(mut self, socket: TcpStream, acceptor: Option<TlsAcceptor>) {
        // Without it answers may wait for the peer's acknowledgement; a connection that does not know the option lives on.
        let _ = socket.set_nodelay(true);
        let Some(acceptor) = acceptor else { return self.run(socket).await };
        let handshake = tokio::time::timeout(self.limits.handshake, acceptor.accept(socket));
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            _ = self.stopping.wait_for(|stop| *stop) => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.run(stream).await,
            Ok(Err(error)) => tracing::debug!("{}: no TLS: {error}", self.peer.0),
            Err(_) => tracing::debug!("{}: no TLS within {:?}", self.peer.0, self.limits.handshake),
        }
    }

    async fn run<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(mut self, socket: S) {
        let activity = Arc::new(Activity::default());
        let watched = Watched::new(socket, activity.clone(), self.limits.head, self.limits.pause);
        let (peer, answer, begun) = (self.peer, self.answer, activity.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            respond(begun.begin(), answer(request))
        });
        let builder = self.builder;
        let connection = builder.serve_connection(TokioIo::new(watched), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => Some(ended),
            _ = self.stopping.wait_for(|stop| *stop) => None,
            forgiven = rests(&activity, &self.limits) => match forgiven {
                Rest::Mute => return,
                Rest::Idle => None,
            },
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                match tokio::time::timeout(GRACE, connection).await {
                    Ok(ended) => ended,
                    Err(_) => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!("{}: {error}", self.peer.0);
        }
    }
}

async fn respond<F, B>(at_work: AtWork, answer: F) -> Result<Response<Answering<B>>, Infallible>
where
    F: Future<Output = Response<B>>,
{
    let response = answer.await;
    Ok(response.map(|body| Answering { body, _at_work: at_work }))
}

enum Rest {
    /// Has never said anything.
    Mute,
    /// Has not asked for anything for a while.
    Idle,
}

/// Ends when the connection has had nothing to do for too long.
async fn rests(activity: &Activity, limits: &ConnectionLimits) -> Rest {
    tokio::time::sleep(limits.head).await;
    if activity.is_mute() {
        return Rest::Mute;
    }
    loop {
        let begun = activity.begun();
        tokio::time::sleep(limits.idle).await;
        if activity.rests() && activity.begun() == begun {
            return Rest::Idle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_connections_may_send_much_ahead_and_all_together_half_a_gibibyte() {
        assert_eq!(Load::Bulk.window(0), 8 << 20);
        let most = ConnectionLimits::default().connections;
        let together = |load: Load| (0..most).map(|before| u64::from(load.window(before))).sum::<u64>();
        assert!(together(Load::Bulk) <= 512 << 20, "{}", together(Load::Bulk));
        assert!(together(Load::Small) <= 256 << 20, "{}", together(Load::Small));
    }
}
