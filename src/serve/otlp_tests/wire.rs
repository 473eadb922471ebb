//! HTTP/1.1 and the frames of HTTP/2, byte by byte.

use super::{JSON, PROTOBUF, Running};
use crate::serve::replies::RpcStatus;
use prost::Message;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came over the wire.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().skip(1).find(|line| line.split(':').next().unwrap().eq_ignore_ascii_case(name));
        line.map(|line| line.split_once(':').unwrap().1.trim())
    }

    pub(super) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some(JSON), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn status(&self) -> RpcStatus {
        assert_eq!(self.header("content-type"), Some(PROTOBUF), "{self:?}");
        RpcStatus::decode(&self.body[..]).unwrap()
    }
}

/// The next answer on a connection.
pub(super) async fn read_answer(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Answer {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(read[..end].to_vec()).unwrap();
            let code = head.split(' ').nth(1).unwrap().parse().unwrap();
            let mut answer = Answer { code, head, body: read[end + 4..].to_vec() };
            let length = answer.header("content-length").map_or(0, |text| text.parse().unwrap());
            while answer.body.len() < length {
                assert!(stream.read_buf(&mut answer.body).await.unwrap() > 0, "{answer:?}");
            }
            return answer;
        }
        assert!(stream.read_buf(&mut read).await.unwrap() > 0, "{}", String::from_utf8_lossy(&read));
    }
}

impl Running {
    /// Sends a request of these first lines with this body.
    pub(super) async fn ask(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.http).await.unwrap();
        let length = body.len();
        stream.write_all(format!("{head}\r\nhost: here\r\ncontent-length: {length}\r\n\r\n").as_bytes()).await.unwrap();
        // A server that refuses may close the connection before all is written.
        let _ = stream.write_all(body).await;
        read_answer(&mut stream).await
    }

    pub(super) async fn post(&self, content_type: &str, more: &str, body: &[u8]) -> Answer {
        self.ask(&format!("POST /v1/traces HTTP/1.1\r\ncontent-type: {content_type}{more}"), body).await
    }
}

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// A frame of HTTP/2.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of an export by gRPC, in HPACK without a table.
pub(super) fn export_headers() -> Vec<u8> {
    post_headers("/opentelemetry.proto.collector.trace.v1.TraceService/Export", "application/grpc")
}

/// The headers of a request with a body, in HPACK without a table.
pub(super) fn post_headers(path: &str, content_type: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    let mut literal = |index: u8, name: &str, value: &str| {
        block.push(index);
        if index == 0 {
            block.push(name.len() as u8);
            block.extend(name.bytes());
        }
        block.push(value.len() as u8);
        block.extend(value.bytes());
    };
    literal(4, "", path);
    literal(1, "", "here");
    literal(0, "content-type", content_type);
    block
}

/// A connection that has said hello in HTTP/2.
pub(super) async fn http2(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

/// Reads frames up to one of this kind; its payload. `None` when the connection ends before.
pub(super) async fn await_frame(stream: &mut (impl tokio::io::AsyncRead + Unpin), kind: u8) -> Option<Vec<u8>> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.ok()?;
        if head[3] == kind {
            return Some(payload);
        }
    }
}
