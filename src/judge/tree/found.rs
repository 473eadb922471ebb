//! Which spans there are, each once, and who names whom as parent (E2, E5).

use super::NONE;
use crate::judge::Trace;
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
}

impl Stubs {
    /// Takes the spans of a trace; of those with the same id and kind the first received (E5).
    pub fn find(&mut self, trace: &Trace<'_>, shapes: &Shapes) {
        self.list.clear();
        for (at, span) in trace.spans.iter().enumerate() {
            let shape = shapes.get(span.shape);
            self.list.push(Stub {
                id: span.id,
                kind: shape.kind,
                record: at as u32,
                service: shape.service,
                entry: !shape.tags.entries.is_empty(),
                receives: shape.receives,
                parent: NONE,
                how: How::Root,
                lost: false,
                start: span.start_ns,
                end: span.end_ns.max(span.start_ns),
            });
        }
        self.list.sort_unstable_by_key(|stub| (stub.id, stub.kind, stub.record));
        self.list.dedup_by_key(|stub| (stub.id, stub.kind));
        self.duplicates = (trace.spans.len() - self.list.len()) as u64;
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
        let asker = match stub.kind {
            Kind::Server => Kind::Client,
            Kind::Consumer => Kind::Producer,
            _ => return None,
        };
        let at = self.list.binary_search_by_key(&(stub.id, asker), |other| (other.id, other.kind)).ok()?;
        Some(at as u32)
    }

    /// E5: of spans with one id the one of the child's own service; of those the one that answers, below which things happen.
    fn choose(&self, id: SpanId, child: &Stub) -> Option<u32> {
        let first = self.list.partition_point(|stub| stub.id < id);
        let same = self.list[first..].iter().take_while(|stub| stub.id == id).enumerate();
        let best = same.max_by_key(|(at, stub)| (stub.service == child.service, stub.answers(), usize::MAX - at));
        best.map(|(at, _)| (first + at) as u32)
    }
}
