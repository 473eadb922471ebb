//! The table of codes (spec 4.4), as it goes over the wire: HTTP in both encodings, gRPC in trailers.

use super::wire::{self, END_HEADERS, END_STREAM};
use super::{JSON, LIMIT, PROTOBUF, Running, gzip, limited, request, server, zstd};
use crate::serve::replies::{RETRY_INFO, RetryInfo, RpcStatus};
use crate::serve::{Accepted, ConnectionLimits, OtlpLimits, Refusal};
use prost::Message;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};

/// The delay that a gRPC status tells, if it tells one.
fn delay(status: &Status) -> Option<Duration> {
    let told = RpcStatus::decode(status.details()).unwrap();
    let detail = told.details.first()?;
    assert_eq!((detail.type_url.as_str(), told.code), (RETRY_INFO, status.code() as i32));
    let delay = RetryInfo::decode(&detail.value[..]).unwrap().retry_delay.unwrap();
    Some(Duration::new(delay.seconds as u64, delay.nanos as u32))
}

/// What a refusal of the intake is on all doors: gRPC code, HTTP code, and whether it may be sent again.
async fn refused(refusal: Refusal, grpc: Code, http: u16, again: bool) {
    let server = server(Err(refusal)).await;
    let status = server.export(request(1), None).await.unwrap_err();
    assert_eq!((status.code(), delay(&status).is_some()), (grpc, again), "{status:?}");
    for content_type in [PROTOBUF, JSON] {
        let answer = server.post(content_type, "", b"").await;
        let code = if content_type == JSON { answer.json()["code"].as_i64().unwrap() } else { answer.status().code.into() };
        assert_eq!((answer.code, code), (http, grpc as i64), "{answer:?}");
        let told = answer.header("retry-after").map(|text| text.parse::<u64>().unwrap());
        assert_eq!(told.is_some(), again);
        assert!(told != Some(0));
    }
}

#[tokio::test]
async fn refusals_of_the_intake() {
    let wait = |millis| Refusal::Overloaded { reason: "full".into(), retry_after: Duration::from_millis(millis) };
    refused(wait(1000), Code::Unavailable, 503, true).await;
    refused(wait(1), Code::Unavailable, 503, true).await;
    refused(Refusal::Malformed("field 3 ends early".into()), Code::InvalidArgument, 400, false).await;
    refused(Refusal::Starting("40 %".into()), Code::Unavailable, 503, true).await;
    refused(Refusal::Stopping, Code::Unavailable, 503, true).await;
}

#[tokio::test]
async fn one_sender_that_is_too_fast() {
    let limits = OtlpLimits { sender_bytes_per_second: Some(1000), ..OtlpLimits::of_messages(LIMIT) };
    let server = limited(Ok(Accepted::default()), limits, ConnectionLimits::default()).await;
    // The message that empties the bucket comes through; the clock of this test stands still.
    server.export(request(3500), None).await.unwrap();
    let status = server.export(request(1), None).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let wait = delay(&status).unwrap();
    assert!((2.5..2.7).contains(&wait.as_secs_f64()), "{wait:?}");
    let answer = server.post(JSON, "", b"{}").await;
    assert_eq!((answer.code, answer.header("retry-after"), answer.json()["code"].as_i64()), (429, Some("3"), Some(8)));
    assert_eq!(server.refusals.requests(), [("otlp_grpc", "sender_rate", 1), ("otlp_http", "sender_rate", 1)]);
    assert_eq!(server.taken(), 1);
}

#[tokio::test]
async fn too_big_before_and_after_decompression() {
    let server = server(Ok(Accepted::default())).await;
    let big = vec![b' '; LIMIT + 1];
    for (coding, body) in
        [("", big.clone()), ("\r\ncontent-encoding: gzip", gzip(&big)), ("\r\ncontent-encoding: zstd", zstd(&big))]
    {
        let answer = server.post(PROTOBUF, coding, &body).await;
        assert_eq!((answer.code, answer.status().code, answer.header("retry-after")), (413, 8, None), "{coding}");
    }
    for encoding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let status = server.export(request(LIMIT), encoding).await.unwrap_err();
        assert_eq!((status.code(), delay(&status)), (Code::ResourceExhausted, None), "{encoding:?}: {status:?}");
    }
    assert_eq!(server.refusals.requests(), [("otlp_grpc", "too_big", 3), ("otlp_http", "too_big", 3)]);
    assert_eq!(server.taken(), 0);
    // The limit itself is no bomb.
    let fits = vec![b' '; LIMIT];
    assert_eq!(server.post(PROTOBUF, "\r\ncontent-encoding: gzip", &gzip(&fits)).await.code, 200);
    assert_eq!(server.post(PROTOBUF, "", &fits).await.code, 200);
}

#[tokio::test]
async fn a_body_that_cannot_be_decompressed_is_malformed() {
    let server = server(Ok(Accepted::default())).await;
    let (gzipped, zstded) = (gzip(&[7; 5000]), zstd(&[7; 5000]));
    let mut flipped = gzipped.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 0xff;
    for (coding, body) in [
        ("gzip", &b"oops"[..]),
        ("gzip", &gzipped[..gzipped.len() - 9]),
        ("gzip", &flipped),
        ("zstd", b"oops"),
        ("zstd", &zstded[..zstded.len() - 1]),
        ("gzip", &zstded),
        ("zstd", &gzipped),
    ] {
        let answer = server.post(JSON, &format!("\r\ncontent-encoding: {coding}"), body).await;
        assert_eq!((answer.code, answer.json()["code"].as_i64()), (400, Some(3)), "{coding} {answer:?}");
        let status = raw_grpc(&server, coding, &framed(1, body)).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{coding} {status:?}");
    }
    assert_eq!(server.taken(), 0);
}

