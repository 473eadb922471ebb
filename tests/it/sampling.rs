//! A sampled copy of a known stream: what is answered about it holds the truth about the whole, as often as it says (spec 3.5).
//!
//! A stream of known executions is given trace ids by chance, and of each trace is told by its id whether it was kept, as consistent
//! probability sampling does it: the last 56 bits of the id are at least the threshold of `ot=th:`. What was kept goes through the real
//! pipeline. For each of 200 such samples the truth must lie within the bounds that are told beside the estimate. That it does in
//! 95 of 100 cases is what the bounds promise; the seeds are fixed, so that the test says the same each time.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use steelthread::app::{Analysis, AnalyzeSettings, Limits, analyze};
use steelthread::catalogue;
use steelthread::query::{By, CapabilityStatus, Count, HopsAnswer, HopsQuestion, Interval, Level, StatusQuestion};

const MAP: &str = "
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    threads: [{id: web, entry: {service: shop, kind: server}}]
";

const FROM_NS: u64 = 1_700_000_000_000_000_000;
const SEEDS: u64 = 200;
/// Executions of the stream, failures at the bank and at the shop among them.
const STREAM: [(Ending, usize); 3] = [(Ending::Served, 560), (Ending::Bank, 60), (Ending::Shop, 20)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Served,
    Bank,
    Shop,
}

/// Numbers by chance, the same ones each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// A threshold as it stands in a tracestate, and as 56 bits.
fn threshold(th: &str) -> u64 {
    u64::from_str_radix(&format!("{th:0<14}"), 16).unwrap()
}

fn spans_of(ending: Ending, trace: [u8; 16], th: &str) -> [(&'static str, Span); 2] {
    let failed = |at| if at { Some(Status { code: 2, ..Default::default() }) } else { None };
    let span = |id: u8, parent: Vec<u8>, kind, name: &str, status| Span {
        trace_id: trace.to_vec(),
        span_id: vec![id; 8],
        parent_span_id: parent,
        trace_state: if th.is_empty() { String::new() } else { format!("ot=th:{th}") },
        kind,
        name: name.into(),
        start_time_unix_nano: FROM_NS,
        end_time_unix_nano: FROM_NS + 3_000_000,
        status,
        ..Default::default()
    };
    let bank = any_value::Value::StringValue("bank".into());
    let peer = KeyValue { key: "peer.service".into(), value: Some(AnyValue { value: Some(bank) }), ..Default::default() };
    let call = span(2, vec![1; 8], 3, "pay", failed(ending == Ending::Bank));
    let call = Span { attributes: vec![peer], ..call };
    [("shop", span(1, Vec::new(), 2, "POST /buy", failed(ending != Ending::Served))), ("shop", call)]
}

/// What is kept of the stream in this run of chance. `th` says how what ends like this is sampled.
fn sample(seed: u64, th: impl Fn(Ending) -> &'static str) -> ExportTraceServiceRequest {
    let mut chance = Chance(seed << 32);
    let mut spans = Vec::new();
    for (ending, times) in STREAM {
        for _ in 0..times {
            let (high, low) = (chance.next(), chance.next());
            if low & ((1 << 56) - 1) < threshold(th(ending)) {
                continue;
            }
            let trace = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
            spans.extend(spans_of(ending, trace, th(ending)).map(|(_, span)| span));
        }
    }
    let name = KeyValue {
        key: "service.name".into(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue("shop".into())) }),
        ..Default::default()
    };
    let resource = Some(Resource { attributes: vec![name], ..Default::default() });
    let of_service =
        ResourceSpans { resource, scope_spans: vec![ScopeSpans { spans, ..Default::default() }], ..Default::default() };
    ExportTraceServiceRequest { resource_spans: vec![of_service] }
}

fn analysis(folder: &Path, request: &ExportTraceServiceRequest) -> Analysis {
    let path = folder.join("traces.pb");
    let message = request.encode_to_vec();
    std::fs::write(&path, [&(message.len() as u32).to_be_bytes()[..], &message].concat()).unwrap();
    let settings = AnalyzeSettings {
        catalogue: catalogue::parse("map", MAP).unwrap(),
        inputs: vec![path],
        store: None,
        verdicts: None,
        reference_path: false,
        limits: Limits::default(),
    };
    analyze(settings, &mut |_| {}).unwrap()
}

fn answers(folder: &Path, request: &ExportTraceServiceRequest) -> (CapabilityStatus, HopsAnswer) {
    let analysis = analysis(folder, request);
    let mut status = analysis.answers.status(&StatusQuestion::default()).unwrap();
    let question = HopsQuestion { capability: Some("buy".into()), by: By::Failures, level: Level::Hop, between: None };
    let hops = analysis.answers.hops(&question).unwrap();
    assert_eq!(status.estimated, hops.estimated);
    (status.capabilities.remove(0), hops)
}

/// Failures over hops and buckets are the failed executions, weighted and as they were seen.
fn conserved(status: &CapabilityStatus, hops: &HopsAnswer) {
    let sum: f64 = hops.hops.iter().map(|row| row.failures.0).sum();
    assert_eq!(sum + hops.buckets.caller.0 + hops.buckets.unknown.0, status.failed.0);
    let outcomes = [status.ok, status.failed, status.rejected, status.abandoned, status.incomplete];
    assert_eq!(outcomes.iter().map(|count| count.0).sum::<f64>(), status.executions.0);
    for row in &hops.hops {
        assert_eq!(row.causes.values().map(|count| count.0).sum::<f64>(), row.failures.0, "{}", row.hop);
    }
    let (Some(of_status), Some(of_hops)) = (&status.sampled, &hops.sampled) else { return };
    let seen = |row: &steelthread::query::HopRow| row.sampled.as_ref().unwrap()["failures"];
    let sum: u64 = hops.hops.iter().map(seen).sum();
    assert_eq!(sum + of_hops["caller"] + of_hops["unknown"], of_status["failed"]);
    let outcomes = ["ok", "failed", "rejected", "abandoned", "incomplete"];
    assert_eq!(outcomes.iter().map(|word| of_status[*word]).sum::<u64>(), of_status["executions"]);
}

