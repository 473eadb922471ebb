//! POST over HTTP/1.1. Connections are kept and used again.

use super::{connector, told};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::header::{HOST, USER_AGENT as AGENT};
use hyper::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// What this program calls itself.
pub const USER_AGENT: &str = concat!("steelthread/", env!("CARGO_PKG_VERSION"));
/// Bytes of an answer that are read.
const MOST_ANSWER: usize = 64 << 10;
/// Connections that wait for being used again.
const MOST_IDLE: usize = 8;

type Connection = SendRequest<Full<Bytes>>;
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Where somebody listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name or address, without the brackets of an IPv6 address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Host and port as they stand in a URL.
    pub authority: String,
    /// By TLS.
    pub is_secure: bool,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; empty if it broke off or is longer than 64 KiB.
    pub body: Bytes,
}

impl Reply {
    /// Seconds of `retry-after`. A date is not read: that takes a clock, and receivers of messages send seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(hyper::http::header::RETRY_AFTER)?;
        value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoReply {
    /// For people.
    pub why: String,
    /// There was a connection: the request may have arrived all the same.
    pub was_connected: bool,
}

/// Posts to one place; several requests at a time. Connects when the first one is made, and again when that is needed.
pub struct Client {
    place: Place,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Client {
    /// Trusts those in the PEM, or those that this machine trusts; an attempt takes no longer than this.
    ///
    /// # Errors
    /// What is wrong with the certificates or the host's name.
    pub fn new(place: Place, ca_pem: Option<&[u8]>, timeout: Duration) -> Result<Self, String> {
        let tls = if place.is_secure {
            let name = ServerName::try_from(place.host.clone())
                .map_err(|_| format!("'{}' is no name a certificate can have", place.host))?;
            Some((connector(ca_pem)?, name))
        } else {
            None
        };
        Ok(Self { place, tls, timeout, idle: Mutex::default() })
    }

    /// Makes one attempt. The path is not repeated in errors.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn post(&self, path: &str, headers: &[(HeaderName, HeaderValue)], body: Bytes) -> Result<Reply, NoReply> {
        let connected = AtomicBool::new(false);
        let replied = self.attempt(path, headers, body, &connected).await;
        replied.map_err(|why| NoReply { why, was_connected: connected.load(Ordering::Relaxed) })
    }

    async fn attempt(
        &self,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        connected: &AtomicBool,
    ) -> Result<Reply, String> {
        let mut request = Request::post(path).header(HOST, &self.place.authority).header(AGENT, USER_AGENT);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).map_err(|_| "the path of the URL cannot be sent".to_owned())?;
        match tokio::time::timeout(self.timeout, self.exchange(request, connected)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(told(&*error)),
            Err(_) => Err(format!("no answer within {} s", self.timeout.as_secs())),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, connected: &AtomicBool) -> Result<Reply, Broken> {
        let mut connection = self.connection().await?;
        connected.store(true, Ordering::Relaxed);
        let (parts, body) = connection.send_request(request).await.map(Response::into_parts)?;
        let body = match Limited::new(body, MOST_ANSWER).collect().await {
            Ok(body) => {
                self.keep(connection);
                body.to_bytes()
            }
            // The status says what became of the message; to send it again because of the rest would make two of it.
            Err(_) => Bytes::new(),
        };
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
    }

    /// One that is kept and still good, or a new one.
    async fn connection(&self) -> Result<Connection, Broken> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut kept) = kept else { return self.connect().await };
            if kept.ready().await.is_ok() {
                return Ok(kept);
            }
        }
    }

    async fn connect(&self) -> Result<Connection, Broken> {
        let stream = TcpStream::connect((self.place.host.as_str(), self.place.port)).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => begun(stream).await,
            Some((connector, name)) => begun(connector.connect(name.clone(), stream).await?).await,
        }
    }
}

async fn begun<S>(stream: S) -> Result<Connection, Broken>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends when the sender is dropped or the peer closes.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