#[tokio::test]
async fn what_is_not_there_over_http() {
    let server = server(Ok(Accepted::default())).await;
    for path in ["/v1/metrics", "/v1/logs", "/v1/traces/", "/", "/v1/tracesx", "/api/v1/status"] {
        let answer = server.ask(&format!("POST {path} HTTP/1.1\r\ncontent-type: {JSON}"), b"{}").await;
        assert_eq!((answer.code, answer.json()["code"].as_i64()), (404, Some(12)), "{path}");
    }
    for method in ["GET", "PUT", "OPTIONS"] {
        let answer = server.ask(&format!("{method} /v1/traces HTTP/1.1"), b"").await;
        assert_eq!((answer.code, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    for content_type in ["text/plain", "application/jsonx", "application/grpc", ""] {
        let answer = server.post(content_type, "", b"{}").await;
        assert_eq!(answer.code, 415, "{content_type}");
        assert!(answer.json()["message"].as_str().unwrap().contains("application/json"));
    }
    assert_eq!(server.ask("POST /v1/traces HTTP/1.1", b"{}").await.code, 415);
    for coding in ["br", "deflate", "gzip, gzip", "gzip\r\ncontent-encoding: gzip"] {
        let answer = server.post(PROTOBUF, &format!("\r\ncontent-encoding: {coding}"), b"").await;
        assert_eq!((answer.code, answer.header("accept-encoding")), (415, Some("gzip, zstd, identity")), "{coding}");
        assert_eq!(answer.status().code, 12);
    }
    assert_eq!(server.taken(), 0);
}

/// A message in the frame of gRPC.
fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    [&[flag][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

/// The status of a call whose body is these bytes.
async fn raw_grpc(server: &Running, coding: &str, body: &[u8]) -> Status {
    use tonic::codegen::Service;
    let mut channel = server.channel().await;
    let call = axum::http::Request::post("http://here/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        .header("content-type", "application/grpc+proto")
        .header("grpc-encoding", coding)
        .body(tonic::body::Body::new(axum::body::Body::from(body.to_vec())))
        .unwrap();
    std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
    let response = channel.call(call).await.unwrap();
    assert_eq!(response.status(), 200);
    Status::from_header_map(response.headers()).unwrap_or_else(|| Status::ok(""))
}

#[tokio::test]
async fn what_is_no_message_of_grpc() {
    let server = server(Ok(Accepted::default())).await;
    let twice = [framed(0, b""), framed(0, b"")].concat();
    for (what, coding, body) in [
        ("nothing", "identity", &b""[..]),
        ("half a head", "identity", b"\0\0"),
        ("half a message", "identity", &framed(0, b"abcd")[..7]),
        ("two messages", "identity", &twice),
        ("compressed by nothing", "identity", &framed(1, b"abcd")),
        ("a flag that is none", "identity", &framed(2, b"")),
    ] {
        let status = raw_grpc(&server, coding, body).await;
        assert_eq!((status.code(), delay(&status)), (Code::InvalidArgument, None), "{what}: {status:?}");
    }
    let status = raw_grpc(&server, "br", &framed(1, b"abcd")).await;
    assert_eq!(status.code(), Code::Unimplemented, "{status:?}");
    assert_eq!(status.metadata().get("grpc-accept-encoding").unwrap(), "identity,gzip,zstd");
    assert_eq!(server.taken(), 0);
    assert_eq!(raw_grpc(&server, "gzip", &framed(0, b"plain")).await.code(), Code::Ok);
    assert_eq!(server.intake.messages.lock().unwrap()[0].1, b"plain");
}

#[tokio::test]
async fn a_length_that_is_announced_too_large_is_refused_before_anything_is_set_aside() {
    let server = server(Ok(Accepted::default())).await;
    let mut stream = wire::http2(server.grpc).await;
    stream.write_all(&wire::frame(wire::HEADERS, END_HEADERS, 1, &wire::export_headers())).await.unwrap();
    stream.write_all(&wire::frame(wire::DATA, 0, 1, &[0, 255, 255, 255, 255])).await.unwrap();
    let headers = wire::await_frame(&mut stream, wire::HEADERS).await.unwrap();
    // grpc-status 8, as HPACK has it without Huffman or with: the digit is one byte either way.
    assert!(!headers.is_empty());
    let counted = server.refusals.requests();
    assert_eq!(counted, [("otlp_grpc", "too_big", 1)]);
    stream.write_all(&wire::frame(wire::DATA, END_STREAM, 1, &[])).await.unwrap();
}

#[tokio::test]
async fn http_on_the_port_of_grpc_is_told_where_to_go() {
    let server = server(Ok(Accepted::default())).await;
    let mut stream = TcpStream::connect(server.grpc).await.unwrap();
    stream
        .write_all(b"POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        .await
        .unwrap();
    let answer = wire::read_answer(&mut stream).await;
    assert_eq!(answer.code, 415);
    assert!(String::from_utf8(answer.body).unwrap().contains("--otlp-http"));
}
