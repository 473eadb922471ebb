//! From a plain span to what the wire would hand out, through the real tagger and the real judge.

use super::map::Map;
use super::span::{Kind, Span, Status};
use std::sync::Arc;
use steelthread::catalogue::{self, Catalogue};
use steelthread::judge::{Context, HopLimit, Judge, PathMode, Trace};
use steelthread::model::{
    Attribute, Fates, HopId, Hops, Names, NothingKnown, RawLink, RawSpan, Shapes, SpanRecord, TraceId, Value, Verdict,
};
use steelthread::tag::{Limits, TagWorker, Tagger};

const TRACE: u128 = 0x7ace;
const OTHER_TRACE: u128 = 0x07e2;
const GRPC: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The real pipeline for one map.
pub struct Real {
    catalogue: Arc<Catalogue>,
    pub names: Arc<Names>,
    shapes: Arc<Shapes>,
    pub hops: Hops,
    limit: HopLimit,
    worker: TagWorker,
    judge: Judge,
    /// Which critical path the next trace is judged with.
    pub path: PathMode,
}

enum Sent {
    Text(String),
    Int(i64),
    True,
}

impl Real {
    pub fn new(map: &Map) -> Self {
        let text = map.yaml();
        let catalogue = Arc::new(catalogue::parse("map.yaml", &text).unwrap_or_else(|problems| panic!("{problems}\n{text}")));
        let (names, shapes) = (Arc::new(Names::default()), Arc::new(Shapes::default()));
        let tagger = Tagger::new(Arc::clone(&catalogue), Arc::clone(&names), Arc::clone(&shapes), Limits::default());
        let worker = tagger.worker();
        let (hops, limit, judge) = (Hops::default(), HopLimit::new(10_000), Judge::default());
        Self { catalogue, names, shapes, hops, limit, worker, judge, path: PathMode::Default }
    }

    pub fn judge(&mut self, received: &[Span]) -> (Vec<Verdict>, Fates) {
        let (mut spans, mut extras): (Vec<SpanRecord>, Vec<_>) = (Vec::new(), Vec::new());
        for span in received {
            let tagged = tag(&mut self.worker, span);
            spans.push(tagged.record);
            extras.extend(tagged.extra);
        }
        let context = Context {
            catalogue: &self.catalogue,
            names: &self.names,
            shapes: &self.shapes,
            hops: &self.hops,
            limit: &self.limit,
            normal: &NothingKnown,
            path: self.path,
            skew: None,
        };
        let mut verdicts = Vec::new();
        let trace = Trace { id: TraceId(TRACE), spans: &spans, extras: &extras };
        let fates = self.judge.judge(&trace, &context, &mut |verdict| verdicts.push(verdict.clone()));
        (verdicts, fates)
    }

    pub fn hop(&self, id: HopId) -> (String, String) {
        let hop = self.hops.get(id);
        (self.names.text(hop.hop).to_owned(), self.names.text(hop.service).to_owned())
    }
}

fn tag(worker: &mut TagWorker, span: &Span) -> steelthread::tag::Tagged {
    let resource: Vec<(&str, Option<String>)> = vec![
        ("service.name", Some(span.service.clone())),
        (
            "host.name",
            span.host.as_ref().map(|host| if span.id.is_multiple_of(2) { format!("name-of-{host}") } else { host.clone() }),
        ),
        ("host.id", span.host.clone()),
    ];
    let resource: Vec<(&str, Sent)> = resource.into_iter().filter_map(|(key, value)| Some((key, Sent::Text(value?)))).collect();
    worker.resource(&as_attributes(&resource));
    let (trace, other) = (TRACE.to_be_bytes(), OTHER_TRACE.to_be_bytes());
    let (id, parent) = (span.id.to_be_bytes(), span.parent.to_be_bytes());
    let (link, far) = (span.link.unwrap_or(0).to_be_bytes(), 1u64.to_be_bytes());
    let mut links = Vec::new();
    if span.far_link {
        links.push(RawLink { trace_id: &other, span_id: &far });
    }
    if span.link.is_some() {
        links.push(RawLink { trace_id: &trace, span_id: &link });
    }
    let sent = attributes(span);
    let raw = RawSpan {
        trace_id: &trace,
        span_id: &id,
        parent_span_id: if span.parent == 0 && span.id.is_multiple_of(2) { &[] } else { &parent },
        trace_state: b"",
        name: span.name.as_bytes(),
        kind: match span.kind {
            Kind::Internal if span.id.is_multiple_of(3) => 0,
            Kind::Internal => 1,
            Kind::Server => 2,
            Kind::Client => 3,
            Kind::Producer => 4,
            Kind::Consumer => 5,
        },
        start_ns: span.start,
        end_ns: span.end,
        status: match span.status {
            Status::Unset => 0,
            Status::Ok => 1,
            Status::Error => 2,
        },
        attributes: &as_attributes(&sent),
        links: &links,
        exception_type: span.exception.as_deref().map(str::as_bytes),
    };
    worker.span(&raw).unwrap()
}

