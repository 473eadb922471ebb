//! TLS on the ports: which certificate is shown, and of whom one is asked.
//!
//! A certificate is renewed more often than a server is started: its file is looked at again and again, and connections that come
//! after a change get the new one. A new one that cannot be used is told, and the old one stays. Nothing that stands in a file of a
//! key is ever repeated in an error; the words of the PEM parser would.

use super::secret_file::{self, Settling};
use arc_swap::ArcSwap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, InconsistentKeys, RootCertStore, ServerConfig};

/// What clients may speak inside: HTTP/2 first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Where it all lies; all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificates to show, own certificate first.
    pub cert: PathBuf,
    /// The private key of the first of them.
    pub key: PathBuf,
    /// Who signs certificates of senders of spans; `None`: none is asked for.
    pub intake_clients: Option<PathBuf>,
    /// Who signs certificates of those who ask; `None`: none is asked for.
    pub api_clients: Option<PathBuf>,
}

/// Why there is no TLS: one sentence, which file, what is wrong with it, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// What the ports need.
pub struct Tls {
    files: TlsFiles,
    shown: Arc<Shown>,
    seen: Settling,
    intake: Arc<ServerConfig>,
    api: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let (cert, key) = bytes(&files)?;
        let provider = Arc::new(ring::default_provider());
        let certified = certified(&files, &cert, &key, &provider)?;
        let shown = Arc::new(Shown(ArcSwap::from_pointee(certified)));
        let intake = config(files.intake_clients.as_deref().map(|path| ("--tls-client-ca", path)), &shown, &provider)?;
        let api = config(files.api_clients.as_deref().map(|path| ("--tls-api-client-ca", path)), &shown, &provider)?;
        Ok(Self { seen: Settling::new(&(&cert, &key)), files, shown, intake, api })
    }

    /// For the ports where spans come in.
    pub fn intake(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.intake)
    }

    /// For the port where questions are answered.
    pub fn api(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.api)
    }

    /// Whether those who ask must show a certificate.
    pub fn asks_who_asks(&self) -> bool {
        self.files.api_clients.is_some()
    }

    /// What should be said at the start: one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        secret_file::too_open(&self.files.key).into_iter().collect()
    }

    /// Looks at certificate and key again; true if new connections now get another one. What has changed is
    /// believed when it was found twice, so that two files that are renewed one after the other are taken together.
    ///
    /// # Errors
    /// They have changed and cannot be used. What was used before still is. It is told once.
    pub fn look_again(&self) -> Result<bool, TlsError> {
        let (cert, key) = bytes(&self.files)?;
        if !self.seen.has_settled_otherwise(&(&cert, &key)) {
            return Ok(false);
        }
        let certified = certified(&self.files, &cert, &key, &ring::default_provider())?;
        self.shown.0.store(Arc::new(certified));
        Ok(true)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The certificate that is shown now.
struct Shown(ArcSwap<CertifiedKey>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn bytes(files: &TlsFiles) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
    let cert = secret_file::read(&files.cert).map_err(|why| TlsError(format!("--tls-cert: {why}")))?;
    let key = secret_file::read(&files.key).map_err(|why| TlsError(format!("--tls-key: {why}")))?;
    Ok((cert, key))
}

fn certified(files: &TlsFiles, cert: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let chain = certificates("--tls-cert", &files.cert, cert)?;
    let key = private_key(&files.key, key)?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        let (cert, key) = (files.cert.display(), files.key.display());
        TlsError(match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                format!(
                    "--tls-key: '{key}' is not the key of the first certificate in '{cert}'; name the two that belong together"
                )
            }
            Error::InvalidCertificate(why) => format!("--tls-cert: '{cert}' cannot be used: {why:?}; write an X.509 certificate"),
            _ => format!(
                "--tls-key: '{key}' cannot be used; write an RSA (2048 bits or more), ECDSA (P-256, P-384) or Ed25519 key"
            ),
        })
    })
}

fn certificates(flag: &str, path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let name = path.display();
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let all = read.map_err(|_| TlsError(format!("{flag}: '{name}' is not whole PEM; copy the file again")))?;
    if all.is_empty() {
        let instead = "write PEM that holds '-----BEGIN CERTIFICATE-----'";
        return Err(TlsError(format!("{flag}: no certificate is in '{name}'; {instead}")));
    }
    Ok(all)
}

fn private_key(path: &Path, bytes: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    let name = path.display();
    let text = String::from_utf8_lossy(bytes);
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        let instead = "decrypt it with 'openssl pkey -in FILE -out FILE2', and let only the server read that";
        return Err(TlsError(format!("--tls-key: the key in '{name}' is encrypted; {instead}")));
    }
    PrivateKeyDer::from_pem_slice(bytes).map_err(|_| {
        TlsError(format!(
            "--tls-key: no private key can be read from '{name}'; write PEM that holds '-----BEGIN PRIVATE KEY-----'"
        ))
    })
}

fn config(
    clients: Option<(&str, &Path)>,
    shown: &Arc<Shown>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| TlsError(format!("no TLS: {error}")))?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some((flag, path)) => {
            let roots = Arc::new(authorities(flag, path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
            builder
                .with_client_cert_verifier(verifier.map_err(|error| TlsError(format!("{flag}: '{}': {error}", path.display())))?)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::clone(shown) as _);
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

fn authorities(flag: &str, path: &Path) -> Result<RootCertStore, TlsError> {
    let bytes = secret_file::read(path).map_err(|why| TlsError(format!("{flag}: {why}")))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(flag, path, &bytes)? {
        let name = path.display();
        let added = roots.add(certificate);
        added.map_err(|_| TlsError(format!("{flag}: a certificate in '{name}' is none; write those of authorities")))?;
    }
    Ok(roots)
}
