//! Real spans as text, one a line; what stands further right is below what stands further left:
//!
//! ```text
//! shop server POST_/order 0-100 http.response.status_code=500 E
//!   shop client POST 10-90 service.peer.name=cart
//! ```
//!
//! Service, kind, span name (`_` for a blank), times in milliseconds; then attributes, `E` or `OK` for the status, `exc=` an exception
//! event, `lost` for a parent that never came, `#label` and `link=label`, `host=` for `host.id`.

use std::sync::Arc;
use steelthread::catalogue::parse;
use steelthread::judge::{Context, HopLimit, Judge, PathMode, Trace};
use steelthread::model::{
    Attribute, HopId, Hops, Names, NothingKnown, RawLink, RawSpan, Shapes, SpanExtra, SpanRecord, TraceId, Value, Verdict,
};
use steelthread::tag::{Limits, TagWorker, Tagger};

/// The map that most shapes are judged by.
pub const MAP: &str = r#"
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: order
    title: Order
    threads: [{id: web, entry: {service: shop, kind: server, name: "POST /order"}}]
"#;

/// What was said about the execution of a trace.
pub struct Said {
    /// `None` if nothing in the trace is an execution.
    pub verdict: Option<Verdict>,
    hops: Hops,
    names: Arc<Names>,
}

/// How the same spans may be sent. No answer depends on it.
#[derive(Default)]
struct Sending {
    /// The last span first.
    backwards: bool,
    /// Added to all times, milliseconds.
    later: f64,
    /// Numbers as text.
    in_text: bool,
    /// Attributes by their names of another year.
    renamed: bool,
}

/// Names of one thing, each of another year.
const NAMES: [(&str, &str); 9] = [
    ("http.response.status_code", "http.status_code"),
    ("rpc.response.status_code", "rpc.grpc.status_code"),
    ("service.peer.name", "peer.service"),
    ("server.address", "net.peer.name"),
    ("server.port", "net.peer.port"),
    ("url.full", "http.url"),
    ("db.system.name", "db.system"),
    ("db.namespace", "db.name"),
    ("messaging.destination.name", "messaging.destination"),
];

/// Judges a trace by [`MAP`] with these lines below the capability.
pub fn judge_with(more: &str, text: &str) -> Said {
    let said = judge_sent(more, text, &Sending::default());
    let (plain, long) = (Sending::default, 86_400_000.0);
    for (how, sending) in [
        ("the order of arrival", Sending { backwards: true, ..plain() }),
        ("the time of day", Sending { later: long, ..plain() }),
        ("a number sent as text", Sending { in_text: true, ..plain() }),
        ("a name of another year", Sending { renamed: true, ..plain() }),
    ] {
        assert_eq!(said.answer(), judge_sent(more, text, &sending).answer(), "{how} changes nothing: {text}");
    }
    said
}

fn judge_sent(more: &str, text: &str, sending: &Sending) -> Said {
    let catalogue = Arc::new(parse("map.yaml", &format!("{MAP}{more}")).unwrap_or_else(|problems| panic!("{problems}")));
    let (names, shapes) = (Arc::new(Names::default()), Arc::new(Shapes::default()));
    let tagger = Tagger::new(Arc::clone(&catalogue), Arc::clone(&names), Arc::clone(&shapes), Limits::default());
    let (mut spans, mut extras) = tagged(&mut tagger.worker(), text, sending);
    if sending.backwards {
        spans.reverse();
        extras.reverse();
    }
    let (hops, limit) = (Hops::default(), HopLimit::default());
    let normal = &NothingKnown;
    let context = Context {
        catalogue: &catalogue,
        names: &names,
        shapes: &shapes,
        hops: &hops,
        limit: &limit,
        normal,
        path: PathMode::Default,
        skew: None,
    };
    let mut verdicts = Vec::new();
    let trace = Trace { id: TraceId(1), spans: &spans, extras: &extras };
    let fates = Judge::default().judge(&trace, &context, &mut |verdict| verdicts.push(verdict.clone()));
    assert_eq!(fates.received(), spans.len() as u64);
    assert!(verdicts.len() <= 1, "one execution: {verdicts:#?}");
    Said { verdict: verdicts.pop(), hops, names }
}

/// Judges a trace by [`MAP`].
pub fn judge(text: &str) -> Said {
    judge_with("", text)
}

impl Said {
    /// All of it: `failed: app_error at 'cart get' of cart (high); suppressed at 'ads'; slow: self_time at 'cart get' of cart`.
    pub fn answer(&self) -> String {
        let Some(verdict) = &self.verdict else { return "no execution".into() };
        let absorbed = verdict.absorbed.iter().map(|one| format!("{} at {}", one.kind.as_str(), self.hop(one.hop)));
        let slow = verdict.slow_blame.map(|blame| format!("slow: {} at {}", blame.cause.as_str(), self.hop(blame.hop)));
        [self.blame(verdict)].into_iter().chain(absorbed).chain(slow).collect::<Vec<_>>().join("; ")
    }

