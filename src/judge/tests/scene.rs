//! Traces as text, and what the judge says about them.
//!
//! One span a line; what stands further right is below what stands further left:
//!
//! ```text
//! shop server 0-100 E entry
//!   shop client 10-90 >cart http=503
//! ```
//!
//! Words after the times: `E` and `OK` set the status, `entry` claims capability `buy` (`entry=other` another one), `http=`, `grpc=`,
//! `type=` (error type), `flag` (error=true), `>name` (name of the peer's service), `to=` (text of the peer), `name=` (span name), `op=`
//! (what is asked for), `host=`, `resend`, `receives`, `#label`, `link=label`, `parent=` (a number: a parent that never came; a label:
//! that span), `id=label` (the same id as that span), `th=` (sampling threshold), `key:value` (an attribute).

use crate::catalogue::{self, Catalogue, Field, Scope};
use crate::judge::{Context, HopLimit, Judge, PathMode, SkewLimit, Trace};
use crate::model::{
    Fates, GrpcCode, Hops, Kind, Name, Names, Normal, NothingKnown, Shape, Shapes, SpanExtra, SpanId, SpanRecord, Status,
    TraceId, Value, Verdict,
};
use std::collections::HashMap;

/// The smallest map.
pub const BUY: &str = "\
apiVersion: steelthread/v1
kind: CapabilityMap
capabilities:
  - id: buy
    title: Buy
";

/// A place where traces are judged.
pub struct Scene {
    pub catalogue: Catalogue,
    pub names: Names,
    pub shapes: Shapes,
    pub hops: Hops,
    pub limit: HopLimit,
    pub path: PathMode,
    pub skew: Option<SkewLimit>,
    pub normal: Box<dyn Normal>,
}

impl Scene {
    /// With this map.
    pub fn new(map: &str) -> Self {
        let catalogue = catalogue::parse("map.yaml", map).unwrap_or_else(|problems| panic!("{problems}"));
        Self {
            catalogue,
            names: Names::default(),
            shapes: Shapes::default(),
            hops: Hops::default(),
            limit: HopLimit::default(),
            path: PathMode::Default,
            skew: None,
            normal: Box::new(NothingKnown),
        }
    }

