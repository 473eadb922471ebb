//! What answers mean, as each receiver documents them.

use crate::notify::sink::judged;
use crate::notify::{Headers, Key, Secret, Sent, Sink, Url};
use crate::outgoing::Reply;
use hyper::http::{HeaderMap, StatusCode};
use std::time::Duration;

fn sinks() -> [Sink; 4] {
    let url = Url::parse("https://there.example/services/canary-path?key=canary-query").unwrap();
    let key = Key::parse("0123456789abcdefcanary9abcdef012").unwrap();
    [
        Sink::Alertmanager { url: Url::parse("http://there.example:9093").unwrap(), headers: Headers::default() },
        Sink::Webhook { url: url.clone(), headers: Headers::default(), secret: Some(Secret::new("canary-secret")) },
        Sink::PagerDuty { url: url.clone(), key },
        Sink::Slack { url },
    ]
}

fn reply(status: u16, after: Option<u64>, body: &str) -> Reply {
    let mut headers = HeaderMap::new();
    headers.extend(after.map(|after| (hyper::http::header::RETRY_AFTER, after.into())));
    Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_owned().into() }
}

fn word(sent: &Sent) -> &'static str {
    match sent {
        Sent::Taken => "taken",
        Sent::Later { .. } => "later",
        Sent::Never { .. } => "never",
    }
}

#[test]
fn failures_are_tried_again_or_not_as_each_receiver_documents() {
    let [alertmanager, webhook, pagerduty, slack] = sinks();
    for (sink, status, body, meaning) in [
        (&alertmanager, 200, "", "taken"),
        (&alertmanager, 400, "bad", "never"),
        (&alertmanager, 500, "", "later"),
        (&webhook, 204, "", "taken"),
        (&webhook, 302, "", "never"),
        (&webhook, 404, "", "never"),
        (&webhook, 429, "", "later"),
        (&webhook, 503, "", "later"),
        (&pagerduty, 202, "{}", "taken"),
        (&pagerduty, 200, "{}", "never"),
        (&pagerduty, 400, "{}", "never"),
        (&pagerduty, 429, "", "later"),
        (&pagerduty, 500, "", "later"),
        (&slack, 200, "ok", "taken"),
        (&slack, 200, "<html>sign in</html>", "later"),
        (&slack, 400, "invalid_payload", "never"),
        (&slack, 403, "action_prohibited", "never"),
        (&slack, 404, "channel_not_found", "never"),
        (&slack, 410, "channel_is_archived", "never"),
        (&slack, 429, "", "later"),
        (&slack, 500, "rollup_error", "later"),
    ] {
        assert_eq!(word(&judged(sink, &reply(status, None, body))), meaning, "{} {status}", sink.kind());
    }
}

#[test]
fn whoever_has_too_much_is_left_alone_as_long_as_it_says_and_pagerduty_for_some_minutes() {
    let after = |sink: &Sink, after| match judged(sink, &reply(429, after, "")) {
        Sent::Later { after, .. } => after,
        other => panic!("{other:?}"),
    };
    let [_, webhook, pagerduty, slack] = sinks();
    assert_eq!(after(&slack, Some(30)), Some(Duration::from_secs(30)));
    assert_eq!((after(&webhook, None), after(&pagerduty, None)), (None, Some(Duration::from_secs(120))));
}

#[test]
fn what_an_answer_repeats_of_a_secret_is_hidden() {
    let quoted = "no /services/canary-path?key=canary-query (canary-secret, 0123456789abcdefcanary9abcdef012) here";
    for sink in sinks().into_iter().skip(1) {
        let sent = judged(&sink, &reply(404, None, quoted));
        let shown = format!("{sent:?} {sink:?} {}", sink.name());
        let own: &[&str] = match sink.kind() {
            "pagerduty" => &["0123456789abcdefcanary9abcdef012"],
            "webhook" => &["canary-path", "canary-query", "canary-secret"],
            _ => &["canary-path", "canary-query"],
        };
        assert!(shown.contains("HTTP 404: no "), "{shown}");
        assert!(own.iter().all(|secret| !shown.contains(secret)), "{shown}");
    }
}
