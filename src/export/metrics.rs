//! Figures as an `ExportMetricsServiceRequest`.
//!
//! Sums are cumulative since the process began, so that a message that was lost is made good by the next one. `steelthread.spans` holds
//! all fates, `in_flight` among them, which also falls: hence it is told as a sum that is not monotonic. Threads are not counted apart, so no
//! figure has one.

use super::exponential::exponential;
use super::figures::{CapabilityFigures, Figures};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram, ExponentialHistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

/// Whose figures they are, and of which time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which of several servers: `service.instance.id`.
    pub instance: String,
    /// When counting began, nanoseconds since 1970.
    pub started_ns: u64,
    /// Now, nanoseconds since 1970.
    pub now_ns: u64,
}

/// The message, encoded.
pub fn request(figures: &Figures, origin: &Origin) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![
            text("service.name", "steelthread"),
            text("service.version", env!("CARGO_PKG_VERSION")),
            text("service.instance.id", &origin.instance),
        ],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "steelthread".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..InstrumentationScope::default()
    };
    let scope_metrics =
        vec![ScopeMetrics { scope: Some(scope), metrics: Told { figures, origin }.metrics(), ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { resource: Some(resource), scope_metrics, ..ResourceMetrics::default() }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

struct Told<'a> {
    figures: &'a Figures,
    origin: &'a Origin,
}

/// A point of a sum: attributes and value.
type Point<'a> = (Vec<(&'static str, &'a str)>, f64);

impl<'a> Told<'a> {
    fn metrics(&self) -> Vec<Metric> {
        let metrics = [
            self.sum("steelthread.executions", "Executions by outcome.", "{execution}", |one| {
                one.outcomes.iter().map(|(outcome, count)| (vec![("outcome", *outcome)], *count)).collect()
            }),
            self.sum("steelthread.executions.slow", "Executions of outcome ok over their latency limit.", "{execution}", |one| {
                vec![(Vec::new(), one.slow)]
            }),
            self.sum("steelthread.objective.executions", "Executions by whether they keep an objective.", "{execution}", |one| {
                let labels = |id: &'a str, result| vec![("objective", id), ("result", result)];
                let both = |(id, good, bad): &'a (String, f64, f64)| [(labels(id, "good"), *good), (labels(id, "bad"), *bad)];
                one.objectives.iter().flat_map(both).collect()
            }),
            self.durations(),
            self.sum("steelthread.hop.failures", "Failed executions by the hop to blame and the cause.", "{execution}", |one| {
                let of = one.failures.iter();
                let labels = |row: &'a super::HopFailures| {
                    vec![("hop", row.hop.as_str()), ("service", row.service.as_str()), ("cause", row.cause)]
                };
                of.map(|row| (labels(row), row.failures)).collect()
            }),
            self.sum("steelthread.absorbed", "Errors that did not fail their execution, by kind.", "{error}", |one| {
                one.absorbed.iter().map(|(kind, count)| (vec![("kind", *kind)], *count)).collect()
            }),
            self.spans(),
        ];
        // A metric without a point is not valid.
        metrics.into_iter().filter(|metric| !is_empty(metric)).collect()
    }

    /// A sum that only grows, with points of each capability. They may be weighted, hence no integers.
    fn sum(&self, name: &str, description: &str, unit: &str, points: impl Fn(&'a CapabilityFigures) -> Vec<Point<'a>>) -> Metric {
        let of_one = |one: &'a CapabilityFigures| {
            points(one).into_iter().map(move |(mut labels, value)| {
                labels.insert(0, ("capability", one.id.as_str()));
                (labels, value)
            })
        };
        let points = self.figures.capabilities.iter().flat_map(of_one);
        let data_points = points.map(|(labels, value)| self.point(&labels, number_data_point::Value::AsDouble(value))).collect();
        metric_of(name, description, unit, metric::Data::Sum(sum_of(data_points, true)))
    }

    fn spans(&self) -> Metric {
        let point = |(fate, spans): &(&'static str, u64)| {
            let value = i64::try_from(*spans).unwrap_or(i64::MAX);
            self.point(&[("fate", fate)], number_data_point::Value::AsInt(value))
        };
        let points = self.figures.spans.iter().map(point).collect();
        metric_of("steelthread.spans", "Spans by what became of them.", "{span}", metric::Data::Sum(sum_of(points, false)))
    }

    fn point(&self, labels: &[(&str, &str)], value: number_data_point::Value) -> NumberDataPoint {
        NumberDataPoint {
            attributes: labels.iter().map(|(key, value)| text(key, value)).collect(),
            start_time_unix_nano: self.origin.started_ns,
            time_unix_nano: self.origin.now_ns,
            value: Some(value),
            ..NumberDataPoint::default()
        }
    }

    fn durations(&self) -> Metric {
        let measured = self.figures.capabilities.iter().filter(|one| !one.durations.is_empty());
        let histogram = ExponentialHistogram {
            data_points: measured.map(|one| self.duration(one)).collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        };
        let description = "Duration of executions of outcome ok.";
        metric_of("steelthread.execution.duration", description, "s", metric::Data::ExponentialHistogram(histogram))
    }

    fn duration(&self, one: &CapabilityFigures) -> ExponentialHistogramDataPoint {
        let histogram = exponential(&one.durations);
        ExponentialHistogramDataPoint {
            attributes: vec![text("capability", &one.id), text("outcome", "ok")],
            start_time_unix_nano: self.origin.started_ns,
            time_unix_nano: self.origin.now_ns,
            count: histogram.count(),
            sum: Some(one.duration_sum_ns / 1e9),
            max: one.duration_max_ns.map(|max| max as f64 / 1e9),
            scale: histogram.scale,
            zero_count: histogram.zeros,
            positive: Some(Buckets { offset: histogram.offset, bucket_counts: histogram.buckets }),
            ..ExponentialHistogramDataPoint::default()
        }
    }
}

fn sum_of(data_points: Vec<NumberDataPoint>, is_monotonic: bool) -> Sum {
    Sum { data_points, aggregation_temporality: AggregationTemporality::Cumulative.into(), is_monotonic }
}

fn metric_of(name: &str, description: &str, unit: &str, data: metric::Data) -> Metric {
    Metric { name: name.into(), description: description.into(), unit: unit.into(), data: Some(data), ..Metric::default() }
}

fn is_empty(metric: &Metric) -> bool {
    match &metric.data {
        Some(metric::Data::Sum(sum)) => sum.data_points.is_empty(),
        Some(metric::Data::ExponentialHistogram(histogram)) => histogram.data_points.is_empty(),
        _ => true,
    }
}

fn text(key: &str, text: &str) -> KeyValue {
    let value = any_value::Value::StringValue(text.into());
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}
