//! What a span carries when it is passed on: which capability it is an entry of, and which hop it is.
//!
//! It is decided when the span comes in, from the span alone and the map, because a span is not held back until its trace is judged. So
//! only what does not hang on other spans is told:
//!
//! - An entry span gets `steelthread.capability` and, where it is known, `steelthread.thread`. One that is an entry of several capabilities
//!   gets the first in map order; one that names its capability itself keeps that.
//! - `steelthread.hop` is the hop's name in `hops`. By a rule of the map (H1) any span gets it: an entry by the rules of its capability, any
//!   other by those of the first capability in map order that has one which holds. Without a rule, SERVER and CONSUMER spans and entries that
//!   work get their automatic name (H3). A CLIENT or PRODUCER without a rule gets none: it belongs to the server that answers, if one
//!   does, and that is not known yet. An INTERNAL span without a rule gets none: it is part of whatever is above it.

use super::generation::Generation;
use crate::catalogue::Catalogue;
use crate::model::{Kind, Names, RawSpan, Shape, ShapeId, SpanRecord, Value};
use crate::wire::otlp::Addition;
use std::collections::HashMap;
use std::sync::Arc;

/// Attributes that a span gets.
pub(super) type Labels = Arc<[Addition]>;

const CAPABILITY: &str = "steelthread.capability";
const THREAD: &str = "steelthread.thread";
const HOP: &str = "steelthread.hop";

/// Shapes that are remembered before all are forgotten.
const MOST_REMEMBERED: usize = 65_536;

/// What an entry says of its capability itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Claim {
    /// Nothing.
    None,
    /// This one of the map.
    Known(u32),
    /// One that is not in the map.
    Unknown,
}

/// Labels of the spans of one message, in the order in which they came; `None` for one that is not taken. One for each worker of a map, which
/// remembers labels by shape.
#[derive(Debug, Default)]
pub(super) struct Labeller {
    known: HashMap<(ShapeId, Claim), Labels>,
    pub(super) of_spans: Vec<Option<Labels>>,
}

impl Labeller {
    /// A span was taken.
    pub(super) fn taken(&mut self, span: &RawSpan<'_>, record: &SpanRecord, map: &Generation, names: &Names) {
        let catalogue = &*map.catalogue;
        let claim = if record.is_entry() { claim_of(span, catalogue) } else { Claim::None };
        if self.known.len() >= MOST_REMEMBERED {
            self.known.clear();
        }
        let labels = self
            .known
            .entry((record.shape, claim))
            .or_insert_with(|| labels(map.shapes.get(record.shape), claim, catalogue, names));
        self.of_spans.push(Some(labels.clone()));
    }

    /// A span was rejected.
    pub(super) fn rejected(&mut self) {
        self.of_spans.push(None);
    }
}

fn claim_of(span: &RawSpan<'_>, catalogue: &Catalogue) -> Claim {
    let claimed = span.attributes.iter().find(|one| one.key == CAPABILITY.as_bytes());
    match claimed.map(|one| one.value) {
        None => Claim::None,
        Some(Value::Text(text)) => {
            std::str::from_utf8(text).ok().and_then(|id| catalogue.position(id)).map_or(Claim::Unknown, Claim::Known)
        }
        Some(_) => Claim::Unknown,
    }
}

fn labels(shape: &Shape, claim: Claim, catalogue: &Catalogue, names: &Names) -> Labels {
    let mut labels = Vec::new();
    let entries = &shape.tags.entries;
    let entry = match claim {
        Claim::Known(capability) => entries.iter().find(|(of, _)| *of == capability),
        Claim::None | Claim::Unknown => entries.first(),
    };
    if let Some(&(capability, thread)) = entry
        && claim != Claim::Unknown
        && let Some(capability) = catalogue.capabilities().get(capability as usize)
    {
        labels.push(Addition::text(CAPABILITY, &capability.id));
        let thread = thread.and_then(|at| capability.threads.get(at as usize));
        labels.extend(thread.map(|thread| Addition::text(THREAD, &thread.id)));
    }
    let hop = hop(shape, entry.map(|(capability, _)| *capability), catalogue, names);
    labels.extend(hop.map(|hop| Addition::text(HOP, &hop)));
    labels.into()
}

fn hop(shape: &Shape, entry: Option<u32>, catalogue: &Catalogue, names: &Names) -> Option<String> {
    let capability = entry.or_else(|| catalogue.capabilities_with_hop(shape).first().copied());
    let rule = capability.and_then(|of| {
        let rule = catalogue.hop_of(of, shape)?;
        catalogue.capabilities().get(of as usize)?.hops.get(rule)
    });
    if let Some(rule) = rule {
        return Some(rule.id.clone());
    }
    let automatic = match shape.kind {
        Kind::Server | Kind::Consumer => true,
        Kind::Internal => entry.is_some(),
        Kind::Client | Kind::Producer => false,
    };
    automatic.then(|| format!("{} {}", names.text(shape.service), names.text(shape.name)))
}
