//! How many sockets and files the process may have open at one time.
//!
//! Systems begin with a small number (1024) that programs may raise up to a large one. Without raising it, a thousand idle connections would leave
//! none for honest senders, nor for the store.

use super::ConnectionLimits;

/// What is left for all that is no connection: the store, logs, the listeners, connections to others.
const KEPT_BACK: u64 = 128;

/// Raises the number as far as the system allows, and bounds the connections of each of so many ports by what there is.
pub(super) fn bounded(mut limits: ConnectionLimits, ports: u64) -> ConnectionLimits {
    let most = most_per_port(raised(), ports);
    if limits.connections > most {
        tracing::warn!(
            "the system lets this process open so few files that a port gets {most} connections instead of {}; raise it (ulimit -n)",
            limits.connections
        );
        limits.connections = most;
    }
    limits
}

/// How many there may be now; `None`: as many as one likes.
#[cfg(unix)]
fn raised() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

/// Other systems have no such number, or do not tell it.
#[cfg(not(unix))]
fn raised() -> Option<u64> {
    None
}

fn most_per_port(descriptors: Option<u64>, ports: u64) -> usize {
    let Some(descriptors) = descriptors else { return usize::MAX };
    let most = descriptors.saturating_sub(KEPT_BACK) / ports.max(1);
    usize::try_from(most).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_of_all_ports_leave_some_descriptors_for_the_rest() {
        assert_eq!(most_per_port(Some(1028), 3), 300);
        assert_eq!(most_per_port(Some(64), 3), 1);
        assert_eq!(most_per_port(None, 3), usize::MAX);
    }

    #[test]
    fn what_is_there_is_enough_for_few_connections() {
        let few = ConnectionLimits { connections: 2, ..ConnectionLimits::default() };
        assert_eq!(bounded(few, 3), few);
    }
}
