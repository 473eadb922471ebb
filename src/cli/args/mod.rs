//! Arguments as written. What they mean is settled elsewhere: `settings` and `limits`.

mod alert;
mod exchange;
mod questions;
mod runs;
mod serve;
mod store;
mod storing;
mod token;

pub(super) use alert::{AlertCommand, AlertTestArgs};
pub(super) use exchange::{ExportArgs, ExportKind, ImportKind};
pub(super) use questions::{
    AlertsArgs, BudgetArgs, ExplainArgs, FlowArgs, Format, GateArgs, HistoryArgs, HopsArgs, IncidentsArgs, LoginArgs,
    MatchingArgs, OutputArgs, RangeArgs, SourceArgs, StatusArgs, TraceArgs, WatchArgs,
};
pub(super) use runs::{AnalyzeArgs, CriticalPath, DemoArgs};
pub(super) use serve::{AccessArgs, DoorArgs, Listing, ServeArgs, SizeArgs, WaitArgs};
pub(super) use store::{RetentionArgs, StoreArgs};
pub(super) use storing::{BackupArgs, CompactArgs};
pub(super) use token::{NewTokenArgs, TokenCommand};

use clap::{Parser, Subcommand};
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
    /// The figures of a capability over time.
    History(HistoryArgs),
    /// Why a capability was bad: suspects, with evidence.
    Explain(ExplainArgs),
    /// Who calls whom, from the customer on, and by which way failures come back.
    Flow(FlowArgs),
    /// What is left of the budgets of objectives, each over its own window: allowed, used, left, and by whom.
    Budget(BudgetArgs),
    /// Whether to release a capability: allow, or freeze where a budget is gone (exit code 1), and why.
    Gate(GateArgs),
    /// What arrives, what matches the entry rules of the map, and what nearly does.
    Matching(MatchingArgs),
    /// Which alerts last, and which ended of late.
    Alerts(AlertsArgs),
    /// When objectives were broken, how much was lost, and by whom; one of them with its timeline.
    Incidents(IncidentsArgs),
    /// The verdicts about one trace: outcome, blame, critical path.
    Trace(TraceArgs),
    /// Write what other tools read; what cannot be carried over goes to standard error, with its place.
    Export(ExportArgs),
    /// Read what other tools write: the draft of a map; what cannot be carried over goes to standard error, with its place.
    Import {
        /// What it is.
        #[arg(value_enum, value_name = "WHAT")]
        what: ImportKind,
        /// The file; - is standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Copy a store, or what a running server keeps.
    Backup(BackupArgs),
    /// Give back to the disk what a store does not need. No server may use it meanwhile.
    Compact(CompactArgs),
    /// Alerts: whether they arrive.
    Alert {
        /// What to do.
        #[command(subcommand)]
        command: AlertCommand,
    },
    /// Tokens of those who send and ask.
    Token {
        /// What to do.
        #[command(subcommand)]
        command: TokenCommand,
    },
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
