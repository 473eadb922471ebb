//! What the rooms log goes to standard error.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

const USUAL: &str = "warn,steelthread::app::reload=info";

/// Warnings and what becomes of a changed map, or what `STEELTHREAD_LOG` or else `RUST_LOG` says.
pub(super) fn start() {
    let told = ["STEELTHREAD_LOG", "RUST_LOG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()));
    let filter = EnvFilter::try_new(told.as_deref().unwrap_or(USUAL)).unwrap_or_else(|error| {
        super::say(&format!("warning: the log filter cannot be read ({error}); write for example STEELTHREAD_LOG=info"));
        EnvFilter::new(USUAL)
    });
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let coloured = std::io::stderr().is_terminal() && !no_color;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(coloured);
    // It fails if there is a subscriber already: then that one is meant.
    let _ = logs.try_init();
}
