//! A server with certificates and tokens, all of whose words are kept.

use crate::program::{shop_map, steelthread};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Somebody who signs.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key of this machine, PEM.
    pub fn sign(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// A folder with files.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Its name.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.path().join(name)).unwrap()).into_owned()
    }
}

/// A running server; killed when dropped.
pub struct Secured {
    child: Child,
    pub folder: Folder,
    /// `HOST:PORT`.
    pub grpc: String,
    /// A URL.
    pub http: String,
    /// A URL.
    pub api: String,
}

impl Secured {
    /// Starts it with what is in the folder; it logs all there is to log.
    pub fn start(folder: Folder, arguments: &[&str]) -> Self {
        let map = shop_map(folder.path());
        let open = |name: &str| std::fs::File::create(folder.path().join(name)).unwrap();
        let mut command = steelthread();
        command.args(["serve", "--map", &map, "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0"]);
        command.env("STEELTHREAD_API", "127.0.0.1:0");
        command.args(arguments).env("RUST_LOG", "trace").env("NO_COLOR", "1");
        let child = command.stdin(Stdio::null()).stdout(open("stdout")).stderr(open("stderr")).spawn().unwrap();
        let mut server = Self { child, folder, grpc: String::new(), http: String::new(), api: String::new() };
        server.wait_until_it_listens();
        server
    }

    fn wait_until_it_listens(&mut self) {
        for _ in 0..1200 {
            let said = self.folder.read("stderr");
            let word = |start: &str| {
                let rest = said.lines().find_map(|line| line.trim().strip_prefix(start))?;
                rest.split_whitespace().next().map(|word| word.trim_end_matches("/v1/traces").to_owned())
            };
            if let (Some(grpc), Some(http), Some(api), true) =
                (word("spans come in at"), word("and at"), word("questions go to"), said.contains("Ctrl-C"))
            {
                (self.grpc, self.http, self.api) = (grpc, http, api);
                return;
            }
            assert!(self.child.try_wait().unwrap().is_none(), "the server has ended: {said}");
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not listen: {}", self.folder.read("stderr"));
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
