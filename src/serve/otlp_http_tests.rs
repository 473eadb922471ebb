//! A real server on loopback, and requests as they go over the wire.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::fakes::FakeIntake;
use super::replies::{ExportResponse, RETRY_INFO, RetryInfo, RpcStatus};
use super::{Accepted, ConnectionLimits, Encoding, OtlpLimits, Port, Reception, Refusal, Refusals, otlp_http};
use prost::Message;
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LIMIT: usize = 1 << 20;
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

struct Running {
    intake: Arc<FakeIntake>,
    refusals: Arc<Refusals>,
    address: SocketAddr,
}

async fn server(result: Result<Accepted, Refusal>) -> Running {
    limited(result, OtlpLimits::of_messages(LIMIT), ConnectionLimits::default()).await
}

async fn limited(result: Result<Accepted, Refusal>, limits: OtlpLimits, connections: ConnectionLimits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let intake = Arc::new(FakeIntake::new(result));
    let refusals = Arc::new(Refusals::default());
    let reception = Arc::new(Reception::new(intake.clone(), limits, refusals.clone(), || 1));
    let port = Port { listener, limits: connections, tls: None, tokens: Arc::default(), refusals: refusals.clone() };
    tokio::spawn(otlp_http(port, reception, std::future::pending()));
    Running { intake, refusals, address }
}

/// An answer as it came over the wire.
#[derive(Debug)]
struct Answer {
    code: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().skip(1).find(|line| line.split(':').next().unwrap().eq_ignore_ascii_case(name));
        line.map(|line| line.split_once(':').unwrap().1.trim())
    }

    fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some(JSON), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    fn status(&self) -> RpcStatus {
        assert_eq!(self.header("content-type"), Some(PROTOBUF), "{self:?}");
        RpcStatus::decode(&self.body[..]).unwrap()
    }
}

async fn read_answer(stream: &mut TcpStream) -> Answer {
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
    async fn ask(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        stream.write_all(format!("{head}\r\nhost: here\r\ncontent-length: {length}\r\n\r\n").as_bytes()).await.unwrap();
        // A server that refuses may close the connection before all is written.
        let _ = stream.write_all(body).await;
        read_answer(&mut stream).await
    }

    async fn post(&self, content_type: &str, more: &str, body: &[u8]) -> Answer {
        self.ask(&format!("POST /v1/traces HTTP/1.1\r\ncontent-type: {content_type}{more}"), body).await
    }

    fn came(&self) -> Vec<(Encoding, Vec<u8>)> {
        self.intake.messages.lock().unwrap().clone()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[tokio::test]
async fn a_message_comes_to_the_intake_byte_for_byte_in_either_encoding_and_any_compression() {
    let server = server(Ok(Accepted::default())).await;
    let message: Vec<u8> = (0..300_000_u64).map(|at| (at * at >> 7) as u8).collect();
    for (content_type, encoding) in
        [(PROTOBUF, Encoding::Protobuf), (JSON, Encoding::Json), ("Application/JSON; charset=utf-8", Encoding::Json)]
    {
        for (coding, body) in [
            ("", message.clone()),
            ("\r\ncontent-encoding: identity", message.clone()),
            ("\r\ncontent-encoding: gzip", gzip(&message)),
            ("\r\nContent-Encoding: ZSTD", zstd(&message)),
        ] {
            let answer = server.post(content_type, coding, &body).await;
            assert_eq!(answer.code, 200, "{coding}: {answer:?}");
            assert_eq!(server.intake.messages.lock().unwrap().pop(), Some((encoding, message.clone())), "{coding}");
        }
    }
}

#[tokio::test]
async fn success_is_told_in_the_encoding_of_the_request() {
    let ok = server(Ok(Accepted::default())).await;
    let answer = ok.post(JSON, "", b"{}").await;
    assert_eq!((answer.code, answer.json()), (200, json!({})));
    let answer = ok.post(PROTOBUF, "", b"").await;
    assert_eq!((answer.code, answer.header("content-type"), answer.body.len()), (200, Some(PROTOBUF), 0));

    let partly = server(Ok(Accepted { rejected_spans: 3, message: "look here".into() })).await;
    let told = partly.post(JSON, "", b"{}").await.json();
    assert_eq!(told, json!({ "partialSuccess": { "rejectedSpans": "3", "errorMessage": "look here" } }));
    let told = ExportResponse::decode(&partly.post(PROTOBUF, "", b"").await.body[..]).unwrap();
    let wanted = Accepted { rejected_spans: 3, message: "look here".into() };
    assert_eq!(told, ExportResponse::from(wanted));
}

#[tokio::test]
async fn refusals_are_told_in_the_encoding_of_the_request_with_the_time_to_wait_in_whole_seconds() {
    let retry_after = Duration::from_millis(2500);
    let server = server(Err(Refusal::Overloaded { reason: "no room".into(), retry_after })).await;
    let answer = server.post(JSON, "", b"{}").await;
    assert_eq!((answer.code, answer.header("retry-after")), (503, Some("3")));
    let detail = json!([{ "@type": RETRY_INFO, "retryDelay": "2.500s" }]);
    assert_eq!(answer.json(), json!({ "code": 14, "message": "no room", "details": detail }));
    let answer = server.post(PROTOBUF, "", b"").await;
    assert_eq!((answer.code, answer.header("retry-after")), (503, Some("3")));
    let told = answer.status();
    assert_eq!((told.code, told.message.as_str()), (14, "no room"));
    let delay = RetryInfo::decode(&told.details[0].value[..]).unwrap().retry_delay.unwrap();
    assert_eq!((delay.seconds, delay.nanos), (2, 500_000_000));
    assert_eq!(server.refusals.requests(), [("otlp_http", "overload", 2)]);
}
