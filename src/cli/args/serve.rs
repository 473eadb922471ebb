//! Arguments of a server, and those of its limits that `analyze` shares.

use crate::cli::config::Settings;
use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `serve`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ServeArgs {
    /// Settings in one YAML file: each flag without its dashes is a key. Flags and environment go before it.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_CONFIG")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Print all settings, each with where it comes from, and end.
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "yaml")]
    pub(in crate::cli) print_config: Option<Listing>,
    /// Where each setting comes from.
    #[arg(skip)]
    pub(in crate::cli) settings: Settings,
    /// The capability map.
    #[arg(long, value_name = "MAP", env = "STEELTHREAD_MAP")]
    pub(in crate::cli) map: PathBuf,
    /// Look this often whether the map has changed; off: only on SIGHUP [default: 2s].
    #[arg(long, value_name = "off|DURATION", env = "STEELTHREAD_MAP_POLL")]
    pub(in crate::cli) map_poll: Option<String>,
    /// Keep what was counted in this folder; without it everything is gone when the server ends.
    #[arg(long, value_name = "DIR", env = "STEELTHREAD_STORE")]
    pub(in crate::cli) store: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) kept: super::StoreArgs,
    /// Where spans come in by OTLP/gRPC.
    #[arg(long, value_name = "ADDRESS", env = "STEELTHREAD_OTLP_GRPC", default_value = "127.0.0.1:4317")]
    pub(in crate::cli) otlp_grpc: String,
    /// Where spans come in by OTLP/HTTP, protobuf and JSON, on /v1/traces; off for nowhere.
    #[arg(long, value_name = "ADDRESS", env = "STEELTHREAD_OTLP_HTTP", default_value = "127.0.0.1:4318")]
    pub(in crate::cli) otlp_http: String,
    /// Where questions are answered, HTTP and gRPC.
    #[arg(long, value_name = "ADDRESS", env = "STEELTHREAD_API", default_value = "127.0.0.1:4319")]
    pub(in crate::cli) api: String,
    /// Answer questions of anybody who can reach an address that is not this machine's loopback.
    #[arg(long, env = "STEELTHREAD_ALLOW_ANONYMOUS", value_parser = BoolishValueParser::new())]
    pub(in crate::cli) allow_anonymous: bool,
    /// Where the page links to for the spans of a trace, such as https://jaeger.example/trace/{trace_id}.
    #[arg(long, value_name = "URL", env = "STEELTHREAD_TRACE_URL")]
    pub(in crate::cli) trace_url: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) access: AccessArgs,
    #[command(flatten)]
    pub(in crate::cli) waits: WaitArgs,
    #[command(flatten)]
    pub(in crate::cli) sizes: SizeArgs,
    #[command(flatten)]
    pub(in crate::cli) doors: DoorArgs,
    #[command(flatten)]
    pub(in crate::cli) forward: crate::cli::forwarding::ForwardArgs,
    #[command(flatten)]
    pub(in crate::cli) metrics: crate::cli::forwarding::MetricsArgs,
    #[command(flatten)]
    pub(in crate::cli) telemetry: crate::cli::forwarding::TelemetryArgs,
    #[command(flatten)]
    pub(in crate::cli) alerts: crate::cli::alerting::AlertArgs,
}

/// In which form settings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Listing {
    /// As a file for --config, origins as comments.
    Yaml,
    /// One document.
    Json,
}

/// Who may come in, and how lines are secured.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "TLS and tokens")]
pub(in crate::cli) struct AccessArgs {
    /// The certificates that all ports show, PEM, own certificate first. Read again when it changes.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_TLS_CERT")]
    pub(in crate::cli) tls_cert: Option<PathBuf>,
    /// The private key of the certificate, PEM, not encrypted.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_TLS_KEY")]
    pub(in crate::cli) tls_key: Option<PathBuf>,
    /// Senders of spans must show a certificate that one of these authorities has signed, PEM.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_TLS_CLIENT_CA")]
    pub(in crate::cli) tls_client_ca: Option<PathBuf>,
    /// The same for those who ask.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_TLS_API_CLIENT_CA")]
    pub(in crate::cli) tls_api_client_ca: Option<PathBuf>,
    /// Senders of spans must show a token of this file: a line each, `NAME: TOKEN`.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_INTAKE_TOKEN_FILE")]
    pub(in crate::cli) intake_token_file: Option<PathBuf>,
    /// Whoever asks must show a token of this file: a line each, `NAME: TOKEN`.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_API_TOKEN_FILE")]
    pub(in crate::cli) api_token_file: Option<PathBuf>,
}

