//! The doors of a real server: memory under bombs, and slow senders beside honest ones.

use crate::program::{Server, shop_map};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tonic::Code;

const MIB: usize = 1 << 20;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A frame of zstd that wants a window of 2^`log` bytes, and fills it with zeros.
fn wide(log: u32, bytes: usize) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(log).unwrap();
    encoder.long_distance_matching(true).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(&vec![0; bytes]).unwrap();
    encoder.finish().unwrap()
}

/// Code of an answer over HTTP.
fn post(server: &Server, coding: &str, body: &[u8]) -> u16 {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let post = agent.post(&server.otlp_http).content_type("application/x-protobuf").header("content-encoding", coding);
    post.send(body).unwrap().status().as_u16()
}

#[test]
fn bombs_of_all_kinds_are_refused_within_bounded_memory_and_others_are_served_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--message-bytes", "4MiB", "--open-trace-bytes", "16MiB"]);
    // What the server takes when it has once done everything it does.
    for (coding, body) in [("gzip", gzip(&[0; 4096])), ("zstd", zstd(&[0; 4096])), ("identity", vec![])] {
        post(&server, coding, &body);
    }
    let before = server.peak_rss();
    let zeros = vec![0; 64 * MIB];
    let nested = gzip(&gzip(&zeros));
    let bombs = [
        ("gzip", gzip(&zeros), 413),
        ("zstd", zstd(&zeros), 413),
        ("gzip", nested, 400),
        ("zstd", zstd(&zstd(&zeros)), 400),
        ("zstd", wide(27, 64 * MIB), 400),
        ("zstd", wide(23, 64 * MIB), 413),
    ];
    std::thread::scope(|threads| {
        for (coding, bomb, code) in &bombs {
            let server = &server;
            threads.spawn(move || {
                for _ in 0..8 {
                    let told = post(server, coding, bomb);
                    // 503: bombs of the same address have taken its half of the room.
                    assert!(told == *code || told == 503, "{coding}: {told}, not {code}");
                }
            });
        }
        for _ in 0..20 {
            // The API is none of their business; nor is a sender that has nothing to say.
            assert!(server.get("/api/v1/status").is_object());
        }
    });
    assert_eq!(post(&server, "identity", b""), 200);
    let grown = server.peak_rss() - before;
    assert!(grown < 80 * MIB, "{} MiB for messages of 4 MiB", grown / MIB);
}

#[test]
fn bombs_over_grpc_are_refused_within_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--message-bytes", "4MiB", "--open-trace-bytes", "16MiB"]);
    let before = server.peak_rss();
    let sender = server.sender();
    for (coding, bomb, code) in [
        ("gzip", gzip(&vec![0; 64 * MIB]), Code::ResourceExhausted),
        ("zstd", zstd(&vec![0; 64 * MIB]), Code::ResourceExhausted),
        ("zstd", wide(27, 64 * MIB), Code::InvalidArgument),
    ] {
        for _ in 0..10 {
            let status = sender.send_raw(coding, 1, &bomb).unwrap_err();
            assert_eq!((status.code(), status.details().len()), (code, 0), "{status:?}");
        }
    }
    // And one whose bytes are as many as it says, but too many.
    let status = sender.send_raw("identity", 0, &vec![0; 5 * MIB]).unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let grown = server.peak_rss() - before;
    assert!(grown < 80 * MIB, "{} MiB for messages of 4 MiB", grown / MIB);
}

#[test]
fn a_thousand_connections_that_do_nothing_or_little_delay_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--header-timeout", "2s"]);
    let at = server.otlp_http.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    let addresses = [at, server.otlp.clone(), server.api.trim_start_matches("http://").to_owned()];
    let mut open = Vec::new();
    for number in 0..1000 {
        let mut stream = TcpStream::connect(&addresses[number % 3]).unwrap();
        if number % 2 == 0 {
            // It may be closed already, if this machine stalls.
            let _ = stream.write_all(b"POST /v1/traces HTTP/1.1\r\nx: ");
        }
        open.push(stream);
    }
    assert_eq!(post(&server, "identity", b""), 200);
    assert!(server.get("/api/v1/status").is_object());
    server.sender().send_raw("identity", 0, b"").unwrap();
    for mut stream in open {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut said = Vec::new();
        // Closed, with or without a word; a reset is an end, too.
        if let Err(error) = stream.read_to_end(&mut said) {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "it stays open");
        }
    }
}

#[test]
fn one_sender_may_be_given_a_rate_and_a_port_a_number_of_connections() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--sender-bytes-per-second", "1KiB", "--connections", "50"]);
    assert_eq!(server.post_json(format!("{{{}}}", " ".repeat(9000)).as_bytes()).0, 200);
    let (code, told) = server.post_json(b"{}");
    assert_eq!((code, &told["code"]), (429, &8.into()), "{told}");
    assert_eq!(server.metric(r#"steelthread_refused_requests_total{door="otlp_http",reason="sender_rate"}"#), 1.0);
}
