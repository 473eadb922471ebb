//! OTLP/HTTP with protobuf, over HTTP/1.1.

use super::sender::{Sent, taken};
use super::target::{Compression, Protocol, Signal, Target};
use crate::outgoing::{Client, Headers, Place, Reply, short};
use bytes::Bytes;
use hyper::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use hyper::http::{HeaderName, HeaderValue};
use std::io::Write;

pub(super) struct Http {
    client: Client,
    path: String,
    headers: Headers,
    compression: Compression,
}

impl Http {
    pub(super) fn new(target: &Target, signal: Signal) -> Result<Self, String> {
        let endpoint = &target.endpoint;
        let place = Place {
            host: endpoint.host().to_owned(),
            port: endpoint.port(Protocol::Http),
            authority: endpoint.authority(Protocol::Http),
            is_secure: endpoint.is_secure(),
        };
        Ok(Self {
            client: Client::new(place, target.ca_pem.as_deref(), target.timeout)?,
            path: endpoint.path(signal),
            headers: target.headers.clone(),
            compression: target.compression,
        })
    }

    pub(super) async fn send(&self, message: Bytes) -> Sent {
        let (body, encoding) = match compressed(message, self.compression) {
            Ok(compressed) => compressed,
            Err(error) => return Sent::Never { why: error.to_string() },
        };
        match self.client.post(&self.path, &self.headers(encoding), body).await {
            Ok(reply) => judged(&reply),
            Err(none) => Sent::Later { why: none.why, after: None },
        }
    }

    fn headers(&self, encoding: Option<&'static str>) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"))];
        headers.extend(encoding.map(|encoding| (CONTENT_ENCODING, HeaderValue::from_static(encoding))));
        headers.extend(self.headers.pairs().iter().cloned());
        headers
    }
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
fn judged(reply: &Reply) -> Sent {
    if reply.status.is_success() {
        return taken(&reply.body);
    }
    let why = format!("HTTP {}", reply.status.as_u16());
    let said = short(&readable(&reply.body));
    let why = if said.is_empty() { why } else { format!("{why}: {said}") };
    match reply.status.as_u16() {
        429 | 502 | 503 | 504 => Sent::Later { why, after: reply.retry_after() },
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
