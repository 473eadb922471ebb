//! Arguments as written. What they mean is settled elsewhere: `settings` and `limits`.

use crate::query::{By, Level};
use clap::builder::{BoolishValueParser, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Tells which of the things you do for customers work, and which hop breaks them.
#[derive(Debug, Parser)]
#[command(name = "steelthread", version, subcommand_required = true, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "Answers go to standard output, talk to standard error.\n\
    Exit codes: 0 done, 1 the answer is no, 2 wrong use, bad map or bad input.";

/// Commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Receive spans over OTLP/gRPC and OTLP/HTTP, judge, and answer questions.
    Serve(Box<ServeArgs>),
    /// Show everything at work: a server, and a small shop that breaks on a script.
    Demo(DemoArgs),
    /// Read recorded traces, judge them, and print the status.
    Analyze(AnalyzeArgs),
    /// Check capability maps: all problems at once.
    Check {
        /// Capability maps.
        #[arg(required = true, value_name = "MAP")]
        maps: Vec<PathBuf>,
    },
    /// How the capabilities are doing.
    Status(StatusArgs),
    /// Which hops fail, and which are slow.
    Hops(HopsArgs),
    /// Why a capability was bad: suspects, with evidence.
    Explain(ExplainArgs),
    /// The verdicts about one trace: outcome, blame, critical path.
    Trace(TraceArgs),
    /// Print the version.
    Version,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    Man {
        /// Of this command.
        command: Option<String>,
    },
}

/// `serve`.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The capability map.
    #[arg(long, value_name = "MAP", env = "STEELTHREAD_MAP")]
    pub(super) map: PathBuf,
    /// Keep what was counted in this folder; without it everything is gone when the server ends.
    #[arg(long, value_name = "DIR", env = "STEELTHREAD_STORE")]
    pub(super) store: Option<PathBuf>,
    /// Where spans come in by OTLP/gRPC.
    #[arg(long, value_name = "ADDRESS", env = "STEELTHREAD_OTLP_GRPC", default_value = "127.0.0.1:4317")]
    pub(super) otlp_grpc: String,
    /// Where spans come in by OTLP/HTTP, protobuf and JSON, on /v1/traces; off for nowhere.
    #[arg(long, value_name = "ADDRESS", env = "STEELTHREAD_OTLP_HTTP", default_value = "127.0.0.1:4318")]
    pub(super) otlp_http: String,
    /// Where questions are answered, HTTP and gRPC.
    #[arg(long, value_name = "ADDRESS", env = "STEELTHREAD_API", default_value = "127.0.0.1:4319")]
    pub(super) api: String,
    /// Answer questions of anybody who can reach an address that is not this machine's loopback.
    #[arg(long, env = "STEELTHREAD_ALLOW_ANONYMOUS", value_parser = BoolishValueParser::new())]
    pub(super) allow_anonymous: bool,
    #[command(flatten)]
    pub(super) waits: WaitArgs,
    #[command(flatten)]
    pub(super) sizes: SizeArgs,
    #[command(flatten)]
    pub(super) doors: DoorArgs,
}

/// What connections and senders may cost.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Connections and senders")]
pub(super) struct DoorArgs {
    /// What one sender may send in a second, decompressed; one that sends more is asked to wait [default: no limit].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_SENDER_BYTES_PER_SECOND")]
    pub(super) sender_bytes_per_second: Option<String>,
    /// Connections of one port; further ones are closed at once [default: 4096].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_CONNECTIONS")]
    pub(super) connections: Option<usize>,
    /// Requests at one time on one HTTP/2 connection [default: 256].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_STREAMS_PER_CONNECTION")]
    pub(super) streams_per_connection: Option<u32>,
    /// Bytes of all headers of a request [default: 32KiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_HEADER_BYTES")]
    pub(super) header_bytes: Option<String>,
    /// The head of a request, and a TLS handshake, take no longer [default: 10s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_HEADER_TIMEOUT")]
    pub(super) header_timeout: Option<String>,
    /// The longest pause within a body, or in reading an answer [default: 30s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_PAUSE_TIMEOUT")]
    pub(super) pause_timeout: Option<String>,
    /// A whole body takes no longer [default: 2m].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_BODY_TIMEOUT")]
    pub(super) body_timeout: Option<String>,
    /// A connection without requests is closed after this time [default: 5m].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_IDLE_TIMEOUT")]
    pub(super) idle_timeout: Option<String>,
}

/// When a trace is complete.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "When a trace is complete")]
pub(super) struct WaitArgs {
    /// Judge when the entry span has been seen and nothing came for this long [default: 7s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_QUIET")]
    pub(super) quiet: Option<String>,
    /// Judge this long after the first span, if the entry span has been seen [default: 30s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_MAX_AGE")]
    pub(super) max_age: Option<String>,
    /// Give up waiting for an entry span this long after the first span [default: 60s].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_NO_ENTRY")]
    pub(super) no_entry: Option<String>,
}

