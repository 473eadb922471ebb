//! Incidents of a server, from spans to the document, held against a count of the verdict lines that knows nothing of windows. Time is made up.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::Limits;
use super::judging::Bench;
use super::pipeline::{Pipeline, Place};
use crate::catalogue;
use crate::judge::PathMode;
use crate::measure::{Key, SLICE_NS, Window};
use crate::model::{Outcome, Weight};
use crate::query::{Answers, IncidentLine, IncidentsAnswer, IncidentsQuestion, VerdictLine, moment_text, verdict_json};
use crate::serve::Encoding;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const S: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;
const HOUR: u64 = 3600 * S;
/// A Monday.
const START: u64 = 1_767_571_200 * S;
const TARGET: f64 = 0.999;

const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: pay
  owner: team-pay
  value: {per_execution: \"10\", currency: EUR}
  threads: [{id: web, entry: {service: web, kind: server}}]
  hops:
  - {id: bank, match: {service: bank}, objectives: [{id: up, target: 99%}]}
  - {id: fraud, match: {service: fraud}}
  objectives: [{id: available, target: 99.9%}]
";

struct Server {
    pipeline: Arc<Pipeline>,
    bench: Bench,
    /// Traces that were sent, and when their entry ended.
    sent: BTreeMap<String, u64>,
    /// The verdict line of each.
    lines: BTreeMap<String, VerdictLine>,
}

fn span(service: &str, trace: u64, (id, parent): (u64, u64), kind: i32, at: (u64, u64), failed: bool) -> ResourceSpans {
    let text = |key: &str, value: &str| KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value.into())) }),
        ..KeyValue::default()
    };
    let span = Span {
        trace_id: u128::from(trace).to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        parent_span_id: if parent == 0 { Vec::new() } else { parent.to_be_bytes().to_vec() },
        name: "POST /pay".into(),
        kind,
        start_time_unix_nano: at.0,
        end_time_unix_nano: at.1,
        status: failed.then(|| Status { code: 2, message: String::new() }),
        ..Span::default()
    };
    ResourceSpans {
        resource: Some(Resource { attributes: vec![text("service.name", service)], ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    }
}

impl Server {
    fn start(folder: &Path, now_ns: u64) -> Self {
        Self::with(MAP, folder, now_ns)
    }

    fn with(map: &str, folder: &Path, now_ns: u64) -> Self {
        let map = catalogue::parse("map.yaml", map).unwrap();
        let pipeline = Arc::new(Pipeline::new(map, Limits::default(), Place::Folder(folder)).unwrap());
        pipeline.recall_alerts(now_ns).unwrap();
        Self { pipeline, bench: Bench::new(PathMode::Default), sent: BTreeMap::new(), lines: BTreeMap::new() }
    }

    /// Thirty days in which nothing fails, all of them kept at once.
    fn good_days(&mut self) -> u64 {
        for hour in 0..30 * 24 {
            let mut window = Window::default();
            window.outcomes[Outcome::Ok as usize].add(Weight::ONE, 3600);
            let key = Key { slice_ns: START + hour * HOUR, capability: self.pipeline.names.intern(b"pay") };
            self.pipeline.windows.put_back(key, window);
        }
        let now_ns = START + 30 * 24 * HOUR;
        self.look(now_ns);
        now_ns
    }

    /// A slice of executions, a second apart; `guilty` says which of them fail, and because of whom.
    fn slice(&mut self, slice_ns: u64, guilty: impl Fn(u64) -> Option<&'static str>) {
        let mut spans = Vec::new();
        for at in 0..10 {
            let number = slice_ns / S + at;
            let (from, to) = (number * S, number * S + 100 * MILLI);
            let hop = guilty(at);
            spans.push(span("web", number, (1, 0), 2, (from, to), hop.is_some()));
            for (id, service) in [(2, "bank"), (4, "fraud")] {
                let failed = hop == Some(service);
                spans.push(span("web", number, (id, 1), 3, (from + MILLI, to - MILLI), failed));
                spans.push(span(service, number, (id + 1, id), 2, (from + 2 * MILLI, to - 2 * MILLI), failed));
            }
            self.sent.insert(format!("{:032x}", number), to);
        }
        let now_ns = slice_ns + SLICE_NS;
        self.pipeline
            .take(&ExportTraceServiceRequest { resource_spans: spans }.encode_to_vec(), Encoding::Protobuf, now_ns)
            .unwrap();
        (0..self.pipeline.table.shards()).for_each(|shard| {
            self.pipeline.judge_due(shard, now_ns + 8 * S, &mut self.bench);
        });
        for verdict in self.pipeline.recent.all() {
            let line: VerdictLine =
                serde_json::from_str(&verdict_json(&verdict, &self.pipeline.names, &self.pipeline.hops)).unwrap();
            self.lines.insert(line.trace_id.clone(), line);
        }
        self.look(now_ns + 9 * S);
    }

    /// So many slices from this moment on; `guilty` is asked by slice and execution. Gives the end.
    fn run(&mut self, from_ns: u64, slices: u64, guilty: impl Fn(u64, u64) -> Option<&'static str>) -> u64 {
        for at in 0..slices {
            self.slice(from_ns + at * SLICE_NS, |execution| guilty(at, execution));
        }
        from_ns + slices * SLICE_NS
    }

    /// Good days, six quiet minutes, two minutes in which the bank fails four of ten, and peace again. Gives when it broke, and the end.
    fn outage(&mut self) -> (u64, u64) {
        let begin_ns = self.good_days();
        let broke_ns = self.peace(begin_ns, 6);
        let over_ns = self.run(broke_ns, 12, |_, execution| (execution < 4).then_some("bank"));
        (broke_ns, self.peace(over_ns, 21))
    }

    /// So many minutes in which nothing fails, each looked at once. Gives the end.
    fn peace(&self, from_ns: u64, minutes: u64) -> u64 {
        for at in 0..minutes * 6 {
            let slice_ns = from_ns + at * SLICE_NS;
            let mut window = Window::default();
            window.outcomes[Outcome::Ok as usize].add(Weight::ONE, 10);
            self.pipeline.windows.put_back(Key { slice_ns, capability: self.pipeline.names.intern(b"pay") }, window);
            if at % 6 == 5 {
                self.look(slice_ns + SLICE_NS + 9 * S);
            }
        }
        from_ns + minutes * 6 * SLICE_NS
    }

    fn look(&self, now_ns: u64) {
        self.pipeline.keep_closed(now_ns).unwrap();
        self.pipeline.look_at_alerts(now_ns).unwrap();
    }

    fn first_alert(&self) -> Option<String> {
        self.pipeline
            .answers()
            .alerts()
            .unwrap()
            .alerts
            .iter()
            .filter(|one| one.alertname == "BudgetBurn")
            .map(|one| one.since.clone())
            .min()
    }
}

fn incidents(answers: &dyn Answers) -> IncidentsAnswer {
    answers.incidents(&IncidentsQuestion::default()).unwrap()
}

fn incident(answers: &dyn Answers, id: &str) -> IncidentLine {
    answers.incidents(&IncidentsQuestion { id: Some(id.into()), between: None }).unwrap().incidents.remove(0)
}

/// What an independent count of the verdict lines says.
#[derive(Debug, PartialEq)]
struct Counted {
    start: String,
    recovered: String,
    executions: usize,
    lost: usize,
    by_hop: BTreeMap<String, usize>,
}

/// Tries all stretches of ten seconds: first all beginnings, then all ends; that with most failures beyond what is borne is it, the shortest of equals.
fn count(server: &Server, detected_ns: u64, resolved_ns: u64) -> Counted {
    let failed = |line: &VerdictLine| line.outcome == "failed";
    let all: Vec<(u64, &VerdictLine)> =
        server.lines.values().map(|line| (server.sent[&line.trace_id] / SLICE_NS * SLICE_NS, line)).collect();
    // What is borne is the lowest factor of a page, 6, of what may fail.
    let beyond = |from: u64, to: u64| {
        let inside: Vec<_> = all.iter().filter(|(at, _)| (from..to).contains(at)).collect();
        inside.iter().filter(|(_, line)| failed(line)).count() as f64 - 6.0 * (1.0 - TARGET) * inside.len() as f64
    };
    let slices: Vec<u64> = (START / SLICE_NS..=resolved_ns / SLICE_NS).rev().map(|at| at * SLICE_NS).take(400).collect();
    let mut start = (0.0, 0);
    for from in slices.iter().filter(|from| **from < detected_ns) {
        let sum = beyond(*from, detected_ns);
        if sum > start.0 {
            start = (sum, *from);
        }
    }
    let mut end = (0.0, 0);
    for to in slices.iter().rev().filter(|to| **to > start.1 && **to <= resolved_ns) {
        let sum = beyond(start.1, *to);
        if sum > end.0 {
            end = (sum, *to);
        }
    }
    let inside: Vec<_> = all.iter().filter(|(at, _)| (start.1..end.1).contains(at)).map(|(_, line)| *line).collect();
    let mut by_hop = BTreeMap::new();
    for line in inside.iter().filter(|line| failed(line)) {
        *by_hop.entry(line.blame.as_ref().unwrap().hop.clone()).or_default() += 1;
    }
    let lost = inside.iter().filter(|line| failed(line)).count();
    Counted { start: moment_text(start.1), recovered: moment_text(end.1), executions: inside.len(), lost, by_hop }
}

/// The first moment at which a tier of spec 5.2 fires, of all good days and verdict lines: both windows burn at its factor, three failed at least, and that
/// is no chance.
fn first_burn(server: &Server) -> u64 {
    const TIERS: [(u64, u64, f64); 5] = [
        (HOUR, HOUR / 12, 14.4),
        (6 * HOUR, HOUR / 2, 6.0),
        (24 * HOUR, 2 * HOUR, 3.0),
        (72 * HOUR, 6 * HOUR, 1.0),
        (360 * HOUR, 72 * HOUR, 1.0),
    ];
    let mut slices: BTreeMap<u64, (f64, f64)> = (0..30 * 24).map(|hour| (START + hour * HOUR, (3600.0, 0.0))).collect();
    for line in server.lines.values() {
        let (all, failed) = slices.entry(server.sent[&line.trace_id] / SLICE_NS * SLICE_NS).or_default();
        *all += 1.0;
        *failed += f64::from(u8::from(line.outcome == "failed"));
    }
    let sum = |from: u64, to: u64| slices.range(from..to).fold((0.0, 0.0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1));
    let fires = |at: u64, (long, short, factor): (u64, u64, f64)| {
        let ((all, failed), (short_all, short_failed)) = (sum(at - long, at), sum(at - short, at));
        let (rate, z, most) = (failed / all, 1.959_964_f64, factor * (1.0 - TARGET));
        let middle = rate + z * z / (2.0 * all);
        let low = (middle - z * (rate * (1.0 - rate) / all + z * z / (4.0 * all * all)).sqrt()) / (1.0 + z * z / all);
        failed >= 3.0 && rate >= most && short_failed >= most * short_all && short_all > 0.0 && low > most
    };
    let from_ns = START + 30 * 24 * HOUR;
    let moments = (1..).map(|at| from_ns + at * SLICE_NS).take(1000);
    moments.into_iter().find(|at| TIERS.iter().any(|tier| fires(*at, *tier))).unwrap()
}

fn told(one: &IncidentLine) -> Counted {
    Counted {
        start: one.start.clone(),
        recovered: one.recovered.clone().unwrap(),
        executions: one.executions.0 as usize,
        lost: one.lost.0 as usize,
        by_hop: one.hops.iter().map(|hop| (hop.hop.clone(), hop.lost.0 as usize)).collect(),
    }
}

/// A share that was written and read again may differ in its last digit.
#[track_caller]
fn same(one: f64, other: f64) {
    assert!((one - other).abs() < 1e-12, "{one} and {other}");
}

fn moment(text: &str) -> u64 {
    crate::query::parse_moment(text, 0).unwrap()
}

#[test]
fn an_incident_is_what_an_independent_count_of_the_verdict_lines_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), START);
    let begin_ns = server.good_days();
    // A blip, which is none of it; then the bank fails, and later the check for fraud too, and not in each slice.
    let broke_ns = server.run(begin_ns, 40, |at, execution| (at == 2 && execution == 4).then_some("fraud"));
    let going_on_ns = server.run(broke_ns, 12, |at, execution| (execution < 4 && at % 5 != 3).then_some("bank"));
    let first_alert = server.first_alert().expect("an alert");
    let open = incidents(&*server.pipeline.answers());
    assert_eq!((open.incidents.len(), open.incidents[0].state.as_str(), &open.incidents[0].recovered), (1, "open", &None));
    assert_eq!((open.incidents[0].start.as_str(), &open.incidents[0].detected), (moment_text(broke_ns).as_str(), &first_alert));
    let over_ns = server.run(going_on_ns, 18, |at, execution| match execution {
        0..2 if at % 3 != 1 => Some("bank"),
        7 => Some("fraud"),
        _ => None,
    });
    let slice_ns = server.run(over_ns, 160, |_, _| None);
    assert_eq!(server.lines.len(), server.sent.len(), "a verdict line of each execution");

    let all = incidents(&*server.pipeline.answers());
    let [one] = &all.incidents[..] else { panic!("{all:?}") };
    assert_eq!((one.state.as_str(), one.severity.as_str(), &one.id), ("over", "page", &open.incidents[0].id));
    assert_eq!((&one.detected, one.recovered.as_deref()), (&first_alert, Some(moment_text(over_ns).as_str())));
    assert_eq!(one.detected, moment_text(first_burn(&server)), "it is told as soon as the rule holds");
    let counted = count(&server, moment(&one.detected), moment(one.resolved.as_ref().unwrap()));
    assert_eq!(told(one), counted);
    assert!(counted.by_hop.len() == 2 && counted.lost > 40, "{counted:?}");
    for hop in &one.hops {
        same(hop.share, counted.by_hop[&hop.hop] as f64 / counted.lost as f64);
    }
    same(one.lost_share.unwrap(), counted.lost as f64 / counted.executions as f64);
    assert_eq!(one.broken.0, counted.lost as f64);
    assert_eq!(one.lost_value.as_ref().unwrap().amount, format!("{}.00", 10 * counted.lost));
    assert_eq!((one.system_accident.as_str(), &one.hop_objectives_broken[..]), ("no", &["bank/up".to_owned()][..]));

    // Over time: the points add up, and the second hop comes later.
    let whole = incident(&*server.pipeline.answers(), &one.id);
    let sum = |of: &dyn Fn(&crate::query::IncidentPoint) -> f64| whole.timeline.iter().map(of).sum::<f64>();
    assert_eq!((sum(&|point| point.lost.0), sum(&|point| point.executions.0)), (one.lost.0, one.executions.0));
    let first_of = |hop: &str| whole.timeline.iter().position(|point| point.hops.iter().any(|one| one.hop == hop)).unwrap();
    assert_eq!((first_of("bank"), first_of("fraud")), (0, 12));
    let most = whole.timeline.iter().map(|point| point.broken.0).fold(0.0, f64::max);
    assert_eq!(whole.peak.as_ref().unwrap().broken.0, most);

    // A later server, and somebody who reads the folder, tell the same.
    drop(server);
    let later = Server::start(folder.path(), slice_ns);
    later.look(slice_ns + 45 * S);
    assert_eq!(incident(&*later.pipeline.answers(), &one.id), whole);
    // Years later only days are kept, and what it cost is told as it was.
    let much_later_ns = START + 500 * 24 * HOUR;
    later.peace(much_later_ns, 1);
    while !later.pipeline.roll(much_later_ns + HOUR).unwrap() {}
    drop(later);
    let much_later = super::open_store(folder.path()).unwrap();
    assert_eq!(incidents(&*much_later).incidents, all.incidents);
    let old = incident(&*much_later, &one.id);
    let figures = |line: &IncidentLine| IncidentLine { timeline: Vec::new(), step_seconds: 0, note: None, ..line.clone() };
    assert_eq!(figures(&old), figures(&whole));
    assert!(old.timeline.iter().map(|point| point.executions.0).sum::<f64>() > one.executions.0, "all of the day");
    assert!(old.note.as_ref().is_some_and(|note| note.contains("does not add up")), "{:?}", old.note);
}

