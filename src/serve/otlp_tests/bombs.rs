//! Few bytes that stand for many.

use super::{JSON, LIMIT, PROTOBUF, gzip, limited, server, zstd};
use crate::serve::inflate::{Coding, Inflating};
use crate::serve::refused::Reason;
use crate::serve::senders::{SenderId, Senders};
use crate::serve::{Accepted, ConnectionLimits, OtlpLimits};
use bytes::Bytes;
use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// Decompresses on one thread; what came out, or why nothing did.
fn inflate(coding: Coding, compressed: Vec<u8>, limit: usize, most_under_way: usize) -> Result<Bytes, Reason> {
    let senders = Arc::new(Senders::new(most_under_way, None));
    let id = |last| SenderId::Address(Ipv4Addr::new(10, 0, 0, last).into());
    // Somebody else is there, too: nobody has the room to himself.
    let mut other = senders.begin(&id(1), 0).unwrap();
    other.add(1).unwrap();
    let mut holding = senders.begin(&id(2), 0).unwrap();
    let mut inflating = Inflating::new(coding, compressed.into(), limit).map_err(|refused| refused.reason)?;
    inflating.run(usize::MAX, &mut holding).map_err(|refused| refused.reason)?;
    Ok(inflating.into_message())
}

/// A frame of zstd that asks its reader for a window of 2^`log` bytes and then has one byte.
fn window(log: u8) -> Vec<u8> {
    let magic = 0xFD2F_B528_u32.to_le_bytes();
    // No content size, no checksum; the exponent of the window; one last raw block of one byte.
    [&magic[..], &[0, (log - 10) << 3], &[0b0000_1001, 0, 0], b"x"].concat()
}

#[test]
fn what_comes_out_is_what_went_in_up_to_the_limit_and_not_a_byte_more() {
    for length in [0, 1, LIMIT - 1, LIMIT] {
        let message: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        assert_eq!(inflate(Coding::Gzip, gzip(&message), LIMIT, 8 * LIMIT), Ok(message.clone().into()));
        assert_eq!(inflate(Coding::Zstd, zstd(&message), LIMIT, 8 * LIMIT), Ok(message.into()));
    }
    let more = vec![7; LIMIT + 1];
    assert_eq!(inflate(Coding::Gzip, gzip(&more), LIMIT, 8 * LIMIT), Err(Reason::TooBig));
    assert_eq!(inflate(Coding::Zstd, zstd(&more), LIMIT, 8 * LIMIT), Err(Reason::TooBig));
}

#[test]
fn several_members_and_frames_are_one_message() {
    assert_eq!(inflate(Coding::Gzip, [gzip(b"one "), gzip(b"two")].concat(), LIMIT, LIMIT), Ok("one two".into()));
    assert_eq!(inflate(Coding::Zstd, [zstd(b"one "), zstd(b"two")].concat(), LIMIT, LIMIT), Ok("one two".into()));
}

#[test]
fn what_comes_out_counts_as_under_way_while_it_comes_out() {
    let message = vec![7; LIMIT];
    assert_eq!(inflate(Coding::Gzip, gzip(&message), LIMIT, LIMIT / 2), Err(Reason::Overload));
    assert_eq!(inflate(Coding::Zstd, zstd(&message), LIMIT, LIMIT / 2), Err(Reason::Overload));
}

#[test]
fn a_window_that_a_message_has_no_use_for_is_refused() {
    assert_eq!(inflate(Coding::Zstd, window(23), LIMIT, LIMIT), Ok("x".into()));
    for log in [24, 27, 31, 41] {
        assert_eq!(inflate(Coding::Zstd, window(log), LIMIT, LIMIT), Err(Reason::Malformed), "{log}");
    }
    assert_eq!(inflate(Coding::Zstd, window(27), 128 << 20, 256 << 20), Ok("x".into()));
    assert_eq!(inflate(Coding::Zstd, window(28), 1 << 30, 2 << 30), Err(Reason::Malformed));
}

#[test]
fn one_layer_is_removed_and_never_more() {
    let inner = gzip(&vec![0; 20 * LIMIT]);
    assert_eq!(inflate(Coding::Gzip, gzip(&inner), LIMIT, 8 * LIMIT), Ok(inner.clone().into()));
    assert_eq!(inflate(Coding::Zstd, zstd(&inner), LIMIT, 8 * LIMIT), Ok(inner.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_are_refused_over_http_and_others_go_on() {
    let limits = OtlpLimits::of_messages(4 * LIMIT);
    let server = Arc::new(limited(Ok(Accepted::default()), limits, ConnectionLimits::default()).await);
    let bombs = Arc::new([("gzip", gzip(&vec![0; 40 * LIMIT])), ("zstd", zstd(&vec![0; 40 * LIMIT]))]);
    let throwing: Vec<_> = (0..40)
        .map(|number| {
            let (server, bombs) = (server.clone(), bombs.clone());
            tokio::spawn(async move {
                let (coding, bomb) = &bombs[number % 2];
                server.post(PROTOBUF, &format!("\r\ncontent-encoding: {coding}"), bomb).await.code
            })
        })
        .collect();
    for _ in 0..20 {
        // Bombs of the same address may have taken its half of the room.
        let code = server.post(JSON, "", b"{}").await.code;
        assert!(code == 200 || code == 503, "{code}");
    }
    for one in throwing {
        let code = one.await.unwrap();
        assert!(code == 413 || code == 503, "{code}");
    }
    assert_eq!(server.post(JSON, "", b"{}").await.code, 200);
}

#[tokio::test]
async fn endless_empty_members_are_worked_off_as_fast_as_they_are_long() {
    let server = server(Ok(Accepted::default())).await;
    let mut empty = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    empty.flush().unwrap();
    let empty = empty.finish().unwrap();
    let many = empty.repeat(LIMIT / empty.len() - 1);
    assert_eq!(server.post(PROTOBUF, "\r\ncontent-encoding: gzip", &many).await.code, 200);
    assert_eq!(server.intake.messages.lock().unwrap()[0].1, b"");
}
