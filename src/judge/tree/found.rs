//! Which spans there are, each once, and who names whom as parent (E2, E5).

use super::reading::Readings;
use super::{NONE, Node};
use crate::judge::Trace;
use crate::judge::class::Class;
use crate::model::{Kind, Name, Shapes, SpanId};

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

    /// Its parent never came.
    pub fn is_lost(&self) -> bool {
        self.lost
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

/// All of them, by id and kind.
#[derive(Debug, Default)]
pub struct Stubs {
    /// Sorted by id, then kind; no two are the same.
    pub list: Vec<Stub>,
    /// Spans that were there before.
    pub duplicates: u64,
    /// Id, kind and record of each span in one number: sorted faster than what they stand for.
    order: Vec<u128>,
    /// The ids of `list`, close together.
    ids: Vec<SpanId>,
}

impl Stubs {
    /// Takes the spans of a trace; of those with the same id and kind the first received (E5).
    pub fn find(&mut self, trace: &Trace<'_>, shapes: &Shapes, readings: &mut Readings) {
        self.order.clear();
        self.order.extend(trace.spans.iter().zip(0u32..).map(|(span, at)| {
            let kind = readings.of(span.shape, shapes).kind;
            u128::from(span.id.0) << 64 | u128::from(kind as u8) << 32 | u128::from(at)
        }));
        self.order.sort_unstable();
        self.order.dedup_by_key(|one| *one >> 32);
        self.duplicates = (trace.spans.len() - self.order.len()) as u64;
        self.list.clear();
        self.ids.clear();
        for record in self.order.iter().map(|one| *one as u32) {
            let span = &trace.spans[record as usize];
            let reading = readings.of(span.shape, shapes);
            self.ids.push(span.id);
            self.list.push(Stub {
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
            });
        }
    }

    /// Finds each span's parent (E2).
    pub fn find_parents(&mut self, trace: &Trace<'_>) {
        for at in 0..self.list.len() {
            let (parent, how) = self.parent_of(at, trace.spans[self.list[at].record as usize].parent);
            let stub = &mut self.list[at];
            (stub.parent, stub.how, stub.lost) = (parent, how, how == How::Lost);
        }
    }

    fn parent_of(&self, at: usize, named: SpanId) -> (u32, How) {
        let stub = &self.list[at];
        if let Some(asker) = self.asker_of_same_id(at) {
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
    fn asker_of_same_id(&self, at: usize) -> Option<u32> {
        let stub = &self.list[at];
        let asker = match stub.kind {
            Kind::Server => Kind::Client,
            Kind::Consumer => Kind::Producer,
            _ => return None,
        };
        // Those of one id stand side by side, one of a kind.
        let (before, after) = (self.list[..at].iter().rev(), self.list[at + 1..].iter());
        let same = |other: &&Stub| other.id == stub.id;
        let is_asker = |other: &Stub| other.kind == asker;
        let below = before.take_while(same).position(is_asker).map(|steps| at - 1 - steps);
        let found = below.or_else(|| after.take_while(same).position(is_asker).map(|steps| at + 1 + steps));
        found.map(|at| at as u32)
    }

    /// E5: of spans with one id the one of the child's own service; of those the one that answers, below which things happen.
    fn choose(&self, id: SpanId, child: &Stub) -> Option<u32> {
        let first = self.ids.partition_point(|one| *one < id);
        let same = self.list[first..].iter().take_while(|stub| stub.id == id).enumerate();
        let best = same.max_by_key(|(at, stub)| (stub.service == child.service, stub.answers(), usize::MAX - at));
        best.map(|(at, _)| (first + at) as u32)
    }
}
