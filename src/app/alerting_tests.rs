//! Alerts of a server: from what is kept to what is answered, over a restart and a swap of maps. Time is made up.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::Limits;
use super::pipeline::{Pipeline, Place};
use super::swap::{Step, Swap};
use crate::catalogue::{self, Catalogue};
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::{Cause, Hop, Name, Outcome, TraceId, Weight};
use crate::query::{AlertLine, Alerts, Between, StatusQuestion};
use std::path::Path;
use std::sync::Arc;

const S: u64 = 1_000_000_000;
const HOUR: u64 = 3600 * S;
/// A Monday.
const START: u64 = 1_767_571_200 * S;

const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: pay
  owner: team-pay
  value: {per_execution: \"10\", currency: EUR}
  threads: [{id: web, entry: {service: web}}]
  hops: [{id: bank, supplier: AcmePay, match: {service: bank}, objectives: [{id: up, target: 99%}]}]
  objectives: [{id: available, target: 99.9%}]
";

struct Server {
    pipeline: Arc<Pipeline>,
    pay: Name,
}

fn map(text: &str) -> Catalogue {
    catalogue::parse("map.yaml", text).unwrap()
}

impl Server {
    fn start(folder: &Path, now_ns: u64) -> Self {
        let pipeline = Arc::new(Pipeline::new(map(MAP), Limits::default(), Place::Folder(folder)).unwrap());
        pipeline.recall_alerts(now_ns).unwrap();
        let pay = pipeline.names.intern(b"pay");
        Self { pipeline, pay }
    }

    /// So many slices with so many executions each, each slice kept when it is closed, and looked at.
    fn run(&self, from_ns: u64, slices: u64, ok: u64, failed: u64) -> u64 {
        for at in 0..slices {
            let slice_ns = from_ns + at * SLICE_NS;
            self.put(slice_ns, ok, failed);
            self.look(slice_ns + 45 * S);
        }
        from_ns + slices * SLICE_NS
    }

    /// Counts what came in a slice.
    fn put(&self, slice_ns: u64, ok: u64, failed: u64) {
        let name = |text: &str| self.pipeline.names.intern(text.as_bytes());
        let bank = self.pipeline.hops.intern(Hop { hop: name("bank"), service: name("bank"), external: false });
        let mut window = Window::default();
        window.outcomes[Outcome::Ok as usize].add(Weight::ONE, ok);
        window.outcomes[Outcome::Failed as usize].add(Weight::ONE, failed);
        if failed > 0 {
            let trouble = window.hops.entry(bank).or_default().trouble.get_or_insert_default();
            trouble.failures_mut(Cause::AppError).count.add(Weight::ONE, failed);
            trouble.failures_mut(Cause::AppError).samples.push(TraceId(7));
        }
        self.pipeline.windows.put_back(Key { slice_ns, capability: self.pay }, window);
    }

    fn look(&self, now_ns: u64) {
        self.pipeline.keep_closed(now_ns).unwrap();
        self.pipeline.look_at_alerts(now_ns).unwrap();
    }

    fn alerts(&self) -> Alerts {
        self.pipeline.answers().alerts().unwrap()
    }

    fn pages(&self) -> Vec<AlertLine> {
        self.alerts().alerts.into_iter().filter(|one| one.severity == "page").collect()
    }
}

/// A store with thirty good days.
fn experienced() -> (tempfile::TempDir, Server, u64) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), START);
    let days = 30 * 24 * HOUR;
    for hour in 0..30 * 24 {
        server.run(START + hour * HOUR, 1, 3600, 0);
    }
    let now_ns = server.run(START + days, 360, 10, 0);
    assert_eq!(server.alerts().alerts, []);
    (folder, server, now_ns)
}

