//! Alerts arrive: each receiver takes them by its own rules, and what it does not take is told or tried again as it documents.

use crate::inbox::{Inbox, KEY, SECRET};
use crate::program::{run, steelthread};
use crate::receiver::{free_address, wait};
use crate::secured::Folder;
use serde_json::Value;
use std::process::Output;
use steelthread::alert::{Labels, Notice, Severity};
use steelthread::notify::{Couriers, Headers, Key, Secret, Settings, Sink, State, Url};

const SECOND: u64 = 1_000_000_000;

fn now_ns() -> u64 {
    steelthread::app::clock::now_ns()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn sinks(inbox: &Inbox) -> Vec<Sink> {
    vec![
        Sink::Alertmanager { url: url(&inbox.url("")), headers: Headers::default() },
        Sink::Webhook { url: url(&inbox.url("/hook")), headers: Headers::default(), secret: Some(Secret::new(SECRET)) },
        Sink::PagerDuty { url: url(&inbox.url("/v2/enqueue")), key: Key::parse(KEY).unwrap() },
        Sink::Slack { url: url(&inbox.url("/services/T0/B0/x")) },
    ]
}

fn notice(objective: &str) -> Notice {
    let labels = Labels {
        alertname: "BudgetBurn".into(),
        capability: "checkout".into(),
        objective: objective.into(),
        tier: "1h/5m".into(),
        severity: Severity::Page,
        owner: "team-shop".into(),
    };
    let annotations = [
        ("summary", "checkout <fails> & burns"),
        ("hop", "payment"),
        ("page_url", "https://steelthread.example/c/checkout?from=now-1h&to=now"),
    ];
    Notice {
        labels,
        annotations: annotations.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
        starts_ns: now_ns() / SECOND * SECOND,
        resolved_ns: None,
        generator_url: "https://steelthread.example/alerts".into(),
    }
}

fn resolved(notice: &Notice) -> Notice {
    Notice { resolved_ns: Some(now_ns()), ..notice.clone() }
}

/// Couriers with a runtime of their own, as in a server.
struct Running {
    couriers: Couriers,
    runtime: tokio::runtime::Runtime,
}

impl Running {
    fn start(sinks: Vec<Sink>, kept: State) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let couriers = {
            let _inside = runtime.enter();
            Couriers::start(Settings { sinks, ..Settings::default() }, kept, now_ns).unwrap()
        };
        Self { couriers, runtime }
    }

    fn observe(&self, all: &[Notice]) {
        self.couriers.observe(all, now_ns());
    }

    /// What it kept.
    fn stop(self) -> State {
        self.runtime.block_on(self.couriers.finish(std::time::Duration::from_secs(5)));
        self.couriers.state()
    }
}

const KINDS: [&str; 4] = ["alertmanager", "webhook", "pagerduty", "slack"];

fn wait_for(inbox: &Inbox, kind: &str, messages: usize) -> Vec<Value> {
    wait(&format!("message {messages} of {kind}"), || Some(inbox.of(kind)).filter(|all| all.len() >= messages))
}

#[test]
fn every_receiver_takes_the_begin_and_the_end_of_an_alert_by_its_own_rules() {
    let (inbox, alert) = (Inbox::start(), notice("availability"));
    let running = Running::start(sinks(&inbox), State::default());
    running.observe(std::slice::from_ref(&alert));
    for kind in KINDS {
        wait_for(&inbox, kind, 1);
    }
    running.observe(&[resolved(&alert)]);
    let [alertmanager, webhook, pagerduty, slack] = KINDS.map(|kind| wait_for(&inbox, kind, 2));
    running.stop();
    assert_eq!((webhook[0]["status"].as_str(), webhook[1]["status"].as_str()), (Some("firing"), Some("resolved")));
    assert_eq!(webhook[0]["alerts"][0]["fingerprint"], webhook[1]["alerts"][0]["fingerprint"]);
    assert_eq!(alertmanager[0][0]["labels"], alertmanager[1][0]["labels"]);
    assert_eq!(alertmanager[0][0]["startsAt"], alertmanager[1][0]["startsAt"]);
    let actions: Vec<_> = pagerduty.iter().map(|event| (&event["event_action"], &event["dedup_key"])).collect();
    let key = Value::from("steelthread/checkout/availability");
    assert_eq!(actions, [(&Value::from("trigger"), &key), (&Value::from("resolve"), &key)]);
    assert!(slack[1]["text"].as_str().unwrap().starts_with("*RESOLVED*"), "{slack:?}");
    assert_eq!(inbox.asked(), 8, "nothing was said twice");
}

