//! Arguments of `alert`.

use super::OutputArgs;
use crate::cli::alerting::AlertArgs;
use crate::cli::config::Settings;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do about alerts.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AlertCommand {
    /// Send an alert that says it is a test to each sink, and print what came back.
    Test(Box<AlertTestArgs>),
}

/// `alert test`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AlertTestArgs {
    /// The configuration of the server; only what it says about alerts is used.
    #[arg(long, value_name = "FILE", env = "STEELTHREAD_CONFIG")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Where each setting comes from.
    #[arg(skip)]
    pub(in crate::cli) settings: Settings,
    /// Send the end of the test alert, instead of its begin.
    #[arg(long)]
    pub(in crate::cli) resolve: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    pub(in crate::cli) alerts: AlertArgs,
}
