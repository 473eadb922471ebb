//! Maps are swapped while spans come in: nothing is lost, nothing counted twice, nothing judged by a mix.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::Limits;
use super::judging::Bench;
use super::pipeline::{NO_MESSAGE, NotTaken, Pipeline, Place, Staged, Worker};
use super::swap::{Step, Swap};
use crate::catalogue::{self, Catalogue};
use crate::judge::PathMode;
use crate::model::Fate;
use crate::query::{HopsQuestion, StatusQuestion};
use crate::serve::Encoding;
use crate::wire::otlp;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

pub(super) const SECOND: u64 = 1_000_000_000;
pub(super) const START: u64 = 1_788_264_000 * SECOND;

/// A map in which `POST /pay` at the web is an attempt at this capability; its steps are called after it, too.
fn map(capability: &str) -> Catalogue {
    parse(&one(capability))
}

pub(super) fn one(capability: &str) -> String {
    format!(
        "- id: {capability}\n  threads:\n  - id: web\n    entry: {{service: web, name: POST /pay}}\n  hops:\n  \
         - id: {capability}-bank\n    match: {{service: bank}}\n"
    )
}

pub(super) fn parse(capabilities: &str) -> Catalogue {
    let text = format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n{capabilities}");
    catalogue::parse("map.yaml", &text).unwrap()
}

fn pipeline(catalogue: Catalogue, limits: Limits) -> Arc<Pipeline> {
    Arc::new(Pipeline::new(catalogue, limits, Place::Nowhere).unwrap())
}

/// Number 1 is the entry at the web, all others are called by it at the bank; this one fails.
pub(super) fn span(trace: u64, number: u64, failing: bool) -> (u64, Span) {
    let entry = number == 1;
    let from = START + number * 1000;
    let span = Span {
        trace_id: u128::from(trace).to_be_bytes().to_vec(),
        span_id: number.to_be_bytes().to_vec(),
        parent_span_id: if entry { Vec::new() } else { 1u64.to_be_bytes().to_vec() },
        name: if entry { "POST /pay".into() } else { format!("step {}", number % 3) },
        kind: 2,
        start_time_unix_nano: from,
        end_time_unix_nano: from + SECOND / (number + 1),
        status: failing.then(|| Status { code: 2, message: String::new() }),
        ..Span::default()
    };
    (number, span)
}

