//! What goes out, as written, becomes settings: spans passed on, figures, the program's own spans.

use super::limits::size;
use crate::app::{ExportSettings, ForwardSettings, MetricsSettings};
use crate::export::{Compression, Endpoint, Headers, Protocol, Target};
use crate::query::parse_length;
use anyhow::{Context, anyhow, ensure};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of spans that may wait, unless told otherwise.
const QUEUE_BYTES: usize = 64 << 20;
const INTERVAL: Duration = Duration::from_secs(60);

/// How OTLP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum ProtocolArg {
    /// OTLP/gRPC.
    #[default]
    Grpc,
    /// OTLP/HTTP with protobuf.
    #[value(name = "http/protobuf")]
    Http,
}

/// How messages are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum CompressionArg {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// zstd.
    Zstd,
}

/// Spans are passed on.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Pass spans on, with steelthread.capability, .thread and .hop added")]
pub(super) struct ForwardArgs {
    /// To this OTLP endpoint, such as http://tempo:4317.
    #[arg(long, value_name = "URL", env = "STEELTHREAD_FORWARD_ENDPOINT")]
    pub(super) forward_endpoint: Option<String>,
    /// How it is spoken to.
    #[arg(long, value_enum, value_name = "PROTOCOL", env = "STEELTHREAD_FORWARD_PROTOCOL", default_value_t)]
    pub(super) forward_protocol: ProtocolArg,
    /// How messages are compressed.
    #[arg(long, value_enum, value_name = "HOW", env = "STEELTHREAD_FORWARD_COMPRESSION", default_value_t)]
    pub(super) forward_compression: CompressionArg,
    /// Memory for spans that wait; what finds no room is not passed on [default: 64MiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_FORWARD_QUEUE_BYTES")]
    pub(super) forward_queue_bytes: Option<String>,
    /// Headers that go with each message, `name: value`, one a line.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_FORWARD_HEADER_FILE")]
    pub(super) forward_header_file: Option<PathBuf>,
    /// Who must have signed the endpoint's certificate (PEM) [default: whom this machine trusts].
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_FORWARD_CA")]
    pub(super) forward_ca: Option<PathBuf>,
}

/// Figures are sent.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Send figures of the capabilities by OTLP")]
pub(super) struct MetricsArgs {
    /// To this OTLP endpoint, such as http://collector:4317.
    #[arg(long, value_name = "URL", env = "STEELTHREAD_METRICS_ENDPOINT")]
    pub(super) metrics_endpoint: Option<String>,
    /// How it is spoken to.
    #[arg(long, value_enum, value_name = "PROTOCOL", env = "STEELTHREAD_METRICS_PROTOCOL", default_value_t)]
    pub(super) metrics_protocol: ProtocolArg,
    /// How messages are compressed.
    #[arg(long, value_enum, value_name = "HOW", env = "STEELTHREAD_METRICS_COMPRESSION", default_value_t)]
    pub(super) metrics_compression: CompressionArg,
    /// How often [default: 60s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_METRICS_INTERVAL")]
    pub(super) metrics_interval: Option<String>,
    /// Headers that go with each message, `name: value`, one a line.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_METRICS_HEADER_FILE")]
    pub(super) metrics_header_file: Option<PathBuf>,
    /// Who must have signed the endpoint's certificate (PEM) [default: whom this machine trusts].
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_METRICS_CA")]
    pub(super) metrics_ca: Option<PathBuf>,
}

/// The program's own spans.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Watch this program itself")]
pub(super) struct TelemetryArgs {
    /// Send spans of its own work (questions, commits, messages passed on) to this OTLP/gRPC endpoint.
    #[arg(long, value_name = "URL", env = "STEELTHREAD_TELEMETRY_ENDPOINT")]
    pub(super) telemetry_endpoint: Option<String>,
}

/// One endpoint as written; `flag` is what its flags begin with.
struct Written<'a> {
    flag: &'static str,
    endpoint: &'a str,
    protocol: ProtocolArg,
    compression: CompressionArg,
    headers: Option<&'a Path>,
    ca: Option<&'a Path>,
}

impl Written<'_> {
    fn target(&self) -> anyhow::Result<Target> {
        let flag = self.flag;
        let headers = match self.headers {
            None => Headers::default(),
            Some(file) => {
                let text = std::fs::read_to_string(file).with_context(|| told(flag, "header-file", file))?;
                Headers::parse(&text).map_err(|why| anyhow!("{}: {why}", told(flag, "header-file", file)))?
            }
        };
        let ca = self.ca.map(|file| std::fs::read(file).with_context(|| told(flag, "ca", file))).transpose()?;
        let mut target = Target::plain(endpoint(&format!("--{flag}-endpoint"), self.endpoint)?);
        target.protocol = match self.protocol {
            ProtocolArg::Grpc => Protocol::Grpc,
            ProtocolArg::Http => Protocol::Http,
        };
        target.compression = match self.compression {
            CompressionArg::None => Compression::None,
            CompressionArg::Gzip => Compression::Gzip,
            CompressionArg::Zstd => Compression::Zstd,
        };
        (target.headers, target.ca_pem) = (headers, ca);
        Ok(target)
    }
}

fn told(flag: &str, what: &str, file: &Path) -> String {
    format!("--{flag}-{what} {}", file.display())
}

