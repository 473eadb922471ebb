//! What each receiver is told: fields that it documents, within the limits that it documents.

use super::{MINUTE, START, firing, labels, page, resolved};
use crate::alert::{Labels, Notice, Severity};
use crate::notify::{Key, Secret, alertmanager, dedup_key, pagerduty, slack, webhook};
use serde_json::{Value, json};
use std::time::Duration;

fn key() -> Key {
    Key::parse("0123456789abcdef0123456789abcdef").unwrap()
}

#[test]
fn alertmanager_gets_an_array_in_which_what_lasts_ends_later_and_what_ended_has_ended() {
    let (lasts, ended) = (page("availability"), resolved(&page("latency"), START + MINUTE));
    let body = alertmanager::body([&lasts, &ended], Duration::from_secs(240), START + 2 * MINUTE);
    let first = json!({
        "labels": {
            "alertname": "BudgetBurn", "capability": "checkout", "objective": "availability", "owner": "team-shop",
            "severity": "page", "tier": "1h/5m",
        },
        "annotations": lasts.annotations,
        "startsAt": "2024-02-27T04:26:40.000Z",
        "endsAt": "2024-02-27T04:32:40.000Z",
        "generatorURL": "https://steelthread.example/alerts",
    });
    assert_eq!(body[0], first);
    assert_eq!(body[1]["endsAt"], "2024-02-27T04:27:40.000Z");
    let anonymous = Notice { generator_url: String::new(), ..lasts };
    assert_eq!(alertmanager::body([&anonymous], Duration::ZERO, START)[0].get("generatorURL"), None, "no URI, no field");
}

#[test]
fn an_alert_that_ended_in_the_future_of_this_clock_is_still_told_as_ended() {
    let ended = resolved(&page("availability"), START + 5 * MINUTE);
    let body = alertmanager::body([&ended], Duration::from_secs(240), START + MINUTE);
    assert_eq!(body[0]["endsAt"], "2024-02-27T04:27:40.000Z");
}

#[test]
fn alerts_are_posted_below_the_address_that_is_named() {
    for (named, path) in [("/", "/api/v2/alerts"), ("/am/", "/am/api/v2/alerts"), ("/am/api/v2/alerts", "/am/api/v2/alerts")] {
        assert_eq!(alertmanager::path(named), path);
    }
}

#[test]
fn a_webhook_gets_the_fields_of_version_4() {
    let body = webhook::body(&page("availability"), "https://steelthread.example");
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    let documented = [
        "alerts",
        "commonAnnotations",
        "commonLabels",
        "externalURL",
        "groupKey",
        "groupLabels",
        "receiver",
        "status",
        "truncatedAlerts",
        "version",
    ];
    assert_eq!(fields, documented);
    assert_eq!((&body["version"], &body["status"]), (&json!("4"), &json!("firing")));
    let alert = &body["alerts"][0];
    assert_eq!((&alert["status"], &alert["endsAt"]), (&json!("firing"), &json!("0001-01-01T00:00:00Z")));
    assert_eq!(alert["fingerprint"].as_str().unwrap().len(), 16);
    let ended = webhook::body(&resolved(&page("availability"), START + MINUTE), "");
    assert_eq!((&ended["status"], &ended["alerts"][0]["endsAt"]), (&json!("resolved"), &json!("2024-02-27T04:27:40.000Z")));
    assert_eq!(ended["groupKey"], body["groupKey"]);
}

