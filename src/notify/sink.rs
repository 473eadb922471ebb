//! Somebody who is told: which document, where to, and what an answer means.

use super::outbox::Parcel;
use super::pagerduty::Key;
use super::secret::{Secret, Url, discreet};
use super::subject::Habit;
use super::{alertmanager, pagerduty, slack, webhook};
use crate::outgoing::{Client, Headers, Reply, short};
use bytes::Bytes;
use hyper::http::header::CONTENT_TYPE;
use hyper::http::{HeaderName, HeaderValue};
use serde_json::Value;
use std::time::Duration;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long Alertmanager is told of what has ended.
const ENDED_FOR: Duration = Duration::from_secs(15 * 60);

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The message arrived.
    Taken,
    /// It may be sent again.
    Later {
        /// For people, without secrets.
        why: String,
        /// How long to wait at least, if that is known.
        after: Option<Duration>,
        /// The sink was reached, and only its answer says or leaves open that it did not take it.
        may_have_arrived: bool,
    },
    /// It must not be sent again.
    Never {
        /// For people, without secrets.
        why: String,
    },
}

/// Who is told. `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// Prometheus Alertmanager.
    Alertmanager {
        /// Its address; what is below it is known.
        url: Url,
        /// What goes with each message.
        headers: Headers,
    },
    /// Whoever takes the documents of Alertmanager's webhooks.
    Webhook {
        /// Where to.
        url: Url,
        /// What goes with each message.
        headers: Headers,
        /// What messages are signed with; `None`: they are not.
        secret: Option<Secret>,
    },
    /// PagerDuty, Events API v2.
    PagerDuty {
        /// Where to.
        url: Url,
        /// Of the integration.
        key: Key,
    },
    /// Slack, incoming webhook.
    Slack {
        /// Where to; the key is in it.
        url: Url,
    },
}

impl Sink {
    /// What it is called where people read: no secret. Alertmanagers are told apart by their addresses.
    pub fn name(&self) -> String {
        match self {
            Self::Alertmanager { url, .. } => format!("alertmanager {}", url.origin()),
            _ => self.kind().to_owned(),
        }
    }

    /// What it is, for figures.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Alertmanager { .. } => "alertmanager",
            Self::Webhook { .. } => "webhook",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Slack { .. } => "slack",
        }
    }

    /// How it wants to be told, given how often what lasts is told again.
    pub fn habit(&self, resend: Duration) -> Habit {
        match self {
            Self::Alertmanager { .. } => Habit::Repeat { every: resend, ended_for: ENDED_FOR },
            Self::Webhook { .. } | Self::Slack { .. } => Habit::OncePerAlert,
            Self::PagerDuty { .. } => Habit::OncePerObjective,
        }
    }

    fn url(&self) -> &Url {
        match self {
            Self::Alertmanager { url, .. } | Self::Webhook { url, .. } | Self::PagerDuty { url, .. } | Self::Slack { url } => url,
        }
    }

    /// What must not be repeated of an answer.
    fn secrets(&self) -> Vec<String> {
        match self {
            Self::Alertmanager { headers, .. } => words(headers).collect(),
            Self::Webhook { url, headers, secret } => {
                let secret = secret.as_ref().map(|it| it.reveal().to_owned());
                url.pieces().into_iter().chain(words(headers)).chain(secret).collect()
            }
            Self::PagerDuty { key, .. } => vec![key.0.reveal().to_owned()],
            Self::Slack { url } => url.pieces(),
        }
    }

    /// The message for a parcel. What lasts ends `ends_in` after now, for sinks that want to know; `external_url` is where people find this
    /// server, or empty.
    pub fn message(&self, parcel: &Parcel, ends_in: Duration, external_url: &str, now_ns: u64) -> Message {
        let first = parcel.notices.first();
        let of_first = |make: &dyn Fn(&crate::alert::Notice) -> Value| first.map_or(Value::Null, |notice| make(notice));
        let body = match self {
            Self::Alertmanager { .. } => alertmanager::body(parcel.notices.iter().map(|notice| &**notice), ends_in, now_ns),
            Self::Webhook { .. } => of_first(&|notice| webhook::body(notice, external_url)),
            Self::PagerDuty { key, .. } => {
                of_first(&|notice| pagerduty::body(key, &pagerduty::dedup_key(&notice.labels), parcel.is_firing(), notice))
            }
            Self::Slack { .. } => of_first(&slack::body),
        };
        let body = body.to_string();
        let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        match (self, first) {
            (Self::Alertmanager { headers: more, .. }, _) => headers.extend(more.pairs().iter().cloned()),
            (Self::Webhook { headers: more, secret, .. }, Some(notice)) => {
                headers.extend(more.pairs().iter().cloned());
                headers.extend(webhook::headers(notice, body.as_bytes(), secret.as_ref(), now_ns));
            }
            _ => {}
        }
        Message { headers, body }
    }
}