/// What connections and senders may cost.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Connections and senders")]
pub(in crate::cli) struct DoorArgs {
    /// What one sender may send in a second, decompressed; one that sends more is asked to wait [default: no limit].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_SENDER_BYTES_PER_SECOND")]
    pub(in crate::cli) sender_bytes_per_second: Option<String>,
    /// Connections of one port; further ones are closed at once [default: 4096].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_CONNECTIONS")]
    pub(in crate::cli) connections: Option<usize>,
    /// Requests at one time on one HTTP/2 connection [default: 256].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_STREAMS_PER_CONNECTION")]
    pub(in crate::cli) streams_per_connection: Option<u32>,
    /// Bytes of all headers of a request [default: 32KiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_HEADER_BYTES")]
    pub(in crate::cli) header_bytes: Option<String>,
    /// The head of a request, and a TLS handshake, take no longer [default: 10s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_HEADER_TIMEOUT")]
    pub(in crate::cli) header_timeout: Option<String>,
    /// The longest pause within a body, or in reading an answer [default: 30s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_PAUSE_TIMEOUT")]
    pub(in crate::cli) pause_timeout: Option<String>,
    /// A whole body takes no longer [default: 2m].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_BODY_TIMEOUT")]
    pub(in crate::cli) body_timeout: Option<String>,
    /// A connection without requests is closed after this time [default: 5m].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_IDLE_TIMEOUT")]
    pub(in crate::cli) idle_timeout: Option<String>,
}

/// When a trace is complete.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "When a trace is complete")]
pub(in crate::cli) struct WaitArgs {
    /// Judge when the entry span has been seen and nothing came for this long [default: 7s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_QUIET")]
    pub(in crate::cli) quiet: Option<String>,
    /// Judge this long after the first span, if the entry span has been seen [default: 30s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_MAX_AGE")]
    pub(in crate::cli) max_age: Option<String>,
    /// Give up waiting for an entry span this long after the first span [default: 60s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_NO_ENTRY")]
    pub(in crate::cli) no_entry: Option<String>,
}

/// How much there may be.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(in crate::cli) struct SizeArgs {
    /// Memory for open traces [default: a quarter of the machine's, at most 2GiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_OPEN_TRACE_BYTES")]
    pub(in crate::cli) open_trace_bytes: Option<String>,
    /// Spans of a trace [default: 100000].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_SPANS_PER_TRACE")]
    pub(in crate::cli) spans_per_trace: Option<usize>,
    /// Distinct names of services, operations and the like [default: 1000000].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_NAMES")]
    pub(in crate::cli) names: Option<usize>,
    /// Hops of a capability [default: 10000].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_HOPS_PER_CAPABILITY")]
    pub(in crate::cli) hops_per_capability: Option<usize>,
    /// Attributes of a span or resource that are looked at [default: 128].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_ATTRIBUTES_PER_SPAN")]
    pub(in crate::cli) attributes_per_span: Option<usize>,
    /// A message, also after decompression [default: 64MiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_MESSAGE_BYTES")]
    pub(in crate::cli) message_bytes: Option<String>,
    /// Where the clocks of two hosts disagree, move spans by at most this much, such as 5s; off takes all times as they come [default: off].
    #[arg(long, value_name = "off|DURATION", env = "STEELTHREAD_CLOCK_SKEW", help_heading = "Clocks")]
    pub(in crate::cli) clock_skew: Option<String>,
}
