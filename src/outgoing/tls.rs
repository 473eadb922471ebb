//! Whom an endpoint must be signed by.

use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// TLS for HTTP/1.1; trusts those in the PEM, or those that this machine trusts.
///
/// # Errors
/// What is wrong with the certificates.
pub fn connector(ca_pem: Option<&[u8]>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    match ca_pem {
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        Some(pem) => {
            for certificate in certificates(pem)? {
                roots.add(certificate).map_err(|error| format!("a certificate cannot be used: {error}"))?;
            }
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Certificates of a PEM, at least one.
///
/// # Errors
/// What is wrong with it.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = read.map_err(|error| format!("the certificates cannot be read: {error}; give a file in PEM"))?;
    if certificates.is_empty() {
        return Err("there is no certificate in it; give a file in PEM, with BEGIN CERTIFICATE".into());
    }
    Ok(certificates)
}
