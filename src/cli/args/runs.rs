//! Arguments of `demo` and `analyze`.

use super::{OutputArgs, SizeArgs};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `demo`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DemoArgs {
    /// End by itself after this long.
    #[arg(long = "for", value_name = "DURATION", default_value = "60s")]
    pub(in crate::cli) lasting: String,
    /// What goes wrong.
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = PossibleValuesParser::new(crate::demo::scenarios()))]
    pub(in crate::cli) scenario: String,
    /// Where spans come in by OTLP/gRPC.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317")]
    pub(in crate::cli) otlp_grpc: String,
    /// Where questions are answered.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4319")]
    pub(in crate::cli) api: String,
    /// Keep what was counted in this folder.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) store: Option<PathBuf>,
}

/// `analyze`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AnalyzeArgs {
    /// The capability map.
    #[arg(long, value_name = "MAP", env = "STEELTHREAD_MAP")]
    pub(in crate::cli) map: PathBuf,
    /// Keep what was counted in this folder, for questions with --store.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) store: Option<PathBuf>,
    /// Write one JSON line an execution to this file; - is standard output (the status then goes to standard error).
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) verdicts: Option<PathBuf>,
    /// How the critical path is cut.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(in crate::cli) critical_path: CriticalPath,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) sizes: SizeArgs,
    /// Recorded traces: OTLP/JSON lines, OTLP protobuf, Jaeger JSON; plain, gzip or zstd; - is standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub(in crate::cli) inputs: Vec<PathBuf>,
}

/// How the critical path is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum CriticalPath {
    /// As steelthread does.
    #[default]
    Default,
    /// By the published reference, for comparison.
    Reference,
}
