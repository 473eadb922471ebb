#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aliases;
mod codes;
mod hashes;
mod limits;
mod oracle;
mod peers;
mod records;
mod words;

use super::{Limits, TagWorker, Tagged, Tagger};
use crate::catalogue::Catalogue;
use crate::model::{Attribute, Name, Names, RawLink, RawSpan, Shape, Shapes, Value};
use std::sync::Arc;

/// A tagger with one worker.
pub struct Desk {
    pub names: Arc<Names>,
    pub shapes: Arc<Shapes>,
    pub tagger: Arc<Tagger>,
    pub worker: TagWorker,
}

impl Default for Desk {
    fn default() -> Self {
        Self::with(Catalogue::default(), Names::default(), Limits::default())
    }
}

impl Desk {
    pub fn with(catalogue: Catalogue, names: Names, limits: Limits) -> Self {
        let (names, shapes) = (Arc::new(names), Arc::new(Shapes::default()));
        let tagger = Tagger::new(Arc::new(catalogue), Arc::clone(&names), Arc::clone(&shapes), limits);
        let worker = tagger.worker();
        Self { names, shapes, tagger, worker }
    }

    pub fn resource(&mut self, attributes: &[(&str, Value<'_>)]) {
        let attributes: Vec<_> = attributes.iter().map(|(key, value)| Attribute { key: key.as_bytes(), value: *value }).collect();
        self.worker.resource(&attributes);
    }

    pub fn tag(&mut self, sent: &Sent) -> Tagged {
        sent.hand_over(|span| self.worker.span(span)).unwrap()
    }

    pub fn shape(&mut self, sent: &Sent) -> Shape {
        let tagged = self.tag(sent);
        self.shapes.get(tagged.record.shape).clone()
    }

    pub fn text(&self, name: Name) -> String {
        self.names.text(name).to_string()
    }

    /// How the peer of this span is called.
    pub fn peer(&mut self, sent: &Sent) -> String {
        let peer = self.shape(sent).peer;
        self.text(peer)
    }
}

/// A span as a test writes it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub trace: Vec<u8>,
    pub id: Vec<u8>,
    pub parent: Vec<u8>,
    pub name: &'static str,
    pub kind: i32,
    pub status: i32,
    pub times: (u64, u64),
    pub state: &'static str,
    pub attributes: Vec<(&'static str, Value<'static>)>,
    pub links: Vec<(Vec<u8>, Vec<u8>)>,
    pub exception: Option<&'static str>,
}

pub const INTERNAL: i32 = 1;
pub const SERVER: i32 = 2;
pub const CLIENT: i32 = 3;
pub const PRODUCER: i32 = 4;
pub const CONSUMER: i32 = 5;

pub fn span(kind: i32) -> Sent {
    Sent {
        trace: vec![7; 16],
        id: vec![9; 8],
        parent: Vec::new(),
        name: "pay",
        kind,
        status: 0,
        times: (10, 20),
        state: "",
        attributes: Vec::new(),
        links: Vec::new(),
        exception: None,
    }
}

pub fn text(text: &'static str) -> Value<'static> {
    Value::Text(text.as_bytes())
}

impl Sent {
    pub fn with(mut self, key: &'static str, value: Value<'static>) -> Self {
        self.attributes.push((key, value));
        self
    }

    pub fn say(self, key: &'static str, value: &'static str) -> Self {
        self.with(key, text(value))
    }

    pub fn backwards(mut self) -> Self {
        self.attributes.reverse();
        self
    }

    pub fn hand_over<R>(&self, take: impl FnOnce(&RawSpan<'_>) -> R) -> R {
        let attributes: Vec<_> =
            self.attributes.iter().map(|(key, value)| Attribute { key: key.as_bytes(), value: *value }).collect();
        let links: Vec<_> = self.links.iter().map(|(trace_id, span_id)| RawLink { trace_id, span_id }).collect();
        take(&RawSpan {
            trace_id: &self.trace,
            span_id: &self.id,
            parent_span_id: &self.parent,
            trace_state: self.state.as_bytes(),
            name: self.name.as_bytes(),
            kind: self.kind,
            start_ns: self.times.0,
            end_ns: self.times.1,
            status: self.status,
            attributes: &attributes,
            links: &links,
            exception_type: self.exception.map(str::as_bytes),
        })
    }
}
