//! The demo's shop breaks, fault by fault, and every alert names the hop that the script broke, with its cause.
//!
//! Each fault has a shop and a server of its own, all at the same time and in real time. Two of what the script does break no objective: recommendations that
//! fail are done without, and calm is calm. Second attempts that succeed break only what is promised of the card network itself.

use crate::inbox::{Inbox, SECRET};
use crate::program::{Server, shop_map};
use crate::receiver::wait;
use crate::secured::Folder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use steelthread::demo::shop::{self, ShopSettings};
use steelthread::demo::{Tally, Truth};

const LASTING: Duration = Duration::from_secs(12);
/// A slice of ten seconds, the wait for its traces, two commits and a look.
const ALL_SEEN: Duration = Duration::from_secs(26);

/// What was told of a shop that broke.
struct Played {
    truth: Truth,
    alerts: Vec<Value>,
    /// Alerts that a webhook was told.
    notified: Vec<Value>,
}

fn play(scenario: &'static str) -> Played {
    let (folder, inbox) = (Folder::new(), Inbox::start());
    let place = tempfile::tempdir().unwrap();
    let (hook, secret) = (folder.write("hook", &inbox.url("/hook")), folder.write("secret", SECRET));
    let store = place.path().join("store").display().to_string();
    let map = shop_map(place.path());
    let sinks = ["--alerts-webhook-url-file", &hook, "--alerts-webhook-secret-file", &secret];
    let server = Server::start(&[&["--map", &map, "--store", &store, "--quiet", "3s"], &sinks[..]].concat());
    let settings = ShopSettings {
        endpoint: format!("http://{}", server.otlp),
        scenario: scenario.into(),
        seed: 42,
        lasting: LASTING,
        per_second: 30,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let truth = runtime.block_on(shop::run(&settings, std::future::pending(), &mut |_| ())).unwrap();
    server.settle();
    std::thread::sleep(ALL_SEEN);
    let alerts = server.get("/api/v1/alerts")["alerts"].as_array().unwrap().clone();
    let hooked = || inbox.of("webhook").iter().flat_map(|one| one["alerts"].as_array().unwrap().clone()).collect::<Vec<_>>();
    let notified = wait("what was told", || Some(hooked()).filter(|told| told.len() >= alerts.len()));
    Played { truth, alerts, notified }
}

/// Hop and causes of what the shop did to a capability that breaks an objective, and of which one. By latency there is no cause.
fn broken(tally: &Tally, capability: &str) -> Option<(String, BTreeSet<&'static str>, &'static str)> {
    let failed = tally.failures.iter().filter(|((id, ..), _)| *id == capability);
    let (mut hops, mut causes) = (BTreeSet::new(), BTreeSet::new());
    for ((_, hop, cause), _) in failed {
        hops.insert(*hop);
        causes.insert(*cause);
    }
    let one = |hops: BTreeSet<&'static str>| -> Option<String> {
        assert!(hops.len() <= 1, "one fault breaks one hop: {hops:?}");
        hops.first().map(|hop| (*hop).to_owned())
    };
    let slow = tally.slow.keys().filter(|(id, _)| *id == capability).map(|(_, hop)| *hop).collect();
    let absorbed = tally.absorbed.keys().filter(|(id, hop, _)| (*id, *hop) == (capability, "card-network"));
    let absorbed = absorbed.map(|(_, hop, _)| *hop).collect();
    one(hops)
        .map(|hop| (hop, causes, "available"))
        .or_else(|| Some((one(slow)?, BTreeSet::new(), "fast")))
        .or_else(|| Some((one(absorbed)?, BTreeSet::new(), "card-network/available")))
}

/// Objective, hop and cause of each alert, wherever it was told.
fn named(alerts: &[Value], capability: &str) -> BTreeSet<[String; 3]> {
    let of = |alert: &Value, name: &str| {
        let told = alert.get(name).or_else(|| alert["labels"].get(name)).or_else(|| alert["annotations"].get(name));
        told.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let own = alerts.iter().filter(|alert| of(alert, "capability") == capability);
    own.map(|alert| ["objective", "hop", "hop_cause"].map(|name| of(alert, name))).collect()
}

#[test]
fn every_alert_of_a_fault_names_the_hop_that_was_broken_and_faults_that_do_no_harm_wake_nobody() {
    let scenarios = ["card-network", "pricing", "slow-inventory", "recommendations", "retries", "calm"];
    let played: Vec<_> = scenarios.map(|scenario| (scenario, std::thread::spawn(move || play(scenario)))).into_iter().collect();
    let mut broke = Vec::new();
    for (scenario, one) in played {
        let Played { truth, alerts, notified } = one.join().unwrap();
        let total = truth.total();
        for capability in ["checkout", "browse"] {
            let (here, there) = (named(&alerts, capability), named(&notified, capability));
            let Some((hop, causes, objective)) = broken(&total, capability) else {
                assert!(here.is_empty() && there.is_empty(), "{scenario} does no harm to {capability}: {alerts:?}");
                continue;
            };
            broke.push((scenario, capability, objective));
            for told in [&here, &there] {
                assert!(told.iter().any(|[about, ..]| about == objective), "{scenario}, {capability}: {told:?}");
                for [about, named, cause] in told {
                    assert_eq!(*named, hop, "{scenario}, {capability} {about}: {alerts:#?}");
                    let right = if causes.is_empty() { cause.is_empty() } else { causes.contains(cause.as_str()) };
                    assert!(right, "{scenario}, {capability} {about}: {cause} and not {causes:?}");
                }
            }
            let page = alerts.iter().find(|one| one["capability"] == capability && one["severity"] == "page").unwrap();
            assert_eq!(page["annotations"]["hop_share"], "1.00", "{page:#?}");
            assert!(page["summary"].as_str().unwrap().contains(&hop), "{page:#?}");
        }
    }
    let expected = [
        ("card-network", "checkout", "available"),
        ("pricing", "checkout", "available"),
        ("pricing", "browse", "available"),
        ("slow-inventory", "checkout", "fast"),
        ("slow-inventory", "browse", "fast"),
        ("retries", "checkout", "card-network/available"),
    ];
    assert_eq!(broke, expected);
}
