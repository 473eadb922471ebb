//! The program with a real Alertmanager: one notification when an alert begins, one when it ends, none in between, whoever is away or
//! killed meanwhile; and labels that stay while the guilty hop does not.

use crate::alertmanager::{Alertmanager, OnCall};
use crate::processes::{PATIENCE, free_port, poll};
use crate::sender::Sender;
use crate::server::Server;
use crate::shop;
use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: pay
  owner: team-pay
  threads: [{id: web, entry: {service: web}}]
  hops: [{id: bank, match: {service: bank}}, {id: vault, match: {service: vault}}]
  objectives: [{id: available, target: 99.9%}]
";

/// How often Alertmanager is told again; it forgets what it was told four times as long ago.
const RESEND: Duration = Duration::from_secs(2);
/// Spans of a request.
const AT_ONCE: u64 = 1000;

/// How much longer Alertmanager is away than the alert takes to begin: nothing, or STEELTHREAD_ALERTMANAGER_AWAY (seconds).
fn away() -> Duration {
    let given = std::env::var("STEELTHREAD_ALERTMANAGER_AWAY").ok();
    given.map_or(Duration::ZERO, |text| Duration::from_secs(text.parse().unwrap()))
}

/// Who asks for payments.
struct Customers {
    sender: Sender,
    traces: u64,
}

impl Customers {
    fn new(server: &Server) -> Self {
        Self { sender: Sender::new(server.grpc), traces: u64::from(std::process::id()) << 32 }
    }

    fn span(&mut self, id: u8, parent: u8, failed: bool) -> Span {
        let now_ns = steelthread::app::clock::now_ns();
        Span {
            trace_id: u128::from(self.traces).to_be_bytes().to_vec(),
            span_id: vec![id; 8],
            parent_span_id: if parent == 0 { Vec::new() } else { vec![parent; 8] },
            name: "pay".into(),
            kind: 2,
            start_time_unix_nano: now_ns - 1_000_000,
            end_time_unix_nano: now_ns,
            status: failed.then(|| Status { code: 2, message: String::new() }),
            ..Span::default()
        }
    }

