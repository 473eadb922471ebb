//! Real handshakes in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Tls, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use tokio_rustls::{TlsAcceptor, TlsConnector};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key, PEM.
fn signed(authority: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn files(&self, cert: &str, key: &str) -> TlsFiles {
        let (cert, key) = (self.write("cert.pem", cert), self.write("key.pem", key));
        TlsFiles { cert, key, intake_clients: None, api_clients: None }
    }
}

/// Shakes hands; the certificate that the server showed, and the protocol that was agreed on.
async fn shake(
    server: Arc<ServerConfig>,
    trusted: &Authority,
    own: Option<&(String, String)>,
) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let mut client = match own {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let cert = CertificateDer::from_pem_slice(cert.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![cert], PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
        }
    };
    client.alpn_protocols = vec![b"h2".to_vec()];
    let (here, there) = tokio::io::duplex(1 << 16);
    let connecting = TlsConnector::from(Arc::new(client)).connect(ServerName::try_from("localhost").unwrap(), here);
    let (client, server) = tokio::join!(connecting, TlsAcceptor::from(server).accept(there));
    server.map_err(|error| error.to_string())?;
    let client = client.map_err(|error| error.to_string())?;
    let (_, session) = client.get_ref();
    Ok((session.peer_certificates().unwrap()[0].to_vec(), session.alpn_protocol().map(<[u8]>::to_vec)))
}

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

#[tokio::test]
async fn the_certificate_of_the_file_is_shown_and_http_2_is_agreed_on() {
    let (folder, authority) = (Folder::new(), authority());
    let (cert, key) = signed(&authority);
    let tls = Tls::open(folder.files(&cert, &key)).unwrap();
    for config in [tls.intake(), tls.api()] {
        assert_eq!(shake(config, &authority, None).await.unwrap(), (der(&cert), Some(b"h2".to_vec())));
    }
}

#[tokio::test]
async fn senders_without_a_certificate_of_the_authority_are_refused_where_one_is_asked_for() {
    let (folder, authority, other) = (Folder::new(), authority(), self::authority());
    let (cert, key) = signed(&authority);
    let clients = folder.write("ca.pem", &authority.pem());
    let tls = Tls::open(TlsFiles { intake_clients: Some(clients), ..folder.files(&cert, &key) }).unwrap();
    assert!(shake(tls.intake(), &authority, None).await.is_err());
    assert!(shake(tls.intake(), &authority, Some(&signed(&other))).await.is_err());
    assert!(shake(tls.intake(), &authority, Some(&signed(&authority))).await.is_ok());
    assert!(shake(tls.api(), &authority, None).await.is_ok());
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_from_then_on_and_a_broken_one_never() {
    let (folder, authority) = (Folder::new(), authority());
    let (old, old_key) = signed(&authority);
    let (new, new_key) = signed(&authority);
    let tls = Tls::open(folder.files(&old, &old_key)).unwrap();
    assert_eq!(tls.look_again(), Ok(false));
    folder.write("cert.pem", &new);
    assert_eq!(tls.look_again(), Ok(false));
    let told = tls.look_again().unwrap_err().to_string();
    assert!(told.contains("is not the key of the first certificate"), "{told}");
    // It is told once, not at every look.
    assert_eq!(tls.look_again(), Ok(false));
    assert_eq!(shake(tls.intake(), &authority, None).await.unwrap().0, der(&old));
    folder.write("key.pem", &new_key);
    assert_eq!((tls.look_again(), tls.look_again()), (Ok(false), Ok(true)));
    assert_eq!(shake(tls.intake(), &authority, None).await.unwrap().0, der(&new));
}

#[test]
fn files_that_cannot_be_used_are_told_by_name_with_the_way_out_and_without_their_text() {
    let (folder, authority) = (Folder::new(), authority());
    let (cert, key) = signed(&authority);
    let (_, other) = signed(&authority);
    let body = key.lines().nth(1).unwrap().to_owned();
    let broken = key.replace(&body, &format!("?{body}"));
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let ragged = format!("-----BEGIN {body}\n");
    let cut = key.lines().take(2).collect::<Vec<_>>().join("\n");
    let no_cert = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (cert, key, told) in [
        (&*cert, &*other, "--tls-key: 'key.pem' is not the key of the first certificate in 'cert.pem'"),
        (&key, &key, "--tls-cert: no certificate is in 'cert.pem'"),
        (no_cert, &key, "--tls-cert: 'cert.pem' cannot be used"),
        (&cert[..cert.len() / 2], &key, "--tls-cert: 'cert.pem' is not whole PEM"),
        (&cert, &cert, "--tls-key: no private key can be read from 'key.pem'"),
        (&cert, &encrypted, "--tls-key: the key in 'key.pem' is encrypted; decrypt it with 'openssl pkey"),
        (&cert, &broken, "--tls-key: no private key can be read from 'key.pem'"),
        (&cert, &ragged, "--tls-key: no private key can be read from 'key.pem'"),
        (&cert, &cut, "--tls-key: no private key can be read from 'key.pem'"),
        (&cert, "", "--tls-key: no private key can be read from 'key.pem'"),
    ] {
        let error = Tls::open(folder.files(cert, key)).unwrap_err().to_string();
        let error = error.replace(&format!("{}/", folder.0.path().display()), "");
        assert!(error.starts_with(told), "{error}");
        assert!(!error.contains(&body[5..20]), "{error}");
    }
    let missing = TlsFiles { cert: Path::new("/nowhere/cert.pem").into(), ..folder.files(&cert, &key) };
    assert!(Tls::open(missing).unwrap_err().to_string().starts_with("--tls-cert: '/nowhere/cert.pem' cannot be read: "));
    let clients = Some(folder.write("ca.pem", "nothing"));
    let no_authority = TlsFiles { intake_clients: clients, ..folder.files(&cert, &key) };
    assert!(Tls::open(no_authority).unwrap_err().to_string().starts_with("--tls-client-ca: no certificate is in "));
}
