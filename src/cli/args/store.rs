//! Arguments about what is kept.

use clap::Args;

/// How what comes in and what is counted is kept.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What is kept (with --store)")]
pub(in crate::cli) struct StoreArgs {
    /// What a span survives once it was acknowledged: fsync a power cut, os a killed process, none nothing but the usual [default: os].
    #[arg(long, value_name = "fsync|os|none", env = "STEELTHREAD_DURABILITY")]
    pub(in crate::cli) durability: Option<String>,
    /// Disk space for spans that no commit holds yet; when it is full, senders are asked to wait [default: 10GiB].
    #[arg(long, value_name = "SIZE", env = "STEELTHREAD_JOURNAL_BYTES")]
    pub(in crate::cli) journal_bytes: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) retention: RetentionArgs,
}

/// How long counts are kept, by the length of their windows.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "How long counts are kept (with --store)")]
pub(in crate::cli) struct RetentionArgs {
    /// Windows of ten seconds [default: 2d].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_KEEP_10S")]
    pub(in crate::cli) keep_10s: Option<String>,
    /// Windows of a minute, and verdicts of sampled failures [default: 30d].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_KEEP_1M")]
    pub(in crate::cli) keep_1m: Option<String>,
    /// Windows of an hour [default: 400d].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_KEEP_1H")]
    pub(in crate::cli) keep_1h: Option<String>,
    /// Windows of a day [default: 1827d, five years].
    #[arg(long, value_name = "DURATION", env = "STEELTHREAD_KEEP_1D")]
    pub(in crate::cli) keep_1d: Option<String>,
}
