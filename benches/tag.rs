//! What it costs to read a span whose like was seen before: 16 requests of 512 spans, 11 attributes each, as a shop sends them,
//! in an order that the processor cannot learn.

#![allow(clippy::expect_used, reason = "a bench may stop at a wrong map")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use steelthread::catalogue::{Catalogue, parse};
use steelthread::measure::{Arrivals, Arriving};
use steelthread::model::{Attribute, Names, RawSpan, ShapeId, Shapes, TraceId, Value};
use steelthread::tag::{Limits, TagWorker, Tagger};

const SPANS: usize = 16 * 512;
const SERVICES: usize = 16 * 6;

type Attributes = Vec<(&'static str, Sent)>;

/// An attribute's value, owned.
enum Sent {
    Text(String),
    Int(i64),
}

impl Sent {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text.as_bytes()),
            Self::Int(number) => Value::Int(*number),
        }
    }
}

struct Span {
    kind: i32,
    name: String,
    attributes: Attributes,
}

fn text(text: impl Into<String>) -> Sent {
    Sent::Text(text.into())
}

fn client(number: usize) -> Attributes {
    vec![
        ("http.request.method", text("GET")),
        ("url.full", text(format!("http://service-{}:8080/api/products/{number}?sessionId={number:08x}", number % 12))),
        ("http.response.status_code", Sent::Int(200)),
        ("server.address", text(format!("service-{}", number % 12))),
        ("server.port", Sent::Int(8080)),
        ("network.protocol.version", text("1.1")),
        ("network.peer.address", text(format!("10.0.1.{}", number % 8))),
        ("network.peer.port", Sent::Int(8080)),
        ("service.peer.name", text(format!("service-{}", number % 12))),
        ("session.id", text(format!("{number:016x}"))),
        ("user_agent.original", text("shop/1.0")),
    ]
}

fn server(number: usize) -> Attributes {
    vec![
        ("http.request.method", text("GET")),
        ("http.route", text(format!("/api/{}", number % 40))),
        ("url.path", text(format!("/api/{number}"))),
        ("url.scheme", text("http")),
        ("http.response.status_code", Sent::Int(200)),
        ("server.address", text("frontend")),
        ("server.port", Sent::Int(8080)),
        ("network.protocol.version", text("1.1")),
        ("client.address", text("10.1.2.3")),
        ("user_agent.original", text("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")),
        ("network.peer.address", text(format!("10.0.1.{}", number % 8))),
    ]
}

fn own_work(number: usize) -> Attributes {
    vec![
        ("code.function.name", text("cart.Price")),
        ("app.user.currency", text("EUR")),
        ("app.cart.items.count", Sent::Int(3)),
        ("app.order.amount", Sent::Int(number as i64)),
        ("app.synthetic_request", text("no")),
        ("app.order.id", text(format!("{number:016x}-{number:016x}"))),
        ("thread.id", Sent::Int(41)),
        ("thread.name", text("grpc-default-executor-3")),
        ("app.product.id", text("OLJCESPC7Z")),
        ("app.user.id", text(format!("{number:016x}"))),
        ("session.id", text(format!("{number:016x}"))),
    ]
}

fn rpc(number: usize) -> Attributes {
    vec![
        ("rpc.system", text("grpc")),
        ("rpc.service", text("hipstershop.CartService")),
        ("rpc.method", text(["GetCart", "AddItem", "EmptyCart"][number % 3])),
        ("rpc.grpc.status_code", Sent::Int(0)),
        ("net.peer.name", text("cart")),
        ("net.peer.port", Sent::Int(7070)),
        ("net.sock.peer.addr", text(format!("10.0.1.{}", number % 8))),
        ("net.sock.peer.port", Sent::Int(7070)),
        ("peer.service", text("cart")),
        ("app.product.id", text("OLJCESPC7Z")),
        ("app.user.id", text(format!("{number:016x}"))),
    ]
}

fn spans() -> Vec<Span> {
    let span = |number: usize| {
        let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let (kind, attributes) = match number % 4 {
            0 => (3, client(number)),
            1 => (2, server(number)),
            2 => (1, own_work(number)),
            _ => (3, rpc(number)),
        };
        Span { kind, name: format!("operation {}", number % 24), attributes }
    };
    (0..SPANS).map(span).collect()
}