#[test]
fn an_outage_is_told_with_its_hop_and_its_cost_and_a_restart_changes_nothing() {
    let (folder, server, now_ns) = experienced();
    let now_ns = server.run(now_ns, 30, 5, 5);
    let [page] = &server.pages()[..] else { panic!("{:?}", server.alerts()) };
    assert_eq!((page.alertname.as_str(), page.objective.as_str(), page.tier.as_str()), ("BudgetBurn", "available", "1h/5m"));
    assert_eq!((page.owner.as_str(), page.state.as_str(), page.burn_state.as_deref()), ("team-pay", "firing", Some("critical")));
    assert!(page.summary.starts_with("pay is failing "), "{}", page.summary);
    assert!(
        page.summary.contains("100 % of it at bank (supplier AcmePay), ") && page.summary.ends_with(" EUR/min"),
        "{}",
        page.summary
    );
    assert_eq!(page.annotations["hop"], "bank");
    let status = server.pipeline.answers().status(&StatusQuestion::default()).unwrap();
    let burn = &status.capabilities[0].objectives[0].burn;
    assert_eq!(burn.keys().map(String::as_str).collect::<Vec<_>>(), ["1d", "1h", "2h", "30m", "3d", "5m", "6h"]);
    assert_eq!(burn["5m"].round(), 500.0);
    assert!(page.burn_short.is_some_and(|rate| (100.0..=500.0).contains(&rate)), "of up to a minute before: {page:?}");
    let before = StatusQuestion { between: Some(Between { from_ns: START, to_ns: now_ns - HOUR }), ..StatusQuestion::default() };
    let before = server.pipeline.answers().status(&before).unwrap();
    assert!(before.capabilities[0].objectives[0].burn.is_empty(), "nobody knows any more");

    let pay = server.pay;
    drop(server);
    let server = Server::start(folder.path(), now_ns);
    assert_eq!(server.pay, pay);
    server.look(now_ns + 45 * S);
    let now_ns = server.run(now_ns, 30, 5, 5);
    let [same] = &server.pages()[..] else { panic!("{:?}", server.alerts()) };
    assert_eq!((&same.since, &same.tier, same.state.as_str()), (&page.since, &page.tier, "firing"));

    let now_ns = server.run(now_ns, 60, 10, 0);
    drop(server);
    let server = Server::start(folder.path(), now_ns);
    server.run(now_ns, 120, 10, 0);
    let [same] = &server.pages()[..] else { panic!("{:?}", server.alerts()) };
    assert_eq!((&same.since, same.state.as_str(), same.resolved.is_some()), (&page.since, "resolved", true));
}

#[test]
fn sums_made_again_from_the_store_are_those_that_were_fed() {
    let (folder, server, now_ns) = experienced();
    // Not enough for a page; what was bad before the restart and what comes after it are.
    let now_ns = server.run(now_ns, 4, 0, 10);
    assert!(server.pages().is_empty(), "{:?}", server.alerts());
    drop(server);
    let server = Server::start(folder.path(), now_ns);
    server.run(now_ns, 4, 0, 10);
    assert_eq!(server.pages().len(), 1, "{:?}", server.alerts());
}

#[test]
fn who_broke_it_is_told_as_long_as_it_lasts() {
    let (_folder, server, now_ns) = experienced();
    let mut now_ns = server.run(now_ns, 2, 0, 40);
    let told = |server: &Server| {
        let [page] = &server.pages()[..] else { panic!("{:?}", server.alerts()) };
        (page.state.clone(), page.annotations["hop"].clone())
    };
    let bank = ("firing".to_owned(), "bank".to_owned());
    assert_eq!(told(&server), bank);
    // Six minutes later all failures lie before the alert began; three hours later nothing has come for long.
    now_ns = server.run(now_ns, 36, 1, 0);
    assert_eq!(told(&server), bank);
    for minute in 1..180 {
        server.look(now_ns + minute * 60 * S);
    }
    assert_eq!(told(&server), bank);
    assert!(server.pages()[0].summary.starts_with("pay was failing, 100 % of it at bank"), "{:?}", server.pages()[0].summary);
}

#[test]
fn what_is_kept_before_the_sums_are_made_again_is_counted_once() {
    let burns = |server: &Server| {
        let status = server.pipeline.answers().status(&StatusQuestion::default()).unwrap();
        status.capabilities[0].objectives[0].burn.clone()
    };
    let (folder, server, now_ns) = experienced();
    let mut now_ns = server.run(now_ns, 4, 0, 10);
    drop(server);
    let server = Server::start(folder.path(), now_ns);
    // Commits do not wait for the thread that looks at alerts, and it comes late.
    for _ in 0..5 {
        server.put(now_ns, 0, 10);
        now_ns += SLICE_NS;
        server.pipeline.keep_closed(now_ns + 35 * S).unwrap();
        assert!(burns(&server).is_empty(), "half of the sums are none");
    }
    server.look(now_ns + 35 * S);
    let before = burns(&server);
    // Nine of thirty slices, at one in a thousand that may fail.
    assert_eq!((before["5m"].round(), server.pages().len()), (300.0, 1));
    drop(server);
    let server = Server::start(folder.path(), now_ns);
    server.look(now_ns + 35 * S);
    assert_eq!(burns(&server), before);
}

#[test]
fn an_objective_that_is_new_in_the_map_knows_what_came_before_it() {
    let (_folder, server, now_ns) = experienced();
    let now_ns = server.run(now_ns, 30, 10, 0);
    let other = MAP.replace("target: 99.9%", "target: 99.9%, window: 7d");
    let mut swap = Swap::begin(&server.pipeline, map(&other));
    (0..4).for_each(|_| {
        swap.advance(&server.pipeline);
    });
    assert_eq!(swap.step(), Step::Over);
    server.look(now_ns + 45 * S);
    // With no more than these eighty executions known, one failure in eight would be a page at once.
    server.run(now_ns, 1, 7, 1);
    assert!(server.alerts().alerts.iter().all(|one| one.alertname != "BudgetBurn"), "{:?}", server.alerts());
}
