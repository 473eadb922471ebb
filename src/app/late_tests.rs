//! Spans that come when their execution has been judged: they change no count, and may show who is really to blame.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::Limits;
use super::correcting::CORRECTABLE_NS;
use super::judging::Bench;
use super::pipeline::{Backing, Pipeline, Place};
use super::source::{Behind, Source};
use super::swap::{Step, Swap};
use crate::catalogue::{self, Catalogue};
use crate::journal::PassThrough;
use crate::judge::PathMode;
use crate::model::TraceId;
use crate::query::{Answers, CapabilityStatus, HopsAnswer, HopsQuestion, StatusQuestion, VerdictLine};
use crate::serve::Encoding;
use crate::store::Store;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;
use std::sync::Arc;

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;
const START: u64 = 1_788_264_000 * SECOND;
const SERVER: i32 = 2;
const CLIENT: i32 = 3;

const MAP: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
- id: pay
  threads: [{id: web, entry: {service: web, kind: server, name: POST /pay}}]
  hops: [{id: bank, match: {service: bank}}]
- id: search
  threads: [{id: web, entry: {service: web, kind: server, name: GET /search}}]
";

/// Somebody who sends spans to a pipeline with a store, and looks after it.
struct Desk {
    pipeline: Arc<Pipeline>,
    bench: Bench,
    folder: Option<tempfile::TempDir>,
}

fn map() -> Catalogue {
    catalogue::parse("map.yaml", MAP).unwrap()
}

impl Desk {
    fn with_folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = Arc::new(Pipeline::new(map(), Limits::default(), Place::Folder(folder.path())).unwrap());
        Self { pipeline, bench: Bench::new(PathMode::Default), folder: Some(folder) }
    }

    fn in_memory() -> Self {
        // Time is made up here, and goes in leaps.
        let pipeline = Pipeline::with_backing(map(), Limits::default(), |_, names, hops| {
            Ok(Backing {
                store: Store::in_memory(names.clone(), hops.clone()).ok(),
                only_in_memory: true,
                source: Source::passing(PassThrough::default()),
                behind: Behind::default(),
            })
        });
        let pipeline = Arc::new(pipeline.unwrap());
        Self { pipeline, bench: Bench::new(PathMode::Default), folder: None }
    }

    fn send(&self, spans: &[Made], now_ns: u64) {
        self.pipeline.take(&message(spans), Encoding::Protobuf, now_ns).unwrap();
    }

    fn judge(&mut self, now_ns: u64) {
        (0..self.pipeline.table.shards()).for_each(|shard| {
            self.pipeline.judge_due(shard, now_ns, &mut self.bench);
        });
    }

    /// Judges, and keeps all there is.
    fn keep(&mut self, now_ns: u64) {
        self.judge(now_ns);
        self.pipeline.keep(u64::MAX, 0).unwrap();
    }

    fn status(&self) -> CapabilityStatus {
        status(&*self.pipeline.answers())
    }

    fn hops(&self) -> HopsAnswer {
        hops(&*self.pipeline.answers())
    }

    fn trace(&self) -> VerdictLine {
        self.pipeline.answers().trace(TraceId(7)).unwrap().verdicts.remove(0)
    }

    /// Ends, and asks the folder.
    fn stored(self) -> (CapabilityStatus, HopsAnswer, VerdictLine) {
        let folder = self.folder.unwrap();
        drop((self.pipeline, self.bench));
        let answers = super::open_store(folder.path()).unwrap();
        (status(&*answers), hops(&*answers), answers.trace(TraceId(7)).unwrap().verdicts.remove(0))
    }
}

fn status(answers: &dyn Answers) -> CapabilityStatus {
    let question = StatusQuestion { capability: Some("pay".into()), ..StatusQuestion::default() };
    answers.status(&question).unwrap().capabilities.remove(0)
}

fn hops(answers: &dyn Answers) -> HopsAnswer {
    answers.hops(&HopsQuestion { capability: Some("pay".into()), ..HopsQuestion::default() }).unwrap()
}

