//! Verdicts for tests: of three capabilities, ten hops of five services, a handful of slices.

use super::{SLICE_NS, SeriesLimits, Windows};
use crate::model::{
    Absorbed, AbsorbedKind, Blame, CallerUse, Cause, Confidence, Hop, HopId, HopUse, Hops, Name, Names, Outcome, Section,
    SectionKind, SlowBlame, SpanId, TraceId, Verdict, Weight,
};
use proptest::prelude::*;
use std::sync::Arc;

/// Start of the first slice: 2026-10-05T10:00:00Z.
pub const START_NS: u64 = 1_791_194_400_000_000_000;

/// Names and hops that the verdicts speak of.
pub struct World {
    pub names: Arc<Names>,
    pub hops: Arc<Hops>,
    pub capabilities: Vec<Name>,
    pub known: Vec<HopId>,
}

impl Default for World {
    fn default() -> Self {
        let (names, hops) = (Arc::new(Names::default()), Arc::new(Hops::default()));
        let capabilities = ["book-flight", "pay", "search"].map(|id| names.intern(id.as_bytes())).to_vec();
        let known = (0..10).map(|at| {
            let service = ["web", "booking", "pricing", "payment", "card-network"][at % 5];
            let external = service == "card-network";
            let hop = if external { service.to_string() } else { format!("{service} op{}", at / 5) };
            hops.intern(Hop { hop: names.intern(hop.as_bytes()), service: names.intern(service.as_bytes()), external })
        });
        Self { known: known.collect(), names, hops, capabilities }
    }
}

impl World {
    pub fn windows(&self) -> Windows {
        self.windows_within(SeriesLimits::default())
    }

    pub fn windows_within(&self, limits: SeriesLimits) -> Windows {
        let latency = vec![1_000_000_000, 50_000_000];
        Windows::new(self.hops.clone(), self.capabilities.iter().map(|name| (*name, latency.clone())), limits)
    }

    /// The hop of this number, whose service is `number % 5`.
    pub fn hop(&self, number: usize) -> HopId {
        self.known[number]
    }

    /// An ok execution of the first capability in the first slice, in which hop 0 was called for its whole 100 ms.
    pub fn ok(&self, trace: u128) -> Verdict {
        let mut usage = HopUse::new(self.hop(0));
        (usage.calls, usage.critical_path_ns, usage.self_ns) = (1, 100_000_000, 100_000_000);
        usage.latencies_ns = vec![100_000_000];
        Verdict {
            trace_id: TraceId(trace),
            capability: self.capabilities[0],
            thread: Name::EMPTY,
            entry_span_id: SpanId(7),
            outcome: Outcome::Ok,
            slow: false,
            start_ns: START_NS,
            end_ns: START_NS + 100_000_000,
            duration_ns: 100_000_000,
            weight: Weight::ONE,
            blame: None,
            suspects: Vec::new(),
            slow_blame: None,
            absorbed: Vec::new(),
            critical_path: vec![Section {
                span: SpanId(7),
                hop: self.hop(0),
                start_ns: START_NS,
                end_ns: START_NS + 100_000_000,
                kind: SectionKind::SelfTime,
            }],
            hops: vec![usage],
            tree: Vec::new(),
            spans: 1,
            orphans: 0,
            corrected: false,
        }
    }

    /// The same, failed by this hop.
    pub fn failed(&self, trace: u128, hop: HopId, cause: Cause) -> Verdict {
        let blame = Blame { hop, cause, confidence: Confidence::High, evidence: None, span: SpanId(9), rule: 5 };
        Verdict { outcome: Outcome::Failed, blame: Some(blame), suspects: vec![hop], ..self.ok(trace) }
    }
}

fn a_use() -> impl Strategy<Value = (usize, HopUse)> {
    let figures = (0u32..4, 0u32..3, 0u32..2, 0u32..2, 0u64..3_000_000_000, 0u64..1_000_000_000);
    (0usize..10, figures, prop::collection::vec(0u64..3_000_000_000, 0..3)).prop_map(
        |(hop, (calls, errors, retries, missing, self_ns, edge_gap_ns), latencies_ns)| {
            let usage = HopUse {
                hop: HopId(0),
                calls,
                errors: errors.min(calls),
                retries,
                missing: if calls == 0 { missing } else { 0 },
                critical_path_ns: self_ns + edge_gap_ns,
                self_ns,
                edge_gap_ns,
                latencies_ns,
                callers: vec![CallerUse {
                    calls: 1,
                    gap_ns: 7,
                    asynchronous: retries,
                    failed: errors > 1,
                    slow: self_ns % 3 == 0,
                    ..CallerUse::new(HopId(3))
                }],
            };
            (hop, usage)
        },
    )
}

fn weight() -> impl Strategy<Value = Weight> {
    prop_oneof![
        4 => Just(Weight::ONE),
        1 => Just(Weight::from_threshold(0x8 << 52)),
        1 => Just(Weight::from_threshold(0x123_4567_89ab_cdef >> 4)),
    ]
}

/// Any verdict of [`World::default`]: tables of the same content number their entries alike.
pub fn verdict() -> impl Strategy<Value = Verdict> {
    let place = (0usize..3, 0u64..4 * SLICE_NS, 1u128..500);
    let outcome = (0usize..5, any::<bool>(), 0u64..2_000_000_000, weight());
    let blame = (0usize..12, 0usize..12, 0usize..10, prop::collection::vec((0usize..10, 0usize..3), 0..3));
    (place, outcome, blame, prop::collection::vec(a_use(), 0..8))
        .prop_map(|(place, outcome, blame, uses)| build(place, outcome, blame, uses))
}

type Blames = (usize, usize, usize, Vec<(usize, usize)>);

fn build(place: (usize, u64, u128), outcome: (usize, bool, u64, Weight), blame: Blames, uses: Vec<(usize, HopUse)>) -> Verdict {
    let world = World::default();
    let culprits: Vec<HopId> = world.known.iter().copied().chain([Hops::CALLER, Hops::UNKNOWN]).collect();
    let mut verdict = world.failed(place.2, culprits[blame.0], Cause::ALL[blame.1]);
    verdict.capability = world.capabilities[place.0];
    verdict.end_ns = START_NS + place.1;
    verdict.outcome = Outcome::ALL[outcome.0];
    verdict.slow = outcome.1;
    (verdict.duration_ns, verdict.weight) = (outcome.2, outcome.3);
    if verdict.outcome != Outcome::Failed {
        verdict.blame = None;
    }
    verdict.slow_blame = outcome.1.then(|| SlowBlame { hop: world.hop(blame.2), cause: Cause::SelfTime });
    let absorbed = blame.3.iter().map(|(hop, kind)| Absorbed { hop: world.hop(*hop), kind: AbsorbedKind::ALL[*kind] });
    verdict.absorbed = absorbed.collect();
    // Some have orphans.
    verdict.orphans = (blame.2 as u32).saturating_sub(6);
    verdict.hops.clear();
    for (hop, usage) in uses {
        if verdict.hops.iter().all(|there| there.hop != world.hop(hop)) {
            verdict.hops.push(HopUse { hop: world.hop(hop), ..usage });
        }
    }
    verdict
}
