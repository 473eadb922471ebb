//! Arguments of `backup` and `compact`.

use super::{LoginArgs, OutputArgs, SourceArgs};
use clap::Args;
use std::path::PathBuf;

/// `backup`.
#[derive(Debug, Args)]
pub(in crate::cli) struct BackupArgs {
    /// A running server [env: STEELTHREAD_SERVER] [default: http://127.0.0.1:4319]; it goes on meanwhile.
    #[arg(long, value_name = "URL", conflicts_with = "store", help_heading = "What is copied")]
    server: Option<String>,
    /// A store folder that no server uses.
    #[arg(long, value_name = "DIR", help_heading = "What is copied")]
    store: Option<PathBuf>,
    /// Where the copy goes. In a folder that is there it becomes steelthread.redb, so that the folder is a store; a file that is
    /// there is replaced when the copy is complete.
    #[arg(long, value_name = "FILE|DIR")]
    pub(in crate::cli) to: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(flatten)]
    login: LoginArgs,
}

impl BackupArgs {
    /// Whose store it is.
    pub(in crate::cli) fn source(&mut self) -> SourceArgs {
        let (server, store, login) = (self.server.take(), self.store.take(), std::mem::take(&mut self.login));
        SourceArgs { server, store, map: None, login }
    }
}

/// `compact`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CompactArgs {
    /// A store folder that no server uses.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) store: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}