    /// With `buy` and more lines below it, such as hops.
    pub fn with(more: &str) -> Self {
        Self::new(&format!("{BUY}{more}"))
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            catalogue: &self.catalogue,
            names: &self.names,
            shapes: &self.shapes,
            hops: &self.hops,
            limit: &self.limit,
            normal: self.normal.as_ref(),
            path: self.path,
            skew: self.skew,
        }
    }

    /// Reads a trace.
    pub fn trace(&self, text: &str) -> Told {
        let mut reader = Reader { scene: self, labels: HashMap::new(), open: Vec::new(), told: Told::default() };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        for (number, line) in lines.iter().enumerate() {
            if let Some(label) = line.split_whitespace().find_map(|word| word.strip_prefix('#')) {
                reader.labels.insert(label.into(), number as u64 + 1);
            }
        }
        for (number, line) in lines.iter().enumerate() {
            reader.line(number as u64 + 1, line);
        }
        reader.told
    }

    /// Judges what was read.
    pub fn judge_trace(&self, told: &Told) -> (Vec<Verdict>, Fates) {
        let mut verdicts = Vec::new();
        let fates = Judge::default().judge(&told.trace(), &self.context(), &mut |verdict| verdicts.push(verdict.clone()));
        (verdicts, fates)
    }

    /// Reads and judges.
    pub fn judge(&self, text: &str) -> (Vec<Verdict>, Fates) {
        self.judge_trace(&self.trace(text))
    }

    /// Reads and judges a trace with one execution.
    pub fn one(&self, text: &str) -> Verdict {
        let (mut verdicts, _) = self.judge(text);
        assert_eq!(verdicts.len(), 1, "{verdicts:#?}");
        verdicts.remove(0)
    }

    /// `failed: app_error at 'cart get' of cart (high, B5)`, or the outcome alone.
    pub fn blame(&self, text: &str) -> String {
        self.say(&self.one(text))
    }

    pub fn say(&self, verdict: &Verdict) -> String {
        let outcome = verdict.outcome.as_str();
        let Some(blame) = verdict.blame else {
            return outcome.into();
        };
        let evidence = blame.evidence.map_or(String::new(), |evidence| format!(", {}", evidence.as_str()));
        let (hop, cause) = (self.hop(blame.hop), blame.cause.as_str());
        format!("{outcome}: {cause} at {hop} ({}, B{}{evidence})", blame.confidence.as_str(), blame.rule)
    }

    /// `'cart get' of cart`; a hop that is called like its service by that name alone.
    pub fn hop(&self, id: crate::model::HopId) -> String {
        let hop = self.hops.get(id);
        let (name, service) = (self.names.text(hop.hop), self.names.text(hop.service));
        if name == service { format!("'{name}'") } else { format!("'{name}' of {service}") }
    }

    /// Suspects, comma-separated.
    pub fn suspects(&self, verdict: &Verdict) -> String {
        verdict.suspects.iter().map(|hop| self.hop(*hop)).collect::<Vec<_>>().join(", ")
    }

    /// Absorbed errors, comma-separated: `masked_retry at 'cart'`.
    pub fn absorbed(&self, verdict: &Verdict) -> String {
        let one = |one: &crate::model::Absorbed| format!("{} at {}", one.kind.as_str(), self.hop(one.hop));
        verdict.absorbed.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Critical path: `self 0-10 'shop' | gap 10-20 'cart'`.
    pub fn path(&self, verdict: &Verdict) -> String {
        let one =
            |one: &crate::model::Section| format!("{} {}-{} {}", one.kind.as_str(), one.start_ns, one.end_ns, self.hop(one.hop));
        verdict.critical_path.iter().map(one).collect::<Vec<_>>().join(" | ")
    }

    /// Uses of a hop: `calls/errors/retries/missing`.
    pub fn uses(&self, verdict: &Verdict, hop: &str) -> String {
        let found = verdict.hops.iter().find(|one| self.names.text(self.hops.get(one.hop).hop) == hop);
        found.map_or("none".into(), |one| format!("{}/{}/{}/{}", one.calls, one.errors, one.retries, one.missing))
    }
}

/// A trace that was read.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub spans: Vec<SpanRecord>,
    pub extras: Vec<SpanExtra>,
}

impl Told {
    pub fn trace(&self) -> Trace<'_> {
        Trace { id: TraceId(7), spans: &self.spans, extras: &self.extras }
    }
}

struct Reader<'a> {
    scene: &'a Scene,
    labels: HashMap<String, u64>,
    open: Vec<(usize, u64)>,
    told: Told,
}

