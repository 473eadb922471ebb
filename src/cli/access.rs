//! Who may come in to a server, resolved: certificates and tokens are opened, and what should be said about them is said.

use super::args::AccessArgs;
use crate::serve::{Scope, Tls, TlsFiles, TokenFiles, Tokens};
use anyhow::{bail, ensure};
use std::net::SocketAddr;
use std::sync::Arc;

/// Ready for the ports.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) tokens: Arc<Tokens>,
}

impl Access {
    /// Opens the files, and warns about them on standard error.
    pub(super) fn resolve(args: AccessArgs) -> anyhow::Result<Self> {
        let tls = tls_files(&args)?.map(Tls::open).transpose()?.map(Arc::new);
        let tokens = Tokens::open(TokenFiles { intake: args.intake_token_file, api: args.api_token_file })?;
        let warnings = tls.iter().flat_map(|tls| tls.warnings());
        for warning in warnings.chain(tokens.warnings().iter().cloned()) {
            super::say(&format!("warning: {warning}"));
        }
        Ok(Self { tls, tokens: Arc::new(tokens) })
    }

    /// Refuses an API that everybody could read, unless that is meant.
    pub(super) fn permits(&self, api: SocketAddr, allow_anonymous: bool) -> anyhow::Result<()> {
        let knows_who_asks = self.tokens.asks(Scope::Read) || self.tls.as_ref().is_some_and(|tls| tls.asks_who_asks());
        ensure!(
            api.ip().is_loopback() || allow_anonymous || knows_who_asks,
            "--api {api}: whoever reaches this address could read everything, as nobody has to log in; write a loopback address, \
             or --api-token-file FILE ('steelthread token new NAME' makes a line of it), or --allow-anonymous if that is meant"
        );
        Ok(())
    }

    /// Tokens that everybody on the way could read.
    pub(super) fn warn_of_listeners(&self, doors: [(Option<SocketAddr>, Scope); 3]) {
        if self.tls.is_some() {
            return;
        }
        for (address, scope) in doors.into_iter().filter_map(|(address, scope)| Some((address?, scope))) {
            if self.tokens.asks(scope) && !address.ip().is_loopback() {
                super::say(&format!(
                    "warning: tokens come to {address} without TLS, and can be read on their way; --tls-cert and --tls-key close that"
                ));
            }
        }
    }
}

fn tls_files(args: &AccessArgs) -> anyhow::Result<Option<TlsFiles>> {
    match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => Ok(Some(TlsFiles {
            cert: cert.clone(),
            key: key.clone(),
            intake_clients: args.tls_client_ca.clone(),
            api_clients: args.tls_api_client_ca.clone(),
        })),
        (Some(_), None) => bail!("--tls-cert needs the private key of the certificate, too: --tls-key FILE"),
        (None, Some(_)) => bail!("--tls-key needs the certificate that it is for, too: --tls-cert FILE"),
        (None, None) => {
            for (given, flag) in [(&args.tls_client_ca, "--tls-client-ca"), (&args.tls_api_client_ca, "--tls-api-client-ca")] {
                ensure!(given.is_none(), "{flag} needs TLS: --tls-cert FILE and --tls-key FILE");
            }
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn an_api_that_others_can_reach_wants_to_know_who_asks() {
        let (near, far) = ("127.0.0.1:1".parse().unwrap(), "0.0.0.0:1".parse().unwrap());
        let open = Access::default();
        assert!(open.permits(near, false).is_ok() && open.permits(far, true).is_ok());
        let told = open.permits(far, false).unwrap_err().to_string();
        assert!(told.starts_with("--api 0.0.0.0:1: ") && told.contains("--api-token-file"), "{told}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        std::fs::write(&path, "ops: q8Zr3vXw0LkT5mYb").unwrap();
        let of = |args| Access::resolve(args).unwrap();
        assert!(of(AccessArgs { api_token_file: Some(path.clone()), ..AccessArgs::default() }).permits(far, false).is_ok());
        // Tokens of senders say nothing about those who ask.
        assert!(of(AccessArgs { intake_token_file: Some(path), ..AccessArgs::default() }).permits(far, false).is_err());
    }

    #[test]
    fn half_of_tls_is_refused_with_what_is_missing() {
        let told = |args| format!("{:#}", Access::resolve(args).unwrap_err());
        let some = || Some("x.pem".into());
        assert!(told(AccessArgs { tls_cert: some(), ..AccessArgs::default() }).contains("--tls-key FILE"));
        assert!(told(AccessArgs { tls_key: some(), ..AccessArgs::default() }).contains("--tls-cert FILE"));
        assert!(told(AccessArgs { tls_client_ca: some(), ..AccessArgs::default() }).starts_with("--tls-client-ca needs TLS"));
        let api = AccessArgs { tls_api_client_ca: some(), ..AccessArgs::default() };
        assert!(told(api).starts_with("--tls-api-client-ca needs TLS"));
    }
}
