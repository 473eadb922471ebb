//! PagerDuty, Events API v2: `POST /v2/enqueue`.
//!
//! Required are `routing_key` (32 characters) and `event_action`, and for a trigger `payload.summary` (at most 1,024 characters),
//! `payload.source` and `payload.severity` (critical, error, warning, info); `dedup_key` has at most 255 characters, and a message at most
//! 512 KB. A resolve needs no payload. 202 is taken; 400 must not be sent again; 429 (wait some minutes), 5xx and trouble with the network
//! may.
//!
//! All alerts about one objective are one incident: a person who is awake needs no second call because another tier of the same burn was
//! reached. It is resolved when none of them lasts, and when it becomes a page or a ticket: then a new one is opened, as nobody is notified of what
//! happens to an incident that is acknowledged.

use super::secret::Secret;
use super::sink::{Answer, Sent};
use super::text::{details, links, rfc3339, shortened, summary};
use crate::alert::{Labels, Notice, Severity, annotation};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where events go unless told otherwise; accounts in the EU have another address.
pub const USUAL_URL: &str = "https://events.pagerduty.com/v2/enqueue";
const KEY_CHARS: usize = 32;
const SUMMARY_CHARS: usize = 1024;
const DEDUP_CHARS: usize = 255;
const MOST_BYTES: usize = 512_000;
/// Of one detail; what is longer belongs on a page, not into a page.
const DETAIL_CHARS: usize = 2000;
const MOST_LINKS: usize = 20;
/// How long to wait when there were too many, if nothing is said: the documentation says "a few minutes".
const PATIENCE: Duration = Duration::from_secs(120);

/// The key of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(pub(super) Secret);

impl Key {
    /// Checks a key.
    ///
    /// # Errors
    /// What is wrong, without the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() != KEY_CHARS || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(format!(
                "this is no integration key of PagerDuty; write the {KEY_CHARS} letters and digits of an Events API v2 integration"
            ));
        }
        Ok(Self(Secret::new(text)))
    }
}

/// `steelthread/<capability>/<objective>`; where an alert is about no objective, its name stands there instead, and `-` for no capability.
pub fn dedup_key(labels: &Labels) -> String {
    let capability = if labels.capability.is_empty() { "-" } else { &labels.capability };
    let objective = if labels.objective.is_empty() { &labels.alertname } else { &labels.objective };
    let key = format!("steelthread/{capability}/{objective}");
    if key.chars().count() <= DEDUP_CHARS {
        return key;
    }
    // Two that begin alike must not become one.
    let same = Labels { tier: String::new(), severity: Severity::Page, owner: String::new(), ..labels.clone() };
    let same = if labels.objective.is_empty() { same } else { Labels { alertname: String::new(), ..same } };
    let end = format!("…{:016x}", same.fingerprint());
    key.chars().take(DEDUP_CHARS - end.chars().count()).chain(end.chars()).collect()
}

/// The event about alerts with one key, the most urgent first.
pub(super) fn body(key: &Key, dedup_key: &str, is_firing: bool, notice: &Notice) -> Value {
    let mut event = json!({
        "routing_key": key.0.reveal(),
        "dedup_key": dedup_key,
        "event_action": if is_firing { "trigger" } else { "resolve" },
    });
    if is_firing {
        event["client"] = "steelthread".into();
        if !notice.generator_url.is_empty() {
            event["client_url"] = notice.generator_url.as_str().into();
        }
        event["links"] = links(notice).take(MOST_LINKS).map(|(text, href)| json!({ "href": href, "text": text })).collect();
        event["payload"] = payload(notice);
        if event.to_string().len() > MOST_BYTES {
            event["payload"]["custom_details"] = json!({ "left_out": "the details were too long" });
        }
    }
    event
}

fn payload(notice: &Notice) -> Value {
    let labels = &notice.labels;
    let source = if labels.capability.is_empty() { "steelthread" } else { &labels.capability };
    json!({
        "summary": shortened(&summary(notice), SUMMARY_CHARS),
        "source": source,
        "severity": match labels.severity {
            Severity::Page => "critical",
            Severity::Ticket => "warning",
        },
        "timestamp": rfc3339(notice.starts_ns),
        "group": source,
        "class": labels.alertname,
        "custom_details": custom_details(notice),
    })
}

fn custom_details(notice: &Notice) -> Map<String, Value> {
    let description = notice.annotation(annotation::DESCRIPTION);
    let description = Some((annotation::DESCRIPTION, description)).filter(|(_, text)| !text.is_empty());
    let labels = notice.labels.pairs().map(|(name, value)| -> (&str, &str) { (name, value) });
    let all = labels.chain(description).chain(details(notice));
    all.map(|(name, value)| (name.to_owned(), shortened(value, DETAIL_CHARS).into())).collect()
}

pub(super) fn judged(answer: &Answer<'_>) -> Sent {
    match answer.status {
        202 => Sent::Taken,
        429 => answer.later(Some(PATIENCE)),
        500..=599 => answer.later(None),
        _ => answer.never(),
    }
}
