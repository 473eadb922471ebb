//! What the rooms log goes to standard error; spans of the program's own work go to an endpoint, if there is one.

use crate::export::{TARGET, Telemetry};
use std::io::IsTerminal;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

const USUAL: &str = "warn,steelthread::app::reload=info";

/// Warnings and what becomes of a changed map, or what `STEELTHREAD_LOG` or else `RUST_LOG` says.
pub(super) fn start() {
    let logs = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr).with_ansi(coloured());
    // It fails if there is a subscriber already: then that one is meant.
    let _ = logs.try_init();
}

/// The same, and spans go out.
pub(super) fn start_with(telemetry: &Telemetry) {
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(coloured()).with_filter(filter());
    let spans = tracing_opentelemetry::layer().with_tracer(telemetry.tracer()).with_location(false).with_threads(false);
    let spans = spans.with_filter(filter_fn(|what| what.is_span() && what.target() == TARGET));
    let _ = tracing_subscriber::registry().with(logs).with(spans).try_init();
}

fn filter() -> EnvFilter {
    let told = ["STEELTHREAD_LOG", "RUST_LOG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()));
    EnvFilter::try_new(told.as_deref().unwrap_or(USUAL)).unwrap_or_else(|error| {
        super::say(&format!("warning: the log filter cannot be read ({error}); write for example STEELTHREAD_LOG=info"));
        EnvFilter::new(USUAL)
    })
}

fn coloured() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !no_color
}
