//! Arguments of `export` and `import`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What other tools read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExportKind {
    /// The objectives as OpenSLO v1.
    Openslo,
    /// Recording and alerting rules on burn rates, on what /metrics tells.
    PrometheusRules,
}

/// What other tools write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ImportKind {
    /// Objectives as OpenSLO v1: they become the draft of a map.
    Openslo,
}

/// `export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// What to write.
    #[arg(value_enum, value_name = "WHAT")]
    pub(in crate::cli) what: ExportKind,
    /// The capability map.
    #[arg(long, value_name = "MAP", conflicts_with = "store")]
    pub(in crate::cli) map: Option<PathBuf>,
    /// The map that a store folder holds.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) store: Option<PathBuf>,
}