pub(super) fn message(spans: &[(u64, Span)]) -> Vec<u8> {
    let resource_spans = spans.iter().map(|(number, span)| {
        let service = if *number == 1 { "web" } else { "bank" };
        let value = AnyValue { value: Some(any_value::Value::StringValue(service.into())) };
        let attributes = vec![KeyValue { key: "service.name".into(), value: Some(value), ..KeyValue::default() }];
        ResourceSpans {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_spans: vec![ScopeSpans { spans: vec![span.clone()], ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }.encode_to_vec()
}

fn send(pipeline: &Pipeline, spans: &[(u64, Span)], now_ns: u64) {
    pipeline.take(&message(spans), Encoding::Protobuf, now_ns).unwrap();
}

pub(super) fn judge_all(pipeline: &Pipeline, now_ns: Option<u64>, bench: &mut Bench) {
    for shard in 0..pipeline.table.shards() {
        match now_ns {
            Some(now_ns) => pipeline.judge_due(shard, now_ns, bench),
            None => pipeline.judge_rest(shard, bench),
        };
    }
}

pub(super) fn bench() -> Bench {
    Bench::new(PathMode::Default)
}

/// Executions of each capability that is listed.
fn executions(pipeline: &Pipeline) -> Vec<(String, f64)> {
    let status = pipeline.answers().status(&StatusQuestion::default()).unwrap();
    status.capabilities.iter().map(|one| (one.id.clone(), one.executions.0)).collect()
}

/// Executions of each capability, listed or not.
fn counted(pipeline: &Pipeline, capability: &str) -> u64 {
    let name = pipeline.names.find(capability.as_bytes());
    let mut sum = 0;
    pipeline.keeper.read_since_start(name, &mut |_, window| sum += window.executions().raw);
    if name.is_some() { sum } else { 0 }
}

/// Until the swap is where it is wanted; that is only a matter of a few steps, as nobody holds it up.
fn advance_to(swap: &mut Swap, pipeline: &Pipeline, wanted: Step) {
    for _ in 0..4 {
        if swap.step() == wanted {
            return;
        }
        swap.advance(pipeline);
    }
    assert_eq!(swap.step(), wanted);
}

#[test]
fn a_trace_belongs_to_the_map_under_which_its_first_span_came_and_the_next_one_to_the_new_map() {
    let pipeline = pipeline(map("old"), Limits::default());
    send(&pipeline, &[span(1, 2, false)], START);
    let mut swap = Swap::begin(&pipeline, map("new"));
    advance_to(&mut swap, &pipeline, Step::Begun);
    // In one request: the rest of a trace that is open, and a trace that begins.
    send(&pipeline, &[span(1, 1, false), span(2, 1, true), span(2, 2, true)], START + SECOND);
    assert_eq!(swap.advance(&pipeline), Step::Begun);
    judge_all(&pipeline, Some(START + 9 * SECOND), &mut bench());
    assert_eq!((counted(&pipeline, "old"), counted(&pipeline, "new")), (1, 1));
    let hops = pipeline.answers().hops(&HopsQuestion::default()).unwrap();
    assert_eq!(hops.hops.iter().map(|row| row.hop.as_str()).filter(|hop| hop.contains("bank")).collect::<Vec<_>>(), ["new-bank"]);
    advance_to(&mut swap, &pipeline, Step::Over);
    assert_eq!(pipeline.ledger.fates()[Fate::Measured], 4);
    assert_eq!(executions(&pipeline), [("new".to_owned(), 1.0)]);
}

#[test]
fn what_comes_late_or_twice_is_known_as_such_across_a_swap() {
    let pipeline = pipeline(map("old"), Limits::default());
    send(&pipeline, &[span(1, 1, false)], START);
    judge_all(&pipeline, Some(START + 8 * SECOND), &mut bench());
    send(&pipeline, &[span(2, 1, false)], START + 8 * SECOND);
    let mut swap = Swap::begin(&pipeline, map("new"));
    advance_to(&mut swap, &pipeline, Step::Begun);
    send(&pipeline, &[span(1, 2, false), span(2, 1, false)], START + 9 * SECOND);
    judge_all(&pipeline, Some(START + 20 * SECOND), &mut bench());
    advance_to(&mut swap, &pipeline, Step::Over);
    send(&pipeline, &[span(1, 3, false), span(2, 2, false)], START + 21 * SECOND);
    let fates = pipeline.ledger.fates();
    assert_eq!((fates[Fate::Late], fates[Fate::Duplicate], fates[Fate::Measured], fates[Fate::InFlight]), (3, 1, 2, 0));
    assert_eq!((counted(&pipeline, "old"), counted(&pipeline, "new")), (2, 0));
}

/// Stages spans with a worker that was taken before.
fn stage(pipeline: &Pipeline, worker: &mut Worker, spans: &[(u64, Span)]) -> Staged {
    let mut staging = worker.staging(pipeline);
    otlp::walk(&message(spans), 128, &mut otlp::Scratch::default(), &mut staging).unwrap();
    staging.staged
}

#[test]
fn who_reads_by_the_old_map_alone_holds_up_the_second_step_and_loses_nothing() {
    let pipeline = pipeline(map("old"), Limits::default());
    let mut slow = pipeline.worker();
    let mut swap = Swap::begin(&pipeline, map("new"));
    let staged = stage(&pipeline, &mut slow, &[span(1, 1, false)]);
    assert_eq!(swap.advance(&pipeline), Step::ReadByBoth);
    pipeline.append(&mut slow, &staged, NO_MESSAGE, START).unwrap();
    assert_eq!(swap.advance(&pipeline), Step::ReadByBoth);
    pipeline.give_back(slow);
    assert_eq!(swap.advance(&pipeline), Step::Begun);
}

#[test]
fn who_may_still_begin_traces_under_the_old_map_keeps_it_in_use() {
    let pipeline = pipeline(map("old"), Limits::default());
    let mut swap = Swap::begin(&pipeline, map("new"));
    let mut slow = pipeline.worker();
    advance_to(&mut swap, &pipeline, Step::Begun);
    assert_eq!(swap.advance(&pipeline), Step::Begun);
    // Two traces begin at one time, one by each map; then both requests hold a span of either.
    let staged = stage(&pipeline, &mut slow, &[span(1, 1, false), span(2, 2, false)]);
    send(&pipeline, &[span(2, 1, false)], START);
    pipeline.append(&mut slow, &staged, NO_MESSAGE, START).unwrap();
    pipeline.give_back(slow);
    send(&pipeline, &[span(1, 2, false), span(2, 3, false)], START);
    assert_eq!(swap.advance(&pipeline), Step::Begun);
    judge_all(&pipeline, Some(START + 8 * SECOND), &mut bench());
    advance_to(&mut swap, &pipeline, Step::Over);
    assert_eq!((counted(&pipeline, "old"), counted(&pipeline, "new")), (1, 1));
    assert_eq!(pipeline.ledger.fates()[Fate::Measured], 5);
}

#[test]
fn the_budget_holds_for_both_maps_together_and_all_of_it_comes_back() {
    let limits = Limits { open_trace_bytes: Some(200_000), ..Limits::default() };
    let pipeline = pipeline(map("old"), limits);
    let mut taken = 0;
    let mut fill = |from: u64| {
        for trace in from..from + 10_000 {
            match pipeline.take(&message(&[span(trace, 1, false)]), Encoding::Protobuf, START) {
                Ok(_) => taken += 1,
                Err(NotTaken::Overloaded(_)) => break,
                Err(other) => panic!("{other:?}"),
            }
            assert!(pipeline.table.used_bytes() <= 200_000);
        }
        taken
    };
    let first = fill(1);
    let mut swap = Swap::begin(&pipeline, map("new"));
    swap.advance(&pipeline);
    assert_eq!(fill(20_000), first);
    judge_all(&pipeline, Some(START + 8 * SECOND), &mut bench());
    advance_to(&mut swap, &pipeline, Step::Over);
    assert!(fill(40_000) > first);
    assert_eq!(counted(&pipeline, "old"), first);
}

#[test]
fn the_store_holds_the_new_map_from_the_commit_on_that_follows() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = Pipeline::new(map("old"), Limits::default(), Place::Folder(folder.path())).unwrap();
    let kept = || pipeline.keeper.store().unwrap().map().unwrap();
    let mut swap = Swap::begin(&pipeline, map("new"));
    advance_to(&mut swap, &pipeline, Step::Begun);
    assert!(kept().contains("id: old"));
    pipeline.keep(START, START).unwrap();
    assert!(kept().contains("id: new") && !kept().contains("id: old"));
    assert!(pipeline.unkept_map().is_none());
}

#[test]
fn an_execution_is_held_against_the_latency_limit_of_its_own_map() {
    let fast = |under: &str| parse(&format!("{}  objectives: [{{id: fast, target: 99%, under: {under}}}]\n", one("pay")));
    let pipeline = pipeline(fast("600ms"), Limits::default());
    send(&pipeline, &[span(1, 1, false)], START);
    let mut swap = Swap::begin(&pipeline, fast("400ms"));
    advance_to(&mut swap, &pipeline, Step::Begun);
    send(&pipeline, &[span(2, 1, false), span(3, 1, false)], START);
    judge_all(&pipeline, None, &mut bench());
    let mut limits = Vec::new();
    pipeline.keeper.read_since_start(None, &mut |_, window| {
        limits.extend(window.limits.iter().map(|limit| (limit.under_ns / 1_000_000, limit.good.raw, limit.all.raw)));
    });
    assert_eq!(limits, [(400, 0, 2), (600, 1, 1)]);
}

#[test]
fn a_capability_that_goes_and_comes_back_goes_on_with_its_figures() {
    let pipeline = pipeline(map("old"), Limits::default());
    let turns = [(1, "new"), (2, "old"), (3, "new")];
    for (trace, next) in turns {
        send(&pipeline, &[span(trace, 1, false)], START);
        let mut swap = Swap::begin(&pipeline, map(next));
        advance_to(&mut swap, &pipeline, Step::Begun);
        judge_all(&pipeline, None, &mut bench());
        advance_to(&mut swap, &pipeline, Step::Over);
    }
    assert_eq!(executions(&pipeline), [("new".to_owned(), 1.0)]);
    assert_eq!((counted(&pipeline, "old"), counted(&pipeline, "new")), (2, 1));
}

#[test]
fn under_load_on_many_threads_and_swap_after_swap_every_trace_is_counted_once_and_by_one_map() {
    const TRACES: u64 = 3000;
    let limits = Limits { quiet: Duration::from_secs(1), ..Limits::default() };
    let pipeline = pipeline(map("odd"), limits);
    let (clock, swaps, done) = (AtomicU64::new(START), AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (pipeline, clock, swaps, done) = (&pipeline, &clock, &swaps, &done);
        let senders: Vec<_> = (0..3)
            .map(|part| {
                scope.spawn(move || {
                    for trace in (part + 1..=TRACES).step_by(3) {
                        // The spans of three traces are spread over requests, the last of each comes after a while.
                        let near = [trace, trace.saturating_sub(3), trace.saturating_sub(9)];
                        let spans = near.iter().zip(1..).filter(|(trace, _)| **trace > 0);
                        let spans: Vec<_> = spans.map(|(trace, number)| span(*trace, number, trace % 5 == 0)).collect();
                        send(pipeline, &spans, clock.fetch_add(SECOND / 100, Ordering::Relaxed));
                        // However the threads run, a tenth of the traces is sent during each swap. On a busy machine that may be long,
                        // but no trace whose spans are still being sent may be forgotten meanwhile.
                        let mut waited_ns = 0;
                        while swaps.load(Ordering::Relaxed) < trace / (TRACES / 10) {
                            if waited_ns < 65 * SECOND {
                                clock.fetch_add(SECOND / 100, Ordering::Relaxed);
                                waited_ns += SECOND / 100;
                            }
                            std::thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let judge = scope.spawn(move || {
            let mut bench = bench();
            while !done.load(Ordering::Relaxed) {
                judge_all(pipeline, Some(clock.load(Ordering::Relaxed)), &mut bench);
            }
        });
        let swapper = scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let next = if swaps.load(Ordering::Relaxed) % 2 == 0 { "even" } else { "odd" };
                let mut swap = Swap::begin(pipeline, map(next));
                while swap.advance(pipeline) != Step::Over && !done.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        done.store(true, Ordering::Relaxed);
        judge.join().unwrap();
        swapper.join().unwrap();
    });
    judge_all(&pipeline, None, &mut bench());
    let (odd, even) = (counted(&pipeline, "odd"), counted(&pipeline, "even"));
    let fates = pipeline.ledger.fates();
    assert_eq!(odd + even, TRACES, "{fates:?}");
    assert!(odd > 0 && even > 0);
    assert_eq!((fates[Fate::InFlight], fates[Fate::Measured] + fates[Fate::Late]), (0, fates.received()));
    // A mix would count a step under the name that the other map gives it.
    for capability in ["odd", "even"] {
        let other = if capability == "odd" { "even-bank" } else { "odd-bank" };
        let name = pipeline.names.find(capability.as_bytes());
        let mut hops = Vec::new();
        pipeline
            .keeper
            .read_since_start(name, &mut |_, window| hops.extend(window.hops.keys().map(|hop| pipeline.hops.get(*hop).hop)));
        assert!(hops.iter().any(|hop| pipeline.names.text(*hop).contains("-bank")));
        assert!(hops.iter().all(|hop| pipeline.names.text(*hop) != other));
    }
}

/// Requests: seconds since the one before; spans by trace, number, and whether it fails.
type Requests = Vec<(u64, Vec<(u64, u64, bool)>)>;

fn requests() -> impl Strategy<Value = Requests> {
    let span = (1u64..15, 1u64..5, prop::bool::weighted(0.2));
    prop::collection::vec((0u64..5, prop::collection::vec(span, 1..12)), 1..25)
}

/// All that can be asked about the capability after a stream, into which maps are swapped at these requests.
fn told(requests: &Requests, swaps: &[usize]) -> String {
    let plain = one("pay");
    let laid_out_anew = format!(
        "# Another capability in front gives all rules other numbers.\n{}{plain}",
        one("never").replace("web, name", "nobody, name").replace("service: bank", "service: nobody")
    );
    let pipeline = pipeline(parse(&plain), Limits::default());
    let (mut now_ns, mut bench, mut swap, mut turn) = (START, bench(), None::<Swap>, 0);
    for (at, (wait, spans)) in requests.iter().enumerate() {
        now_ns += wait * SECOND;
        judge_all(&pipeline, Some(now_ns), &mut bench);
        if swaps.contains(&at) && swap.is_none() {
            turn += 1;
            swap = Some(Swap::begin(&pipeline, parse(if turn % 2 == 0 { &plain } else { &laid_out_anew })));
        }
        if swap.as_mut().is_some_and(|swap| swap.advance(&pipeline) == Step::Over) {
            swap = None;
        }
        let spans: Vec<_> = spans.iter().map(|(trace, number, failing)| span(*trace, *number, *failing)).collect();
        send(&pipeline, &spans, now_ns);
    }
    judge_all(&pipeline, None, &mut bench);
    let answers = pipeline.answers();
    let status = answers.status(&StatusQuestion { capability: Some("pay".into()), ..StatusQuestion::default() }).unwrap();
    let hops = answers.hops(&HopsQuestion { capability: Some("pay".into()), ..HopsQuestion::default() }).unwrap();
    [serde_json::to_string(&status).unwrap(), serde_json::to_string(&hops).unwrap()].join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn swapping_in_a_map_that_says_the_same_in_other_words_changes_no_figure(
        requests in requests(),
        swaps in prop::collection::vec(0usize..25, 1..4),
    ) {
        prop_assert_eq!(told(&requests, &swaps), told(&requests, &[]));
    }
}
