//! Peers that are slow, many, or mean.

use super::wire::{self, END_HEADERS, GOAWAY, HEADERS, RST_STREAM, read_answer};
use super::{JSON, LIMIT, Running, limited, request};
use crate::serve::{Accepted, ConnectionLimits, OtlpLimits};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Long enough for a machine that stalls.
const PATIENCE: Duration = Duration::from_secs(60);

async fn with(connections: ConnectionLimits) -> Running {
    limited(Ok(Accepted::default()), OtlpLimits::of_messages(LIMIT), connections).await
}

fn short() -> ConnectionLimits {
    let (head, pause) = (Duration::from_millis(300), Duration::from_millis(300));
    ConnectionLimits { head, pause, body: Duration::from_secs(2), idle: Duration::from_secs(300), ..ConnectionLimits::default() }
}

/// Waits until the other side ends the connection; what it said before.
async fn ended(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    timeout(PATIENCE, async { while matches!(stream.read_buf(&mut said).await, Ok(1..)) {} }).await.expect("it goes on");
    said
}

/// An honest sender gets through on both doors.
async fn others_get_through(server: &Running) {
    let sent = async {
        assert_eq!(server.post(JSON, "", b"{}").await.code, 200);
        server.export(request(1), None).await.unwrap();
    };
    timeout(Duration::from_secs(20), sent).await.expect("an honest sender waits");
}

const HEAD: &str = "POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn a_head_that_trickles_in_ends_the_connection() {
    let server = with(short()).await;
    for address in [server.http, server.grpc] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let trickle = async {
            for byte in HEAD.bytes().cycle() {
                if writer.write_all(&[byte]).await.is_err() {
                    break;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let mut said = Vec::new();
        let closed = async { while matches!(reader.read_buf(&mut said).await, Ok(1..)) {} };
        tokio::select! {
            () = closed => {}
            () = trickle => {}
            () = sleep(PATIENCE) => panic!("it goes on"),
        }
    }
    others_get_through(&server).await;
}

#[tokio::test]
async fn who_says_nothing_is_cut_off_and_so_is_who_begins_http_2_and_stops() {
    let server = with(ConnectionLimits { idle: Duration::from_millis(300), ..short() }).await;
    let mut mute = TcpStream::connect(server.http).await.unwrap();
    assert!(ended(&mut mute).await.is_empty());
    for begin in [&b"P"[..], b"PRI * HTTP/2.0\r\n"] {
        let mut stream = TcpStream::connect(server.grpc).await.unwrap();
        stream.write_all(begin).await.unwrap();
        ended(&mut stream).await;
    }
    let mut idle = wire::http2(server.grpc).await;
    ended(&mut idle).await;
}

#[tokio::test]
async fn a_connection_may_rest_between_requests_longer_than_a_head_may_take() {
    let server = with(short()).await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    for _ in 0..3 {
        stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await.unwrap();
        assert_eq!(read_answer(&mut stream).await.code, 200);
        sleep(Duration::from_millis(700)).await;
    }
}

#[tokio::test]
async fn a_connection_that_rests_too_long_is_closed() {
    let server = with(ConnectionLimits { idle: Duration::from_millis(200), ..short() }).await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.code, 200);
    assert!(ended(&mut stream).await.is_empty());
}