/// How much there may be.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct SizeArgs {
    /// Memory for open traces [default: a quarter of the machine's, at most 2GiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_OPEN_TRACE_BYTES")]
    pub(super) open_trace_bytes: Option<String>,
    /// Spans of a trace [default: 100000].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_SPANS_PER_TRACE")]
    pub(super) spans_per_trace: Option<usize>,
    /// Distinct names of services, operations and the like [default: 1000000].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_NAMES")]
    pub(super) names: Option<usize>,
    /// Hops of a capability [default: 10000].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_HOPS_PER_CAPABILITY")]
    pub(super) hops_per_capability: Option<usize>,
    /// Attributes of a span or resource that are looked at [default: 128].
    #[arg(long, value_name = "NUMBER", env = "STEELTHREAD_ATTRIBUTES_PER_SPAN")]
    pub(super) attributes_per_span: Option<usize>,
    /// A message, also after decompression [default: 64MiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_MESSAGE_BYTES")]
    pub(super) message_bytes: Option<String>,
    /// Where the clocks of two hosts disagree, move spans by at most this much, such as 5s; off takes all times as they come [default: off].
    #[arg(long, value_name = "off|DURATION", env = "STEELTHREAD_CLOCK_SKEW", help_heading = "Clocks")]
    pub(super) clock_skew: Option<String>,
}

/// `demo`.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// End by itself after this long.
    #[arg(long = "for", value_name = "DURATION", default_value = "60s")]
    pub(super) lasting: String,
    /// What goes wrong.
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = PossibleValuesParser::new(crate::demo::scenarios()))]
    pub(super) scenario: String,
    /// Where spans come in by OTLP/gRPC.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4317")]
    pub(super) otlp_grpc: String,
    /// Where questions are answered.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4319")]
    pub(super) api: String,
    /// Keep what was counted in this folder.
    #[arg(long, value_name = "DIR")]
    pub(super) store: Option<PathBuf>,
}

/// `analyze`.
#[derive(Debug, Args)]
pub(super) struct AnalyzeArgs {
    /// The capability map.
    #[arg(long, value_name = "MAP", env = "STEELTHREAD_MAP")]
    pub(super) map: PathBuf,
    /// Keep what was counted in this folder, for questions with --store.
    #[arg(long, value_name = "DIR")]
    pub(super) store: Option<PathBuf>,
    /// Write one JSON line an execution to this file; - is standard output (the status then goes to standard error).
    #[arg(long, value_name = "FILE")]
    pub(super) verdicts: Option<PathBuf>,
    /// How the critical path is cut.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(super) critical_path: CriticalPath,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) sizes: SizeArgs,
    /// Recorded traces: OTLP/JSON lines, OTLP protobuf, Jaeger JSON; plain, gzip or zstd; - is standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,
}

/// How the critical path is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum CriticalPath {
    /// As steelthread does.
    #[default]
    Default,
    /// By the published reference, for comparison.
    Reference,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// The document.
    Json,
    /// The document.
    Yaml,
    /// One row a capability or hop.
    Csv,
}

/// In which form.
#[derive(Debug, Default, Args)]
pub(super) struct OutputArgs {
    /// In which form.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) output: Format,
}

/// Who is asked.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Who is asked")]
pub(super) struct SourceArgs {
    /// A running server [env: STEELTHREAD_SERVER] [default: http://127.0.0.1:4319].
    #[arg(long, value_name = "URL", conflicts_with_all = ["store", "map"])]
    pub(super) server: Option<String>,
    /// A store folder, as `serve` and `analyze` write it.
    #[arg(long, value_name = "DIR", conflicts_with = "map")]
    pub(super) store: Option<PathBuf>,
    /// Recorded traces (INPUT), judged by this map.
    #[arg(long, value_name = "MAP")]
    pub(super) map: Option<PathBuf>,
}

/// About which time.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "About which time")]
pub(super) struct RangeArgs {
    /// The last 15m, 1h, 7d.
    #[arg(long, value_name = "DURATION", conflicts_with_all = ["from", "to"])]
    pub(super) last: Option<String>,
    /// From this moment on: RFC 3339, or now-1h.
    #[arg(long, value_name = "MOMENT")]
    pub(super) from: Option<String>,
    /// Up to this moment: RFC 3339, now, or now-1h.
    #[arg(long, value_name = "MOMENT")]
    pub(super) to: Option<String>,
}

/// Again and again.
#[derive(Debug, Default, Args)]
pub(super) struct WatchArgs {
    /// Ask again and again, every two seconds or as given (--watch=5s), until Ctrl-C.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, require_equals = true, default_missing_value = "2s")]
    pub(super) watch: Option<String>,
}

/// `status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// A capability; with --map also the recorded traces.
    #[arg(value_name = "CAP|INPUT")]
    pub(super) words: Vec<String>,
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) range: RangeArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) watch: WatchArgs,
}

/// `hops`.
#[derive(Debug, Args)]
pub(super) struct HopsArgs {
    /// A capability; with --map also the recorded traces.
    #[arg(value_name = "CAP|INPUT")]
    pub(super) words: Vec<String>,
    /// Which hop stands first.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(super) by: By,
    /// Each hop for itself, or all hops of a service together.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(super) level: Level,
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) range: RangeArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) watch: WatchArgs,
}

/// `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The capability; with --map also the recorded traces.
    #[arg(required = true, value_name = "CAP|INPUT")]
    pub(super) words: Vec<String>,
    /// What is normal begins here: RFC 3339, or now-1d. Without a baseline it is the 24 hours before the range.
    #[arg(long, value_name = "MOMENT")]
    pub(super) baseline_from: Option<String>,
    /// And ends here [default: now]. The range itself is always left out.
    #[arg(long, value_name = "MOMENT")]
    pub(super) baseline_to: Option<String>,
    /// Each hop for itself, or all hops of a service together.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(super) level: Level,
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) range: RangeArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) watch: WatchArgs,
}

/// `trace`.
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    /// 32 hexadecimal digits.
    #[arg(value_name = "TRACE_ID")]
    pub(super) trace_id: String,
    /// Recorded traces, with --map.
    #[arg(value_name = "INPUT")]
    pub(super) inputs: Vec<String>,
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}
