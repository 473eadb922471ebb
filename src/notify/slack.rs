//! Slack, incoming webhooks: `{"text": …}` to a URL that is the key.
//!
//! Taken is HTTP 200 with the body `ok`. What Slack documents beside it: 400 (`invalid_payload`, `user_not_found`), 403
//! (`action_prohibited`), 404 (`channel_not_found`), 410 (`channel_is_archived`), which another attempt would not help, and 429 with
//! `Retry-After` and 500 (`rollup_error`), which it may. A 200 with something else in it is somebody in between, and is tried again.
//! `&`, `<` and `>` are written as entities everywhere but around links; names of services are not trusted to be free of them.

use super::sink::{Answer, Sent};
use super::text::{details, links, rfc3339, shortened, summary};
use crate::alert::{Notice, Severity, annotation};
use serde_json::{Value, json};

/// Characters of one part; Slack cuts a message off after 40,000, and nobody reads that.
const SUMMARY_CHARS: usize = 500;
const DESCRIPTION_CHARS: usize = 2000;
const DETAIL_CHARS: usize = 300;
const MOST_DETAILS: usize = 20;
const MOST_LINKS: usize = 10;

/// The message about one alert.
pub(super) fn body(notice: &Notice) -> Value {
    json!({ "text": text(notice), "unfurl_links": false, "unfurl_media": false })
}

fn text(notice: &Notice) -> String {
    let head = match (notice.resolved_ns, notice.labels.severity) {
        (Some(_), _) => "RESOLVED",
        (None, Severity::Page) => "PAGE",
        (None, Severity::Ticket) => "TICKET",
    };
    let mut lines = vec![format!("*{head}*: {}", escaped(&shortened(&summary(notice), SUMMARY_CHARS)))];
    lines.push(match notice.resolved_ns {
        None => format!("since {}", rfc3339(notice.starts_ns)),
        Some(resolved_ns) => format!("from {} to {}", rfc3339(notice.starts_ns), rfc3339(resolved_ns)),
    });
    if notice.is_firing() {
        lines.extend(more(notice));
    }
    lines.join("\n")
}

fn more(notice: &Notice) -> Vec<String> {
    let mut lines = Vec::new();
    let description = notice.annotation(annotation::DESCRIPTION).trim();
    if !description.is_empty() {
        lines.push(escaped(&shortened(description, DESCRIPTION_CHARS)));
    }
    let detail = |(name, value): (&str, &str)| format!("{}: {}", escaped(name), escaped(&shortened(value, DETAIL_CHARS)));
    lines.extend(details(notice).take(MOST_DETAILS).map(detail));
    let page = Some(("open".to_owned(), notice.generator_url.as_str())).filter(|(_, url)| !url.is_empty());
    let links: Vec<String> = page.into_iter().chain(links(notice)).take(MOST_LINKS).map(link).collect();
    if !links.is_empty() {
        lines.push(links.join(" · "));
    }
    lines
}

fn link((text, url): (String, &str)) -> String {
    format!("<{}|{}>", escaped(url).replace('|', "%7C"), escaped(&text))
}

/// The three characters that mean something to Slack.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) fn judged(answer: &Answer<'_>) -> Sent {
    match answer.status {
        200 if answer.text().trim() == "ok" => Sent::Taken,
        200 | 429 | 500..=599 => answer.later(None),
        _ => answer.never(),
    }
}
