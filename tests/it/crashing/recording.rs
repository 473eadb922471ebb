//! Traces whose truth is known: executions of the demo's shop with every fault it has, and now and then a trace of nobody's.

use super::dice::Dice;
use crate::shop;
use opentelemetry_proto::tonic::trace::v1::Span;
use std::iter::repeat_with;
use steelthread::demo::{Fault, Made, Phase, Script, Traffic};

const FAULTS: [Fault; 6] =
    [Fault::Calm, Fault::CardNetwork, Fault::Pricing, Fault::SlowInventory, Fault::Recommendations, Fault::Retries];

/// A trace that has just ended.
pub struct Trace {
    pub id: u128,
    pub spans: Vec<(&'static str, Span)>,
    /// `None`: it is no execution of any capability.
    pub made: Option<Made>,
}

/// Makes traces without end.
pub struct Recording {
    seed: u64,
    made: u64,
    traffic: Vec<Traffic>,
    dice: Dice,
}

impl Recording {
    pub fn new(seed: u64) -> Self {
        let script = |fault| Script { phases: vec![Phase { fault, from_us: 0, to_us: u64::MAX }] };
        let traffic = (seed * 10..).zip(FAULTS).map(|(seed, fault)| Traffic::new(script(fault), seed, 1000)).collect();
        Self { seed, made: 0, traffic, dice: Dice::new(seed) }
    }

    /// A trace whose last span ends at this moment, nanoseconds since 1970.
    pub fn next(&mut self, now_ns: u64) -> Trace {
        self.made += 1;
        let id = u128::from(self.seed) << 64 | u128::from(self.made) << 8 | 0xab;
        let fault = self.dice.between(0, FAULTS.len() as u64 - 1) as usize;
        let plan = self.traffic[fault].next().unwrap().plan;
        let begin_ns = now_ns - plan.length_us() * 1000;
        let all = plan.spans.iter().enumerate().map(|(at, span)| shop::planned_span(id, at, span, begin_ns));
        if self.dice.chance(6) {
            // All but the entry, renamed: a job of the night that no map knows.
            let spans = all.skip(1).map(|(_, span)| ("night-job", Span { name: "work".into(), attributes: Vec::new(), ..span }));
            return Trace { id, spans: spans.collect(), made: None };
        }
        Trace { id, spans: all.collect(), made: Some(plan.made) }
    }

    /// So many executions.
    pub fn executions(&mut self, many: usize, now_ns: u64) -> Vec<Trace> {
        repeat_with(|| self.next(now_ns)).filter(|trace| trace.made.is_some()).take(many).collect()
    }
}