/// Failures by hop and cause, those that are none left out.
fn blamed(answer: &HopsAnswer) -> Vec<(String, String, f64)> {
    let rows =
        answer.hops.iter().flat_map(|row| row.causes.iter().map(|(cause, count)| (row.hop.clone(), cause.clone(), count.0)));
    rows.collect()
}

fn sum_of_failures(answer: &HopsAnswer) -> f64 {
    answer.hops.iter().map(|row| row.failures.0).sum::<f64>() + answer.buckets.caller.0 + answer.buckets.unknown.0
}

/// A span, and whose it is.
#[derive(Debug, Clone)]
struct Made {
    service: &'static str,
    span: Span,
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.into())) };
    KeyValue { key: key.into(), value: Some(value), ..KeyValue::default() }
}

/// `number` says when it was at work, too: the deeper, the shorter.
fn made(trace: u128, (number, parent): (u64, u64), service: &'static str, kind: i32, name: &str) -> Made {
    let span = Span {
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: number.to_be_bytes().to_vec(),
        parent_span_id: if parent == 0 { Vec::new() } else { parent.to_be_bytes().to_vec() },
        name: name.into(),
        kind,
        start_time_unix_nano: START + number * MILLI,
        end_time_unix_nano: START + (100 - number) * MILLI,
        ..Span::default()
    };
    Made { service, span }
}

impl Made {
    fn failed(mut self, attributes: &[(&str, &str)]) -> Self {
        self.span.status = Some(Status { code: 2, message: String::new() });
        self.span.attributes.extend(attributes.iter().map(|(key, value)| attribute(key, value)));
        self
    }
}

