//! A case: a system, a quiet time, then a fault or none; through the pipeline, and explained.

use super::dice::Dice;
use super::fault::{Fault, Kind};
use super::system::{Style, System};
use super::traffic::{Span, Walk};
use std::sync::Arc;
use steelthread::catalogue::{self, Catalogue};
use steelthread::judge::{Context, HopLimit, Judge, PathMode, Trace};
use steelthread::measure::{SeriesLimits, Windows};
use steelthread::model::{Attribute, Hops, Names, NothingKnown, RawSpan, Shapes, TraceId, Value, Verdict};
use steelthread::query::{Answers, Between, Desk, ExplainQuestion, Explanation, Level};
use steelthread::store::Keeper;
use steelthread::tag::{Limits, Tagger};

/// 2026-10-05T10:00:00Z.
pub const START_NS: u64 = 1_791_194_400_000_000_000;

/// A second, nanoseconds.
pub const SECOND_NS: u64 = 1_000_000_000;

/// What each case's map says.
pub const MAP: &str = "apiVersion: steelthread/v1\nkind: CapabilityMap\ncapabilities:\n  - id: use\n    threads:\n      - id: web\n        \
                       entry: {service: svc-00, kind: server}\n";

/// A case that is drawn, not yet played.
pub struct Case {
    /// What it is drawn from.
    pub seed: u64,
    /// The system.
    pub system: System,
    /// What is wrong in the range.
    pub fault: Option<Fault>,
    /// Something else that was wrong in the quiet time.
    pub earlier: Option<Fault>,
    /// Seconds before the range.
    pub before_s: u64,
    /// Seconds of the range.
    pub range_s: u64,
    /// Requests a second.
    pub rate: f64,
    dice: Dice,
}

/// What came of a case.
pub struct Played {
    /// The answer at service level.
    pub answer: Explanation,
    /// All verdicts.
    pub verdicts: usize,
}

impl Case {
    /// From a seed; `kind` of the fault, if there is to be one. `None` if the system has no place for it.
    pub fn draw(seed: u64, kind: Option<Kind>) -> Option<Self> {
        let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let system = System::draw(&mut dice);
        let fault = match kind {
            Some(kind) => Some(Fault::draw(kind, &system, &mut dice)?),
            None => None,
        };
        let earlier = if dice.hit(0.4) { Fault::draw(Kind::ALL[dice.below(14)], &system, &mut dice) } else { None };
        let before_s = [300, 600, 1200][dice.below(3)];
        let range_s = [60, 120, 180][dice.below(3)];
        let rate = dice.scale(50.0, 400.0) / range_s as f64;
        Some(Self { seed, system, fault, earlier, before_s, range_s, rate, dice })
    }

    /// Begin and end of the range, nanoseconds.
    pub fn range(&self) -> Between {
        let from_ns = START_NS + self.before_s * SECOND_NS;
        Between { from_ns, to_ns: from_ns + self.range_s * SECOND_NS }
    }

    /// Who should be found.
    pub fn label(&self) -> Option<String> {
        self.fault.as_ref().map(|fault| fault.label(&self.system))
    }

    /// All traces, in the order of their begin.
    pub fn traces(&self) -> Vec<Vec<Span>> {
        let mut dice = self.dice.clone();
        let mut mood = vec![0.0f64; self.system.services];
        let (mut traces, mut at_s, mut slice) = (Vec::new(), 0.0, u64::MAX);
        let weights: Vec<f64> = self.system.entries.iter().map(|(_, often)| *often).collect();
        let mut mix = weights.clone();
        loop {
            at_s += -dice.part().max(1e-12).ln() / self.rate;
            if at_s >= (self.before_s + self.range_s) as f64 {
                return traces;
            }
            if (at_s / 10.0) as u64 != slice {
                slice = (at_s / 10.0) as u64;
                mood.iter_mut().for_each(|one| *one = 0.8 * *one + 0.6 * self.system.unrest * dice.bell());
                mix.iter_mut().zip(&weights).for_each(|(one, usual)| *one = usual * (0.2 * dice.bell()).exp());
            }
            let factors: Vec<f64> = mood.iter().map(|one| one.exp()).collect();
            let entry = self.system.entries[pick(&mix, &mut dice)].0;
            let fault = self.in_force(at_s);
            traces.push(Walk::request(&self.system, fault, &factors, &mut dice, entry, START_NS + (at_s * 1e9) as u64));
        }
    }

    fn in_force(&self, at_s: f64) -> Option<&Fault> {
        let before_s = self.before_s as f64;
        match at_s {
            _ if at_s >= before_s => self.fault.as_ref(),
            _ if (0.3 * before_s..0.5 * before_s).contains(&at_s) => self.earlier.as_ref(),
            _ => None,
        }
    }

    /// Through the pipeline.
    pub fn play(&self, each: &mut dyn FnMut(&Verdict, &Names, &Hops)) -> Played {
        let catalogue = Arc::new(catalogue::parse("map.yaml", MAP).unwrap());
        let mut line = Line::new(&catalogue);
        let mut verdicts = 0;
        for (number, spans) in (1..).zip(self.traces()) {
            line.judge(self.system.style, number, &spans, &mut |verdict, names, hops| {
                verdicts += 1;
                each(verdict, names, hops);
            });
        }
        let keeper = Arc::new(Keeper::new(line.windows.clone(), None));
        let desk = Desk::new(catalogue.capabilities(), line.names.clone(), line.hops.clone(), keeper, None, None);
        let question =
            ExplainQuestion { capability: "use".into(), between: Some(self.range()), baseline: None, level: Level::Service };
        Played { answer: desk.explain(&question).unwrap(), verdicts }
    }
}

