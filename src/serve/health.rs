//! The standard health service of gRPC: what it says while a port is served, and when that ends.

use super::Health;
use std::sync::Arc;
use std::time::Duration;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How old the answer may be.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What it says: as the server's own health is, and "not serving" as soon as it stops.
pub(super) struct HealthUntil {
    pub(super) reporter: HealthReporter,
    pub(super) services: &'static [&'static str],
    /// `None`: serving until it stops.
    pub(super) health: Option<Arc<dyn Health>>,
}

impl HealthUntil {
    /// Keeps telling until `shutdown` is ready, and ends then.
    pub(super) async fn until(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.keep_telling() => {}
        }
        self.tell(ServingStatus::NotServing).await;
    }

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
