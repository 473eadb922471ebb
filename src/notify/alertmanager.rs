//! Prometheus Alertmanager, API v2: `POST /api/v2/alerts` with an array of alerts.
//!
//! Of an alert only `labels` is required; `annotations`, `startsAt`, `endsAt` (RFC 3339) and `generatorURL` (a URI, so left out where there is
//! none) are not. An alert whose `endsAt` has passed is resolved, so one that lasts must be sent again before that; whoever crashes is
//! thereby resolved, too. Alertmanager tells alerts apart by their labels alone, so sending one twice is no second notification.
//! 200 means all were stored. A 400 says that some were not, and may have stored the rest: sending all again is safe.

use super::sink::{Answer, Sent};
use super::text::rfc3339;
use crate::alert::Notice;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Alerts in one message; so many as Prometheus itself sends at most.
pub(super) const MOST: usize = 256;
/// Where alerts are posted, below the URL that a user names.
const PATH: &str = "/api/v2/alerts";

/// The array. What lasts ends `ends_in` after now unless it is sent again.
pub(super) fn body<'a>(notices: impl IntoIterator<Item = &'a Notice>, ends_in: Duration, now_ns: u64) -> Value {
    let ends_in = u64::try_from(ends_in.as_nanos()).unwrap_or(u64::MAX);
    notices.into_iter().map(|notice| alert(notice, now_ns.saturating_add(ends_in), now_ns)).collect()
}

fn alert(notice: &Notice, ends_ns: u64, now_ns: u64) -> Value {
    // One that ended in what this clock calls the future would be taken for one that lasts.
    let ends_ns = notice.resolved_ns.map_or(ends_ns, |resolved_ns| resolved_ns.min(now_ns));
    let labels: Map<_, _> = notice.labels.pairs().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let mut alert = json!({
        "labels": labels,
        "annotations": notice.annotations,
        "startsAt": rfc3339(notice.starts_ns.min(ends_ns)),
        "endsAt": rfc3339(ends_ns),
    });
    if !notice.generator_url.is_empty() {
        alert["generatorURL"] = notice.generator_url.as_str().into();
    }
    alert
}

/// The path to post to, given that of the URL that a user names.
pub(super) fn path(named: &str) -> String {
    let named = named.trim_end_matches('/');
    if named.ends_with(PATH) { named.to_owned() } else { format!("{named}{PATH}") }
}

pub(super) fn judged(answer: &Answer<'_>) -> Sent {
    match answer.status {
        200..=299 => Sent::Taken,
        429 | 500..=599 => answer.later(None),
        _ => answer.never(),
    }
}
