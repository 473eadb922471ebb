//! OTLP/HTTP.

use super::wire::{DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, frame, http2, post_headers, read_answer};
use super::{JSON, LIMIT, PROTOBUF, gzip, server, zstd};
use crate::serve::replies::{ExportResponse, RETRY_INFO, RetryInfo};
use crate::serve::{Accepted, Encoding, Refusal};
use prost::Message;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_message_comes_to_the_intake_byte_for_byte_in_either_encoding_and_any_compression() {
    let server = server(Ok(Accepted::default())).await;
    let message: Vec<u8> = (0..300_000_u64).map(|at| ((at * at) >> 7) as u8).collect();
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

    let partly = server(Ok(Accepted { rejected_spans: 3, message: "look here".into(), ..Accepted::default() })).await;
    let told = partly.post(JSON, "", b"{}").await.json();
    assert_eq!(told, json!({ "partialSuccess": { "rejectedSpans": "3", "errorMessage": "look here" } }));
    let told = ExportResponse::decode(&partly.post(PROTOBUF, "", b"").await.body[..]).unwrap();
    let wanted = Accepted { rejected_spans: 3, message: "look here".into(), ..Accepted::default() };
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

#[tokio::test]
async fn a_connection_carries_one_request_after_the_other() {
    let server = server(Ok(Accepted::default())).await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    for _ in 0..3 {
        let head =
            "POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n").await.unwrap();
        assert_eq!(read_answer(&mut stream).await.json(), json!({}));
    }
    assert_eq!(*server.intake.messages.lock().unwrap(), vec![(Encoding::Json, b"{}".to_vec()); 3]);
}

#[tokio::test]
async fn http_2_without_tls_is_spoken_too() {
    let server = server(Ok(Accepted::default())).await;
    let channel = tonic::transport::Channel::from_shared(format!("http://{}", server.http)).unwrap().connect().await.unwrap();
    let call = axum::http::Request::post(format!("http://{}/v1/traces", server.http))
        .header("content-type", JSON)
        .body(tonic::body::Body::new(axum::body::Body::from("{}")))
        .unwrap();
    let mut channel = channel;
    std::future::poll_fn(|context| tonic::codegen::Service::poll_ready(&mut channel, context)).await.unwrap();
    let response = tonic::codegen::Service::call(&mut channel, call).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, axum::http::Version::HTTP_2));
    assert_eq!(server.taken(), 1);
}

#[tokio::test]
async fn a_sender_that_writes_all_before_it_reads_learns_why_it_is_refused() {
    let server = server(Ok(Accepted::default())).await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    let length = 20 * LIMIT;
    let head = format!("POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: {JSON}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; length]).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.code, 413);
    // And the connection can go on.
    stream
        .write_all(
            format!("POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: {JSON}\r\ncontent-length: 2\r\n\r\n{{}}").as_bytes(),
        )
        .await
        .unwrap();
    assert_eq!(read_answer(&mut stream).await.code, 200);
}

/// Some clients take a stream that is ended under their hands for a failure without an answer, and send the same again.
#[tokio::test]
async fn a_sender_over_http2_that_is_refused_early_may_write_its_body_to_the_end() {
    let server = server(Ok(Accepted::default())).await;
    let mut stream = http2(server.http).await;
    stream.write_all(&frame(HEADERS, END_HEADERS, 1, &post_headers("/v1/trace", JSON))).await.unwrap();
    let mut told = Vec::new();
    loop {
        let (kind, flags, payload) = next_frame(&mut stream).await;
        assert_ne!(kind, RST_STREAM, "the stream was ended before the body was");
        if kind == DATA {
            told.extend(payload);
            if flags & END_STREAM > 0 {
                break;
            }
        }
    }
    assert!(String::from_utf8(told).unwrap().contains("there is no /v1/trace"));
    for _ in 0..20 {
        stream.write_all(&frame(DATA, 0, 1, &[b' '; 1000])).await.unwrap();
    }
    stream.write_all(&frame(DATA, END_STREAM, 1, b"{}")).await.unwrap();
    // What the server says to this comes after whatever it said to the body.
    stream.write_all(&frame(6, 0, 0, b"any word")).await.unwrap();
    loop {
        let (kind, flags, payload) = next_frame(&mut stream).await;
        assert_ne!(kind, RST_STREAM, "the stream was ended within the body");
        if kind == 6 && flags == 1 {
            assert_eq!(payload, b"any word");
            return;
        }
    }
}

/// Kind, flags and payload.
async fn next_frame(stream: &mut TcpStream) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await.unwrap();
    (head[3], head[4], payload)
}
