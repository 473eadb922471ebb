//! Being asked to stop: Ctrl-C or SIGTERM, the second time without waiting. Being asked to read the map again: SIGHUP.

use anyhow::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Is ready when the process is asked to stop. From then on a second request ends it at once.
///
/// # Errors
/// Signals cannot be listened to.
pub(super) fn asked() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = Signals::new().context("cannot listen to signals")?;
    Ok(async move {
        signals.next().await;
        super::say("Stopping: what was received is judged and kept. Once more to end at once.");
        tokio::spawn(async move {
            signals.next().await;
            super::say("Ended at once: what was not judged yet is lost.");
            std::process::exit(1);
        });
    })
}

/// Sets this whenever SIGHUP comes, as long as the runtime is there. Where there is no such signal, never.
///
/// # Errors
/// Signals cannot be listened to.
#[cfg(unix)]
pub(super) fn reload_on_hangup(asked: Arc<AtomicBool>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup()).context("cannot listen to signals")?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            asked.store(true, Ordering::Relaxed);
        }
    });
    Ok(())
}

/// Sets this whenever SIGHUP comes, as long as the runtime is there. Where there is no such signal, never.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(super) fn reload_on_hangup(_: Arc<AtomicBool>) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Where Ctrl-C cannot be listened to, the process is ended by it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