fn map(capabilities: usize) -> Catalogue {
    let capability = |number: usize| {
        format!(
            "  - id: do-{number}\n    threads: [{{id: web, entry: {{kind: server, attributes: {{http.route: /api/{number}}}}}}}]\n    \
             outcome: {{failed_when: [{{attributes: {{app.order.amount: {{gt: {}}}}}}}]}}\n",
            1_000_000 + number
        )
    };
    if capabilities == 0 {
        return Catalogue::default();
    }
    let capabilities: String = (0..capabilities).map(capability).collect();
    parse("map.yaml", &format!("apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n{capabilities}"))
        .unwrap_or_default()
}

fn read(worker: &mut TagWorker, spans: &[RawSpan<'_>], resources: &[Vec<Attribute<'_>>]) -> u64 {
    let mut sum = 0;
    for (spans, resource) in spans.chunks(SPANS / SERVICES + 1).zip(resources) {
        worker.resource(resource);
        for span in spans {
            sum += worker.span(span).map_or(0, |tagged| u64::from(tagged.record.shape.0 ^ tagged.record.operation));
        }
    }
    sum
}

fn bench(criterion: &mut Criterion) {
    let sent = spans();
    let attributes: Vec<Vec<Attribute<'_>>> = sent
        .iter()
        .map(|span| span.attributes.iter().map(|(key, sent)| Attribute { key: key.as_bytes(), value: sent.value() }).collect())
        .collect();
    let raw = |(span, attributes)| {
        let (span, attributes): (&Span, &Vec<Attribute<'_>>) = (span, attributes);
        RawSpan {
            trace_id: &[7; 16],
            span_id: &[9; 8],
            parent_span_id: &[8; 8],
            trace_state: b"",
            name: span.name.as_bytes(),
            kind: span.kind,
            start_ns: 1,
            end_ns: 2,
            status: 0,
            attributes,
            links: &[],
            exception_type: None,
        }
    };
    let raws: Vec<RawSpan<'_>> = sent.iter().zip(&attributes).map(raw).collect();
    let names: Vec<String> = (0..SERVICES).map(|number| format!("service-{}", number % 12)).collect();
    let resource = |name: &'static str, value| Attribute { key: name.as_bytes(), value };
    let resources: Vec<Vec<Attribute<'_>>> = names
        .iter()
        .map(|name| vec![resource("service.name", Value::Text(name.as_bytes())), resource("host.name", Value::Text(b"node-1"))])
        .collect();
    let mut group = criterion.benchmark_group("tag");
    group.throughput(Throughput::Elements(SPANS as u64));
    for capabilities in [0, 10, 1000] {
        let names = Arc::new(Names::default());
        let tagger = Tagger::new(Arc::new(map(capabilities)), names, Arc::new(Shapes::default()), Limits::default());
        let mut worker = tagger.worker();
        group.bench_function(BenchmarkId::new("capabilities", capabilities), |bencher| {
            bencher.iter(|| black_box(read(&mut worker, black_box(&raws), &resources)));
        });
    }
    group.finish();
}

/// What counting what arrives adds to a span: requests of 512 spans of so many shapes.
fn arrivals(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("arrivals");
    group.throughput(Throughput::Elements(SPANS as u64));
    for shapes in [50, 500, 5000] {
        let mixed = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let spans: Vec<(ShapeId, TraceId)> =
            (0..SPANS as u64).map(|at| (ShapeId((mixed(at) % shapes) as u32), TraceId(u128::from(mixed(at))))).collect();
        let (arrivals, mut arriving) = (Arrivals::default(), Arriving::default());
        group.bench_function(BenchmarkId::new("shapes", shapes), |bencher| {
            bencher.iter(|| {
                for request in black_box(&spans).chunks(512) {
                    request.iter().for_each(|(shape, trace)| arriving.note(*shape, *trace, shape.0 % 8 == 0, 2));
                    arrivals.take(&mut arriving, 1);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench, arrivals);
criterion_main!(benches);
