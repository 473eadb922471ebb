//! How a message leaves this machine: connections over HTTP/1.1, whom to trust, and how long to wait after a failure.
//!
//! This room knows neither what is in a message nor which answers are worth another attempt; that is decided by whoever sends
//! (`export/`, `notify/`). It is here so that there is one client, with one timeout for an attempt and one bound on answers. Redirects are
//! answers like others: to follow one would take a message, and what is secret in it, to a place that nobody has named.

mod backoff;
mod client;
mod headers;
mod tls;

pub use backoff::Backoff;
pub use client::{Client, NoReply, Place, Reply, USER_AGENT};
pub use headers::Headers;
pub use tls::{certificates, connector};

/// What somebody else says, short enough for a log.
pub fn short(text: &str) -> String {
    text.chars().take(200).map(|one| if one.is_control() { ' ' } else { one }).collect()
}

/// An error with what is behind it.
pub fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    for _ in 0..8 {
        let Some(cause) = behind else { break };
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        behind = cause.source();
    }
    short(&text)
}
