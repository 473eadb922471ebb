//! How services talk: pairs of spans under today's attribute names (HTTP, gRPC, database, messaging), the network between them.

use super::sketch::{Service, Sketch};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

/// Time on the way, each way, microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network(pub(super) u64, pub(super) u64);

impl Network {
    /// As it should be.
    pub(super) const GOOD: Self = Self(200, 900);
    /// So slow that a customer notices.
    pub(super) const SLOW: Self = Self(450_000, 650_000);
}

/// An HTTP request to a service of the shop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Http {
    pub(super) to: Service,
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    /// Span name of the server: method and route.
    pub(super) server_name: &'static str,
    pub(super) path: &'static str,
    pub(super) network: Network,
}

fn host(service: Service) -> String {
    format!("{}.shop.internal", service.name())
}

fn text(status: u16) -> &'static str {
    match status {
        500 => "500",
        502 => "502",
        503 => "503",
        _ => "error",
    }
}

/// Writes down how an HTTP request was answered, on either side.
pub(super) fn answered(sketch: &mut Sketch<'_>, span: usize, status: u16) {
    sketch.note(span, KeyValue::new("http.response.status_code", i64::from(status)));
    if status >= 500 {
        sketch.fail(span, text(status));
    }
}

/// The attributes of an HTTP server span that are known when it begins.
pub(super) fn http_server(to: Service, method: &'static str, route: &'static str, path: &'static str) -> Vec<KeyValue> {
    vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("http.route", route),
        KeyValue::new("url.path", path),
        KeyValue::new("url.scheme", "http"),
        KeyValue::new("server.address", host(to)),
        KeyValue::new("server.port", 8080),
    ]
}

/// The attributes of an HTTP client span that are known when it begins.
pub(super) fn http_client(method: &'static str, url: String, address: String, port: i64) -> Vec<KeyValue> {
    vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("url.full", url),
        KeyValue::new("server.address", address),
        KeyValue::new("server.port", port),
    ]
}

/// An HTTP request from the service of `parent`: `work` is done by the server and gives the status code.
pub(super) fn http(sketch: &mut Sketch<'_>, parent: usize, call: Http, work: impl FnOnce(&mut Sketch<'_>, usize) -> u16) -> u16 {
    let client = open_http_client(sketch, parent, call);
    sketch.pass(call.network.0, call.network.1);
    let attributes = http_server(call.to, call.method, call.route, call.path);
    let server = sketch.open(call.to, SpanKind::Server, call.server_name, Some(client), attributes);
    let status = work(sketch, server);
    answered(sketch, server, status);
    sketch.close(server);
    sketch.pass(call.network.0, call.network.1);
    answered(sketch, client, status);
    sketch.close(client);
    status
}

/// An HTTP request that finds nobody: no connection could be made, so the callee sends no span.
pub(super) fn http_refused(sketch: &mut Sketch<'_>, parent: usize, call: Http) {
    let client = open_http_client(sketch, parent, call);
    sketch.pass(call.network.0, call.network.1);
    sketch.fail(client, "connection_refused");
    sketch.close(client);
}

fn open_http_client(sketch: &mut Sketch<'_>, parent: usize, call: Http) -> usize {
    let url = format!("http://{}:8080{}", host(call.to), call.path);
    let mut attributes = http_client(call.method, url, host(call.to), 8080);
    attributes.push(KeyValue::new("service.peer.name", call.to.name()));
    sketch.open(sketch.service(parent), SpanKind::Client, call.method, Some(parent), attributes)
}

/// A gRPC call from the service of `parent`: `work` is done by the server and gives the name of the status code.
pub(super) fn grpc(
    sketch: &mut Sketch<'_>,
    parent: usize,
    to: Service,
    method: &'static str,
    work: impl FnOnce(&mut Sketch<'_>, usize) -> &'static str,
) -> &'static str {
    let shared = || {
        vec![
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", method),
            KeyValue::new("server.address", host(to)),
            KeyValue::new("server.port", 9090),
        ]
    };
    let client = sketch.open(sketch.service(parent), SpanKind::Client, method, Some(parent), shared());
    sketch.note(client, KeyValue::new("service.peer.name", to.name()));
    sketch.pass(Network::GOOD.0, Network::GOOD.1);
    let server = sketch.open(to, SpanKind::Server, method, Some(client), shared());
    let code = work(sketch, server);
    for (span, way) in [(server, Network::GOOD), (client, Network(0, 0))] {
        sketch.note(span, KeyValue::new("rpc.response.status_code", code));
        if code != "OK" {
            sketch.fail(span, code);
        }
        sketch.close(span);
        sketch.pass(way.0, way.1);
    }
    code
}

/// A query to the stock database.
pub(super) fn query(sketch: &mut Sketch<'_>, parent: usize, operation: &'static str, summary: &'static str) {
    let attributes = vec![
        KeyValue::new("db.system.name", "postgresql"),
        KeyValue::new("db.namespace", "stock"),
        KeyValue::new("db.collection.name", "items"),
        KeyValue::new("db.operation.name", operation),
        KeyValue::new("db.query.summary", summary),
        KeyValue::new("server.address", "stock-db.shop.internal"),
        KeyValue::new("server.port", 5432),
    ];
    let client = sketch.open(sketch.service(parent), SpanKind::Client, summary, Some(parent), attributes);
    sketch.pass(2_000, 9_000);
    sketch.close(client);
}

fn message(operation: &'static str) -> Vec<KeyValue> {
    vec![
        KeyValue::new("messaging.system", "kafka"),
        KeyValue::new("messaging.destination.name", "order-confirmations"),
        KeyValue::new("messaging.operation.name", operation),
        KeyValue::new("messaging.operation.type", operation),
    ]
}

/// Puts the confirmation of an order into the queue; gives the span to which the mail service answers later.
pub(super) fn send_confirmation(sketch: &mut Sketch<'_>, parent: usize) -> usize {
    let service = sketch.service(parent);
    let producer = sketch.open(service, SpanKind::Producer, "send order-confirmations", Some(parent), message("send"));
    sketch.pass(400, 1_500);
    sketch.close(producer);
    producer
}

/// The mail service takes the confirmation out of the queue, when the customer has long been served.
pub(super) fn mail_confirmation(sketch: &mut Sketch<'_>, producer: usize) {
    sketch.pass(20_000, 150_000);
    let attributes = message("process");
    let consumer = sketch.open(Service::Mail, SpanKind::Consumer, "process order-confirmations", Some(producer), attributes);
    sketch.note(consumer, KeyValue::new("messaging.consumer.group.name", "mail"));
    sketch.pass(15_000, 60_000);
    sketch.close(consumer);
}
