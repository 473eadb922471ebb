#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::queue::{Batch, Queue};
use super::{
    CapabilityFigures, Endpoint, Exponential, Figures, Headers, Origin, Protocol, Signal, SourceBucket, exponential, request,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use proptest::prelude::*;
use prost::Message;

fn source(values: &[u64]) -> Vec<SourceBucket> {
    values.iter().map(|value| SourceBucket { middle_ns: *value, units: 1 << 16 }).collect()
}

/// Borders of a bucket, seconds.
fn borders(histogram: &Exponential, at: usize) -> (f64, f64) {
    let border = |index: i32| (f64::from(index) * f64::from(-histogram.scale).exp2()).exp2();
    let index = histogram.offset + at as i32;
    (border(index), border(index + 1))
}

proptest! {
    #[test]
    fn each_value_is_counted_once_in_the_bucket_in_which_it_lies(mut values in proptest::collection::vec(
        prop_oneof![Just(0), any::<u64>(), 1_000_000..20_000_000_000_u64], 0..60)) {
        let histogram = exponential(&source(&values));
        values.sort_unstable();
        let zeros = values.iter().filter(|value| **value == 0).count();
        prop_assert_eq!((histogram.count(), histogram.zeros), (values.len() as u64, zeros as u64));
        prop_assert!(histogram.buckets.len() <= 160 && histogram.scale <= 5);
        let mut rest = values[zeros..].iter().map(|value| *value as f64 / 1e9);
        for (at, count) in histogram.buckets.iter().enumerate() {
            let (low, high) = borders(&histogram, at);
            for value in rest.by_ref().take(*count as usize) {
                prop_assert!(value > low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9), "{value} in {low}..{high}");
            }
        }
        prop_assert_eq!(rest.count(), 0);
    }
}

#[test]
fn a_range_of_five_powers_of_two_keeps_the_finest_scale_and_a_wider_one_does_not() {
    assert_eq!(exponential(&source(&[10_000_000, 300_000_000])).scale, 5);
    assert_eq!(exponential(&source(&[1_000_000, 30_000_000_000])).scale, 3);
    assert_eq!(exponential(&source(&[1, u64::MAX])).scale, 1);
    assert_eq!(exponential(&[]), Exponential { scale: 5, ..Exponential::default() });
    assert_eq!(exponential(&source(&[0, 0])), Exponential { scale: 5, zeros: 2, ..Exponential::default() });
}

#[test]
fn parts_of_counts_are_rounded_down_once_a_bucket() {
    let half = SourceBucket { middle_ns: 1_000_000, units: 3 << 15 };
    assert_eq!(exponential(&[half]).count(), 1);
    assert_eq!(exponential(&[half, half]).count(), 3, "one and a half and one and a half in one bucket");
}

#[test]
fn figures_without_a_capability_are_a_message_with_spans_only() {
    let origin = Origin { instance: "one".into(), started_ns: 1, now_ns: 2 };
    let read = |figures: &Figures| {
        let request = ExportMetricsServiceRequest::decode(&*request(figures, &origin)).unwrap();
        let metrics = request.resource_metrics.into_iter().flat_map(|one| one.scope_metrics).flat_map(|one| one.metrics);
        metrics.map(|metric| metric.name).collect::<Vec<_>>()
    };
    let spans = vec![("measured", 3), ("late", 0)];
    assert_eq!(read(&Figures { spans: spans.clone(), ..Figures::default() }), ["steelthread.spans"]);
    let capability = CapabilityFigures { id: "pay".into(), outcomes: vec![("ok", 0.0)], ..CapabilityFigures::default() };
    let told = read(&Figures { capabilities: vec![capability], spans });
    assert_eq!(told, ["steelthread.executions", "steelthread.executions.slow", "steelthread.spans"]);
}

#[test]
fn endpoints_are_urls_with_a_usual_port_and_path() {
    let read = |text: &str| Endpoint::parse(text).unwrap();
    assert_eq!(read("http://tempo").port(Protocol::Grpc), 4317);
    assert_eq!(read("http://tempo").port(Protocol::Http), 4318);
    assert_eq!(read("https://[::1]:9000/").port(Protocol::Http), 9000);
    assert_eq!((read("https://[::1]:9000/").host(), read("https://tempo").port(Protocol::Http)), ("::1", 443));
    for (url, path) in [("http://a", "/v1/traces"), ("http://a/otlp/", "/otlp/v1/traces"), ("http://a/v1/traces", "/v1/traces")] {
        assert_eq!(read(url).path(Signal::Traces), path);
    }
    assert_eq!(read("http://a").path(Signal::Metrics), "/v1/metrics");
    assert_eq!(read("http://a:1/").to_string(), "http://a:1");
    for wrong in ["", "tempo:4317", "ftp://tempo", "http://", "http://tempo?x=1", "http://te mpo"] {
        let told = Endpoint::parse(wrong).unwrap_err();
        assert!(told.contains("write a URL such as http://collector:4317"), "{wrong}: {told}");
    }
    let told = Endpoint::parse("http://me:canary@tempo").unwrap_err();
    assert!(!told.contains("canary") && told.contains("header file"), "{told}");
}

#[test]
fn header_files_are_read_line_by_line_and_never_repeated() {
    let headers = Headers::parse("# a comment\n\nAuthorization: Bearer canary:1\r\nx-tenant:shop\n").unwrap();
    assert_eq!(format!("{headers:?}"), r#"["authorization", "x-tenant"]"#);
    for (wrong, what) in [
        ("ok: 1\ncanary", "line 2: there is no colon"),
        ("can ary: 1", "line 1: what stands before the colon"),
        ("a: canary\u{e9}", "line 1: the value has characters that are not ASCII"),
    ] {
        let told = Headers::parse(wrong).unwrap_err();
        assert!(told.starts_with(what) && !told.contains("canary") && told.contains("such as authorization: Bearer"), "{told}");
    }
}

fn batch(queue: &Queue, bytes: usize) -> Option<()> {
    let charged = queue.admit(bytes)?;
    queue.put(Batch { message: vec![0; bytes], spans: 1, charged }).ok()
}

#[tokio::test]
async fn a_queue_never_holds_more_than_its_bound_until_what_was_taken_is_done() {
    let queue = Queue::new(1_000);
    while batch(&queue, 200).is_some() {}
    assert!(queue.bytes() <= 1_000 && queue.bytes() > 700, "{}", queue.bytes());
    let all = queue.take().await.unwrap();
    assert_eq!((all.spans, all.message.len()), (3, 600), "what waits goes together");
    assert!(batch(&queue, 200).is_none(), "it is on its way, and still in memory");
    queue.release(all.charged);
    assert_eq!(queue.bytes(), 0);
    assert!(batch(&queue, 200).is_some());
    assert!(queue.admit(usize::MAX - 10).is_none());
}

#[tokio::test]
async fn messages_go_together_up_to_a_size_and_a_closed_queue_is_emptied() {
    let queue = Queue::new(16 << 20);
    for _ in 0..3 {
        batch(&queue, 300 << 10).unwrap();
    }
    queue.close();
    assert!(batch(&queue, 1).is_none(), "a closed queue takes nothing");
    for _ in 0..3 {
        assert_eq!(queue.take().await.unwrap().spans, 1);
    }
    assert!(queue.take().await.is_none());
}
