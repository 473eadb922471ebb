//! The stages in a row, each timed.

use std::sync::Arc;
use std::time::{Duration, Instant};
use steelthread::assemble::{Batch, Complete, Settings, Table, When};
use steelthread::catalogue::{self, Catalogue};
use steelthread::judge::{Context, HopLimit, Judge, PathMode, SkewLimit, Trace};
use steelthread::measure::{Ledger, Recent, SeriesLimits, Windows};
use steelthread::model::{Attribute, Fate, Fates, Hops, Names, NothingKnown, RawLink, RawSpan, Shapes, Value, Verdict};
use steelthread::query::Desk;
use steelthread::store::Keeper;
use steelthread::tag::{Limits, TagWorker, Tagger};

/// When spans are received, nanoseconds since 1970.
pub const NOW_NS: u64 = 1_791_194_400_000_000_000;

/// OTLP's numbers of span kinds.
pub const INTERNAL: i32 = 1;
/// Handles a request.
pub const SERVER: i32 = 2;
/// Makes one.
pub const CLIENT: i32 = 3;
/// Sends a message.
pub const PRODUCER: i32 = 4;
/// Handles one.
pub const CONSUMER: i32 = 5;

/// A span as its sender means it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// 0 is no id.
    pub id: u64,
    /// 0 is none.
    pub parent: u64,
    /// Another span of the trace, or 0.
    pub link: u64,
    /// OTLP's number.
    pub kind: i32,
    /// `service.name`.
    pub service: String,
    /// Span name.
    pub name: String,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
    /// OTLP's number.
    pub status: i32,
    /// Attributes.
    pub text: Vec<(&'static str, String)>,
}

/// What came of a trace.
#[derive(Debug, Default)]
pub struct Judged {
    /// The verdicts, if they were asked for; otherwise none.
    pub verdicts: Vec<Verdict>,
    /// How many there were.
    pub executions: u64,
    /// By stage: tag, assemble, judge, and counting and keeping the verdicts.
    pub times: [Duration; 4],
    /// Fates of its spans.
    pub fates: Fates,
}

/// One map, and all stages behind the wire.
pub struct Door {
    pub catalogue: Arc<Catalogue>,
    pub names: Arc<Names>,
    pub hops: Arc<Hops>,
    pub windows: Arc<Windows>,
    pub ledger: Arc<Ledger>,
    shapes: Arc<Shapes>,
    recent: Recent,
    table: Table,
    worker: TagWorker,
    limit: HopLimit,
    judge: Judge,
    next_trace: u128,
    /// Whether spans are moved where clocks disagree.
    pub skew: Option<SkewLimit>,
}

impl Door {
    /// By this map; at most so many hops a capability.
    pub fn new(map: &str, most_hops: usize) -> Self {
        let catalogue = Arc::new(catalogue::parse("map.yaml", map).unwrap_or_else(|problems| panic!("{problems}")));
        let (names, shapes, hops) = (Arc::new(Names::default()), Arc::new(Shapes::default()), Arc::new(Hops::default()));
        let tagger = Tagger::new(catalogue.clone(), names.clone(), shapes.clone(), Limits::default());
        Self {
            windows: Arc::new(Windows::new(hops.clone(), [], SeriesLimits::default())),
            worker: tagger.worker(),
            catalogue,
            names,
            hops,
            shapes,
            ledger: Arc::default(),
            recent: Recent::default(),
            table: Table::new(Settings::default()),
            limit: HopLimit::new(most_hops),
            judge: Judge::default(),
            next_trace: 1,
            skew: None,
        }
    }

    /// Sends these spans as one trace, in this order, and has it judged. `keep`: whether the verdicts are handed back.
    pub fn send(&mut self, spans: &[Span], keep: bool) -> Judged {
        let trace = self.next_trace;
        self.next_trace += 1;
        self.send_as(trace, spans, keep)
    }

