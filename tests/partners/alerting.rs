//! A real Alertmanager is told of an alert: one notification when it begins, one when it ends, none in between, whatever happens to either.

use crate::alertmanager::{Alertmanager, OnCall};
use crate::processes::{PATIENCE, free_port, poll};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;
use steelthread::alert::{Labels, Notice, Severity};
use steelthread::notify::{Couriers, Headers, Settings, Sink, State, Url};

/// How long Alertmanager is away at first; STEELTHREAD_ALERTMANAGER_AWAY (seconds) for longer.
const AWAY: Duration = Duration::from_secs(20);
const EVALUATION: Duration = Duration::from_secs(1);
const RESEND: Duration = Duration::from_secs(2);

fn now_ns() -> u64 {
    steelthread::app::clock::now_ns()
}

fn away() -> Duration {
    let given = std::env::var("STEELTHREAD_ALERTMANAGER_AWAY").ok();
    given.map_or(AWAY, |text| Duration::from_secs(text.parse().unwrap()))
}

/// What evaluates alerts and tells them, without the evaluation.
struct Telling {
    couriers: Couriers,
    runtime: tokio::runtime::Runtime,
}

impl Telling {
    fn start(port: u16, kept: State) -> Self {
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let sinks = vec![Sink::Alertmanager { url, headers: Headers::default() }];
        let settings = Settings { sinks, evaluation: EVALUATION, resend: RESEND, ..Settings::default() };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let couriers = {
            let _inside = runtime.enter();
            Couriers::start(settings, kept, now_ns).unwrap()
        };
        Self { couriers, runtime }
    }

    /// As evaluations would, for so long; the guilty hop is another each time.
    fn observe(&self, alert: &Notice, lasting: Duration) {
        for turn in 0..lasting.as_secs() {
            let mut alert = alert.clone();
            alert.annotations.insert("hop".into(), format!("hop-{}", turn % 3));
            self.couriers.observe(&[alert], now_ns());
            std::thread::sleep(EVALUATION);
        }
    }

    /// Ends without a word, as a process that is killed.
    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

fn alert() -> Notice {
    let labels = Labels {
        alertname: "BudgetBurn".into(),
        capability: "checkout".into(),
        objective: "availability".into(),
        tier: "1h/5m".into(),
        severity: Severity::Page,
        owner: "team-shop".into(),
    };
    let annotations = [("summary".to_owned(), "checkout burns its budget".to_owned())];
    Notice {
        labels,
        annotations: annotations.into(),
        starts_ns: now_ns() / 1_000_000 * 1_000_000,
        resolved_ns: None,
        generator_url: "https://steelthread.example/alerts".into(),
    }
}

fn statuses(on_call: &OnCall) -> Vec<String> {
    on_call.notified().iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect()
}

/// What must be the same at Alertmanager all the time. It writes one time in two ways, with and without zeros at the end.
fn identity(alert: &Value) -> (Value, Timestamp, Value) {
    let starts: Timestamp = alert["startsAt"].as_str().unwrap().parse().unwrap();
    (alert["labels"].clone(), starts, alert["fingerprint"].clone())
}

#[test]
fn one_notification_when_an_alert_begins_and_one_when_it_ends_whoever_is_away_or_killed_meanwhile() {
    let (folder, port, on_call, alert) = (tempfile::tempdir().unwrap(), free_port(), OnCall::start(), alert());
    let starts_ns = alert.starts_ns;
    // Alertmanager is away when the alert begins.
    let telling = Telling::start(port, State::default());
    telling.observe(&alert, away());
    let alertmanager = Alertmanager::start(folder.path(), port, &on_call.url());
    poll(PATIENCE, || (statuses(&on_call) == ["firing"]).then_some(())).expect("no notification after it came back");

    // It lasts longer than one message says.
    let kept = serde_json::to_string(&telling.couriers.state()).unwrap();
    let before = identity(&alertmanager.active()[0]);
    assert_eq!(before.2, format!("{:016x}", alert.labels.fingerprint()), "Alertmanager knows it by another number");
    let lasts = 4 * RESEND + EVALUATION * 2;
    telling.observe(&alert, lasts);
    assert_eq!(identity(&alertmanager.active()[0]), before);

    // Killed, and started again with what was kept a while ago.
    telling.kill();
    let telling = Telling::start(port, serde_json::from_str(&kept).unwrap());
    telling.observe(&alert, lasts);
    let active = alertmanager.active();
    assert_eq!((active.len(), identity(&active[0])), (1, before.clone()));
    assert_eq!(statuses(&on_call), ["firing"], "a second notification");

    telling.couriers.observe(&[Notice { resolved_ns: Some(now_ns()), ..alert }], now_ns());
    poll(PATIENCE, || (statuses(&on_call) == ["firing", "resolved"]).then_some(())).expect("the end was not told");
    std::thread::sleep(RESEND * 2);
    assert_eq!(statuses(&on_call), ["firing", "resolved"], "told again that it has ended, and notified again");
    let notified = on_call.notified();
    let [began, ended] = [&notified[0]["alerts"][0], &notified[1]["alerts"][0]];
    assert_eq!(identity(began), identity(ended));
    assert_eq!(identity(began).1, before.1);
    assert_eq!(before.1.as_nanosecond(), i128::from(starts_ns));
    assert!(alertmanager.active().is_empty());
    telling.runtime.block_on(telling.couriers.finish(Duration::from_secs(5)));
}