fn as_attributes<'a>(sent: &'a [(&'a str, Sent)]) -> Vec<Attribute<'a>> {
    let value = |sent: &'a Sent| match sent {
        Sent::Text(text) => Value::Text(text.as_bytes()),
        Sent::Int(number) => Value::Int(*number),
        Sent::True => Value::Bool(true),
    };
    sent.iter().map(|(key, sent)| Attribute { key: key.as_bytes(), value: value(sent) }).collect()
}

/// Attributes under one of the names that were in use over the years.
fn attributes(span: &Span) -> Vec<(&str, Sent)> {
    let mut sent = Vec::new();
    let year = (span.id % 3) as usize;
    let text = |value: &Option<String>| value.clone().map(Sent::Text);
    let mut put = |names: [&'static str; 3], value: Option<Sent>| sent.extend(value.map(|value| (names[year], value)));
    let number = |code: u64| if span.id.is_multiple_of(2) { Sent::Int(code as i64) } else { Sent::Text(code.to_string()) };
    put(["http.response.status_code", "http.status_code", "http.status_code"], span.http.map(|code| number(code.into())));
    let code = span.grpc.map(|code| match year {
        0 => Sent::Text(GRPC[usize::from(code)].to_owned()),
        1 => Sent::Text(GRPC[usize::from(code)].to_lowercase()),
        _ => number(code.into()),
    });
    put(["rpc.response.status_code", "rpc.status_code", "rpc.grpc.status_code"], code);
    put(["error.type"; 3], text(&span.error_type));
    put(["error"; 3], span.error_flag.then_some(if year == 1 { Sent::Text("true".into()) } else { Sent::True }));
    put(["service.peer.name"; 3], text(&span.peer_name));
    put(["peer.service"; 3], text(&span.peer_service));
    put(["server.address", "net.peer.name", "server.address"], text(&span.address));
    put(["server.port", "net.peer.port", "server.port"], span.port.map(|port| number(port.into())));
    put(["url.full", "http.url", "url.full"], text(&span.url));
    put(["network.peer.address", "net.peer.ip", "net.sock.peer.addr"], text(&span.network));
    put(["db.system.name", "db.system", "db.system"], span.db.as_ref().map(|(system, _)| Sent::Text(system.clone())));
    let namespace = span.db.as_ref().filter(|(_, namespace)| !namespace.is_empty());
    put(["db.namespace", "db.name", "db.name"], namespace.map(|(_, namespace)| Sent::Text(namespace.clone())));
    put(["messaging.system"; 3], span.messaging.as_ref().map(|(system, _)| Sent::Text(system.clone())));
    let destination = span.messaging.as_ref().map(|(_, destination)| Sent::Text(destination.clone()));
    put(["messaging.destination.name", "messaging.destination", "messaging.destination.name"], destination);
    let receives = span.receives.then(|| Sent::Text("receive".into()));
    put(["messaging.operation.type", "messaging.operation", "messaging.operation.type"], receives);
    put(["rpc.service"; 3], text(&span.rpc_service));
    put(["http.request.resend_count"; 3], (span.resend > 0).then(|| number(span.resend.into())));
    sent.extend(span.attributes.iter().map(|(key, value)| (key.as_str(), Sent::Text(value.clone()))));
    sent
}
