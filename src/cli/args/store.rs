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
}