#[test]
fn who_is_away_is_told_once_when_it_is_back_and_nothing_twice_over_a_restart() {
    let (inbox, stays, goes) = (Inbox::start(), notice("availability"), notice("latency"));
    inbox.answer([(503, "away"); 9]);
    let once = sinks(&inbox).split_off(1);
    let running = Running::start(once.clone(), State::default());
    running.observe(&[stays.clone(), goes]);
    wait("nine attempts", || (inbox.asked() >= 9).then_some(()));
    running.observe(std::slice::from_ref(&stays));
    for kind in &KINDS[1..] {
        wait_for(&inbox, kind, 1);
    }
    let waiting = |running: &Running| running.couriers.figures(now_ns()).values().map(|one| one.waiting).sum::<usize>();
    wait("an empty outbox", || (waiting(&running) == 0).then_some(()));
    let firing = |inbox: &Inbox| {
        let of = |kind: &str, is_firing: &dyn Fn(&Value) -> bool| inbox.of(kind).iter().filter(|one| is_firing(one)).count();
        [
            of("webhook", &|one| one["status"] == "firing"),
            of("pagerduty", &|one| one["event_action"] == "trigger"),
            of("slack", &|one| one["text"].as_str().unwrap().starts_with("*PAGE*")),
        ]
    };
    let told = firing(&inbox);
    assert!(told.iter().all(|messages| (1..=2).contains(messages)), "{told:?}");
    let kept = serde_json::to_string(&running.stop()).unwrap();

    let asked = inbox.asked();
    let running = Running::start(once, serde_json::from_str(&kept).unwrap());
    running.observe(std::slice::from_ref(&stays));
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(inbox.asked(), asked, "a second page after a restart");
    running.observe(&[resolved(&stays)]);
    for kind in &KINDS[1..] {
        wait(&format!("the end for {kind}"), || (inbox.of(kind).len() > usize::from(told[0] == 0)).then_some(()));
    }
    wait("an empty outbox", || (waiting(&running) == 0).then_some(()));
    assert_eq!(inbox.asked(), asked + 3);
    running.stop();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A configuration that names all four.
fn configuration(folder: &Folder, inbox: &Inbox) -> String {
    let webhook = folder.write("webhook", &inbox.url("/hook"));
    let (slack, key) = (folder.write("slack", &inbox.url("/services/T0/B0/canary-slack")), folder.write("key", KEY));
    let secret = folder.write("secret", SECRET);
    folder.write(
        "s.yaml",
        &format!(
            "map: nowhere.yaml\nquiet: 3s\nexternal_url: https://steelthread.example\nalerts:\n  alertmanager: ['{}']\n  \
             webhook: {{url_file: {webhook}, secret_file: {secret}}}\n  pagerduty: {{key_file: {key}, url: '{}'}}\n  \
             slack: {{url_file: {slack}}}\n  resend: 30s\n",
            inbox.url(""),
            inbox.url("/v2/enqueue"),
        ),
    )
}

#[test]
fn a_test_alert_is_sent_to_each_sink_of_a_configuration_and_what_came_back_is_told() {
    let (folder, inbox) = (Folder::new(), Inbox::start());
    let file = configuration(&folder, &inbox);
    let output = run(&["alert", "test", "--config", &file]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(table.lines().filter(|line| line.ends_with("taken") && line.contains("  yes  ")).count(), 4, "{table}");
    for kind in KINDS {
        let told = inbox.of(kind)[0].to_string();
        assert!(told.contains("This is a test alert of steelthread: nothing is broken"), "{told}");
    }
    let output = run(&["alert", "test", "--config", &file, "--resolve", "-o", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["apiVersion"], "steelthread/v1");
    let taken: Vec<_> = document["sinks"].as_array().unwrap().iter().map(|sink| &sink["taken"]).collect();
    assert_eq!(taken, [&Value::Bool(true); 4]);
    assert_eq!(inbox.of("pagerduty")[1]["event_action"], "resolve");
    assert_eq!(inbox.of("pagerduty")[0]["dedup_key"], inbox.of("pagerduty")[1]["dedup_key"]);
}

#[test]
fn a_sink_that_refuses_or_is_away_makes_the_answer_no() {
    let (folder, inbox) = (Folder::new(), Inbox::start());
    let file = configuration(&folder, &inbox);
    inbox.answer([(200, ""), (401, "who are you"), (429, "slow down"), (403, "action_prohibited")]);
    let output = run(&["alert", "test", "--config", &file]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    for row in [
        "webhook     no     HTTP 401: who are you",
        "pagerduty   no     HTTP 429: slow down; a server would try again",
        "slack       no     HTTP 403: action_prohibited",
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(table.lines().any(|line| squeezed(line) == squeezed(row)), "no '{row}' in {table}");
    }
    let away = format!("http://{}", free_address());
    let output = run(&["alert", "test", "--alerts-alertmanager", &away]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("refused"), "{}", said(&output));
}

#[test]
fn a_test_without_a_sink_or_with_a_wrong_key_is_wrong_use() {
    let folder = Folder::new();
    let nobody = run(&["alert", "test"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(said(&nobody).contains("nobody is told of alerts; name a sink"), "{}", said(&nobody));
    for (text, told) in [
        ("alerts: {slak: {url_file: a}}", "is no key of a configuration"),
        ("alerts: {slack: 'https://hooks.example/canary'}", "write below it: url_file"),
        ("alerts: {slack: {url_file: 'https://hooks.example/canary'}}", "write it into a file"),
        ("alerts: {pagerduty: {key_file: canary0123456789abcdef0123456789}}", "cannot be read"),
        ("alerts: {resend: seldom}", "no length of time"),
    ] {
        let file = folder.write("s.yaml", text);
        let output = run(&["alert", "test", "--config", &file]);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
        assert!(said(&output).contains(told) && !said(&output).contains("canary"), "{text}: {}", said(&output));
        assert!(said(&output).contains(":1:"), "no place: {}", said(&output));
    }
    let by_variable = steelthread().args(["alert", "test"]).env("STEELTHREAD_ALERTS_RESEND", "seldom").output().unwrap();
    assert!(said(&by_variable).starts_with("steelthread: STEELTHREAD_ALERTS_RESEND: "), "{}", said(&by_variable));
}
