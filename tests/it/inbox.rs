//! Somebody who takes alerts: Alertmanager, a webhook, PagerDuty and Slack in one, each as strict as its documentation says.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use base64::Engine;
use serde_json::Value;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// The key of the integration.
pub const KEY: &str = "0123456789abcdef0123456789abcdef";
/// What messages to the webhook are signed with.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What came, and what the next requests are answered with instead of being looked at.
#[derive(Default)]
struct Heard {
    taken: Vec<(&'static str, Value)>,
    answers: VecDeque<(u16, String)>,
    asked: u64,
}

type Shared = Arc<Mutex<Heard>>;

/// Runs until it is dropped.
pub struct Inbox {
    heard: Shared,
    pub address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Inbox {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let heard = Shared::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/api/v2/alerts", post(|state, headers, body| taken(state, headers, body, "alertmanager", alertmanager)))
            .route("/hook", post(|state, headers, body| taken(state, headers, body, "webhook", webhook)))
            .route("/v2/enqueue", post(|state, headers, body| taken(state, headers, body, "pagerduty", pagerduty)))
            .route("/services/{*key}", post(|state, headers, body| taken(state, headers, body, "slack", slack)))
            .fallback(|uri: Uri, headers: HeaderMap| async move {
                let login = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
                (StatusCode::NOT_FOUND, format!("there is no {uri} here for {login}"))
            })
            .with_state(heard.clone());
        runtime.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { heard, address, _runtime: runtime }
    }

    /// Answers the next requests so.
    pub fn answer(&self, answers: impl IntoIterator<Item = (u16, &'static str)>) {
        let answers = answers.into_iter().map(|(status, body)| (status, body.to_owned()));
        self.heard.lock().unwrap().answers.extend(answers);
    }

    /// What one of them took so far.
    pub fn of(&self, kind: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.taken.iter().filter(|(of, _)| *of == kind).map(|(_, body)| body.clone()).collect()
    }

    /// Requests so far.
    pub fn asked(&self) -> u64 {
        self.heard.lock().unwrap().asked
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

type Refused = (u16, String);
type Check = fn(&HeaderMap, &[u8], &Value) -> Result<(u16, String), Refused>;

async fn taken(
    State(heard): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
    kind: &'static str,
    check: Check,
) -> (StatusCode, String) {
    let mut heard = heard.lock().unwrap();
    heard.asked += 1;
    let answered = match (heard.answers.pop_front(), serde_json::from_slice::<Value>(&body)) {
        (Some(answer), _) => Err(answer),
        (None, Err(error)) => Err((400, format!("no JSON: {error}"))),
        (None, Ok(document)) if headers.get("content-type").is_none_or(|kind| kind != "application/json") => {
            Err((415, format!("no content type: {document}")))
        }
        (None, Ok(document)) => check(&headers, &body, &document).inspect(|_| heard.taken.push((kind, document))),
    };
    let (status, text) = answered.unwrap_or_else(|refused| refused);
    (StatusCode::from_u16(status).unwrap(), text)
}

fn must(holds: bool, what: &str) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err((400, what.to_owned())) }
}

/// A text of at most so many characters, and not empty.
fn text<'a>(of: &'a Value, field: &str, most: usize) -> Result<&'a str, Refused> {
    let text = of[field].as_str().unwrap_or_default();
    must(!text.is_empty() && text.chars().count() <= most, &format!("{field} is missing or too long"))?;
    Ok(text)
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

fn is_url(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"))
}

/// Names and texts, as labels and annotations are.
fn pairs(value: &Value) -> Result<(), Refused> {
    let is_name = |name: &str| {
        name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let all = value.as_object().ok_or((400, "no mapping".to_owned()))?;
    must(all.iter().all(|(name, value)| is_name(name) && value.is_string()), "a label is none")
}

fn alertmanager(_: &HeaderMap, _: &[u8], document: &Value) -> Result<(u16, String), Refused> {
    let alerts = document.as_array().ok_or((400, "no array".to_owned()))?;
    for alert in alerts {
        pairs(&alert["labels"])?;
        pairs(&alert["annotations"])?;
        must(!alert["labels"].as_object().is_none_or(serde_json::Map::is_empty), "at least one label pair required")?;
        must(is_time(&alert["startsAt"]) && is_time(&alert["endsAt"]), "startsAt and endsAt are times")?;
        must(alert.get("generatorURL").is_none_or(is_url), "generatorURL is a URI")?;
    }
    Ok((200, String::new()))
}

fn webhook(headers: &HeaderMap, body: &[u8], document: &Value) -> Result<(u16, String), Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (id, seconds, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let base64 = base64::engine::general_purpose::STANDARD;
    let key = base64.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
    let given = base64.decode(signature.strip_prefix("v1,").unwrap_or_default()).unwrap_or_default();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    ring::hmac::verify(&key, &signed, &given).map_err(|_| (401, "the signature is wrong".to_owned()))?;
    must(document["version"] == "4" && document["truncatedAlerts"].is_u64(), "version 4")?;
    for field in ["groupKey", "receiver", "status"] {
        text(document, field, usize::MAX)?;
    }
    for field in ["groupLabels", "commonLabels", "commonAnnotations"] {
        pairs(&document[field])?;
    }
    must(document["externalURL"].is_string(), "externalURL")?;
    let alerts = document["alerts"].as_array().ok_or((400, "no alerts".to_owned()))?;
    for alert in alerts {
        pairs(&alert["labels"])?;
        must(is_time(&alert["startsAt"]) && is_time(&alert["endsAt"]), "times")?;
        must(["firing", "resolved"].map(Value::from).contains(&alert["status"]), "status")?;
        must(alert["fingerprint"].as_str().is_some_and(|text| text.len() == 16), "fingerprint")?;
    }
    Ok((200, String::new()))
}

fn pagerduty(_: &HeaderMap, body: &[u8], event: &Value) -> Result<(u16, String), Refused> {
    must(body.len() <= 512 * 1000, "the event is too large")?;
    must(text(event, "routing_key", 32)? == KEY, "Length of 'routing_key' is incorrect, or it is another's")?;
    text(event, "dedup_key", 255)?;
    match event["event_action"].as_str() {
        Some("trigger") => {
            text(&event["payload"], "summary", 1024)?;
            text(&event["payload"], "source", usize::MAX)?;
            let severity = text(&event["payload"], "severity", 8)?;
            must(["critical", "error", "warning", "info"].contains(&severity), "severity")?;
            must(is_time(&event["payload"]["timestamp"]), "timestamp")?;
            let links = event["links"].as_array().cloned().unwrap_or_default();
            must(links.iter().all(|link| is_url(&link["href"])), "href")?;
        }
        Some("resolve") => {}
        _ => must(false, "event_action")?,
    }
    Ok((202, r#"{"status":"success","message":"Event processed"}"#.to_owned()))
}

fn slack(_: &HeaderMap, _: &[u8], message: &Value) -> Result<(u16, String), Refused> {
    let said = message["text"].as_str().unwrap_or_default();
    must(!said.is_empty() && said.chars().count() <= 40_000, "no_text")?;
    // What stands between angle brackets must be a link with a text; `&` begins one of three entities.
    let rest = regex::Regex::new(r"<https?://[^<>|]+\|[^<>|]+>").unwrap().replace_all(said, "").into_owned();
    let entities = regex::Regex::new("&(?:amp|lt|gt);").unwrap();
    must(!rest.contains(['<', '>']) && !entities.replace_all(&rest, "").contains('&'), "invalid_payload")?;
    Ok((200, "ok".to_owned()))
}
