//! Figures by OTLP equal those of `/metrics`.

use crate::program::{Server, shop_map};
use crate::receiver::{Receiver, wait};
use crate::shop;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogramDataPoint, Metric, metric::Data, number_data_point,
};
use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;
type Series = BTreeMap<(String, Labels), f64>;

/// What a figure is called on either side.
const NAMES: [(&str, &str); 6] = [
    ("steelthread.executions", "executions_total"),
    ("steelthread.executions.slow", "slow_executions_total"),
    ("steelthread.objective.executions", "objective_executions_total"),
    ("steelthread.absorbed", "absorbed_errors_total"),
    ("steelthread.hop.failures", "hop_failures_total"),
    ("steelthread.spans", "spans_total"),
];

fn scraped(server: &Server) -> Series {
    let text = ureq::get(format!("{}/metrics", server.api)).call().unwrap().body_mut().read_to_string().unwrap();
    let line = regex::Regex::new(r"^steelthread_(\w+)\{(.*)\} (\S+)$").unwrap();
    let label = regex::Regex::new(r#"(\w+)="([^"]*)""#).unwrap();
    let mut series = Series::new();
    for found in text.lines().filter_map(|text| line.captures(text)) {
        let Some((name, _)) = NAMES.iter().find(|(_, scraped)| *scraped == &found[1]) else { continue };
        let labels = label.captures_iter(&found[2]).map(|one| (one[1].to_owned(), one[2].to_owned())).collect();
        assert!(series.insert(((*name).to_owned(), labels), found[3].parse().unwrap()).is_none());
    }
    series
}

fn labels(attributes: &[KeyValue]) -> Labels {
    let text = |one: &KeyValue| match one.value.as_ref().unwrap().value.as_ref().unwrap() {
        any_value::Value::StringValue(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|one| (one.key.clone(), text(one))).collect()
}

fn metrics(request: &ExportMetricsServiceRequest) -> impl Iterator<Item = &Metric> {
    request.resource_metrics.iter().flat_map(|one| &one.scope_metrics).flat_map(|one| &one.metrics)
}

fn told(request: &ExportMetricsServiceRequest) -> Series {
    let mut series = Series::new();
    for metric in metrics(request) {
        let Some(Data::Sum(sum)) = &metric.data else { continue };
        assert_eq!(sum.aggregation_temporality, AggregationTemporality::Cumulative as i32);
        assert_eq!(sum.is_monotonic, metric.name != "steelthread.spans", "{}", metric.name);
        for point in &sum.data_points {
            assert!(point.start_time_unix_nano > 0 && point.start_time_unix_nano < point.time_unix_nano);
            let value = match point.value.unwrap() {
                number_data_point::Value::AsDouble(value) => value,
                number_data_point::Value::AsInt(value) => value as f64,
            };
            assert!(series.insert((metric.name.clone(), labels(&point.attributes)), value).is_none());
        }
    }
    series
}

fn durations(request: &ExportMetricsServiceRequest) -> BTreeMap<String, ExponentialHistogramDataPoint> {
    let points = metrics(request).filter(|metric| metric.name == "steelthread.execution.duration").flat_map(|metric| {
        assert_eq!(metric.unit, "s");
        let Some(Data::ExponentialHistogram(histogram)) = &metric.data else { panic!("{metric:?}") };
        assert_eq!(histogram.aggregation_temporality, AggregationTemporality::Cumulative as i32);
        histogram.data_points.clone()
    });
    points.map(|point| (labels(&point.attributes)["capability"].clone(), point)).collect()
}

/// The value that a share of all does not exceed, seconds: upper border of its bucket.
fn percentile(point: &ExponentialHistogramDataPoint, share: f64) -> f64 {
    let (rank, buckets) = ((point.count as f64 * share).ceil() as u64, point.positive.as_ref().unwrap());
    let mut seen = point.zero_count;
    for (at, count) in (0..).zip(&buckets.bucket_counts) {
        seen += count;
        if seen >= rank {
            return (f64::from(buckets.offset + at + 1) * f64::from(-point.scale).exp2()).exp2();
        }
    }
    panic!("fewer than {rank} values: {point:?}");
}

#[test]
fn figures_sent_equal_figures_scraped() {
    let folder = tempfile::tempdir().unwrap();
    let map = shop_map(folder.path());
    for (protocol, receiver) in [("grpc", Receiver::grpc()), ("http/protobuf", Receiver::http())] {
        let url = receiver.url();
        let more = ["--metrics-endpoint", &url, "--metrics-protocol", protocol, "--metrics-interval", "1s"];
        let server = Server::start(&[&["--map", &map, "--quiet", "1s", "--no-entry", "3s"][..], &more].concat());
        let made = shop::run(21, 12, 60, steelthread::app::clock::now_ns() - 60_000_000_000);
        let sender = server.sender();
        for request in &made.requests {
            sender.send(request.clone()).unwrap();
        }
        let status = server.settle();
        let scraped = scraped(&server);
        for (name, _) in NAMES {
            assert!(scraped.iter().any(|((found, _), value)| found == name && *value > 0.0), "{name} is told of nothing");
        }
        let last = wait("the last figures", || {
            let last = receiver.look(|heard| heard.metrics.last().cloned())?;
            (told(&last) == scraped).then_some(last)
        });
        let durations = durations(&last);
        for capability in status["capabilities"].as_array().unwrap() {
            let point = &durations[capability["id"].as_str().unwrap()];
            let buckets: u64 = point.positive.as_ref().unwrap().bucket_counts.iter().sum();
            assert_eq!((point.count, point.zero_count + buckets), (capability["ok"].as_u64().unwrap(), point.count));
            let latency = &capability["latency_ms"];
            assert_eq!(point.max.unwrap() * 1e3, latency["max"].as_f64().unwrap());
            for (share, name) in [(0.5, "p50"), (0.95, "p95")] {
                let (found, wanted) = (percentile(point, share) * 1e3, latency[name].as_f64().unwrap());
                assert!((wanted * 0.99..wanted * 1.035).contains(&found), "{name}: {found} for {wanted}");
            }
            let mean = point.sum.unwrap() / point.count as f64 * 1e3;
            assert!(mean > latency["p50"].as_f64().unwrap() / 4.0 && mean < latency["max"].as_f64().unwrap());
        }
    }
}

#[test]
fn the_last_figures_are_sent_when_the_server_ends() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    let server = Server::start(&["--map", &shop_map(folder.path()), "--metrics-endpoint", &receiver.url()]);
    let made = shop::run(22, 10, 10, steelthread::app::clock::now_ns() - 60_000_000_000);
    let sender = server.sender();
    for request in &made.requests {
        sender.send(request.clone()).unwrap();
    }
    assert_eq!(server.terminate().0, 0);
    let last = receiver.look(|heard| heard.metrics.last().cloned()).unwrap();
    let of = |fate: &str| told(&last)[&("steelthread.spans".into(), Labels::from([("fate".into(), fate.into())]))];
    assert_eq!((of("measured"), of("in_flight")), (made.spans as f64, 0.0));
}
