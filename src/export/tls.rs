//! Whom an endpoint must be signed by, for gRPC.

use super::target::Target;
use crate::outgoing;
use tonic::transport::{Certificate, ClientTlsConfig};

pub(super) fn for_grpc(target: &Target) -> Result<ClientTlsConfig, String> {
    match &target.ca_pem {
        None => Ok(ClientTlsConfig::new().with_native_roots()),
        Some(pem) => {
            outgoing::certificates(pem)?;
            Ok(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))
        }
    }
}