fn message(spans: &[Made]) -> Vec<u8> {
    let resource_spans = spans.iter().map(|made| ResourceSpans {
        resource: Some(Resource { attributes: vec![attribute("service.name", made.service)], ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans: vec![made.span.clone()], ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }.encode_to_vec()
}

/// An entry that failed with its call of the bank, which ended like this.
fn failed_call(trace: u128, ending: &[(&str, &str)]) -> Vec<Made> {
    let entry = made(trace, (1, 0), "web", SERVER, "POST /pay").failed(&[]);
    let call = made(trace, (2, 1), "web", CLIENT, "POST").failed(&[&[("server.address", "bank")], ending].concat());
    vec![entry, call]
}

/// What the bank did, and its ledger, which is to blame.
fn behind_the_call(trace: u128) -> Vec<Made> {
    let bank = made(trace, (3, 2), "bank", SERVER, "POST /transfer").failed(&[("http.response.status_code", "500")]);
    let call = made(trace, (4, 3), "bank", CLIENT, "POST").failed(&[("server.address", "ledger")]);
    let ledger = made(trace, (5, 4), "ledger", SERVER, "book").failed(&[("error.type", "DiskFull")]);
    vec![bank, call, ledger]
}

const TIMEOUT: [(&str, &str); 1] = [("error.type", "timeout")];

/// Endings of a call without a server span, and what is made of them. The last one is known to send spans and has answered.
fn endings() -> [(&'static str, &'static [(&'static str, &'static str)]); 3] {
    [
        ("timeout_no_server", &TIMEOUT),
        ("unreachable", &[("error.type", "java.net.ConnectException")]),
        ("dependency_error", &[("http.response.status_code", "503")]),
    ]
}

#[test]
fn a_server_span_that_comes_20_s_late_names_the_right_hop_everywhere_once() {
    for (cause, ending) in endings() {
        let mut desk = Desk::with_folder();
        desk.send(&failed_call(7, ending), START);
        desk.keep(START + 8 * SECOND);
        assert_eq!(blamed(&desk.hops()), [("bank".to_owned(), cause.to_owned(), 1.0)]);
        let before = desk.status();
        assert!(!desk.trace().corrected);

        desk.send(&behind_the_call(7), START + 28 * SECOND);
        desk.keep(START + 29 * SECOND);
        let after = desk.status();
        assert_eq!(blamed(&desk.hops()), [("ledger book".to_owned(), "app_error".to_owned(), 1.0)], "{cause}");
        assert_eq!((after.executions, after.failed, after.state), (before.executions, before.failed, before.state));
        assert_eq!(after.latency_ms, before.latency_ms);
        assert_eq!((after.worst_hop.unwrap().hop, before.worst_hop.unwrap().hop), ("ledger book".into(), "bank".into()));
        assert_eq!((after.completeness.corrected.0, before.completeness.corrected.0), (1.0, 0.0));
        // The call of the bank and what the ledger did are of no capability that the span alone would tell.
        assert_eq!((after.completeness.late, before.completeness.late), (1, 0));
        let trace = desk.trace();
        assert_eq!((trace.blame.unwrap().hop.as_str(), trace.corrected), ("ledger book", true));

        let counted = desk.pipeline.counted();
        // A counter can take nothing back.
        assert_eq!(blamed(&hops(&*counted)), [("bank".to_owned(), cause.to_owned(), 1.0)]);
        assert_eq!(status(&*counted).completeness.corrected.0, 1.0);

        drop(counted);
        let (status, hops, trace) = desk.stored();
        assert_eq!(blamed(&hops), [("ledger book".to_owned(), "app_error".to_owned(), 1.0)]);
        assert_eq!((status.worst_hop.unwrap().hop.as_str(), status.completeness.corrected.0), ("ledger book", 1.0));
        assert_eq!((trace.blame.unwrap().hop.as_str(), trace.corrected), ("ledger book", true));
    }
}

#[test]
fn a_correction_may_be_in_the_commit_in_which_its_execution_is_kept() {
    let mut desk = Desk::with_folder();
    desk.send(&failed_call(7, &TIMEOUT), START);
    desk.judge(START + 8 * SECOND);
    desk.send(&behind_the_call(7), START + 9 * SECOND);
    desk.keep(START + 10 * SECOND);
    assert_eq!(blamed(&desk.hops()), [("ledger book".to_owned(), "app_error".to_owned(), 1.0)]);
    let (_, hops, trace) = desk.stored();
    assert_eq!((sum_of_failures(&hops), trace.corrected), (1.0, true));
}

#[test]
fn a_late_span_that_comes_twice_changes_nothing_twice() {
    let mut desk = Desk::in_memory();
    desk.send(&failed_call(7, &TIMEOUT), START);
    // Another one, so that there would be something to move.
    desk.send(&failed_call(8, &TIMEOUT), START);
    desk.keep(START + 8 * SECOND);
    let bytes = desk.pipeline.correcting.watch().bytes();
    for at in 0..5 {
        desk.send(&behind_the_call(7), START + (20 + at) * SECOND);
        desk.keep(START + (20 + at) * SECOND);
    }
    let expected = [("bank", "timeout_no_server", 1.0), ("ledger book", "app_error", 1.0)];
    assert_eq!(blamed(&desk.hops()), expected.map(|(hop, cause, count)| (hop.to_owned(), cause.to_owned(), count)));
    assert_eq!(desk.status().completeness.corrected.0, 1.0);
    assert!(desk.pipeline.correcting.watch().bytes() < bytes + 1000);
}

#[test]
fn a_culprit_may_be_corrected_again_and_its_execution_counts_as_corrected_once() {
    let mut desk = Desk::in_memory();
    desk.send(&failed_call(7, &TIMEOUT), START);
    desk.keep(START + 8 * SECOND);
    let late = behind_the_call(7);
    for (at, hop) in [(0, "bank"), (1, "ledger"), (2, "ledger book")] {
        desk.send(&late[at..=at], START + (20 + at as u64) * SECOND);
        desk.keep(START + (20 + at as u64) * SECOND);
        let told = blamed(&desk.hops());
        assert_eq!((told.len(), told[0].0.as_str(), told[0].2), (1, hop, 1.0), "{told:?}");
    }
    assert_eq!(desk.status().completeness.corrected.0, 1.0);
}

#[test]
fn after_ten_minutes_a_culprit_stays_who_it_is_and_nothing_is_watched() {
    for (after_ns, corrected) in [(CORRECTABLE_NS, 1.0), (CORRECTABLE_NS + 1, 0.0)] {
        let mut desk = Desk::in_memory();
        desk.send(&failed_call(7, &TIMEOUT), START);
        desk.keep(START + 8 * SECOND);
        desk.send(&behind_the_call(7), START + 8 * SECOND + after_ns);
        // Looked at later than it came.
        desk.keep(START + 9 * SECOND + after_ns);
        assert_eq!(desk.status().completeness.corrected.0, corrected);
        desk.judge(START + 9 * SECOND + after_ns);
        assert_eq!((desk.status().failed.0, desk.pipeline.correcting.watch().len()), (1.0, 0));
    }
}

#[test]
fn only_failures_for_want_of_a_server_span_are_watched() {
    let mut desk = Desk::in_memory();
    desk.send(&[made(1, (1, 0), "web", SERVER, "POST /pay")], START);
    desk.send(&[made(2, (1, 0), "web", SERVER, "POST /pay").failed(&[])], START);
    desk.send(&failed_call(3, &[]), START);
    desk.judge(START + 8 * SECOND);
    assert_eq!(desk.pipeline.correcting.watch().len(), 0);
    desk.send(&behind_the_call(3), START + 9 * SECOND);
    desk.keep(START + 10 * SECOND);
    assert_eq!(desk.status().completeness.corrected.0, 0.0);
}

#[test]
fn another_map_ends_the_watch_of_what_was_judged_by_the_one_before() {
    let mut desk = Desk::in_memory();
    desk.send(&failed_call(7, &TIMEOUT), START);
    desk.keep(START + 8 * SECOND);
    let mut swap = Swap::begin(&desk.pipeline, map());
    (0..4).for_each(|_| {
        swap.advance(&desk.pipeline);
    });
    assert_eq!(swap.step(), Step::Over);
    desk.send(&behind_the_call(7), START + 20 * SECOND);
    desk.keep(START + 21 * SECOND);
    assert_eq!((sum_of_failures(&desk.hops()), desk.status().completeness.corrected.0), (1.0, 0.0));
}

#[test]
fn late_spans_count_for_the_capability_of_which_they_must_be_and_where_they_ended() {
    let mut desk = Desk::in_memory();
    let entry = || made(7, (1, 0), "web", SERVER, "POST /pay");
    let mut auditing = made(7, (6, 1), "audit", SERVER, "log");
    desk.send(&[entry(), auditing.clone(), made(8, (1, 0), "web", SERVER, "GET /search")], START);
    desk.keep(START + 8 * SECOND);
    auditing.span.span_id = 60u64.to_be_bytes().to_vec();
    // By an entry rule, by a hop of the map, by a name seen in one capability only; and one that nobody knows.
    let bank = made(7, (3, 1), "bank", SERVER, "POST /transfer");
    desk.send(&[entry(), bank, auditing.clone(), made(7, (9, 1), "stranger", SERVER, "hello")], START + 20 * SECOND);
    // Over five minutes off its receipt.
    (auditing.span.start_time_unix_nano, auditing.span.end_time_unix_nano) = (START - 3001 * SECOND, START - 3000 * SECOND);
    desk.send(&[auditing], START + 21 * SECOND);
    let mut late = Vec::new();
    desk.pipeline.windows.visit(|key, window| late.push((key.slice_ns - START, window.late, window.executions().raw)));
    late.sort_unstable();
    assert_eq!(late, [(0, 3, 0), (20 * SECOND, 1, 0)]);
    desk.keep(START + 30 * SECOND);
    let status = desk.status();
    assert_eq!((status.completeness.late, status.executions.0), (4, 1.0));
}

#[test]
fn orphans_are_told_as_spans_and_as_executions() {
    let mut desk = Desk::in_memory();
    let entry = |trace| made(trace, (1, 0), "web", SERVER, "POST /pay");
    desk.send(&[entry(1), made(1, (3, 99), "bank", SERVER, "a"), made(1, (4, 98), "bank", SERVER, "b"), entry(2)], START);
    // An entry whose caller sends nothing is no orphan.
    desk.send(&[made(3, (1, 77), "web", SERVER, "POST /pay")], START);
    desk.keep(START + 8 * SECOND);
    let told = desk.status().completeness;
    assert_eq!((told.orphan, told.orphaned.0, told.late, told.weight), (2, 1.0, 0, 1.0));
}

/// Spans of a trace: which of some that fit each other come, and which of them late.
fn trace() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, usize)> {
    let late = prop::collection::vec(0usize..7, 0..9);
    (prop::sample::subsequence(vec![0usize, 1, 2, 3, 4, 5, 6], 1..7), late, 0usize..3)
}

fn pieces(trace: u128, ending: usize) -> Vec<Made> {
    let mut all = failed_call(trace, endings()[ending].1);
    all.extend(behind_the_call(trace));
    all.push(made(trace, (6, 1), "audit", SERVER, "log"));
    all.push(made(trace, (7, 44), "bank", SERVER, "lost").failed(&[]));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn late_spans_change_no_count_and_failures_always_add_up(traces in prop::collection::vec(trace(), 1..8), commits in 1u64..4) {
        let (mut with, mut without) = (Desk::in_memory(), Desk::in_memory());
        for (number, (first, _, ending)) in (1..).zip(&traces) {
            let all = pieces(number, *ending);
            let spans: Vec<Made> = first.iter().map(|at| all[*at].clone()).collect();
            with.send(&spans, START);
            without.send(&spans, START);
        }
        with.judge(START + 62 * SECOND);
        without.judge(START + 62 * SECOND);
        for commit in 0..commits {
            for (number, (_, late, ending)) in (1..).zip(&traces) {
                let all = pieces(number, *ending);
                let of_this_commit = late.iter().skip(commit as usize).step_by(commits as usize);
                let spans: Vec<Made> = of_this_commit.map(|at| all[*at].clone()).collect();
                with.send(&spans, START + (70 + commit) * SECOND);
            }
            with.judge(START + (70 + commit) * SECOND);
            prop_assert_eq!(sum_of_failures(&with.hops()), with.status().failed.0);
            with.keep(START + (71 + commit) * SECOND);
            prop_assert_eq!(sum_of_failures(&with.hops()), with.status().failed.0);
        }
        without.keep(START + 100 * SECOND);
        let (mut after, mut before) = (with.status(), without.status());
        prop_assert!(after.completeness.corrected.0 <= after.failed.0);
        (after.completeness, before.completeness) = Default::default();
        (after.worst_hop, before.worst_hop) = (None, None);
        (after.why_empty, before.why_empty) = (None, None);
        prop_assert_eq!(after, before);
        // But for whose the failures are, hops are the same too.
        let rest = |answer: HopsAnswer| {
            let used = answer.hops.into_iter().filter(|row| row.calls.0 > 0.0);
            let mut rows: Vec<_> = used.map(|row| (row.hop, row.calls.0, row.errors.0, row.executions.0, row.latency_ms.max)).collect();
            rows.sort_by(|one, other| one.0.cmp(&other.0));
            rows
        };
        prop_assert_eq!(rest(with.hops()), rest(without.hops()));
    }
}

#[test]
fn what_is_watched_keeps_within_its_bytes_and_the_oldest_go_first() {
    use super::correcting::Watch;
    use crate::assemble::Complete;
    use crate::model::{ShapeId, SpanId, SpanRecord};
    let record = SpanRecord {
        id: SpanId(1),
        parent: SpanId::NONE,
        start_ns: 1,
        end_ns: 2,
        shape: ShapeId(0),
        operation: 0,
        host: 0,
        flags: 0,
    };
    let mut watch = Watch::new(100_000);
    let mut gone = Vec::new();
    for trace in 1..=1000 {
        let complete =
            Complete { trace: TraceId(trace), spans: vec![record; 20], extras: Vec::new(), received_ns: START, reading: 0 };
        gone.extend(watch.begin(complete, Vec::new(), START));
        assert!(watch.bytes() <= 100_000);
    }
    assert!(watch.len() > 50 && watch.len() + gone.len() == 1000);
    assert_eq!(gone, (1..=gone.len() as u128).map(TraceId).collect::<Vec<_>>());
    assert_eq!(watch.forgotten, gone.len() as u64);
    // One that has no room at all does not stay.
    let huge = Complete { trace: TraceId(5000), spans: vec![record; 5000], extras: Vec::new(), received_ns: START, reading: 0 };
    watch.begin(huge, Vec::new(), START);
    assert_eq!((watch.len(), watch.bytes()), (0, 0));
}
