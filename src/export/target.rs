//! Where messages go, and how.

use crate::outgoing::Headers;
use hyper::http::Uri;
use hyper::http::uri::Scheme;
use std::fmt;
use std::time::Duration;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `ExportTraceServiceRequest`.
    Traces,
    /// `ExportMetricsServiceRequest`.
    Metrics,
}

impl Signal {
    pub(super) fn grpc_path(self) -> &'static str {
        match self {
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        }
    }

    pub(super) fn http_path(self) -> &'static str {
        match self {
            Self::Traces => "/v1/traces",
            Self::Metrics => "/v1/metrics",
        }
    }
}

/// How OTLP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// OTLP/gRPC.
    #[default]
    Grpc,
    /// OTLP/HTTP with protobuf.
    Http,
}

/// How messages are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// zstd.
    Zstd,
}

/// An address such as `http://collector:4317`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Uri);

impl Endpoint {
    /// Reads a URL. The port may be left out: it is 4317 for gRPC and 4318 for HTTP then, 443 with TLS.
    ///
    /// # Errors
    /// What is wrong, and what to write instead. The text itself is not repeated if it may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        const INSTEAD: &str = "write a URL such as http://collector:4317 or https://collector.example:4317";
        if text.contains('@') {
            return Err("a user name or password must not stand in the URL; write it as a header into a header file".into());
        }
        let uri: Uri = text.parse().map_err(|_| format!("'{text}' is no URL; {INSTEAD}"))?;
        let scheme = uri.scheme_str().unwrap_or_default();
        if !["http", "https"].contains(&scheme) || uri.host().is_none_or(str::is_empty) {
            return Err(format!("'{text}' has no http:// or https:// before a host; {INSTEAD}"));
        }
        if uri.query().is_some() {
            return Err(format!("'{text}' has a query; {INSTEAD}"));
        }
        Ok(Self(uri))
    }

    /// Whether it is spoken to by TLS.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, as given or as usual.
    pub fn port(&self, protocol: Protocol) -> u16 {
        self.0.port_u16().unwrap_or(match (self.is_secure(), protocol) {
            (true, _) => 443,
            (false, Protocol::Grpc) => 4317,
            (false, Protocol::Http) => 4318,
        })
    }

    /// Host and port as they stand in a URL.
    pub(super) fn authority(&self, protocol: Protocol) -> String {
        format!("{}:{}", self.0.host().unwrap_or_default(), self.port(protocol))
    }

    /// For gRPC: nothing but scheme, host and port.
    pub(super) fn origin(&self, protocol: Protocol) -> String {
        format!("{}://{}", self.0.scheme_str().unwrap_or("http"), self.authority(protocol))
    }

    /// For HTTP: the path as given, with the signal's behind it unless it stands there.
    pub(super) fn path(&self, signal: Signal) -> String {
        let given = self.0.path().trim_end_matches('/');
        if given.ends_with(signal.http_path()) { given.to_owned() } else { format!("{given}{}", signal.http_path()) }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        out.write_str(text.trim_end_matches('/'))
    }
}

/// Where messages go, and how.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Where to.
    pub endpoint: Endpoint,
    /// How.
    pub protocol: Protocol,
    /// How they are compressed.
    pub compression: Compression,
    /// What goes with each.
    pub headers: Headers,
    /// Certificates in PEM of who may have signed the endpoint's; `None`: those that this machine trusts.
    pub ca_pem: Option<Vec<u8>>,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Target {
    /// gRPC, without compression and headers, ten seconds an attempt.
    pub fn plain(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            protocol: Protocol::default(),
            compression: Compression::default(),
            headers: Headers::default(),
            ca_pem: None,
            timeout: Duration::from_secs(10),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = (&self.endpoint, self.protocol, self.compression, &self.headers);
        out.debug_tuple("Target").field(&shown).finish()
    }
}