/// The words of headers' values: one of them may be a token.
fn words(headers: &Headers) -> impl Iterator<Item = String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    headers.pairs().iter().flat_map(move |(_, value)| words(text(value)))
}

/// What is posted. `Debug` shows nothing of it: a key may be in it.
pub struct Message {
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Message({} bytes)", self.body.len())
    }
}

/// An answer, and what of it must not be repeated.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    after: Option<Duration>,
    body: &'a [u8],
    secrets: Vec<String>,
}

impl Answer<'_> {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }

    /// The status, and what was said, as far as it may be repeated.
    fn why(&self) -> String {
        let said = short(discreet(&self.text(), &self.secrets).trim());
        match (self.status, said.is_empty()) {
            (status @ 300..=399, _) => format!("HTTP {status}: redirects are not followed; write the address that it leads to"),
            (status, true) => format!("HTTP {status}"),
            (status, false) => format!("HTTP {status}: {said}"),
        }
    }

    /// To be tried again, at least after what was asked for, else after this.
    pub(super) fn later(&self, after: Option<Duration>) -> Sent {
        // These two say that nothing was done; other errors may have come after the deed.
        let may_have_arrived = !matches!(self.status, 429 | 503);
        Sent::Later { why: self.why(), after: self.after.or(after), may_have_arrived }
    }

    pub(super) fn never(&self) -> Sent {
        Sent::Never { why: self.why() }
    }
}

/// Delivers messages to one sink.
pub struct Sender {
    client: Client,
    sink: Sink,
    path: String,
}

impl Sender {
    /// Trusts those in the PEM, or those that this machine trusts.
    ///
    /// # Errors
    /// What is wrong with the certificates, without secrets.
    pub fn new(sink: Sink, ca_pem: Option<&[u8]>) -> Result<Self, String> {
        let url = sink.url();
        let path = match &sink {
            Sink::Alertmanager { .. } => alertmanager::path(url.path()),
            _ => url.path().to_owned(),
        };
        let client = Client::new(url.place(), ca_pem, TIMEOUT).map_err(|why| discreet(&why, &sink.secrets()))?;
        Ok(Self { client, path, sink })
    }

    /// Whom it tells.
    pub fn sink(&self) -> &Sink {
        &self.sink
    }

    /// Makes one attempt. The caller is within a tokio runtime.
    pub async fn send(&self, message: Message) -> Sent {
        match self.client.post(&self.path, &message.headers, Bytes::from(message.body)).await {
            Ok(reply) => judged(&self.sink, &reply),
            Err(none) => {
                let why = discreet(&none.why, &self.sink.secrets());
                Sent::Later { why, after: None, may_have_arrived: none.was_connected }
            }
        }
    }
}

/// What an answer means, as its sender documents it.
pub(super) fn judged(sink: &Sink, reply: &Reply) -> Sent {
    let answer = Answer { status: reply.status.as_u16(), after: reply.retry_after(), body: &reply.body, secrets: sink.secrets() };
    match sink {
        Sink::Alertmanager { .. } => alertmanager::judged(&answer),
        Sink::Webhook { .. } => webhook::judged(&answer),
        Sink::PagerDuty { .. } => pagerduty::judged(&answer),
        Sink::Slack { .. } => slack::judged(&answer),
    }
}
