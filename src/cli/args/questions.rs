//! Arguments of questions: who is asked, about which time, in which form.

use crate::query::{By, Level};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people.
    #[default]
    Table,
    /// The document.
    Json,
    /// The document.
    Yaml,
    /// One row a capability, hop or point.
    Csv,
}

/// In which form.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct OutputArgs {
    /// In which form.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(in crate::cli) output: Format,
}

/// Who is asked.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Who is asked")]
pub(in crate::cli) struct SourceArgs {
    /// A running server [env: STEELTHREAD_SERVER] [default: http://127.0.0.1:4319].
    #[arg(long, value_name = "URL", conflicts_with_all = ["store", "map"])]
    pub(in crate::cli) server: Option<String>,
    /// A store folder, as `serve` and `analyze` write it.
    #[arg(long, value_name = "DIR", conflicts_with = "map")]
    pub(in crate::cli) store: Option<PathBuf>,
    /// Recorded traces (INPUT), judged by this map.
    #[arg(long, value_name = "MAP")]
    pub(in crate::cli) map: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) login: LoginArgs,
}

/// How a server knows who asks, and how it is known. A token itself is no argument: everybody on the machine would see it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "TLS and tokens")]
pub(in crate::cli) struct LoginArgs {
    /// The token that the server asks for: alone, or as in its own file [env: STEELTHREAD_TOKEN_FILE, or the token itself in STEELTHREAD_TOKEN].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// Authorities to trust about the certificate of the server, PEM [default: the public ones].
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_CA")]
    pub(in crate::cli) ca: Option<PathBuf>,
    /// An own certificate, for a server that asks for one, PEM.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_CLIENT_CERT")]
    pub(in crate::cli) client_cert: Option<PathBuf>,
    /// The private key of that certificate, PEM.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_CLIENT_KEY")]
    pub(in crate::cli) client_key: Option<PathBuf>,
}

/// About which time.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "About which time")]
pub(in crate::cli) struct RangeArgs {
    /// The last 15m, 1h, 90d, 2y (a year has 365 days).
    #[arg(long, value_name = "DURATION", conflicts_with_all = ["from", "to"])]
    pub(in crate::cli) last: Option<String>,
    /// From this moment on: RFC 3339, or now-1h.
    #[arg(long, value_name = "MOMENT")]
    pub(in crate::cli) from: Option<String>,
    /// Up to this moment: RFC 3339, now, or now-1h.
    #[arg(long, value_name = "MOMENT")]
    pub(in crate::cli) to: Option<String>,
}

/// Again and again.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct WatchArgs {
    /// Ask again and again, every two seconds or as given (--watch=5s), until Ctrl-C.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, require_equals = true, default_missing_value = "2s")]
    pub(in crate::cli) watch: Option<String>,
}

/// `status`.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatusArgs {
    /// A capability; with --map also the recorded traces.
    #[arg(value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) range: RangeArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `hops`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HopsArgs {
    /// A capability; with --map also the recorded traces.
    #[arg(value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    /// Which hop stands first.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(in crate::cli) by: By,
    /// Each hop for itself, or all hops of a service together.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(in crate::cli) level: Level,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) range: RangeArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `history`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryArgs {
    /// The capability; with --map also the recorded traces.
    #[arg(required = true, value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    /// Length of a point: a multiple of 10s, such as 1m, 1h, 1d [default: one that makes some 30 to 120 points].
    #[arg(long, value_name = "DURATION")]
    pub(in crate::cli) step: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) range: RangeArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `explain`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainArgs {
    /// The capability; with --map also the recorded traces.
    #[arg(required = true, value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    /// What is normal begins here: RFC 3339, or now-1d. Without a baseline it is the 24 hours before the range.
    #[arg(long, value_name = "MOMENT")]
    pub(in crate::cli) baseline_from: Option<String>,
    /// And ends here [default: now]. The range itself is always left out.
    #[arg(long, value_name = "MOMENT")]
    pub(in crate::cli) baseline_to: Option<String>,
    /// Each hop for itself, or all hops of a service together.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(in crate::cli) level: Level,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) range: RangeArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `flow`.
#[derive(Debug, Args)]
pub(in crate::cli) struct FlowArgs {
    /// The capability; with --map also the recorded traces.
    #[arg(required = true, value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) range: RangeArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `budget`.
#[derive(Debug, Args)]
pub(in crate::cli) struct BudgetArgs {
    /// A capability; with --map also the recorded traces.
    #[arg(value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `gate`.
#[derive(Debug, Args)]
pub(in crate::cli) struct GateArgs {
    /// The capability; with --map also the recorded traces.
    #[arg(required = true, value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}

/// `matching`.
#[derive(Debug, Args)]
pub(in crate::cli) struct MatchingArgs {
    /// A capability; with --map also the recorded traces.
    #[arg(value_name = "CAP|INPUT")]
    pub(in crate::cli) words: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `alerts`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AlertsArgs {
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `incidents`.
#[derive(Debug, Args)]
pub(in crate::cli) struct IncidentsArgs {
    /// One incident, with its timeline.
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) range: RangeArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArgs,
}

/// `trace`.
#[derive(Debug, Args)]
pub(in crate::cli) struct TraceArgs {
    /// 32 hexadecimal digits.
    #[arg(value_name = "TRACE_ID")]
    pub(in crate::cli) trace_id: String,
    /// Recorded traces, with --map.
    #[arg(value_name = "INPUT")]
    pub(in crate::cli) inputs: Vec<String>,
    /// Why the trace holds no execution of this capability: which span comes nearest to each entry rule, and which test fails.
    #[arg(long, value_name = "CAP")]
    pub(in crate::cli) why_not: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}