#[test]
fn a_signature_is_that_of_standard_webhooks() {
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let signed = webhook::signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
    assert_eq!(signed, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_message_is_called_the_same_at_each_attempt_and_otherwise_when_it_tells_something_else() {
    let id = |notice: &Notice, now_ns| webhook::headers(notice, b"", None, now_ns)[0].1.clone();
    let lasts = page("availability");
    assert_eq!(id(&lasts, START), id(&lasts, START + MINUTE));
    assert_ne!(id(&lasts, START), id(&resolved(&lasts, START + MINUTE), START));
    assert_ne!(id(&lasts, START), id(&firing(lasts.labels.clone(), START + MINUTE), START));
    assert_eq!(webhook::headers(&lasts, b"", None, START).len(), 2, "no secret, no signature");
}

#[test]
fn pagerduty_gets_what_it_requires_and_a_resolve_without_a_payload() {
    let notice = page("availability");
    let event = pagerduty::body(&key(), "steelthread/checkout/availability", true, &notice);
    assert_eq!(event["event_action"], "trigger");
    assert_eq!(event["routing_key"], "0123456789abcdef0123456789abcdef");
    let payload = &event["payload"];
    assert_eq!((&payload["severity"], &payload["source"]), (&json!("critical"), &json!("checkout")));
    assert_eq!(payload["summary"], notice.annotations["summary"]);
    assert_eq!((&payload["class"], &payload["custom_details"]["hop"]), (&json!("BudgetBurn"), &json!("payment")));
    let links = json!([
        { "href": "https://steelthread.example/c/checkout?from=now-1h&to=now", "text": "page" },
        { "href": "https://steelthread.example/t/1", "text": "trace 1" },
    ]);
    assert_eq!(event["links"], links);
    let resolve = pagerduty::body(&key(), "k", false, &notice);
    let fields: Vec<&String> = resolve.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["dedup_key", "event_action", "routing_key"]);
    let ticket = pagerduty::body(&key(), "k", true, &firing(labels("a", "3d/6h", Severity::Ticket), START));
    assert_eq!(ticket["payload"]["severity"], "warning");
}

#[test]
fn however_much_is_said_pagerduty_gets_no_more_than_it_takes() {
    let mut notice = page("availability");
    let long = "ä\"\u{1}".repeat(5000);
    notice.annotations.insert("summary".into(), long.clone());
    notice.annotations.extend((0..300).map(|at| (format!("detail_{at}"), long.clone())));
    let event = pagerduty::body(&key(), "k", true, &notice);
    assert_eq!(event["payload"]["summary"].as_str().unwrap().chars().count(), 1024);
    assert!(event.to_string().len() <= 512_000, "{}", event.to_string().len());
    assert_eq!(event["payload"]["custom_details"]["left_out"], "the details were too long");
}

#[test]
fn the_key_of_an_incident_is_made_of_capability_and_objective() {
    let of = |capability: &str, objective: &str, tier: &str| {
        dedup_key(&Labels { capability: capability.into(), ..labels(objective, tier, Severity::Page) })
    };
    assert_eq!(of("checkout", "availability", "1h/5m"), "steelthread/checkout/availability");
    assert_eq!(of("checkout", "availability", "6h/30m"), "steelthread/checkout/availability", "whatever the tier");
    assert_eq!(of("checkout", "", ""), "steelthread/checkout/BudgetBurn");
    assert_eq!(of("", "", ""), "steelthread/-/BudgetBurn");
    let (one, other) = (of(&"ä".repeat(300), "a", "1h/5m"), of(&"ä".repeat(300), "b", "1h/5m"));
    assert_eq!((one.chars().count(), other.chars().count()), (255, 255));
    assert_ne!(one, other);
    assert_eq!(one, of(&"ä".repeat(300), "a", "6h/30m"));
}

#[test]
fn a_key_of_pagerduty_has_32_letters_and_digits_and_is_not_repeated() {
    assert!(Key::parse("0123456789abcdef0123456789abcdef").is_ok());
    for wrong in ["", "canary", "canary-0123456789abcdef012345678", "0123456789abcdef0123456789abcde\u{e9}"] {
        let told = Key::parse(wrong).unwrap_err();
        assert!(told.contains("32 letters") && !told.contains("canary"), "{told}");
    }
    assert_eq!(format!("{:?}", key()), "Key((hidden))");
}

fn text(body: &Value) -> &str {
    body["text"].as_str().unwrap()
}

#[test]
fn slack_gets_text_in_which_only_links_mean_something() {
    let body = slack::body(&page("availability"));
    let text = text(&body);
    assert!(
        text.starts_with("*PAGE*: checkout burns its budget 20 times too fast; payment &lt;eu&gt; &amp; co. fail\n"),
        "{text}"
    );
    assert!(text.contains("<https://steelthread.example/c/checkout?from=now-1h&amp;to=now|page>"), "{text}");
    assert_eq!(text.matches('<').count(), 3, "the three links: {text}");
    let ended = slack::body(&resolved(&page("availability"), START + MINUTE));
    assert!(ended["text"].as_str().unwrap().starts_with("*RESOLVED*: "), "{ended}");
    assert!(slack::body(&firing(labels("a", "", Severity::Ticket), START))["text"].as_str().unwrap().starts_with("*TICKET*"));
}

#[test]
fn nobody_can_call_a_channel_by_the_name_of_a_hop_and_a_message_stays_readable() {
    let mut notice = page("availability");
    notice.annotations.insert("hop".into(), "<!channel> <https://evil.example|pay>".into());
    notice.annotations.extend((0..500).map(|at| (format!("d{at}"), "&".repeat(9000))));
    let body = slack::body(&notice);
    assert!(!text(&body).contains("<!") && !text(&body).contains("<https://evil"), "{body}");
    assert!(text(&body).chars().count() < 40_000, "{}", text(&body).len());
}

#[test]
fn an_alert_without_a_summary_is_told_by_its_labels() {
    let mut notice = page("availability");
    notice.annotations.clear();
    let event = pagerduty::body(&key(), "k", true, &notice);
    assert_eq!(event["payload"]["summary"], "BudgetBurn checkout availability");
}