fn endpoint(flag: &str, text: &str) -> anyhow::Result<Endpoint> {
    Endpoint::parse(text).map_err(|why| anyhow!("{flag}: {why}"))
}

/// What is not asked for does not happen.
pub(super) fn resolve(forward: &ForwardArgs, metrics: &MetricsArgs, telemetry: &TelemetryArgs) -> anyhow::Result<ExportSettings> {
    Ok(ExportSettings {
        forward: given(&forward.forward_endpoint).map(|text| forward_settings(forward, text)).transpose()?,
        metrics: given(&metrics.metrics_endpoint).map(|text| metrics_settings(metrics, text)).transpose()?,
        telemetry: given(&telemetry.telemetry_endpoint).map(|text| endpoint("--telemetry-endpoint", text)).transpose()?,
    })
}

/// An empty text, as environments have it, is none.
fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn forward_settings(args: &ForwardArgs, endpoint: &str) -> anyhow::Result<ForwardSettings> {
    let written = Written {
        flag: "forward",
        endpoint,
        protocol: args.forward_protocol,
        compression: args.forward_compression,
        headers: args.forward_header_file.as_deref(),
        ca: args.forward_ca.as_deref(),
    };
    let queue_bytes = args.forward_queue_bytes.as_deref().map_or(Ok(QUEUE_BYTES), |text| size("--forward-queue-bytes", text))?;
    Ok(ForwardSettings { target: written.target()?, queue_bytes })
}

fn metrics_settings(args: &MetricsArgs, endpoint: &str) -> anyhow::Result<MetricsSettings> {
    let written = Written {
        flag: "metrics",
        endpoint,
        protocol: args.metrics_protocol,
        compression: args.metrics_compression,
        headers: args.metrics_header_file.as_deref(),
        ca: args.metrics_ca.as_deref(),
    };
    let interval = args
        .metrics_interval
        .as_deref()
        .map_or(Ok(INTERVAL), |text| parse_length(text).map(Duration::from_nanos).context("--metrics-interval"))?;
    ensure!(
        interval >= Duration::from_secs(1),
        "--metrics-interval: figures cannot be sent more often than once a second; write 60s, for example"
    );
    Ok(MetricsSettings { target: written.target()?, interval })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        forward: ForwardArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
        #[command(flatten)]
        telemetry: TelemetryArgs,
    }

    fn resolved(line: &[&str]) -> anyhow::Result<ExportSettings> {
        let line = Line::parse_from(["serve"].iter().chain(line));
        resolve(&line.forward, &line.metrics, &line.telemetry)
    }

    fn refused(line: &[&str]) -> String {
        format!("{:#}", resolved(line).unwrap_err())
    }

    #[test]
    fn nothing_goes_out_unless_an_endpoint_is_given() {
        assert_eq!(resolved(&[]).unwrap(), ExportSettings::default());
        assert_eq!(resolved(&["--forward-endpoint", "", "--metrics-endpoint", " "]).unwrap(), ExportSettings::default());
    }

    #[test]
    fn what_is_not_said_about_an_endpoint_is_as_the_help_says() {
        let line =
            ["--forward-endpoint", "http://tempo:4317", "--metrics-endpoint", "https://a", "--telemetry-endpoint", "http://b"];
        let settings = resolved(&line).unwrap();
        let (forward, metrics) = (settings.forward.unwrap(), settings.metrics.unwrap());
        assert_eq!((forward.queue_bytes, metrics.interval), (64 << 20, Duration::from_secs(60)));
        assert_eq!((forward.target.protocol, forward.target.compression), (Protocol::Grpc, Compression::None));
        assert_eq!(settings.telemetry, Some(Endpoint::parse("http://b").unwrap()));
        let line = ["--forward-protocol", "http/protobuf", "--forward-compression", "zstd", "--forward-queue-bytes", "1MiB"];
        let forward = resolved(&[&["--forward-endpoint", "http://tempo"][..], &line].concat()).unwrap().forward.unwrap();
        assert_eq!((forward.target.protocol, forward.target.compression), (Protocol::Http, Compression::Zstd));
        assert_eq!(forward.queue_bytes, 1 << 20);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_flag_and_without_what_is_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (headers, missing) = (file("headers", "authorization canary"), "/nowhere/at/all");
        let given = ["--forward-endpoint", "http://tempo"];
        let of = |more: &[&str]| refused(&[&given[..], more].concat());
        assert!(refused(&["--forward-endpoint", "tempo:4317"]).starts_with("--forward-endpoint: 'tempo:4317' "));
        assert!(refused(&["--telemetry-endpoint", "tempo"]).starts_with("--telemetry-endpoint: 'tempo' "));
        assert!(of(&["--forward-queue-bytes", "much"]).starts_with("--forward-queue-bytes: 'much' is no size"));
        let told = of(&["--forward-header-file", &headers]);
        assert!(told.contains("line 1: there is no colon") && !told.contains("canary"), "{told}");
        assert!(of(&["--forward-header-file", missing]).starts_with("--forward-header-file /nowhere/at/all: "));
        assert!(of(&["--forward-ca", missing]).starts_with("--forward-ca /nowhere/at/all: "));
        let often = refused(&["--metrics-endpoint", "http://a", "--metrics-interval", "10ms"]);
        assert!(often.starts_with("--metrics-interval: figures cannot be sent more often"), "{often}");
    }
}
