//! Arguments of `token`.

use crate::serve::Scope;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

/// What to do about tokens.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Print a line with a new token, for --intake-token-file or --api-token-file of `serve`.
    New(NewTokenArgs),
}

/// `token new`.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewTokenArgs {
    /// Whose token it is.
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// What it opens [default: what its file is for].
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', value_parser = PossibleValuesParser::new(Scope::words()))]
    pub(in crate::cli) scope: Vec<String>,
}