impl Reader<'_> {
    fn line(&mut self, number: u64, line: &str) {
        let indent = line.len() - line.trim_start().len();
        self.open.retain(|(outer, _)| *outer < indent);
        let parent = self.open.last().map_or(0, |(_, id)| *id);
        let words: Vec<&str> = line.split_whitespace().collect();
        let [service, kind, times, more @ ..] = &words[..] else { panic!("'{line}': service, kind, times") };
        let (start, end) = times.split_once('-').unwrap();
        let id = self.value(more, "id").map_or(number, |label| self.labels[label]);
        self.open.push((indent, id));
        let parent = self
            .value(more, "parent")
            .map_or(parent, |label| self.labels.get(label).copied().unwrap_or_else(|| 9_000_000 + label.parse::<u64>().unwrap()));
        let link = self.value(more, "link").map_or(0, |label| self.labels[label]);
        let threshold = self.value(more, "th").map_or(0, |threshold| u64::from_str_radix(threshold, 16).unwrap());
        let extra = link != 0 || threshold != 0;
        if extra {
            self.told.extras.push(SpanExtra { span: SpanId(id), link: SpanId(link), threshold });
        }
        let shape = self.shape(service, kind, more);
        let operation = self.value(more, "op").map_or(0, |text| text.parse().unwrap());
        self.told.spans.push(SpanRecord {
            id: SpanId(id),
            parent: SpanId(parent),
            start_ns: start.parse().unwrap(),
            end_ns: end.parse().unwrap(),
            shape: self.scene.shapes.push(shape),
            operation,
            host: self.value(more, "host").map_or(0, |text| text.parse().unwrap()),
            flags: if extra { SpanRecord::EXTRA } else { 0 },
        });
    }

    fn value<'b>(&self, words: &[&'b str], key: &str) -> Option<&'b str> {
        words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    fn shape(&self, service: &str, kind: &str, words: &[&str]) -> Shape {
        let names = &self.scene.names;
        let intern = |text: &str| names.intern(text.as_bytes());
        let kind = [Kind::Internal, Kind::Server, Kind::Client, Kind::Producer, Kind::Consumer]
            .into_iter()
            .find(|one| one.as_str() == kind)
            .unwrap_or_else(|| panic!("kind '{kind}'"));
        let span_name = self.value(words, "name").unwrap_or(if kind.asks() { "call" } else { "do" });
        let mut shape = Shape::plain(intern(service), intern(span_name), kind);
        let has = |word: &str| words.contains(&word);
        shape.status = if has("E") {
            Status::Error
        } else if has("OK") {
            Status::Ok
        } else {
            Status::Unset
        };
        shape.http_status = self.value(words, "http").map_or(0, |code| code.parse().unwrap());
        shape.grpc_code = self.value(words, "grpc").map(|code| GrpcCode(code.parse().unwrap()));
        (shape.resend, shape.receives) = (has("resend"), has("receives"));
        let error_type = self.value(words, "type").unwrap_or("");
        shape.error_type = intern(error_type);
        shape.error_flag = has("flag") || !error_type.is_empty();
        let error_type = error_type.to_ascii_lowercase();
        shape.says_timeout = ["timeout", "timedout", "deadline"].iter().any(|word| error_type.contains(word));
        shape.says_unreachable = ["refused", "nosuchhost", "unreach"].iter().any(|word| error_type.contains(word));
        shape.says_cancelled = ["cancel", "abort"].iter().any(|word| error_type.contains(word));
        self.name_peer(&mut shape, service, words);
        self.tag(&mut shape, service, span_name, words);
        shape
    }

    fn name_peer(&self, shape: &mut Shape, service: &str, words: &[&str]) {
        if !shape.kind.asks() {
            return;
        }
        let intern = |text: &str| self.scene.names.intern(text.as_bytes());
        shape.peer_services = words.iter().filter_map(|word| word.strip_prefix('>')).map(intern).collect();
        let peer = shape.peer_services.first().copied().or(self.value(words, "to").map(intern));
        shape.peer = peer.unwrap_or_else(|| intern(&format!("unknown@{service}")));
    }

    /// What the tagger does, for the tests that maps in these tests make.
    fn tag(&self, shape: &mut Shape, service: &str, name: &str, words: &[&str]) {
        let catalogue = &self.scene.catalogue;
        let mut facts = Vec::new();
        catalogue.facts_of_field(Field::Service, &[service], &mut facts);
        catalogue.facts_of_field(Field::Name, &[name], &mut facts);
        catalogue.facts_of_field(Field::Namespace, &[], &mut facts);
        let text = |name: &Name| self.scene.names.text(*name).to_owned();
        let mut peers: Vec<String> = shape.peer_services.iter().map(text).collect();
        peers.extend(self.value(words, "to").map(|peer| crate::judge::hops::host_of(peer).to_owned()));
        let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
        catalogue.facts_of_field(Field::Peer, &peers, &mut facts);
        for (number, key) in catalogue.keys(Scope::Span).iter().enumerate() {
            let value = words.iter().find_map(|word| word.strip_prefix(key.as_str())?.strip_prefix(':'));
            let value = value.map(|value| Value::Text(value.as_bytes()));
            catalogue.facts_of_attribute(Scope::Span, number, value.as_ref(), &mut facts);
        }
        facts.sort_unstable();
        facts.dedup();
        let entry = words.iter().find_map(|word| if *word == "entry" { Some("buy") } else { word.strip_prefix("entry=") });
        shape.tags = catalogue.tags_of(shape.kind, &facts, entry.map(|capability| (capability, None)));
        shape.facts = facts.into();
    }
}
