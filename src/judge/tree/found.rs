//! Which spans there are, each once, and who names whom as parent (E2, E5).
//!
//! Spans are numbered as siblings are to stand: by their starts. So one sort is all that a forest needs, and where every parent has a
//! smaller number than its children, which is nearly always so, there can be no cycle.

use super::ids::Ids;
use super::reading::{Reading, Readings};
use super::{NONE, Node};
use crate::judge::Trace;
use crate::judge::class::Class;
use crate::model::{Kind, Name, Shapes, SpanId, SpanRecord};
use std::cmp::Reverse;

/// Why a span has the parent it has, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It names none, or itself.
    Root,
    /// It names one that is there.
    Child,
    /// It names one that never came.
    Lost,
    /// It was cut off a cycle.
    Cut,
    /// By a link (E4).
    Linked,
    /// By a guess (E3).
    Guessed,
}

/// A span that is looking for its place.
#[derive(Debug, Clone)]
pub struct Stub {
    /// Its id.
    pub id: SpanId,
    /// Span kind.
    pub kind: Kind,
    /// Position in the trace.
    pub record: u32,
    /// `service.name`.
    pub service: Name,
    /// It is an entry of some capability.
    pub entry: bool,
    /// A messaging receive.
    pub receives: bool,
    /// As a span inside an execution.
    pub class: Class,
    /// Of [`Node`]: those that its shape has.
    pub flags: u16,
    /// Its parent, or [`NONE`].
    pub parent: u32,
    /// Why.
    pub how: How,
    /// Its parent as it named it never came, whatever was made of that.
    pub lost: bool,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
}

impl Stub {
    /// An order that does not depend on the order of arrival.
    pub fn rank(&self) -> (u64, SpanId, Kind) {
        (self.start, self.id, self.kind)
    }

    fn new(span: &SpanRecord, record: u32, reading: Reading) -> Self {
        Self {
            id: span.id,
            kind: reading.kind,
            record,
            service: reading.service,
            entry: reading.flags & Node::ENTRY != 0,
            receives: reading.flags & Node::RECEIVES != 0,
            class: reading.class,
            flags: reading.flags,
            parent: NONE,
            how: How::Root,
            lost: false,
            start: span.start_ns,
            end: span.end_ns.max(span.start_ns),
        }
    }

    /// CLIENT or PRODUCER that waits for an answer.
    pub fn asks(&self) -> bool {
        self.kind.asks() && !self.receives
    }

    /// SERVER or CONSUMER.
    pub fn answers(&self) -> bool {
        matches!(self.kind, Kind::Server | Kind::Consumer)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct Stubs {
    /// In the order of [`Stub::rank`]; no two have the same id and kind.
    pub list: Vec<Stub>,
    /// Spans that were there before.
    pub duplicates: u64,
    /// Whether some span's parent never came.
    pub lost: bool,
    /// Whether some span's parent comes after it in `list`: there may be cycles.
    pub backward: bool,
    /// Start and record of each span.
    order: Vec<(u64, u32)>,
    /// The first record of each id.
    ids: Ids,
    /// By record: position in `list`.
    numbers: Vec<u32>,
    /// Further spans of an id, of other kinds (E5): id, kind and record, sorted. Most traces have none.
    twins: Vec<(SpanId, Kind, u32)>,
}

impl Stubs {
    /// Takes the spans of a trace; of those with the same id and kind the first received (E5).
    pub fn find(&mut self, trace: &Trace<'_>, shapes: &Shapes, readings: &mut Readings) {
        self.sort(trace, shapes, readings);
        self.list.clear();
        self.numbers.clear();
        self.numbers.resize(trace.spans.len(), NONE);
        for &(_, record) in &self.order {
            let span = &trace.spans[record as usize];
            self.numbers[record as usize] = self.list.len() as u32;
            self.list.push(Stub::new(span, record, readings.of(span.shape, shapes)));
        }
    }

    /// Writes down who is there, in the order of ranks.
    fn sort(&mut self, trace: &Trace<'_>, shapes: &Shapes, readings: &mut Readings) {
        let Self { order, ids, twins, .. } = self;
        let mut kind_of = |record: u32| readings.of(trace.spans[record as usize].shape, shapes).kind;
        order.clear();
        twins.clear();
        ids.clear(trace.spans.len());
        for (span, record) in trace.spans.iter().zip(0u32..) {
            match ids.put(span.id, record) {
                None => order.push((span.start_ns, record)),
                Some(first) if kind_of(first) == kind_of(record) => {}
                Some(_) => twins.push((span.id, kind_of(record), record)),
            }
        }
        twins.sort_unstable();
        twins.dedup_by_key(|(id, kind, _)| (*id, *kind));
        order.extend(twins.iter().map(|(_, _, record)| (trace.spans[*record as usize].start_ns, *record)));
        order.sort_unstable();
        // What began together is ordered by more than by chance.
        for together in order.chunk_by_mut(|one, next| one.0 == next.0).filter(|run| run.len() > 1) {
            together.sort_unstable_by_key(|(_, record)| (trace.spans[*record as usize].id, kind_of(*record)));
        }
        self.duplicates = (trace.spans.len() - self.order.len()) as u64;
    }

    /// Finds each span's parent (E2).
    pub fn find_parents(&mut self, trace: &Trace<'_>) {
        (self.lost, self.backward) = (false, false);
        for at in 0..self.list.len() {
            let (parent, how) = self.parent_of(at, trace.spans[self.list[at].record as usize].parent);
            let stub = &mut self.list[at];
            (stub.parent, stub.how, stub.lost) = (parent, how, how == How::Lost);
            self.lost |= stub.lost;
            self.backward |= how == How::Child && parent as usize >= at;
        }
    }

    fn parent_of(&self, at: usize, named: SpanId) -> (u32, How) {
        let stub = &self.list[at];
        if let Some(asker) = self.asker_of_same_id(stub) {
            return (asker, How::Child);
        }
        if named == SpanId::NONE || named == stub.id {
            return (NONE, How::Root);
        }
        match self.choose(named, stub) {
            Some(parent) => (parent, How::Child),
            None => (NONE, How::Lost),
        }
    }

    /// E5: a SERVER with the id of a CLIENT is its child; likewise a CONSUMER with the id of a PRODUCER.
    fn asker_of_same_id(&self, stub: &Stub) -> Option<u32> {
        if self.twins.is_empty() {
            return None;
        }
        let asker = match stub.kind {
            Kind::Server => Kind::Client,
            Kind::Consumer => Kind::Producer,
            _ => return None,
        };
        self.of_id(stub.id).find(|&at| self.list[at as usize].kind == asker)
    }

    /// E5: of spans with one id the one of the child's own service; of those the one that answers, below which things happen.
    fn choose(&self, id: SpanId, child: &Stub) -> Option<u32> {
        if self.twins.is_empty() {
            return self.ids.find(id).map(|record| self.numbers[record as usize]);
        }
        let rating = |stub: &Stub| (stub.service == child.service, stub.answers(), Reverse(stub.kind));
        self.of_id(id).max_by_key(|&at| rating(&self.list[at as usize]))
    }

    /// All spans of this id, one of a kind.
    pub fn of_id(&self, id: SpanId) -> impl Iterator<Item = u32> {
        let twins = &self.twins[self.twins.partition_point(|twin| twin.0 < id)..];
        let twins = twins.iter().take_while(move |twin| twin.0 == id).map(|twin| twin.2);
        self.ids.find(id).into_iter().chain(twins).map(|record| self.numbers[record as usize])
    }
}