fn pick(weights: &[f64], dice: &mut Dice) -> usize {
    let mut lot = dice.part() * weights.iter().sum::<f64>();
    for (at, weight) in weights.iter().enumerate() {
        lot -= weight;
        if lot <= 0.0 {
            return at;
        }
    }
    weights.len() - 1
}

/// Tag, judge, measure.
struct Line {
    catalogue: Arc<Catalogue>,
    names: Arc<Names>,
    shapes: Arc<Shapes>,
    hops: Arc<Hops>,
    windows: Arc<Windows>,
    tagger: Arc<Tagger>,
    limit: HopLimit,
    judge: Judge,
}

impl Line {
    fn new(catalogue: &Arc<Catalogue>) -> Self {
        let (names, shapes, hops) = (Arc::new(Names::default()), Arc::new(Shapes::default()), Arc::new(Hops::default()));
        let capability = names.intern(b"use");
        let windows = Windows::new(hops.clone(), [(capability, Vec::new())], SeriesLimits::default());
        let tagger = Tagger::new(catalogue.clone(), names.clone(), shapes.clone(), Limits::default());
        Self {
            catalogue: catalogue.clone(),
            names,
            shapes,
            hops,
            windows: Arc::new(windows),
            tagger,
            limit: HopLimit::default(),
            judge: Judge::default(),
        }
    }

    fn judge(&mut self, style: Style, number: u128, spans: &[Span], each: &mut dyn FnMut(&Verdict, &Names, &Hops)) {
        let (mut records, mut extras) = (Vec::new(), Vec::new());
        let mut worker = self.tagger.worker();
        for span in spans {
            let service = format!("svc-{:02}", span.service);
            worker.resource(&[Attribute { key: b"service.name", value: Value::Text(service.as_bytes()) }]);
            let tagged = written(style, number, span, &mut |raw| worker.span(raw).unwrap());
            extras.extend(tagged.extra);
            records.push(tagged.record);
        }
        let trace = Trace { id: TraceId(number), spans: &records, extras: &extras };
        let context = Context {
            catalogue: &self.catalogue,
            names: &self.names,
            shapes: &self.shapes,
            hops: &self.hops,
            limit: &self.limit,
            normal: &NothingKnown,
            path: PathMode::Default,
            skew: None,
        };
        let windows = &self.windows;
        self.judge.judge(&trace, &context, &mut |verdict| {
            windows.record(verdict);
            each(verdict, &self.names, &self.hops);
        });
    }
}

/// Attributes of a span: key, and text or number.
pub fn attributes(style: Style, span: &Span) -> Vec<(&'static str, Result<String, i64>)> {
    let mut list = Vec::new();
    if let (Some((address, _)), true) = (&span.peer, span.database) {
        list.extend([("db.system", Ok("postgresql".into())), ("server.address", Ok(address.clone()))]);
        return list;
    }
    if let (Some(kind), true) = (span.error_type, style != Style::Bare) {
        list.push(("error.type", Ok(kind.into())));
    }
    let answered = span.error_type.is_none();
    match (style, &span.peer) {
        (Style::Http, peer) => {
            list.push(("http.request.method", Ok("GET".into())));
            list.extend(peer.iter().map(|(address, _)| ("server.address", Ok(address.clone()))));
            list.extend(answered.then_some(("http.response.status_code", Err(if span.error { 500 } else { 200 }))));
        }
        (Style::Rpc, peer) => {
            list.push(("rpc.system", Ok("grpc".into())));
            list.extend(peer.iter().map(|(_, service)| ("rpc.service", Ok(service.clone()))));
            let unavailable = if span.error_type == Some("timeout") { 4 } else { 14 };
            let code = if answered { if span.error { 13 } else { 0 } } else { unavailable };
            list.push(("rpc.grpc.status_code", Err(code)));
        }
        (Style::Bare, _) => {}
    }
    list
}

/// Number of the status of a span on the wire.
pub fn status(style: Style, span: &Span) -> i32 {
    if span.error && style != Style::Bare { 2 } else { 0 }
}

fn written<T>(style: Style, number: u128, span: &Span, send: &mut dyn FnMut(&RawSpan<'_>) -> T) -> T {
    let attributes = attributes(style, span);
    let attributes: Vec<Attribute<'_>> = attributes
        .iter()
        .map(|(key, value)| {
            let value = match value {
                Ok(text) => Value::Text(text.as_bytes()),
                Err(number) => Value::Int(*number),
            };
            Attribute { key: key.as_bytes(), value }
        })
        .collect();
    send(&RawSpan {
        trace_id: &number.to_be_bytes(),
        span_id: &span.id.to_be_bytes(),
        parent_span_id: &span.parent.to_be_bytes(),
        trace_state: b"",
        name: span.name.as_bytes(),
        kind: span.kind,
        start_ns: span.start_ns,
        end_ns: span.end_ns,
        status: status(style, span),
        attributes: &attributes,
        links: &[],
        exception_type: None,
    })
}