    /// The same, as the trace with this id: twice the same one is late the second time.
    pub fn send_as(&mut self, trace: u128, spans: &[Span], keep: bool) -> Judged {
        let mut judged = Judged::default();
        for complete in self.assemble(trace, spans, &mut judged.times) {
            self.judge(&complete, keep, &mut judged);
        }
        judged
    }

    /// The first half: tagged and put together.
    pub fn assemble(&mut self, trace: u128, spans: &[Span], times: &mut [Duration; 4]) -> Vec<Complete> {
        let mut came = Fates::default();
        let begun = Instant::now();
        let mut batch = Batch::default();
        let id = trace.to_be_bytes();
        for span in spans {
            match tag(&mut self.worker, &id, span) {
                Some(tagged) => batch.push(tagged.trace, tagged.record, tagged.extra),
                None => came[Fate::Malformed] += 1,
            }
        }
        times[0] += begun.elapsed();
        let mut out = Vec::new();
        times[1] += timed(|| {
            let Ok(room) = self.table.admit(&batch, NOW_NS) else { return };
            let appended = self.table.append(&mut batch, room, When::of(NOW_NS));
            (came[Fate::InFlight], came[Fate::Late], came[Fate::OverLimit]) = (appended.kept, appended.late, appended.over_limit);
            (0..self.table.shards()).for_each(|shard| self.table.drain(shard, &mut out));
        });
        came[Fate::Shed] = spans.len() as u64 - came.received();
        self.ledger.received(&came);
        out
    }

    /// The second half: judged and counted.
    pub fn judge(&mut self, complete: &Complete, keep: bool, judged: &mut Judged) {
        let context = Context {
            catalogue: &self.catalogue,
            names: &self.names,
            shapes: &self.shapes,
            hops: &self.hops,
            limit: &self.limit,
            normal: &NothingKnown,
            path: PathMode::Default,
            skew: self.skew,
        };
        let trace = Trace { id: complete.trace, spans: &complete.spans, extras: &complete.extras };
        let (windows, recent) = (&self.windows, &self.recent);
        let Judged { verdicts, executions, times, fates } = judged;
        let begun = Instant::now();
        let mut counting = Duration::ZERO;
        let moved = self.judge.judge(&trace, &context, &mut |verdict| {
            *executions += 1;
            counting += timed(|| {
                windows.record_received(verdict, complete.received_ns);
                recent.record(verdict);
            });
            if keep {
                verdicts.push(verdict.clone());
            }
        });
        times[2] += begun.elapsed() - counting;
        times[3] += counting;
        self.ledger.moved(&moved);
        *fates += moved;
    }

    /// Where questions about all that was sent are answered.
    pub fn desk(&self) -> Desk {
        let keeper = Arc::new(Keeper::new(self.windows.clone(), None));
        let (names, hops) = (self.names.clone(), self.hops.clone());
        Desk::new(self.catalogue.capabilities(), names, hops, keeper, Some(self.ledger.clone()), None)
    }
}

fn timed(act: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    act();
    begun.elapsed()
}

fn tag(worker: &mut TagWorker, trace: &[u8; 16], span: &Span) -> Option<steelthread::tag::Tagged> {
    worker.resource(&[Attribute { key: b"service.name", value: Value::Text(span.service.as_bytes()) }]);
    let attributes: Vec<Attribute<'_>> =
        span.text.iter().map(|(key, text)| Attribute { key: key.as_bytes(), value: Value::Text(text.as_bytes()) }).collect();
    let (id, parent, link) = (span.id.to_be_bytes(), span.parent.to_be_bytes(), span.link.to_be_bytes());
    let links = [RawLink { trace_id: trace, span_id: &link }];
    let raw = RawSpan {
        trace_id: trace,
        span_id: &id,
        parent_span_id: &parent,
        trace_state: b"",
        name: span.name.as_bytes(),
        kind: span.kind,
        start_ns: span.start,
        end_ns: span.end,
        status: span.status,
        attributes: &attributes,
        links: if span.link == 0 { &[] } else { &links },
        exception_type: None,
    };
    worker.span(&raw).ok()
}