#[test]
fn a_system_accident_is_one_in_which_every_hop_kept_its_promise() {
    let verdict = |bank: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::with(&MAP.replace(", objectives: [{id: up, target: 99%}]}", bank), folder.path(), START);
        server.outage();
        let told = incidents(&*server.pipeline.answers()).incidents;
        let own: Vec<_> = told.iter().filter(|one| one.objective == "available").collect();
        assert_eq!((own.len(), own[0].lost.0, own[0].hops[0].hop.as_str()), (1, 48.0, "bank"));
        (own[0].system_accident.clone(), own[0].hop_objectives_broken.len())
    };
    assert_eq!(verdict(", objectives: [{id: up, target: 50%}]}"), ("yes".to_owned(), 0), "four of ten may fail there");
    assert_eq!(verdict("}"), ("unknown".to_owned(), 0), "who promises nothing breaks nothing");
}

#[test]
fn announced_work_is_left_out_of_what_an_incident_cost() {
    let folder = tempfile::tempdir().unwrap();
    // The half minute after the first minute of the outage.
    let broke_ns = START + 30 * 24 * HOUR + 36 * SLICE_NS;
    let (from, to) = (moment_text(broke_ns + 6 * SLICE_NS), moment_text(broke_ns + 9 * SLICE_NS));
    let map = MAP.replace(", objectives: [{id: up, target: 99%}]}", "}");
    let map = format!("{map}maintenance: [{{capabilities: [pay], from: {from}, to: {to}, reason: new disks}}]\n");
    let mut server = Server::with(&map, folder.path(), START);
    assert_eq!(server.outage().0, broke_ns);
    let told = incidents(&*server.pipeline.answers()).incidents;
    let one = told.iter().find(|one| one.objective == "available").unwrap();
    assert_eq!((one.start.as_str(), one.state.as_str()), (moment_text(broke_ns).as_str(), "over"));
    assert_eq!(
        (one.executions.0, one.lost.0, one.broken.0, one.hops[0].lost.0),
        (90.0, 36.0, 36.0, 36.0),
        "nine of twelve slices"
    );
    assert_eq!(one.note.as_deref(), Some("announced work in it is left out"));
    let whole = incident(&*server.pipeline.answers(), &one.id);
    assert_eq!(whole.timeline.iter().map(|point| point.lost.0).sum::<f64>(), 36.0);
}