    /// Again and again while the server is starting, as senders do.
    fn send(&self, spans: &[(&'static str, Span)]) {
        let request = shop::request(spans);
        poll(PATIENCE, || self.sender.send(request.clone()).ok()).expect("spans are not taken");
    }

    fn succeed(&mut self, executions: u64) {
        for _ in 0..executions / AT_ONCE {
            let spans: Vec<_> = (0..AT_ONCE)
                .map(|_| {
                    self.traces += 1;
                    ("web", self.span(1, 0, false))
                })
                .collect();
            self.send(&spans);
        }
    }

    fn fail(&mut self, executions: u64, hop: &'static str) {
        let mut spans = Vec::new();
        for _ in 0..executions {
            self.traces += 1;
            spans.extend([("web", self.span(1, 0, true)), (hop, self.span(2, 1, true))]);
        }
        self.send(&spans);
    }
}

/// Notifications of alerts of this name.
fn notified(on_call: &OnCall, name: &str) -> Vec<Value> {
    on_call.notified().into_iter().filter(|one| one["alerts"][0]["labels"]["alertname"] == name).collect()
}

fn statuses(on_call: &OnCall, name: &str) -> Vec<String> {
    notified(on_call, name).iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect()
}

fn burns(alertmanager: &Alertmanager) -> Vec<Value> {
    alertmanager.active().into_iter().filter(|alert| alert["labels"]["alertname"] == "BudgetBurn").collect()
}

/// What must be the same at Alertmanager all the time. It writes one time in two ways, with and without zeros at the end.
fn identity(alert: &Value) -> (Value, Timestamp, Value) {
    let starts: Timestamp = alert["startsAt"].as_str().unwrap().parse().unwrap();
    (alert["labels"].clone(), starts, alert["fingerprint"].clone())
}

fn hop(alertmanager: &Alertmanager) -> String {
    let active = burns(alertmanager);
    active.first().and_then(|alert| alert["annotations"]["hop"].as_str()).unwrap_or_default().to_owned()
}

/// Burns that last, as the server itself tells them.
fn lasting(server: &Server) -> usize {
    let told = server.get("/api/v1/alerts");
    told["alerts"].as_array().unwrap().iter().filter(|one| one["alertname"] == "BudgetBurn" && one["state"] == "firing").count()
}

#[test]
fn one_notification_when_an_alert_begins_and_one_when_it_ends_whoever_is_away_or_killed_meanwhile() {
    let (folder, port, on_call) = (tempfile::tempdir().unwrap(), free_port(), OnCall::start());
    let resend = format!("{}s", RESEND.as_secs());
    let named = format!("http://127.0.0.1:{port}");
    let flags =
        ["--quiet", "1s", "--alerts-alertmanager", &named, "--alerts-resend", &resend, "--external-url", "http://st.example"];
    let mut server = Server::start(folder.path(), "paying", MAP, &flags);

    // Alertmanager is away when the alert begins.
    let mut customers = Customers::new(&server);
    customers.fail(20, "bank");
    poll(PATIENCE, || (lasting(&server) == 1).then_some(())).unwrap_or_else(|| panic!("{}", server.get("/api/v1/alerts")));
    std::thread::sleep(away());
    let alertmanager = Alertmanager::start(folder.path(), port, &on_call.url());
    poll(PATIENCE, || (statuses(&on_call, "BudgetBurn") == ["firing"]).then_some(()))
        .expect("no notification after it came back");
    let before = identity(&burns(&alertmanager)[0]);
    let labels = [("alertname", "BudgetBurn"), ("capability", "pay"), ("objective", "available"), ("owner", "team-pay")];
    assert!(labels.iter().all(|(name, value)| before.0[name] == *value), "{before:?}");
    assert_eq!(hop(&alertmanager), "bank");

    // Killed in the middle of it, and another hop fails more: it lasts longer than one message says.
    server.kill();
    server.come();
    let mut customers = Customers { sender: Sender::new(server.grpc), ..customers };
    customers.fail(40, "vault");
    std::thread::sleep(4 * RESEND + Duration::from_secs(2));
    let active = burns(&alertmanager);
    assert_eq!((active.len(), identity(&active[0])), (1, before.clone()));
    assert_eq!(statuses(&on_call, "BudgetBurn"), ["firing"], "a second notification");

    // A budget that is gone comes back as soon as enough goes well: its end is told once, too.
    customers.succeed(70_000);
    let gone = || statuses(&on_call, "BudgetGone");
    poll(PATIENCE, || (gone() == ["firing", "resolved"]).then_some(()))
        .unwrap_or_else(|| panic!("the end was not told: {:?} {}", gone(), server.get("/api/v1/alerts")));
    std::thread::sleep(RESEND * 2);
    assert_eq!(gone(), ["firing", "resolved"], "told again that it has ended, and notified again");
    let notified = notified(&on_call, "BudgetGone");
    let [began, ended] = [&notified[0]["alerts"][0], &notified[1]["alerts"][0]];
    assert_eq!(identity(began), identity(ended));
    // By now the burn is told anew, with the other hop and the labels that it had.
    poll(PATIENCE, || (hop(&alertmanager) == "vault").then_some(())).expect("the guilty hop stays the same");
    assert_eq!(identity(&burns(&alertmanager)[0]), before, "the labels changed with the hop");
    assert_eq!(statuses(&on_call, "BudgetBurn"), ["firing"]);
    the_page_ends(folder.path(), &on_call, &alertmanager, &before);
    server.go();
}

/// What was broken is not promised any more: nobody waits here for the quarter of an hour of calm after which it ends by itself. The end is told once,
/// with its moment.
fn the_page_ends(folder: &Path, on_call: &OnCall, alertmanager: &Alertmanager, before: &(Value, Timestamp, Value)) {
    let (without, _) = MAP.split_once("  objectives").unwrap();
    std::fs::write(folder.join("paying.yaml"), without).unwrap();
    let told = || statuses(on_call, "BudgetBurn");
    poll(PATIENCE, || (told() == ["firing", "resolved"]).then_some(()))
        .unwrap_or_else(|| panic!("the page does not end: {:?}", told()));
    let notified = notified(on_call, "BudgetBurn");
    let ended = &notified[1]["alerts"][0];
    let labels_and_start =
        |alert: &Value| (alert["labels"].clone(), alert["startsAt"].as_str().unwrap().parse::<Timestamp>().unwrap());
    assert_eq!(labels_and_start(ended), (before.0.clone(), before.1), "what ends is what began");
    let ends: Timestamp = ended["endsAt"].as_str().unwrap().parse().unwrap();
    let now = Timestamp::from_nanosecond(i128::from(steelthread::app::clock::now_ns())).unwrap();
    assert!(before.1 < ends && ends <= now, "{ended}");
    assert!(burns(alertmanager).is_empty(), "it lasts at Alertmanager");
    // The end is sent again and again for a while, and nobody is told twice.
    std::thread::sleep(RESEND * 3);
    assert_eq!(told(), ["firing", "resolved"]);
}
