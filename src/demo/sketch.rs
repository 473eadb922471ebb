//! An execution as planned: a tree of spans with times that begin at zero. Nothing is sent here.

use super::rng::Rng;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

/// Who sends spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Talks to the browser.
    Web,
    /// Keeps carts.
    Cart,
    /// Knows prices.
    Pricing,
    /// Takes money.
    Payment,
    /// Knows what is in stock.
    Inventory,
    /// Knows what others bought.
    Recommendations,
    /// Sends mail.
    Mail,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Web, Self::Cart, Self::Pricing, Self::Payment, Self::Inventory, Self::Recommendations, Self::Mail];

    /// `service.name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Cart => "cart",
            Self::Pricing => "pricing",
            Self::Payment => "payment",
            Self::Inventory => "inventory",
            Self::Recommendations => "recommendations",
            Self::Mail => "mail",
        }
    }
}

/// A span as planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSpan {
    /// Who sends it.
    pub service: Service,
    /// Its kind.
    pub kind: SpanKind,
    /// Its name.
    pub name: &'static str,
    /// Number of its parent in the plan, always smaller than its own; `None` for the entry.
    pub parent: Option<usize>,
    /// Since the execution began, microseconds.
    pub start_us: u64,
    /// Since the execution began, microseconds.
    pub end_us: u64,
    /// Status ERROR with this description; `None`: status unset.
    pub error: Option<&'static str>,
    /// Type of an exception that the span records.
    pub exception: Option<&'static str>,
    /// Attributes under today's names.
    pub attributes: Vec<KeyValue>,
}

/// A pen: spans are opened and closed while time passes.
#[derive(Debug)]
pub(super) struct Sketch<'a> {
    pub(super) rng: &'a mut Rng,
    spans: Vec<PlannedSpan>,
    now_us: u64,
}

impl<'a> Sketch<'a> {
    pub(super) fn new(rng: &'a mut Rng) -> Self {
        Self { rng, spans: Vec::new(), now_us: 0 }
    }

    /// Begins a span now; gives its number.
    pub(super) fn open(
        &mut self,
        service: Service,
        kind: SpanKind,
        name: &'static str,
        parent: Option<usize>,
        attributes: Vec<KeyValue>,
    ) -> usize {
        let (start_us, end_us) = (self.now_us, self.now_us);
        self.spans.push(PlannedSpan { service, kind, name, parent, start_us, end_us, error: None, exception: None, attributes });
        self.spans.len() - 1
    }

    /// Ends a span now.
    pub(super) fn close(&mut self, span: usize) {
        self.spans[span].end_us = self.now_us;
    }

    /// Adds an attribute that is known only later.
    pub(super) fn note(&mut self, span: usize, attribute: KeyValue) {
        self.spans[span].attributes.push(attribute);
    }

    /// Says that a span is in error.
    pub(super) fn fail(&mut self, span: usize, error_type: &'static str) {
        self.spans[span].error = Some(error_type);
        self.note(span, KeyValue::new("error.type", error_type));
    }

    /// Says that an exception was thrown in a span.
    pub(super) fn throw(&mut self, span: usize, exception: &'static str) {
        self.spans[span].exception = Some(exception);
    }

    /// Lets time pass: as much as the dice say, within these microseconds.
    pub(super) fn pass(&mut self, low_us: u64, high_us: u64) {
        self.now_us += self.rng.between(low_us, high_us);
    }

    /// Name of the service of a span.
    pub(super) fn service(&self, span: usize) -> Service {
        self.spans[span].service
    }

    /// Microseconds from a span's start to its end.
    pub(super) fn duration_us(&self, span: usize) -> u64 {
        self.spans[span].end_us - self.spans[span].start_us
    }

    pub(super) fn finish(self) -> Vec<PlannedSpan> {
        self.spans
    }
}