    fn blame(&self, verdict: &Verdict) -> String {
        let outcome = verdict.outcome.as_str();
        let Some(blame) = verdict.blame else { return outcome.into() };
        let evidence = blame.evidence.map_or(String::new(), |evidence| format!(", {}", evidence.as_str()));
        format!("{outcome}: {} at {} ({}{evidence})", blame.cause.as_str(), self.hop(blame.hop), blame.confidence.as_str())
    }

    pub fn suspects(&self) -> String {
        let suspects = self.verdict.iter().flat_map(|verdict| &verdict.suspects);
        suspects.map(|hop| self.hop(*hop)).collect::<Vec<_>>().join(", ")
    }

    fn hop(&self, id: HopId) -> String {
        let hop = self.hops.get(id);
        let (name, service) = (self.names.text(hop.hop), self.names.text(hop.service));
        if name == service { format!("'{name}'") } else { format!("'{name}' of {service}") }
    }
}

fn tagged(worker: &mut TagWorker, text: &str, sending: &Sending) -> (Vec<SpanRecord>, Vec<SpanExtra>) {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let (mut spans, mut extras, mut open) = (Vec::new(), Vec::new(), Vec::<(usize, u64)>::new());
    for (number, line) in (1_u64..).zip(&lines) {
        let indent = line.len() - line.trim_start().len();
        open.retain(|(outer, _)| *outer < indent);
        let lost = line.split_whitespace().any(|word| word == "lost").then_some(1 << 40);
        let parent = lost.or(open.last().map(|(_, id)| *id));
        open.push((indent, number));
        let tagged = tag_line(worker, (line, number, parent), &lines, sending);
        spans.push(tagged.record);
        extras.extend(tagged.extra);
    }
    (spans, extras)
}

fn tag_line(
    worker: &mut TagWorker,
    (line, id, parent): (&str, u64, Option<u64>),
    lines: &[&str],
    sending: &Sending,
) -> steelthread::tag::Tagged {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [service, kind, name, times, more @ ..] = &words[..] else { panic!("'{line}': service, kind, name, times") };
    let (start, end) = times.split_once('-').unwrap();
    let milliseconds = |text: &str| ((text.parse::<f64>().unwrap() + sending.later) * 1e6) as u64;
    let pairs = || more.iter().filter_map(|word| word.split_once('='));
    let find = |wanted: &str| pairs().find(|(key, _)| *key == wanted).map(|(_, value)| value);
    let attributes: Vec<Attribute<'_>> = pairs()
        .filter(|(key, _)| !["exc", "link", "host"].contains(key))
        .map(|(key, value)| attribute((if sending.renamed { renamed(key, line) } else { key }, value), sending.in_text))
        .collect();
    let kinds = ["", "internal", "server", "client", "producer", "consumer"];
    let (name, trace) = (name.replace('_', " "), [7_u8; 16]);
    let label = |number: &usize| lines[*number].split_whitespace().any(|word| word.strip_prefix('#') == find("link"));
    let linked = find("link").map(|_| ((0..lines.len()).find(label).unwrap() as u64 + 1).to_be_bytes());
    let links: Vec<RawLink<'_>> = linked.iter().map(|id| RawLink { trace_id: &trace, span_id: id }).collect();
    let mut resource = vec![attribute(("service.name", service), true)];
    resource.extend(find("host").map(|host| attribute(("host.id", host), true)));
    worker.resource(&resource);
    let raw = RawSpan {
        trace_id: &trace,
        span_id: &id.to_be_bytes(),
        parent_span_id: &parent.map_or([0; 8], u64::to_be_bytes),
        trace_state: b"",
        name: name.as_bytes(),
        kind: kinds.iter().position(|one| one == kind).unwrap() as i32,
        start_ns: milliseconds(start),
        end_ns: milliseconds(end),
        status: if more.contains(&"E") { 2 } else { i32::from(more.contains(&"OK")) },
        attributes: &attributes,
        links: &links,
        exception_type: find("exc").map(str::as_bytes),
    };
    worker.span(&raw).unwrap()
}

/// The other name of an attribute, if the span does not have both.
fn renamed<'a>(key: &'a str, line: &str) -> &'a str {
    let other = NAMES.iter().find_map(|(new, old)| match key {
        _ if key == *new => Some(*old),
        _ if key == *old => Some(*new),
        _ => None,
    });
    other.filter(|other| !line.contains(&format!("{other}="))).unwrap_or(key)
}

fn attribute<'a>((key, value): (&'a str, &'a str), in_text: bool) -> Attribute<'a> {
    let value = match (value.parse(), value) {
        (Ok(number), _) if !in_text => Value::Int(number),
        (_, "true" | "false") if !in_text => Value::Bool(value == "true"),
        _ => Value::Text(value.as_bytes()),
    };
    Attribute { key: key.as_bytes(), value }
}