#[tokio::test]
async fn a_body_that_stops_or_trickles_is_given_up_and_may_be_sent_again() {
    let server = with(short()).await;
    let mut stopped = TcpStream::connect(server.http).await.unwrap();
    stopped.write_all(format!("{HEAD}content-length: 100\r\n\r\n{{").as_bytes()).await.unwrap();
    let answer = timeout(PATIENCE, read_answer(&mut stopped)).await.unwrap();
    assert_eq!((answer.code, answer.json()["code"].as_i64()), (503, Some(14)));
    assert!(answer.header("retry-after").is_some());

    let mut trickling = TcpStream::connect(server.http).await.unwrap();
    trickling.write_all(format!("{HEAD}content-length: 100000\r\n\r\n").as_bytes()).await.unwrap();
    let (mut reader, mut writer) = trickling.split();
    let trickle = async {
        while writer.write_all(b" ").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let mut said = Vec::new();
    tokio::select! {
        _ = reader.read_buf(&mut said) => {}
        () = trickle => {}
        () = sleep(PATIENCE) => panic!("it goes on"),
    }
    assert!(said.starts_with(b"HTTP/1.1 503 "), "{}", String::from_utf8_lossy(&said));

    let mut grpc = wire::http2(server.grpc).await;
    grpc.write_all(&wire::frame(HEADERS, END_HEADERS, 1, &wire::export_headers())).await.unwrap();
    grpc.write_all(&wire::frame(wire::DATA, 0, 1, &[0, 0, 0, 0, 100, 1, 2, 3])).await.unwrap();
    assert!(timeout(PATIENCE, wire::await_frame(&mut grpc, HEADERS)).await.unwrap().is_some());
    assert_eq!(server.refusals.requests(), [("otlp_grpc", "too_slow", 1), ("otlp_http", "too_slow", 2)]);
    assert_eq!(server.taken(), 0);
    others_get_through(&server).await;
}

/// Writes until the other side has enough; the reason it gives (RFC 9113, 7).
async fn until_goodbye(server: &Running, what: &[u8]) -> Option<u32> {
    let stream = wire::http2(server.grpc).await;
    let (mut reader, mut writer) = stream.into_split();
    let writing = tokio::spawn({
        let what = what.to_vec();
        async move {
            for _ in 0..200 {
                if writer.write_all(&what).await.is_err() {
                    break;
                }
            }
            // Kept open: the other side is to end it.
            writer
        }
    });
    let goodbye = timeout(PATIENCE, wire::await_frame(&mut reader, GOAWAY)).await.expect("it goes on");
    let _writer = timeout(PATIENCE, writing).await.expect("it is read for ever").unwrap();
    goodbye.map(|payload| u32::from_be_bytes(payload[4..8].try_into().unwrap()))
}

#[tokio::test]
async fn streams_that_are_begun_and_taken_back_end_the_connection() {
    let server = with(ConnectionLimits::default()).await;
    let mut begun_and_reset = Vec::new();
    for number in 0..10_000 {
        let stream = 1 + 2 * number;
        begun_and_reset.extend(wire::frame(HEADERS, END_HEADERS, stream, &wire::export_headers()));
        begun_and_reset.extend(wire::frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    let reason = until_goodbye(&server, &begun_and_reset).await;
    // A connection that is cut off with bytes unread may lose what was said last.
    assert!(matches!(reason, None | Some(11)), "{reason:?}");
    others_get_through(&server).await;
    assert_eq!(server.taken(), 2);
}

#[tokio::test]
async fn headers_without_end_end_the_connection() {
    let server = with(ConnectionLimits::default()).await;
    let more = wire::frame(wire::CONTINUATION, 0, 1, &[&[0, 1, b'a', 127][..], &[1, b'x']].concat());
    let begun = [wire::frame(HEADERS, 0, 1, &wire::export_headers()), more.repeat(20_000)].concat();
    let reason = until_goodbye(&server, &begun).await;
    assert!(matches!(reason, None | Some(1 | 9 | 11)), "{reason:?}");
    others_get_through(&server).await;
}

#[tokio::test]
async fn headers_that_are_too_long_are_refused() {
    let server = with(ConnectionLimits { head_bytes: 8 << 10, ..ConnectionLimits::default() }).await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    let _ = stream.write_all(format!("{HEAD}x-long: {}\r\n\r\n", "y".repeat(200 << 10)).as_bytes()).await;
    let said = String::from_utf8(ended(&mut stream).await).unwrap();
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431 "), "{said}");
    others_get_through(&server).await;
}

#[tokio::test]
async fn a_thousand_idle_connections_delay_nobody() {
    let server = with(ConnectionLimits::default()).await;
    let mut idle = Vec::new();
    for number in 0..1000 {
        let address = if number % 2 == 0 { server.http } else { server.grpc };
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    others_get_through(&server).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_at_once_and_counted() {
    let server = with(ConnectionLimits { connections: 3, ..ConnectionLimits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await.unwrap();
        assert_eq!(read_answer(&mut stream).await.code, 200);
        open.push(stream);
    }
    let mut one_more = TcpStream::connect(server.http).await.unwrap();
    assert!(ended(&mut one_more).await.is_empty());
    assert_eq!(server.refusals.connections(), [("otlp_grpc", 0), ("otlp_http", 1), ("api", 0)]);
    drop(open);
    let again = async {
        loop {
            let mut stream = TcpStream::connect(server.http).await.unwrap();
            let _ = stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await;
            if !ended_or_answered(&mut stream).await.is_empty() {
                return;
            }
        }
    };
    timeout(PATIENCE, again).await.expect("its place is not given back");
}

async fn ended_or_answered(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let _ = stream.read_buf(&mut said).await;
    said
}

#[tokio::test]
async fn a_sender_that_takes_its_half_of_the_room_is_refused_more_for_now() {
    let server = with(ConnectionLimits::default()).await;
    // Two requests that do not end hold what one sender may hold.
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(format!("{HEAD}content-length: {LIMIT}\r\n\r\n").as_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; LIMIT / 2 - 1]).await.unwrap();
        held.push(stream);
    }
    let refused = async {
        loop {
            let answer = server.post(JSON, "", &[b' '; 1000]).await;
            if answer.code == 503 {
                return answer;
            }
        }
    };
    let answer = timeout(PATIENCE, refused).await.unwrap();
    assert!(answer.header("retry-after").is_some());
    drop(held);
    let again = async { while server.post(JSON, "", b"{}").await.code != 200 {} };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn stopping_ends_although_a_sender_holds_its_request_open() {
    let server = with(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    stream.write_all(format!("{HEAD}content-length: 100\r\n\r\n{{").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    server.stop.send(true).unwrap();
    for port in server.ended {
        timeout(PATIENCE, port).await.expect("it goes on").unwrap().unwrap();
    }
    assert!(ended(&mut stream).await.is_empty());
}
