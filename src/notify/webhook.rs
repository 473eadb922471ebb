//! A webhook: the document that Alertmanager posts to its own webhooks, "version 4", so that whatever takes those takes these.
//!
//! One message tells of one alert, as from an Alertmanager that groups by all labels. 5xx is tried again, 4xx is not; neither is a
//! redirect followed. 429 is tried again although it is a 4xx: it says "later".
//!
//! Each message carries the headers of Standard Webhooks: `webhook-id` (the same for each attempt at one message, so that who got it twice
//! can tell), `webhook-timestamp` (Unix seconds) and, where there is a secret, `webhook-signature: v1,` and the base64 of the HMAC-SHA256 of
//! `ID.TIMESTAMP.BODY`. The timestamp is signed too, so an old message cannot be sent again by somebody who has read it; that is why it
//! is not the header of GitHub's hooks, which signs the body alone.

use super::secret::Secret;
use super::sink::{Answer, Sent};
use super::text::rfc3339;
use crate::alert::Notice;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::http::{HeaderName, HeaderValue};
use ring::hmac;
use serde_json::{Map, Value, json};

/// Go's zero time: the end of what lasts.
const NEVER: &str = "0001-01-01T00:00:00Z";
/// A secret that begins so is base64, as Standard Webhooks writes them.
const PREFIX: &str = "whsec_";
/// No secret is shorter, in bytes.
const SHORTEST: usize = 16;

/// The document about one alert.
pub(super) fn body(notice: &Notice, external_url: &str) -> Value {
    let labels: Map<_, _> = notice.labels.pairs().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let status = status(notice);
    json!({
        "version": "4",
        "groupKey": group_key(notice),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "steelthread",
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": notice.annotations,
        "externalURL": external_url,
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": notice.annotations,
            "startsAt": rfc3339(notice.starts_ns),
            "endsAt": notice.resolved_ns.map_or_else(|| NEVER.to_owned(), rfc3339),
            "generatorURL": notice.generator_url,
            "fingerprint": format!("{:016x}", notice.labels.fingerprint()),
        }],
    })
}

impl Secret {
    /// Takes a secret that messages are signed with: as Standard Webhooks writes them, or any text.
    ///
    /// # Errors
    /// What is wrong, without the text.
    pub fn for_signing(text: &str) -> Result<Self, String> {
        if text.len() < SHORTEST {
            return Err(format!("this is too short to sign with; write at least {SHORTEST} characters"));
        }
        if text.strip_prefix(PREFIX).is_some_and(|text| STANDARD.decode(text).is_err()) {
            return Err(format!("what stands behind {PREFIX} is no base64; copy the whole secret"));
        }
        Ok(Self::new(text))
    }
}

fn status(notice: &Notice) -> &'static str {
    if notice.is_firing() { "firing" } else { "resolved" }
}

/// `{}:{alertname="…", capability="…"}`: a route without matchers, and the labels that are grouped by.
fn group_key(notice: &Notice) -> String {
    let labels: Vec<String> = notice.labels.pairs().map(|(name, value)| format!("{name}={}", json!(value))).collect();
    format!("{{}}:{{{}}}", labels.join(", "))
}

/// Headers of a message that is sent at this time.
pub(super) fn headers(notice: &Notice, body: &[u8], secret: Option<&Secret>, now_ns: u64) -> Vec<(HeaderName, HeaderValue)> {
    let id = id(notice);
    let seconds = (now_ns / 1_000_000_000).to_string();
    let mut headers = vec![("webhook-id", id.clone()), ("webhook-timestamp", seconds.clone())];
    if let Some(secret) = secret {
        headers.push(("webhook-signature", format!("v1,{}", signature(secret, &id, &seconds, body))));
    }
    let header = |(name, value): (&'static str, String)| Some((HeaderName::from_static(name), value.parse().ok()?));
    headers.into_iter().filter_map(header).collect()
}

/// The same for the same news about the same alert, also after a restart.
fn id(notice: &Notice) -> String {
    format!("alert_{:016x}_{}_{}", notice.labels.fingerprint(), notice.starts_ns, status(notice))
}

pub(super) fn signature(secret: &Secret, id: &str, seconds: &str, body: &[u8]) -> String {
    let text = secret.reveal();
    let key = text.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok()).unwrap_or_else(|| text.as_bytes().to_vec());
    let mut signed = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    signed.update(format!("{id}.{seconds}.").as_bytes());
    signed.update(body);
    STANDARD.encode(signed.sign())
}

pub(super) fn judged(answer: &Answer<'_>) -> Sent {
    match answer.status {
        200..=299 => Sent::Taken,
        429 | 500..=599 => answer.later(None),
        _ => answer.never(),
    }
}