fn failures_at(hops: &HopsAnswer, hop: &str) -> Option<Interval> {
    let row = hops.hops.iter().find(|row| row.hop.contains(hop))?;
    row.intervals.as_ref().map(|intervals| intervals["failures"])
}

/// Which figures hold the truth.
fn held(status: &CapabilityStatus, hops: &HopsAnswer) -> BTreeMap<&'static str, bool> {
    let truth = |wanted: &[Ending]| -> f64 {
        STREAM.iter().filter(|(ending, _)| wanted.contains(ending)).map(|(_, times)| *times as f64).sum()
    };
    let within = |interval: Interval, truth: f64| interval.low.0 <= truth && interval.high.is_none_or(|high| truth <= high.0);
    let of_status = status.intervals.as_ref().unwrap();
    let (all, ok) = (truth(&[Ending::Served, Ending::Bank, Ending::Shop]), truth(&[Ending::Served]));
    let rate = status.success_rate_low.unwrap()..=status.success_rate_high.unwrap();
    // A hop that failed in no execution that was kept has perhaps no row: that nothing is said of it is no wrong word.
    let at = |hop: &str, truth: f64| failures_at(hops, hop).is_none_or(|interval| within(interval, truth));
    BTreeMap::from([
        ("executions", within(of_status["executions"], all)),
        ("ok", within(of_status["ok"], ok)),
        ("failed", within(of_status["failed"], all - ok)),
        ("success_rate", rate.contains(&(ok / all))),
        ("failures at the bank", at("bank", truth(&[Ending::Bank]))),
        ("failures at the shop", at("POST /buy", truth(&[Ending::Shop]))),
    ])
}

/// In how many of 200 samples each figure held the truth.
#[allow(clippy::print_stdout, reason = "the coverage is a result that people want to see")]
fn coverage(name: &str, th: impl Fn(Ending) -> &'static str + Copy) -> BTreeMap<&'static str, u64> {
    let folder = tempfile::tempdir().unwrap();
    let mut held_in: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in 0..SEEDS {
        let (status, hops) = answers(folder.path(), &sample(seed, th));
        conserved(&status, &hops);
        for (figure, held) in held(&status, &hops) {
            *held_in.entry(figure).or_default() += u64::from(held);
        }
    }
    let mut told = format!("{name}: within the bounds in");
    for (figure, times) in &held_in {
        let _ = write!(told, " {:.1} % ({figure})", *times as f64 * 100.0 / SEEDS as f64);
    }
    println!("{told}");
    held_in
}

/// A figure whose bounds hold the truth in 95 of 100 cases holds it in fewer than 182 of 200 once in a hundred (binomial): that much
/// is chance. All figures of a kind of sample together hold it in 95 of 100.
fn kept(name: &str, th: impl Fn(Ending) -> &'static str + Copy) {
    let held_in = coverage(name, th);
    for (figure, times) in &held_in {
        assert!(*times >= 182, "{name}: {figure} held the truth in {times} of {SEEDS} samples");
    }
    let (times, of) = (held_in.values().sum::<u64>(), SEEDS * held_in.len() as u64);
    assert!(times * 100 >= of * 95, "{name}: all figures held the truth in {times} of {of} cases");
}

#[test]
fn of_one_trace_in_sixteen_the_truth_lies_within_the_bounds_in_95_of_100_samples() {
    kept("1 in 16", |_| "f");
}

#[test]
fn of_one_trace_in_three_the_truth_lies_within_the_bounds_in_95_of_100_samples() {
    kept("1 in 3", |_| "aaaaaaaaaaaaab");
}

#[test]
fn where_failures_are_kept_more_often_the_truth_still_lies_within_the_bounds() {
    kept("failures 1 in 2, the others 1 in 16", |ending| if ending == Ending::Served { "f" } else { "8" });
}

#[test]
fn a_stream_that_is_not_sampled_is_known_exactly_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for th in ["", "0", "00000000000000"] {
        let (status, hops) = answers(folder.path(), &sample(1, |_| th));
        conserved(&status, &hops);
        assert_eq!((status.executions, status.failed), (Count(640.0), Count(80.0)), "{th}");
        assert!(!hops.estimated && status.sampled.is_none() && status.intervals.is_none(), "{th}");
    }
}

#[test]
fn what_matches_says_that_its_executions_are_an_estimate_and_how_many_were_seen() {
    let folder = tempfile::tempdir().unwrap();
    for (th, estimated) in [("f", true), ("", false)] {
        let analysis = analysis(folder.path(), &sample(1, |_| th));
        let status = analysis.answers.status(&StatusQuestion::default()).unwrap().capabilities.remove(0);
        let told = analysis.answers.matching(None).unwrap();
        assert_eq!((told.estimated, told.capabilities[0].executions), (estimated, status.executions));
        let seen = |sampled: Option<BTreeMap<String, u64>>| sampled.map(|counts| counts["executions"]);
        assert_eq!(seen(told.capabilities[0].sampled.clone()), seen(status.sampled), "{th}");
        assert_eq!(told.capabilities[0].sampled.is_some(), estimated, "{th}");
    }
}
