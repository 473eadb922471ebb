//! OTLP/HTTP with protobuf, over HTTP/1.1. Connections are kept and used again.

use super::grpc::told;
use super::sender::{Sent, short, taken};
use super::target::{Compression, Headers, Protocol, Signal, Target};
use super::tls;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT as AGENT};
use hyper::http::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

pub(super) const USER_AGENT: &str = concat!("steelthread/", env!("CARGO_PKG_VERSION"));
/// Bytes of an answer that are read.
const MOST_ANSWER: usize = 64 << 10;

type Connection = SendRequest<Full<Bytes>>;
type Broken = Box<dyn std::error::Error + Send + Sync>;

pub(super) struct Http {
    host: String,
    port: u16,
    authority: String,
    path: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    headers: Headers,
    compression: Compression,
    timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Http {
    pub(super) fn new(target: &Target, signal: Signal) -> Result<Self, String> {
        let endpoint = &target.endpoint;
        let host = endpoint.host().to_owned();
        let tls = if endpoint.is_secure() {
            let name = ServerName::try_from(host.clone()).map_err(|_| format!("'{host}' is no name a certificate can have"))?;
            Some((tls::for_http(target)?, name))
        } else {
            None
        };
        Ok(Self {
            host,
            port: endpoint.port(Protocol::Http),
            authority: endpoint.authority(Protocol::Http),
            path: endpoint.path(signal),
            tls,
            headers: target.headers.clone(),
            compression: target.compression,
            timeout: target.timeout,
            idle: Mutex::default(),
        })
    }

    pub(super) async fn send(&self, message: Bytes) -> Sent {
        let request = match self.request(message) {
            Ok(request) => request,
            Err(error) => return Sent::Never { why: error.to_string() },
        };
        match tokio::time::timeout(self.timeout, self.exchange(request)).await {
            Ok(Ok((status, headers, body))) => judged(status, &headers, &body),
            Ok(Err(error)) => Sent::Later { why: told(&*error), after: None },
            Err(_) => Sent::Later { why: format!("no answer within {} s", self.timeout.as_secs()), after: None },
        }
    }

    fn request(&self, message: Bytes) -> Result<Request<Full<Bytes>>, Broken> {
        let (body, encoding) = compressed(message, self.compression)?;
        let mut request = Request::post(&self.path)
            .header(HOST, &self.authority)
            .header(AGENT, USER_AGENT)
            .header(CONTENT_TYPE, "application/x-protobuf");
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        for (name, value) in &self.headers.0 {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(body))?)
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, HeaderMap, Bytes), Broken> {
        let mut connection = self.connection().await?;
        let (parts, body) = connection.send_request(request).await.map(Response::into_parts)?;
        let body = match Limited::new(body, MOST_ANSWER).collect().await {
            Ok(body) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                body.to_bytes()
            }
            // The status says what became of the message; to send it again because of the rest would make two of it.
            Err(_) => Bytes::new(),
        };
        Ok((parts.status, parts.headers, body))
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
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
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

fn compressed(message: Bytes, compression: Compression) -> std::io::Result<(Bytes, Option<&'static str>)> {
    match compression {
        Compression::None => Ok((message, None)),
        Compression::Gzip => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(&message)?;
            Ok((out.finish()?.into(), Some("gzip")))
        }
        Compression::Zstd => Ok((zstd::bulk::compress(&message, 0)?.into(), Some("zstd"))),
    }
}

/// Which answers are worth another attempt: the table of the OTLP specification.
fn judged(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Sent {
    if status.is_success() {
        return taken(body);
    }
    // A date is not read: that takes a clock, and receivers of OTLP send seconds.
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse().ok());
    let why = format!("HTTP {}", status.as_u16());
    let said = short(&readable(body));
    let why = if said.is_empty() { why } else { format!("{why}: {said}") };
    match status.as_u16() {
        429 | 502 | 503 | 504 => Sent::Later { why, after: seconds.map(Duration::from_secs) },
        _ => Sent::Never { why },
    }
}

/// The message of a `google.rpc.Status`, or a text; nothing of what is neither.
fn readable(body: &[u8]) -> String {
    #[derive(Clone, PartialEq, prost::Message)]
    struct RpcStatus {
        #[prost(string, tag = "2")]
        message: String,
    }
    match <RpcStatus as prost::Message>::decode(body) {
        Ok(status) if !status.message.is_empty() => status.message,
        _ => String::from_utf8(body.to_vec()).unwrap_or_default().trim().to_owned(),
    }
}
