//! Being asked to stop: Ctrl-C or SIGTERM, the second time without waiting.

use anyhow::Context;

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
