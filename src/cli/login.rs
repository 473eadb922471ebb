//! What the command line shows a server, and what it trusts about it.

use super::args::LoginArgs;
use anyhow::{Context, bail, ensure};
use std::path::Path;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

/// Ready to be shown.
pub(super) struct Login {
    /// The whole header.
    pub(super) authorization: Option<String>,
    pub(super) tls: TlsConfig,
}

impl Login {
    /// Reads the files. `variable` gives variables of the environment. A flag goes before both of them, the token itself before the
    /// name of its file.
    pub(super) fn resolve(args: &LoginArgs, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let told = |name| variable(name).filter(|it| !it.trim().is_empty());
        let token = match (&args.token_file, told("STEELTHREAD_TOKEN"), told("STEELTHREAD_TOKEN_FILE")) {
            (Some(path), ..) => Some(token_of(path)?),
            (None, Some(token), _) => Some(token.trim().to_owned()),
            (None, None, Some(path)) => Some(token_of(Path::new(&path))?),
            (None, None, None) => None,
        };
        if let Some(token) = &token {
            ensure!(token.bytes().all(|byte| byte.is_ascii_graphic()), "the token holds blanks or letters that no token has");
        }
        Ok(Self { authorization: token.map(|token| format!("Bearer {token}")), tls: tls(args)? })
    }
}

/// The token alone, or the first line of a file as `serve` reads it.
fn token_of(path: &Path) -> anyhow::Result<String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("--token-file: '{name}' cannot be read"))?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().with_context(|| format!("--token-file: no token is in '{name}'"))?;
    let token = line.split_once([':', ' ', '\t']).map_or(line, |(_, rest)| rest);
    let token = token.split_whitespace().next();
    token.map(str::to_owned).with_context(|| format!("--token-file: no token is in '{name}'"))
}

fn tls(args: &LoginArgs) -> anyhow::Result<TlsConfig> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = &args.ca {
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates("--ca", path)?));
    }
    match (&args.client_cert, &args.client_key) {
        (Some(cert), Some(key)) => {
            let chain = certificates("--client-cert", cert)?;
            tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, private_key(key)?)));
        }
        (None, None) => {}
        (Some(_), None) => bail!("--client-cert needs the private key of the certificate, too: --client-key FILE"),
        (None, Some(_)) => bail!("--client-key needs the certificate that it is for, too: --client-cert FILE"),
    }
    Ok(tls.build())
}

fn certificates(flag: &str, path: &Path) -> anyhow::Result<Vec<Certificate<'static>>> {
    let name = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("{flag}: '{name}' cannot be read"))?;
    let certificate = |item| if let Ok(PemItem::Certificate(it)) = item { Some(it) } else { None };
    let found: Vec<_> = parse_pem(&bytes).filter_map(certificate).collect();
    ensure!(!found.is_empty(), "{flag}: no certificate is in '{name}'; write PEM that holds '-----BEGIN CERTIFICATE-----'");
    Ok(found)
}

/// What the parser says about a key is not repeated: it quotes it.
fn private_key(path: &Path) -> anyhow::Result<PrivateKey<'static>> {
    let name = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("--client-key: '{name}' cannot be read"))?;
    let wrong =
        || format!("--client-key: no private key can be read from '{name}'; write PEM that holds '-----BEGIN PRIVATE KEY-----'");
    PrivateKey::from_pem(&bytes).ok().with_context(wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// The header, given a file that is named in the way told, and a variable.
    fn shown(file: &str, by_flag: bool, variable: Option<&str>) -> Result<Option<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, file).unwrap();
        let args = LoginArgs { token_file: by_flag.then(|| path.clone()), ..LoginArgs::default() };
        let variables = |name: &str| match name {
            "STEELTHREAD_TOKEN" => variable.map(str::to_owned),
            _ => Some(path.display().to_string()),
        };
        Login::resolve(&args, variables).map(|login| login.authorization).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_token_is_read_alone_and_from_a_line_of_the_server() {
        for file in ["st_1\n", "# mine\n\nshop: st_1\n", "shop st_1 read\n", "shop:st_1"] {
            assert_eq!(shown(file, true, None), Ok(Some("Bearer st_1".into())), "{file}");
        }
        assert!(shown("# none", true, None).unwrap_err().contains("no token is in"));
        assert!(!shown("", false, Some("my secret")).unwrap_err().contains("secret"));
        assert!(Login::resolve(&LoginArgs::default(), |_| None).unwrap().authorization.is_none());
    }

    #[test]
    fn a_flag_goes_before_variables_and_a_token_before_the_name_of_its_file() {
        assert_eq!(shown("st_1", true, Some("st_2")), Ok(Some("Bearer st_1".into())));
        assert_eq!(shown("st_1", false, Some("st_2\n")), Ok(Some("Bearer st_2".into())));
        assert_eq!(shown("st_1", false, Some("")), Ok(Some("Bearer st_1".into())));
    }

    #[test]
    fn files_that_cannot_be_used_are_told_by_their_flag() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let told = |args: LoginArgs| format!("{:#}", Login::resolve(&args, |_| None).err().unwrap());
        let ca = LoginArgs { ca: Some(empty.clone()), ..LoginArgs::default() };
        assert!(told(ca).starts_with("--ca: no certificate is in "));
        let half = LoginArgs { client_key: Some(empty), ..LoginArgs::default() };
        assert!(told(half).starts_with("--client-key needs the certificate"));
    }
}
