//! How a port is served, and how serving ends.

use super::Health;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How long requests that are under way have when the server stops. A sender that holds a stream open must not keep it alive.
const GRACE: Duration = Duration::from_secs(5);

/// Dead peers are found out by pings.
const PING_EVERY: Duration = Duration::from_secs(60);

/// How old the answer of the standard health service may be.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// For batches of spans: with the windows of HTTP/2's default a sender waits for the network at every 64 KiB.
pub(super) fn bulk_server() -> Server {
    Server::builder()
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(8 << 20)
        .max_frame_size(1 << 20)
        .max_concurrent_streams(256)
        .http2_keepalive_interval(Some(PING_EVERY))
}

/// For questions, over HTTP/1 and HTTP/2 on one port.
pub(super) fn question_server() -> Server {
    Server::builder().accept_http1(true).max_concurrent_streams(256).http2_keepalive_interval(Some(PING_EVERY))
}

/// What the standard health service says: as the server's own health is, and "not serving" as soon as it stops.
pub(super) struct HealthUntil {
    pub(super) reporter: HealthReporter,
    pub(super) services: &'static [&'static str],
    /// `None`: serving until it stops.
    pub(super) health: Option<Arc<dyn Health>>,
}

impl HealthUntil {
    async fn tell(&self, status: ServingStatus) {
        for service in self.services {
            self.reporter.set_service_status(service, status).await;
        }
    }

    /// Never ends.
    async fn keep_telling(&self) {
        loop {
            let ready = self.health.as_ref().is_none_or(|health| health.ready().is_ok());
            self.tell(if ready { ServingStatus::Serving } else { ServingStatus::NotServing }).await;
            tokio::time::sleep(TELL_EVERY).await;
        }
    }
}

/// Serves until `shutdown` is ready, and then until requests under way are done, at most for [`GRACE`].
pub(super) async fn until(
    mut server: Server,
    listener: TcpListener,
    routes: Routes,
    health: HealthUntil,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = oneshot::channel::<()>();
    let signal = async move {
        tokio::select! {
            () = shutdown => {}
            () = health.keep_telling() => {}
        }
        health.tell(ServingStatus::NotServing).await;
        // The other end is only gone when nobody waits any more.
        let _ = stopping.send(());
    };
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = server.add_routes(routes).serve_with_incoming_shutdown(incoming, signal);
    tokio::select! {
        served = serving => served.map_err(std::io::Error::other),
        () = grace(stopped) => Ok(()),
    }
}

async fn grace(stopped: oneshot::Receiver<()>) {
    match stopped.await {
        Ok(()) => tokio::time::sleep(GRACE).await,
        // Serving has ended by itself: its result is the one to hand on.
        Err(_) => std::future::pending().await,
    }
}
