//! TLS around the doors.

use super::wire::read_answer;
use super::{JSON, LIMIT, Running, behind};
use crate::serve::{Accepted, ConnectionLimits, OtlpLimits};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server with a certificate for `here`, and a client that trusts it.
async fn server(connections: ConnectionLimits) -> (Running, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(["here".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let certificate = made.cert.der().clone();
    let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let limits = OtlpLimits::of_messages(LIMIT);
    (behind(Some(Arc::new(tls)), Ok(Accepted::default()), limits, connections).await, TlsConnector::from(Arc::new(client)))
}

async fn connect(server: &Running, client: &TlsConnector) -> TlsStream<TcpStream> {
    let socket = TcpStream::connect(server.http).await.unwrap();
    client.connect(ServerName::try_from("here").unwrap(), socket).await.unwrap()
}

async fn send(stream: &mut TlsStream<TcpStream>) -> u16 {
    let head = format!("POST /v1/traces HTTP/1.1\r\nhost: here\r\ncontent-type: {JSON}\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.write_all(head.as_bytes()).await.unwrap();
    read_answer(stream).await.code
}

#[tokio::test]
async fn requests_come_in_by_tls_and_by_nothing_else() {
    let (server, client) = server(ConnectionLimits::default()).await;
    let mut stream = connect(&server, &client).await;
    assert_eq!((send(&mut stream).await, send(&mut stream).await), (200, 200));
    let mut plain = TcpStream::connect(server.http).await.unwrap();
    plain.write_all(b"POST /v1/traces HTTP/1.1\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _ = timeout(PATIENCE, plain.read_to_end(&mut said)).await.expect("it goes on");
    assert!(!said.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&said));
    assert_eq!(server.taken(), 2);
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_given_up_and_delays_nobody() {
    let handshake = Duration::from_millis(300);
    let (server, client) = server(ConnectionLimits { handshake, ..ConnectionLimits::default() }).await;
    let mut stuck: Vec<TcpStream> = Vec::new();
    for _ in 0..50 {
        stuck.push(TcpStream::connect(server.http).await.unwrap());
    }
    assert_eq!(send(&mut connect(&server, &client).await).await, 200);
    for mut stream in stuck {
        let mut said = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("it goes on");
    }
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_handshake() {
    let (server, _) = server(ConnectionLimits { handshake: Duration::from_secs(3600), ..ConnectionLimits::default() }).await;
    let _stuck = TcpStream::connect(server.http).await.unwrap();
    server.stop.send(true).unwrap();
    for port in server.ended {
        timeout(PATIENCE, port).await.expect("it goes on").unwrap().unwrap();
    }
}
